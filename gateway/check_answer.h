/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What a shop is told of values:
 *
 *   {"owner":true,"spendable":true,"state":"active","value":{"value_id":"...",
 *    "amount":"5.00","currency":"EUR","expires_at":"2027-...Z","owner_since":"2026-...Z"}}
 *   {"owner":false}                  whether it is another's or does not exist
 *   {"results":[...]}                a batch, in the order of the question
 *
 * expires_at is null where the value never expires.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/json_writer.h"
#include "lib/link_msg.h"

/* Octets that are enough for this many items. */
size_t check_answer_size(size_t n_items);
void check_answer_single(struct json_writer *w, int64_t value_id,
			 const struct link_check_item *item);
void check_answer_batch(struct json_writer *w, const int64_t *value_ids,
			const struct link_check_item *items, size_t n_items);
size_t check_answer_owned(const struct link_check_item *items, size_t n_items);
