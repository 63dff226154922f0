/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * One direction of one connection through the fault proxy: what was read from
 * one side waits here, in chunks with the time at which each is due, until the
 * other side takes it.
 *
 *   pipe_read()  source fd -> faults that change octets -> queue
 *   pipe_write()                                           queue -> sink fd
 *
 * Bounded: past PIPE_MAX octets the source is not read, so that its kernel, and
 * in the end its program, feels the back pressure as it would of a slow network.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIPE_MAX (256 * 1024)

/* What is done to one direction of every connection, from now on. */
struct pipe_fault {
	bool hold; /* nothing is read or written; what is on its way comes when it ends */
	bool swallow; /* read and thrown away */
	unsigned int delay_ms, jitter_ms;
	unsigned int flip_one_of; /* one bit of one octet of so many; 0: none */
	unsigned int double_one_of; /* one octet of so many comes twice; 0: none */
	unsigned int octets_per_s; /* 0: as they come */
};

struct pipe_stats {
	uint64_t octets, flipped, doubled, swallowed;
};

struct pipe_chunk;

struct pipe {
	const struct pipe_fault *fault;
	struct pipe_stats *stats;
	struct pipe_chunk *first, *last;
	size_t queued; /* octets */
	int64_t last_due_us; /* no chunk overtakes another */
	int64_t paid_until_us; /* throttled: nothing is written before */
	bool lossy; /* octets were swallowed or changed: the stream is worth nothing any more */
	bool source_ended, sink_ended; /* end of file was read; was passed on */
};

void pipe_random_seed(uint64_t seed);

void pipe_init(struct pipe *p, const struct pipe_fault *fault, struct pipe_stats *stats);
void pipe_free(struct pipe *p);
/* Does it want octets from its source, and when has it some for its sink?  -1: not yet known. */
bool pipe_wants_read(const struct pipe *p);
int64_t pipe_write_due_us(const struct pipe *p);
/* Negative errno: the connection is lost. */
int pipe_read(struct pipe *p, int source, int64_t now_us) __attribute__((warn_unused_result));
int pipe_write(struct pipe *p, int sink, int64_t now_us) __attribute__((warn_unused_result));
