/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* A ledger on a private database with terminals, a product and a shop; once in a program. */
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/ledger.h"
#include "manager/ledger_priv.h"
#include "tests/lib/loop.h"
#include "tests/unit/manager/private_pg.h"

#define FIXTURE_TERMINALS 64
#define FIXTURE_BALANCE 100000000
#define FIXTURE_SHOP "70001"
#define FIXTURE_AMOUNT 500

static struct ledger *ledger;
static int64_t fixture_terminal[FIXTURE_TERMINALS];

/* Numbers 81900000000 and on, IMSIs 440100000000000 and on. */
static inline int fixture_database(void)
{
	static const char script[] =
		"q >/dev/null <<'SQL'\n"
		"SELECT 1 / (outcome = 0)::int FROM tegata.operator_product_set('basic', 'Basic', "
		"'JPY',"
		" '{500,1000}', 100, 10000, 100, 0, 0, 365, NULL, NULL, NULL, NULL, true, 1, "
		"'test');\n"
		"SELECT 1 / min((outcome = 0)::int) FROM tegata.operator_terminal_import("
		" (SELECT array_agg((81900000000 + i)::text ORDER BY i) FROM generate_series(0, "
		"63) i),"
		" (SELECT array_agg((440100000000000 + i)::text ORDER BY i) FROM "
		"generate_series(0, 63) i),"
		" array_fill('prepaid'::text, '{64}'), array_fill(0::bigint, '{64}'),"
		" array_fill('en'::text, '{64}'), array_fill('JPY'::text, '{64}'), 'test');\n"
		"SELECT 1 / min((outcome = 0)::int) FROM tegata.operator_top_up("
		" (SELECT array_agg((81900000000 + i)::text ORDER BY i) FROM generate_series(0, "
		"63) i),"
		" array_fill('JPY'::text, '{64}'), array_fill(100000000::bigint, '{64}'),"
		" (SELECT array_agg('ref' || i ORDER BY i) FROM generate_series(0, 63) i), "
		"'test');\n"
		"SELECT 1 / (outcome = 0)::int FROM tegata.operator_shop_add('70001', 'Shop', 0, "
		"0, 'test');\n"
		"SELECT 1 / (outcome = 0)::int FROM tegata.operator_shop_key_add('70001',"
		" decode(repeat('aa', 32), 'hex'), 'k', false, '{check}', NULL, 'test');\n"
		"SQL\n";

	if (private_pg_start() < 0)
		return -1;
	return private_pg_end(private_pg_begin(script)) == 0 ? 0 : -1;
}

static inline struct ledger *fixture_ledger_new(void)
{
	struct ledger *l = ledger_new(NULL);

	osmo_talloc_replace_string(l, &l->config.db.address, private_pg_address);
	return l;
}

static inline void fixture_entered(void *data, const struct enter_result *result)
{
	int64_t *id = data;

	assert_int_equal(result->outcome, OUTCOME_OK);
	*id = result->terminal_id;
}

static inline void fixture_ledger_start(void)
{
	int i;

	ledger = fixture_ledger_new();
	assert_int_equal(ledger_start(ledger), 0);
	loop_until(ledger_ready(ledger));
	memset(fixture_terminal, 0, sizeof(fixture_terminal));
	for (i = 0; i < FIXTURE_TERMINALS; i++) {
		struct enter_args args = { 0 };

		snprintf(args.imsi, sizeof(args.imsi), "4401000000000%02u", i % 100u);
		ledger_enter(ledger, &args, fixture_entered, &fixture_terminal[i]);
	}
	loop_until(ledger_in_flight(ledger) == 0);
}

static inline void fixture_issue_args(struct issue_args *args, int terminal)
{
	*args = (struct issue_args){
		.terminal_id = fixture_terminal[terminal],
		.product = "basic",
		.amount_minor = FIXTURE_AMOUNT,
		.fee_minor = -1,
		.link = "test",
	};
	assert_int_equal(request_id_mint(&args->request_id), 0);
}

/* Of the whole group. */
static inline int fixture_setup(void **state)
{
	if (fixture_database() < 0)
		return -1;
	fixture_ledger_start();
	return 0;
}

static inline int fixture_teardown(void **state)
{
	talloc_free(ledger);
	private_pg_stop();
	return 0;
}
