/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Phones that could not be reached: the text that each one waits for is due when it is heard. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "manager/outbox_priv.h"

struct away {
	struct lru_entry lru; /* key: IMSI */
	int64_t message_id;
};

static void key_of(uint8_t key[LRU_KEY_SIZE], const char *imsi)
{
	memset(key, 0, LRU_KEY_SIZE);
	memcpy(key, imsi, strnlen(imsi, GSUP_IMSI_SIZE));
}

struct lru *outbox_away_new(struct outbox *ob)
{
	struct lru *away = lru_new(ob, OUTBOX_AWAY_MAX, sizeof(struct away));

	OSMO_ASSERT(away);
	return away;
}

void outbox_await(const struct outgoing *o)
{
	struct outbox *ob = o->outbox;
	uint8_t key[LRU_KEY_SIZE];
	struct away *a;

	if (!o->imsi[0])
		return;
	key_of(key, o->imsi);
	a = lru_find(ob->away, key);
	if (!a)
		a = lru_put(ob->away, key);
	a->message_id = o->result.message_id;
}

/* Where it is not recorded the text waits its time. */
static void woken(void *data, enum outcome outcome)
{
	if (outcome == OUTCOME_OK)
		outbox_poke(data);
}

void outbox_heard(void *data, const char *imsi)
{
	struct outbox *ob = data;
	uint8_t key[LRU_KEY_SIZE];
	struct away *a;

	if (lru_count(ob->away) == 0)
		return;
	key_of(key, imsi);
	a = lru_find(ob->away, key);
	if (!a)
		return;
	ledger_outbox_heard(ob->ledger, a->message_id, woken, ob);
	lru_remove(ob->away, a);
}
