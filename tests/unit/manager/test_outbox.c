/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The sender of texts, between a ledger and a route that do what the test says. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/db_time.h"
#include "manager/dialogue.h"
#include "manager/ledger_sms.h"
#include "manager/outbox.h"
#include "manager/sms_route.h"
#include "tests/lib/loop.h"

#define ASKED_MAX 64

static void *ctx;
static struct outbox *ob;

/* Long enough for what shall not happen to happen. */
static void loop_run_ms(int64_t ms)
{
	int64_t end_us = db_now_us() + ms * 1000;

	while (db_now_us() < end_us)
		loop_turn();
}

/* --- the ledger ------------------------------------------------------------------ */

static bool ready;
static struct {
	unsigned int n; /* asked */
	size_t max;
	ledger_outbox_take_cb done;
	void *data;
} take;
static struct {
	struct outbox_result_args args;
	ledger_done_cb done;
	void *data;
} results[ASKED_MAX];
static size_t n_results, n_renewed;
static struct {
	struct outbox_receipt_args args;
	ledger_done_cb done;
	void *data;
} receipt;

bool ledger_ready(const struct ledger *l)
{
	return ready;
}

struct ledger_request *ledger_outbox_take(struct ledger *l, size_t max, uint32_t ttl_ms,
					  ledger_outbox_take_cb done, void *data)
{
	assert_null(take.done); /* one at a time */
	take.n++;
	take.max = max;
	take.done = done;
	take.data = data;
	return NULL;
}

struct ledger_request *ledger_outbox_result(struct ledger *l, const struct outbox_result_args *args,
					    ledger_done_cb done, void *data)
{
	assert_true(n_results < ASKED_MAX);
	results[n_results].args = *args;
	results[n_results].done = done;
	results[n_results++].data = data;
	return NULL;
}

struct ledger_request *ledger_outbox_renew(struct ledger *l, int64_t message_id, uint32_t ttl_ms,
					   ledger_done_cb done, void *data)
{
	n_renewed++;
	return NULL;
}

struct ledger_request *ledger_outbox_receipt(struct ledger *l,
					     const struct outbox_receipt_args *args,
					     ledger_done_cb done, void *data)
{
	receipt.args = *args;
	receipt.done = done;
	receipt.data = data;
	return NULL;
}

struct ledger_request *ledger_outbox_state(struct ledger *l, ledger_outbox_state_cb done,
					   void *data)
{
	return NULL;
}

struct text_style dialogues_style(const struct dialogues *ds, const char *language)
{
	return (struct text_style){ 0 };
}

/* What the ledger answers to the take that is under way. */
static void give(const struct outbox_message *messages, size_t n, int64_t wait_ms)
{
	struct outbox_take_result result = {
		.outcome = OUTCOME_OK, .n = n, .messages = messages, .wait_ms = wait_ms
	};
	ledger_outbox_take_cb done = take.done;

	assert_non_null(done);
	take.done = NULL;
	done(take.data, &result);
}

static void record(size_t i, enum outcome outcome)
{
	results[i].done(results[i].data, outcome);
}

/* --- the route --------------------------------------------------------------------- */

static size_t has_room;
static int send_rc;
static struct {
	char text[64], msisdn[NUMBER_SIZE];
	int64_t message_id;
	sms_sent_cb sent;
	void *data;
} texts[ASKED_MAX];
static size_t n_texts;

size_t sms_route_room(const struct sms_route *r)
{
	return has_room;
}

int sms_route_send(struct sms_route *r, const struct sms_out *out, sms_sent_cb sent, void *data)
{
	if (send_rc < 0)
		return send_rc;
	assert_true(n_texts < ASKED_MAX);
	OSMO_STRLCPY_ARRAY(texts[n_texts].text, out->text);
	OSMO_STRLCPY_ARRAY(texts[n_texts].msisdn, out->msisdn);
	texts[n_texts].message_id = out->message_id;
	texts[n_texts].sent = sent;
	texts[n_texts++].data = data;
	return 0;
}

static void sent(size_t i, enum sms_sent how, const char *id)
{
	struct sms_sent_result result = { .sent = how, .link = "smpp:x" };

	if (id)
		result.ids[result.n_ids++] = id;
	texts[i].sent(texts[i].data, &result);
}

/* --- tests ---------------------------------------------------------------------------- */

static int setup(void **state)
{
	memset(&take, 0, sizeof(take));
	memset(&receipt, 0, sizeof(receipt));
	n_results = n_texts = n_renewed = 0;
	send_rc = 0;
	has_room = 10;
	ready = true;
	ob = outbox_new(ctx, NULL, NULL, NULL);
	outbox_settings(ob)->interval_ms = 20;
	outbox_start(ob);
	loop_until(take.n == 1);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(ob);
	return 0;
}

static const struct outbox_message hello = {
	.message_id = 7, .address = "819012345671", .attempts = 1, .text = "hello"
};
static const struct outbox_message many[] = {
	{ .message_id = 1, .address = "819012345671", .attempts = 1, .text = "one" },
	{ .message_id = 2, .address = "819012345672", .attempts = 3, .text = "two" },
	{ .message_id = 3, .address = "819012345673", .attempts = 40, .text = "three" },
};

static void takes_what_there_is_room_for(void **state)
{
	assert_int_equal(take.max, 10);
	outbox_settings(ob)->window = 2;
	give(many, 1, 0);
	loop_until(take.n == 2);
	assert_int_equal(take.max, 1);
	has_room = 0;
	give(NULL, 0, -1);
	loop_run_ms(150);
	assert_int_equal(take.n, 2);
	has_room = 5;
	outbox_room(ob);
	loop_until(take.n == 3);
	assert_int_equal(take.max, 1);
}

static void asks_nothing_of_a_ledger_that_is_not_ready(void **state)
{
	ready = false;
	give(NULL, 0, -1);
	outbox_poke(ob);
	loop_run_ms(100);
	assert_int_equal(take.n, 1);
	ready = true;
	loop_until(take.n == 2);
}

static void what_was_written_here_is_looked_at_at_once(void **state)
{
	outbox_settings(ob)->interval_ms = 10000;
	outbox_poke(ob); /* while it is looking */
	give(NULL, 0, -1);
	loop_until(take.n == 2);
	give(NULL, 0, -1);
	outbox_poke(ob);
	loop_until(take.n == 3);
}

static void every_end_is_recorded(void **state)
{
	give(many, 3, 5000);
	assert_int_equal(n_texts, 3);
	assert_string_equal(texts[1].text, "two");
	assert_string_equal(texts[1].msisdn, "819012345672");
	sent(0, SMS_SENT_OK, "id1");
	sent(1, SMS_SENT_RETRY, NULL);
	sent(2, SMS_SENT_RETRY, NULL);
	assert_int_equal(n_results, 3);
	assert_int_equal(results[0].args.end, OUTBOX_SENT);
	assert_string_equal(results[0].args.link, "smpp:x");
	assert_int_equal(results[0].args.n_ids, 1);
	assert_string_equal(results[0].args.ids[0], "id1");
	assert_int_equal(results[1].args.end, OUTBOX_LATER);
	assert_int_equal(results[1].args.retry_ms, 20000);
	assert_int_equal(results[2].args.retry_ms, 600000);
	assert_int_equal(outbox_in_flight(ob), 3);
	record(0, OUTCOME_OK);
	record(1, OUTCOME_OK);
	record(2, OUTCOME_NOT_FOUND);
	assert_int_equal(outbox_in_flight(ob), 0);
}

static void what_is_not_known_or_never_taken(void **state)
{
	give(many, 2, -1);
	sent(0, SMS_SENT_UNKNOWN, NULL);
	sent(1, SMS_SENT_NEVER, NULL);
	assert_int_equal(results[0].args.end, OUTBOX_UNKNOWN);
	assert_int_equal(results[1].args.end, OUTBOX_DEAD);
	record(0, OUTCOME_OK);
	record(1, OUTCOME_OK);
}

static void a_result_is_recorded_until_it_is(void **state)
{
	give(&hello, 1, -1);
	sent(0, SMS_SENT_OK, "id1");
	record(0, OUTCOME_UNCERTAIN);
	assert_int_equal(outbox_in_flight(ob), 1);
	loop_until(n_results == 2);
	assert_memory_equal(&results[0].args, &results[1].args, sizeof(results[0].args));
	record(1, OUTCOME_UNAVAILABLE);
	loop_until(n_results == 3);
	record(2, OUTCOME_OK);
	assert_int_equal(outbox_in_flight(ob), take.done != NULL);
}

static void what_a_link_refuses_goes_back_or_dies(void **state)
{
	static const struct outbox_message nothing = {
		.message_id = 9, .address = "81901234567", .text = "", .text_key = "no.such.key"
	};

	send_rc = -EBUSY;
	give(&hello, 1, -1);
	assert_int_equal(results[0].args.end, OUTBOX_RETURNED);
	record(0, OUTCOME_OK);
	loop_until(take.n == 2);
	send_rc = -EMSGSIZE;
	give(&hello, 1, -1);
	assert_int_equal(results[1].args.end, OUTBOX_DEAD);
	record(1, OUTCOME_OK);
	loop_until(take.n == 3);
	send_rc = 0;
	give(&nothing, 1, -1);
	assert_int_equal(n_texts, 0);
	assert_int_equal(results[2].args.end, OUTBOX_DEAD);
	record(2, OUTCOME_OK);
}

static void leases_go_on_while_a_link_is_slow(void **state)
{
	outbox_settings(ob)->lease_s = 1;
	give(&hello, 1, -1);
	loop_until(n_renewed >= 2);
	sent(0, SMS_SENT_UNKNOWN, NULL);
	n_renewed = 0;
	loop_run_ms(2200);
	assert_int_equal(n_renewed, 0); /* its lease shall end */
	record(0, OUTCOME_OK);
}

static enum sms_verdict verdict;
static unsigned int n_verdicts;

static void got_verdict(void *data, enum sms_verdict v)
{
	verdict = v;
	n_verdicts++;
}

static void receipts_are_answered_when_durable(void **state)
{
	struct sms_receipt r = {
		.link = "smpp:x", .id = "id1", .state = SMPP_STATE_DELIVERED, .error = "000"
	};

	n_verdicts = 0;
	outbox_receipt(ob, &r, got_verdict, NULL);
	assert_int_equal(n_verdicts, 0);
	assert_string_equal(receipt.args.id, "id1");
	assert_int_equal(receipt.args.state, SMPP_STATE_DELIVERED);
	receipt.done(receipt.data, OUTCOME_OK);
	assert_int_equal(verdict, SMS_ACCEPTED);
	outbox_receipt(ob, &r, got_verdict, NULL);
	receipt.done(receipt.data, OUTCOME_UNCERTAIN);
	assert_int_equal(verdict, SMS_TRY_AGAIN);
	assert_int_equal(n_verdicts, 2);
}

static void draining_gives_back_what_was_not_sent(void **state)
{
	outbox_drain(ob);
	assert_int_equal(outbox_in_flight(ob), 1);
	give(many, 3, -1);
	assert_int_equal(n_texts, 0);
	assert_int_equal(n_results, 3);
	assert_int_equal(results[2].args.end, OUTBOX_RETURNED);
	record(0, OUTCOME_OK);
	record(1, OUTCOME_OK);
	record(2, OUTCOME_OK);
	assert_int_equal(outbox_in_flight(ob), 0);
	outbox_poke(ob);
	loop_run_ms(60);
	assert_int_equal(take.n, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(takes_what_there_is_room_for),
		T(asks_nothing_of_a_ledger_that_is_not_ready),
		T(what_was_written_here_is_looked_at_at_once),
		T(every_end_is_recorded),
		T(what_is_not_known_or_never_taken),
		T(a_result_is_recorded_until_it_is),
		T(what_a_link_refuses_goes_back_or_dies),
		T(leases_go_on_while_a_link_is_slow),
		T(receipts_are_answered_when_durable),
		T(draining_gives_back_what_was_not_sent),
	};
	int rc;

	ctx = talloc_named_const(NULL, 0, "test");
	osmo_init_logging2(NULL, &tegata_log_info);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	talloc_free(ctx);
	return rc;
}
