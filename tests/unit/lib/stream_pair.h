/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Two ends of one stream, which keep what happens to them. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/stream.h"
#include "tests/lib/loop.h"
#include "tests/lib/test_dir.h"

static const struct stream_limits limits = { .in_max = 300000,
					     .out_max = 1 << 20,
					     .connect_timeout_ms = 3000 };

/* One end of a connection: takes messages of 4 octets of length (big-endian) and what follows. */
struct end {
	struct stream *s;
	int n_up, n_down, n_received, n_messages;
	int error;
	bool close_in_received, close_in_up, close_in_down, refuse, echo;
	size_t message_len;
	uint32_t sum;
};

struct pair {
	void *ctx;
	struct stream_listener *l;
	struct end client, server;
	struct stream_limits of_client;
	int n_accepted;
	bool close_in_accept;
};

static inline void end_up(void *data, struct stream *s)
{
	struct end *e = data;

	e->n_up++;
	assert_true(stream_is_up(s));
	if (e->close_in_up) {
		e->s = NULL;
		stream_close(s);
	}
}

static inline int end_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct end *e = data;
	size_t at = 0, need, i;

	e->n_received++;
	for (i = 0; i < 16; i++)
		assert_int_equal(in[len + i], 0); /* the slack is there */
	if (e->close_in_received) {
		e->s = NULL;
		stream_close(s);
		return 0;
	}
	if (e->refuse)
		return -EBADMSG;
	while (len - at >= 4) {
		need = 4 + ((size_t)in[at] << 24 | in[at + 1] << 16 | in[at + 2] << 8 | in[at + 3]);
		if (len - at < need)
			break;
		for (i = 4; i < need; i++)
			e->sum = e->sum * 31 + in[at + i];
		if (e->echo)
			assert_int_equal(stream_write(s, in + at, need), 0);
		e->n_messages++;
		e->message_len = need - 4;
		at += need;
	}
	return at;
}

static inline void end_down(void *data, struct stream *s, int error, const char *why)
{
	struct end *e = data;

	assert_non_null(why);
	assert_false(stream_is_up(s));
	assert_int_equal(stream_write(s, "x", 1), -ENOTCONN);
	e->n_down++;
	e->error = error;
	if (e->close_in_down) {
		e->s = NULL;
		stream_close(s);
	}
}

static const struct stream_handler handler = { end_up, end_received, end_down };

static inline void pair_accept(void *data, struct stream *s)
{
	struct pair *p = data;

	p->n_accepted++;
	if (p->close_in_accept) {
		stream_close(s);
		return;
	}
	assert_true(stream_is_up(s));
	p->server.s = s;
	stream_set_data(s, &handler, &p->server);
}

static inline struct pair *pair_new(const char *address)
{
	struct pair *p = talloc_zero(NULL, struct pair);
	int error = 0;

	p->ctx = p;
	p->of_client = limits;
	p->l = stream_listen(p, address, 0600, NULL, &limits, pair_accept, p, &error);
	assert_non_null(p->l);
	return p;
}

static inline void pair_connect(struct pair *p)
{
	int error = 0;

	p->client.s = stream_connect(p, stream_listener_address(p->l), NULL, NULL, &p->of_client,
				     &handler, &p->client, &error);
	assert_non_null(p->client.s);
	assert_int_equal(error, 0);
	assert_int_equal(p->client.n_up + p->client.n_down, 0); /* nothing is called inline */
	assert_int_equal(stream_write(p->client.s, "x", 1), -ENOTCONN);
	loop_until(p->client.n_up && p->n_accepted);
}

static inline struct pair *pair_up(void)
{
	struct pair *p = pair_new("127.0.0.1:0");

	pair_connect(p);
	return p;
}

static inline void send_message(struct stream *s, size_t len)
{
	uint8_t *m = calloc(1, len + 4);
	size_t i;

	m[0] = len >> 24, m[1] = len >> 16, m[2] = len >> 8, m[3] = len;
	for (i = 0; i < len; i++)
		m[4 + i] = i;
	assert_int_equal(stream_write(s, m, len + 4), 0);
	free(m);
}

static inline int setup(void **state)
{
	osmo_init_logging2(talloc_named_const(NULL, 0, "logging"), &tegata_log_info);
	return test_dir_make();
}

static inline int teardown(void **state)
{
	return test_dir_remove();
}
