/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How long a text is good, as the SMSC is told, and how long it may go. */
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

/* Behind a throttle, a window, or between its parts. */
static void held_back_too_long(void **state)
{
	struct world *w = world_new();

	w->config.window = 1;
	w->config.throttle_ms = 200;
	w->smsc.throttle_first = 1;
	esme_start(w);
	loop_until(exchange_smpp_is_bound(w->esme));
	assert_int_equal(send_text(w, "x"), 0);
	loop_until(w->smsc.n_submits == 1);
	w->held_too_long = true;
	loop_until(w->n_sent == 1);
	assert_int_equal(w->last_sent, SMS_SENT_NOT);
	loop_until(sms_route_room(w->route) == 1); /* the throttle is over */
	w->held_too_long = false;
	assert_int_equal(send_text(w, long_text(200)), 0);
	w->held_too_long = true; /* its first part is on its way */
	loop_until(w->n_sent == 2);
	assert_int_equal(w->last_sent, SMS_SENT_NOT);
	assert_int_equal(w->smsc.n_submits, 2);
	w->held_too_long = false;
	assert_int_equal(send_text(w, "x"), 0);
	loop_until(w->n_sent == 3);
	assert_int_equal(w->last_sent, SMS_SENT_OK);
	assert_int_equal(w->smsc.n_submits, 3);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_the_clock_of_the_record),
		cmocka_unit_test(within_bounds),
		cmocka_unit_test(held_back_too_long),
	};

	return cmocka_run_group_tests(tests, world_begin, world_end);
}
