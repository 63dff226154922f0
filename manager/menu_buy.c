/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/menu_buy.h"

#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/value_id.h"
#include "manager/answer_text.h"
#include "manager/dialogue_text.h"
#include "manager/menu_log.h"
#include "manager/menu_nav.h"
#include "manager/menu_pin.h"
#include "manager/product.h"

/* --- products -------------------------------------------------------------- */

/* Before they were read nobody can say so. */
static enum outcome not_on_sale(const struct dialogue *d)
{
	return ledger_knows_products(d->ds->ledger) ? OUTCOME_PRODUCT_UNKNOWN : OUTCOME_UNAVAILABLE;
}

static void tell_nothing(struct dialogue *d)
{
	if (ledger_knows_products(d->ds->ledger))
		menu_tell_text(d, TEXT_BUY_NOTHING);
	else
		menu_tell_outcome(d, OUTCOME_UNAVAILABLE);
}

/* The one chosen; NULL, and that was told, where it is not on sale any more. */
static const struct product *chosen(struct dialogue *d)
{
	const struct product *p = product_by_code(d->ds->ledger, d->op.product);

	if (!p)
		menu_tell_outcome(d, not_on_sale(d));
	return p;
}

static void choose(struct dialogue *d, const struct product *p)
{
	memset(&d->op, 0, sizeof(d->op));
	d->op.fee_minor = -1;
	OSMO_STRLCPY_ARRAY(d->op.product, p->code);
	OSMO_STRLCPY_ARRAY(d->op.currency, p->currency);
}

/* What was typed as an amount of this product. */
static enum outcome take_amount(struct dialogue *d, const struct product *p, const char *text)
{
	return product_amount(&d->op.amount_minor, p, text);
}

static void buy_show(struct dialogue *d)
{
	size_t n;
	const struct product *products = ledger_products(d->ds->ledger, &n);
	char place[16];

	if (menu_maintenance(d))
		return;
	if (n == 0) {
		tell_nothing(d);
		return;
	}
	if (n == 1) {
		choose(d, &products[0]);
		menu_replace(d, NODE_BUY_AMOUNT);
		return;
	}
	body_clear(d);
	body_add(d, TEXT_BUY_PRODUCT, NULL);
	for (size_t i = 0; i < n; i++) {
		snprintf(place, sizeof(place), "%u", (unsigned int)i + 1);
		body_add(d, TEXT_BUY_PRODUCT_ITEM,
			 VARS({ "n", place }, { "product", products[i].name }));
	}
	menu_show(d);
}

static void buy_answer(struct dialogue *d, const char *text)
{
	size_t n;
	const struct product *products = ledger_products(d->ds->ledger, &n);
	unsigned int place = menu_position(text, 1, n);

	if (place == 0) {
		menu_again(d, TEXT_MENU_INVALID);
		return;
	}
	choose(d, &products[place - 1]);
	menu_go(d, NODE_BUY_AMOUNT);
}

const struct menu_node menu_buy_node = {
	.name = "buy",
	.foot = TEXT_NAV_BACK,
	.show = buy_show,
	.answer = buy_answer,
};

/* --- amounts --------------------------------------------------------------- */

static void amount_show(struct dialogue *d)
{
	const struct product *p = chosen(d);
	char place[16], amount[MONEY_STR_SIZE];

	if (!p)
		return;
	if (p->n_amounts == 0) {
		menu_replace(d, NODE_BUY_FREE);
		return;
	}
	body_clear(d);
	body_add(d, TEXT_BUY_AMOUNT, NULL);
	for (size_t i = 0; i < p->n_amounts; i++) {
		snprintf(place, sizeof(place), "%u", (unsigned int)i + 1);
		money_format(amount, d, p->amounts_minor[i], p->currency);
		body_add(d, TEXT_BUY_AMOUNT_ITEM, VARS({ "n", place }, { "amount", amount }));
	}
	if (p->max_minor > 0) {
		snprintf(place, sizeof(place), "%u", (unsigned int)p->n_amounts + 1);
		body_add(d, TEXT_BUY_AMOUNT_OTHER, VARS({ "n", place }));
	}
	menu_show(d);
}

/* A place on the list first: what is on the display is what is meant. */
static void amount_answer(struct dialogue *d, const char *text)
{
	const struct product *p = chosen(d);
	unsigned int place;
	enum outcome outcome;

	if (!p)
		return;
	place = menu_position(text, 1, p->n_amounts + (p->max_minor > 0));
	if (place > p->n_amounts) {
		menu_go(d, NODE_BUY_FREE);
		return;
	}
	if (place > 0)
		d->op.amount_minor = p->amounts_minor[place - 1];
	outcome = place > 0 ? OUTCOME_OK : take_amount(d, p, text);
	if (outcome == OUTCOME_OK)
		menu_go(d, NODE_BUY_CONFIRM);
	else
		menu_again(d, catalogue_outcome_text(outcome));
}

const struct menu_node menu_buy_amount_node = {
	.name = "buy:amount",
	.foot = TEXT_NAV_BACK,
	.show = amount_show,
	.answer = amount_answer,
};

static void free_show(struct dialogue *d)
{
	const struct product *p = chosen(d);
	char min[MONEY_STR_SIZE], max[MONEY_STR_SIZE];

	if (!p)
		return;
	money_format(min, d, p->min_minor, p->currency);
	money_format(max, d, p->max_minor, p->currency);
	body_clear(d);
	body_add(d, TEXT_BUY_AMOUNT_FREE, VARS({ "min", min }, { "max", max }));
	menu_show(d);
}

static void free_answer(struct dialogue *d, const char *text)
{
	const struct product *p = chosen(d);
	enum outcome outcome;

	if (!p)
		return;
	outcome = take_amount(d, p, text);
	if (outcome == OUTCOME_OK)
		menu_go(d, NODE_BUY_CONFIRM);
	else
		menu_again(d, catalogue_outcome_text(outcome));
}

const struct menu_node menu_buy_free_node = {
	.name = "buy:free",
	.foot = TEXT_NAV_BACK,
	.show = free_show,
	.answer = free_answer,
};

/* --- doing it -------------------------------------------------------------- */

static void tell_bought(struct dialogue *d, const struct issue_result *r)
{
	char amount[MONEY_STR_SIZE], value[VALUE_ID_GROUPED_SIZE], date[MOMENT_STR_SIZE];

	money_format(amount, d, r->amount_minor, r->currency);
	value_id_format_grouped(value, r->value_id);
	body_clear(d);
	body_add(d, TEXT_BUY_DONE, VARS({ "amount", amount }, { "value", value }));
	if (r->expires_at != 0) {
		moment_format(date, d, TEXT_FORMAT_DATE, r->expires_at);
		body_add(d, TEXT_VALUE_EXPIRES, VARS({ "date", date }));
	}
	d->op.done = true;
	menu_tell(d);
}

static void question_refused(struct dialogue *d, const void *result)
{
	const struct question_result *r = result;

	if (r->outcome != OUTCOME_OK) {
		menu_tell_outcome(d, r->outcome);
		return;
	}
	d->op.question_id = 0;
	menu_replace(d, NODE_BUY_CONFIRM);
}

static void refuse_done(void *data, const struct question_result *result)
{
	dialogue_result(data, question_refused, result);
}

/* At the old price it is bought by nobody any more, by SMS neither. */
static void refuse_question(struct dialogue *d)
{
	struct question_answer_args args = {
		.terminal_id = d->terminal_id,
		.question_id = d->op.question_id,
		.yes = true,
		.refusal = OUTCOME_PRICE_CHANGED,
	};

	OSMO_STRLCPY_ARRAY(args.link, d->link);
	dialogue_wait(d, ledger_question_answer(d->ds->ledger, &args, refuse_done, d));
}

static void issued(struct dialogue *d, const void *result)
{
	const struct issue_result *r = result;

	menu_log_operation(d, OPERATION_ISSUE, r->outcome, r->value_id);
	switch (r->outcome) {
	case OUTCOME_OK:
		tell_bought(d, r);
		break;
	case OUTCOME_REPEAT_SUSPECTED:
		d->op.repeated_at = r->at;
		menu_replace(d, NODE_BUY_AGAIN);
		break;
	case OUTCOME_PRICE_CHANGED:
		d->op.fee_minor = r->fee_minor;
		d->op.price_changed = true;
		if (d->op.question_id != 0)
			refuse_question(d);
		else
			menu_replace(d, NODE_BUY_CONFIRM);
		break;
	case OUTCOME_UNCERTAIN:
		menu_tell_text(d, TEXT_BUY_UNCERTAIN);
		break;
	default:
		menu_tell_outcome(d, r->outcome);
		break;
	}
}

static void issue_done(void *data, const struct issue_result *result)
{
	dialogue_result(data, issued, result);
}

void menu_buy_issue(struct dialogue *d)
{
	struct issue_args args = {
		.terminal_id = d->terminal_id,
		.amount_minor = d->op.amount_minor,
		.fee_minor = d->op.fee_minor,
		.guard_s = d->op.unguarded ? 0 : d->ds->settings.repeat_guard_s,
	};

	if (menu_maintenance(d))
		return;
	/* A new id each time that it was agreed to: what was refused is no first answer.  A
	 * question has its own, however often it is answered. */
	if (d->op.question_id == 0 && request_id_mint(&d->op.request_id) < 0) {
		menu_tell_outcome(d, OUTCOME_UNAVAILABLE);
		return;
	}
	args.request_id = d->op.request_id;
	OSMO_STRLCPY_ARRAY(args.product, d->op.product);
	OSMO_STRLCPY_ARRAY(args.link, d->link);
	dialogue_wait_operation(d, ledger_issue(d->ds->ledger, &args, issue_done, d));
}

static void confirm_show(struct dialogue *d)
{
	const struct product *p = chosen(d);
	struct text_writer w;

	if (!p || menu_maintenance(d))
		return;
	if (d->op.price_changed)
		d->notice = catalogue_outcome_text(OUTCOME_PRICE_CHANGED);
	else
		d->op.fee_minor = product_fee(p, d->op.amount_minor);
	d->op.price_changed = false;
	body_clear(d);
	w = body_writer(d);
	answer_buy_question(&w, d->ds->ledger, p, d->op.amount_minor, d->op.fee_minor);
	body_written(d, &w);
	menu_show(d);
}

/* Agreed to, but for a PIN. */
static void buy(struct dialogue *d)
{
	const struct product *p = chosen(d);

	if (p)
		menu_pin_then(d, product_needs_pin(p, d->op.amount_minor), menu_buy_issue);
}

static void confirm_yes(struct dialogue *d, const char *text)
{
	buy(d);
}

static void again_show(struct dialogue *d)
{
	char amount[MONEY_STR_SIZE], time[MOMENT_STR_SIZE];

	dialogues_count(d->ds, DIALOGUE_CTR_REPEAT_ASKED);
	money_format(amount, d, d->op.amount_minor, d->op.currency);
	when_format(time, d, d->op.repeated_at);
	body_clear(d);
	body_add(d, TEXT_BUY_AGAIN, VARS({ "amount", amount }, { "time", time }));
	menu_show(d);
}

static void again_yes(struct dialogue *d, const char *text)
{
	d->op.unguarded = true;
	buy(d);
}

static void decline(struct dialogue *d)
{
	menu_tell_text(d, TEXT_BUY_DECLINED);
}

const struct menu_node menu_buy_confirm_node = {
	.name = "buy:confirm",
	.foot = TEXT_NAV_CONFIRM,
	.question = true,
	.waits = true,
	.show = confirm_show,
	.answer = confirm_yes,
	.no = decline,
};

const struct menu_node menu_buy_again_node = {
	.name = "buy:again",
	.foot = TEXT_NAV_CONFIRM,
	.question = true,
	.waits = true,
	.show = again_show,
	.answer = again_yes,
	.no = decline,
};

/* --- *188*1*amount# -------------------------------------------------------- */

void menu_buy_code(struct dialogue *d)
{
	const struct product *p = product_default(d->ds->ledger, d->ds->settings.default_product);
	enum outcome outcome;

	if (d->code.n_fields == 0) {
		menu_go(d, NODE_BUY);
		return;
	}
	if (menu_maintenance(d))
		return;
	if (!p) {
		tell_nothing(d);
		return;
	}
	choose(d, p);
	outcome = take_amount(d, p, d->code.fields[0]);
	if (outcome != OUTCOME_OK)
		menu_tell_outcome(d, outcome);
	else if (d->ds->settings.confirm_oneshot)
		menu_go(d, NODE_BUY_CONFIRM);
	else
		buy(d);
}
