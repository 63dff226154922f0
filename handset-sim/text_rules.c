/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/options.h"
#include "handset-sim/text_rules.h"
#include "lib/value_id.h"

enum rule { RULE_REFUSED, RULE_BUSY, RULE_UNSURE, RULE_RECEIVED, RULE_CONFIRM, N_RULES };

static const char *const rule_names[N_RULES] = { "refused", "busy", "unsure", "received",
						 "confirm" };

/* English, German, Japanese, as etc/texts has them; tests/unit/handset/test_text_rules.c looks
 * whether they still fit. */
static const char *const rule_defaults[N_RULES] = {
	[RULE_REFUSED] =
		"nothing was (done|bought|handed on)( now| in this step)?\\.|nothing is on sale|"
		"not (known|ours|registered|understood)|is blocked|has a new SIM|has left the "
		"service|do not own|^that (is|was) |reference: at most|no value that|"
		"(es|jetzt|schritt) (ist|wurde) nichts|etwas schief|nicht (angemeldet|verstanden)|"
		"gesperrt|neue SIM|abgemeldet|besitzen sie nicht|^das ist |zeichen: höchstens|"
		"gibt es nicht|gehört nicht|nichts zu kaufen|keinen wert zum|"
		"今回は行っていません|(処理|操作)は行われていません|(購入|譲渡|所有)していません|"
		"エラー|未登録|停止されています|SIMが変更|解約済|正しくありません|64文字まで|"
		"使えません|ではありません|商品はありません|店コードです|バリューがありません|"
		"正しい入力がなかった",
	[RULE_BUSY] =
		"too many calls|too much to do|service restarts|cannot be reached|^maintenance|"
		"try again|noch einmal versuchen|zu viele anrufe|startet neu|^wartung|"
		"混み合って|お試しください|再起動中|^メンテナンス",
	[RULE_UNSURE] = "look at 7|not known yet|unter 7 |7履歴を確認",
	[RULE_RECEIVED] = "bought|gekauft|購入|^handed over to you:",
	[RULE_CONFIRM] = "1 ?(yes|continue|ja|weiter|はい|次へ)",
};

struct text_rules {
	regex_t rules[N_RULES];
	size_t n_compiled;
};

static int rules_destroy(struct text_rules *rules)
{
	while (rules->n_compiled > 0)
		regfree(&rules->rules[--rules->n_compiled]);
	return 0;
}

struct text_rules *text_rules_new(void *ctx, const struct text_patterns *p)
{
	const char *given[N_RULES] = { p->refused, p->busy, p->unsure, p->received, p->confirm };
	struct text_rules *rules = talloc_zero(ctx, struct text_rules);
	size_t i;

	OSMO_ASSERT(rules);
	talloc_set_destructor(rules, rules_destroy);
	for (i = 0; i < N_RULES; i++) {
		const char *pattern = given[i] ? given[i] : rule_defaults[i];
		int rc = regcomp(&rules->rules[i], pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB);
		char why[128];

		if (rc != 0) {
			regerror(rc, &rules->rules[i], why, sizeof(why));
			fprintf(stderr, "tegata-handset: --%s-pattern: %s\n", rule_names[i], why);
			talloc_free(rules);
			return NULL;
		}
		rules->n_compiled++;
	}
	return rules;
}

static bool matches(const struct text_rules *rules, enum rule rule, const char *text)
{
	return regexec(&rules->rules[rule], text, 0, NULL, 0) == 0;
}

enum text_kind text_rules_kind(const struct text_rules *rules, const char *text)
{
	if (matches(rules, RULE_UNSURE, text))
		return TEXT_UNSURE;
	if (matches(rules, RULE_BUSY, text))
		return TEXT_BUSY;
	return matches(rules, RULE_REFUSED, text) ? TEXT_REFUSED : TEXT_OK;
}

bool text_rules_confirm(const struct text_rules *rules, const char *text)
{
	return matches(rules, RULE_CONFIRM, text);
}

const char *text_kind_name(enum text_kind kind)
{
	static const char *const names[TEXT_KINDS] = {
		[TEXT_UNSURE] = "unsure",
		[TEXT_BUSY] = "busy",
		[TEXT_REFUSED] = "refused",
		[TEXT_OK] = "ok",
	};

	return names[kind];
}

int text_kind_exit(enum text_kind kind)
{
	static const int codes[TEXT_KINDS] = {
		[TEXT_UNSURE] = EXIT_UNSURE,
		[TEXT_BUSY] = EXIT_BUSY,
		[TEXT_REFUSED] = EXIT_REFUSED,
		[TEXT_OK] = EXIT_OK,
	};

	return codes[kind];
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Octets of VALUE_ID_DIGITS digits at the front, single blanks or '-' between them allowed. */
static size_t value_id_len(const char *text)
{
	size_t len = 0;
	int digits = 0;

	while (digits < VALUE_ID_DIGITS) {
		if (is_digit(text[len]))
			digits++;
		else if ((text[len] != ' ' && text[len] != '-') || !is_digit(text[len + 1]))
			return 0;
		len++;
	}
	return is_digit(text[len]) ? 0 : len;
}

bool text_find_value_id(const char *text, int64_t *value_id, size_t *at, size_t *len)
{
	size_t i;

	for (i = 0; text[i]; i++) {
		if (!is_digit(text[i]) || (i > 0 && is_digit(text[i - 1])))
			continue;
		*len = value_id_len(text + i);
		*at = i;
		if (*len > 0 && value_id_parse(value_id, text + i, *len) == 0)
			return true;
	}
	return false;
}

/* The currency that stands at the front, by its ISO code or by a word of a catalogue. */
static const char *currency_here(const char *text, char code[CURRENCY_SIZE])
{
	static const char *const words[][2] = { { "円", "JPY" },
						{ "ユーロ", "EUR" },
						{ "€", "EUR" } };
	size_t i;

	osmo_strlcpy(code, text, CURRENCY_SIZE);
	if (currency_decimals(code) >= 0)
		return code;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strncmp(text, words[i][0], strlen(words[i][0])) == 0)
			return words[i][1];
	return NULL;
}

/* The last amount with its currency behind it in text[0..len). */
static bool amount_find(const char *text, size_t len, struct text_note *note)
{
	bool found = false;
	size_t i = 0;

	while (i < len) {
		size_t digits = strspn(text + i, "0123456789."), blank;
		char code[CURRENCY_SIZE];
		const char *currency;
		int64_t minor;

		if (digits == 0) {
			i++;
			continue;
		}
		blank = text[i + digits] == ' ';
		currency = currency_here(text + i + digits + blank, code);
		if (currency && amount_parse(&minor, text + i, digits, currency) == 0) {
			OSMO_STRLCPY_ARRAY(note->currency, currency);
			amount_format(note->amount, minor, currency);
			found = true;
		}
		i += digits;
	}
	return found;
}

size_t text_rules_received(const struct text_rules *rules, const char *text,
			   struct text_note notes[TEXT_NOTES_MAX])
{
	size_t n = 0, at, len;

	if (!matches(rules, RULE_RECEIVED, text))
		return 0;
	while (n < TEXT_NOTES_MAX && text_find_value_id(text, &notes[n].value_id, &at, &len)) {
		if (amount_find(text, at, &notes[n]))
			n++;
		text += at + len;
	}
	return n;
}
