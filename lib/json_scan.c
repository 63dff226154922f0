/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/json_scan.h"

#include <errno.h>
#include <string.h>

#include "lib/hex.h"
#include "lib/utf8.h"

#define CONTROL_MAX 0x1f

static int fault(struct json_scan *s, enum json_fault_kind kind)
{
	s->fault = kind;
	return -EBADMSG;
}

int json_scan_peek(struct json_scan *s)
{
	while (s->at < s->len) {
		char c = s->text[s->at];

		if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
			return (unsigned char)c;
		s->at++;
	}
	return -1;
}

int json_scan_octet(struct json_scan *s, char octet)
{
	if (json_scan_peek(s) != octet)
		return fault(s, JSON_FAULT_SYNTAX);
	s->at++;
	return 0;
}

/* --- strings --------------------------------------------------------------- */

/* Four hexadecimal digits at at; the code unit, or -EBADMSG. */
static int take_unit(struct json_scan *s)
{
	int unit = 0;

	for (int i = 0; i < 4; i++) {
		int digit = s->at < s->len ? hex_digit(s->text[s->at]) : -1;

		if (digit < 0)
			return fault(s, JSON_FAULT_SYNTAX);
		unit = unit << 4 | digit;
		s->at++;
	}
	return unit;
}

/* Behind "\u"; begin is where the backslash stands. */
static int take_unicode(struct json_scan *s, size_t begin, char **out)
{
	int unit = take_unit(s), low;
	uint32_t c = (uint32_t)unit;

	if (unit < 0)
		return unit;
	if (unit >= 0xd800 && unit <= 0xdbff && s->len - s->at >= 2 && s->text[s->at] == '\\' &&
	    s->text[s->at + 1] == 'u') {
		s->at += 2;
		low = take_unit(s);
		if (low < 0)
			return low;
		if (low >= 0xdc00 && low <= 0xdfff)
			c = 0x10000 + ((uint32_t)(unit & 0x3ff) << 10 | (uint32_t)(low & 0x3ff));
	}
	if (c == 0 || (c >= 0xd800 && c <= 0xdfff)) {
		s->at = begin;
		return fault(s, JSON_FAULT_UTF8);
	}
	*out += utf8_put(*out, c); /* at most as long as its escape */
	return 0;
}

/* At a backslash. */
static int take_escape(struct json_scan *s, char **out)
{
	static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	size_t begin = s->at++;
	const char *escape;

	if (s->at == s->len)
		return fault(s, JSON_FAULT_SYNTAX);
	if (s->text[s->at] == 'u') {
		s->at++;
		return take_unicode(s, begin, out);
	}
	escape = memchr(escapes, s->text[s->at], sizeof(escapes) - 1);
	if (!escape)
		return fault(s, JSON_FAULT_SYNTAX);
	s->at++;
	*(*out)++ = meanings[escape - escapes];
	return 0;
}

/* At an octet above 0x7f. */
static int take_character(struct json_scan *s, char **out)
{
	uint32_t c;
	int n = utf8_take(&c, s->text + s->at, s->len - s->at);

	if (n < 0)
		return fault(s, JSON_FAULT_UTF8);
	memmove(*out, s->text + s->at, (size_t)n);
	*out += n;
	s->at += (size_t)n;
	return 0;
}

int json_scan_string(struct json_scan *s, struct json_text *text)
{
	char *out = s->text + ++s->at;

	text->octets = out;
	while (s->at < s->len) {
		unsigned char c = (unsigned char)s->text[s->at];
		int rc = 0;

		if (c == '"') {
			s->at++;
			text->len = (size_t)(out - text->octets);
			return 0;
		}
		if (c <= CONTROL_MAX)
			return fault(s, JSON_FAULT_SYNTAX);
		if (c == '\\') {
			rc = take_escape(s, &out);
		} else if (c > 0x7f) {
			rc = take_character(s, &out);
		} else {
			*out++ = (char)c;
			s->at++;
		}
		if (rc < 0)
			return rc;
	}
	return fault(s, JSON_FAULT_SYNTAX);
}

/* --- numbers and literals -------------------------------------------------- */

static bool take_one(struct json_scan *s, const char *of)
{
	if (s->at == s->len || !memchr(of, s->text[s->at], strlen(of)))
		return false;
	s->at++;
	return true;
}

/* At least one digit. */
static int take_digits(struct json_scan *s)
{
	size_t begin = s->at;

	while (take_one(s, "0123456789"))
		;
	return s->at > begin ? 0 : fault(s, JSON_FAULT_SYNTAX);
}

int json_scan_number(struct json_scan *s, struct json_text *out)
{
	size_t begin = s->at;
	int rc = 0;

	take_one(s, "-");
	if (!take_one(s, "0"))
		rc = take_digits(s);
	if (rc == 0 && take_one(s, "."))
		rc = take_digits(s);
	if (rc == 0 && take_one(s, "eE")) {
		take_one(s, "+-");
		rc = take_digits(s);
	}
	out->octets = s->text + begin;
	out->len = s->at - begin;
	return rc;
}

int json_scan_boolean(struct json_scan *s, bool *out)
{
	const char *word = s->text[s->at] == 't' ? "true" : "false";
	size_t n = strlen(word);

	if (s->len - s->at < n || memcmp(s->text + s->at, word, n) != 0)
		return fault(s, JSON_FAULT_SYNTAX);
	*out = word[0] == 't';
	s->at += n;
	return 0;
}
