/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts to the service are obeyed and no others, and each text ends in one counter. */
#include "sms_inbound_fixture.h"

static unsigned int n_of(enum sms_ctr ctr)
{
	return rate_ctr_group_get_ctr(t.si->counters, ctr)->current;
}

/* Sends it, and expects that it is in this counter and in no other. */
static void expect_counted(enum sms_ctr wanted, const char *from, const char *words)
{
	unsigned int before[SMS_CTR_COUNT];
	int i;

	for (i = 0; i < SMS_CTR_COUNT; i++)
		before[i] = n_of(i);
	receive_from(from, words);
	settle();
	assert_int_equal(t.n_verdicts, 1);
	for (i = 0; i < SMS_CTR_COUNT; i++)
		if (n_of(i) - before[i] !=
		    ((enum sms_ctr)i == wanted || (enum sms_ctr)i == SMS_CTR_TEXT))
			fail_msg("\"%s\": counter %d is %u, was %u", words, i, n_of(i), before[i]);
}

static void each_is_counted_once(void **state)
{
	const char *me = "819012345678";

	t.identity = 1;
	expect_counted(SMS_CTR_ANSWERED, me, "LIST");
	expect_counted(SMS_CTR_HELPED, me, "Hello there");
	expect_counted(SMS_CTR_NOT_UNDERSTOOD, me, "Hello again");
	expect_counted(SMS_CTR_STRANGER, "", "LIST");
	t.l->sms_seen.outcome = OUTCOME_OK;
	expect_counted(SMS_CTR_REPEATED, me, "BALANCE");
	t.l->sms_seen.outcome = OUTCOME_UNAVAILABLE;
	expect_counted(SMS_CTR_LATER, me, "BALANCE");
	t.l->sms_seen.outcome = OUTCOME_NOT_FOUND;
	t.l->put.message_id = 0;
	expect_counted(SMS_CTR_SILENT, me, "BALANCE");
	t.l->put.message_id = 9;
	t.l->number.terminal_id = 0;
	expect_counted(SMS_CTR_STRANGER, me, "LIST");
	t.si->settings.rate_per_min = t.si->settings.rate_burst = 1;
	expect_counted(SMS_CTR_STRANGER, me, "LIST");
	expect_counted(SMS_CTR_OFTEN, me, "LIST");
	t.to = "819087654321";
	expect_counted(SMS_CTR_ELSEWHERE, me, "LIST");
	sms_inbound_drain(t.si);
	expect_counted(SMS_CTR_FULL, me, "LIST");
}

static void only_the_service_is_obeyed(void **state)
{
	static const char *const others[] = { "819087654321", "999",   "1888", "18",
					      "TEGATA",	      "+188x", "0188" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		t.to = others[i];
		text("YES 7F3A");
		assert_int_equal(t.verdict, SMS_ELSEWHERE);
		assert_int_equal(calls(FAKE_ANSWER), 0);
		assert_string_equal(t.l->reply, "");
	}
	t.to = "188";
	text("YES 7F3A");
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	t.to = ""; /* not said */
	text("LIST");
	assert_int_equal(t.verdict, SMS_ACCEPTED);
}

static void further_numbers(void **state)
{
	static const char *const forms[] = { "81312345678", "+81312345678", "0312345678", "777" };
	struct sms_inbound_settings *s = &t.si->settings;
	size_t i;

	OSMO_STRLCPY_ARRAY(s->numbers[0], "777");
	OSMO_STRLCPY_ARRAY(s->numbers[1], "81312345678");
	s->n_numbers = 2;
	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		t.to = forms[i];
		text("LIST");
		assert_int_equal(t.verdict, SMS_ACCEPTED);
	}
	t.to = "81312345679";
	text("LIST");
	assert_int_equal(t.verdict, SMS_ELSEWHERE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(each_is_counted_once),
		TEST(only_the_service_is_obeyed),
		TEST(further_numbers),
	};

	fake_init();
	log_set_category_filter(osmo_stderr_target, DSMPP, 0, LOGL_FATAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
