/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/menu_read.h"

#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/answer_text.h"
#include "manager/dialogue_text.h"
#include "manager/menu_input.h"
#include "manager/menu_nav.h"

/* --- is it mine ------------------------------------------------------------ */

static void check_show(struct dialogue *d)
{
	body_clear(d);
	body_add(d, TEXT_CHECK_ASK, NULL);
	menu_show(d);
}

static void tell_owner(struct dialogue *d, const struct check_item *item)
{
	struct text_writer w;

	body_clear(d);
	w = body_writer(d);
	answer_owner(&w, item);
	body_written(d, &w);
	menu_tell(d);
}

static void checked(struct dialogue *d, const void *result)
{
	const struct check_result *r = result;
	bool owner = r->outcome == OUTCOME_OK && r->n_items == 1 && r->items[0].owner;
	char id[REQUEST_ID_STR_SIZE], address[MASKED_SIZE];

	LOGP(DCHECK, LOGL_INFO, "request %s: by %s over %s: %s\n",
	     request_id_format(id, &d->op.request_id), mask_digits(address, d->address), d->link,
	     r->outcome != OUTCOME_OK ? outcome_name(r->outcome)
	     : owner		      ? "owner"
				      : "not owner");
	if (r->outcome != OUTCOME_OK)
		menu_tell_outcome(d, r->outcome);
	else if (owner)
		tell_owner(d, &r->items[0]);
	else
		menu_tell_outcome(d, OUTCOME_NOT_OWNER);
}

static void check_done(void *data, const struct check_result *result)
{
	dialogue_result(data, checked, result);
}

static void check(struct dialogue *d, int64_t value_id)
{
	/* Who asks is the terminal of this channel, whatever it types. */
	struct check_asker asker = { .terminal_id = d->terminal_id, .scope = "check" };

	memset(&d->op, 0, sizeof(d->op));
	if (request_id_mint(&d->op.request_id) < 0) {
		menu_tell_outcome(d, OUTCOME_UNAVAILABLE);
		return;
	}
	dialogue_wait(d, ledger_check(d->ds->ledger, &asker, &value_id, 1, &d->op.request_id,
				      check_done, d));
}

static void check_answer(struct dialogue *d, const char *text)
{
	int64_t value_id;

	if (menu_input_value(&value_id, text) == OUTCOME_OK)
		check(d, value_id);
	else
		menu_again(d, TEXT_OUTCOME_VALUE_ID_MALFORMED);
}

const struct menu_node menu_check_node = {
	.name = "check",
	.foot = TEXT_NAV_BACK,
	.show = check_show,
	.answer = check_answer,
};

void menu_check_code(struct dialogue *d)
{
	int64_t value_id;

	if (d->code.n_fields == 0)
		menu_go(d, NODE_CHECK);
	else if (menu_input_value(&value_id, d->code.fields[0]) == OUTCOME_OK)
		check(d, value_id);
	else
		menu_tell_outcome(d, OUTCOME_VALUE_ID_MALFORMED);
}

/* --- balance --------------------------------------------------------------- */

static void balanced(struct dialogue *d, const void *result)
{
	const struct balance_result *r = result;
	struct text_writer w;

	if (r->outcome != OUTCOME_OK) {
		menu_tell_outcome(d, r->outcome);
		return;
	}
	body_clear(d);
	w = body_writer(d);
	answer_balance(&w, r);
	body_written(d, &w);
	menu_tell(d);
}

static void balance_done(void *data, const struct balance_result *result)
{
	dialogue_result(data, balanced, result);
}

static void balance_show(struct dialogue *d)
{
	dialogue_wait(d, ledger_balance(d->ds->ledger, d->terminal_id, balance_done, d));
}

const struct menu_node menu_balance_node = {
	.name = "balance",
	.foot = TEXT_NAV_MENU,
	.show = balance_show,
};

/* --- last operations ------------------------------------------------------- */

static void remembered(struct dialogue *d, const void *result)
{
	const struct history_result *r = result;
	struct text_writer w;

	if (r->outcome != OUTCOME_OK) {
		menu_tell_outcome(d, r->outcome);
		return;
	}
	body_clear(d);
	w = body_writer(d);
	answer_history(&w, r, DIALOGUE_HISTORY_MAX);
	body_written(d, &w);
	menu_tell(d);
}

static void history_done(void *data, const struct history_result *result)
{
	dialogue_result(data, remembered, result);
}

static void history_show(struct dialogue *d)
{
	dialogue_wait(d, ledger_history(d->ds->ledger, d->terminal_id, DIALOGUE_HISTORY_MAX,
					history_done, d));
}

const struct menu_node menu_history_node = {
	.name = "history",
	.foot = TEXT_NAV_MENU,
	.show = history_show,
};
