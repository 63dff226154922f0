/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How long a text is good, as the SMSC is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/wall_clock.h"
#include "tests/unit/manager/smpp_world.h"

#define DAY_S 86400
/* The record's clock is not the host's: it is in 2033. */
#define NOW_S INT64_C(2000000000)

static const char *told(struct world *w, int64_t valid_until)
{
	const struct sms_out out = { .message_id = 1,
				     .msisdn = "819012345672",
				     .imsi = "",
				     .text = "x",
				     .valid_until = valid_until };
	int n = w->n_sent + 1;

	wall_clock_set(NOW_S * 1000000);
	assert_int_equal(sms_route_send(w->route, &out, on_sent, w), 0);
	loop_until(w->n_sent == n);
	return w->smsc.kept[n - 1].validity;
}

/* Days, hours and minutes; in the half minute that is on top the text has left. */
static void by_the_clock_of_the_record(void **state)
{
	struct world *w = world_bound();

	assert_memory_equal(told(w, NOW_S + 3600 + 30), "0000000100", 10);
	assert_memory_equal(told(w, NOW_S + 3 * DAY_S + 2 * 3600 + 90), "0000030201", 10);
	assert_int_equal(strlen(w->smsc.kept[0].validity), SMPP_TIME_SIZE - 1);
	assert_string_equal(w->smsc.kept[0].validity + 12, "000R"); /* relative */
	world_free(w);
}

static void within_bounds(void **state)
{
	struct world *w = world_bound();

	assert_string_equal(told(w, 0), ""); /* as long as the SMSC likes */
	assert_string_equal(told(w, NOW_S - DAY_S), "000000000100000R");
	assert_string_equal(told(w, NOW_S + 1), "000000000100000R");
	assert_string_equal(told(w, NOW_S + 400 * DAY_S), "000099000000000R");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_the_clock_of_the_record),
		cmocka_unit_test(within_bounds),
	};

	return cmocka_run_group_tests(tests, world_begin, world_end);
}
