/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "lib/lru.h"
#include "lib/sms_join.h"

struct message {
	struct lru_entry entry;
	int64_t heard_ms; /* 0: nothing yet */
	uint8_t charset;
	uint8_t n_parts; /* there so far */
	uint8_t lengths[SMS_JOIN_PARTS_MAX]; /* 0: not there */
	uint8_t octets[SMS_JOIN_PARTS_MAX][SMS_PART_SIZE];
};

struct sms_join {
	struct lru *messages;
	unsigned int timeout_ms;
};

struct sms_join *sms_join_new(void *ctx, unsigned int timeout_ms)
{
	struct sms_join *j = talloc_zero(ctx, struct sms_join);

	if (!j)
		return NULL;
	j->timeout_ms = timeout_ms;
	j->messages = lru_new(j, SMS_JOIN_MAX, sizeof(struct message));
	if (!j->messages) {
		talloc_free(j);
		return NULL;
	}
	return j;
}

/* Total and reference belong to what a message is known by. */
static struct message *message_of(struct sms_join *j, const struct sms_join_part *part)
{
	uint8_t key[LRU_KEY_SIZE] = { 0 };
	struct message *m;

	memcpy(key, part->key, SMS_JOIN_KEY_SIZE);
	key[SMS_JOIN_KEY_SIZE] = part->concat.reference >> 8;
	key[SMS_JOIN_KEY_SIZE + 1] = part->concat.reference;
	key[SMS_JOIN_KEY_SIZE + 2] = part->concat.total;
	m = lru_find(j->messages, key);
	return m ? m : lru_put(j->messages, key);
}

static void message_reset(struct message *m)
{
	m->n_parts = 0;
	memset(m->lengths, 0, sizeof(m->lengths));
}

static bool is_other(const struct message *m, const struct sms_join_part *part)
{
	const int i = part->concat.number - 1;

	if (m->n_parts > 0 && m->charset != part->charset)
		return true;
	return m->lengths[i] > 0 && (m->lengths[i] != part->n_octets ||
				     memcmp(m->octets[i], part->octets, part->n_octets) != 0);
}

static void part_take(struct message *m, const struct sms_join_part *part)
{
	const int i = part->concat.number - 1;

	m->charset = part->charset;
	if (m->lengths[i] == 0)
		m->n_parts++;
	m->lengths[i] = part->n_octets;
	memcpy(m->octets[i], part->octets, part->n_octets);
}

static int message_join(const struct message *m, uint8_t *out)
{
	int i, n = 0;

	for (i = 0; i < m->n_parts; i++) {
		memcpy(out + n, m->octets[i], m->lengths[i]);
		n += m->lengths[i];
	}
	return n;
}

int sms_join_add(struct sms_join *j, uint8_t out[SMS_JOIN_OCTETS_MAX],
		 const struct sms_join_part *part, int64_t now_ms)
{
	const struct sms_concat *c = &part->concat;
	struct message *m;
	int n;

	if (c->total < 2 || c->total > SMS_JOIN_PARTS_MAX || c->number < 1 ||
	    c->number > c->total || part->n_octets == 0 || part->n_octets > SMS_PART_SIZE)
		return -EINVAL;
	m = message_of(j, part);
	if (now_ms - m->heard_ms > j->timeout_ms || is_other(m, part))
		message_reset(m);
	m->heard_ms = now_ms;
	part_take(m, part);
	if (m->n_parts < c->total)
		return 0;
	n = message_join(m, out);
	explicit_bzero(m->octets, sizeof(m->octets)); /* there may be a PIN in it */
	lru_remove(j->messages, m);
	return n;
}

size_t sms_join_count(const struct sms_join *j)
{
	return lru_count(j->messages);
}
