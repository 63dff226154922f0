/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * libosmocore's "log stderr" and "log file NAME", one write a turn of the loop in place of
 * one a line.  What a line looks like stays libosmocore's; see lib/log_buffer.h for what
 * happens to lines on their way.
 *
 * libosmocore opens files and sets up a target of its own accord (VTY, SIGHUP), so the targets are
 * taken over anew after each of that; one that came in between writes as libosmocore does until
 * then. Lines of LOGL_ERROR and above go out at once.
 */
#include "lib/log_line.h"

/* What LOGP(subsys, level, "%s\n", line->text) writes, for lines of every request: where one
 * target alone has the form of etc/ (category and level in front), without printf().  For our own
 * categories (lib/log_category.h) and the levels LOGL_*; the caller has asked log_check_level(). */
#define log_lines_put(subsys, level, line) \
	log_lines_put_from(subsys, level, __FILE__, __LINE__, line)
void log_lines_put_from(int subsys, unsigned int level, const char *file, int file_line,
			const struct log_line *line);

/* Takes over all targets that write to a descriptor; call after the configuration was read, and
 * after log_targets_reopen().  What was waiting goes to where it was meant for. */
void log_lines_adopt(void *ctx);
/* Writes out what waits; lines that come later are libosmocore's again. */
void log_lines_release(void);
