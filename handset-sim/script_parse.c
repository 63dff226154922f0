/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/duration.h"
#include "handset-sim/exchange.h"
#include "handset-sim/script.h"
#include "handset-sim/script_pattern.h"
#include "handset-sim/script_vars.h"
#include "handset-sim/wallet.h"
#include "lib/number.h"

#define BLANKS " \t"

struct parser {
	struct script *script;
	struct script_error *error;
	unsigned int line;
	bool failed;
	bool continuing; /* the last step may go on with "|" */
	bool empty_text; /* and has no text of its own yet */
};

__attribute__((format(printf, 2, 3))) static void fail(struct parser *p, const char *format, ...)
{
	va_list ap;

	if (p->failed)
		return;
	p->failed = true;
	p->error->line = p->line;
	va_start(ap, format);
	vsnprintf(p->error->why, sizeof(p->error->why), format, ap);
	va_end(ap);
}

static struct script_step *step_add(struct parser *p, enum script_step_kind kind, int phone)
{
	struct script *s = p->script;
	struct script_step *step;

	if (s->n_steps == SCRIPT_STEPS_MAX) {
		fail(p, "more than %d steps", SCRIPT_STEPS_MAX);
		return NULL;
	}
	if (s->n_steps % 256 == 0) {
		s->steps = talloc_realloc(s, s->steps, struct script_step, s->n_steps + 256);
		OSMO_ASSERT(s->steps);
	}
	step = &s->steps[s->n_steps++];
	*step = (struct script_step){ .kind = kind, .phone = phone, .line = p->line, .n_lines = 1 };
	s->tests[s->n_tests - 1].n_steps++;
	return step;
}

static void test_add(struct parser *p, const char *name, unsigned int line)
{
	struct script *s = p->script;

	if (line > 0 && *name == '\0') {
		fail(p, "a test needs a name");
		return;
	}
	if (s->n_tests == SCRIPT_TESTS_MAX) {
		fail(p, "more than %d tests", SCRIPT_TESTS_MAX);
		return;
	}
	s->tests = talloc_realloc(s, s->tests, struct script_test, s->n_tests + 1);
	OSMO_ASSERT(s->tests);
	s->tests[s->n_tests++] = (struct script_test){
		.name = talloc_strdup(s, name),
		.line = line,
		.first_step = s->n_steps,
	};
}

static int phone_find(const struct script *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n_phones; i++)
		if (strcmp(s->phones[i], name) == 0)
			return i;
	return -1;
}

/* Cuts the next word off *rest; "" at the end. */
static char *word_take(char **rest)
{
	char *word = *rest + strspn(*rest, BLANKS), *end = word + strcspn(word, BLANKS);

	*rest = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static char *blanks_skip(char *text)
{
	return text + strspn(text, BLANKS);
}

static void end_expect(struct parser *p, char *rest)
{
	rest = blanks_skip(rest);
	if (*rest)
		fail(p, "'%s' is too much", rest);
}

/* What a variable holds is known when it runs. */
static bool is_literal(const char *text)
{
	return !strchr(text, '{');
}

static void numbers_check(struct parser *p, const char *imsi, const char *msisdn)
{
	const struct script *s = p->script;
	size_t i;

	if (*imsi == '\0' || (msisdn && *msisdn == '\0'))
		fail(p, "digits are missing");
	else if (is_literal(imsi) && !line_imsi_is_one(imsi))
		fail(p, "'%s' is not an IMSI: 6 to 15 digits", imsi);
	else if (msisdn && is_literal(msisdn) && !number_is_e164(msisdn))
		fail(p, "'%s' is not an MSISDN: 7 to 15 digits with the country code, no '+'",
		     msisdn);
	for (i = 0; i < s->n_steps && is_literal(imsi); i++)
		if (s->steps[i].kind == STEP_PHONE && strcmp(s->steps[i].args[0], imsi) == 0)
			fail(p, "phone '%s' has this IMSI already", s->phones[s->steps[i].phone]);
}

static void phone_parse(struct parser *p, char *rest)
{
	static const char *const reserved[] = {
		"phone", "let", "timeout", "test", "wait", "shell"
	};
	struct script *s = p->script;
	const char *name = word_take(&rest), *key, *imsi, *msisdn = NULL;
	struct script_step *step;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reserved); i++)
		if (strcmp(name, reserved[i]) == 0)
			fail(p, "'%s' cannot be the name of a phone", name);
	if (!script_name_is_one(name))
		fail(p, "'%s' is not a name: small letter, then small letters, digits and '_'",
		     name);
	else if (phone_find(s, name) >= 0)
		fail(p, "there is a phone '%s' already", name);
	else if (s->n_phones == SCRIPT_PHONES_MAX)
		fail(p, "more than %d phones", SCRIPT_PHONES_MAX);
	if (strcmp(word_take(&rest), "imsi") != 0)
		fail(p, "phone NAME imsi DIGITS [msisdn DIGITS]");
	imsi = word_take(&rest);
	key = word_take(&rest);
	if (*key) {
		msisdn = word_take(&rest);
		if (strcmp(key, "msisdn") != 0)
			fail(p, "'%s' instead of msisdn", key);
	}
	end_expect(p, rest);
	numbers_check(p, imsi, msisdn);
	if (p->failed)
		return;
	step = step_add(p, STEP_PHONE, s->n_phones);
	if (!step)
		return;
	OSMO_STRLCPY_ARRAY(s->phones[s->n_phones], name);
	s->n_phones++;
	step->args[0] = talloc_strdup(s, imsi);
	step->args[1] = msisdn ? talloc_strdup(s, msisdn) : NULL;
}

static void let_parse(struct parser *p, char *rest)
{
	const char *name = word_take(&rest);
	struct script_step *step;

	rest = blanks_skip(rest);
	if (!script_name_is_one(name) || *rest != '=') {
		fail(p, "let NAME = VALUE");
		return;
	}
	step = step_add(p, STEP_LET, -1);
	if (!step)
		return;
	step->args[0] = talloc_strdup(p->script, name);
	step->args[1] = talloc_strdup(p->script, blanks_skip(rest + 1));
}

static void duration_step_parse(struct parser *p, enum script_step_kind kind, int phone, char *rest)
{
	const char *word = word_take(&rest);
	struct script_step *step;
	uint32_t ms;

	end_expect(p, rest);
	if (duration_parse(&ms, word) < 0)
		fail(p, "'%s' is not a time like 200ms or 5s", word);
	step = p->failed ? NULL : step_add(p, kind, phone);
	if (step)
		step->ms = ms;
}

/* A text that may go on in the lines below. */
static void text_step_parse(struct parser *p, enum script_step_kind kind, int phone, char *rest)
{
	struct script_step *step = step_add(p, kind, phone);

	if (!step)
		return;
	if (*rest == ' ')
		rest++;
	step->text = talloc_strdup(p->script, rest);
	p->continuing = kind != STEP_DIAL && kind != STEP_FAILURE && kind != STEP_SMS_FAILURE;
	p->empty_text = *rest == '\0';
	if (!p->continuing && p->empty_text)
		fail(p, "a text is missing");
}

static void continuation_parse(struct parser *p, char *rest)
{
	struct script_step *step;

	if (!p->continuing) {
		fail(p, "'|' goes on with a text, but there is none above");
		return;
	}
	step = &p->script->steps[p->script->n_steps - 1];
	if (*rest == ' ')
		rest++;
	step->text = p->empty_text ? talloc_strdup(p->script, rest)
				   : talloc_asprintf(p->script, "%s\n%s", step->text, rest);
	p->empty_text = false;
	step->n_lines++;
}

static void transfer_parse(struct parser *p, int phone, char *rest)
{
	const char *value = word_take(&rest), *to = word_take(&rest), *key;
	const char *reference = NULL, *url = NULL;
	struct script_step *step;

	while (*(key = word_take(&rest))) {
		const char **slot = strcmp(key, "reference") == 0  ? &reference
				    : strcmp(key, "shop-url") == 0 ? &url
								   : NULL;

		if (!slot) {
			fail(p, "'%s' instead of reference or shop-url", key);
			return;
		}
		*slot = word_take(&rest);
		if (**slot == '\0')
			fail(p, "what is the %s?", key);
	}
	if (*value == '\0' || *to == '\0')
		fail(p, "transfer VALUE TO [reference TEXT] [shop-url URL]");
	step = p->failed ? NULL : step_add(p, STEP_TRANSFER, phone);
	if (!step)
		return;
	step->args[0] = talloc_strdup(p->script, value);
	step->args[1] = talloc_strdup(p->script, to);
	step->args[2] = reference ? talloc_strdup(p->script, reference) : NULL;
	step->args[3] = url ? talloc_strdup(p->script, url) : NULL;
}

static void wallet_parse(struct parser *p, int phone, char *rest)
{
	const char *value = word_take(&rest), *state = word_take(&rest);
	struct script_step *step;

	end_expect(p, rest);
	if (strcmp(state, "absent") != 0 && wallet_state_by_name(state) < 0)
		fail(p, "wallet VALUE received|handed-over|confirmed|refused|absent");
	step = p->failed ? NULL : step_add(p, STEP_WALLET, phone);
	if (!step)
		return;
	step->args[0] = talloc_strdup(p->script, value);
	step->args[1] = talloc_strdup(p->script, state);
}

/* "> TEXT", "NUMBER> TEXT", "< TEXT", "NUMBER< TEXT" and "~ FAILURE". */
static void sms_parse(struct parser *p, int phone, char *rest)
{
	char *sign = rest + strcspn(rest, "<>~"), kind = *sign;
	struct script_step *step;
	const char *number;

	if (kind == '\0') {
		fail(p, "sms [NUMBER]> TEXT, sms [NUMBER]< TEXT or sms~ FAILURE");
		return;
	}
	*sign = '\0';
	number = word_take(&rest);
	end_expect(p, rest);
	if (kind == '~' && *number)
		fail(p, "sms~ has no number");
	else if (is_literal(number) && number[strspn(number, "+0123456789*#")])
		fail(p, "'%s' is not a number", number);
	if (p->failed)
		return;
	text_step_parse(p,
			kind == '>'   ? STEP_SMS
			: kind == '<' ? STEP_SMS_TEXT
				      : STEP_SMS_FAILURE,
			phone, sign + 1);
	if (p->failed || !*number)
		return;
	step = &p->script->steps[p->script->n_steps - 1];
	step->args[0] = talloc_strdup(p->script, number);
}

static void verb_parse(struct parser *p, int phone, char *rest)
{
	const char *verb = word_take(&rest);

	if (strcmp(verb, "hangup") == 0) {
		end_expect(p, rest);
		step_add(p, STEP_HANGUP, phone);
	} else if (strcmp(verb, "quiet") == 0) {
		duration_step_parse(p, STEP_QUIET, phone, rest);
	} else if (strcmp(verb, "transfer") == 0) {
		transfer_parse(p, phone, rest);
	} else if (strcmp(verb, "wallet") == 0) {
		wallet_parse(p, phone, rest);
	} else {
		fail(p,
		     "a phone can '>', '<', '=', '!', '~', sms, hangup, quiet, transfer and "
		     "wallet, not '%s'",
		     verb);
	}
}

static void phone_step_parse(struct parser *p, int phone, char *rest)
{
	static const struct {
		char sign;
		enum script_step_kind kind;
	} signs[] = { { '>', STEP_DIAL },
		      { '<', STEP_QUESTION },
		      { '=', STEP_FINAL },
		      { '!', STEP_PUSH },
		      { '~', STEP_FAILURE } };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signs); i++) {
		if (*rest == signs[i].sign) {
			text_step_parse(p, signs[i].kind, phone, rest + 1);
			return;
		}
	}
	rest = blanks_skip(rest);
	if (strncmp(rest, "sms", 3) == 0 && rest[3] && strchr(BLANKS "<>~", rest[3]))
		sms_parse(p, phone, rest + 3);
	else
		verb_parse(p, phone, rest);
}

static void line_parse(struct parser *p, char *line)
{
	char *rest = line + strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789_");
	char *name = talloc_strndup(p->script, line, rest - line);

	if (*line == '|') {
		continuation_parse(p, line + 1);
		return;
	}
	p->continuing = false;
	if (*line == '\0' || *line == '#')
		return;
	if (strcmp(name, "phone") == 0)
		phone_parse(p, rest);
	else if (strcmp(name, "let") == 0)
		let_parse(p, rest);
	else if (strcmp(name, "timeout") == 0)
		duration_step_parse(p, STEP_TIMEOUT, -1, rest);
	else if (strcmp(name, "test") == 0)
		test_add(p, blanks_skip(rest), p->line);
	else if (strcmp(name, "wait") == 0)
		duration_step_parse(p, STEP_WAIT, -1, rest);
	else if (strcmp(name, "shell") == 0)
		text_step_parse(p, *rest == '=' ? STEP_SHELL_OUTPUT : STEP_SHELL, -1,
				rest + (*rest == '='));
	else if (phone_find(p->script, name) >= 0)
		phone_step_parse(p, phone_find(p->script, name), rest);
	else if (*name)
		fail(p, "there is no phone '%s'", name);
	else
		fail(p, "a line begins with a word, '|' or '#'");
}

/* Blanks at the end of a line are never meant. */
static void line_trim(char *line)
{
	size_t len = strlen(line);

	while (len > 0 && strchr(BLANKS "\r", line[len - 1]))
		line[--len] = '\0';
}

/* What can be known to be wrong before anything is run. */
static void texts_check(struct parser *p)
{
	const struct script *s = p->script;
	char why[SCRIPT_WHY_SIZE];
	size_t i;

	for (i = 0; i < s->n_steps && !p->failed; i++) {
		const struct script_step *step = &s->steps[i];

		p->line = step->line;
		if (step->text && step->kind != STEP_SHELL &&
		    !script_pattern_is_one(step->text, why))
			fail(p, "%.200s", why);
	}
}

struct script *script_parse(void *ctx, const char *path, const char *content, size_t len,
			    struct script_error *error)
{
	struct script *s = talloc_zero(ctx, struct script);
	struct parser p = { .script = s, .error = error };
	char *copy, *line, *next;

	OSMO_ASSERT(s);
	s->path = talloc_strdup(s, path);
	s->content = talloc_strndup(s, content, len);
	test_add(&p, path, 0);
	if (strlen(content) != len)
		fail(&p, "a NUL octet in a text file");
	copy = talloc_strdup(s, content);
	for (line = copy; line && !p.failed; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		p.line++;
		line_trim(line);
		line_parse(&p, line);
	}
	talloc_free(copy);
	texts_check(&p);
	if (!p.failed)
		return s;
	talloc_free(s);
	return NULL;
}
