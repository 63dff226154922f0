/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What stands in for the dialogue layer and the ledger in tests of the
 * exchange adapters; after <cmocka.h>.  One test program, one copy.
 */
#include <stdbool.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/fsm.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/select.h>
#include <osmocom/core/stats.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/dialogue.h"
#include "manager/exchange_util.h"
#include "manager/ledger.h"
#include "tests/lib/loop.h"

/* --- dialogues ------------------------------------------------------------- */

enum fake_open { OPEN_WAIT, OPEN_ASK, OPEN_END, OPEN_REFUSE, OPEN_REFUSE_SILENTLY };

struct dialogue {
	const struct exchange_ops *ops;
	struct exchange_session *session;
	bool aborted;
	char link[32], imsi[GSUP_IMSI_SIZE], msisdn[GSUP_MSISDN_SIZE], text[64];
	bool has_msisdn;
};

struct dialogues {
	enum fake_open open;
	const char *open_text; /* what is asked or said at once */
	const char *answer_text; /* what is said on an answer; NULL: nothing */
	bool answer_ends;
	int n_open, n_answer, n_abort;
	struct dialogue last[5120]; /* by order of opening, modulo */
	char answer[512];
	char why[128];
};

static inline struct dialogue *fake_dialogue(struct dialogues *ds, int n)
{
	return &ds->last[n % (int)ARRAY_SIZE(ds->last)];
}

static struct dialogues *fake_answering;

struct dialogue *dialogue_open(struct dialogues *ds, const struct exchange_begin *begin)
{
	struct dialogue *d = fake_dialogue(ds, ds->n_open++);

	fake_answering = ds;
	*d = (struct dialogue){ .ops = begin->ops, .session = begin->session };
	OSMO_STRLCPY_ARRAY(d->link, begin->link);
	OSMO_STRLCPY_ARRAY(d->imsi, begin->imsi);
	OSMO_STRLCPY_ARRAY(d->text, begin->text);
	d->has_msisdn = begin->msisdn != NULL;
	OSMO_STRLCPY_ARRAY(d->msisdn, begin->msisdn ? begin->msisdn : "");
	switch (ds->open) {
	case OPEN_WAIT:
		break;
	case OPEN_ASK:
		assert_int_equal(d->ops->send(d->session, ds->open_text, false), 0);
		break;
	case OPEN_END:
		assert_int_equal(d->ops->send(d->session, ds->open_text, true), 0);
		break;
	case OPEN_REFUSE:
		assert_int_equal(d->ops->send(d->session, ds->open_text, true), 0);
		return NULL;
	case OPEN_REFUSE_SILENTLY:
		return NULL;
	}
	return d;
}

void dialogue_answer(struct dialogue *d, const char *text)
{
	struct dialogues *ds = fake_answering;

	assert_false(d->aborted);
	ds->n_answer++;
	OSMO_STRLCPY_ARRAY(ds->answer, text);
	if (ds->answer_text)
		assert_int_equal(d->ops->send(d->session, ds->answer_text, ds->answer_ends), 0);
}

void dialogue_abort(struct dialogue *d, const char *why)
{
	struct dialogues *ds = fake_answering;

	assert_false(d->aborted);
	d->aborted = true;
	ds->n_abort++;
	OSMO_STRLCPY_ARRAY(ds->why, why);
}

/* --- leases: one database, any number of ledgers ------------------------------ */

struct ledger {
	const char *name;
	bool away; /* the database does not answer: false after some time */
	bool full; /* not even queued */
	unsigned int slow_ms; /* grants at once, says so later */
	int n_asked;
};

struct ledger_request {
	struct osmo_timer_list timer;
	struct ledger *ledger;
	bool held;
	ledger_lease_cb done;
	void *data;
};

static struct {
	char resource[64];
	const struct ledger *holder;
	int64_t until_ms;
	int n_released;
} fake_lease;

static void fake_lease_answer(void *data)
{
	struct ledger_request *r = data;
	struct ledger_request copy = *r;

	talloc_free(r);
	copy.done(copy.data, copy.held);
}

struct ledger_request *ledger_lease(struct ledger *l, const char *resource, uint32_t ttl_ms,
				    ledger_lease_cb done, void *data)
{
	struct ledger_request *r = talloc_zero(NULL, struct ledger_request);
	bool is_free = !fake_lease.holder || fake_lease.until_ms <= exchange_now_ms();

	l->n_asked++;
	r->ledger = l;
	r->done = done;
	r->data = data;
	osmo_timer_setup(&r->timer, fake_lease_answer, r);
	if (!l->away && !l->full && (is_free || fake_lease.holder == l)) {
		OSMO_STRLCPY_ARRAY(fake_lease.resource, resource);
		fake_lease.holder = l;
		fake_lease.until_ms = exchange_now_ms() + ttl_ms;
		r->held = true;
	}
	osmo_timer_schedule(&r->timer, 0, l->away ? 50000 : (l->slow_ms + 1) * 1000);
	return l->full ? NULL : r;
}

void ledger_lease_release(struct ledger *l, const char *resource)
{
	if (fake_lease.holder != l)
		return;
	assert_string_equal(resource, fake_lease.resource);
	fake_lease.holder = NULL;
	fake_lease.n_released++;
}

void ledger_hurry(struct ledger_request *r, int64_t since_us)
{
}

void ledger_cancel(struct ledger_request *r)
{
	osmo_timer_del(&r->timer);
	talloc_free(r);
}

const char *ledger_instance(const struct ledger *l)
{
	return l->name;
}

/* --- surroundings ------------------------------------------------------------ */

static inline void fake_init(void)
{
	void *ctx = talloc_named_const(NULL, 0, "test");

	osmo_init_logging2(ctx, &tegata_log_info);
	log_set_print_level(osmo_stderr_target, 1);
	log_set_use_color(osmo_stderr_target, 0);
	for (unsigned int i = 0; !getenv("TEST_VERBOSE") && i < tegata_log_info.num_cat; i++)
		log_set_category_filter(osmo_stderr_target, (int)i, 1, LOGL_FATAL);
	log_set_category_filter(osmo_stderr_target, DLGLOBAL, 1, LOGL_ERROR);
	rate_ctr_init(ctx);
	osmo_stats_init(ctx);
	osmo_fsm_term_safely(true);
	osmo_fsm_set_dealloc_ctx(OTC_SELECT);
}

static inline uint64_t fake_ctr(const struct rate_ctr_group *g, unsigned int i)
{
	return rate_ctr_group_get_ctr((struct rate_ctr_group *)g, i)->current;
}
