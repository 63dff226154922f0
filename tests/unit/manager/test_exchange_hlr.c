/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Against an HLR of ours that does as it is told; test_exchange_osmo_hlr.c has the real one. */
#include "manager/exchange_hlr.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/manager/exchange_fakes.h"
#include "tests/unit/manager/exchange_peer.h"

#define IMSI "001010000000001"

enum probes { PROBES_BACK, PROBES_VANISH, PROBES_ROUTING_ERROR, PROBES_WRONG };

struct fixture {
	struct dialogues ds;
	struct ledger db;
	struct exchange_hlr_config config;
	struct exchange_hlr *h;
	struct stream_listener *listener;
	struct peer hlr;
	enum probes probes;
	bool silent; /* no ID_GET */
	int n_accepted, n_probes;
};

/* Routes what we send to ourselves, or does not. */
static bool hlr_route(struct peer *p, const struct gsup_msg *msg, const uint8_t *raw, size_t len)
{
	struct fixture *f = p->data;
	struct gsup_msg back = *msg;

	if (msg->destination_name[0] == '\0')
		return false;
	assert_string_equal(msg->destination_name, "EUSE-carrier");
	assert_string_equal(msg->source_name, "EUSE-carrier");
	f->n_probes++;
	switch (f->probes) {
	case PROBES_BACK:
		peer_send(p, &back);
		break;
	case PROBES_VANISH:
		break;
	case PROBES_ROUTING_ERROR:
		back.type = OSMO_GSUP_MSGT_ROUTING_ERROR;
		back.destination_name[0] = '\0';
		peer_send(p, &back);
		break;
	case PROBES_WRONG:
		back.session_id++;
		peer_send(p, &back);
		break;
	}
	return true;
}

static void hlr_accept(void *data, struct stream *s)
{
	struct fixture *f = data;

	f->n_accepted++;
	if (f->hlr.s)
		stream_close(f->hlr.s);
	peer_accept(&f->hlr, s);
	if (!f->silent)
		peer_id_get(&f->hlr);
}

static void hlr_start(struct fixture *f, const char *address)
{
	int error;

	f->listener = stream_listen(f, address, 0, NULL, &peer_limits, hlr_accept, f, &error);
	assert_non_null(f->listener);
}

static struct exchange_hlr_status status(const struct fixture *f)
{
	struct exchange_hlr_status s;

	exchange_hlr_status(f->h, &s);
	return s;
}

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	memset(&fake_lease, 0, sizeof(fake_lease));
	f->ds.open = OPEN_ASK;
	f->ds.open_text = "Menu";
	f->ds.answer_text = "Bye";
	f->ds.answer_ends = true;
	f->hlr = (struct peer){
		.answers_ping = true, .echoes_ack = true, .hook = hlr_route, .data = f
	};
	hlr_start(f, "127.0.0.1:0");
	exchange_hlr_config_default(&f->config);
	OSMO_STRLCPY_ARRAY(f->config.address, stream_listener_address(f->listener));
	OSMO_STRLCPY_ARRAY(f->config.euse_name, "carrier");
	f->config.handshake_ms = 300;
	f->config.probe_timeout_ms = 100;
	f->config.lease_ttl_ms = 600;
	*state = f;
	return 0;
}

static void start(struct fixture *f)
{
	f->h = exchange_hlr_new(f, "hlr:test", &f->config, &f->ds, &f->db, NULL);
}

static void start_to_the_end(struct fixture *f)
{
	start(f);
	loop_until(status(f).routable);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->h)
		exchange_hlr_free(f->h, true);
	peer_close(&f->hlr);
	stream_listener_close(f->listener);
	loop_turns(5);
	talloc_free(f);
	return 0;
}

static void pass(int64_t ms)
{
	int64_t until = exchange_now_ms() + ms;

	loop_until(exchange_now_ms() >= until);
}

static void test_dialogue(void **state)
{
	struct fixture *f = *state;

	start_to_the_end(f);
	assert_true(status(f).lease_held);
	assert_string_equal(status(f).lease, "euse:carrier");
	assert_string_equal(f->hlr.name, "EUSE-carrier");
	peer_begin(&f->hlr, IMSI, 7, "*188#");
	loop_until(f->hlr.n_msgs == 1);
	assert_string_equal(fake_dialogue(&f->ds, 0)->link, "hlr:test");
	assert_string_equal(f->hlr.got[0].msg.destination_name, "");
	assert_int_equal(status(f).sessions, 1);
	peer_answer(&f->hlr, IMSI, 7, f->hlr.got[0].ss.invoke_id, "1");
	loop_until(f->hlr.n_msgs == 2);
	assert_int_equal(f->hlr.got[1].ss.invoke_id, 11);
}

static void test_no_link_without_the_lease(void **state)
{
	struct fixture *f = *state;
	struct ledger other = { .name = "other" };

	fake_lease.holder = &other;
	fake_lease.until_ms = exchange_now_ms() + 500;
	start(f);
	pass(300);
	assert_int_equal(f->n_accepted, 0);
	assert_string_equal(status(f).state, "STANDBY");
	loop_until(status(f).routable);
}

static void test_lease_lost(void **state)
{
	struct fixture *f = *state;

	start_to_the_end(f);
	peer_begin(&f->hlr, IMSI, 7, "*188#");
	loop_until(f->hlr.n_msgs == 1);
	f->db.away = true;
	loop_until(f->hlr.down);
	assert_int_equal(f->ds.n_abort, 1);
	assert_false(status(f).routable);
	assert_false(status(f).lease_held);
	pass(200);
	assert_int_equal(f->n_accepted, 1);
	f->db.away = false;
	loop_until(status(f).routable);
	assert_int_equal(f->n_accepted, 2);
}

static void test_not_up_before_the_probe_is_back(void **state)
{
	static const enum probes bad[] = { PROBES_VANISH, PROBES_ROUTING_ERROR, PROBES_WRONG };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int n = f->n_accepted;

		f->probes = bad[i];
		start(f);
		/* Dialled anew, since such a link is never routed to. */
		loop_until(f->n_accepted == n + 2);
		assert_false(status(f).routable);
		f->probes = PROBES_BACK;
		loop_until(status(f).routable);
		exchange_hlr_free(f->h, true);
		f->h = NULL;
		peer_close(&f->hlr);
	}
}

static void test_not_routed_to_any_more(void **state)
{
	struct fixture *f = *state;

	f->config.probe_interval_ms = 50;
	start_to_the_end(f);
	loop_until(f->n_probes >= 5);
	assert_int_equal(f->n_accepted, 1);
	assert_true(status(f).routable);
	peer_begin(&f->hlr, IMSI, 7, "*188#");
	loop_until(f->ds.n_open == 1);
	f->probes = PROBES_VANISH;
	loop_until(f->n_accepted == 2);
	assert_int_equal(f->ds.n_abort, 1);
	f->probes = PROBES_BACK;
	loop_until(status(f).routable);
}

static void test_probe_of_another_is_no_dialogue(void **state)
{
	struct fixture *f = *state;
	struct gsup_msg foreign = { .type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
				    .imsi = "000000000000000",
				    .session = GSUP_SESSION_END,
				    .session_id = 1,
				    .source_name = "EUSE-carrier",
				    .destination_name = "EUSE-carrier" };

	start_to_the_end(f);
	peer_send(&f->hlr, &foreign);
	foreign.session = GSUP_SESSION_BEGIN;
	peer_send(&f->hlr, &foreign);
	peer_begin(&f->hlr, IMSI, 7, "*188#");
	loop_until(f->hlr.n_msgs == 1);
	assert_int_equal(f->ds.n_open, 1);
	assert_string_equal(fake_dialogue(&f->ds, 0)->imsi, IMSI);
}

static void test_hlr_goes_and_comes_back(void **state)
{
	struct fixture *f = *state;

	start_to_the_end(f);
	peer_begin(&f->hlr, IMSI, 7, "*188#");
	loop_until(f->ds.n_open == 1);
	stream_listener_close(f->listener);
	peer_close(&f->hlr);
	loop_until(f->ds.n_abort == 1);
	assert_false(status(f).routable);
	assert_true(status(f).lease_held);
	pass(300);
	hlr_start(f, f->config.address);
	loop_until(status(f).routable);
}

static void test_silent_hlr(void **state)
{
	struct fixture *f = *state;

	f->silent = true;
	start(f);
	loop_until(f->n_accepted == 2);
	f->silent = false;
	loop_until(status(f).routable);
}

static void test_drain_with_nothing_open(void **state)
{
	struct fixture *f = *state;

	start_to_the_end(f);
	exchange_hlr_drain(f->h);
	assert_int_equal(fake_lease.n_released, 1);
	loop_until(f->hlr.down);
	pass(300);
	assert_int_equal(f->n_accepted, 1);
	assert_null(fake_lease.holder);
	assert_string_equal(status(f).state, "RELEASED");
}

static void test_drain_waits_for_sessions(void **state)
{
	struct fixture *f = *state;

	start_to_the_end(f);
	peer_begin(&f->hlr, IMSI, 7, "*188#");
	loop_until(f->hlr.n_msgs == 1);
	exchange_hlr_drain(f->h);
	pass(800); /* longer than the lease lasts without renewal */
	assert_int_equal(fake_lease.n_released, 0);
	assert_true(status(f).lease_held);
	peer_answer(&f->hlr, IMSI, 7, f->hlr.got[0].ss.invoke_id, "1");
	loop_until(f->hlr.down);
	/* The last text went out before the link was closed. */
	assert_int_equal(f->hlr.n_msgs, 2);
	assert_string_equal(f->hlr.got[1].ss.text, "Bye");
	assert_int_equal(fake_lease.n_released, 1);
	assert_int_equal(f->ds.n_abort, 0);
}

static void test_drain_in_standby(void **state)
{
	struct fixture *f = *state;
	struct ledger other = { .name = "other" };

	fake_lease.holder = &other;
	fake_lease.until_ms = exchange_now_ms() + 200;
	start(f);
	exchange_hlr_drain(f->h);
	pass(400);
	assert_int_equal(f->n_accepted, 0);
	assert_string_equal(status(f).state, "RELEASED");
}

static void test_changes(void **state)
{
	struct fixture *f = *state;
	struct exchange_hlr_config config;

	start_to_the_end(f);
	peer_begin(&f->hlr, IMSI, 7, "*188#");
	loop_until(f->hlr.n_msgs == 1);
	config = f->config;
	config.max_sessions = 1;
	config.probe_interval_ms = 1000;
	OSMO_STRLCPY_ARRAY(config.msisdn.address, "127.0.0.1:1");
	config.msisdn.timeout_ms = 50;
	assert_true(exchange_hlr_change(f->h, &config));
	peer_begin(&f->hlr, IMSI, 8, "*188#");
	loop_until(f->hlr.n_msgs == 2);
	assert_int_equal(f->hlr.got[1].ss.kind, USSD_SS_RETURN_ERROR);
	peer_answer(&f->hlr, IMSI, 7, f->hlr.got[0].ss.invoke_id, "1");
	loop_until(f->hlr.n_msgs == 3);
	/* A number is looked up now. */
	peer_begin(&f->hlr, IMSI, 9, "*188#");
	assert_true(exchange_hlr_change(f->h, &f->config));
	loop_until(f->hlr.n_msgs == 4);

	OSMO_STRLCPY_ARRAY(config.euse_name, "other");
	assert_false(exchange_hlr_change(f->h, &config));
	config = f->config;
	config.lease_ttl_ms++;
	assert_false(exchange_hlr_change(f->h, &config));
	config = f->config;
	OSMO_STRLCPY_ARRAY(config.local_address, "127.0.0.9");
	assert_false(exchange_hlr_change(f->h, &config));
	assert_int_equal(f->n_accepted, 1);
}

static void test_local_address(void **state)
{
	struct fixture *f = *state;

	OSMO_STRLCPY_ARRAY(f->config.local_address, "127.0.0.9");
	start_to_the_end(f);
	assert_string_equal(stream_peer_ip(f->hlr.s), "127.0.0.9");
}

static void test_address_that_cannot_be_dialled(void **state)
{
	struct fixture *f = *state;

	OSMO_STRLCPY_ARRAY(f->config.local_address, "192.0.2.1"); /* not ours */
	start(f);
	pass(300);
	assert_false(status(f).routable);
	assert_int_equal(f->n_accepted, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_dialogue),
		T(test_no_link_without_the_lease),
		T(test_lease_lost),
		T(test_not_up_before_the_probe_is_back),
		T(test_not_routed_to_any_more),
		T(test_probe_of_another_is_no_dialogue),
		T(test_hlr_goes_and_comes_back),
		T(test_silent_hlr),
		T(test_drain_with_nothing_open),
		T(test_drain_waits_for_sessions),
		T(test_drain_in_standby),
		T(test_changes),
		T(test_local_address),
		T(test_address_that_cannot_be_dialled),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
