/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/dialogue_text.h"

#include <string.h>

#include <osmocom/core/utils.h>

static struct text_style dialogue_style(const struct dialogue *d)
{
	return dialogues_style(d->ds, d->language);
}

struct text_writer body_writer(struct dialogue *d)
{
	return (struct text_writer){
		.style = dialogue_style(d),
		.out = d->body,
		.size = sizeof(d->body),
		.len = d->body_len,
	};
}

void body_written(struct dialogue *d, const struct text_writer *w)
{
	d->body_len = w->len;
}

void body_clear(struct dialogue *d)
{
	d->body_len = 0;
	d->body[0] = '\0';
}

void body_add(struct dialogue *d, enum text_id id, const struct text_var *vars)
{
	struct text_writer w = body_writer(d);

	writer_add(&w, id, vars);
	body_written(d, &w);
}

void body_set(struct dialogue *d, const char *text)
{
	d->body_len = osmo_strlcpy(d->body, text, sizeof(d->body));
	if (d->body_len >= sizeof(d->body))
		d->body_len = sizeof(d->body) - 1;
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
	const struct text_style style = dialogue_style(d);

	return style_money(buf, &style, amount_minor, currency);
}

char *moment_format(char buf[MOMENT_STR_SIZE], const struct dialogue *d, enum text_id format,
		    int64_t at)
{
	const struct text_style style = dialogue_style(d);

	return style_moment(buf, &style, format, at);
}

char *when_format(char buf[MOMENT_STR_SIZE], const struct dialogue *d, int64_t at)
{
	const struct text_style style = dialogue_style(d);

	return style_when(buf, &style, at);
}
