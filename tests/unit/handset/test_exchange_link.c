/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The link against servers that do not behave. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "handset-sim/exchange_link.h"
#include "lib/ipa_frame.h"
#include "lib/log_category.h"
#include "lib/stream.h"

/* What the server sends as soon as somebody is there. */
struct kit {
	void *ctx;
	struct stream_listener *listener;
	struct stream *peer;
	const uint8_t *greeting;
	size_t greeting_len;
	size_t said_len; /* by the client */
	struct exchange_link *link;
	struct exchange_link_config config;
	unsigned int n_accepted, n_up, n_down, n_messages;
	bool close_on_up, close_on_message, refuse;
	char why[256];
};

static const uint8_t handshake[] = { 0, 1, 0xfe, 0x04, 0, 1, 0xfe, 0x06 };

static int server_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct kit *k = data;

	k->said_len += len;
	return len;
}

static void server_up(void *data, struct stream *s)
{
}

static void server_down(void *data, struct stream *s, int error, const char *why)
{
	struct kit *k = data;

	if (k->peer == s)
		k->peer = NULL;
	stream_close(s);
}

static void server_accept(void *data, struct stream *s)
{
	static const struct stream_handler handler = { server_up, server_received, server_down };
	struct kit *k = data;

	stream_set_data(s, &handler, k);
	k->peer = s;
	k->n_accepted++;
	if (k->refuse) {
		k->peer = NULL;
		stream_close(s);
		return;
	}
	assert_int_equal(stream_write(s, k->greeting, k->greeting_len), 0);
}

static void on_up(void *data)
{
	struct kit *k = data;

	k->n_up++;
	if (k->close_on_up) {
		exchange_link_close(k->link);
		k->link = NULL;
	}
}

static void on_message(void *data, const struct gsup_msg *msg)
{
	struct kit *k = data;

	k->n_messages++;
	if (k->close_on_message) {
		exchange_link_close(k->link);
		k->link = NULL;
	}
}

static void on_down(void *data, int error, const char *why)
{
	struct kit *k = data;

	assert_non_null(why);
	snprintf(k->why, sizeof(k->why), "%s", why);
	k->n_down++;
}

static void kit_open(struct kit *k, const uint8_t *greeting, size_t len)
{
	static const struct stream_limits limits = { .in_max = 65536,
						     .out_max = 1 << 20,
						     .connect_timeout_ms = 2000 };
	static const struct exchange_link_handler handler = { on_up, on_message, on_down };
	int error;

	k->ctx = talloc_named_const(NULL, 0, "test");
	k->greeting = greeting;
	k->greeting_len = len;
	k->listener =
		stream_listen(k->ctx, "127.0.0.1:0", 0, NULL, &limits, server_accept, k, &error);
	assert_non_null(k->listener);
	k->config = (struct exchange_link_config){
		.address = stream_listener_address(k->listener),
		.name = "MSC-test",
		.connect_timeout_ms = 200,
	};
	k->link = exchange_link_open(k->ctx, &k->config, &handler, k, &error);
	assert_non_null(k->link);
}

static void kit_close(struct kit *k)
{
	exchange_link_close(k->link);
	stream_close(k->peer);
	stream_listener_close(k->listener);
	talloc_free(k->ctx);
}

static void loop_until(const unsigned int *counter, unsigned int wanted)
{
	struct timespec nap = { .tv_nsec = 1000000 };
	int i;

	for (i = 0; i < 5000 && *counter < wanted; i++) {
		osmo_select_main_ctx(1);
		nanosleep(&nap, NULL);
	}
	assert_true(*counter >= wanted);
}

static void loop_ms(int ms)
{
	struct timespec nap = { .tv_nsec = 1000000 };

	while (ms-- > 0) {
		osmo_select_main_ctx(1);
		nanosleep(&nap, NULL);
	}
}

static void test_handshake(void **state)
{
	struct kit k = { 0 };

	kit_open(&k, handshake, sizeof(handshake));
	assert_false(exchange_link_is_up(k.link));
	loop_until(&k.n_up, 1);
	assert_true(exchange_link_is_up(k.link));
	kit_close(&k);
}

/* Every beginning of a handshake but the whole one: no link, and it is tried again. */
static void test_handshake_cut(void **state)
{
	size_t len;

	for (len = 0; len < sizeof(handshake); len++) {
		struct kit k = { 0 };

		kit_open(&k, handshake, len);
		loop_until(&k.n_down, 1);
		assert_int_equal(k.n_up, 0);
		loop_until(&k.n_accepted, 2);
		kit_close(&k);
	}
}

static void test_closed_at_once(void **state)
{
	struct kit k = { 0 };

	kit_open(&k, handshake, sizeof(handshake));
	loop_until(&k.n_up, 1);
	stream_close(k.peer);
	k.peer = NULL;
	loop_until(&k.n_down, 1);
	assert_false(exchange_link_is_up(k.link));
	loop_until(&k.n_up, 2);
	kit_close(&k);
}

/* As a manager does that has no such peer: the tester is told what to look at. */
static void test_refused(void **state)
{
	struct kit k = { .refuse = true };

	kit_open(&k, handshake, 0);
	loop_until(&k.n_down, 1);
	assert_int_equal(k.n_up, 0);
	assert_non_null(strstr(k.why, "during the handshake"));
	assert_non_null(strstr(k.why, k.config.name));
	kit_close(&k);
}

/* Closed later is something else. */
static void test_closed_later(void **state)
{
	struct kit k = { 0 };

	kit_open(&k, handshake, sizeof(handshake));
	loop_until(&k.n_up, 1);
	stream_close(k.peer);
	k.peer = NULL;
	loop_until(&k.n_down, 1);
	assert_null(strstr(k.why, "handshake"));
	kit_close(&k);
}

/* What follows the handshake, and whether the link stands it. */
static void after_handshake(const uint8_t *what, size_t len, bool stays)
{
	uint8_t *greeting = malloc(sizeof(handshake) + len);
	struct kit k = { 0 };

	memcpy(greeting, handshake, sizeof(handshake));
	memcpy(greeting + sizeof(handshake), what, len);
	kit_open(&k, greeting, sizeof(handshake) + len);
	loop_until(&k.n_up, 1);
	if (stays)
		loop_ms(20);
	else
		loop_until(&k.n_down, 1);
	assert_int_equal(k.n_messages, 0);
	assert_int_equal(k.n_down, !stays);
	kit_close(&k);
	free(greeting);
}

static void test_nonsense(void **state)
{
	static const uint8_t no_ccm_type[] = { 0, 0, 0xfe };
	static const uint8_t no_ext[] = { 0, 0, 0xee };
	static const uint8_t no_gsup[] = { 0, 1, 0xee, 0x05 };
	static const uint8_t other_proto[] = { 0, 2, 0xfb, 1, 2 };
	static const uint8_t other_ext[] = { 0, 2, 0xee, 0x7f, 2 };
	static const uint8_t bad_gsup[] = { 0, 5, 0xee, 0x05, 0x20, 0x01, 0xff, 0x00 };
	uint8_t big[3 + 5000] = { 5000 >> 8, 5000 & 0xff, 0xee, 0x05 };

	after_handshake(no_ccm_type, sizeof(no_ccm_type), false);
	after_handshake(no_ext, sizeof(no_ext), false);
	after_handshake(no_gsup, sizeof(no_gsup), true);
	after_handshake(other_proto, sizeof(other_proto), true);
	after_handshake(other_ext, sizeof(other_ext), true);
	after_handshake(bad_gsup, sizeof(bad_gsup), true);
	after_handshake(big, sizeof(big), true);
}

static void test_ping_is_answered(void **state)
{
	static const uint8_t greeting[] = { 0, 1, 0xfe, 0x04, 0, 1, 0xfe, 0x06, 0, 1, 0xfe, 0x00 };
	struct kit quiet = { 0 }, pinged = { 0 };

	kit_open(&quiet, handshake, sizeof(handshake));
	loop_until(&quiet.n_up, 1);
	loop_ms(20);
	kit_close(&quiet);
	kit_open(&pinged, greeting, sizeof(greeting));
	loop_until(&pinged.n_up, 1);
	loop_ms(20);
	assert_int_equal(pinged.said_len, quiet.said_len + 4);
	kit_close(&pinged);
}

static void test_closed_inside(void **state)
{
	/* the handshake, and a purge request for an IMSI: twice, as one octet string */
	static const uint8_t message[] = { 0,	 12,   0xee, 0x05, 0x0c, 0x01, 8,   0x00,
					   0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0xf1 };
	uint8_t greeting[sizeof(handshake) + 2 * sizeof(message)];
	struct kit k = { .close_on_up = true }, l = { .close_on_message = true };

	memcpy(greeting, handshake, sizeof(handshake));
	memcpy(greeting + sizeof(handshake), message, sizeof(message));
	memcpy(greeting + sizeof(handshake) + sizeof(message), message, sizeof(message));
	kit_open(&k, greeting, sizeof(greeting));
	loop_until(&k.n_up, 1);
	loop_ms(20);
	assert_int_equal(k.n_messages, 0);
	kit_close(&k);
	kit_open(&l, greeting, sizeof(greeting));
	loop_until(&l.n_messages, 1);
	loop_ms(20);
	assert_int_equal(l.n_messages, 1);
	kit_close(&l);
}

static void test_not_up(void **state)
{
	struct gsup_msg msg = { .type = 4, .imsi = "001010000000001" };
	struct kit k = { 0 };
	int error;

	kit_open(&k, handshake, 0);
	assert_int_equal(exchange_link_send(k.link, &msg), -ENOTCONN);
	kit_close(&k);
	k.config.address = "nonsense";
	assert_null(exchange_link_open(NULL, &k.config, NULL, &k, &error));
	assert_true(error < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handshake),	 cmocka_unit_test(test_handshake_cut),
		cmocka_unit_test(test_closed_at_once),	 cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_ping_is_answered), cmocka_unit_test(test_closed_inside),
		cmocka_unit_test(test_not_up),		 cmocka_unit_test(test_refused),
		cmocka_unit_test(test_closed_later),
	};

	log_init(&tegata_log_info, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
