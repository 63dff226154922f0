/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/msisdn_lookup.h"

#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/stats.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/number.h"
#include "manager/exchange_util.h"
#include "manager/msisdn_ctrl.h"

#define N_BUCKETS 4096 /* a power of 2 */

enum { CTR_CACHED, CTR_ASKED, CTR_JOINED, CTR_FOUND, CTR_ABSENT, CTR_TIMEOUT, CTR_BUSY };

static const struct rate_ctr_desc ctr_desc[] = {
	[CTR_CACHED] = { "cached", "Numbers known from the cache" },
	[CTR_ASKED] = { "asked", "Questions to the HLR" },
	[CTR_JOINED] = { "joined", "Look-ups that joined one under way" },
	[CTR_FOUND] = { "found", "Numbers that the HLR told" },
	[CTR_ABSENT] = { "absent", "Subscribers of whom the HLR has no number" },
	[CTR_TIMEOUT] = { "timeout", "Look-ups that were not answered in time" },
	[CTR_BUSY] = { "busy", "Look-ups not made: too many were under way" },
};

static const struct rate_ctr_group_desc ctr_group_desc = {
	.group_name_prefix = "msisdn",
	.group_description = "Look-up of numbers at an HLR",
	.class_id = OSMO_STATS_CLASS_PEER,
	.num_ctr = ARRAY_SIZE(ctr_desc),
	.ctr_desc = ctr_desc,
};

struct msisdn_query {
	struct llist_head entry; /* in the question's list */
	msisdn_lookup_cb answer;
	void *data;
};

/* One IMSI under way. */
struct question {
	struct hlist_node by_imsi, by_id;
	struct llist_head by_age; /* all have the same time to live: the oldest ends first */
	struct llist_head waiting; /* struct msisdn_query */
	char imsi[GSUP_IMSI_SIZE];
	uint32_t id;
	bool sent;
	int64_t sent_ms, deadline_ms;
};

struct msisdn_lookup {
	struct msisdn_lookup_config config;
	struct msisdn_cache *cache;
	struct msisdn_ctrl *ctrl;
	struct rate_ctr_group *ctrs;
	struct hlist_head by_imsi[N_BUCKETS], by_id[N_BUCKETS];
	struct llist_head by_age;
	size_t n_questions;
	uint32_t last_id;
	int64_t heard_ms; /* when the HLR last said something */
	struct osmo_timer_list deadline_timer;
};

static struct question *question_by_imsi(struct msisdn_lookup *l, const char *imsi)
{
	struct question *q;

	hlist_for_each_entry(q, &l->by_imsi[exchange_hash(imsi, 0) % N_BUCKETS], by_imsi)
	{
		if (strcmp(q->imsi, imsi) == 0)
			return q;
	}
	return NULL;
}

static struct question *question_by_id(struct msisdn_lookup *l, uint32_t id)
{
	struct question *q;

	hlist_for_each_entry(q, &l->by_id[id % N_BUCKETS], by_id)
	{
		if (q->id == id)
			return q;
	}
	return NULL;
}

static void deadline_arm(struct msisdn_lookup *l)
{
	struct question *oldest = llist_first_entry_or_null(&l->by_age, struct question, by_age);
	int64_t ms;

	if (!oldest) {
		osmo_timer_del(&l->deadline_timer);
		return;
	}
	ms = OSMO_MAX(oldest->deadline_ms - exchange_now_ms(), 1);
	osmo_timer_schedule(&l->deadline_timer, ms / 1000, (ms % 1000) * 1000);
}

/* Takes the question out and tells all who wait. */
static void question_end(struct msisdn_lookup *l, struct question *q, const char *msisdn)
{
	struct msisdn_query *w;

	hlist_del(&q->by_imsi);
	hlist_del(&q->by_id);
	llist_del(&q->by_age);
	l->n_questions--;
	/* One callback may cancel another that waits: so always the first that is still there. */
	while ((w = llist_first_entry_or_null(&q->waiting, struct msisdn_query, entry))) {
		msisdn_lookup_cb answer = w->answer;
		void *data = w->data;

		llist_del(&w->entry);
		talloc_free(w);
		answer(data, msisdn);
	}
	talloc_free(q);
}

static void question_send(struct msisdn_lookup *l, struct question *q)
{
	if (msisdn_ctrl_ask(l->ctrl, q->id, q->imsi) < 0)
		return; /* stays unsent: up() or its deadline comes */
	q->sent = true;
	q->sent_ms = exchange_now_ms();
	rate_ctr_inc2(l->ctrs, CTR_ASKED);
}

static void send_unsent(void *data)
{
	struct msisdn_lookup *l = data;
	struct question *q;

	llist_for_each_entry (q, &l->by_age, by_age) {
		if (!q->sent)
			question_send(l, q);
	}
}

static void all_unsent(void *data)
{
	struct msisdn_lookup *l = data;
	struct question *q;

	llist_for_each_entry (q, &l->by_age, by_age)
		q->sent = false;
}

static void answer_take(void *data, uint32_t id, const char *msisdn)
{
	struct msisdn_lookup *l = data;
	struct question *q = question_by_id(l, id);
	uint32_t s = msisdn ? l->config.cache_s : l->config.absent_s;

	l->heard_ms = exchange_now_ms();
	if (!q)
		return; /* too late: its waiters went on without it */
	rate_ctr_inc2(l->ctrs, msisdn ? CTR_FOUND : CTR_ABSENT);
	msisdn_cache_put(l->cache, q->imsi, msisdn, l->heard_ms + (int64_t)s * 1000);
	question_end(l, q, msisdn);
	deadline_arm(l);
}

static const struct msisdn_ctrl_handler ctrl_handler = {
	.up = send_unsent,
	.answer = answer_take,
	.down = all_unsent,
};

static void deadline_passed(void *data)
{
	struct msisdn_lookup *l = data;
	int64_t now = exchange_now_ms();
	struct question *q;
	bool silent = false;

	while ((q = llist_first_entry_or_null(&l->by_age, struct question, by_age)) &&
	       q->deadline_ms <= now) {
		char masked[MASKED_SIZE];

		LOGP(DMSISDN, LOGL_INFO, "IMSI %s: no answer in %u ms, goes on without a number\n",
		     mask_digits(masked, q->imsi), l->config.timeout_ms);
		rate_ctr_inc2(l->ctrs, CTR_TIMEOUT);
		silent |= q->sent && l->heard_ms < q->sent_ms;
		question_end(l, q, NULL);
	}
	if (silent) {
		LOGP(DMSISDN, LOGL_NOTICE, "%s is silent, dialling again\n", l->config.address);
		all_unsent(l);
		msisdn_ctrl_restart(l->ctrl);
	}
	deadline_arm(l);
}

struct msisdn_lookup *msisdn_lookup_new(void *ctx, const char *name,
					const struct msisdn_lookup_config *config)
{
	static unsigned int next_index;
	struct msisdn_lookup *l = talloc_zero(ctx, struct msisdn_lookup);

	l->config = *config;
	l->cache = msisdn_cache_new(l, config->cache_max);
	l->ctrs = rate_ctr_group_alloc(l, &ctr_group_desc, next_index++);
	OSMO_ASSERT(l->ctrs);
	rate_ctr_group_set_name(l->ctrs, name);
	INIT_LLIST_HEAD(&l->by_age);
	osmo_timer_setup(&l->deadline_timer, deadline_passed, l);
	l->ctrl = msisdn_ctrl_new(l, l->config.address, &ctrl_handler, l);
	return l;
}

enum msisdn_cache_answer msisdn_lookup_cached(struct msisdn_lookup *l, const char *imsi,
					      char msisdn[GSUP_MSISDN_SIZE])
{
	enum msisdn_cache_answer a = msisdn_cache_get(l->cache, imsi, exchange_now_ms(), msisdn);

	if (a != MSISDN_CACHE_MISS)
		rate_ctr_inc2(l->ctrs, CTR_CACHED);
	return a;
}

static struct question *question_new(struct msisdn_lookup *l, const char *imsi)
{
	struct question *q;

	if (l->n_questions >= MSISDN_ASKED_MAX) {
		rate_ctr_inc2(l->ctrs, CTR_BUSY);
		return NULL;
	}
	q = talloc_zero(l, struct question);
	INIT_LLIST_HEAD(&q->waiting);
	OSMO_STRLCPY_ARRAY(q->imsi, imsi);
	q->id = ++l->last_id;
	q->deadline_ms = exchange_now_ms() + l->config.timeout_ms;
	hlist_add_head(&q->by_imsi, &l->by_imsi[exchange_hash(imsi, 0) % N_BUCKETS]);
	hlist_add_head(&q->by_id, &l->by_id[q->id % N_BUCKETS]);
	llist_add_tail(&q->by_age, &l->by_age);
	if (l->n_questions++ == 0)
		deadline_arm(l);
	question_send(l, q);
	return q;
}

struct msisdn_query *msisdn_lookup_ask(struct msisdn_lookup *l, const char *imsi,
				       msisdn_lookup_cb answer, void *data)
{
	struct question *q = question_by_imsi(l, imsi);
	struct msisdn_query *w;

	if (q)
		rate_ctr_inc2(l->ctrs, CTR_JOINED);
	else
		q = question_new(l, imsi);
	if (!q)
		return NULL;
	w = talloc_zero(q, struct msisdn_query);
	w->answer = answer;
	w->data = data;
	llist_add_tail(&w->entry, &q->waiting);
	return w;
}

void msisdn_query_cancel(struct msisdn_query *w)
{
	/* The question goes on without it: its answer fills the cache. */
	llist_del(&w->entry);
	talloc_free(w);
}

bool msisdn_lookup_is_up(const struct msisdn_lookup *l)
{
	return msisdn_ctrl_is_up(l->ctrl);
}

size_t msisdn_lookup_cache_count(const struct msisdn_lookup *l)
{
	return msisdn_cache_count(l->cache);
}

void msisdn_lookup_free(struct msisdn_lookup *l)
{
	struct question *q;

	osmo_timer_del(&l->deadline_timer);
	msisdn_ctrl_free(l->ctrl);
	while ((q = llist_first_entry_or_null(&l->by_age, struct question, by_age)))
		question_end(l, q, NULL);
	rate_ctr_group_free(l->ctrs);
	talloc_free(l);
}
