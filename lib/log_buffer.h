/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Lines of a log on their way to a descriptor: those of one turn of the loop go out
 * in one write, in their order, and nothing on the loop waits for a slow reader.
 *
 *   log_buffer_put -> memory -> the next turn, or LOG_BUFFER_WRITE octets -> write()
 *
 * What the descriptor does not take (a pipe that nobody reads, a full disk) stays, up to
 * LOG_BUFFER_MAX; beyond that lines are dropped whole and counted, and whoever writes the log
 * says how many as soon as half of the room is free.  What is there when the process ends is
 * written by log_buffer_free(), by exit() and in the handler of a fatal signal: only SIGKILL and
 * the loss of the machine take the lines of a turn with them.
 */
#include <stdbool.h>
#include <stddef.h>

#define LOG_BUFFER_MAX (1024 * 1024)
#define LOG_BUFFER_WRITE (32 * 1024)
#define LOG_BUFFERS_MAX 8

struct log_buffer;

/* Takes fd over.  NULL: LOG_BUFFERS_MAX are there; fd is the caller's then. */
struct log_buffer *log_buffer_new(void *ctx, int fd);
/* Writes what is there to the old descriptor, as far as it takes it, and closes that. */
void log_buffer_set_fd(struct log_buffer *b, int fd);
/* Waits for the descriptor, but not longer than LOG_BUFFER_END_MS.  NULL is allowed. */
void log_buffer_free(struct log_buffer *b);
#define LOG_BUFFER_END_MS 1000

/* One whole line; it may be dropped. */
void log_buffer_put(struct log_buffer *b, const char *line, size_t len);
/* Writes what the descriptor takes now. */
void log_buffer_flush(struct log_buffer *b);
/* How many lines were dropped, once there is room to say so; 0: none, or not yet. */
unsigned long log_buffer_take_dropped(struct log_buffer *b);
