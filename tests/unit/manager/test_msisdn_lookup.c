/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Against a control interface of ours on loopback. */
#include "manager/msisdn_lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/ipa_frame.h"
#include "lib/stream.h"
#include "tests/unit/manager/exchange_fakes.h"

#define IMSI "001010000000001"
#define NUMBER "819012345678"
#define ASKED_MAX 64

static const struct stream_limits limits = { .in_max = 65536,
					     .out_max = 1 << 20,
					     .connect_timeout_ms = 2000 };

struct server {
	void *ctx;
	struct stream_listener *listener;
	struct stream *s;
	int n_accepted, n_asked;
	uint32_t id[ASKED_MAX];
	char var[ASKED_MAX][64];
};

struct waiter {
	int n_answers;
	bool known;
	char msisdn[GSUP_MSISDN_SIZE];
	struct msisdn_query *cancels; /* in its answer */
};

struct fixture {
	struct server srv;
	struct msisdn_lookup_config config;
	struct msisdn_lookup *l;
};

/* --- server ----------------------------------------------------------------- */

static void server_say_raw(struct server *srv, uint8_t proto, uint8_t ext, const char *text,
			   size_t len)
{
	uint8_t frame[8192];
	size_t head = ipa_frame_header(frame, proto, ext, len);

	memcpy(frame + head, text, len);
	assert_int_equal(stream_write(srv->s, frame, head + len), 0);
}

static void server_say(struct server *srv, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	server_say_raw(srv, IPA_PROTO_OSMO, IPA_EXT_CTRL, text, (size_t)len);
}

static int server_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct server *srv = data;
	struct ipa_frame f;
	size_t taken = 0;

	while (ipa_frame_take(&f, in + taken, len - taken, 4096) == 1) {
		char text[256] = "";

		assert_int_equal(f.proto, IPA_PROTO_OSMO);
		assert_int_equal(f.ext, IPA_EXT_CTRL);
		assert_true(f.payload_len < sizeof(text));
		memcpy(text, f.payload, f.payload_len);
		assert_true(srv->n_asked < ASKED_MAX);
		assert_int_equal(sscanf(text, "GET %u %63s", &srv->id[srv->n_asked],
					srv->var[srv->n_asked]),
				 2);
		srv->n_asked++;
		taken += f.frame_len;
	}
	return (int)taken;
}

static void server_down(void *data, struct stream *s, int error, const char *why)
{
	struct server *srv = data;

	if (srv->s == s)
		srv->s = NULL;
	stream_close(s);
}

static const struct stream_handler server_handler = { .received = server_received,
						      .down = server_down };

static void server_accept(void *data, struct stream *s)
{
	struct server *srv = data;

	srv->n_accepted++;
	srv->s = s;
	stream_set_data(s, &server_handler, srv);
}

static void server_listen(struct server *srv, const char *address)
{
	int error;

	srv->listener =
		stream_listen(srv->ctx, address, 0, NULL, &limits, server_accept, srv, &error);
	assert_non_null(srv->listener);
}

static void server_hang_up(struct server *srv)
{
	stream_close(srv->s);
	srv->s = NULL;
}

/* --- waiter ------------------------------------------------------------------ */

static void answered(void *data, const char *msisdn)
{
	struct waiter *w = data;

	w->n_answers++;
	w->known = msisdn != NULL;
	OSMO_STRLCPY_ARRAY(w->msisdn, msisdn ? msisdn : "");
	if (w->cancels)
		msisdn_query_cancel(w->cancels);
}

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	f->srv.ctx = f;
	server_listen(&f->srv, "127.0.0.1:0");
	f->config = (struct msisdn_lookup_config){
		.cache_max = 100, .cache_s = 300, .absent_s = 10, .timeout_ms = 300
	};
	OSMO_STRLCPY_ARRAY(f->config.address, stream_listener_address(f->srv.listener));
	f->l = msisdn_lookup_new(f, "test", &f->config);
	loop_until(msisdn_lookup_is_up(f->l) && f->srv.s);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->l)
		msisdn_lookup_free(f->l);
	stream_listener_close(f->srv.listener);
	loop_turns(2);
	talloc_free(f);
	return 0;
}

static void test_found_and_cached(void **state)
{
	struct fixture *f = *state;
	char msisdn[GSUP_MSISDN_SIZE];
	struct waiter w = { 0 };

	assert_int_equal(msisdn_lookup_cached(f->l, IMSI, msisdn), MSISDN_CACHE_MISS);
	assert_non_null(msisdn_lookup_ask(f->l, IMSI, answered, &w));
	assert_int_equal(w.n_answers, 0);
	loop_until(f->srv.n_asked == 1);
	assert_string_equal(f->srv.var[0], "subscriber.by-imsi-" IMSI ".msisdn");
	server_say(&f->srv, "GET_REPLY %u %s " NUMBER, f->srv.id[0], f->srv.var[0]);
	loop_until(w.n_answers == 1);
	assert_string_equal(w.msisdn, NUMBER);
	assert_int_equal(msisdn_lookup_cached(f->l, IMSI, msisdn), MSISDN_CACHE_KNOWN);
	assert_string_equal(msisdn, NUMBER);
	assert_int_equal(msisdn_lookup_cache_count(f->l), 1);
}

static void test_without_number(void **state)
{
	static const char *const replies[] = {
		"GET_REPLY %u %s none",
		"ERROR %u No such subscriber",
		"GET_REPLY %u %s not-a-number",
		"GET_REPLY %u %s 1234567890123456",
		"GET_REPLY %u %s",
		"GET_REPLY %u",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		char imsi[GSUP_IMSI_SIZE], msisdn[GSUP_MSISDN_SIZE], reply[128];
		struct waiter w = { 0 };

		snprintf(imsi, sizeof(imsi), "00101%010zu", i);
		assert_non_null(msisdn_lookup_ask(f->l, imsi, answered, &w));
		loop_until(f->srv.n_asked == (int)i + 1);
		snprintf(reply, sizeof(reply), replies[i], f->srv.id[i], f->srv.var[i]);
		server_say(&f->srv, "%s", reply);
		loop_until(w.n_answers == 1);
		assert_false(w.known);
		assert_int_equal(msisdn_lookup_cached(f->l, imsi, msisdn), MSISDN_CACHE_NONE);
	}
}

static void test_one_question_for_all_who_ask(void **state)
{
	struct fixture *f = *state;
	struct waiter w[3] = { 0 };

	for (int i = 0; i < 3; i++)
		assert_non_null(msisdn_lookup_ask(f->l, IMSI, answered, &w[i]));
	loop_until(f->srv.n_asked == 1);
	loop_turns(5);
	assert_int_equal(f->srv.n_asked, 1);
	server_say(&f->srv, "GET_REPLY %u %s +" NUMBER, f->srv.id[0], f->srv.var[0]);
	loop_until(w[2].n_answers == 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(w[i].n_answers, 1);
		assert_string_equal(w[i].msisdn, NUMBER);
	}
}

static void test_answers_in_any_order(void **state)
{
	struct fixture *f = *state;
	struct waiter w[10] = { 0 };

	for (int i = 0; i < 10; i++) {
		char imsi[GSUP_IMSI_SIZE];

		snprintf(imsi, sizeof(imsi), "00101%010d", i);
		assert_non_null(msisdn_lookup_ask(f->l, imsi, answered, &w[i]));
	}
	loop_until(f->srv.n_asked == 10);
	for (int i = 9; i >= 0; i--)
		server_say(&f->srv, "GET_REPLY %u %s 8190000000%d", f->srv.id[i], f->srv.var[i], i);
	loop_until(w[0].n_answers == 1);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(w[i].n_answers, 1);
		assert_int_equal(w[i].msisdn[10], '0' + i);
	}
}

static void test_what_is_no_answer(void **state)
{
	static const char *const noise[] = {
		"",
		" ",
		"GET_REPLY",
		"TRAP 0 location 1,2",
		"ERROR err",
		"ERROR",
		"GET_REPLY x y z",
		"GET_REPLY 99999 a 81901234567",
		"SET_REPLY",
		"GET_REPLY 4294967297 x 8190123",
		"GET_REPLY -1 x 819012345",
	};
	struct fixture *f = *state;
	struct waiter w = { 0 };

	assert_non_null(msisdn_lookup_ask(f->l, IMSI, answered, &w));
	loop_until(f->srv.n_asked == 1);
	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		server_say(&f->srv, "%s", noise[i]);
	server_say_raw(&f->srv, IPA_PROTO_CCM, 0, "\0", 1);
	server_say_raw(&f->srv, IPA_PROTO_OSMO, IPA_EXT_GSUP, "GET_REPLY 1 x 81900", 19);
	server_say_raw(&f->srv, IPA_PROTO_OSMO, IPA_EXT_CTRL, "GET_REPLY 1\0x 81900", 19);
	server_say(&f->srv, "GET_REPLY %u %s " NUMBER, f->srv.id[0], f->srv.var[0]);
	loop_until(w.n_answers == 1);
	assert_string_equal(w.msisdn, NUMBER);
	assert_int_equal(f->srv.n_accepted, 1);
}

static void test_oversized_frame_ends_the_connection(void **state)
{
	struct fixture *f = *state;
	char big[5000];

	memset(big, 'x', sizeof(big));
	server_say_raw(&f->srv, IPA_PROTO_OSMO, IPA_EXT_CTRL, big, sizeof(big));
	loop_until(f->srv.n_accepted == 2);
	loop_until(msisdn_lookup_is_up(f->l));
}

static void test_silence(void **state)
{
	struct fixture *f = *state;
	char msisdn[GSUP_MSISDN_SIZE];
	struct waiter w = { 0 };

	assert_non_null(msisdn_lookup_ask(f->l, IMSI, answered, &w));
	loop_until(w.n_answers == 1);
	assert_false(w.known);
	/* Not to have been told is not to know that there is none. */
	assert_int_equal(msisdn_lookup_cached(f->l, IMSI, msisdn), MSISDN_CACHE_MISS);
	/* Who says nothing at all is dialled anew. */
	loop_until(f->srv.n_accepted == 2 && msisdn_lookup_is_up(f->l));
	w.n_answers = 0;
	assert_non_null(msisdn_lookup_ask(f->l, IMSI, answered, &w));
	loop_until(f->srv.n_asked == 2);
	server_say(&f->srv, "GET_REPLY %u x " NUMBER, f->srv.id[1]);
	loop_until(w.n_answers == 1);
	assert_true(w.known);
}

static void test_late_answer(void **state)
{
	struct fixture *f = *state;
	struct waiter w = { 0 }, other = { 0 };

	assert_non_null(msisdn_lookup_ask(f->l, IMSI, answered, &w));
	loop_until(f->srv.n_asked == 1);
	/* Something is heard, so the connection stays. */
	assert_non_null(msisdn_lookup_ask(f->l, "001010000000002", answered, &other));
	loop_until(f->srv.n_asked == 2);
	server_say(&f->srv, "ERROR %u x", f->srv.id[1]);
	loop_until(w.n_answers == 1);
	server_say(&f->srv, "GET_REPLY %u x " NUMBER, f->srv.id[0]);
	loop_turns(10);
	assert_int_equal(w.n_answers, 1);
	assert_int_equal(other.n_answers, 1);
	assert_int_equal(f->srv.n_accepted, 1);
}

static void test_cancelled(void **state)
{
	struct fixture *f = *state;
	char msisdn[GSUP_MSISDN_SIZE];
	struct waiter w = { 0 }, stays = { 0 };
	struct msisdn_query *q = msisdn_lookup_ask(f->l, IMSI, answered, &w);

	assert_non_null(msisdn_lookup_ask(f->l, IMSI, answered, &stays));
	msisdn_query_cancel(q);
	loop_until(f->srv.n_asked == 1);
	server_say(&f->srv, "GET_REPLY %u x " NUMBER, f->srv.id[0]);
	loop_until(stays.n_answers == 1);
	assert_int_equal(w.n_answers, 0);
	assert_int_equal(msisdn_lookup_cached(f->l, IMSI, msisdn), MSISDN_CACHE_KNOWN);
}

static void test_cancelled_by_another_answer(void **state)
{
	struct fixture *f = *state;
	struct waiter first = { 0 }, second = { 0 };

	assert_non_null(msisdn_lookup_ask(f->l, IMSI, answered, &first));
	first.cancels = msisdn_lookup_ask(f->l, IMSI, answered, &second);
	loop_until(f->srv.n_asked == 1);
	server_say(&f->srv, "GET_REPLY %u x " NUMBER, f->srv.id[0]);
	loop_until(first.n_answers == 1);
	loop_turns(5);
	assert_int_equal(second.n_answers, 0);
}

static void test_connection_lost_and_back(void **state)
{
	struct fixture *f = *state;
	struct waiter w = { 0 };

	msisdn_lookup_free(f->l);
	f->config.timeout_ms = 5000;
	f->l = msisdn_lookup_new(f, "test", &f->config);
	loop_until(f->srv.n_accepted == 2 && msisdn_lookup_is_up(f->l));
	assert_non_null(msisdn_lookup_ask(f->l, IMSI, answered, &w));
	loop_until(f->srv.n_asked == 1);
	server_hang_up(&f->srv);
	/* Asked again, by itself, where there still is time. */
	loop_until(f->srv.n_asked == 2);
	server_say(&f->srv, "GET_REPLY %u x " NUMBER, f->srv.id[1]);
	loop_until(w.n_answers == 1);
	assert_true(w.known);
}

static void test_nobody_there(void **state)
{
	struct fixture *f = *state;
	struct waiter w = { 0 };
	char address[64];

	OSMO_STRLCPY_ARRAY(address, stream_listener_address(f->srv.listener));
	stream_listener_close(f->srv.listener);
	server_hang_up(&f->srv);
	loop_until(!msisdn_lookup_is_up(f->l));
	assert_non_null(msisdn_lookup_ask(f->l, IMSI, answered, &w));
	loop_until(w.n_answers == 1);
	assert_false(w.known);
	server_listen(&f->srv, address);
	loop_until(msisdn_lookup_is_up(f->l));
}

static void test_too_many(void **state)
{
	struct fixture *f = *state;
	struct waiter w = { 0 };
	int n = 0;

	stream_listener_close(f->srv.listener);
	server_hang_up(&f->srv);
	loop_until(!msisdn_lookup_is_up(f->l));
	for (n = 0; n < MSISDN_ASKED_MAX + 10; n++) {
		char imsi[GSUP_IMSI_SIZE];

		snprintf(imsi, sizeof(imsi), "00101%010d", n);
		if (!msisdn_lookup_ask(f->l, imsi, answered, &w))
			break;
	}
	assert_int_equal(n, MSISDN_ASKED_MAX);
	loop_until(w.n_answers == MSISDN_ASKED_MAX);
	server_listen(&f->srv, "127.0.0.1:0");
}

static void test_freed_tells_all(void **state)
{
	struct fixture *f = *state;
	struct waiter w[2] = { 0 };

	assert_non_null(msisdn_lookup_ask(f->l, IMSI, answered, &w[0]));
	assert_non_null(msisdn_lookup_ask(f->l, "001010000000002", answered, &w[1]));
	msisdn_lookup_free(f->l);
	f->l = NULL;
	assert_int_equal(w[0].n_answers, 1);
	assert_int_equal(w[1].n_answers, 1);
	assert_false(w[0].known);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_found_and_cached),
		T(test_without_number),
		T(test_one_question_for_all_who_ask),
		T(test_answers_in_any_order),
		T(test_what_is_no_answer),
		T(test_oversized_frame_ends_the_connection),
		T(test_silence),
		T(test_late_answer),
		T(test_cancelled),
		T(test_cancelled_by_another_answer),
		T(test_connection_lost_and_back),
		T(test_nobody_there),
		T(test_too_many),
		T(test_freed_tells_all),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
