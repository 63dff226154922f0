/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/menu_list.h"

#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/value_id.h"
#include "manager/dialogue_text.h"
#include "manager/menu_input.h"
#include "manager/menu_nav.h"
#include "manager/menu_transfer.h"

static void ask(struct dialogue *d);

void menu_list_reset(struct dialogue *d)
{
	memset(&d->list, 0, sizeof(d->list));
}

bool menu_list_has_next(const struct dialogue *d)
{
	return d->list.more && d->list.chunk + 1 < DIALOGUE_LIST_CHUNKS;
}

bool menu_list_has_previous(const struct dialogue *d)
{
	/* Chunks without anything to show are not gone back to. */
	return d->list.before[d->list.chunk] > 0;
}

void menu_list_next(struct dialogue *d)
{
	d->list.chunk++;
	ask(d);
}

void menu_list_previous(struct dialogue *d)
{
	struct menu_list *l = &d->list;
	uint16_t before = l->before[l->chunk];

	while (l->chunk > 0 && l->before[l->chunk] == before)
		l->chunk--;
	l->from_end = true;
	ask(d);
}

/* --- a chunk of the list --------------------------------------------------- */

static bool is_active(const struct list_item *item)
{
	return state_text(item->state, item->expires_at) == TEXT_VALUE_STATE_ACTIVE;
}

static void take_chunk(struct dialogue *d, const struct list_result *r)
{
	struct menu_list *l = &d->list;
	bool pick = d->node == NODE_PICK;

	l->n_choices = 0;
	for (size_t i = 0; i < r->n_items && l->n_choices < DIALOGUE_LIST_CHUNK; i++) {
		const struct list_item *item = &r->items[i];
		struct menu_choice *choice = &l->choices[l->n_choices];

		if (pick && !is_active(item))
			continue;
		*choice = (struct menu_choice){
			.value_id = item->value_id,
			.amount_minor = item->amount_minor,
			.expires_at = item->expires_at,
			.state = item->state,
		};
		OSMO_STRLCPY_ARRAY(choice->currency, item->currency);
		l->n_choices++;
	}
	l->more = r->more && r->n_items > 0;
	if (!menu_list_has_next(d))
		return;
	l->after[l->chunk + 1] = r->items[r->n_items - 1].value_id;
	l->before[l->chunk + 1] = l->before[l->chunk] + l->n_choices;
}

/* With a place, to be picked; without, in full, as a one-shot code's answer. */
static void add_choice(struct dialogue *d, unsigned int place, const struct menu_choice *choice)
{
	char n[8], amount[MONEY_STR_SIZE], tail[TAIL_STR_SIZE], value[VALUE_ID_GROUPED_SIZE];
	enum text_id state = state_text(choice->state, choice->expires_at);
	bool active = state == TEXT_VALUE_STATE_ACTIVE;
	enum text_id id;

	if (d->brief)
		id = active ? TEXT_LIST_ENTRY : TEXT_LIST_ENTRY_STATE;
	else
		id = active ? TEXT_LIST_ITEM : TEXT_LIST_ITEM_STATE;
	snprintf(n, sizeof(n), "%u", place);
	money_format(amount, d, choice->amount_minor, choice->currency);
	tail_format(tail, choice->value_id);
	value_id_format_grouped(value, choice->value_id);
	body_add(d, id,
		 VARS({ "n", n }, { "amount", amount }, { "tail", tail }, { "value", value },
		      { "state", language_text(dialogue_language(d), state) }));
}

static enum text_id heading(const struct dialogue *d)
{
	if (d->node != NODE_PICK)
		return TEXT_LIST_HEAD;
	return d->op.to_shop ? TEXT_PAY_PICK : TEXT_SEND_PICK;
}

static void write_chunk(struct dialogue *d)
{
	const struct menu_list *l = &d->list;
	unsigned int before = l->before[l->chunk];

	body_clear(d);
	if (before == 0 && !d->brief)
		body_add(d, heading(d), NULL);
	for (unsigned int i = 0; i < l->n_choices; i++)
		add_choice(d, before + i + 1, &l->choices[i]);
	if (l->more && !menu_list_has_next(d))
		body_add(d, TEXT_LIST_FULL, NULL);
}

static void listed(struct dialogue *d, const void *result)
{
	const struct list_result *r = result;
	struct menu_list *l = &d->list;

	if (r->outcome != OUTCOME_OK) {
		menu_tell_outcome(d, r->outcome);
		return;
	}
	take_chunk(d, r);
	if (l->n_choices == 0 && menu_list_has_next(d))
		menu_list_next(d);
	else if (l->n_choices == 0 && l->before[l->chunk] == 0 && !l->more)
		menu_tell_text(d, d->node == NODE_PICK ? TEXT_TRANSFER_NOTHING : TEXT_LIST_EMPTY);
	else {
		write_chunk(d);
		menu_show(d);
	}
}

static void list_done(void *data, const struct list_result *result)
{
	dialogue_result(data, listed, result);
}

static void ask(struct dialogue *d)
{
	/* Each value lies in another page of the database, and few turn past the first display. */
	int max = d->brief && d->list.chunk == 0 ? DIALOGUE_LIST_FIRST : DIALOGUE_LIST_CHUNK;

	d->notice = TEXT_COUNT;
	dialogue_wait(d, ledger_list(d->ds->ledger, d->terminal_id, d->list.after[d->list.chunk],
				     max, list_done, d));
}

/* --- nodes ----------------------------------------------------------------- */

/* NULL: no place that is on the list now. */
static const struct menu_choice *take_place(struct dialogue *d, const char *text)
{
	unsigned int before = d->list.before[d->list.chunk];
	unsigned int place = menu_position(text, before + 1, before + d->list.n_choices);

	if (place == 0)
		return NULL;
	d->list.picked = place - before - 1;
	return &d->list.choices[d->list.picked];
}

static void list_answer(struct dialogue *d, const char *text)
{
	if (take_place(d, text))
		menu_go(d, NODE_VALUE);
	else
		menu_again(d, TEXT_MENU_INVALID);
}

const struct menu_node menu_list_node = {
	.name = "list",
	.foot = TEXT_NAV_BACK,
	.reading = true,
	.list = true,
	.show = ask,
	.answer = list_answer,
};

static void pick_show(struct dialogue *d)
{
	if (!menu_maintenance(d))
		ask(d);
}

static void pick_answer(struct dialogue *d, const char *text)
{
	const struct menu_choice *choice = take_place(d, text);
	int64_t value_id;

	if (choice)
		menu_transfer_value(d, choice->value_id);
	else if (menu_input_value(&value_id, text) == OUTCOME_OK)
		menu_transfer_value(d, value_id);
	else
		menu_again(d, TEXT_OUTCOME_VALUE_ID_MALFORMED);
}

const struct menu_node menu_pick_node = {
	.name = "transfer:pick",
	.foot = TEXT_NAV_BACK,
	.list = true,
	.show = pick_show,
	.answer = pick_answer,
};

static void value_show(struct dialogue *d)
{
	const struct menu_choice *choice = &d->list.choices[d->list.picked];
	enum text_id state = state_text(choice->state, choice->expires_at);
	char amount[MONEY_STR_SIZE], value[VALUE_ID_GROUPED_SIZE], date[MOMENT_STR_SIZE];

	money_format(amount, d, choice->amount_minor, choice->currency);
	value_id_format_grouped(value, choice->value_id);
	body_clear(d);
	body_add(d, TEXT_LIST_DETAIL,
		 VARS({ "amount", amount }, { "value", value },
		      { "state", language_text(dialogue_language(d), state) }));
	if (choice->expires_at != 0) {
		moment_format(date, d, TEXT_FORMAT_DATE, choice->expires_at);
		body_add(d, TEXT_VALUE_EXPIRES, VARS({ "date", date }));
	}
	if (state == TEXT_VALUE_STATE_ACTIVE)
		body_add(d, TEXT_LIST_ACTIONS, NULL);
	menu_show(d);
}

static void value_answer(struct dialogue *d, const char *text)
{
	const struct menu_choice *choice = &d->list.choices[d->list.picked];
	unsigned int action = menu_position(text, 1, 2);

	if (action == 0 ||
	    state_text(choice->state, choice->expires_at) != TEXT_VALUE_STATE_ACTIVE) {
		menu_again(d, TEXT_MENU_INVALID);
		return;
	}
	if (menu_maintenance(d))
		return;
	menu_transfer_reset(d, action == 2);
	menu_transfer_value(d, choice->value_id);
}

const struct menu_node menu_value_node = {
	.name = "value",
	.foot = TEXT_NAV_BACK,
	.reading = true,
	.show = value_show,
	.answer = value_answer,
};
