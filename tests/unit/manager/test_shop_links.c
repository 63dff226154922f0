/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Questions of gateways, also of one that keeps no limits. */
#include "shop_links_fixture.h"

/* --- questions -------------------------------------------------------------------------- */

static void a_question_and_its_answer(void **state)
{
	struct gateway *g = unix_gateway();
	struct ledger_request *r;
	uint8_t sevens[32];

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", test_dir), 0);
	loop_until(link_server_ready(g->ls));
	ask(g, 10, 3);
	r = first_asked();
	memset(sevens, 0x77, sizeof(sevens));
	assert_memory_equal(r->asker.key_digest, sevens, 32);
	assert_memory_equal(r->request_id.octets, sevens, 16);
	assert_int_equal(r->asker.terminal_id, 0);
	assert_string_equal(r->asker.scope, "check");
	assert_int_equal(shop_links_in_flight(sl), 1);
	ledger_answer(r, OUTCOME_OK);
	assert_int_equal(shop_links_in_flight(sl), 0);
	loop_until(g->n_done);
	assert_int_equal(g->result.outcome, OUTCOME_OK);
	assert_true(g->result.test);
	assert_string_equal(g->result.shop_code, "4711");
	assert_int_equal(g->result.rate_per_s, 50);
	assert_int_equal(g->result.rate_burst, 100);
	assert_int_equal(g->result.n_items, 3);
	assert_true(g->result.items[1].owner);
	assert_true(g->result.items[1].spendable);
	assert_int_equal(g->result.items[1].amount_minor, 11);
	assert_string_equal(g->result.items[1].currency, "JPY");
	assert_int_equal(g->result.items[1].expires_at, 1900000000);
	/* what is another's shows nothing */
	assert_false(g->result.items[0].owner || g->result.items[0].spendable);
	assert_int_equal(g->result.items[0].amount_minor, 0);
	assert_int_equal(g->result.items[0].state, 0);
	gateway_free(g);
}

static void a_thousand_items_are_one_call(void **state)
{
	struct gateway *g = unix_gateway();

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", test_dir), 0);
	loop_until(link_server_ready(g->ls));
	ask(g, 1, LINK_CHECK_ITEMS_MAX);
	ledger_answer(first_asked(), OUTCOME_OK);
	loop_until(g->n_done);
	assert_int_equal(n_asked, 1);
	assert_int_equal(g->result.n_items, LINK_CHECK_ITEMS_MAX);
	assert_int_equal(g->result.items[998].amount_minor, 999);
	gateway_free(g);
}

static void refusals_are_handed_on(void **state)
{
	static const enum outcome outcomes[] = { OUTCOME_UNAUTHENTICATED, OUTCOME_FORBIDDEN,
						 OUTCOME_TERMINAL_BLOCKED, OUTCOME_BUSY,
						 OUTCOME_UNAVAILABLE };
	struct gateway *g = unix_gateway();
	size_t i;

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", test_dir), 0);
	loop_until(link_server_ready(g->ls));
	for (i = 0; i < ARRAY_SIZE(outcomes); i++) {
		ask(g, 1, 2);
		ledger_answer(first_asked(), outcomes[i]);
		loop_until(g->n_done == (int)i + 1);
		assert_int_equal(g->result.outcome, outcomes[i]);
		assert_int_equal(g->result.n_items, 0);
	}
	gateway_free(g);
}

static void answers_in_another_order(void **state)
{
	struct gateway *g = unix_gateway();
	struct ledger_request *first, *second;

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", test_dir), 0);
	loop_until(link_server_ready(g->ls));
	ask(g, 1, 1);
	ask(g, 3, 1);
	loop_until(n_asked == 2);
	first = llist_first_entry(&asked, struct ledger_request, entry);
	second = llist_last_entry(&asked, struct ledger_request, entry);
	ledger_answer(second, OUTCOME_OK);
	loop_until(g->n_done == 1);
	assert_int_equal(g->result.items[0].amount_minor, 3);
	ledger_answer(first, OUTCOME_OK);
	loop_until(g->n_done == 2);
	assert_int_equal(g->result.items[0].amount_minor, 1);
	gateway_free(g);
}

/* Forty answers of a turn are more than the gateway has to wait for the end of. */
static void answers_leave_while_the_turn_goes_on(void **state)
{
	enum { N = 40 };
	struct gateway *g = unix_gateway();
	size_t i;

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", test_dir), 0);
	loop_until(link_server_ready(g->ls));
	for (i = 0; i < N; i++)
		ask(g, 1, 1);
	loop_until(n_asked == N);
	while (!llist_empty(&asked))
		ledger_answer(first_asked(), OUTCOME_OK);
	/* What waits for the end of the turn cannot be read before the next one. */
	loop_turns(1);
	assert_in_range(g->n_done, N / 2, N);
	loop_until(g->n_done == N);
	gateway_free(g);
}

static void the_gateway_goes_and_comes_back(void **state)
{
	struct gateway *g = unix_gateway();
	struct ledger_request *late;

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", test_dir), 0);
	loop_until(link_server_ready(g->ls));
	ask(g, 1, 1);
	late = first_asked();
	gateway_free(g);
	loop_until(!shop_links_find(sl, "one")->is_up);
	assert_int_equal(shop_links_in_flight(sl), 1); /* the ledger will still answer */
	g = unix_gateway();
	loop_until(link_server_ready(g->ls));
	ledger_answer(late, OUTCOME_OK); /* nobody waits for it any more */
	assert_int_equal(shop_links_in_flight(sl), 0);
	ask(g, 5, 1);
	ledger_answer(first_asked(), OUTCOME_OK);
	loop_until(g->n_done);
	assert_int_equal(g->n_done, 1);
	assert_int_equal(g->result.items[0].amount_minor, 5);
	gateway_free(g);
}

static void draining(void **state)
{
	struct gateway *g = unix_gateway();

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", test_dir), 0);
	loop_until(link_server_ready(g->ls));
	ask(g, 1, 1);
	loop_until(n_asked == 1);
	shop_links_drain(sl);
	loop_until(!link_server_ready(g->ls));
	ask(g, 3, 1);
	loop_until(g->n_done == 1);
	assert_int_equal(g->result.outcome, OUTCOME_UNAVAILABLE);
	ledger_answer(first_asked(), OUTCOME_OK); /* what was under way is answered */
	loop_until(g->n_done == 2);
	assert_int_equal(g->result.outcome, OUTCOME_OK);
	assert_int_equal(shop_links_in_flight(sl), 0);
	gateway_free(g);
}

static void without_a_database(void **state)
{
	struct gateway *g = unix_gateway();

	can_read = false;
	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", test_dir), 0);
	loop_until(shop_links_find(sl, "one")->is_up);
	loop_turns(20);
	assert_false(link_server_ready(g->ls));
	can_read = true;
	loop_until(link_server_ready(g->ls)); /* by itself */
	ask(g, 1, 1);
	ledger_answer(first_asked(), OUTCOME_OK);
	loop_until(g->n_done == 1);
	/* The gateway does not know yet. */
	can_read = false;
	ask(g, 1, 1);
	loop_until(g->n_done == 2);
	assert_int_equal(g->result.outcome, OUTCOME_UNAVAILABLE);
	/* Nothing of the answer before it. */
	assert_int_equal(g->result.n_items, 0);
	assert_string_equal(g->result.shop_code, "");
	assert_int_equal(g->result.rate_per_s, 0);
	assert_false(g->result.test);
	assert_int_equal(n_asked, 1);
	assert_int_equal(shop_links_in_flight(sl), 0);
	loop_until(!link_server_ready(g->ls));
	/* At once where it is asked for. */
	can_read = true;
	shop_links_say_ready(sl);
	loop_until(link_server_ready(g->ls));
	gateway_free(g);
}

static void stopping_cancels(void **state)
{
	struct gateway *g = unix_gateway();

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", test_dir), 0);
	loop_until(link_server_ready(g->ls));
	ask(g, 1, 1);
	ask(g, 3, 1);
	loop_until(n_asked == 2);
	shop_links_stop(sl);
	assert_int_equal(n_cancelled, 2);
	loop_until(g->n_done == 2);
	assert_int_equal(g->result.outcome, OUTCOME_UNAVAILABLE);
	gateway_free(g);
}

/* --- a gateway that keeps no limits ------------------------------------------------------ */

struct raw {
	struct link_peer *p;
	int n_up, n_busy, n_down;
};

static void raw_up(void *data, struct link_peer *p)
{
	((struct raw *)data)->n_up++;
}

static int raw_asked(void *data, struct link_peer *p, const struct link_msg *msg)
{
	return 0;
}

static void raw_down(void *data, struct link_peer *p, int error, const char *why)
{
	struct raw *r = data;

	r->n_down++;
	r->p = NULL;
	link_peer_free(p);
}

static const struct link_peer_handler raw_handler = { raw_up, raw_asked, NULL, raw_down };

static void raw_accept(void *data, struct stream *s)
{
	struct raw *r = data;

	r->p = link_peer_accept(root, "raw", s, 5, &raw_handler, r);
}

static struct raw *waiting_raw;

static int raw_answered(struct link_wait *w, const struct link_msg *msg)
{
	static struct link_check_result result;

	assert_int_equal(link_check_result_decode(&result, msg), 0);
	if (result.outcome == OUTCOME_BUSY)
		waiting_raw->n_busy++;
	link_peer_forget(w);
	return 0;
}

static void raw_lost(struct link_wait *w)
{
}

static struct stream_listener *raw_listen(struct raw *r)
{
	char *address = talloc_asprintf(root, "unix:%s/link.sock", test_dir);
	int error = 0;
	struct stream_listener *l = stream_listen(root, address, 0600, NULL, &link_stream_limits,
						  raw_accept, r, &error);

	assert_non_null(l);
	talloc_free(address);
	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", test_dir), 0);
	loop_until(r->n_up);
	return l;
}

static void past_the_limit_is_busy(void **state)
{
	static struct link_check check = { .n_items = LINK_CHECK_ITEMS_MAX };
	enum { FITS = LINK_OUTSTANDING_ITEMS_MAX / LINK_CHECK_ITEMS_MAX };
	static struct link_wait waits[FITS + 3];
	static uint8_t frame[LINK_FRAME_SIZE];
	struct raw r = {};
	struct stream_listener *l = raw_listen(&r);
	int len;

	waiting_raw = &r;
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		waits[i] = (struct link_wait){ .answered = raw_answered, .lost = raw_lost };
		link_peer_ask(r.p, &waits[i], check.n_items);
		len = link_check_encode(frame, sizeof(frame), waits[i].number, &check);
		assert_int_equal(link_peer_send(r.p, frame, len), 0);
	}
	loop_until(r.n_busy == 3);
	assert_int_equal(n_asked, FITS);
	while (!llist_empty(&asked))
		ledger_answer(first_asked(), OUTCOME_OK);
	loop_until(link_peer_items_outstanding(r.p) == 0);
	assert_int_equal(r.n_busy, 3);
	link_peer_free(r.p);
	stream_listener_close(l);
}

static void a_malformed_question_closes(void **state)
{
	static const uint8_t bad[] = { 0, 6, 0xee, 0x7e, LINK_CHECK, 0, 0, 0, 1 };
	static const uint8_t unknown[] = { 0, 6, 0xee, 0x7e, 99, 0, 0, 0, 1 };
	struct raw r = {};
	struct stream_listener *l = raw_listen(&r);

	assert_int_equal(link_peer_send(r.p, unknown, sizeof(unknown)), 0);
	loop_turns(20);
	assert_int_equal(r.n_down, 0); /* a newer gateway's */
	assert_int_equal(link_peer_send(r.p, bad, sizeof(bad)), 0);
	loop_until(r.n_down);
	assert_int_equal(n_asked, 0);
	loop_until(r.n_up == 2); /* dialled again */
	link_peer_free(r.p);
	stream_listener_close(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_question_and_its_answer),
		TEST(a_thousand_items_are_one_call),
		TEST(refusals_are_handed_on),
		TEST(answers_in_another_order),
		TEST(answers_leave_while_the_turn_goes_on),
		TEST(the_gateway_goes_and_comes_back),
		TEST(draining),
		TEST(without_a_database),
		TEST(stopping_cancels),
		TEST(past_the_limit_is_busy),
		TEST(a_malformed_question_closes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
