/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Any text of a phone as a command, with the catalogues that are shipped, and its
 * PIN as the manager takes it: what is read is within its bounds, and whatever
 * else stands in the text is no PIN.
 */
#include "fuzz.h"

#include "manager/sms_command.h"

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
#define DIGITS "0123456789"

static struct catalogue *catalogue;
static struct pin_key *key;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char why[256];

	fuzz_quiet();
	fuzz_dir_make();
	OSMO_ASSERT(catalogue_load(&catalogue, NULL, "etc/texts") == 0);
	key = pin_key_load(NULL, fuzz_file("pin.key", KEY, strlen(KEY)), why, sizeof(why));
	OSMO_ASSERT(key);
	return 0;
}

static void check_answer(const struct sms_command *c)
{
	struct pin_digest digest;
	size_t len = strlen(c->pin);
	bool is_pin = len >= PIN_DIGITS_MIN && len <= PIN_DIGITS_MAX;

	OSMO_ASSERT(len == 0 || (is_pin && c->verb == SMS_VERB_YES));
	OSMO_ASSERT(strspn(c->pin, DIGITS) == len);
	OSMO_ASSERT((pin_key_digest(key, 77, c->pin, &digest) == 0) == is_pin);
	if (c->verb == SMS_VERB_YES || c->verb == SMS_VERB_NO)
		OSMO_ASSERT(strlen(c->code) >= 4 && c->wrong == TEXT_COUNT);
}

static void check_amount(struct sms_command *c)
{
	static const char *const currencies[] = { "JPY", "EUR", "KWD", "XXX" };

	for (size_t i = 0; i < ARRAY_SIZE(currencies); i++) {
		char amount[SMS_COMMAND_WORD_SIZE];

		OSMO_STRLCPY_ARRAY(amount, c->amount);
		if (sms_amount_normalize(amount, currencies[i]))
			OSMO_ASSERT(strlen(amount) <= strlen(c->amount) && !strchr(amount, ','));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	char *text = fuzz_text(in, len);
	struct sms_command c, zero;

	sms_command_parse(&c, catalogue, text);
	OSMO_ASSERT(c.verb < SMS_VERBS && sms_verb_name(c.verb) && c.wrong <= TEXT_COUNT);
	OSMO_ASSERT(strlen(c.product) < sizeof(c.product) && strlen(c.to) < sizeof(c.to));
	OSMO_ASSERT(strlen(c.code) < sizeof(c.code));
	OSMO_ASSERT(strlen(c.reference) < sizeof(c.reference));
	check_answer(&c);
	if (c.verb == SMS_VERB_BUY && c.wrong == TEXT_COUNT)
		check_amount(&c);
	sms_command_wipe(&c);
	memset(&zero, 0, sizeof(zero));
	OSMO_ASSERT(memcmp(&c, &zero, sizeof(c)) == 0);
	free(text);
	return 0;
}
