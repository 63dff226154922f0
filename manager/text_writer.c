/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/text_writer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/utils.h>

#include "lib/value_id.h"
#include "lib/wall_clock.h"

void writer_begin(struct text_writer *w, const struct text_style *style, char *out, size_t size)
{
	*w = (struct text_writer){ .style = *style, .out = out, .size = size };
	out[0] = '\0';
}

static void add(struct text_writer *w, const char *text, const struct text_var *vars)
{
	if (w->len + 2 >= w->size)
		return;
	if (w->len > 0)
		w->out[w->len++] = '\n';
	w->len += text_render(w->out + w->len, w->size - w->len, text, vars);
}

void writer_add(struct text_writer *w, enum text_id id, const struct text_var *vars)
{
	add(w, language_text(w->style.language, id), vars);
}

void writer_line(struct text_writer *w, const char *line)
{
	add(w, "{line}", VARS({ "line", line }));
}

void writer_outcome(struct text_writer *w, enum outcome outcome)
{
	writer_add(w, catalogue_outcome_text(outcome), NULL);
}

char *style_money(char buf[MONEY_STR_SIZE], const struct text_style *style, int64_t amount_minor,
		  const char *currency)
{
	const char *text = language_currency(style->language, currency);
	char amount[AMOUNT_STR_SIZE];

	amount_format(amount, amount_minor, currency);
	if (currency[0] == '\0')
		/* A request that was refused before its currency was known. */
		osmo_strlcpy(buf, "-", MONEY_STR_SIZE);
	else if (text)
		text_render(buf, MONEY_STR_SIZE, text, VARS({ "amount", amount }));
	else
		snprintf(buf, MONEY_STR_SIZE, "%s %s", amount, currency);
	return buf;
}

static bool time_of_day(struct tm *tm, const struct text_style *style, int64_t at)
{
	time_t t = at;

	if (style->local_time)
		return localtime_r(&t, tm) != NULL;
	t += style->offset_s;
	return gmtime_r(&t, tm) != NULL;
}

char *style_moment(char buf[MOMENT_STR_SIZE], const struct text_style *style, enum text_id format,
		   int64_t at)
{
	struct tm tm;

	/* What strftime() leaves behind where it does not fit is not defined. */
	if (!time_of_day(&tm, style, at) ||
	    strftime(buf, MOMENT_STR_SIZE, language_text(style->language, format), &tm) == 0)
		buf[0] = '\0';
	return buf;
}

char *style_when(char buf[MOMENT_STR_SIZE], const struct text_style *style, int64_t at)
{
	struct tm then, now;
	bool today = time_of_day(&then, style, at) && time_of_day(&now, style, wall_clock_s()) &&
		     then.tm_year == now.tm_year && then.tm_yday == now.tm_yday;

	return style_moment(buf, style, today ? TEXT_FORMAT_TIME : TEXT_FORMAT_MOMENT, at);
}

char *tail_format(char buf[TAIL_STR_SIZE], int64_t value_id)
{
	char digits[VALUE_ID_STR_SIZE];

	value_id_format(digits, value_id);
	memcpy(buf, digits + VALUE_ID_DIGITS - (TAIL_STR_SIZE - 1), TAIL_STR_SIZE);
	return buf;
}

char *number_international(char buf[NUMBER_SIZE + 1], const char *number)
{
	buf[0] = '+';
	osmo_strlcpy(buf + 1, number, NUMBER_SIZE);
	return buf;
}

char *peer_format(char buf[PEER_STR_SIZE], const char *address, const char *name)
{
	if (number_is_e164(address))
		number_international(buf, address);
	else if (name[0])
		snprintf(buf, PEER_STR_SIZE, "%s (%s)", name, address);
	else
		snprintf(buf, PEER_STR_SIZE, "%s", address);
	return buf;
}

enum text_id state_text(int state, int64_t expires_at)
{
	switch (state) {
	case VALUE_STATE_PENDING:
		return TEXT_VALUE_STATE_PENDING;
	case VALUE_STATE_ACTIVE:
		return expires_at != 0 && expires_at <= wall_clock_s() ? TEXT_VALUE_STATE_EXPIRED
								       : TEXT_VALUE_STATE_ACTIVE;
	case VALUE_STATE_RESERVED:
		return TEXT_VALUE_STATE_RESERVED;
	case VALUE_STATE_CONVERTED:
		return TEXT_VALUE_STATE_CONVERTED;
	case VALUE_STATE_EXPIRED:
		return TEXT_VALUE_STATE_EXPIRED;
	default:
		return TEXT_VALUE_STATE_REVOKED;
	}
}
