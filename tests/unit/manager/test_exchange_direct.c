/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/exchange_direct.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/gsm/protocol/gsm_04_08_gprs.h>

#include "tests/unit/manager/exchange_fakes.h"
#include "tests/unit/manager/exchange_peer.h"

#define IMSI "001010000000001"

struct fixture {
	struct dialogues ds;
	struct exchange_direct_config config;
	struct exchange_direct *d;
	struct peer peer, other;
	char address[64];
	size_t n_links, n_up;
};

static void peer_configure(struct fixture *f, const char *name, const char *ip, bool trust)
{
	struct direct_peer_config *p = &f->config.peers[f->config.n_peers++];

	*p = (struct direct_peer_config){ .trust_msisdn = trust };
	OSMO_STRLCPY_ARRAY(p->name, name);
	OSMO_STRLCPY_ARRAY(p->ip, ip);
}

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	f->ds.open = OPEN_ASK;
	f->ds.open_text = "Menu";
	f->ds.answer_text = "Bye";
	f->ds.answer_ends = true;
	exchange_direct_config_default(&f->config);
	OSMO_STRLCPY_ARRAY(f->config.binds[0], "127.0.0.1:0");
	f->config.n_binds = 1;
	peer_configure(f, "msc-1", "127.0.0.1", false);
	peer_configure(f, "msc-2", "127.0.0.2", true);
	f->d = exchange_direct_new(f, &f->ds);
	assert_int_equal(exchange_direct_apply(f->d, &f->config), 0);
	OSMO_STRLCPY_ARRAY(f->address, exchange_direct_address(f->d, 0));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	peer_close(&f->peer);
	peer_close(&f->other);
	exchange_direct_free(f->d);
	loop_turns(3);
	talloc_free(f);
	return 0;
}

static void count_link(void *data, const struct exchange_direct_status *status)
{
	struct fixture *f = data;

	f->n_links++;
	f->n_up += status->up;
}

static size_t links_up(struct fixture *f)
{
	f->n_links = f->n_up = 0;
	exchange_direct_for_each(f->d, count_link, f);
	return f->n_up;
}

static void join(struct fixture *f, struct peer *p, const char *name, const char *ip)
{
	peer_dial(p, f, f->address, ip);
	peer_join(p, name);
	assert_false(p->down);
}

static void assert_ended_with_an_error(const struct peer *p, int n)
{
	assert_true(p->n_msgs > n);
	assert_int_equal(p->got[n].msg.type, OSMO_GSUP_MSGT_PROC_SS_RESULT);
	assert_int_equal(p->got[n].msg.session, GSUP_SESSION_END);
	assert_int_equal(p->got[n].ss.kind, USSD_SS_RETURN_ERROR);
	assert_int_equal(p->got[n].ss.invoke_id, 11);
}

/* --- who comes in ----------------------------------------------------------------- */

static void test_dialogue(void **state)
{
	struct fixture *f = *state;

	join(f, &f->peer, "msc-1", "127.0.0.1");
	assert_int_equal(links_up(f), 1);
	peer_begin(&f->peer, IMSI, 7, "*188#");
	loop_until(f->peer.n_msgs == 1);
	assert_string_equal(f->peer.got[0].ss.text, "Menu");
	assert_string_equal(fake_dialogue(&f->ds, 0)->link, "direct:msc-1");
	assert_int_equal(exchange_direct_sessions(f->d), 1);
	peer_answer(&f->peer, IMSI, 7, f->peer.got[0].ss.invoke_id, "1");
	loop_until(f->peer.n_msgs == 2);
	assert_string_equal(f->peer.got[1].ss.text, "Bye");
	assert_int_equal(f->peer.got[1].ss.invoke_id, 11);
	assert_int_equal(exchange_direct_sessions(f->d), 0);
}

static void test_long_texts_go_directly(void **state)
{
	struct fixture *f = *state;
	char text[USSD_TEXT_SIZE];

	memset(text, 'x', 182);
	text[182] = '\0';
	f->ds.open = OPEN_END;
	f->ds.open_text = text;
	join(f, &f->peer, "msc-1", "127.0.0.1");
	peer_begin(&f->peer, IMSI, 7, "*188#");
	loop_until(f->peer.n_msgs == 1);
	assert_string_equal(f->peer.got[0].ss.text, text);
}

static void test_unknown_address(void **state)
{
	struct fixture *f = *state;

	peer_dial(&f->peer, f, f->address, "127.0.0.9");
	loop_until(f->peer.down);
	assert_int_equal(f->peer.n_ccm[IPA_CCM_ID_GET], 0);
}

static void test_name_and_address_must_fit(void **state)
{
	static const struct {
		const char *name, *ip;
	} bad[] = { { "msc-2", "127.0.0.1" }, { "msc-1", "127.0.0.2" },	 { "msc-3", "127.0.0.1" },
		    { "MSC-1", "127.0.0.1" }, { "msc-11", "127.0.0.1" }, { "msc-", "127.0.0.1" } };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		peer_dial(&f->peer, f, f->address, bad[i].ip);
		peer_join(&f->peer, bad[i].name);
		assert_true(f->peer.down);
		assert_int_equal(f->peer.n_ccm[IPA_CCM_ID_ACK], 0);
		assert_int_equal(links_up(f), 0);
	}
}

static void test_connections_without_a_name_are_bounded(void **state)
{
	struct fixture *f = *state;
	struct peer *many = talloc_zero_array(f, struct peer, DIRECT_NAMELESS_MAX);

	for (int i = 0; i < DIRECT_NAMELESS_MAX; i++) {
		peer_dial(&many[i], f, f->address, "127.0.0.1");
		loop_until(many[i].n_ccm[IPA_CCM_ID_GET] == 1);
	}
	peer_dial(&f->peer, f, f->address, "127.0.0.1");
	loop_until(f->peer.down);
	for (int i = 0; i < DIRECT_NAMELESS_MAX; i++)
		peer_close(&many[i]);
	loop_turns(5);
	join(f, &f->peer, "msc-1", "127.0.0.1");
}

static void test_several_links_of_one_peer(void **state)
{
	struct fixture *f = *state;

	join(f, &f->peer, "msc-1", "127.0.0.1");
	join(f, &f->other, "msc-1", "127.0.0.1");
	assert_int_equal(links_up(f), 2);
	/* The same subscriber and session id on both: two sessions. */
	peer_begin(&f->peer, IMSI, 7, "*188#");
	peer_begin(&f->other, IMSI, 7, "*188#");
	loop_until(f->peer.n_msgs == 1 && f->other.n_msgs == 1);
	assert_int_equal(exchange_direct_sessions(f->d), 2);
	peer_close(&f->other);
	loop_until(f->ds.n_abort == 1);
	peer_answer(&f->peer, IMSI, 7, f->peer.got[0].ss.invoke_id, "1");
	loop_until(f->peer.n_msgs == 2);
}

static void test_one_link_too_many_takes_the_place_of_the_most_silent(void **state)
{
	struct fixture *f = *state;
	struct peer *many = talloc_zero_array(f, struct peer, DIRECT_LINKS_PER_PEER);
	int64_t since;

	for (int i = 0; i < DIRECT_LINKS_PER_PEER; i++)
		join(f, &many[i], "msc-1", "127.0.0.1");
	since = exchange_now_ms();
	loop_until(exchange_now_ms() > since + 2);
	for (int i = 0; i < DIRECT_LINKS_PER_PEER; i++) {
		if (i == 3)
			continue;
		peer_begin(&many[i], IMSI, 7, "*188#");
		loop_until(many[i].n_msgs == 1);
	}
	join(f, &f->peer, "msc-1", "127.0.0.1");
	loop_until(many[3].down);
	assert_int_equal(links_up(f), DIRECT_LINKS_PER_PEER);
	assert_int_equal(f->ds.n_abort, 0);
	for (int i = 0; i < DIRECT_LINKS_PER_PEER; i++)
		peer_close(&many[i]);
}

/* --- numbers ------------------------------------------------------------------------ */

static void begin_with_number(struct peer *p)
{
	struct ussd_ss ss = { .kind = USSD_SS_INVOKE,
			      .op = USSD_OP_PROCESS_UNSTRUCTURED_SS,
			      .has_text = true,
			      .text = "*188#" };
	uint8_t component[256];
	struct gsup_msg msg = { .type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
				.imsi = IMSI,
				.msisdn = "819012345678",
				.session_id = 1,
				.session = GSUP_SESSION_BEGIN,
				.ss_info = component };
	int len = ussd_ss_encode(component, sizeof(component), &ss, 160);

	assert_true(len > 0);
	msg.ss_info_len = (size_t)len;
	peer_send(p, &msg);
}

static void test_numbers_of_trusted_peers_only(void **state)
{
	struct fixture *f = *state;

	join(f, &f->peer, "msc-1", "127.0.0.1");
	begin_with_number(&f->peer);
	loop_until(f->ds.n_open == 1);
	assert_false(fake_dialogue(&f->ds, 0)->has_msisdn);
	join(f, &f->other, "msc-2", "127.0.0.2");
	begin_with_number(&f->other);
	loop_until(f->ds.n_open == 2);
	assert_string_equal(fake_dialogue(&f->ds, 1)->msisdn, "819012345678");
}

static void test_trust_changes_while_the_link_is_up(void **state)
{
	struct fixture *f = *state;

	join(f, &f->peer, "msc-2", "127.0.0.2");
	f->config.peers[1].trust_msisdn = false;
	assert_int_equal(exchange_direct_apply(f->d, &f->config), 0);
	assert_int_equal(links_up(f), 1);
	begin_with_number(&f->peer);
	loop_until(f->ds.n_open == 1);
	assert_false(fake_dialogue(&f->ds, 0)->has_msisdn);
}

/* --- for whom it speaks ---------------------------------------------------------------- */

static void test_imsis_of_others_are_refused(void **state)
{
	struct fixture *f = *state;
	struct direct_peer_config *p = &f->config.peers[0];

	OSMO_STRLCPY_ARRAY(p->prefixes[0], "44010");
	OSMO_STRLCPY_ARRAY(p->prefixes[1], "001010000000002");
	p->n_prefixes = 2;
	assert_int_equal(exchange_direct_apply(f->d, &f->config), 0);
	join(f, &f->peer, "msc-1", "127.0.0.1");
	peer_begin(&f->peer, IMSI, 7, "*188#");
	loop_until(f->peer.n_msgs == 1);
	assert_int_equal(f->peer.got[0].msg.type, OSMO_GSUP_MSGT_PROC_SS_ERROR);
	assert_int_equal(f->peer.got[0].msg.cause, GMM_CAUSE_IMSI_UNKNOWN);
	assert_int_equal(f->peer.got[0].msg.session, GSUP_SESSION_END);
	assert_string_equal(f->peer.got[0].msg.imsi, IMSI);
	/* Neither is one that begins nearly so. */
	peer_begin(&f->peer, "440110000000001", 8, "*188#");
	loop_until(f->peer.n_msgs == 2);
	assert_int_equal(f->ds.n_open, 0);
	peer_begin(&f->peer, "440100000000001", 9, "*188#");
	peer_begin(&f->peer, "001010000000002", 9, "*188#");
	loop_until(f->ds.n_open == 2);
	/* Another peer has no such lines, and a reload takes them away. */
	join(f, &f->other, "msc-2", "127.0.0.2");
	peer_begin(&f->other, IMSI, 7, "*188#");
	loop_until(f->ds.n_open == 3);
	p->n_prefixes = 0;
	assert_int_equal(exchange_direct_apply(f->d, &f->config), 0);
	peer_begin(&f->peer, IMSI, 10, "*188#");
	loop_until(f->ds.n_open == 4);
}

/* A session is its link's: another peer that knows IMSI and session id is a stranger to it. */
static void test_a_session_is_not_taken_over(void **state)
{
	struct fixture *f = *state;
	struct gsup_msg end = { .type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
				.imsi = IMSI,
				.session_id = 7,
				.session = GSUP_SESSION_END };

	join(f, &f->peer, "msc-1", "127.0.0.1");
	join(f, &f->other, "msc-2", "127.0.0.2");
	peer_begin(&f->peer, IMSI, 7, "*188#");
	loop_until(f->peer.n_msgs == 1);
	peer_answer(&f->other, IMSI, 7, f->peer.got[0].ss.invoke_id, "1");
	loop_until(f->other.n_msgs == 1);
	assert_int_equal(f->other.got[0].ss.kind, USSD_SS_RETURN_ERROR);
	peer_send(&f->other, &end);
	loop_turns(5);
	assert_int_equal(exchange_direct_sessions(f->d), 1);
	assert_int_equal(f->peer.n_msgs, 1);
	peer_answer(&f->peer, IMSI, 7, f->peer.got[0].ss.invoke_id, "1");
	loop_until(f->peer.n_msgs == 2);
	assert_string_equal(f->peer.got[1].ss.text, "Bye");
}

/* --- what is not ours ------------------------------------------------------------------ */

static void test_other_services_are_told(void **state)
{
	const struct gsup_msg request = { .type = OSMO_GSUP_MSGT_UPDATE_LOCATION_REQUEST,
					  .imsi = IMSI };
	const struct gsup_msg result = { .type = OSMO_GSUP_MSGT_INSERT_DATA_RESULT, .imsi = IMSI };
	struct fixture *f = *state;

	join(f, &f->peer, "msc-1", "127.0.0.1");
	peer_send(&f->peer, &result);
	peer_send(&f->peer, &request);
	loop_until(f->peer.n_msgs == 1);
	assert_int_equal(f->peer.got[0].msg.type, OSMO_GSUP_MSGT_UPDATE_LOCATION_ERROR);
	assert_int_equal(f->peer.got[0].msg.cause, GMM_CAUSE_MSGT_NOTEXIST_NOTIMPL);
	assert_string_equal(f->peer.got[0].msg.imsi, IMSI);
	assert_int_equal(links_up(f), 1);
}

/* --- configuration ----------------------------------------------------------------------- */

static void test_public_address_is_refused(void **state)
{
	static const char *const public[] = { "0.0.0.0:0", "[::]:0", "192.0.2.1:0" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(public); i++) {
		OSMO_STRLCPY_ARRAY(f->config.binds[0], public[i]);
		assert_int_equal(exchange_direct_apply(f->d, &f->config), -EPERM);
		assert_false(exchange_direct_is_open(f->d));
	}
	OSMO_STRLCPY_ARRAY(f->config.binds[0], "0.0.0.0:0");
	f->config.allow_insecure = true;
	assert_int_equal(exchange_direct_apply(f->d, &f->config), 0);
	assert_true(exchange_direct_is_open(f->d));
	/* Taken back, it is closed again. */
	f->config.allow_insecure = false;
	assert_int_equal(exchange_direct_apply(f->d, &f->config), -EPERM);
	assert_false(exchange_direct_is_open(f->d));
}

static void test_address_in_use(void **state)
{
	struct fixture *f = *state;
	struct exchange_direct *second = exchange_direct_new(f, &f->ds);

	OSMO_STRLCPY_ARRAY(f->config.binds[0], f->address);
	assert_int_equal(exchange_direct_apply(second, &f->config), -EADDRINUSE);
	exchange_direct_free(second);
}

static void test_what_did_not_change_stays(void **state)
{
	struct fixture *f = *state;

	join(f, &f->peer, "msc-1", "127.0.0.1");
	join(f, &f->other, "msc-2", "127.0.0.2");
	peer_begin(&f->peer, IMSI, 7, "*188#");
	peer_begin(&f->other, IMSI, 7, "*188#");
	loop_until(f->peer.n_msgs == 1 && f->other.n_msgs == 1);
	/* msc-2 goes, msc-3 comes, another address is listened on. */
	f->config.n_peers = 1;
	peer_configure(f, "msc-3", "127.0.0.3", false);
	OSMO_STRLCPY_ARRAY(f->config.binds[1], "127.0.0.2:0");
	f->config.n_binds = 2;
	assert_int_equal(exchange_direct_apply(f->d, &f->config), 0);
	loop_until(f->other.down);
	assert_int_equal(f->ds.n_abort, 1);
	assert_ended_with_an_error(&f->other, 1);
	assert_string_equal(exchange_direct_address(f->d, 0), f->address);
	assert_non_null(exchange_direct_address(f->d, 1));
	join(f, &f->other, "msc-3", "127.0.0.3");
	peer_answer(&f->peer, IMSI, 7, f->peer.got[0].ss.invoke_id, "1");
	loop_until(f->peer.n_msgs == 2);
	/* The other address of a peer that is up. */
	OSMO_STRLCPY_ARRAY(f->config.peers[0].ip, "127.0.0.7");
	assert_int_equal(exchange_direct_apply(f->d, &f->config), 0);
	loop_until(f->peer.down);
	assert_false(f->other.down);
}

static void test_drain(void **state)
{
	struct fixture *f = *state;

	join(f, &f->peer, "msc-1", "127.0.0.1");
	peer_begin(&f->peer, IMSI, 7, "*188#");
	loop_until(f->peer.n_msgs == 1);
	exchange_direct_drain(f->d);
	assert_false(exchange_direct_is_open(f->d));
	peer_dial(&f->other, f, f->address, "127.0.0.1");
	assert_true(f->other.down);
	peer_answer(&f->peer, IMSI, 7, f->peer.got[0].ss.invoke_id, "1");
	loop_until(f->peer.n_msgs == 2);
}

static void test_stop_tells_the_dialogues(void **state)
{
	struct fixture *f = *state;

	join(f, &f->peer, "msc-1", "127.0.0.1");
	peer_begin(&f->peer, IMSI, 7, "*188#");
	loop_until(f->peer.n_msgs == 1);
	exchange_direct_free(f->d);
	assert_int_equal(f->ds.n_abort, 1);
	loop_until(f->peer.down);
	/* So is the phone, which would wait for its exchange's timer. */
	assert_int_equal(f->peer.n_msgs, 2);
	assert_ended_with_an_error(&f->peer, 1);
	f->d = exchange_direct_new(f, &f->ds);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_dialogue),
		T(test_long_texts_go_directly),
		T(test_unknown_address),
		T(test_name_and_address_must_fit),
		T(test_connections_without_a_name_are_bounded),
		T(test_several_links_of_one_peer),
		T(test_one_link_too_many_takes_the_place_of_the_most_silent),
		T(test_numbers_of_trusted_peers_only),
		T(test_trust_changes_while_the_link_is_up),
		T(test_imsis_of_others_are_refused),
		T(test_a_session_is_not_taken_over),
		T(test_other_services_are_told),
		T(test_public_address_is_refused),
		T(test_address_in_use),
		T(test_what_did_not_change_stays),
		T(test_drain),
		T(test_stop_tells_the_dialogues),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
