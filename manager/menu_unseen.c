/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/menu_unseen.h"

#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/value_id.h"
#include "manager/dialogue_text.h"
#include "manager/menu_code.h"
#include "manager/menu_nav.h"

static enum text_id text_of(const struct operation_record *r)
{
	if (r->outcome == OUTCOME_PENDING)
		return TEXT_UNSEEN_PENDING;
	if (r->outcome != OUTCOME_OK)
		return TEXT_UNSEEN_REFUSED;
	return r->operation == OPERATION_ISSUE ? TEXT_UNSEEN_BOUGHT : TEXT_UNSEEN_SENT;
}

void menu_unseen_text(const struct dialogue *d, char *out, size_t size)
{
	const struct language *l = dialogue_language(d);
	const struct operation_record *r = &d->unseen;
	char time[MOMENT_STR_SIZE], amount[MONEY_STR_SIZE], value[VALUE_ID_GROUPED_SIZE];
	char peer[PEER_STR_SIZE], count[4];
	size_t n;

	when_format(time, d, r->at);
	money_format(amount, d, r->amount_minor, r->currency);
	value_id_format_grouped(value, r->value_id);
	peer_format(peer, r->peer, r->peer_name);
	n = text_render(out, size, language_text(l, text_of(r)),
			VARS({ "time", time }, { "amount", amount }, { "value", value },
			     { "peer", peer }));
	if (d->n_unseen < 2 || n + 2 >= size)
		return;
	out[n++] = '\n';
	snprintf(count, sizeof(count), "%u", d->n_unseen - 1u);
	text_render(out + n, size - n, language_text(l, TEXT_UNSEEN_MORE),
		    VARS({ "count", count }));
}

static void unseen_show(struct dialogue *d)
{
	char text[DIALOGUE_BODY_SIZE / 2];

	menu_unseen_text(d, text, sizeof(text));
	body_set(d, text);
	d->has_unseen = false;
	dialogues_count(d->ds, DIALOGUE_CTR_UNSEEN_TOLD);
	menu_show(d);
}

static void unseen_answer(struct dialogue *d, const char *text)
{
	menu_go_on(d);
}

const struct menu_node menu_unseen_node = {
	.name = "unseen",
	.foot = TEXT_NAV_CONTINUE,
	.waits = true,
	.reading = true,
	.zero_is_input = true,
	.show = unseen_show,
	.answer = unseen_answer,
};
