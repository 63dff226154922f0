/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/fault/proxy_pipe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define READ_SIZE 16384

struct pipe_chunk {
	struct pipe_chunk *next;
	int64_t due_us;
	size_t len, done;
	uint8_t octets[];
};

static uint64_t random_state;

void pipe_random_seed(uint64_t seed)
{
	random_state = seed;
}

/* splitmix64: the same seed makes the same faults of the same octets. */
static uint64_t random_next(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static bool one_of(unsigned int n)
{
	return n && random_next() % n == 0;
}

void pipe_init(struct pipe *p, const struct pipe_fault *fault, struct pipe_stats *stats)
{
	*p = (struct pipe){ .fault = fault, .stats = stats };
}

static void chunk_drop(struct pipe *p)
{
	struct pipe_chunk *c = p->first;

	p->first = c->next;
	if (!p->first)
		p->last = NULL;
	p->queued -= c->len - c->done;
	free(c);
}

void pipe_free(struct pipe *p)
{
	while (p->first)
		chunk_drop(p);
}

bool pipe_wants_read(const struct pipe *p)
{
	return !p->source_ended && !p->fault->hold && p->queued < PIPE_MAX;
}

int64_t pipe_write_due_us(const struct pipe *p)
{
	if (p->fault->hold || p->sink_ended)
		return -1;
	if (!p->first)
		return p->source_ended ? 0 : -1;
	return p->first->due_us > p->paid_until_us ? p->first->due_us : p->paid_until_us;
}

/* Room for twice len: each octet may be doubled. */
static size_t distort(struct pipe *p, uint8_t *out, const uint8_t *in, size_t len)
{
	const struct pipe_fault *f = p->fault;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		out[n] = in[i];
		if (one_of(f->flip_one_of)) {
			out[n] ^= 1 << random_next() % 8;
			p->stats->flipped++;
			p->lossy = true;
		}
		n++;
		if (one_of(f->double_one_of)) {
			out[n] = out[n - 1];
			n++;
			p->stats->doubled++;
			p->lossy = true;
		}
	}
	return n;
}

static int64_t due_us(struct pipe *p, int64_t now_us)
{
	const struct pipe_fault *f = p->fault;
	int64_t due = now_us + f->delay_ms * INT64_C(1000);

	if (f->jitter_ms)
		due += random_next() % (f->jitter_ms * UINT64_C(1000));
	if (due < p->last_due_us)
		due = p->last_due_us;
	p->last_due_us = due;
	return due;
}

static int chunk_add(struct pipe *p, const uint8_t *in, size_t len, int64_t now_us)
{
	struct pipe_chunk *c = malloc(sizeof(*c) + 2 * len);

	if (!c)
		return -ENOMEM;
	*c = (struct pipe_chunk){ .due_us = due_us(p, now_us) };
	c->len = distort(p, c->octets, in, len);
	if (p->last)
		p->last->next = c;
	else
		p->first = c;
	p->last = c;
	p->queued += c->len;
	p->stats->octets += len;
	return 0;
}

int pipe_read(struct pipe *p, int source, int64_t now_us)
{
	uint8_t in[READ_SIZE];
	ssize_t len = recv(source, in, sizeof(in), MSG_DONTWAIT);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (len == 0) {
		p->source_ended = true;
		return 0;
	}
	if (p->fault->swallow) {
		p->lossy = true;
		p->stats->swallowed += len;
		return 0;
	}
	return chunk_add(p, in, len, now_us);
}

/* What was written is paid for by waiting. */
static void pay(struct pipe *p, size_t len, int64_t now_us)
{
	if (p->fault->octets_per_s)
		p->paid_until_us = now_us + len * INT64_C(1000000) / p->fault->octets_per_s;
}

int pipe_write(struct pipe *p, int sink, int64_t now_us)
{
	int64_t due;

	while ((due = pipe_write_due_us(p)) >= 0 && due <= now_us && p->first) {
		struct pipe_chunk *c = p->first;
		size_t want = c->len - c->done;
		ssize_t len;

		/* A tenth of a second's worth at a time. */
		if (p->fault->octets_per_s && want > p->fault->octets_per_s / 10)
			want = p->fault->octets_per_s / 10 + 1;
		len = send(sink, c->octets + c->done, want, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (len < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		pay(p, len, now_us);
		c->done += len;
		p->queued -= len;
		if (c->done == c->len)
			chunk_drop(p);
		else if ((size_t)len < want)
			return 0;
	}
	if (!p->first && p->source_ended && !p->sink_ended && !p->fault->hold) {
		p->sink_ended = true;
		if (shutdown(sink, SHUT_WR) < 0 && errno != ENOTCONN)
			return -errno;
	}
	return 0;
}
