/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The ledger's operations on a real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <osmocom/core/application.h>

#include "lib/value_id.h"
#include "tests/unit/manager/ledger_fixture.h"

static union ledger_result got;
static struct check_item got_items[8];
static unsigned int n_got;

#define KEEP(what)                                                             \
	static void got_##what(void *data, const struct what##_result *result) \
	{                                                                      \
		got.what = *result;                                            \
		n_got++;                                                       \
	}
KEEP(enter)
KEEP(issue)
KEEP(quote)
KEEP(transfer)
KEEP(list)
KEEP(balance)
KEEP(history)

static void got_check(void *data, const struct check_result *result)
{
	size_t i;

	got.check = *result;

	for (i = 0; i < OSMO_MIN(result->n_items, ARRAY_SIZE(got_items)); i++)
		got_items[i] = result->items[i];
	n_got++;
}

static void answer(void)
{
	loop_until(n_got == 1);
	n_got = 0;
	assert_int_equal(ledger_in_flight(ledger), 0);
}

static int64_t issue_one(int terminal)
{
	struct issue_args args;

	fixture_issue_args(&args, terminal);
	ledger_issue(ledger, &args, got_issue, NULL);
	answer();
	assert_int_equal(got.issue.outcome, OUTCOME_OK);
	return got.issue.value_id;
}

static void test_enter(void **state)
{
	struct enter_args args = { .imsi = "440109999999999" };

	ledger_enter(ledger, &args, got_enter, NULL);
	answer();
	assert_int_equal(got.enter.outcome, OUTCOME_TERMINAL_UNKNOWN);
	args.enrol = true;
	strcpy(args.msisdn, "818000000001");
	ledger_enter(ledger, &args, got_enter, NULL);
	answer();
	assert_int_equal(got.enter.outcome, OUTCOME_OK);
	assert_true(got.enter.enrolled_now);
	assert_string_equal(got.enter.address, "818000000001");
	args.enrol = false;
	args.msisdn[0] = '\0';
	ledger_enter(ledger, &args, got_enter, NULL);
	answer();
	assert_int_equal(got.enter.outcome, OUTCOME_OK);
	assert_false(got.enter.enrolled_now);
	assert_false(got.enter.has_unseen);
}

static void test_issue_and_repeat(void **state)
{
	struct issue_args args;
	int64_t value_id;

	fixture_issue_args(&args, 0);
	ledger_issue(ledger, &args, got_issue, NULL);
	assert_int_equal(n_got, 0); /* never inline */
	answer();
	assert_int_equal(got.issue.outcome, OUTCOME_OK);
	assert_false(got.issue.repeated);
	value_id = got.issue.value_id;
	assert_int_equal(value_id_home(value_id), fixture_terminal[0] & 63);
	assert_int_equal(got.issue.amount_minor, FIXTURE_AMOUNT);
	assert_string_equal(got.issue.currency, "JPY");
	assert_int_equal(got.issue.balance_minor, FIXTURE_BALANCE - FIXTURE_AMOUNT);
	assert_in_range(got.issue.at, time(NULL) - 60, time(NULL) + 60);
	assert_in_range(got.issue.expires_at - got.issue.at, 364 * 86400, 366 * 86400);
	ledger_issue(ledger, &args, got_issue, NULL);
	answer();
	assert_int_equal(got.issue.outcome, OUTCOME_OK);
	assert_true(got.issue.repeated);
	assert_int_equal(got.issue.value_id, value_id);
	args.amount_minor = 1000;
	ledger_issue(ledger, &args, got_issue, NULL);
	answer();
	assert_int_equal(got.issue.outcome, OUTCOME_REQUEST_CONFLICT);
	fixture_issue_args(&args, 0);
	args.guard_s = 300;
	ledger_issue(ledger, &args, got_issue, NULL);
	answer();
	assert_int_equal(got.issue.outcome, OUTCOME_REPEAT_SUSPECTED);
	assert_int_equal(got.issue.value_id, value_id);
	fixture_issue_args(&args, 0);
	args.amount_minor = 501;
	ledger_issue(ledger, &args, got_issue, NULL);
	answer();
	assert_int_equal(got.issue.outcome, OUTCOME_AMOUNT_NOT_ALLOWED);
}

static long set_fee(int fee_minor)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
		 "SELECT outcome FROM tegata.operator_product_set('basic', NULL, NULL, NULL, NULL,"
		 " NULL, NULL, %d, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'test')",
		 fee_minor);
	return private_pg_number(sql);
}

/* The list of products is up to a minute old: what it says is not charged unseen. */
static void test_price_changed(void **state)
{
	struct issue_args args;
	const struct product *p;
	size_t n;

	assert_int_equal(set_fee(7), 0);
	p = ledger_products(ledger, &n);
	assert_int_equal(product_fee(p, FIXTURE_AMOUNT), 0);
	fixture_issue_args(&args, 3);
	args.fee_minor = 0;
	ledger_issue(ledger, &args, got_issue, NULL);
	answer();
	assert_int_equal(got.issue.outcome, OUTCOME_PRICE_CHANGED);
	assert_int_equal(got.issue.fee_minor, 7);
	assert_int_equal(got.issue.value_id, 0);
	/* And the list is read again now, not within a minute. */
	loop_until((p = ledger_products(ledger, &n), product_fee(p, FIXTURE_AMOUNT) == 7));
	args.fee_minor = 7;
	ledger_issue(ledger, &args, got_issue, NULL);
	answer();
	assert_int_equal(got.issue.outcome, OUTCOME_OK);
	assert_int_equal(got.issue.fee_minor, 7);
	assert_int_equal(set_fee(0), 0);
}

/* Twice in one batch: the lane keeps them apart, so that the second is told the first's answer. */
static void test_same_request_twice_at_once(void **state)
{
	struct issue_args args;

	fixture_issue_args(&args, 1);
	ledger_issue(ledger, &args, got_issue, NULL);
	ledger_issue(ledger, &args, got_issue, NULL);
	loop_until(n_got == 2);
	n_got = 0;
	assert_int_equal(got.issue.outcome, OUTCOME_OK);
	assert_true(got.issue.repeated);
}

static struct check_asker asker_terminal(int terminal)
{
	return (struct check_asker){ .terminal_id = fixture_terminal[terminal], .scope = "check" };
}

static void test_transfer_and_check(void **state)
{
	int64_t value_id = issue_one(2);
	struct transfer_args args = {
		.terminal_id = fixture_terminal[2],
		.value_id = value_id,
		.transferee = FIXTURE_SHOP,
		.reference = "order 1",
		.link = "test",
	};
	struct check_asker asker = asker_terminal(2);
	int64_t ids[3] = { value_id + 1, value_id, 1 };
	struct request_id id;

	assert_int_equal(request_id_mint(&id), 0);
	ledger_check(ledger, &asker, ids, 3, &id, got_check, NULL);
	answer();
	assert_int_equal(got.check.outcome, OUTCOME_OK);
	assert_int_equal(got.check.n_items, 3);
	assert_false(got_items[0].owner);
	assert_true(got_items[1].owner);
	assert_true(got_items[1].spendable);
	assert_int_equal(got_items[1].amount_minor, FIXTURE_AMOUNT);
	assert_int_equal(got_items[1].state, VALUE_STATE_ACTIVE);
	assert_false(got_items[2].owner);

	ledger_quote(ledger, &args, got_quote, NULL);
	answer();
	assert_int_equal(got.quote.outcome, OUTCOME_OK);
	assert_int_equal(got.quote.transferee_kind, TERMINAL_SERVER);
	assert_string_equal(got.quote.transferee_name, "Shop");
	args.transferee_id = got.quote.transferee_id;

	assert_int_equal(request_id_mint(&args.request_id), 0);
	ledger_transfer(ledger, &args, got_transfer, NULL);
	answer();
	assert_int_equal(got.transfer.outcome, OUTCOME_OK);
	assert_int_equal(got.transfer.value_id, value_id);
	assert_string_equal(got.transfer.transferee, FIXTURE_SHOP);
	ledger_transfer(ledger, &args, got_transfer, NULL);
	answer();
	assert_int_equal(got.transfer.outcome, OUTCOME_OK);
	assert_true(got.transfer.repeated);

	ledger_history(ledger, fixture_terminal[2], 1, got_history, NULL);
	answer();
	assert_int_equal(got.history.n_items, 1);
	assert_int_equal(got.history.items[0].operation, OPERATION_TRANSFER);
	assert_string_equal(got.history.items[0].peer, FIXTURE_SHOP);
	assert_string_equal(got.history.items[0].peer_name, "Shop");

	asker = (struct check_asker){ .scope = "check" };
	memset(asker.key_digest, 0xaa, sizeof(asker.key_digest));
	ledger_check(ledger, &asker, &value_id, 1, &id, got_check, NULL);
	answer();
	assert_int_equal(got.check.outcome, OUTCOME_OK);
	assert_string_equal(got.check.shop_code, FIXTURE_SHOP);
	assert_true(got_items[0].owner);
	asker.scope = "convert";
	ledger_check(ledger, &asker, &value_id, 1, &id, got_check, NULL);
	answer();
	assert_int_equal(got.check.outcome, OUTCOME_FORBIDDEN);
	asker.key_digest[0]++;
	ledger_check(ledger, &asker, &value_id, 1, &id, got_check, NULL);
	answer();
	assert_int_equal(got.check.outcome, OUTCOME_UNAUTHENTICATED);
	assert_int_equal(got.check.n_items, 0);
}

static void check_count(void *data, const struct check_result *result)
{
	int *terminal = data;
	size_t i;

	assert_int_equal(result->outcome, OUTCOME_OK);
	for (i = 0; i < result->n_items; i++)
		assert_int_equal(result->items[i].owner, (int)(i % 3) == *terminal % 3);
	n_got++;
}

/* Several askers of several items in one batch: each is told of its own items. */
static void test_checks_of_many_askers(void **state)
{
	static int who[3] = { 3, 4, 5 };
	int64_t ids[12];
	struct request_id id;
	unsigned int round;
	int i;

	for (i = 0; i < 12; i++)
		ids[i] = issue_one(3 + i % 3);
	assert_int_equal(request_id_mint(&id), 0);
	for (round = 0; round < 50; round++) {
		for (i = 0; i < 3; i++) {
			struct check_asker asker = asker_terminal(who[i]);

			ledger_check(ledger, &asker, ids, 1 + (round + i) % 12, &id, check_count,
				     &who[i]);
		}
	}
	loop_until(n_got == 150);
	n_got = 0;
}

static void test_list_in_pages(void **state)
{
	int64_t last = INT64_MAX;
	size_t seen = 0, i;

	for (i = 0; i < 7; i++)
		issue_one(6);
	got.list.more = true;
	for (last = 0; got.list.more; last = got.list.items[got.list.n_items - 1].value_id) {
		ledger_list(ledger, fixture_terminal[6], last, 3, got_list, NULL);
		answer();
		assert_int_equal(got.list.outcome, OUTCOME_OK);
		assert_int_equal(got.list.n_items, seen == 6 ? 1 : 3);
		for (i = 0; i < got.list.n_items; i++) {
			if (last)
				assert_true(got.list.items[i].value_id < last);
			assert_int_equal(got.list.items[i].amount_minor, FIXTURE_AMOUNT);
		}
		seen += got.list.n_items;
	}
	assert_int_equal(seen, 7);
	ledger_list(ledger, fixture_terminal[7], 0, 20, got_list, NULL);
	answer();
	assert_int_equal(got.list.outcome, OUTCOME_OK);
	assert_int_equal(got.list.n_items, 0);
	ledger_list(ledger, 12345, 0, 20, got_list, NULL);
	answer();
	assert_int_equal(got.list.outcome, OUTCOME_TERMINAL_UNKNOWN);
}

static void test_balance_history_seen(void **state)
{
	struct enter_args enter = { .imsi = "440100000000008" };
	struct request_id id;
	int64_t value_id;

	issue_one(8);
	value_id = issue_one(8);
	ledger_balance(ledger, fixture_terminal[8], got_balance, NULL);
	answer();
	assert_int_equal(got.balance.n_items, 1);
	assert_string_equal(got.balance.items[0].currency, "JPY");
	assert_false(got.balance.items[0].postpaid);
	assert_int_equal(got.balance.items[0].balance_minor, FIXTURE_BALANCE - 2 * FIXTURE_AMOUNT);
	assert_int_equal(got.balance.items[0].held_minor, 2 * FIXTURE_AMOUNT);
	assert_int_equal(got.balance.items[0].held_count, 2);
	ledger_history(ledger, fixture_terminal[8], 20, got_history, NULL);
	answer();
	assert_int_equal(got.history.n_items, 2);
	assert_int_equal(got.history.items[0].operation, OPERATION_ISSUE);
	assert_true(memcmp(&got.history.items[0].request_id, &got.history.items[1].request_id,
			   sizeof(id)) > 0);
	id = got.history.items[0].request_id;
	assert_int_equal(got.history.items[0].value_id, value_id);
	assert_int_equal(got.history.items[0].outcome, OUTCOME_OK);
	assert_in_range(got.history.items[0].at, time(NULL) - 60, time(NULL) + 60);
	assert_string_equal(got.history.items[0].currency, "JPY");
	assert_string_equal(got.history.items[0].peer, "");
	ledger_enter(ledger, &enter, got_enter, NULL);
	answer();
	assert_true(got.enter.has_unseen);
	assert_int_equal(got.enter.n_unseen, 2);
	assert_memory_equal(&got.enter.unseen.request_id, &id, sizeof(id));
	assert_int_equal(got.enter.unseen.amount_minor, FIXTURE_AMOUNT);
	assert_int_equal(got.enter.unseen.value_id, value_id);
	ledger_seen(ledger, "001010000000009", fixture_terminal[8], &id);
	assert_int_equal(ledger_in_flight(ledger), 1);
	loop_until(ledger_in_flight(ledger) == 0);
	ledger_enter(ledger, &enter, got_enter, NULL);
	answer();
	assert_false(got.enter.has_unseen);
}

static void count_outcome(void *data, const struct issue_result *result)
{
	unsigned int *counts = data;

	counts[result->outcome]++;
	n_got++;
}

/* What the database refuses as data costs only who sent it its answer. */
static void test_poison_fails_alone(void **state)
{
	unsigned int counts[256] = { 0 };
	struct issue_args args;
	int i;

	for (i = 0; i < 60; i++) {
		fixture_issue_args(&args, 9);
		if (i == 41)
			strcpy(args.link, "\xff\xfe"); /* not UTF-8 */
		ledger_issue(ledger, &args, count_outcome, counts);
	}
	loop_until(n_got == 60);
	n_got = 0;
	assert_int_equal(counts[OUTCOME_OK], 59);
	assert_int_equal(counts[OUTCOME_INTERNAL], 1);
}

/* A row that somebody's psql holds delays who needs it, and nobody else. */
static void test_locked_row_holds_up_only_its_own(void **state)
{
	unsigned int held[256] = { 0 }, others[256] = { 0 };
	struct issue_args args;
	char script[512];
	pid_t psql;
	int i;

	snprintf(script, sizeof(script),
		 "q -c \"BEGIN; SELECT FROM tegata.account WHERE terminal_id = %lld FOR UPDATE;"
		 " SELECT pg_sleep(1); COMMIT\" >/dev/null",
		 (long long)fixture_terminal[10]);
	psql = private_pg_begin(script);
	while (private_pg_number("SELECT count(*) FROM pg_stat_activity WHERE query LIKE"
				 " '%pg_sleep%' AND pid <> pg_backend_pid()"
				 " AND wait_event = 'PgSleep'") == 0)
		;
	fixture_issue_args(&args, 10);
	ledger_issue(ledger, &args, count_outcome, held);
	for (i = 11; i < 64; i++) {
		fixture_issue_args(&args, i);
		ledger_issue(ledger, &args, count_outcome, others);
	}
	loop_until(others[OUTCOME_OK] == 53);
	assert_int_equal(held[OUTCOME_OK], 0);
	loop_until(held[OUTCOME_OK] == 1);
	n_got = 0;
	assert_int_equal(private_pg_end(psql), 0);
}

static void test_maintenance(void **state)
{
	struct issue_args args;

	private_pg_run("q -c \"SELECT tegata.operator_maintenance(true, 'test')\" >/dev/null");
	loop_until(ledger_maintenance(ledger));
	assert_true(ledger_ready(ledger));
	fixture_issue_args(&args, 0);
	ledger_issue(ledger, &args, got_issue, NULL);
	answer();
	assert_int_equal(got.issue.outcome, OUTCOME_MAINTENANCE);
	private_pg_run("q -c \"SELECT tegata.operator_maintenance(false, 'test')\" >/dev/null");
	loop_until(!ledger_maintenance(ledger));
}

static void test_audit_is_clean(void **state)
{
	assert_int_equal(private_pg_number("SELECT count(*) FROM audit.violations"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enter),
		cmocka_unit_test(test_issue_and_repeat),
		cmocka_unit_test(test_price_changed),
		cmocka_unit_test(test_same_request_twice_at_once),
		cmocka_unit_test(test_transfer_and_check),
		cmocka_unit_test(test_checks_of_many_askers),
		cmocka_unit_test(test_list_in_pages),
		cmocka_unit_test(test_balance_history_seen),
		cmocka_unit_test(test_poison_fails_alone),
		cmocka_unit_test(test_locked_row_holds_up_only_its_own),
		cmocka_unit_test(test_maintenance),
		cmocka_unit_test(test_audit_is_clean),
	};

	osmo_init_logging2(NULL, &tegata_log_info);
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
