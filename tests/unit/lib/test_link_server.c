/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/link_server.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/ipa_frame.h"
#include "lib/link_peer.h"
#include "lib/log_category.h"
#include "lib/outcome.h"
#include "tests/lib/loop.h"
#include "tests/lib/test_dir.h"

#define KEPT_MAX 8

static uint8_t frame[LINK_FRAME_SIZE];

/* A manager that answers as it is told to. */
struct manager {
	struct link_peer *p;
	int n_up, n_down, n_asked, error;
	bool silent; /* keeps the numbers of questions instead of answering */
	bool die; /* closes at the first question */
	int wrong; /* answers with so many items too many */
	uint32_t kept[KEPT_MAX];
	int n_kept;
};

struct gateway {
	struct link_server *ls;
	struct manager m[3];
	/* answers, in the order in which they came */
	int n_done;
	enum outcome outcomes[100];
	int64_t firsts[100]; /* amount of the first item: the value id that was asked about */
};

static void manager_up(void *data, struct link_peer *p)
{
	struct manager *m = data;

	m->n_up++;
}

static void answer(struct manager *m, uint32_t number, const struct link_check *check)
{
	static struct link_check_result r;
	size_t i;
	int len;

	memset(&r, 0, sizeof(r));
	r.n_items = check->n_items + m->wrong;
	for (i = 0; i < r.n_items; i++)
		r.items[i] = (struct link_check_item){ .owner = true,
						       .state = 1,
						       .currency = "JPY",
						       .amount_minor = check->value_ids[i] };
	len = link_check_result_encode(frame, sizeof(frame), number, &r);
	assert_true(len > 0);
	assert_int_equal(link_peer_send(m->p, frame, len), 0);
}

static int manager_asked(void *data, struct link_peer *p, const struct link_msg *msg)
{
	static struct link_check check;
	struct manager *m = data;

	m->n_asked++;
	assert_int_equal(msg->type, LINK_CHECK);
	assert_int_equal(link_check_decode(&check, msg), 0);
	if (m->die) {
		m->p = NULL;
		link_peer_free(p);
		return 0;
	}
	if (!m->silent)
		answer(m, msg->number, &check);
	else if (m->n_kept < KEPT_MAX)
		m->kept[m->n_kept++] = msg->number;
	return 0;
}

static void manager_down(void *data, struct link_peer *p, int error, const char *why)
{
	struct manager *m = data;

	m->n_down++;
	m->error = error;
	m->p = NULL;
	link_peer_free(p);
}

static const struct link_peer_handler manager_handler = { manager_up, manager_asked, NULL,
							  manager_down };

static void manager_connect(struct gateway *g, int i)
{
	char name[32];
	int error = 0, n_up = g->m[i].n_up;

	snprintf(name, sizeof(name), "manager-%d", i);
	g->m[i].p = link_peer_connect(g, name, link_server_address(g->ls, 0), NULL, 5,
				      &manager_handler, &g->m[i], &error);
	assert_non_null(g->m[i].p);
	loop_until(g->m[i].n_up > n_up);
	assert_string_equal(link_peer_name(g->m[i].p), "gateway-under-test");
}

static struct gateway *gateway_new(int n_managers)
{
	struct gateway *g = talloc_zero(NULL, struct gateway);
	char *address = talloc_asprintf(g, "unix:%s/link.sock", test_dir);
	int i;

	g->ls = link_server_new(g, "gateway-under-test");
	assert_int_equal(link_server_listen(g->ls, address, 0600, NULL), 0);
	for (i = 0; i < n_managers; i++)
		manager_connect(g, i);
	if (n_managers)
		loop_until(link_server_ready(g->ls));
	return g;
}

static void gateway_free(struct gateway *g)
{
	link_server_free(g->ls);
	talloc_free(g);
}

static void done(void *data, const struct link_check_result *result)
{
	struct gateway *g = data;

	assert_true(g->n_done < 100);
	g->outcomes[g->n_done] = result->outcome;
	g->firsts[g->n_done] = result->n_items ? result->items[0].amount_minor : -1;
	g->n_done++;
}

static struct link_question *ask(struct gateway *g, int64_t first, size_t n)
{
	static struct link_check check;
	size_t i;

	memset(&check, 0, sizeof(check));
	check.n_items = n;
	for (i = 0; i < n; i++)
		check.value_ids[i] = first + i;
	return link_server_check(g->ls, &check, done, g);
}

/* --- nobody there, or gone --------------------------------------------------------- */

static void no_manager_is_unavailable(void **state)
{
	struct gateway *g = gateway_new(0);

	assert_false(link_server_ready(g->ls));
	assert_non_null(ask(g, 1, 1));
	assert_int_equal(g->n_done, 0); /* not inline */
	assert_int_equal(link_server_in_flight(g->ls), 1);
	loop_until(g->n_done);
	assert_int_equal(g->outcomes[0], OUTCOME_UNAVAILABLE);
	assert_int_equal(link_server_in_flight(g->ls), 0);
	gateway_free(g);
}

static void the_only_manager_dies(void **state)
{
	struct gateway *g = gateway_new(1);

	g->m[0].die = true;
	ask(g, 1, 1);
	ask(g, 2, 1);
	loop_until(g->n_done == 2);
	assert_int_equal(g->outcomes[0], OUTCOME_UNAVAILABLE);
	assert_int_equal(g->outcomes[1], OUTCOME_UNAVAILABLE);
	assert_false(link_server_ready(g->ls));
	g->m[0].die = false;
	manager_connect(g, 0); /* back by itself */
	loop_until(link_server_ready(g->ls));
	ask(g, 3, 1);
	loop_until(g->n_done == 3);
	assert_int_equal(g->outcomes[2], OUTCOME_OK);
	gateway_free(g);
}

static void another_manager_answers_for_the_dead(void **state)
{
	struct gateway *g = gateway_new(2);
	int i;

	g->m[0].silent = true;
	for (i = 0; i < 10; i++)
		ask(g, i, 3);
	loop_until(g->m[0].n_asked == 5 && g->n_done == 5);
	link_peer_free(g->m[0].p);
	g->m[0].p = NULL;
	loop_until(g->n_done == 10);
	for (i = 0; i < 10; i++)
		assert_int_equal(g->outcomes[i], OUTCOME_OK);
	assert_int_equal(g->m[1].n_asked, 10);
	gateway_free(g);
}

static void closing_tells_everybody(void **state)
{
	struct gateway *g = gateway_new(1);

	g->m[0].silent = true;
	ask(g, 1, 1);
	ask(g, 2, 1);
	link_server_free(g->ls);
	assert_int_equal(g->n_done, 2);
	assert_int_equal(g->outcomes[1], OUTCOME_UNAVAILABLE);
	loop_until(g->m[0].n_down);
	talloc_free(g);
}

/* --- who is asked -------------------------------------------------------------------- */

static void questions_are_spread(void **state)
{
	struct gateway *g = gateway_new(3);
	int i;

	for (i = 0; i < 30; i++)
		ask(g, i, 1);
	loop_until(g->n_done == 30);
	for (i = 0; i < 3; i++)
		assert_int_equal(g->m[i].n_asked, 10);
	/* one by one, too */
	for (i = 0; i < 9; i++) {
		ask(g, i, 1);
		loop_until(g->n_done == 31 + i);
	}
	for (i = 0; i < 3; i++)
		assert_int_equal(g->m[i].n_asked, 13);
	gateway_free(g);
}

static void a_draining_manager_is_left_alone(void **state)
{
	struct gateway *g = gateway_new(2);
	int i;

	g->m[0].silent = true;
	ask(g, 1, 1);
	ask(g, 2, 1);
	loop_until(g->m[0].n_kept == 1 && g->n_done == 1);
	link_peer_drain(g->m[0].p);
	loop_turns(20);
	for (i = 0; i < 10; i++)
		ask(g, i, 1);
	loop_until(g->n_done == 11);
	assert_int_equal(g->m[0].n_asked, 1);
	/* what it had is still answered */
	answer(&g->m[0], g->m[0].kept[0], &(struct link_check){ .n_items = 1, .value_ids = { 5 } });
	loop_until(g->n_done == 12);
	assert_int_equal(g->firsts[11], 5);
	link_peer_drain(g->m[1].p);
	loop_until(!link_server_ready(g->ls));
	ask(g, 1, 1);
	loop_until(g->n_done == 13);
	assert_int_equal(g->outcomes[12], OUTCOME_UNAVAILABLE);
	gateway_free(g);
}

static void who_cannot_answer_is_not_asked(void **state)
{
	struct gateway *g = gateway_new(2);
	int i;

	link_peer_say_ready(g->m[0].p, false);
	loop_turns(20);
	assert_true(link_server_ready(g->ls));
	for (i = 0; i < 10; i++)
		ask(g, i, 1);
	loop_until(g->n_done == 10);
	assert_int_equal(g->m[0].n_asked, 0);
	link_peer_say_ready(g->m[1].p, false);
	loop_until(!link_server_ready(g->ls));
	ask(g, 1, 1);
	loop_until(g->n_done == 11);
	assert_int_equal(g->outcomes[10], OUTCOME_UNAVAILABLE);
	assert_int_equal(g->m[0].n_asked + g->m[1].n_asked, 10);
	link_peer_say_ready(g->m[0].p, true);
	loop_until(link_server_ready(g->ls));
	ask(g, 1, 1);
	loop_until(g->n_done == 12);
	assert_int_equal(g->outcomes[11], OUTCOME_OK);
	assert_int_equal(g->m[0].n_asked, 1);
	gateway_free(g);
}

/* Told with HELLO, so that there is no moment in which it is asked. */
static void who_comes_unready_is_never_ready(void **state)
{
	struct gateway *g = gateway_new(0);
	int error = 0, i;

	g->m[0].p = link_peer_connect(g, "manager-0", link_server_address(g->ls, 0), NULL, 5,
				      &manager_handler, &g->m[0], &error);
	assert_non_null(g->m[0].p);
	link_peer_say_ready(g->m[0].p, false);
	for (i = 0; i < 200; i++) {
		loop_turns(1);
		assert_false(link_server_ready(g->ls));
	}
	assert_int_equal(g->m[0].n_up, 1);
	link_peer_say_ready(g->m[0].p, true);
	loop_until(link_server_ready(g->ls));
	gateway_free(g);
}

/* Of a later version, as READY is for older gateways. */
static void messages_of_unknown_types_are_skipped(void **state)
{
	struct gateway *g = gateway_new(1);
	int len = link_ready_encode(frame, sizeof(frame), false);

	assert_true(len > IPA_HEADER_SIZE + 1);
	frame[IPA_HEADER_SIZE + 1] = 200;
	assert_int_equal(link_peer_send(g->m[0].p, frame, len), 0);
	loop_turns(20);
	ask(g, 1, 1);
	loop_until(g->n_done == 1);
	assert_int_equal(g->outcomes[0], OUTCOME_OK);
	assert_int_equal(g->m[0].n_down, 0);
	gateway_free(g);
}

static void full_is_busy_at_once(void **state)
{
	struct gateway *g = gateway_new(1);
	size_t i, fits = LINK_OUTSTANDING_ITEMS_MAX / LINK_CHECK_ITEMS_MAX;

	g->m[0].silent = true;
	for (i = 0; i < fits; i++)
		ask(g, i, LINK_CHECK_ITEMS_MAX);
	loop_turns(5);
	assert_int_equal(g->n_done, 0);
	ask(g, 1, LINK_CHECK_ITEMS_MAX);
	loop_until(g->n_done == 1);
	assert_int_equal(g->outcomes[0], OUTCOME_BUSY);
	ask(g, 1, LINK_OUTSTANDING_ITEMS_MAX % LINK_CHECK_ITEMS_MAX); /* what is left */
	loop_until(g->m[0].n_asked == (int)fits + 1);
	ask(g, 1, 1);
	loop_until(g->n_done == 2);
	assert_int_equal(g->outcomes[1], OUTCOME_BUSY);
	gateway_free(g);
}

static void answers_come_in_any_order(void **state)
{
	struct gateway *g = gateway_new(1);
	struct link_check c = { .n_items = 1 };
	int i;

	g->m[0].silent = true;
	for (i = 0; i < 4; i++)
		ask(g, i, 1);
	loop_until(g->m[0].n_kept == 4);
	for (i = 3; i >= 0; i--) {
		c.value_ids[0] = i;
		answer(&g->m[0], g->m[0].kept[i], &c);
		answer(&g->m[0], g->m[0].kept[i], &c); /* a repeat changes nothing */
	}
	answer(&g->m[0], 0xdeadbeef, &c);
	loop_until(g->n_done == 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(g->firsts[i], 3 - i);
	loop_turns(10);
	assert_int_equal(g->n_done, 4);
	assert_int_equal(g->m[0].n_down, 0);
	gateway_free(g);
}

static void a_cancelled_question_is_silent(void **state)
{
	struct gateway *g = gateway_new(1);
	struct link_question *q = ask(g, 1, 1);

	link_question_cancel(q);
	ask(g, 2, 1);
	loop_until(g->n_done);
	loop_turns(10);
	assert_int_equal(g->n_done, 1);
	assert_int_equal(g->firsts[0], 2);
	/* also one that failed already */
	link_peer_free(g->m[0].p);
	loop_until(!link_server_ready(g->ls));
	link_question_cancel(ask(g, 3, 1));
	loop_turns(10);
	assert_int_equal(g->n_done, 1);
	assert_int_equal(link_server_in_flight(g->ls), 0);
	gateway_free(g);
}

static void a_thousand_items(void **state)
{
	struct gateway *g = gateway_new(1);

	ask(g, 42, LINK_CHECK_ITEMS_MAX);
	loop_until(g->n_done);
	assert_int_equal(g->outcomes[0], OUTCOME_OK);
	assert_int_equal(g->firsts[0], 42);
	gateway_free(g);
}

/* --- managers that are wrong ------------------------------------------------------------ */

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

static int setup(void **state)
{
	osmo_init_logging2(talloc_named_const(NULL, 0, "logging"), &tegata_log_info);
	return test_dir_make();
}

static int teardown(void **state)
{
	return test_dir_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_manager_is_unavailable),
		cmocka_unit_test(the_only_manager_dies),
		cmocka_unit_test(another_manager_answers_for_the_dead),
		cmocka_unit_test(closing_tells_everybody),
		cmocka_unit_test(questions_are_spread),
		cmocka_unit_test(a_draining_manager_is_left_alone),
		cmocka_unit_test(who_cannot_answer_is_not_asked),
		cmocka_unit_test(who_comes_unready_is_never_ready),
		cmocka_unit_test(messages_of_unknown_types_are_skipped),
		cmocka_unit_test(full_is_busy_at_once),
		cmocka_unit_test(answers_come_in_any_order),
		cmocka_unit_test(a_cancelled_question_is_silent),
		cmocka_unit_test(a_thousand_items),
		cmocka_unit_test(an_answer_to_another_question),
		cmocka_unit_test(garbage_is_closed),
		cmocka_unit_test(time_passes),
		cmocka_unit_test(too_many_links),
		cmocka_unit_test(listening),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
