/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/outbox_text.h"

#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/value_id.h"

static const enum text_id receipts[] = {
	TEXT_RECEIPT_BOUGHT,   TEXT_RECEIPT_SENT,    TEXT_RECEIPT_PAID,
	TEXT_RECEIPT_RECEIVED, TEXT_RECEIPT_REFUSED,
};

static void receipt_write(struct text_writer *w, enum text_id id, const struct outbox_message *m)
{
	char time[MOMENT_STR_SIZE], amount[MONEY_STR_SIZE], value[VALUE_ID_GROUPED_SIZE];
	char peer[PEER_STR_SIZE], date[MOMENT_STR_SIZE];

	style_when(time, &w->style, m->at);
	style_money(amount, &w->style, m->amount_minor, m->currency);
	value_id_format_grouped(value, m->value_id);
	peer_format(peer, m->peer, m->peer_name);
	writer_add(w, id,
		   VARS({ "time", time }, { "amount", amount }, { "value", value },
			{ "peer", peer }));
	if (m->expires_at == 0 || id == TEXT_RECEIPT_REFUSED)
		return;
	style_moment(date, &w->style, TEXT_FORMAT_DATE, m->expires_at);
	writer_add(w, TEXT_VALUE_EXPIRES, VARS({ "date", date }));
}

size_t outbox_text(char *out, size_t size, const struct text_style *style,
		   const struct outbox_message *m)
{
	struct text_writer w;
	size_t i;

	if (m->text[0])
		return OSMO_MIN(osmo_strlcpy(out, m->text, size), size - 1);
	writer_begin(&w, style, out, size);
	for (i = 0; i < ARRAY_SIZE(receipts); i++)
		if (strcmp(catalogue_key(receipts[i]), m->text_key) == 0)
			receipt_write(&w, receipts[i], m);
	return w.len;
}
