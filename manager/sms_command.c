/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/sms_command.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/utf8.h"
#include "lib/value_id.h"
#include "manager/menu_input.h"

#define SEPARATORS " ,;:"
#define QUOTES "\"'"
/* Before and behind a word. */
#define BEFORE SEPARATORS QUOTES "+"
#define BEHIND QUOTES ".!?"
#define DIGITS "0123456789"
#define CODE_MIN 4
/* So many digits are meant as a value. */
#define VALUE_DIGITS_MEANT 12

static const enum text_id keywords[SMS_VERBS] = {
	[SMS_VERB_BUY] = TEXT_SMS_KEYWORD_BUY,
	[SMS_VERB_SEND] = TEXT_SMS_KEYWORD_SEND,
	[SMS_VERB_PAY] = TEXT_SMS_KEYWORD_PAY,
	[SMS_VERB_OWNER] = TEXT_SMS_KEYWORD_OWNER,
	[SMS_VERB_LIST] = TEXT_SMS_KEYWORD_LIST,
	[SMS_VERB_BALANCE] = TEXT_SMS_KEYWORD_BALANCE,
	[SMS_VERB_HISTORY] = TEXT_SMS_KEYWORD_HISTORY,
	[SMS_VERB_HELP] = TEXT_SMS_KEYWORD_HELP,
	[SMS_VERB_YES] = TEXT_SMS_KEYWORD_YES,
	[SMS_VERB_NO] = TEXT_SMS_KEYWORD_NO,
	[SMS_VERB_RECEIPTS] = TEXT_SMS_KEYWORD_RECEIPTS,
};

static const char *const verb_names[SMS_VERBS] = {
	"none",	   "buy",     "send", "pay", "owner", "list",
	"balance", "history", "help", "yes", "no",    "receipts",
};

const char *sms_verb_name(enum sms_verb verb)
{
	return verb_names[verb];
}

bool sms_command_is_formed(const struct sms_command *command)
{
	return command->verb != SMS_VERB_NONE && (command->wrong == TEXT_COUNT || command->formed);
}

void sms_command_wipe(struct sms_command *command)
{
	explicit_bzero(command, sizeof(*command));
}

/* --- characters --------------------------------------------------------------- */

/* Full-width forms are their ASCII twins, every dash is '-', quotes are those of ASCII, Japanese
 * commas and points are commas and points, what parts lines is a space.  Letters of Latin-1 become
 * upper case where upper is set. */
static uint32_t fold(uint32_t c, bool upper)
{
	if (c >= 0xff01 && c <= 0xff5e)
		c = c - 0xff01 + '!';
	if (c < ' ' || c == 0x3000 || c == 0xa0)
		return ' ';
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
		return '-';
	if (c == 0x3001 || c == 0xff64)
		return ',';
	if (c == 0x3002 || c == 0xff61)
		return '.';
	if (c >= 0x2018 && c <= 0x201b)
		return '\'';
	if ((c >= 0x201c && c <= 0x201f) || c == 0xab || c == 0xbb)
		return '"';
	if (upper && ((c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7)))
		return c - 0x20;
	return c;
}

/* False: not UTF-8, or too long. */
static bool fold_text(char *out, size_t size, const char *text, bool upper)
{
	size_t left = strlen(text), n = 0;

	while (left > 0) {
		uint32_t c;
		int taken = utf8_take(&c, text, left);

		if (taken < 0 || n + UTF8_MAX_SIZE >= size)
			return false;
		text += taken;
		left -= taken;
		n += utf8_put(out + n, fold(c, upper));
	}
	while (n > 0 && strchr(SEPARATORS, out[n - 1]))
		n--;
	out[n] = '\0';
	return true;
}

static void skip(const char **at)
{
	*at += strspn(*at, SEPARATORS);
}

/* Takes what stands before the next of stops.  False: nothing, or more than fits. */
static bool take_word(char *word, size_t size, const char **at, const char *stops)
{
	size_t len;

	skip(at);
	len = strcspn(*at, stops);
	if (len == 0 || len >= size)
		return false;
	memcpy(word, *at, len);
	word[len] = '\0';
	*at += len;
	skip(at);
	return true;
}

static void skip_before(const char **at)
{
	*at += strspn(*at, BEFORE);
}

/* Nothing but what ends a sentence. */
static bool is_end(const char *at)
{
	return at[strspn(at, SEPARATORS BEHIND)] == '\0';
}

/* What ends a sentence is no part of a word; of those that are nothing else the first character
 * stays. */
static void trim(char *word, const char *behind)
{
	size_t len = strlen(word);

	while (len > 1 && strchr(behind, word[len - 1]))
		word[--len] = '\0';
}

/* --- keywords ------------------------------------------------------------------- */

/* One word of a list that commas part, from *at on. */
static bool next_keyword(char word[SMS_COMMAND_WORD_SIZE], const char **at)
{
	char raw[SMS_COMMAND_WORD_SIZE];

	return take_word(raw, sizeof(raw), at, SEPARATORS) &&
	       fold_text(word, SMS_COMMAND_WORD_SIZE, raw, true);
}

void sms_keyword_first(char word[SMS_COMMAND_WORD_SIZE], const char *list)
{
	if (!next_keyword(word, &list))
		word[0] = '\0';
}

static bool is_keyword(const struct catalogue *c, enum text_id id, const char *word)
{
	char one[SMS_COMMAND_WORD_SIZE];

	for (size_t i = 0; i < catalogue_count(c); i++) {
		const char *list = language_text(catalogue_at(c, i), id);

		while (next_keyword(one, &list))
			if (strcmp(one, word) == 0)
				return true;
	}
	return false;
}

/* A keyword ends where digits begin, too: "BUY500". */
static enum sms_verb take_verb(const struct catalogue *c, const char **at)
{
	char raw[SMS_COMMAND_WORD_SIZE], word[SMS_COMMAND_WORD_SIZE];

	skip_before(at);
	if (!take_word(raw, sizeof(raw), at, SEPARATORS DIGITS "+#") ||
	    !fold_text(word, sizeof(word), raw, true))
		return SMS_VERB_NONE;
	trim(word, BEHIND);
	for (int verb = SMS_VERB_NONE + 1; verb < SMS_VERBS; verb++)
		if (is_keyword(c, keywords[verb], word))
			return verb;
	return SMS_VERB_NONE;
}

/* --- what stands behind them ------------------------------------------------------ */

/* 20 digits, in groups or not; behind them a separator or '+'.  False: it does not begin so. */
static bool take_value(struct sms_command *c, const char **at)
{
	char digits[VALUE_ID_STR_SIZE];
	size_t n = 0;

	skip_before(at);
	for (; n < VALUE_ID_DIGITS && **at && strchr(DIGITS SEPARATORS "-.", **at); (*at)++)
		if (isdigit((unsigned char)**at))
			digits[n++] = **at;
	digits[n] = '\0';
	if (n < VALUE_ID_DIGITS || isdigit((unsigned char)**at) ||
	    menu_input_value(&c->value_id, digits) != OUTCOME_OK) {
		c->wrong = TEXT_OUTCOME_VALUE_ID_MALFORMED;
		c->formed = n >= VALUE_DIGITS_MEANT;
		return false;
	}
	skip(at);
	c->formed = true;
	return true;
}

/* Letters and digits, '#' in front or not. */
static bool take_code(char code[QUESTION_CODE_SIZE], const char **at)
{
	char word[SMS_COMMAND_WORD_SIZE];
	size_t len;

	skip_before(at);
	*at += **at == '#';
	if (!take_word(word, sizeof(word), at, SEPARATORS "+"))
		return false;
	trim(word, BEHIND);
	len = strlen(word);
	if (len < CODE_MIN || len >= QUESTION_CODE_SIZE)
		return false;
	memcpy(code, word, len + 1);
	for (char *c = code; *c; c++) {
		if (!isalnum((unsigned char)*c))
			return false;
		*c = toupper((unsigned char)*c);
	}
	return true;
}

/* The author's reference; 0 and 1 are O and I to people, and to us. */
static bool take_tag(struct sms_command *c, const char **at)
{
	if (!take_code(c->code, at) || !is_end(*at))
		return false;
	for (char *t = c->code; *t; t++)
		*t = *t == '0' ? 'O' : *t == '1' ? 'I' : *t;
	return true;
}

static void parse_buy(struct sms_command *c, const char *at)
{
	skip_before(&at);
	if (!isdigit((unsigned char)*at) &&
	    (*at == '#' || !take_word(c->product, sizeof(c->product), &at, SEPARATORS))) {
		c->wrong = TEXT_OUTCOME_AMOUNT_MALFORMED;
		return;
	}
	skip_before(&at);
	/* A comma may be within it. */
	if (!take_word(c->amount, sizeof(c->amount), &at, " ;:#")) {
		c->wrong = TEXT_OUTCOME_AMOUNT_MALFORMED;
		return;
	}
	c->formed = isdigit((unsigned char)c->amount[0]) && (*at == '#' || is_end(at));
	trim(c->amount, BEHIND ",+");
	if (c->amount[strspn(c->amount, DIGITS ".,")] != '\0')
		c->wrong = TEXT_OUTCOME_AMOUNT_MALFORMED;
	else if (*at == '#' && !take_tag(c, &at))
		c->wrong = TEXT_SMS_REFERENCE_MALFORMED;
	else if (!is_end(at))
		c->wrong = TEXT_OUTCOME_AMOUNT_MALFORMED;
}

static void parse_send(struct sms_command *c, const char *at)
{
	if (take_value(c, &at) && !take_word(c->to, sizeof(c->to), &at, ",;:"))
		c->wrong = TEXT_OUTCOME_NUMBER_MALFORMED;
	else if (*at && c->wrong == TEXT_COUNT)
		c->wrong = TEXT_OUTCOME_NUMBER_MALFORMED;
	trim(c->to, BEHIND);
}

static void parse_pay(struct sms_command *c, const char *at)
{
	if (!take_value(c, &at))
		return;
	if (!take_word(c->to, sizeof(c->to), &at, SEPARATORS))
		c->wrong = TEXT_OUTCOME_NUMBER_MALFORMED;
	else if (is_end(at))
		trim(c->to, BEHIND);
	else if (menu_input_reference(c->reference, at) != OUTCOME_OK)
		c->wrong = TEXT_OUTCOME_REFERENCE_MALFORMED;
}

static void parse_owner(struct sms_command *c, const char *at)
{
	if (take_value(c, &at) && !is_end(at))
		c->wrong = TEXT_OUTCOME_VALUE_ID_MALFORMED;
}

static bool take_pin(char pin[PIN_DIGITS_MAX + 1], const char **at)
{
	size_t len;

	skip_before(at);
	len = strspn(*at, DIGITS);
	if (len < PIN_DIGITS_MIN || len > PIN_DIGITS_MAX ||
	    ((*at)[len] != '\0' && !strchr(SEPARATORS BEHIND, (*at)[len])))
		return false;
	memcpy(pin, *at, len);
	pin[len] = '\0';
	*at += len;
	return true;
}

/* More words than a code and a PIN: somebody says yes to something else. */
static void parse_answer(struct sms_command *c, const char *at)
{
	bool right = take_code(c->code, &at);

	if (right && !is_end(at) && c->verb == SMS_VERB_YES)
		right = take_pin(c->pin, &at);
	if (!right || !is_end(at)) {
		/* Whatever stands there, it is no PIN. */
		explicit_bzero(c->pin, sizeof(c->pin));
		c->verb = SMS_VERB_NONE;
	}
}

static void parse_receipts(struct sms_command *c, const struct catalogue *catalogue, const char *at)
{
	char raw[SMS_COMMAND_WORD_SIZE], word[SMS_COMMAND_WORD_SIZE];
	bool off = false;

	skip_before(&at);
	if (take_word(raw, sizeof(raw), &at, SEPARATORS) && is_end(at) &&
	    fold_text(word, sizeof(word), raw, true)) {
		trim(word, BEHIND);
		c->on = is_keyword(catalogue, TEXT_SMS_KEYWORD_ON, word);
		off = is_keyword(catalogue, TEXT_SMS_KEYWORD_OFF, word);
	}
	if (c->on == off)
		c->verb = SMS_VERB_NONE;
}

static void parse(struct sms_command *c, const struct catalogue *catalogue, const char *at)
{
	c->verb = take_verb(catalogue, &at);
	switch (c->verb) {
	case SMS_VERB_BUY:
		parse_buy(c, at);
		break;
	case SMS_VERB_SEND:
		parse_send(c, at);
		break;
	case SMS_VERB_PAY:
		parse_pay(c, at);
		break;
	case SMS_VERB_OWNER:
		parse_owner(c, at);
		break;
	case SMS_VERB_YES:
	case SMS_VERB_NO:
		parse_answer(c, at);
		break;
	case SMS_VERB_RECEIPTS:
		parse_receipts(c, catalogue, at);
		break;
	default:
		if (!is_end(at))
			c->verb = SMS_VERB_NONE;
		break;
	}
}

void sms_command_parse(struct sms_command *command, const struct catalogue *catalogue,
		       const char *text)
{
	char folded[SMS_COMMAND_TEXT_SIZE];

	*command = (struct sms_command){ .wrong = TEXT_COUNT };
	if (fold_text(folded, sizeof(folded), text, false))
		parse(command, catalogue, folded);
	explicit_bzero(folded, sizeof(folded));
}

/* --- amounts ----------------------------------------------------------------------- */

bool sms_amount_normalize(char amount[SMS_COMMAND_WORD_SIZE], const char *currency)
{
	char *comma = strchr(amount, ',');
	size_t behind = comma ? strlen(comma + 1) : 0;
	int decimals = currency_decimals(currency);
	char *out = amount;

	if (!comma)
		return true;
	/* "5,00": one comma, and so many digits as the currency has. */
	if (strchr(comma + 1, ',') == NULL && !strchr(amount, '.') && decimals > 0 &&
	    behind <= (size_t)decimals) {
		*comma = '.';
		return behind < 3;
	}
	/* "1,000" and "1,000.50": groups of three before the point. */
	for (const char *at = comma; *at == ','; at += 4)
		if (strspn(at + 1, DIGITS) != 3)
			return false;
	for (const char *in = amount; *in; in++)
		if (*in != ',')
			*out++ = *in;
	*out = '\0';
	return true;
}
