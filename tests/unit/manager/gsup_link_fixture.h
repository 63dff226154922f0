/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* One end of a GSUP link against a peer of the test. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/random.h"
#include "manager/exchange_gsup_link.h"
#include "manager/exchange_metrics.h"
#include "tests/unit/manager/exchange_fakes.h"
#include "tests/unit/manager/exchange_peer.h"

#define IMSI "001010000000001"

struct fixture {
	struct osmo_tdef tdefs[3];
	struct exchange_metrics *metrics;
	struct stream_listener *listener;
	struct gsup_link *link;
	struct peer peer; /* the other end, in either role */
	bool accepted;
	/* what the link told its owner */
	int n_up, n_down, n_msgs;
	char name[IPA_NAME_SIZE], why[128];
	struct gsup_msg msg;
	bool refuse, close_in_message;
};

static inline bool identified(void *data, struct gsup_link *l, const char *name)
{
	struct fixture *f = data;

	OSMO_STRLCPY_ARRAY(f->name, name);
	return !f->refuse;
}

static inline void up(void *data, struct gsup_link *l)
{
	struct fixture *f = data;

	f->n_up++;
}

static inline void message(void *data, struct gsup_link *l, const struct gsup_msg *msg)
{
	struct fixture *f = data;

	f->n_msgs++;
	f->msg = *msg;
	if (f->close_in_message) {
		gsup_link_close(l);
		f->link = NULL;
	}
}

static inline void down(void *data, struct gsup_link *l, const char *why)
{
	struct fixture *f = data;

	f->n_down++;
	OSMO_STRLCPY_ARRAY(f->why, why);
	gsup_link_close(l);
	f->link = NULL;
}

static const struct gsup_link_handler handler = {
	.identified = identified, .up = up, .message = message, .down = down
};

static inline void accept_peer(void *data, struct stream *s)
{
	struct fixture *f = data;

	f->accepted = true;
	peer_accept(&f->peer, s);
}

static inline void accept_link(void *data, struct stream *s)
{
	struct fixture *f = data;

	f->link = gsup_link_take(f, s, f->tdefs, f->metrics, &handler, f);
}

static inline void listen_for(struct fixture *f, void (*accept)(void *data, struct stream *s))
{
	int error;

	f->listener =
		stream_listen(f, "127.0.0.1:0", 0, NULL, &gsup_link_limits, accept, f, &error);
	assert_non_null(f->listener);
}

static inline int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	memcpy(f->tdefs, gsup_link_tdefs, sizeof(f->tdefs));
	osmo_tdef_set(f->tdefs, GSUP_LINK_T_HANDSHAKE, 1000, OSMO_TDEF_MS);
	f->metrics = exchange_metrics_new(f, "test");
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	gsup_link_close(f->link);
	peer_close(&f->peer);
	stream_listener_close(f->listener);
	loop_turns(3);
	talloc_free(f);
	return 0;
}

/* We are the client; the peer is a server that was connected to and has said nothing. */
static inline void dial(struct fixture *f)
{
	int error;

	f->peer.answers_ping = f->peer.echoes_ack = true;
	listen_for(f, accept_peer);
	f->link = gsup_link_dial(f, stream_listener_address(f->listener), NULL, "EUSE-test",
				 f->tdefs, f->metrics, &handler, f, &error);
	assert_non_null(f->link);
	assert_int_equal(gsup_link_send(f->link, &(struct gsup_msg){ .type = 0x20 }), -ENOTCONN);
	loop_until(f->accepted);
}

static inline void dial_to_the_end(struct fixture *f)
{
	dial(f);
	peer_id_get(&f->peer);
	loop_until(f->n_up == 1);
}

static const struct gsup_msg update = { .type = OSMO_GSUP_MSGT_UPDATE_LOCATION_REQUEST,
					.imsi = IMSI,
					.cn_domain = 2 };
