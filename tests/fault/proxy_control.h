/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Who tells the fault proxy what to do: lines on standard input, or on
 * connections to a Unix socket; each is answered by one line.
 */
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define CONTROL_CLIENTS_MAX 16 /* one more is closed at once */
#define CONTROL_FDS_MAX (1 + CONTROL_CLIENTS_MAX)
#define CONTROL_ANSWER_SIZE 256

/* Carries out line, which it may change, and writes what is answered, without end of line. */
typedef void (*control_cb)(char *line, char answer[CONTROL_ANSWER_SIZE]);

/* path NULL: standard input, whose end is the end of the program.  Negative errno. */
int control_open(const char *path, control_cb command) __attribute__((warn_unused_result));
size_t control_poll(struct pollfd *fds);
/* fds: what control_poll() filled in, after poll().  False: standard input has ended. */
bool control_run(const struct pollfd *fds);
void control_close(void);
