/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/euse_lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/manager/exchange_fakes.h"

#define TTL_MS 300

struct holder {
	struct ledger db;
	struct euse_lease *l;
	int n_taken, n_lost;
};

struct fixture {
	struct holder a, b;
};

static void changed(void *data, bool held)
{
	struct holder *h = data;

	if (held)
		h->n_taken++;
	else
		h->n_lost++;
	assert_int_equal(held, euse_lease_is_held(h->l));
}

static void start(struct fixture *f, struct holder *h)
{
	h->l = euse_lease_new(f, &h->db, "carrier", TTL_MS, changed, h);
	assert_false(euse_lease_is_held(h->l));
}

static void pass(int64_t ms)
{
	int64_t until = exchange_now_ms() + ms;

	loop_until(exchange_now_ms() >= until);
}

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	memset(&fake_lease, 0, sizeof(fake_lease));
	f->a.db.name = "a";
	f->b.db.name = "b";
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->a.l)
		euse_lease_free(f->a.l);
	if (f->b.l)
		euse_lease_free(f->b.l);
	loop_turns(5);
	talloc_free(f);
	return 0;
}

static void test_taken_and_renewed(void **state)
{
	struct fixture *f = *state;

	start(f, &f->a);
	assert_string_equal(euse_lease_resource(f->a.l), "euse:carrier");
	assert_int_equal(euse_lease_left_ms(f->a.l), 0);
	loop_until(f->a.n_taken == 1);
	assert_in_range(euse_lease_left_ms(f->a.l), 1, TTL_MS);
	pass(3 * TTL_MS);
	assert_true(euse_lease_is_held(f->a.l));
	assert_int_equal(f->a.n_taken, 1);
	assert_int_equal(f->a.n_lost, 0);
	assert_true(f->a.db.n_asked >= 5);
}

static void test_one_holder(void **state)
{
	struct fixture *f = *state;

	start(f, &f->a);
	loop_until(f->a.n_taken == 1);
	start(f, &f->b);
	pass(3 * TTL_MS);
	assert_int_equal(f->b.n_taken, 0);
	assert_true(f->b.db.n_asked >= 5);
	assert_int_equal(f->a.n_lost, 0);
}

static void test_standby_takes_over_from_the_dead(void **state)
{
	struct fixture *f = *state;
	int64_t died;

	start(f, &f->a);
	loop_until(f->a.n_taken == 1);
	start(f, &f->b);
	euse_lease_free(f->a.l);
	f->a.l = NULL;
	died = exchange_now_ms();
	loop_until(f->b.n_taken == 1);
	assert_true(exchange_now_ms() - died < 3 * TTL_MS);
	assert_int_equal(fake_lease.n_released, 0);
}

static void test_given_back(void **state)
{
	struct fixture *f = *state;

	start(f, &f->a);
	loop_until(f->a.n_taken == 1);
	euse_lease_stop(f->a.l, true);
	assert_false(euse_lease_is_held(f->a.l));
	assert_int_equal(fake_lease.n_released, 1);
	start(f, &f->b);
	loop_until(f->b.n_taken == 1);
	pass(2 * TTL_MS);
	/* Stopped is stopped: not asked for again, nobody told. */
	assert_int_equal(f->a.n_taken, 1);
	assert_int_equal(f->a.n_lost, 0);
	euse_lease_stop(f->a.l, true);
	assert_int_equal(fake_lease.n_released, 1);
}

static void test_database_goes_away(void **state)
{
	struct fixture *f = *state;
	int64_t left;

	start(f, &f->a);
	loop_until(f->a.n_taken == 1);
	f->a.db.away = true;
	left = exchange_now_ms() + euse_lease_left_ms(f->a.l);
	pass(TTL_MS / 2);
	/* Not renewed, but ours until it ends. */
	assert_true(euse_lease_is_held(f->a.l) || exchange_now_ms() >= left);
	loop_until(f->a.n_lost == 1);
	assert_int_equal(euse_lease_left_ms(f->a.l), 0);
	f->a.db.away = false;
	loop_until(f->a.n_taken == 2);
}

static void test_lost_before_the_database_gives_it_away(void **state)
{
	struct fixture *f = *state;

	start(f, &f->a);
	start(f, &f->b);
	loop_until(f->a.n_taken == 1);
	f->a.db.away = true;
	loop_until(f->b.n_taken == 1);
	assert_int_equal(f->a.n_lost, 1);
}

static void test_time_is_counted_from_the_question(void **state)
{
	struct fixture *f = *state;

	f->a.db.slow_ms = 100;
	start(f, &f->a);
	loop_until(f->a.n_taken == 1);
	assert_true(euse_lease_left_ms(f->a.l) <= TTL_MS - 100);
	/* What is granted and told too late is not held. */
	f->a.db.slow_ms = TTL_MS + 50;
	loop_until(f->a.n_lost == 1);
	pass(3 * TTL_MS);
	assert_int_equal(f->a.n_taken, 1);
}

static void test_queue_full(void **state)
{
	struct fixture *f = *state;

	f->a.db.full = true;
	start(f, &f->a);
	pass(TTL_MS);
	assert_int_equal(f->a.n_taken, 0);
	f->a.db.full = false;
	loop_until(f->a.n_taken == 1);
	f->a.db.full = true;
	loop_until(f->a.n_lost == 1);
}

/* An answer that could not be cancelled comes after the lease is gone. */
static void test_freed_while_an_answer_is_due(void **state)
{
	struct fixture *f = *state;

	f->a.db.full = true;
	start(f, &f->a);
	euse_lease_free(f->a.l);
	f->a.l = NULL;
	f->b.db.away = true;
	start(f, &f->b);
	euse_lease_free(f->b.l);
	f->b.l = NULL;
	pass(100);
	assert_int_equal(f->a.n_taken + f->a.n_lost + f->b.n_taken + f->b.n_lost, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_taken_and_renewed),
		T(test_one_holder),
		T(test_standby_takes_over_from_the_dead),
		T(test_given_back),
		T(test_database_goes_away),
		T(test_lost_before_the_database_gives_it_away),
		T(test_time_is_counted_from_the_question),
		T(test_queue_full),
		T(test_freed_while_an_answer_is_due),
	};

	fake_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
