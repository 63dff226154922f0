/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_field.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "gateway/bearer.h"

static bool alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 9110 section 5.6.2. */
static const bool token_chars[256] = {
	['a' ... 'z'] = true,  ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['!'] = true,
	['#' ... '\''] = true, ['*'] = true,	     ['+'] = true,	   ['-'] = true,
	['.'] = true,	       ['^' ... '`'] = true, ['|'] = true,	   ['~'] = true,
};

static const char *skip_blank(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

bool http_field_name_valid(const char *name)
{
	const char *p;

	for (p = name; token_chars[(unsigned char)*p];)
		p++;
	return p > name && !*p;
}

bool http_field_value_valid(const char *value)
{
	/* RFC 9110 section 5.5. */
	static const bool field_chars[256] = {
		['\t'] = true,
		[' ' ... '~'] = true,
		[0x80 ... 0xff] = true,
	};
	const char *p;

	for (p = value; field_chars[(unsigned char)*p];)
		p++;
	return !*p;
}

/* Steps over a word, without regard to case; NULL where something else stands there. */
static const char *expect_word(const char *p, const char *word)
{
	size_t len = strlen(word);

	return strncasecmp(p, word, len) == 0 ? p + len : NULL;
}

bool http_content_type_is_json(const char *value)
{
	const char *p;

	if (!value || !(p = expect_word(value, "application/json")))
		return false;
	p = skip_blank(p);
	if (!*p)
		return true;
	if (*p != ';' || !(p = expect_word(skip_blank(p + 1), "charset=")))
		return false;
	if (*p == '"')
		p = expect_word(p, "\"utf-8\"");
	else
		p = expect_word(p, "utf-8");
	return p && !*skip_blank(p);
}

/* "q=0", "q=0.0", "q=0.000": not acceptable. */
static bool weight_is_zero(const char *p)
{
	if (!(p = expect_word(p, "q=")) || *p++ != '0')
		return false;
	if (*p == '.')
		for (p++; *p == '0';)
			p++;
	return !alnum(*p);
}

/* Where this list element ends; *zero: does it have a weight of zero? */
static const char *accept_element_end(const char *p, bool *zero)
{
	bool quoted = false;

	*zero = false;
	for (; *p && (quoted || *p != ','); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\\' && quoted && p[1])
			p++;
		else if (*p == ';' && !quoted && weight_is_zero(skip_blank(p + 1)))
			*zero = true;
	}
	return p;
}

/* How closely does the range that begins here name application/json?  0: not at all. */
static int accept_precision(const char *p)
{
	static const char *const ranges[] = { "*/*", "application/*", "application/json" };
	const char *end;
	int i;

	for (i = 2; i >= 0; i--) {
		end = expect_word(p, ranges[i]);
		if (end && (!*skip_blank(end) || strchr(",;", *skip_blank(end))))
			return i + 1;
	}
	return 0;
}

bool http_accept_takes_json(const char *value)
{
	int precision, best = 0;
	bool zero, taken = false;

	if (!value)
		return true;
	while (*value) {
		value = skip_blank(value);
		precision = accept_precision(value);
		value = accept_element_end(value, &zero);
		/* The closest range decides, not the order: RFC 9110 section 12.5.1. */
		if (precision > best || (precision == best && precision && !zero)) {
			best = precision;
			taken = !zero;
		}
		if (*value == ',')
			value++;
	}
	return taken;
}

bool http_request_id_sane(const char *value)
{
	const char *p;

	if (!value)
		return false;
	for (p = value; alnum(*p) || (*p && strchr("._-:/", *p));)
		p++;
	return p > value && !*p && p - value < HTTP_REQUEST_ID_SIZE && !strstr(value, BEARER_MARK);
}

/* len lower case hexadecimal digits, not all of them '0'. */
static bool hex_nonzero(const char *p, size_t len)
{
	return strspn(p, "0123456789abcdef") == len && strspn(p, "0") < len;
}

bool http_traceparent_valid(const char *value)
{
	/* version "-" trace-id (32) "-" parent-id (16) "-" trace-flags (2) */
	if (!value || strlen(value) != HTTP_TRACEPARENT_LEN)
		return false;
	return strncmp(value, "00-", 3) == 0 && hex_nonzero(value + 3, 32) && value[35] == '-' &&
	       hex_nonzero(value + 36, 16) && value[52] == '-' &&
	       strspn(value + 53, "0123456789abcdef") == 2;
}
