/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A line of the log in the making, for lines that are written once a request:
 * printf() would cost as much as all else that is done for one.
 *
 *   log_line_begin -> log_line_put, log_line_field, log_line_number -> log_lines_put (log_lines.h)
 *
 * What does not fit is cut.
 */
#include <stddef.h>
#include <stdint.h>

#define LOG_LINE_SIZE 2048

struct log_line {
	char text[LOG_LINE_SIZE]; /* ends with NUL at any time */
	size_t len;
};

void log_line_begin(struct log_line *l);
void log_line_put(struct log_line *l, const char *text);
/* Name and value, nothing between them: " status=" has its own space. */
void log_line_field(struct log_line *l, const char *name, const char *value);
void log_line_number(struct log_line *l, const char *name, uint64_t value);
