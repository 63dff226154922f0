/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which manager is asked, and what becomes of the question. */
#include "link_server_fixture.h"

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
	assert_int_equal(g->firsts[12], -1); /* nothing of the answer before it */
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
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
