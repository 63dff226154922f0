/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/dialogue_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/utils.h>

#include "lib/value_id.h"
#include "lib/wall_clock.h"

void body_clear(struct dialogue *d)
{
	d->body_len = 0;
	d->body[0] = '\0';
}

static void add(struct dialogue *d, char separator, const char *text, const struct text_var *vars)
{
	if ((size_t)d->body_len + 2 >= sizeof(d->body))
		return;
	if (d->body_len > 0)
		d->body[d->body_len++] = separator;
	d->body_len +=
		text_render(d->body + d->body_len, sizeof(d->body) - d->body_len, text, vars);
}

void body_add(struct dialogue *d, enum text_id id, const struct text_var *vars)
{
	add(d, '\n', language_text(dialogue_language(d), id), vars);
}

void body_append(struct dialogue *d, enum text_id id, const struct text_var *vars)
{
	add(d, ' ', language_text(dialogue_language(d), id), vars);
}

void body_set(struct dialogue *d, const char *text)
{
	d->body_len = osmo_strlcpy(d->body, text, sizeof(d->body));
	if (d->body_len >= sizeof(d->body))
		d->body_len = sizeof(d->body) - 1;
}

void body_outcome(struct dialogue *d, enum outcome outcome)
{
	body_add(d, catalogue_outcome_text(outcome), NULL);
}

void body_prepend(struct dialogue *d, const char *text, char separator)
{
	size_t len = strlen(text);

	if (len + 1 + d->body_len >= sizeof(d->body))
		return;
	memmove(d->body + len + 1, d->body, d->body_len + 1);
	memcpy(d->body, text, len);
	d->body[len] = separator;
	d->body_len += len + 1;
}

char *money_format(char buf[MONEY_STR_SIZE], const struct dialogue *d, int64_t amount_minor,
		   const char *currency)
{
	const char *text = language_currency(dialogue_language(d), currency);
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

static bool time_of_day(struct tm *tm, const struct dialogue *d, int64_t at)
{
	const struct dialogue_settings *s = &d->ds->settings;
	time_t t = at;

	if (s->clock == DIALOGUE_CLOCK_LOCAL)
		return localtime_r(&t, tm) != NULL;
	t += s->clock_offset_s;
	return gmtime_r(&t, tm) != NULL;
}

char *moment_format(char buf[MOMENT_STR_SIZE], const struct dialogue *d, enum text_id format,
		    int64_t at)
{
	struct tm tm;

	/* What strftime() leaves behind where it does not fit is not defined. */
	if (!time_of_day(&tm, d, at) ||
	    strftime(buf, MOMENT_STR_SIZE, language_text(dialogue_language(d), format), &tm) == 0)
		buf[0] = '\0';
	return buf;
}

char *when_format(char buf[MOMENT_STR_SIZE], const struct dialogue *d, int64_t at)
{
	struct tm then, now;
	bool today = time_of_day(&then, d, at) && time_of_day(&now, d, wall_clock_s()) &&
		     then.tm_year == now.tm_year && then.tm_yday == now.tm_yday;

	return moment_format(buf, d, today ? TEXT_FORMAT_TIME : TEXT_FORMAT_MOMENT, at);
}

char *tail_format(char buf[TAIL_STR_SIZE], int64_t value_id)
{
	char digits[VALUE_ID_STR_SIZE];

	value_id_format(digits, value_id);
	memcpy(buf, digits + VALUE_ID_DIGITS - (TAIL_STR_SIZE - 1), TAIL_STR_SIZE);
	return buf;
}

char *peer_format(char buf[PEER_STR_SIZE], const char *address, const char *name)
{
	if (number_is_e164(address))
		snprintf(buf, PEER_STR_SIZE, "+%s", address);
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
