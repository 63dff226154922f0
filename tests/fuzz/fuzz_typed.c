/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any text where a person types a value id, an amount, a number, a code, a reference or an address:
 * what is taken is written and read as the same. */
#include "fuzz.h"

#include "handset-sim/duration.h"
#include "handset-sim/text_rules.h"
#include "lib/amount.h"
#include "lib/hex.h"
#include "lib/number.h"
#include "lib/request_id.h"
#include "lib/stream_addr.h"
#include "lib/value_id.h"
#include "manager/menu_input.h"
#include "manager/oneshot.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	fuzz_quiet();
	return 0;
}

static void type_value_id(const char *text, size_t len)
{
	char plain[VALUE_ID_STR_SIZE], grouped[VALUE_ID_GROUPED_SIZE];
	int64_t id, back, found;
	size_t at, found_len;

	if (value_id_parse(&id, text, len) == 0) {
		OSMO_ASSERT(id > 0);
		OSMO_ASSERT(value_id_parse(&back, value_id_format(plain, id), VALUE_ID_DIGITS) ==
			    0);
		OSMO_ASSERT(back == id);
		value_id_format_grouped(grouped, id);
		OSMO_ASSERT(value_id_parse(&back, grouped, strlen(grouped)) == 0 && back == id);
	}
	if (text_find_value_id(text, &found, &at, &found_len))
		OSMO_ASSERT(found > 0 && at + found_len <= strlen(text));
}

static void type_amount(const char *text, size_t len)
{
	static const char *const currencies[] = { "JPY", "EUR", "KWD", "XXX" };
	char again[AMOUNT_STR_SIZE];
	int64_t minor, back;

	for (size_t i = 0; i < ARRAY_SIZE(currencies); i++) {
		if (amount_parse(&minor, text, len, currencies[i]) < 0)
			continue;
		OSMO_ASSERT(minor > 0 && minor <= AMOUNT_MAX_MINOR);
		amount_format(again, minor, currencies[i]);
		OSMO_ASSERT(amount_parse(&back, again, strlen(again), currencies[i]) == 0);
		OSMO_ASSERT(back == minor);
	}
}

static void type_number(const char *text, size_t len)
{
	static const struct number_plan plans[] = {
		{ "81", "0", "010" },
		{ "39", "", "00" },
		{ "", "", "" },
		{ "1", "1", "011" },
	};
	char number[NUMBER_SIZE], masked[MASKED_SIZE];
	enum number_kind kind;

	for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
		if (number_parse(number, &kind, text, len, &plans[i]) < 0)
			continue;
		OSMO_ASSERT(kind == NUMBER_SHOP ? number_is_shop(number) : number_is_e164(number));
	}
	OSMO_ASSERT(strlen(mask_digits(masked, text)) < MASKED_SIZE);
}

static void type_code(const char *text)
{
	struct oneshot code;

	oneshot_parse(&code, text, "188");
	OSMO_ASSERT(code.n_fields <= ONESHOT_FIELDS_MAX);
	for (unsigned int i = 0; i < code.n_fields; i++)
		OSMO_ASSERT(code.fields[i] >= code.text && code.fields[i] + strlen(code.fields[i]) <
								   code.text + sizeof(code.text));
}

static void type_into_menu(const char *text)
{
	char folded[MENU_INPUT_SIZE], reference[REFERENCE_SIZE], again[REFERENCE_SIZE];
	int64_t id;

	if (!menu_input_fold(folded, text))
		return;
	OSMO_ASSERT(strlen(folded) < sizeof(folded) && !strpbrk(folded, "\r\n"));
	if (menu_input_value(&id, folded) == OUTCOME_OK)
		OSMO_ASSERT(id > 0);
	if (menu_input_reference(reference, folded) == OUTCOME_OK)
		OSMO_ASSERT(menu_input_reference(again, reference) == OUTCOME_OK &&
			    strcmp(reference, again) == 0);
}

static void type_address(const char *text)
{
	char again[STREAM_ADDR_STR_SIZE];
	struct stream_addr a, back;

	for (int need_port = 0; need_port < 2; need_port++) {
		if (stream_addr_parse(&a, text, need_port) < 0)
			continue;
		OSMO_ASSERT(a.len <= sizeof(a.storage));
		stream_addr_format(again, &a);
		OSMO_ASSERT(stream_addr_parse(&back, again, need_port) == 0 && back.len == a.len);
		OSMO_ASSERT(memcmp(&a.storage, &back.storage, a.len) == 0);
	}
}

static void type_id(const char *text, size_t len)
{
	char again[REQUEST_ID_STR_SIZE];
	struct request_id id, back;
	uint8_t octets[16];
	uint32_t ms;

	if (request_id_parse(&id, text) == 0) {
		OSMO_ASSERT(request_id_parse(&back, request_id_format(again, &id)) == 0);
		OSMO_ASSERT(memcmp(&id, &back, sizeof(id)) == 0);
	}
	if (hex_parse(octets, sizeof(octets), text, len) == 0)
		OSMO_ASSERT(len == 2 * sizeof(octets));
	if (duration_parse(&ms, text) == 0)
		OSMO_ASSERT(ms <= DURATION_MAX_MS);
}

/* What a phone shows is read by programs too. */
static void read_answer(const char *text)
{
	static struct text_rules *rules;
	struct text_note notes[TEXT_NOTES_MAX];

	if (!rules)
		rules = text_rules_new(NULL, &(struct text_patterns){ 0 });
	OSMO_ASSERT(rules);
	text_rules_kind(rules, text);
	text_rules_confirm(rules, text);
	for (size_t n = text_rules_received(rules, text, notes); n > 0; n--)
		OSMO_ASSERT(notes[n - 1].value_id > 0 && strlen(notes[n - 1].currency) == 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	char *text = fuzz_text(in, len);

	type_value_id(text, len);
	type_amount(text, len);
	type_number(text, len);
	type_code(text);
	type_into_menu(text);
	type_address(text);
	type_id(text, len);
	if (len < 400)
		read_answer(text);
	free(text);
	return 0;
}
