/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What comes over a link that is up. */
#include "gsup_link_fixture.h"

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
		T(test_many_messages_in_pieces),  T(test_messages_that_cannot_be_decoded),
		T(test_frames_that_end_the_link), T(test_noise),
		T(test_closed_in_a_message),	  T(test_peer_that_does_not_read),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
