/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A log target that writes one JSON object a line:
 *
 *   {"time":"2026-11-22T10:02:03.123456Z","level":"NOTICE","category":"DOP",
 *    "request":"0192...","message":"...","file":"...","line":12}
 *
 * "request" stands there where the message names a request id: the first UUID in it.  Lines of
 * one turn of the loop go out in one write (lib/log_buffer.h).  Where the reader is too slow and
 * LOG_JSON_BUFFER is full, lines are dropped and their number is the next line.
 */
#include <osmocom/core/logging.h>

#include "lib/log_buffer.h"

#define LOG_JSON_BUFFER LOG_BUFFER_MAX
#define LOG_JSON_LINE 4096 /* longer messages are cut */

/* Could path be opened?  Negative errno: no. */
int log_json_check(const char *path) __attribute__((warn_unused_result));
/* path: a file (opened for appending, mode 0640), or "stderr".  NULL where it cannot be opened
 * (errno).  The target is added with log_add_target() and lives until log_json_close(). */
struct log_target *log_json_open(void *ctx, const char *path);
/* Opens the file again, for log rotation; on failure the old one stays in use. */
int log_json_reopen(struct log_target *target);
void log_json_close(struct log_target *target);
