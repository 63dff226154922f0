/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When libmicrohttpd has its turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <microhttpd.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/mhd_loop.h"
#include "tests/lib/loop.h"

static void *root;
static struct MHD_Daemon *mhd;
static struct mhd_loop *loop;
static int n_turns;

static bool turned(void *data)
{
	n_turns++;
	return false;
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload_data,
			      size_t *upload_data_size, void **req_cls)
{
	return MHD_NO;
}

static int each_setup(void **state)
{
	mhd = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME,
			       0, NULL, NULL, answer, NULL, MHD_OPTION_END);
	assert_non_null(mhd);
	loop = mhd_loop_start(root, mhd);
	assert_non_null(loop);
	mhd_loop_set_turned(loop, turned, NULL);
	loop_turns(3);
	n_turns = 0;
	return 0;
}

static int each_teardown(void **state)
{
	mhd_loop_stop(loop);
	return 0;
}

static void a_turn_for_each_kick_that_had_none(void **state)
{
	int i;

	for (i = 1; i <= 5; i++) {
		mhd_loop_kick(loop);
		loop_turns(1);
		assert_int_equal(n_turns, i);
	}
}

static void many_kicks_are_one_turn(void **state)
{
	int i;

	for (i = 0; i < 100; i++)
		mhd_loop_kick(loop);
	loop_turns(3);
	assert_int_equal(n_turns, 1);
}

static void who_runs_it_himself_has_had_the_turn(void **state)
{
	mhd_loop_kick(loop);
	mhd_loop_run(loop);
	assert_int_equal(n_turns, 1);
	loop_turns(3);
	assert_int_equal(n_turns, 1);
	mhd_loop_kick(loop);
	loop_turns(1);
	assert_int_equal(n_turns, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_turn_for_each_kick_that_had_none, each_setup,
						each_teardown),
		cmocka_unit_test_setup_teardown(many_kicks_are_one_turn, each_setup, each_teardown),
		cmocka_unit_test_setup_teardown(who_runs_it_himself_has_had_the_turn, each_setup,
						each_teardown),
	};
	int failed;

	root = talloc_named_const(NULL, 0, "test");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	talloc_free(root);
	return failed;
}
