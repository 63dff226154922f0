/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any octets as a message of the link.  What is taken must be the same once it is written and read
 * again, and nothing out of range may come through. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/ipa_frame.h"
#include "lib/link_msg.h"
#include "lib/value_state.h"

static uint8_t frame[LINK_FRAME_SIZE];

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

/* The message in the frame that an encoder wrote. */
static struct link_msg written(int len)
{
	struct ipa_frame ipa;
	struct link_msg msg;

	OSMO_ASSERT(len > 0);
	OSMO_ASSERT(ipa_frame_take(&ipa, frame, len, LINK_FRAME_MAX) == 1);
	OSMO_ASSERT(link_msg_decode(&msg, ipa.payload, ipa.payload_len) == 0);
	return msg;
}

static void try_hello(const struct link_msg *msg)
{
	struct link_hello a, b;
	struct link_msg again;

	if (link_hello_decode(&a, msg))
		return;
	OSMO_ASSERT(strlen(a.name) > 0 && strlen(a.name) < LINK_NAME_SIZE);
	again = written(link_hello_encode(frame, sizeof(frame), &a));
	OSMO_ASSERT(link_hello_decode(&b, &again) == 0);
	OSMO_ASSERT(a.version == b.version && !strcmp(a.name, b.name));
}

static void try_ready(const struct link_msg *msg)
{
	struct link_msg again;
	bool a, b;

	if (link_ready_decode(&a, msg))
		return;
	again = written(link_ready_encode(frame, sizeof(frame), a));
	OSMO_ASSERT(link_ready_decode(&b, &again) == 0 && a == b);
}

static void try_check(const struct link_msg *msg)
{
	static struct link_check a, b;
	struct link_msg again;
	size_t i;

	if (link_check_decode(&a, msg))
		return;
	OSMO_ASSERT(a.n_items > 0 && a.n_items <= LINK_CHECK_ITEMS_MAX);
	again = written(link_check_encode(frame, sizeof(frame), msg->number, &a));
	OSMO_ASSERT(again.number == msg->number);
	OSMO_ASSERT(link_check_decode(&b, &again) == 0);
	OSMO_ASSERT(!memcmp(&a.asker, &b.asker, sizeof(a.asker)) && a.n_items == b.n_items);
	for (i = 0; i < a.n_items; i++)
		OSMO_ASSERT(a.value_ids[i] >= 0 && a.value_ids[i] == b.value_ids[i]);
}

static void same_item(const struct link_check_item *a, const struct link_check_item *b)
{
	OSMO_ASSERT(a->owner == b->owner && a->spendable == b->spendable);
	OSMO_ASSERT(a->state == b->state && value_state_name(a->state));
	OSMO_ASSERT(!strcmp(a->currency, b->currency) && a->amount_minor == b->amount_minor);
	OSMO_ASSERT(a->expires_at == b->expires_at && a->owner_since == b->owner_since);
	OSMO_ASSERT(a->owner || (!a->spendable && !a->amount_minor && !a->currency[0]));
	OSMO_ASSERT(a->amount_minor >= 0 && a->expires_at >= 0 && a->owner_since >= 0);
}

static void try_result(const struct link_msg *msg)
{
	static struct link_check_result a, b;
	struct link_msg again;
	size_t i;

	if (link_check_result_decode(&a, msg))
		return;
	OSMO_ASSERT(a.n_items <= LINK_CHECK_ITEMS_MAX);
	again = written(link_check_result_encode(frame, sizeof(frame), msg->number, &a));
	OSMO_ASSERT(link_check_result_decode(&b, &again) == 0);
	OSMO_ASSERT(a.outcome == b.outcome && a.test == b.test && a.n_items == b.n_items);
	OSMO_ASSERT(!strcmp(a.shop_code, b.shop_code));
	OSMO_ASSERT(a.rate_per_s == b.rate_per_s && a.rate_burst == b.rate_burst);
	for (i = 0; i < a.n_items; i++)
		same_item(&a.items[i], &b.items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct link_msg msg;

	if (link_msg_decode(&msg, in, len))
		return 0;
	/* Whatever type it says: the body is what is read. */
	try_hello(&msg);
	try_ready(&msg);
	try_check(&msg);
	try_result(&msg);
	return 0;
}
