/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts that are written here are sent at once, in half of the room where others wait, and once. */
#include "tests/unit/manager/outbox_fixture.h"

static const struct outbox_message two[] = {
	{ .message_id = 1, .address = "819012345671", .attempts = 1, .text = "one" },
	{ .message_id = 2, .address = "819012345672", .attempts = 1, .text = "two" },
};

static struct outbox_place reserved(void)
{
	struct outbox_place place;

	outbox_reserve(ob, &place);
	return place;
}

static void written(const struct outbox_place *place, const struct outbox_message *leased,
		    bool before)
{
	struct sms_put_result result = {
		.message_id = 7, .leased = leased, .leased_before = before, .repeated = before
	};

	outbox_written(ob, place, &result);
}

static void what_is_written_here_is_sent_without_a_look(void **state)
{
	struct outbox_place place;

	outbox_settings(ob)->interval_ms = 10000;
	give(NULL, 0, -1);
	place = reserved();
	assert_in_range(place.lease_ms, 1000, 30000);
	written(&place, &hello, false);
	assert_int_equal(n_texts, 1);
	assert_string_equal(texts[0].text, "hello");
	sent(0, SMS_SENT_OK, "id1");
	assert_int_equal(results[0].args.end, OUTBOX_SENT);
	record(0, OUTCOME_OK);
	assert_int_equal(outbox_in_flight(ob), 0);
	assert_int_equal(take.n, 1);
}

static void half_of_the_room_is_for_who_waits(void **state)
{
	outbox_settings(ob)->interval_ms = 10000;
	has_room = 2;
	outbox_poke(ob);
	give(NULL, 0, -1);
	loop_until(take.n == 2);
	give(two, 2, -1); /* there may be more */
	assert_int_not_equal(reserved().lease_ms, 0);
	assert_int_equal(reserved().lease_ms, 0);
	loop_until(take.n == 3);
	assert_int_equal(take.max, 1);
	give(NULL, 0, -1);
	assert_int_not_equal(reserved().lease_ms, 0);
	assert_int_equal(reserved().lease_ms, 0);
}

static void no_more_than_there_is_room_for(void **state)
{
	struct outbox_place first, second;

	outbox_settings(ob)->interval_ms = 10000;
	give(NULL, 0, -1);
	has_room = 1;
	first = reserved();
	second = reserved();
	assert_int_not_equal(first.lease_ms, 0);
	assert_int_equal(second.lease_ms, 0);
	written(&second, NULL, false); /* waits: somebody must look */
	loop_run_ms(100);
	assert_int_equal(take.n, 1); /* for which there is no room */
	has_room = 2;
	outbox_room(ob);
	loop_until(take.n == 2);
	assert_int_equal(take.max, 1);
	give(NULL, 0, -1);
	written(&first, NULL, false); /* it was refused a lease, or not written at all */
	loop_until(take.n == 3);
	assert_int_equal(take.max, 2);
}

/* The answer to the first attempt was lost, or told to another delivery of the same text. */
static void what_is_under_way_is_not_sent_again(void **state)
{
	struct outbox_place place;

	give(NULL, 0, -1);
	place = reserved();
	written(&place, &hello, true);
	assert_int_equal(n_texts, 1);
	place = reserved();
	written(&place, &hello, true);
	assert_int_equal(n_texts, 1);
}

static void a_lease_that_may_be_over_is_let_go(void **state)
{
	struct outbox_place place;

	give(NULL, 0, -1);
	place = reserved();
	place.since_us -= place.lease_ms * INT64_C(600);
	written(&place, &hello, false);
	assert_int_equal(n_texts, 0);
	assert_int_equal(reserved().lease_ms, place.lease_ms);
}

static void brief_leases_go_on_too(void **state)
{
	struct outbox_place place;

	outbox_settings(ob)->lease_s = 2;
	give(NULL, 0, -1);
	place = reserved();
	written(&place, &hello, false);
	loop_until(n_renewed == 1);
}

static void draining_promises_nothing(void **state)
{
	struct outbox_place place;

	give(NULL, 0, -1);
	place = reserved();
	outbox_drain(ob);
	assert_int_equal(reserved().lease_ms, 0);
	written(&place, &hello, false);
	assert_int_equal(n_texts, 0);
	assert_int_equal(results[0].args.end, OUTBOX_RETURNED);
	record(0, OUTCOME_OK);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(what_is_written_here_is_sent_without_a_look),
		T(half_of_the_room_is_for_who_waits),
		T(no_more_than_there_is_room_for),
		T(what_is_under_way_is_not_sent_again),
		T(a_lease_that_may_be_over_is_let_go),
		T(brief_leases_go_on_too),
		T(draining_promises_nothing),
	};
	int rc;

	ctx = talloc_named_const(NULL, 0, "test");
	osmo_init_logging2(NULL, &tegata_log_info);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	talloc_free(ctx);
	return rc;
}
