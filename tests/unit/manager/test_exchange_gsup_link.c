/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/exchange_gsup_link.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/random.h"
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

static bool identified(void *data, struct gsup_link *l, const char *name)
{
	struct fixture *f = data;

	OSMO_STRLCPY_ARRAY(f->name, name);
	return !f->refuse;
}

static void up(void *data, struct gsup_link *l)
{
	struct fixture *f = data;

	f->n_up++;
}

static void message(void *data, struct gsup_link *l, const struct gsup_msg *msg)
{
	struct fixture *f = data;

	f->n_msgs++;
	f->msg = *msg;
	if (f->close_in_message) {
		gsup_link_close(l);
		f->link = NULL;
	}
}

static void down(void *data, struct gsup_link *l, const char *why)
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

static void accept_peer(void *data, struct stream *s)
{
	struct fixture *f = data;

	f->accepted = true;
	peer_accept(&f->peer, s);
}

static void accept_link(void *data, struct stream *s)
{
	struct fixture *f = data;

	f->link = gsup_link_take(f, s, f->tdefs, f->metrics, &handler, f);
}

static void listen_for(struct fixture *f, void (*accept)(void *data, struct stream *s))
{
	int error;

	f->listener =
		stream_listen(f, "127.0.0.1:0", 0, NULL, &gsup_link_limits, accept, f, &error);
	assert_non_null(f->listener);
}

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	memcpy(f->tdefs, gsup_link_tdefs, sizeof(f->tdefs));
	osmo_tdef_set(f->tdefs, GSUP_LINK_T_HANDSHAKE, 200, OSMO_TDEF_MS);
	f->metrics = exchange_metrics_new(f, "test");
	*state = f;
	return 0;
}

static int teardown(void **state)
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
static void dial(struct fixture *f)
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

/* We are the server; the peer is a client that was accepted and asked for its name. */
static void serve(struct fixture *f)
{
	listen_for(f, accept_link);
	peer_dial(&f->peer, f, stream_listener_address(f->listener), NULL);
	loop_until(f->link && f->peer.n_ccm[IPA_CCM_ID_GET] == 1);
}

static void dial_to_the_end(struct fixture *f)
{
	dial(f);
	peer_id_get(&f->peer);
	loop_until(f->n_up == 1);
}

static const struct gsup_msg update = { .type = OSMO_GSUP_MSGT_UPDATE_LOCATION_REQUEST,
					.imsi = IMSI,
					.cn_domain = 2 };

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

	osmo_tdef_set(f->tdefs, GSUP_LINK_T_PING, 30, OSMO_TDEF_MS);
	dial_to_the_end(f);
	loop_until(f->peer.n_ccm[IPA_CCM_PING] == 5);
	assert_int_equal(f->n_down, 0);
	assert_int_equal(f->n_up, 1);
	assert_int_equal(fake_ctr(f->metrics->ctrs, GSUP_CTR_LINK_UP), 1);
}

/* --- what comes over a link that is up -------------------------------------------- */

static void test_many_messages_in_pieces(void **state)
{
	struct fixture *f = *state;
	uint8_t frame[GSUP_MSG_MAX_SIZE], all[20 * 64];
	int len = gsup_msg_encode(frame, sizeof(frame), &update);
	size_t n = 0;

	dial_to_the_end(f);
	assert_true(len > 0 && len <= 64);
	for (int i = 0; i < 20; i++, n += (size_t)len)
		memcpy(all + n, frame, (size_t)len);
	/* Cut at every place of a frame. */
	for (size_t i = 0; i < n; i += 7) {
		peer_write(&f->peer, all + i, OSMO_MIN((size_t)7, n - i));
		loop_turns(1);
	}
	loop_until(f->n_msgs == 20);
	peer_write(&f->peer, all, n);
	loop_until(f->n_msgs == 40);
}

static void test_messages_that_cannot_be_decoded(void **state)
{
	static const uint8_t no_imsi[] = { 0x00, 0x02, IPA_PROTO_OSMO, IPA_EXT_GSUP, 0x20 };
	static const uint8_t cut_ie[] = {
		0x00, 0x04, IPA_PROTO_OSMO, IPA_EXT_GSUP, 0x20, 0x01, 0x08
	};
	static const uint8_t empty[] = { 0x00, 0x01, IPA_PROTO_OSMO, IPA_EXT_GSUP };
	static const uint8_t other[] = { 0x00, 0x02, IPA_PROTO_OSMO, 0x01, 0x00 };
	static const uint8_t unknown_ccm[] = { 0x00, 0x01, IPA_PROTO_CCM, 0x0b };
	struct fixture *f = *state;

	dial_to_the_end(f);
	peer_write(&f->peer, no_imsi, sizeof(no_imsi));
	peer_write(&f->peer, cut_ie, sizeof(cut_ie));
	peer_write(&f->peer, empty, sizeof(empty));
	peer_write(&f->peer, other, sizeof(other));
	peer_write(&f->peer, unknown_ccm, sizeof(unknown_ccm));
	peer_send(&f->peer, &update);
	loop_until(f->n_msgs == 1);
	assert_int_equal(f->n_down, 0);
	assert_int_equal(fake_ctr(f->metrics->ctrs, GSUP_CTR_RX_MALFORMED), 3);
	assert_int_equal(fake_ctr(f->metrics->ctrs, GSUP_CTR_RX_UNEXPECTED), 1);
}

static void test_frames_that_end_the_link(void **state)
{
	static const uint8_t zero[] = { 0x00, 0x00, IPA_PROTO_OSMO };
	static const uint8_t huge[] = { 0xff, 0xff, IPA_PROTO_OSMO, IPA_EXT_GSUP };
	struct fixture *f = *state;

	dial_to_the_end(f);
	peer_write(&f->peer, zero, sizeof(zero));
	loop_until(f->n_down == 1);
	stream_listener_close(f->listener);
	f->accepted = false;
	f->n_up = 0;
	dial_to_the_end(f);
	peer_write(&f->peer, huge, sizeof(huge));
	loop_until(f->n_down == 2);
}

static void test_noise(void **state)
{
	struct fixture *f = *state;
	uint8_t noise[300];

	listen_for(f, accept_link);
	for (int i = 1; i <= 100; i++) {
		peer_dial(&f->peer, f, stream_listener_address(f->listener), NULL);
		if (i % 2)
			peer_join(&f->peer, "MSC-1");
		assert_int_equal(random_fill(noise, sizeof(noise)), 0);
		noise[0] = 0;
		noise[1] = (uint8_t)(i + 20);
		noise[2] = i % 4 < 2 ? IPA_PROTO_OSMO : IPA_PROTO_CCM;
		noise[3] = i % 4 < 2 ? IPA_EXT_GSUP : noise[3] % 8;
		if (f->peer.s)
			peer_write(&f->peer, noise, sizeof(noise));
		loop_turns(2);
		peer_close(&f->peer);
		loop_until(f->n_down == i);
	}
}

static void test_closed_in_a_message(void **state)
{
	struct fixture *f = *state;

	dial_to_the_end(f);
	f->close_in_message = true;
	peer_send(&f->peer, &update);
	peer_send(&f->peer, &update);
	peer_send(&f->peer, &update);
	loop_until(f->peer.down);
	assert_int_equal(f->n_msgs, 1);
	assert_int_equal(f->n_down, 0);
}

static void test_peer_that_does_not_read(void **state)
{
	struct fixture *f = *state;
	struct stream *s;
	int rc = 0;

	dial_to_the_end(f);
	s = f->peer.s;
	/* The loop does not turn, so nothing is sent: the queue fills. */
	for (int i = 0; i < 1000000 && rc == 0; i++)
		rc = gsup_link_send(f->link, &update);
	assert_int_equal(rc, -ENOBUFS);
	assert_int_equal(f->n_down, 0);
	assert_ptr_equal(s, f->peer.s);
	f->peer.n_msgs = 0;
	f->peer.hook = NULL;
	stream_close(s);
	f->peer.s = NULL;
	loop_until(f->n_down == 1);
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
		T(test_many_messages_in_pieces),
		T(test_messages_that_cannot_be_decoded),
		T(test_frames_that_end_the_link),
		T(test_noise),
		T(test_closed_in_a_message),
		T(test_peer_that_does_not_read),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
