/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Managers that are wrong, late, or too many. */
#include "link_server_fixture.h"

static void an_answer_to_another_question(void **state)
{
	struct gateway *g = gateway_new(1);

	g->m[0].wrong = 1;
	ask(g, 1, 1);
	loop_until(g->n_done && g->m[0].n_down);
	assert_int_equal(g->outcomes[0], OUTCOME_UNAVAILABLE);
	assert_false(link_server_ready(g->ls));
	gateway_free(g);
}

/* A raw stream in a manager's place: sends octets and sees the link closed. */
struct raw {
	struct stream *s;
	int n_up, n_down;
	struct link_hello hello; /* what came back */
};

static void raw_up(void *data, struct stream *s)
{
	((struct raw *)data)->n_up++;
}

static int raw_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct raw *r = data;
	struct ipa_frame ipa;
	struct link_msg msg;

	if (ipa_frame_take(&ipa, in, len, LINK_FRAME_MAX) != 1)
		return 0;
	assert_int_equal(link_msg_decode(&msg, ipa.payload, ipa.payload_len), 0);
	if (msg.type == LINK_HELLO)
		assert_int_equal(link_hello_decode(&r->hello, &msg), 0);
	return ipa.frame_len;
}

static void raw_down(void *data, struct stream *s, int error, const char *why)
{
	((struct raw *)data)->n_down++;
}

static const struct stream_handler raw_handler = { raw_up, raw_received, raw_down };

static void assert_closed_after(const void *octets, size_t len, bool hello)
{
	struct gateway *g = gateway_new(0);
	struct raw r = {};
	int error = 0;

	r.s = stream_connect(g, link_server_address(g->ls, 0), NULL, NULL, &link_stream_limits,
			     &raw_handler, &r, &error);
	assert_non_null(r.s);
	loop_until(r.n_up);
	assert_int_equal(stream_write(r.s, octets, len), 0);
	loop_until(r.n_down);
	assert_int_equal(r.hello.version, hello ? LINK_VERSION : 0);
	assert_false(link_server_ready(g->ls));
	gateway_free(g);
}

static void garbage_is_closed(void **state)
{
	struct link_hello other = { .version = LINK_VERSION + 1, .name = "new" };
	struct link_hello same = { .version = LINK_VERSION, .name = "twice" };
	static char http[30000] = "GET / HTTP/1.1\r\n";
	int len;

	/* read as a frame of 0x4745 octets of protocol 'T' */
	assert_closed_after(http, sizeof(http), false);
	assert_closed_after("\0\0\xee", 3, false); /* no room for the extension octet */
	assert_closed_after("\0\1\xee\x7e", 4, false); /* no message in it */
	assert_closed_after("\0\6\xee\0\1\0\0\0\0", 9, false); /* CTRL, not the link */
	assert_closed_after("\0\6\xee\x7e\1\0\0\0\0", 9, false); /* HELLO without elements */
	/* a question or a ping before HELLO */
	len = link_simple_encode(frame, sizeof(frame), LINK_PING, 1);
	assert_closed_after(frame, len, false);
	/* HELLO of another version is answered, so that the other side can say so too */
	len = link_hello_encode(frame, sizeof(frame), &other);
	assert_closed_after(frame, len, true);
	len = link_hello_encode(frame, sizeof(frame), &same);
	memcpy(frame + len, frame, len);
	assert_closed_after(frame, 2 * len, true);
	/* READY without its octet */
	len = link_hello_encode(frame, sizeof(frame), &same);
	len += link_simple_encode(frame + len, sizeof(frame) - len, LINK_READY, 0);
	assert_closed_after(frame, len, true);
}

static void late_answers_are_dropped(struct gateway *g)
{
	struct manager *m = &g->m[0];
	struct link_check late = { .n_items = 1 };

	answer(m, m->kept[0], &late);
	answer(m, m->kept[1], &late);
	m->silent = false;
	ask(g, 7, 1);
	loop_until(g->n_done == 2);
	assert_int_equal(g->firsts[1], 7);
	loop_turns(10);
	assert_int_equal(g->n_done, 2);
	assert_int_equal(m->n_down, 0);
}

/* All that takes seconds, at once: a question is answered in time by somebody or by us; nobody
 * stays connected who does not say HELLO or does not answer pings; who does stays. */
static void time_passes(void **state)
{
	struct link_hello hello = { .version = LINK_VERSION, .name = "deaf" };
	struct gateway *g = gateway_new(1);
	struct raw mute = {}, deaf = {};
	struct link_question *q;
	int error = 0, len;

	g->m[0].silent = true;
	ask(g, 1, 1);
	q = ask(g, 2, 1);
	loop_until(g->m[0].n_asked == 2);
	link_question_cancel(q);
	link_server_set_ping_interval(g->ls, 1);
	mute.s = stream_connect(g, link_server_address(g->ls, 0), NULL, NULL, &link_stream_limits,
				&raw_handler, &mute, &error);
	deaf.s = stream_connect(g, link_server_address(g->ls, 0), NULL, NULL, &link_stream_limits,
				&raw_handler, &deaf, &error);
	loop_until(mute.n_up && deaf.n_up);
	len = link_hello_encode(frame, sizeof(frame), &hello);
	assert_int_equal(stream_write(deaf.s, frame, len), 0);
	loop_until(deaf.n_down && mute.n_down && g->n_done);
	assert_int_equal(g->outcomes[0], OUTCOME_UNAVAILABLE);
	assert_int_equal(g->m[0].n_down, 0);
	late_answers_are_dropped(g);
	gateway_free(g);
}

static void too_many_links(void **state)
{
	struct gateway *g = gateway_new(0);
	struct raw r[LINK_SERVER_LINKS_MAX + 1];
	int error = 0, i, n_down = 0;

	memset(r, 0, sizeof(r));
	for (i = 0; i <= LINK_SERVER_LINKS_MAX; i++) {
		r[i].s = stream_connect(g, link_server_address(g->ls, 0), NULL, NULL,
					&link_stream_limits, &raw_handler, &r[i], &error);
		assert_non_null(r[i].s);
	}
	loop_until(r[LINK_SERVER_LINKS_MAX].n_down);
	for (i = 0; i <= LINK_SERVER_LINKS_MAX; i++)
		n_down += r[i].n_down;
	assert_int_equal(n_down, 1);
	gateway_free(g);
}

static void listening(void **state)
{
	struct gateway *g = gateway_new(0);

	assert_int_equal(link_server_listen(g->ls, "0.0.0.0:0", 0, NULL), -EPERM);
	assert_int_equal(link_server_listen(g->ls, "8.8.8.8:4300", 0, NULL), -EPERM);
	assert_int_equal(link_server_listen(g->ls, "nonsense", 0, NULL), -EPERM);
	assert_int_equal(link_server_listen(g->ls, link_server_address(g->ls, 0), 0600, NULL),
			 -EADDRINUSE);
	assert_int_equal(link_server_listen(g->ls, "127.0.0.1:0", 0, NULL), 0);
	assert_non_null(link_server_address(g->ls, 1));
	assert_null(link_server_address(g->ls, 2));
	assert_int_equal(link_server_unlisten(g->ls, "127.0.0.2:0"), -ENOENT);
	assert_int_equal(link_server_unlisten(g->ls, "127.0.0.1:0"), 0);
	assert_null(link_server_address(g->ls, 1));
	assert_int_equal(link_server_listen(g->ls, "127.0.0.1:0", 0, NULL), 0);
	assert_int_equal(link_server_unlisten(g->ls, link_server_address(g->ls, 1)), 0);
	assert_null(link_server_address(g->ls, 1));
	gateway_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_to_another_question),
		cmocka_unit_test(garbage_is_closed),
		cmocka_unit_test(time_passes),
		cmocka_unit_test(too_many_links),
		cmocka_unit_test(listening),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
