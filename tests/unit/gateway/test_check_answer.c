/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/check_answer.h"
#include "lib/value_id.h"
#include "lib/value_state.h"

static int64_t value_id;

static int set_up(void **state)
{
	const char *digits = "07123456789012345674";

	return value_id_parse(&value_id, digits, strlen(digits));
}

static const struct link_check_item euro = {
	.owner = true,
	.spendable = true,
	.state = VALUE_STATE_ACTIVE,
	.currency = "EUR",
	.amount_minor = 500,
	.expires_at = 1800000000,
	.owner_since = 1750000000,
};

static void assert_single(const struct link_check_item *item, const char *expected)
{
	char *room = malloc(check_answer_size(1));
	struct json_writer w;
	int len;

	json_writer_init(&w, room, check_answer_size(1));
	check_answer_single(&w, value_id, item);
	len = json_writer_finish(&w);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(room, expected, len);
	free(room);
}

static void the_owner_is_told_everything(void **state)
{
	assert_single(&euro, "{\"owner\":true,\"spendable\":true,\"state\":\"active\",\"value\":{"
			     "\"value_id\":\"07123456789012345674\",\"amount\":\"5.00\","
			     "\"currency\":\"EUR\",\"expires_at\":\"2027-01-15T08:00:00Z\","
			     "\"owner_since\":\"2025-06-15T15:06:40Z\"}}");
}

static void nobody_else_is_told_anything(void **state)
{
	struct link_check_item item = euro;

	item.owner = false;
	assert_single(&item, "{\"owner\":false}");
}

static void no_expiry_and_no_decimals(void **state)
{
	struct link_check_item item = euro;

	item.expires_at = 0;
	item.spendable = false;
	item.state = VALUE_STATE_RESERVED;
	strcpy(item.currency, "JPY");
	assert_single(&item,
		      "{\"owner\":true,\"spendable\":false,\"state\":\"reserved\",\"value\":{"
		      "\"value_id\":\"07123456789012345674\",\"amount\":\"500\","
		      "\"currency\":\"JPY\",\"expires_at\":null,"
		      "\"owner_since\":\"2025-06-15T15:06:40Z\"}}");
}

static void the_largest_batch_fits(void **state)
{
	static struct link_check_item items[LINK_CHECK_ITEMS_MAX];
	static int64_t ids[LINK_CHECK_ITEMS_MAX];
	size_t i, size = check_answer_size(LINK_CHECK_ITEMS_MAX);
	char *room = malloc(size);
	struct json_writer w;

	for (i = 0; i < LINK_CHECK_ITEMS_MAX; i++) {
		items[i] = euro;
		items[i].state = VALUE_STATE_CONVERTED;
		items[i].amount_minor = INT64_MAX;
		items[i].expires_at = items[i].owner_since = 253402300799; /* year 9999 */
		ids[i] = INT64_MAX;
	}
	json_writer_init(&w, room, size);
	check_answer_batch(&w, ids, items, LINK_CHECK_ITEMS_MAX);
	assert_true(json_writer_finish(&w) > 0);
	assert_int_equal(check_answer_owned(items, LINK_CHECK_ITEMS_MAX), LINK_CHECK_ITEMS_MAX);
	items[7].owner = false;
	assert_int_equal(check_answer_owned(items, LINK_CHECK_ITEMS_MAX), LINK_CHECK_ITEMS_MAX - 1);
	free(room);
}

static void times_out_of_any_calendar(void **state)
{
	char room[512];
	struct link_check_item item = euro;
	struct json_writer w;

	item.expires_at = INT64_MAX;
	item.owner_since = INT64_MIN;
	json_writer_init(&w, room, sizeof(room));
	check_answer_single(&w, value_id, &item);
	assert_true(json_writer_finish(&w) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_owner_is_told_everything),
		cmocka_unit_test(nobody_else_is_told_anything),
		cmocka_unit_test(no_expiry_and_no_decimals),
		cmocka_unit_test(the_largest_batch_fits),
		cmocka_unit_test(times_out_of_any_calendar),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
