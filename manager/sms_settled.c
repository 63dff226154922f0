/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/sms_settled.h"

#include <string.h>

#include <openssl/sha.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/lru.h"
#include "lib/wall_clock.h"

struct text {
	struct lru_entry lru; /* by its words */
	uint64_t round; /* which text of these words it is, of all there ever were */
	int64_t since_us; /* when it came; 0: the first */
	uint32_t n_open; /* deliveries that have not ended */
	bool doubt, settled;
};

struct sms_settled {
	struct lru *texts;
	uint64_t last_round;
	int64_t last_since_us;
};

struct sms_settled *sms_settled_new(void *ctx)
{
	struct sms_settled *st = talloc_zero(ctx, struct sms_settled);

	OSMO_ASSERT(st);
	st->texts = lru_new(st, SMS_SETTLED_MAX, sizeof(struct text));
	OSMO_ASSERT(st->texts);
	return st;
}

static struct text *text_find(struct sms_settled *st, const uint8_t words[SMS_IDENTITY_SIZE])
{
	uint8_t key[LRU_KEY_SIZE] = { 0 };

	memcpy(key, words, SMS_IDENTITY_SIZE);
	return lru_find(st->texts, key);
}

static struct text *text_new(struct sms_settled *st, const uint8_t words[SMS_IDENTITY_SIZE])
{
	uint8_t key[LRU_KEY_SIZE] = { 0 };
	struct text *t;

	memcpy(key, words, SMS_IDENTITY_SIZE);
	t = lru_put(st->texts, key);
	t->round = ++st->last_round;
	return t;
}

/* By the time of day, which no earlier process had; two texts never have the same. */
static void text_begin_anew(struct sms_settled *st, struct text *t)
{
	t->round = ++st->last_round;
	st->last_since_us = OSMO_MAX(wall_clock_us(), st->last_since_us + 1);
	t->since_us = st->last_since_us;
	t->settled = false;
}

static void identity_of(uint8_t identity[SMS_IDENTITY_SIZE], const struct text *t)
{
	uint8_t all[SMS_IDENTITY_SIZE + sizeof(t->since_us)], digest[SHA256_DIGEST_LENGTH];

	if (t->since_us == 0)
		return;
	memcpy(all, identity, SMS_IDENTITY_SIZE);
	memcpy(all + SMS_IDENTITY_SIZE, &t->since_us, sizeof(t->since_us));
	SHA256(all, sizeof(all), digest);
	memcpy(identity, digest, SMS_IDENTITY_SIZE);
}

void sms_settled_arrive(struct sms_settled *st, struct sms_delivery *delivery,
			uint8_t identity[SMS_IDENTITY_SIZE])
{
	struct text *t = text_find(st, identity);

	if (!t)
		t = text_new(st, identity);
	else if (t->settled)
		text_begin_anew(st, t);
	/* It is what came back, if anything was to. */
	t->doubt = false;
	t->n_open++;
	memcpy(delivery->words, identity, SMS_IDENTITY_SIZE);
	delivery->round = t->round;
	identity_of(identity, t);
}

void sms_settled_end(struct sms_settled *st, const struct sms_delivery *delivery, bool known)
{
	struct text *t = text_find(st, delivery->words);

	if (!t || t->round != delivery->round) /* forgotten meanwhile */
		return;
	OSMO_ASSERT(t->n_open > 0);
	t->n_open--;
	t->doubt |= !known;
	t->settled = t->n_open == 0 && !t->doubt;
}
