/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Two ends of one stream over TLS, and the certificates of both. */
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
#include <unistd.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/stream.h"
#include "lib/stream_tls.h"
#include "tests/lib/loop.h"
#include "tests/lib/test_dir.h"

static const struct stream_limits limits = { .in_max = 1 << 20,
					     .out_max = 4 << 20,
					     .connect_timeout_ms = 3000 };

/* One end: counts octets and sums them up; echoes where told to. */
struct end {
	struct stream *s;
	int n_up, n_down, error, n_received;
	size_t n_octets;
	uint32_t sum;
	bool echo, close_in_up, close_in_received;
};

struct pair {
	struct stream_tls *server_tls, *client_tls;
	struct stream_listener *l;
	struct end client, server;
	int n_accepted;
	struct stream_limits of_client;
};

static inline void end_up(void *data, struct stream *s)
{
	struct end *e = data;

	e->n_up++;
	if (e->close_in_up) {
		e->s = NULL;
		stream_close(s);
	}
}

static inline int end_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct end *e = data;
	size_t i;

	e->n_received++;
	if (e->close_in_received) {
		e->s = NULL;
		stream_close(s);
		return 0;
	}
	for (i = 0; i < len; i++)
		e->sum = e->sum * 31 + in[i];
	e->n_octets += len;
	if (e->echo)
		assert_int_equal(stream_write(s, in, len), 0);
	return len;
}

static inline void end_down(void *data, struct stream *s, int error, const char *why)
{
	struct end *e = data;

	e->n_down++;
	e->error = error;
}

static const struct stream_handler handler = { end_up, end_received, end_down };

static inline void pair_accept(void *data, struct stream *s)
{
	struct pair *p = data;

	p->n_accepted++;
	p->server.s = s;
	stream_set_data(s, &handler, &p->server);
}

static inline char *in_dir(void *ctx, const char *name, const char *suffix)
{
	return talloc_asprintf(ctx, "%s/%s%s", test_dir, name, suffix);
}

static inline struct stream_tls *tls_new(void *ctx, const char *name, const char *ca,
					 const char *peer_cn, bool server)
{
	struct stream_tls_config config = { .certificate_file = in_dir(ctx, name, ".pem"),
					    .key_file = in_dir(ctx, name, ".key"),
					    .ca_file = in_dir(ctx, ca, ".pem"),
					    .peer_cn = peer_cn };
	char why[256] = "";
	struct stream_tls *tls = stream_tls_new(ctx, &config, server, why, sizeof(why));

	assert_string_equal(why, "");
	assert_non_null(tls);
	return tls;
}

static inline void pair_listen(struct pair *p)
{
	int error = 0;

	p->of_client = limits;
	p->l = stream_listen(p, "127.0.0.1:0", 0, p->server_tls, &limits, pair_accept, p, &error);
	assert_non_null(p->l);
}

static inline void pair_dial(struct pair *p)
{
	int error = 0;

	p->client = (struct end){ .close_in_up = p->client.close_in_up };
	p->client.s = stream_connect(p, stream_listener_address(p->l), NULL, p->client_tls,
				     &p->of_client, &handler, &p->client, &error);
	assert_non_null(p->client.s);
}

static inline struct pair *pair_new(const char *client, const char *client_ca,
				    const char *client_wants, const char *server,
				    const char *server_wants)
{
	struct pair *p = talloc_zero(NULL, struct pair);

	p->server_tls = tls_new(p, server, "ca", server_wants, true);
	p->client_tls = tls_new(p, client, client_ca, client_wants, false);
	pair_listen(p);
	pair_dial(p);
	return p;
}

static inline struct pair *pair_up(void)
{
	struct pair *p = pair_new("manager-1", "ca", "gateway-1", "gateway-1", "manager-1");

	loop_until(p->client.n_up && p->n_accepted);
	return p;
}

static inline int setup(void **state)
{
	osmo_init_logging2(talloc_named_const(NULL, 0, "logging"), &tegata_log_info);
	return test_dir_make_certificates();
}

static inline int teardown(void **state)
{
	return test_dir_remove();
}
