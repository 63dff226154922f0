/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When PDUs that were queued one by one leave together. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>
#include <osmocom/core/select.h>

#include "lib/smpp_hold.h"
#include "tests/lib/loop.h"

static int n_over;

static void on_over(void *data)
{
	n_over++;
	smpp_hold_left(data);
}

static int start(void **state)
{
	static struct smpp_hold h;

	n_over = 0;
	smpp_hold_init(&h, on_over, &h);
	*state = &h;
	return 0;
}

static int end(void **state)
{
	smpp_hold_end(*state);
	return 0;
}

/* Until the other side is counted. */
static void respond_until_counting(struct smpp_hold *h)
{
	while (smpp_hold_response(h))
		smpp_hold_left(h);
}

static void a_lone_request_never_waits(void **state)
{
	struct smpp_hold *h = *state;
	int i;

	for (i = 0; i < 100; i++) {
		assert_true(smpp_hold_request(h, 0));
		smpp_hold_left(h);
	}
	assert_int_equal(n_over, 0);
}

static void a_window_leaves_by_halves(void **state)
{
	struct smpp_hold *h = *state;
	int i;

	for (i = 1; i < 25; i++)
		assert_false(smpp_hold_request(h, 50 - i));
	assert_true(smpp_hold_request(h, 25));
}

static void nothing_is_held_for_ever(void **state)
{
	struct smpp_hold *h = *state;

	assert_false(smpp_hold_request(h, 10));
	loop_until(n_over == 1);
	assert_false(smpp_hold_request(h, 10));
	loop_until(n_over == 2);
	smpp_hold_wait(h);
	loop_until(n_over == 3);
}

static void half_of_what_is_kept_under_way(void **state)
{
	struct smpp_hold *h = *state;
	int i;

	respond_until_counting(h);
	for (i = 1; i < 50; i++)
		assert_false(smpp_hold_response(h));
	loop_until(n_over == 1);
	for (i = 1; i < 25; i++)
		assert_false(smpp_hold_response(h));
	assert_true(smpp_hold_response(h));
	smpp_hold_left(h);

	/* It keeps fewer under way now: it is waited for once. */
	for (i = 0; i < 4; i++)
		assert_false(smpp_hold_response(h));
	loop_until(n_over == 2);
	for (i = 1; i < 4; i++)
		assert_false(smpp_hold_response(h));
	assert_true(smpp_hold_response(h));
}

static void whoever_waits_for_each_gets_each(void **state)
{
	struct smpp_hold *h = *state;
	int i;

	respond_until_counting(h);
	loop_until(n_over == 1);
	for (i = 0; i < 60; i++) {
		assert_true(smpp_hold_response(h));
		smpp_hold_left(h);
	}
	assert_int_equal(n_over, 1);
}

/* What is counted while something else leaves means nothing. */
static void counting_is_given_up(void **state)
{
	struct smpp_hold *h = *state;

	respond_until_counting(h);
	smpp_hold_left(h);
	assert_true(smpp_hold_response(h));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_lone_request_never_waits, start, end),
		cmocka_unit_test_setup_teardown(a_window_leaves_by_halves, start, end),
		cmocka_unit_test_setup_teardown(nothing_is_held_for_ever, start, end),
		cmocka_unit_test_setup_teardown(half_of_what_is_kept_under_way, start, end),
		cmocka_unit_test_setup_teardown(whoever_waits_for_each_gets_each, start, end),
		cmocka_unit_test_setup_teardown(counting_is_given_up, start, end),
	};

	osmo_select_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
