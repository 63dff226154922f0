/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What texts are taken for, with the catalogues that are shipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/value_id.h"
#include "manager/sms_command.h"
#include "manager/text_writer.h"

#define TEXTS_DIR "etc/texts"
#define VALUE "07086451125393865556"
#define GROUPED "0708 6451 1253 9386 5556"

static struct catalogue *catalogue;
static int64_t value_id;

static int setup(void **state)
{
	void *ctx = talloc_named_const(NULL, 0, "test");

	*state = ctx;
	assert_int_equal(value_id_parse(&value_id, VALUE, strlen(VALUE)), 0);
	return catalogue_load(&catalogue, ctx,
			      access(TEXTS_DIR, R_OK) == 0 ? TEXTS_DIR : "../../../../" TEXTS_DIR);
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static struct sms_command parsed(const char *text)
{
	struct sms_command c;

	sms_command_parse(&c, catalogue, text);
	return c;
}

static void expect_verb(const char *text, enum sms_verb verb)
{
	struct sms_command c = parsed(text);

	if (c.verb != verb)
		fail_msg("\"%s\" is %s, not %s", text, sms_verb_name(c.verb), sms_verb_name(verb));
}

static void keywords(void **state)
{
	static const struct {
		const char *text;
		enum sms_verb verb;
	} cases[] = {
		{ "LIST", SMS_VERB_LIST },
		{ " list ", SMS_VERB_LIST },
		{ "List\r\n", SMS_VERB_LIST },
		{ "\xef\xbc\xac\xef\xbc\xa9\xef\xbc\xb3\xef\xbc\xb4", SMS_VERB_LIST }, /* wide */
		{ "\xe3\x80\x80LIST\xe3\x80\x80", SMS_VERB_LIST }, /* ideographic spaces */
		{ "liste", SMS_VERB_LIST },
		{ "Guthaben", SMS_VERB_BALANCE },
		{ "\xe6\xae\x8b\xe9\xab\x98", SMS_VERB_BALANCE }, /* 残高 */
		{ "\xe5\xb1\xa5\xe6\xad\xb4", SMS_VERB_HISTORY }, /* 履歴 */
		{ "?", SMS_VERB_HELP },
		{ "??", SMS_VERB_HELP },
		{ "LIST.", SMS_VERB_LIST },
		{ "Help!", SMS_VERB_HELP },
		{ "+LIST", SMS_VERB_LIST },
		{ "list ?", SMS_VERB_LIST },
		{ "!", SMS_VERB_NONE },
		{ "\"\"", SMS_VERB_NONE },
		{ "\xef\xbc\x9f", SMS_VERB_HELP },
		{ "HELP", SMS_VERB_HELP },
		{ "", SMS_VERB_NONE },
		{ " ,;: ", SMS_VERB_NONE },
		{ "LIST of things", SMS_VERB_NONE },
		{ "LISTS", SMS_VERB_NONE },
		{ "1234", SMS_VERB_NONE },
		{ "\xff\xfe", SMS_VERB_NONE },
		{ "HELP HELP", SMS_VERB_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_verb(cases[i].text, cases[i].verb);
}

static void buy(void **state)
{
	static const struct {
		const char *text, *product, *amount, *code;
		enum text_id wrong;
	} cases[] = {
		{ "BUY 500", "", "500", "", TEXT_COUNT },
		{ "buy500", "", "500", "", TEXT_COUNT },
		{ "Buy, 500.", "", "500", "", TEXT_COUNT },
		{ "\xe8\xb3\xbc\xe5\x85\xa5\xe3\x80\x80\xef\xbc\x95\xef\xbc\x90\xef\xbc\x90", "",
		  "500", "", TEXT_COUNT }, /* 購入　５００ */
		{ "BUY coupon 500", "coupon", "500", "", TEXT_COUNT },
		{ "kaufen Ticket 5,00", "Ticket", "5,00", "", TEXT_COUNT },
		{ "BUY 1,000 #7f3a", "", "1,000", "7F3A", TEXT_COUNT },
		{ "BUY 500#7F3A", "", "500", "7F3A", TEXT_COUNT },
		{ "BUY coupon 500 #A1B0", "coupon", "500", "AIBO", TEXT_COUNT },
		{ "BUY +500", "", "500", "", TEXT_COUNT },
		{ "+BUY 500", "", "500", "", TEXT_COUNT },
		{ "BUY+500", "", "500", "", TEXT_COUNT },
		{ "BUY 500+", "", "500", "", TEXT_COUNT },
		{ "BUY 500!", "", "500", "", TEXT_COUNT },
		{ "'BUY coupon +500'", "coupon", "500", "", TEXT_COUNT },
		{ "BUY 500 #7F3A.", "", "500", "7F3A", TEXT_COUNT },
		{ "BUY", "", "", "", TEXT_OUTCOME_AMOUNT_MALFORMED },
		{ "BUY coupon", "coupon", "", "", TEXT_OUTCOME_AMOUNT_MALFORMED },
		{ "BUY coupon ten", "coupon", "ten", "", TEXT_OUTCOME_AMOUNT_MALFORMED },
		{ "BUY 500 1000", "", "500", "", TEXT_OUTCOME_AMOUNT_MALFORMED },
		{ "BUY 500 please", "", "500", "", TEXT_OUTCOME_AMOUNT_MALFORMED },
		{ "BUY -500", "-500", "", "", TEXT_OUTCOME_AMOUNT_MALFORMED },
		{ "BUY 500 #7F", "", "500", NULL, TEXT_SMS_REFERENCE_MALFORMED },
		{ "BUY 500 #7F3A7F3", "", "500", NULL, TEXT_SMS_REFERENCE_MALFORMED },
		{ "BUY 500 #7F3A more", "", "500", NULL, TEXT_SMS_REFERENCE_MALFORMED },
		{ "BUY 500 #7F-A", "", "500", NULL, TEXT_SMS_REFERENCE_MALFORMED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sms_command c = parsed(cases[i].text);

		assert_int_equal(c.verb, SMS_VERB_BUY);
		assert_string_equal(c.product, cases[i].product);
		assert_string_equal(c.amount, cases[i].amount);
		if (cases[i].code)
			assert_string_equal(c.code, cases[i].code);
		assert_int_equal(c.wrong, cases[i].wrong);
	}
}

static void send_and_pay(void **state)
{
	static const struct {
		const char *text;
		enum sms_verb verb;
		const char *to, *reference;
	} cases[] = {
		{ "SEND " VALUE " 09012345678", SMS_VERB_SEND, "09012345678", "" },
		{ "send " GROUPED " +81 90-1234 5678", SMS_VERB_SEND, "+81 90-1234 5678", "" },
		{ "SEND " GROUPED ", 090 1234 5678", SMS_VERB_SEND, "090 1234 5678", "" },
		{ "SEND " VALUE "+819012345678", SMS_VERB_SEND, "+819012345678", "" },
		{ "SEND 0708-6451-1253-9386-5556 4711", SMS_VERB_SEND, "4711", "" },
		{ "PAY " GROUPED " 4711", SMS_VERB_PAY, "4711", "" },
		{ "PAY " VALUE " 4711 Order-7 a", SMS_VERB_PAY, "4711", "Order-7 a" },
		{ "zahlen " VALUE ", 4711, x*#", SMS_VERB_PAY, "4711", "x*#" },
	};
	static const struct {
		const char *text;
		enum text_id wrong;
	} wrong[] = {
		{ "SEND", TEXT_OUTCOME_VALUE_ID_MALFORMED },
		{ "SEND 500 09012345678", TEXT_OUTCOME_VALUE_ID_MALFORMED },
		{ "SEND " VALUE, TEXT_OUTCOME_NUMBER_MALFORMED },
		{ "SEND " VALUE "0 09012345678", TEXT_OUTCOME_VALUE_ID_MALFORMED },
		{ "SEND 07086451125393865557 09012345678", TEXT_OUTCOME_VALUE_ID_MALFORMED },
		{ "SEND " VALUE " 0901,0902", TEXT_OUTCOME_NUMBER_MALFORMED },
		{ "PAY " VALUE, TEXT_OUTCOME_NUMBER_MALFORMED },
		{ "PAY " VALUE " 4711 \xc3\xa9", TEXT_OUTCOME_REFERENCE_MALFORMED },
		{ "OWNER 1", TEXT_OUTCOME_VALUE_ID_MALFORMED },
		{ "OWNER " VALUE " mine", TEXT_OUTCOME_VALUE_ID_MALFORMED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sms_command c = parsed(cases[i].text);

		assert_int_equal(c.verb, cases[i].verb);
		assert_int_equal(c.wrong, TEXT_COUNT);
		assert_int_equal(c.value_id, value_id);
		assert_string_equal(c.to, cases[i].to);
		assert_string_equal(c.reference, cases[i].reference);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(parsed(wrong[i].text).wrong, wrong[i].wrong);
	}
	assert_int_equal(parsed("OWNER " GROUPED).value_id, value_id);
	assert_int_equal(parsed("OWNER " GROUPED).wrong, TEXT_COUNT);
}

static void answers(void **state)
{
	static const struct {
		const char *text;
		enum sms_verb verb;
		const char *code, *pin;
	} cases[] = {
		{ "YES 7F3A", SMS_VERB_YES, "7F3A", "" },
		{ "yes 7f3a", SMS_VERB_YES, "7F3A", "" },
		{ "Y #7f3a,", SMS_VERB_YES, "7F3A", "" },
		{ "ok 7F3A 4973", SMS_VERB_YES, "7F3A", "4973" },
		{ "JA 7F3A 123456789012", SMS_VERB_YES, "7F3A", "123456789012" },
		{ "\xe3\x81\xaf\xe3\x81\x84\xe3\x80\x80\xef\xbc\x97\xef\xbc\xa6\xef\xbc\x93\xef\xbc"
		  "\xa1"
		  "\xe3\x80\x80\xef\xbc\x94\xef\xbc\x99\xef\xbc\x97\xef\xbc\x93",
		  SMS_VERB_YES, "7F3A", "4973" }, /* はい　７Ｆ３Ａ　４９７３ */
		{ "NO ACDE", SMS_VERB_NO, "ACDE", "" },
		{ "nein 7F3A", SMS_VERB_NO, "7F3A", "" },
		{ "YES 7F3A.", SMS_VERB_YES, "7F3A", "" },
		{ "YES 7F3A!!!", SMS_VERB_YES, "7F3A", "" },
		{ "Yes! 7F3A .", SMS_VERB_YES, "7F3A", "" },
		{ "YES +7F3A", SMS_VERB_YES, "7F3A", "" },
		{ "YES+7F3A+4973", SMS_VERB_YES, "7F3A", "4973" },
		{ "+YES 7F3A 4973.", SMS_VERB_YES, "7F3A", "4973" },
		{ "\"YES 7F3A\"", SMS_VERB_YES, "7F3A", "" },
		{ "\xe2\x80\x9cYES 7F3A\xe2\x80\x9d", SMS_VERB_YES, "7F3A", "" },
		{ "\xe3\x81\xaf\xe3\x81\x84 7F3A\xe3\x80\x82", SMS_VERB_YES, "7F3A", "" },
		{ "NO 7F3A?", SMS_VERB_NO, "7F3A", "" },
	};
	/* Somebody says yes or no to something else. */
	static const char *const others[] = {
		"YES",
		"Yes, I am on holiday until Monday",
		"YES 7F3A 4973 now",
		"YES 7F3A 49",
		"Yes sure do",
		"YES 7F3A 1234567890123",
		"YES 7F3A 49x3",
		"YES 7F3A 4973 4973",
		"YES 7F3A 4973-",
		"YES 7F3A.. 497",
		"YES !!!!",
		"No problem at all",
		"NO ACDE 4973",
		"No longer at this number",
		"NO",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sms_command c = parsed(cases[i].text);

		assert_int_equal(c.verb, cases[i].verb);
		assert_string_equal(c.code, cases[i].code);
		assert_string_equal(c.pin, cases[i].pin);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		expect_verb(others[i], SMS_VERB_NONE);
		assert_string_equal(parsed(others[i]).pin, "");
	}
}

/* What begins with a keyword, and what is a command with a wrong value. */
static void formed(void **state)
{
	static const char *const commands[] = {
		"BUY 5O0",
		"BUY 500 #7F",
		"OWNER 0708 6451 1253 9386",
		"SEND 07086451125393865557 1",
		"OWNER " VALUE,
		"LIST",
		"YES 7F3A",
		"SEND " VALUE ", 090 ,what?",
	};
	static const char *const others[] = {
		"BUY",
		"BUY now and save 50%",
		"BUY 500 JPY? Fee 5 JPY, 505 JPY in all",
		"Send me an e-mail instead, I am driving",
		"Send 500 JPY to +819087654321?",
		"Pay attention please",
		"Owner is on holiday",
		"Yes, I am on holiday until Monday",
		"I am driving",
		"",
	};
	struct sms_command c;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		c = parsed(commands[i]);
		if (!sms_command_is_formed(&c))
			fail_msg("\"%s\" is no command", commands[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		c = parsed(others[i]);
		if (sms_command_is_formed(&c))
			fail_msg("\"%s\" is a command", others[i]);
	}
}

static void receipts(void **state)
{
	assert_true(parsed("RECEIPTS ON!").on);
	assert_true(parsed("RECEIPTS ON").on);
	assert_int_equal(parsed("receipts off").verb, SMS_VERB_RECEIPTS);
	assert_false(parsed("receipts off").on);
	assert_true(parsed("Belege an").on);
	expect_verb("RECEIPTS", SMS_VERB_NONE);
	expect_verb("RECEIPTS maybe", SMS_VERB_NONE);
	expect_verb("RECEIPTS ON OFF", SMS_VERB_NONE);
}

static void too_long(void **state)
{
	char text[SMS_TEXT_SIZE] = "PAY " VALUE " 4711 ";

	memset(text + strlen(text), 'x', 600);
	expect_verb(text, SMS_VERB_NONE);
	memset(text, 'Y', 600);
	expect_verb(text, SMS_VERB_NONE);
}

static void amounts(void **state)
{
	static const struct {
		const char *typed, *currency, *normal; /* NULL: nobody can tell */
	} cases[] = {
		{ "500", "JPY", "500" },
		{ "1,000", "JPY", "1000" },
		{ "1,000,000", "JPY", "1000000" },
		{ "5,00", "EUR", "5.00" },
		{ "5,0", "EUR", "5.0" },
		{ "1,000", "EUR", "1000" },
		{ "1,000.50", "EUR", "1000.50" },
		{ "5,000", "KWD", NULL },
		{ "5,0", "JPY", NULL },
		{ "1,00,000", "JPY", NULL },
		{ "1.000,50", "EUR", NULL },
		{ ",,", "EUR", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char amount[SMS_COMMAND_WORD_SIZE];

		OSMO_STRLCPY_ARRAY(amount, cases[i].typed);
		assert_int_equal(sms_amount_normalize(amount, cases[i].currency),
				 cases[i].normal != NULL);
		if (cases[i].normal)
			assert_string_equal(amount, cases[i].normal);
	}
}

/* A machine that sends our texts back does nothing with it, and comes to an end: none of them is a
 * command, and what is said about a command that lacks something does not even look like one. */
static void our_own_texts_are_no_commands(void **state)
{
	for (size_t l = 0; l < catalogue_count(catalogue); l++) {
		for (int id = 0; id < TEXT_COUNT; id++) {
			char text[SMS_TEXT_SIZE];
			struct sms_command c;

			if (strncmp(catalogue_key(id), "sms.keyword.", 12) == 0)
				continue;
			text_render(text, sizeof(text),
				    language_text(catalogue_at(catalogue, l), id),
				    VARS({ "amount", "500 JPY" }, { "value", GROUPED },
					 { "time", "10:02" }, { "code", "7F3A" }, { "yes", "YES" },
					 { "no", "NO" }, { "tries", "2" }, { "balance", "500 JPY" },
					 { "used", "5 JPY" }, { "limit", "9" }, { "n", "1" },
					 { "tail", "12345678" }, { "peer", "+819012345678" },
					 { "number", "+819012345678" }, { "shop", "4711" },
					 { "name", "Book shop" }, { "date", "1 May" },
					 { "count", "2" }, { "reference", "7F3A" }));
			c = parsed(text);
			if (c.verb != SMS_VERB_NONE &&
			    (c.wrong == TEXT_COUNT ||
			     strncmp(catalogue_key(id), "outcome.", 8) == 0 ||
			     strncmp(catalogue_key(id), "sms.", 4) == 0))
				fail_msg("\"%s\" is %s", text, sms_verb_name(c.verb));
		}
	}
}

/* Each keyword of each language means one thing. */
static void keywords_are_unambiguous(void **state)
{
	static const struct {
		enum text_id id;
		enum sms_verb verb;
		const char *rest;
	} cases[] = {
		{ TEXT_SMS_KEYWORD_BUY, SMS_VERB_BUY, " 500" },
		{ TEXT_SMS_KEYWORD_SEND, SMS_VERB_SEND, " " VALUE " 09012345678" },
		{ TEXT_SMS_KEYWORD_PAY, SMS_VERB_PAY, " " VALUE " 4711" },
		{ TEXT_SMS_KEYWORD_OWNER, SMS_VERB_OWNER, " " VALUE },
		{ TEXT_SMS_KEYWORD_LIST, SMS_VERB_LIST, "" },
		{ TEXT_SMS_KEYWORD_BALANCE, SMS_VERB_BALANCE, "" },
		{ TEXT_SMS_KEYWORD_HISTORY, SMS_VERB_HISTORY, "" },
		{ TEXT_SMS_KEYWORD_HELP, SMS_VERB_HELP, "" },
		{ TEXT_SMS_KEYWORD_YES, SMS_VERB_YES, " 7F3A" },
		{ TEXT_SMS_KEYWORD_NO, SMS_VERB_NO, " 7F3A" },
		{ TEXT_SMS_KEYWORD_RECEIPTS, SMS_VERB_RECEIPTS, " ON" },
	};

	for (size_t l = 0; l < catalogue_count(catalogue); l++) {
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			char words[512], text[640], *at = words;
			const char *list = language_text(catalogue_at(catalogue, l), cases[i].id);

			OSMO_STRLCPY_ARRAY(words, list);
			for (char *w = strtok_r(words, ", ", &at); w;
			     w = strtok_r(NULL, ", ", &at)) {
				snprintf(text, sizeof(text), "%s%s", w, cases[i].rest);
				expect_verb(text, cases[i].verb);
			}
		}
	}
}

/* Cut anywhere, with any octet changed: nothing outside, and no command with half of its parts. */
static void mangled(void **state)
{
	static const char *const texts[] = { "BUY coupon 500 #7F3A", "SEND " GROUPED " +8190123456",
					     "YES 7F3A 4973" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		for (size_t at = 0; at < strlen(texts[i]); at++) {
			for (unsigned int c = 1; c < 256; c++) {
				char text[64];
				struct sms_command got;

				OSMO_STRLCPY_ARRAY(text, texts[i]);
				text[at] = c;
				got = parsed(text);
				assert_true(got.verb < SMS_VERBS);
				assert_true(strlen(got.code) < QUESTION_CODE_SIZE);
			}
		}
	}
}

static void wiped(void **state)
{
	struct sms_command c = parsed("YES 7F3A 4973"), zero;

	memset(&zero, 0, sizeof(zero));
	sms_command_wipe(&c);
	assert_memory_equal(&c, &zero, sizeof(c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keywords),
		cmocka_unit_test(buy),
		cmocka_unit_test(send_and_pay),
		cmocka_unit_test(answers),
		cmocka_unit_test(receipts),
		cmocka_unit_test(formed),
		cmocka_unit_test(too_long),
		cmocka_unit_test(amounts),
		cmocka_unit_test(our_own_texts_are_no_commands),
		cmocka_unit_test(keywords_are_unambiguous),
		cmocka_unit_test(mangled),
		cmocka_unit_test(wiped),
	};

	osmo_init_logging2(talloc_named_const(NULL, 0, "logging"), &tegata_log_info);
	return cmocka_run_group_tests(tests, setup, teardown);
}
