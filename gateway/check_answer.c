/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/check_answer.h"

#include "gateway/rfc3339.h"
#include "lib/amount.h"
#include "lib/value_id.h"
#include "lib/value_state.h"

/* The longest item is about 230 octets: two times of years 0 to 9999 and the largest amount. */
#define ITEM_OCTETS_MAX 320
#define FRAME_OCTETS_MAX 32

size_t check_answer_size(size_t n_items)
{
	return FRAME_OCTETS_MAX + n_items * ITEM_OCTETS_MAX;
}

/* 0 is null. */
static void write_time(struct json_writer *w, const char *name, int64_t at_s)
{
	char text[RFC3339_STR_SIZE];

	if (at_s && rfc3339_format(text, at_s))
		json_write_string(w, name, text);
	else
		json_write_null(w, name);
}

static void write_value(struct json_writer *w, int64_t value_id, const struct link_check_item *item)
{
	char id[VALUE_ID_STR_SIZE], amount[AMOUNT_STR_SIZE];

	json_write_object(w, "value");
	json_write_string(w, "value_id", value_id_format(id, value_id));
	json_write_string(w, "amount", amount_format(amount, item->amount_minor, item->currency));
	json_write_string(w, "currency", item->currency);
	write_time(w, "expires_at", item->expires_at);
	write_time(w, "owner_since", item->owner_since);
	json_write_object_end(w);
}

void check_answer_single(struct json_writer *w, int64_t value_id,
			 const struct link_check_item *item)
{
	json_write_object(w, NULL);
	json_write_bool(w, "owner", item->owner);
	/* To who is not the owner there is one answer, and nothing beside it. */
	if (item->owner) {
		json_write_bool(w, "spendable", item->spendable);
		json_write_string(w, "state", value_state_name(item->state));
		write_value(w, value_id, item);
	}
	json_write_object_end(w);
}

void check_answer_batch(struct json_writer *w, const int64_t *value_ids,
			const struct link_check_item *items, size_t n_items)
{
	size_t i;

	json_write_object(w, NULL);
	json_write_array(w, "results");
	for (i = 0; i < n_items; i++)
		check_answer_single(w, value_ids[i], &items[i]);
	json_write_array_end(w);
	json_write_object_end(w);
}

size_t check_answer_owned(const struct link_check_item *items, size_t n_items)
{
	size_t i, n = 0;

	for (i = 0; i < n_items; i++)
		n += items[i].owner;
	return n;
}
