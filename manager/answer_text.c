/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/answer_text.h"

#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/value_id.h"
#include "manager/product.h"

/* --- questions --------------------------------------------------------------- */

void answer_buy_question(struct text_writer *w, const struct ledger *l, const struct product *p,
			 int64_t amount_minor, int64_t fee_minor)
{
	char amount[MONEY_STR_SIZE], fee[MONEY_STR_SIZE], total[MONEY_STR_SIZE];
	size_t n;

	style_money(amount, &w->style, amount_minor, p->currency);
	style_money(fee, &w->style, fee_minor, p->currency);
	style_money(total, &w->style, amount_minor + fee_minor, p->currency);
	ledger_products(l, &n);
	if (n > 1)
		writer_line(w, p->name);
	writer_add(w, TEXT_BUY_CONFIRM,
		   VARS({ "amount", amount }, { "fee", fee }, { "total", total }));
}

void answer_transfer(struct text_writer *w, enum text_id to_phone, enum text_id to_shop,
		     const struct answer_transfer *t)
{
	char amount[MONEY_STR_SIZE], number[NUMBER_SIZE + 1], time[MOMENT_STR_SIZE] = "";

	style_money(amount, &w->style, t->amount_minor, t->currency);
	number_international(number, t->transferee);
	if (t->at != 0)
		style_when(time, &w->style, t->at);
	writer_add(w, t->to_shop ? to_shop : to_phone,
		   VARS({ "amount", amount }, { "number", number }, { "name", t->transferee_name },
			{ "shop", t->transferee }, { "value", t->value }, { "time", time }));
}

void answer_reference(struct text_writer *w, const char *reference)
{
	if (reference[0])
		writer_add(w, TEXT_PAY_CONFIRM_REFERENCE, VARS({ "reference", reference }));
}

void answer_subject(struct text_writer *w, const struct ledger *l, const struct question_subject *s,
		    const char *transferee_name)
{
	const struct product *p = product_by_code(l, s->product);
	const struct answer_transfer t = {
		.amount_minor = s->amount_minor,
		.currency = s->currency,
		.transferee = s->transferee,
		.transferee_name = transferee_name,
		.to_shop = number_is_shop(s->transferee),
		.value = "",
	};

	if (s->kind == QUESTION_TRANSFER) {
		answer_transfer(w, TEXT_SEND_CONFIRM, TEXT_PAY_CONFIRM, &t);
		answer_reference(w, s->reference);
	} else if (p) {
		answer_buy_question(w, l, p, s->amount_minor, s->fee_minor);
	} else {
		writer_outcome(w, OUTCOME_PRODUCT_UNKNOWN);
	}
}

/* --- what changes nothing ------------------------------------------------------ */

void answer_owner(struct text_writer *w, const struct check_item *item)
{
	enum text_id state = state_text(item->state, item->expires_at);
	char amount[MONEY_STR_SIZE], date[MOMENT_STR_SIZE];

	style_money(amount, &w->style, item->amount_minor, item->currency);
	writer_add(w, TEXT_CHECK_YES,
		   VARS({ "amount", amount },
			{ "state", language_text(w->style.language, state) }));
	if (item->expires_at != 0) {
		style_moment(date, &w->style, TEXT_FORMAT_DATE, item->expires_at);
		writer_add(w, TEXT_VALUE_EXPIRES, VARS({ "date", date }));
	}
}

static void add_balance(struct text_writer *w, const struct balance_item *item)
{
	char balance[MONEY_STR_SIZE], limit[MONEY_STR_SIZE], held[MONEY_STR_SIZE], count[24];

	style_money(balance, &w->style, item->balance_minor, item->currency);
	style_money(limit, &w->style, item->credit_minor, item->currency);
	style_money(held, &w->style, item->held_minor, item->currency);
	snprintf(count, sizeof(count), "%lld", (long long)item->held_count);
	if (item->postpaid)
		writer_add(w, TEXT_BALANCE_POSTPAID, VARS({ "used", balance }, { "limit", limit }));
	else
		writer_add(w, TEXT_BALANCE_PREPAID, VARS({ "balance", balance }));
	if (item->held_count > 0)
		writer_add(w, TEXT_BALANCE_HELD, VARS({ "amount", held }, { "count", count }));
}

/* An account in a currency that the subscriber has nothing to do with. */
static bool is_idle(const struct balance_item *item)
{
	return !item->postpaid && item->balance_minor == 0 && item->held_count == 0;
}

void answer_balance(struct text_writer *w, const struct balance_result *r)
{
	bool none = true;

	for (size_t i = 0; i < r->n_items; i++) {
		if (is_idle(&r->items[i]))
			continue;
		add_balance(w, &r->items[i]);
		none = false;
	}
	if (none && r->n_items > 0)
		add_balance(w, &r->items[0]);
	else if (none)
		writer_add(w, TEXT_BALANCE_NONE, NULL);
}

static enum text_id record_text(const struct operation_record *r)
{
	if (r->outcome == OUTCOME_PENDING)
		return TEXT_HISTORY_PENDING;
	if (r->outcome != OUTCOME_OK)
		return TEXT_HISTORY_REFUSED;
	return r->operation == OPERATION_ISSUE ? TEXT_HISTORY_BOUGHT : TEXT_HISTORY_SENT;
}

static void add_record(struct text_writer *w, const struct operation_record *r)
{
	char time[MOMENT_STR_SIZE], amount[MONEY_STR_SIZE], tail[TAIL_STR_SIZE];
	char peer[PEER_STR_SIZE];

	style_when(time, &w->style, r->at);
	style_money(amount, &w->style, r->amount_minor, r->currency);
	tail_format(tail, r->value_id);
	peer_format(peer, r->peer, r->peer_name);
	writer_add(w, record_text(r),
		   VARS({ "time", time }, { "amount", amount }, { "tail", tail },
			{ "peer", peer }));
}

void answer_history(struct text_writer *w, const struct history_result *r, size_t max)
{
	for (size_t i = 0; i < r->n_items && i < max; i++)
		add_record(w, &r->items[i]);
	if (r->n_items == 0)
		writer_add(w, TEXT_HISTORY_NONE, NULL);
}

void answer_value(struct text_writer *w, const struct list_item *item)
{
	enum text_id state = state_text(item->state, item->expires_at);
	char amount[MONEY_STR_SIZE], value[VALUE_ID_GROUPED_SIZE];

	style_money(amount, &w->style, item->amount_minor, item->currency);
	value_id_format_grouped(value, item->value_id);
	writer_add(w, state == TEXT_VALUE_STATE_ACTIVE ? TEXT_LIST_ENTRY : TEXT_LIST_ENTRY_STATE,
		   VARS({ "amount", amount }, { "value", value },
			{ "state", language_text(w->style.language, state) }));
}
