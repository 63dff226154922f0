/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a ledger knows of a real database: products, leases, whether its schema fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <osmocom/core/application.h>

#include "tests/unit/manager/ledger_fixture.h"

static void test_products(void **state)
{
	size_t n = 0;
	const struct product *p;

	loop_until((p = ledger_products(ledger, &n), n == 1));
	assert_string_equal(p->code, "basic");
	assert_string_equal(p->name, "Basic");
	assert_string_equal(p->currency, "JPY");
	assert_int_equal(p->n_amounts, 2);
	assert_int_equal(p->amounts_minor[0], 500);
	assert_int_equal(p->amounts_minor[1], 1000);
	assert_int_equal(p->min_minor, 100);
	assert_int_equal(p->max_minor, 10000);
	assert_int_equal(p->step_minor, 100);
}

static void test_fee(void **state)
{
	struct product p = { .fee_fixed_minor = 10, .fee_permille = 15 };

	assert_int_equal(product_fee(&p, 1000), 25);
	assert_int_equal(product_fee(&p, 1001), 26); /* up, in the carrier's favour, once */
	assert_int_equal(product_fee(&p, 0), 10);
}

static void lease_got(void *data, bool held)
{
	*(int *)data = held;
}

static int lease(struct ledger *l)
{
	int held = -1;

	ledger_lease(l, "euse:test", 20000, lease_got, &held);
	loop_until(held >= 0);
	return held;
}

static void test_lease(void **state)
{
	struct ledger *other = fixture_ledger_new();

	assert_int_equal(ledger_start(other), 0);
	assert_true(lease(ledger));
	assert_true(lease(ledger));
	assert_false(lease(other));
	ledger_lease_release(ledger, "euse:test");
	loop_until(ledger_in_flight(ledger) == 0);
	assert_true(lease(other));
	assert_false(lease(ledger));
	assert_string_not_equal(ledger_instance(ledger), ledger_instance(other));
	talloc_free(other);
}

static void test_schema_too_old(void **state)
{
	private_pg_run("q -c 'UPDATE tegata.patch SET number = -number WHERE number > 1'");
	loop_until(!ledger_ready(ledger));
	private_pg_run("q -c 'UPDATE tegata.patch SET number = -number WHERE number < 0'");
	loop_until(ledger_ready(ledger));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_products),
		cmocka_unit_test(test_fee),
		cmocka_unit_test(test_lease),
		cmocka_unit_test(test_schema_too_old),
	};

	osmo_init_logging2(NULL, &tegata_log_info);
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
