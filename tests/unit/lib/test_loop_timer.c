/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Timers that no setting of the host's clock stops or hurries: also those of libosmocore's loop and
 * of its state machines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/fsm.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#define N 8

static struct osmo_timer_list timers[N];
static unsigned int order[64], n_ran;

static void ran(void *data)
{
	order[n_ran++ % ARRAY_SIZE(order)] = (struct osmo_timer_list *)data - timers;
}

static void again(void *data)
{
	ran(data);
	osmo_timer_schedule(data, 0, 0);
}

static void deletes_the_next(void *data)
{
	struct osmo_timer_list *timer = data;

	ran(data);
	osmo_timer_del(timer + 1);
}

static void sets_the_first(void *data)
{
	ran(data);
	osmo_timer_schedule(&timers[0], 0, 0);
}

static int setup(void **state)
{
	for (size_t i = 0; i < N; i++) {
		osmo_timer_del(&timers[i]);
		osmo_timer_setup(&timers[i], ran, &timers[i]);
	}
	n_ran = 0;
	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	return 0;
}

static void pass(int seconds, int microseconds)
{
	osmo_clock_override_add(CLOCK_MONOTONIC, seconds, microseconds * 1000L);
	osmo_timers_update();
}

static void test_in_the_order_of_time(void **state)
{
	osmo_timer_schedule(&timers[0], 3, 0);
	osmo_timer_schedule(&timers[1], 1, 500000);
	osmo_timer_schedule(&timers[2], 1, 500000);
	osmo_timer_schedule(&timers[3], 0, 1700000);
	osmo_timer_schedule(&timers[4], 0, 0);
	assert_int_equal(osmo_timers_check(), 5);
	pass(0, 0);
	assert_int_equal(n_ran, 1);
	pass(1, 499999);
	assert_int_equal(n_ran, 1);
	pass(0, 1);
	assert_int_equal(n_ran, 3);
	pass(10, 0);
	assert_int_equal(n_ran, 5);
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(order[i], ((unsigned int[]){ 4, 1, 2, 3, 0 })[i]);
	assert_int_equal(osmo_timers_check(), 0);
}

static void test_set_anew(void **state)
{
	osmo_timer_schedule(&timers[0], 1, 0);
	osmo_timer_schedule(&timers[0], 5, 0);
	assert_int_equal(osmo_timers_check(), 1);
	pass(4, 0);
	assert_int_equal(n_ran, 0);
	assert_true(osmo_timer_pending(&timers[0]));
	pass(1, 0);
	assert_int_equal(n_ran, 1);
	assert_false(osmo_timer_pending(&timers[0]));
}

static void test_what_they_do_to_each_other(void **state)
{
	osmo_timer_setup(&timers[0], again, &timers[0]);
	osmo_timer_setup(&timers[1], deletes_the_next, &timers[1]);
	osmo_timer_setup(&timers[3], sets_the_first, &timers[3]);
	for (int i = 0; i < 4; i++)
		osmo_timer_schedule(&timers[i], 1, 0);
	pass(1, 0);
	/* 0 is set again, twice, and waits for its next turn; 2 was deleted. */
	assert_int_equal(n_ran, 3);
	assert_int_equal(osmo_timers_check(), 1);
	pass(0, 0);
	assert_int_equal(n_ran, 4);
}

static void test_how_long(void **state)
{
	struct timeval left;

	osmo_timers_prepare();
	assert_null(osmo_timers_nearest());
	assert_int_equal(osmo_timers_nearest_ms(), -1);
	osmo_timer_schedule(&timers[0], 100000000, 0);
	osmo_timers_prepare();
	assert_int_equal(osmo_timers_nearest_ms(), INT32_MAX);
	osmo_timer_schedule(&timers[1], 2, 1);
	osmo_timers_prepare();
	assert_int_equal(osmo_timers_nearest_ms(), 2001);
	assert_int_equal(osmo_timer_remaining(&timers[1], NULL, &left), 0);
	assert_int_equal(left.tv_sec, 2);
	osmo_clock_override_add(CLOCK_MONOTONIC, 3, 0);
	osmo_timers_prepare();
	assert_int_equal(osmo_timers_nearest_ms(), 0);
	assert_int_equal(osmo_timer_remaining(&timers[1], NULL, &left), -1);
}

/* --- with the library's loop and state machines ------------------------------------- */

static const struct osmo_fsm_state states[] = {
	{ .name = "WAITING", .out_state_mask = 1 },
};
static unsigned int n_timed_out;

static int timed_out(struct osmo_fsm_inst *fi)
{
	n_timed_out++;
	return 0;
}

static struct osmo_fsm fsm = {
	.name = "test_loop_timer",
	.states = states,
	.num_states = ARRAY_SIZE(states),
	.timer_cb = timed_out,
	.log_subsys = DLGLOBAL,
};

/* The time of day stands still: the library's own timers would never run. */
static void test_the_library_uses_them(void **state)
{
	void *ctx = talloc_named_const(NULL, 0, "test");
	struct osmo_fsm_inst *fi;

	osmo_clock_override_enable(CLOCK_MONOTONIC, false);
	osmo_gettimeofday_override = true;
	osmo_timer_schedule(&timers[0], 0, 20000);
	while (n_ran == 0)
		osmo_select_main(0);
	assert_int_equal(osmo_fsm_register(&fsm), 0);
	fi = osmo_fsm_inst_alloc(&fsm, ctx, NULL, LOGL_DEBUG, NULL);
	osmo_fsm_inst_state_chg_ms(fi, 0, 20, 1);
	while (n_timed_out == 0)
		osmo_select_main(0);
	osmo_fsm_inst_free(fi);
	osmo_fsm_unregister(&fsm);
	osmo_gettimeofday_override = false;
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_in_the_order_of_time, setup),
		cmocka_unit_test_setup(test_set_anew, setup),
		cmocka_unit_test_setup(test_what_they_do_to_each_other, setup),
		cmocka_unit_test_setup(test_how_long, setup),
		cmocka_unit_test_setup(test_the_library_uses_them, setup),
	};

	osmo_init_logging2(NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
