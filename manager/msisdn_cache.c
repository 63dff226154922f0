/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/msisdn_cache.h"

#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "manager/exchange_util.h"

struct entry {
	struct hlist_node bucket;
	struct llist_head age; /* in the cache's list, asked for last first */
	int64_t expires_ms;
	char imsi[GSUP_IMSI_SIZE];
	char msisdn[GSUP_MSISDN_SIZE]; /* empty: none */
};

struct msisdn_cache {
	size_t max, count;
	uint32_t mask;
	struct hlist_head *buckets;
	struct llist_head by_age;
};

struct msisdn_cache *msisdn_cache_new(void *ctx, size_t max)
{
	struct msisdn_cache *c = talloc_zero(ctx, struct msisdn_cache);
	size_t n = 16;

	OSMO_ASSERT(max > 0);
	while (n < max)
		n *= 2;
	c->max = max;
	c->mask = (uint32_t)(n - 1);
	c->buckets = talloc_zero_array(c, struct hlist_head, n);
	INIT_LLIST_HEAD(&c->by_age);
	return c;
}

static struct hlist_head *bucket_of(struct msisdn_cache *c, const char *imsi)
{
	return &c->buckets[exchange_hash(imsi, 0) & c->mask];
}

static struct entry *entry_find(struct msisdn_cache *c, const char *imsi)
{
	struct entry *e;

	hlist_for_each_entry(e, bucket_of(c, imsi), bucket)
	{
		if (strcmp(e->imsi, imsi) == 0)
			return e;
	}
	return NULL;
}

static void entry_drop(struct msisdn_cache *c, struct entry *e)
{
	hlist_del(&e->bucket);
	llist_del(&e->age);
	talloc_free(e);
	c->count--;
}

enum msisdn_cache_answer msisdn_cache_get(struct msisdn_cache *c, const char *imsi, int64_t now_ms,
					  char msisdn[GSUP_MSISDN_SIZE])
{
	struct entry *e = entry_find(c, imsi);

	if (!e)
		return MSISDN_CACHE_MISS;
	if (e->expires_ms <= now_ms) {
		entry_drop(c, e);
		return MSISDN_CACHE_MISS;
	}
	llist_move(&e->age, &c->by_age);
	if (e->msisdn[0] == '\0')
		return MSISDN_CACHE_NONE;
	memcpy(msisdn, e->msisdn, GSUP_MSISDN_SIZE);
	return MSISDN_CACHE_KNOWN;
}

void msisdn_cache_put(struct msisdn_cache *c, const char *imsi, const char *msisdn,
		      int64_t expires_ms)
{
	struct entry *e = entry_find(c, imsi);

	if (!e) {
		if (c->count >= c->max)
			entry_drop(c, llist_last_entry(&c->by_age, struct entry, age));
		e = talloc_zero(c, struct entry);
		OSMO_STRLCPY_ARRAY(e->imsi, imsi);
		hlist_add_head(&e->bucket, bucket_of(c, imsi));
		llist_add(&e->age, &c->by_age);
		c->count++;
	} else {
		llist_move(&e->age, &c->by_age);
	}
	e->expires_ms = expires_ms;
	OSMO_STRLCPY_ARRAY(e->msisdn, msisdn ? msisdn : "");
}

size_t msisdn_cache_count(const struct msisdn_cache *c)
{
	return c->count;
}
