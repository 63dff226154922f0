/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a link comes up, and how it is known to be. */
#include "gsup_link_fixture.h"

/* We are the server; the peer is a client that was accepted and asked for its name. */
static void serve(struct fixture *f)
{
	listen_for(f, accept_link);
	peer_dial(&f->peer, f, stream_listener_address(f->listener), NULL);
	loop_until(f->link && f->peer.n_ccm[IPA_CCM_ID_GET] == 1);
}

/* --- client ------------------------------------------------------------------- */

static void test_client(void **state)
{
	struct fixture *f = *state;

	dial(f);
	peer_id_get(&f->peer);
	loop_until(f->n_up == 1);
	assert_string_equal(f->peer.name, "EUSE-test");
	assert_int_equal(f->peer.n_ccm[IPA_CCM_ID_ACK], 1);
	assert_int_equal(gsup_link_send(f->link, &update), 0);
	peer_send(&f->peer, &update);
	loop_until(f->n_msgs == 1 && f->peer.n_msgs == 1);
	assert_string_equal(f->msg.imsi, IMSI);
	assert_string_equal(f->peer.got[0].msg.imsi, IMSI);
	peer_close(&f->peer);
	loop_until(f->n_down == 1);
	assert_int_equal(fake_ctr(f->metrics->ctrs, GSUP_CTR_LINK_UP), 1);
	assert_int_equal(fake_ctr(f->metrics->ctrs, GSUP_CTR_LINK_DOWN), 1);
	assert_int_equal(fake_ctr(f->metrics->ctrs, GSUP_CTR_RX), 1);
	assert_int_equal(fake_ctr(f->metrics->ctrs, GSUP_CTR_TX), 1);
}

static void test_client_is_up_only_with_the_echo(void **state)
{
	struct fixture *f = *state;

	f->peer.echoes_ack = false;
	dial(f);
	f->peer.echoes_ack = false;
	peer_id_get(&f->peer);
	loop_until(f->peer.n_ccm[IPA_CCM_ID_ACK] == 1);
	loop_turns(2);
	assert_int_equal(f->n_up, 0);
	/* Routed to us already: taken, and it may be answered. */
	peer_send(&f->peer, &update);
	loop_until(f->n_msgs == 1);
	assert_int_equal(gsup_link_send(f->link, &update), 0);
	peer_ccm(&f->peer, IPA_CCM_ID_ACK);
	loop_until(f->n_up == 1);
}

static void test_client_of_a_silent_server(void **state)
{
	struct fixture *f = *state;

	dial(f);
	loop_until(f->n_down == 1);
	assert_int_equal(f->n_up, 0);
	assert_int_equal(fake_ctr(f->metrics->ctrs, GSUP_CTR_LINK_DOWN), 0);
}

static void test_client_asked_again_and_again_goes_no_further(void **state)
{
	struct fixture *f = *state;

	dial(f);
	f->peer.echoes_ack = false;
	/* One time for the whole handshake, however much is said in it. */
	while (f->n_down == 0) {
		peer_id_get(&f->peer);
		loop_turn();
	}
	assert_int_equal(f->n_up, 0);
}

static void test_client_refused(void **state)
{
	struct fixture *f = *state;
	char address[64];
	int error;

	listen_for(f, accept_peer);
	OSMO_STRLCPY_ARRAY(address, stream_listener_address(f->listener));
	stream_listener_close(f->listener);
	f->listener = NULL;
	f->link = gsup_link_dial(f, address, NULL, "EUSE-test", f->tdefs, f->metrics, &handler, f,
				 &error);
	assert_non_null(f->link);
	assert_int_equal(f->n_down, 0);
	loop_until(f->n_down == 1);
	assert_null(gsup_link_dial(f, "no-address", NULL, "EUSE-test", f->tdefs, f->metrics,
				   &handler, f, &error));
	assert_true(error < 0);
	assert_int_equal(f->n_down, 1);
}

/* --- server ------------------------------------------------------------------- */

static void test_server(void **state)
{
	struct fixture *f = *state;

	serve(f);
	peer_join(&f->peer, "MSC-1");
	assert_string_equal(f->name, "MSC-1");
	loop_until(f->n_up == 1);
	peer_send(&f->peer, &update);
	loop_until(f->n_msgs == 1);
}

static void test_server_does_not_let_in(void **state)
{
	struct fixture *f = *state;

	f->refuse = true;
	serve(f);
	peer_id_resp(&f->peer, "MSC-1");
	peer_ccm(&f->peer, IPA_CCM_ID_ACK);
	loop_until(f->n_down == 1 && f->peer.down);
	assert_int_equal(f->n_up, 0);
	assert_int_equal(f->peer.n_ccm[IPA_CCM_ID_ACK], 0);
}

static void test_server_takes_no_message_before_the_handshake(void **state)
{
	struct fixture *f = *state;

	serve(f);
	peer_send(&f->peer, &update);
	loop_until(f->n_down == 1);
	assert_int_equal(f->n_msgs, 0);
}

static void test_server_of_a_silent_client(void **state)
{
	struct fixture *f = *state;

	serve(f);
	peer_id_resp(&f->peer, "MSC-1");
	loop_until(f->n_down == 1);
	assert_int_equal(f->n_up, 0);
}

static void test_server_is_up_only_with_an_ack_after_a_name(void **state)
{
	struct fixture *f = *state;

	serve(f);
	peer_ccm(&f->peer, IPA_CCM_ID_ACK);
	peer_ccm(&f->peer, IPA_CCM_ID_ACK);
	loop_until(f->n_down == 1);
	assert_int_equal(f->n_up, 0);
}

static void test_server_malformed_name(void **state)
{
	/* An element whose length goes past the frame's end, and one of length 0. */
	static const uint8_t past[] = { 0x00, 0x05, IPA_PROTO_CCM, IPA_CCM_ID_RESP,
					0x00, 0x20, 0x00,	   'x' };
	static const uint8_t zero[] = { 0x00, 0x03, IPA_PROTO_CCM, IPA_CCM_ID_RESP, 0x00, 0x00 };
	static const uint8_t none[] = { 0x00, 0x01, IPA_PROTO_CCM, IPA_CCM_ID_RESP };
	static const uint8_t empty[] = { 0x00, 0x00, IPA_PROTO_CCM };
	static const struct {
		const uint8_t *octets;
		size_t len;
	} bad[] = { { past, sizeof(past) },
		    { zero, sizeof(zero) },
		    { none, sizeof(none) },
		    { empty, sizeof(empty) } };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		serve(f);
		peer_write(&f->peer, bad[i].octets, bad[i].len);
		loop_until(f->n_down == (int)i + 1 && f->peer.down);
		stream_listener_close(f->listener);
		f->listener = NULL;
	}
	assert_int_equal(f->n_up, 0);
}

/* --- keep-alive ----------------------------------------------------------------- */

static void test_ping_is_answered(void **state)
{
	struct fixture *f = *state;

	dial_to_the_end(f);
	peer_ccm(&f->peer, IPA_CCM_PING);
	loop_until(f->peer.n_ccm[IPA_CCM_PONG] == 1);
}

static void test_silent_peer_goes_down(void **state)
{
	struct fixture *f = *state;

	osmo_tdef_set(f->tdefs, GSUP_LINK_T_PING, 50, OSMO_TDEF_MS);
	dial(f);
	f->peer.answers_ping = false;
	peer_id_get(&f->peer);
	loop_until(f->n_down == 1);
	assert_int_equal(f->n_up, 1);
	assert_int_equal(f->peer.n_ccm[IPA_CCM_PING], 1);
}

static void test_peer_that_answers_stays_up(void **state)
{
	struct fixture *f = *state;

	/* Time enough for an answer on a machine that stands still now and then. */
	osmo_tdef_set(f->tdefs, GSUP_LINK_T_PING, 250, OSMO_TDEF_MS);
	dial_to_the_end(f);
	loop_until(f->peer.n_ccm[IPA_CCM_PING] == 5);
	assert_int_equal(f->n_down, 0);
	assert_int_equal(f->n_up, 1);
	assert_int_equal(fake_ctr(f->metrics->ctrs, GSUP_CTR_LINK_UP), 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_client),
		T(test_client_is_up_only_with_the_echo),
		T(test_client_of_a_silent_server),
		T(test_client_asked_again_and_again_goes_no_further),
		T(test_client_refused),
		T(test_server),
		T(test_server_does_not_let_in),
		T(test_server_takes_no_message_before_the_handshake),
		T(test_server_of_a_silent_client),
		T(test_server_is_up_only_with_an_ack_after_a_name),
		T(test_server_malformed_name),
		T(test_ping_is_answered),
		T(test_silent_peer_goes_down),
		T(test_peer_that_answers_stays_up),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
