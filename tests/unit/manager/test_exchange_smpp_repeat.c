/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The same words twice from an SMSC that does not tell texts apart: a redelivery as long as it may
 * be one, and then another text.  Time passes when a test says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <osmocom/core/timer.h>

#include "tests/unit/manager/smpp_world.h"

struct came {
	uint8_t identity[SMS_IDENTITY_SIZE];
	sms_received_cb done;
	void *done_data;
};

static void pass_ms(unsigned int ms)
{
	osmo_gettimeofday_override_add(ms / 1000, ms % 1000 * 1000);
	osmo_clock_override_add(CLOCK_MONOTONIC, ms / 1000, ms % 1000 * 1000000);
}

static struct world *world_up(void)
{
	struct world *w = world_new();

	esme_start(w);
	pass_ms(10);
	loop_until(exchange_smpp_is_bound(w->esme));
	return w;
}

/* So long that what was answered is settled, where nothing is amiss. */
static void pass_settling(void)
{
	pass_ms(6000);
	loop_turns(10);
	pass_ms(1000); /* what did not go at once */
	loop_turns(10);
}

/* It is there, and not answered. */
static struct came deliver_sm(struct world *w, struct smpp_sm sm)
{
	const int n = w->n_received;
	struct came c;

	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_received == n + 1);
	memcpy(c.identity, w->identity, sizeof(c.identity));
	c.done = w->done;
	c.done_data = w->done_data;
	return c;
}

static struct came deliver(struct world *w)
{
	return deliver_sm(w, sm_of("BALANCE", 7));
}

static void answer(struct world *w, const struct came *c, enum sms_verdict v)
{
	const int n = w->smsc.n_deliver_resps;

	c->done(c->done_data, v);
	loop_until(w->smsc.n_deliver_resps == n + 1);
}

static struct came deliver_and_take(struct world *w)
{
	struct came c = deliver(w);

	answer(w, &c, SMS_ACCEPTED);
	return c;
}

static bool same(const struct came *a, const struct came *b)
{
	return memcmp(a->identity, b->identity, SMS_IDENTITY_SIZE) == 0;
}

static void bind_again(struct world *w)
{
	smsc_cut(&w->smsc);
	loop_until(!exchange_smpp_is_bound(w->esme));
	pass_ms(1000);
	loop_until(exchange_smpp_is_bound(w->esme));
}

/* --- a redelivery ---------------------------------------------------------------------- */

static void the_bind_died_before_the_answer(void **state)
{
	struct world *w = world_up();
	struct came first = deliver(w), again;

	bind_again(w);
	first.done(first.done_data, SMS_ACCEPTED); /* nobody is told */
	pass_settling();
	again = deliver_and_take(w);
	assert_true(same(&first, &again));
	pass_settling(); /* this time it is known */
	again = deliver_and_take(w);
	assert_false(same(&first, &again));
	world_free(w);
}

static void the_bind_died_just_after_the_answer(void **state)
{
	struct world *w = world_up();
	struct came first = deliver_and_take(w), again;

	pass_ms(4000);
	bind_again(w);
	pass_settling();
	again = deliver_and_take(w);
	assert_true(same(&first, &again));
	world_free(w);
}

/* Time alone proves nothing: this one is under way while we ask. */
static void the_peer_has_said_nothing(void **state)
{
	struct world *w = world_up();
	struct came first = deliver_and_take(w), again;

	pass_ms(9000);
	again = deliver_and_take(w);
	assert_true(same(&first, &again));
	world_free(w);
}

static void twice_before_the_first_is_answered(void **state)
{
	struct world *w = world_up();
	struct came first = deliver(w), second = deliver(w), third;

	assert_true(same(&first, &second));
	answer(w, &second, SMS_ACCEPTED);
	pass_settling();
	third = deliver(w); /* the first is not answered yet */
	assert_true(same(&first, &third));
	answer(w, &first, SMS_ACCEPTED); /* too late for an SMSC that did not wait */
	answer(w, &third, SMS_ACCEPTED);
	pass_settling();
	third = deliver_and_take(w);
	assert_true(same(&first, &third));
	pass_settling();
	third = deliver_and_take(w);
	assert_false(same(&first, &third));
	world_free(w);
}

static void sooner_than_anybody_types(void **state)
{
	struct world *w = world_up();
	struct came first = deliver_and_take(w), again;

	pass_ms(3000);
	again = deliver_and_take(w);
	assert_true(same(&first, &again));
	pass_ms(3000); /* of the first it is known, of the second not */
	loop_turns(10);
	again = deliver_and_take(w);
	assert_true(same(&first, &again));
	world_free(w);
}

static void no_good_answer(void **state)
{
	struct world *w = world_up();
	struct came first = deliver(w), again;

	answer(w, &first, SMS_TRY_AGAIN);
	pass_settling();
	again = deliver(w);
	assert_true(same(&first, &again));
	answer(w, &again, SMS_REFUSED);
	pass_settling();
	again = deliver(w);
	assert_true(same(&first, &again));
	pass_ms(4000); /* the SMSC has given this one up */
	answer(w, &again, SMS_ACCEPTED);
	pass_settling();
	again = deliver_and_take(w);
	assert_true(same(&first, &again));
	world_free(w);
}

/* Where the SMSC tells texts apart nobody else does. */
static void by_reference(void **state)
{
	struct world *w = world_up();
	struct smpp_sm sm = sm_of("BALANCE", 7);
	struct came first, again;

	sm.has_reference = true;
	sm.user_reference = 7;
	first = deliver_sm(w, sm);
	answer(w, &first, SMS_ACCEPTED);
	pass_settling();
	again = deliver_sm(w, sm);
	answer(w, &again, SMS_ACCEPTED);
	assert_true(same(&first, &again));
	sm.user_reference = 8;
	again = deliver_sm(w, sm);
	answer(w, &again, SMS_ACCEPTED);
	assert_false(same(&first, &again));
	world_free(w);
}

static void the_manager_was_restarted(void **state)
{
	struct world *w = world_up();
	struct came first = deliver_and_take(w), again;

	pass_settling();
	world_free(w);
	w = world_up();
	again = deliver_and_take(w);
	assert_true(same(&first, &again));
	world_free(w);
}

/* --- another text ------------------------------------------------------------------------ */

static void a_wanted_repeat(void **state)
{
	struct world *w = world_up();
	struct came first = deliver_and_take(w), second, third, again;

	pass_settling();
	second = deliver_and_take(w);
	assert_false(same(&first, &second));
	again = deliver_and_take(w); /* delivered again in its turn */
	assert_true(same(&second, &again));
	pass_settling();
	third = deliver_and_take(w);
	assert_false(same(&first, &third));
	assert_false(same(&second, &third));
	world_free(w);
}

/* What was settled stays so. */
static void by_a_later_bind(void **state)
{
	struct world *w = world_up();
	struct came first = deliver_and_take(w), again;

	pass_settling();
	bind_again(w);
	again = deliver_and_take(w);
	assert_false(same(&first, &again));
	world_free(w);
}

/* Two binds to one SMSC: it delivers by either. */
static void by_another_link(void **state)
{
	struct world *w = world_up();
	struct came first = deliver_and_take(w), again, third;
	struct exchange_smpp *second =
		exchange_smpp_new(w, "smpp:second", &w->config, &plan, w->route);

	assert_non_null(second);
	pass_ms(1000);
	loop_until(exchange_smpp_is_bound(second));
	again = deliver_and_take(w); /* by the second */
	assert_true(same(&first, &again));
	pass_settling();
	third = deliver_and_take(w);
	assert_false(same(&first, &third));
	exchange_smpp_free(second); /* the answer of its last text may be lost */
	loop_turns(5);
	again = deliver_and_take(w); /* by the first */
	assert_true(same(&third, &again));
	world_free(w);
}

static int begin(void **state)
{
	struct timespec *now;

	/* libosmocore takes the time of its timers from one or the other, by its version. */
	osmo_gettimeofday(&osmo_gettimeofday_override_time, NULL);
	osmo_gettimeofday_override = true;
	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	now = osmo_clock_override_gettimespec(CLOCK_MONOTONIC);
	*now = (struct timespec){ .tv_sec = 1000 };
	return world_begin(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bind_died_before_the_answer),
		cmocka_unit_test(the_bind_died_just_after_the_answer),
		cmocka_unit_test(the_peer_has_said_nothing),
		cmocka_unit_test(twice_before_the_first_is_answered),
		cmocka_unit_test(sooner_than_anybody_types),
		cmocka_unit_test(no_good_answer),
		cmocka_unit_test(by_reference),
		cmocka_unit_test(the_manager_was_restarted),
		cmocka_unit_test(a_wanted_repeat),
		cmocka_unit_test(by_a_later_bind),
		cmocka_unit_test(by_another_link),
	};

	return cmocka_run_group_tests(tests, begin, world_end);
}
