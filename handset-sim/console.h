/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Lines typed by a person (readline with history) or read from a pipe, on the
 * select loop.  What is shown while a line is being typed appears above it, and
 * the line stays as it was.
 */
#include <stdbool.h>

struct console;

/* line: called for each line; NULL at the end of the input.  history: file, NULL: none kept.
 * There is one console at a time (readline has one state). */
struct console *console_open(void *ctx, const char *history,
			     void (*line)(void *data, const char *line), void *data)
	__attribute__((warn_unused_result));
void console_close(struct console *c);
/* Is a person typing? */
bool console_is_terminal(const struct console *c);
/* Lines of a pipe wait while the phone cannot take them; a person sees for himself. */
void console_pause(struct console *c, bool paused);
/* Shown before what is typed; not shown on a pipe. */
void console_prompt(struct console *c, const char *prompt);
/* Anything between these two is written to standard output undisturbed. */
void console_write_begin(struct console *c);
void console_write_end(struct console *c);
