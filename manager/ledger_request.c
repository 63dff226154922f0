/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The life of a request between its call and its callback.
 *
 *   new -> submit -> lane -> done -> told -> pool
 *            |         |
 *            |         +-- deadline: told at once; done later, consumed -> pool
 *            +-- queue full: told by the next turn of the loop          -> pool
 */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/fault_point.h"
#include "lib/log_category.h"
#include "manager/db_time.h"
#include "manager/ledger_priv.h"

#define POOL_GROWTH 64
/* Less is not worth leaving the order in which all were asked. */
#define HURRY_MIN_US 50000

static void pool_grow(struct ledger *l)
{
	struct ledger_request *slab = talloc_array(l, struct ledger_request, POOL_GROWTH);
	size_t i;

	OSMO_ASSERT(slab);
	for (i = 0; i < POOL_GROWTH; i++)
		llist_add(&slab[i].entry, &l->pool);
	l->n_pool += POOL_GROWTH;
	l->n_requests += POOL_GROWTH;
}

/* How many there can be is bounded by the lanes' queues and batches, and by how many are refused
 * within one turn of the loop. */
struct ledger_request *ledger_request_new(struct ledger *l, const struct ledger_op *op, void *data)
{
	struct ledger_request *r;

	if (llist_empty(&l->pool))
		pool_grow(l);
	r = llist_first_entry(&l->pool, struct ledger_request, entry);
	llist_del(&r->entry);
	l->n_pool--;
	memset(r, 0, sizeof(*r));
	r->ledger = l;
	r->db.op = &op->db;
	r->data = data;
	return r;
}

void *ledger_request_own(struct ledger_request *r, const void *args, size_t size)
{
	r->own = talloc_memdup(r->ledger, args, size);
	OSMO_ASSERT(r->own);
	return r->own;
}

static void request_release(struct ledger_request *r)
{
	struct ledger *l = r->ledger;

	TALLOC_FREE(r->own);
	if (r->db.op == &ledger_check_op.db && r->args.check.value_ids != r->args.check.inline_ids)
		talloc_free(r->args.check.value_ids);
	/* Last in, first out: what was used a moment ago is in the cache. */
	llist_add(&r->entry, &l->pool);
	l->n_pool++;
}

static bool is_counted(const struct ledger_request *r)
{
	return ledger_op_of(r)->kind != LEDGER_INTERNAL;
}

static void request_tell(struct ledger_request *r, enum outcome outcome, struct db_rows *rows)
{
	struct ledger *l = r->ledger;
	const struct ledger_op *op = ledger_op_of(r);
	union ledger_result *result = &l->result;

	if (outcome == OUTCOME_VALUE_ID_TAKEN)
		outcome = OUTCOME_INTERNAL; /* again and again: nothing that the asker can help */
	memset(result, 0, op->result_size);
	result->outcome = outcome;
	if (rows && op->decode) {
		op->decode(r, result, rows);
		if (db_rows_bad(rows)) {
			LOGP(DDB, LOGL_ERROR, "%s: an answer that cannot be read\n",
			     op->db.describe ? op->db.describe(&r->db) : op->db.name);
			memset(result, 0, op->result_size);
			result->outcome = op->db.writes ? OUTCOME_UNCERTAIN : OUTCOME_INTERNAL;
		}
	}
	r->told = true;
	if (is_counted(r))
		l->n_in_flight--;
	ledger_count_answer(l->counters, op->kind, result->outcome, db_now_us() - r->asked_us);
	if (op->db.describe)
		/* Who asked tells it, unless nobody is there any more. */
		LOGP(DOP, r->cancelled ? LOGL_NOTICE : LOGL_DEBUG, "%s: %s\n",
		     op->db.describe(&r->db), outcome_name(result->outcome));
	if (!r->cancelled && op->tell)
		op->tell(r, result);
	if (op->db.writes && op->db.describe)
		FAULT_POINT("told");
}

/* --- deadline --------------------------------------------------------------- */

static enum outcome deadline_outcome(const struct ledger_request *r)
{
	if (r->db.op->writes && (r->db.lost || (r->db.in_batch && r->db.in_doubt)))
		return OUTCOME_UNCERTAIN;
	return r->db.again ? OUTCOME_AGAIN : OUTCOME_UNAVAILABLE;
}

static struct ledger_request *request_of(struct rb_node *node)
{
	return container_of(node, struct ledger_request, node);
}

static struct ledger_request *deadline_first(const struct ledger *l)
{
	struct ledger_request *first =
		llist_first_entry_or_null(&l->by_deadline, struct ledger_request, entry);
	struct rb_node *node = rb_first(&l->hurried);

	if (node && (!first || request_of(node)->deadline_us < first->deadline_us))
		return request_of(node);
	return first;
}

static void deadline_arm(struct ledger *l)
{
	struct ledger_request *first = deadline_first(l);
	int64_t us;

	if (!first)
		return;
	us = first->deadline_us - db_now_us();
	if (us < 0)
		us = 0;
	osmo_timer_schedule(&l->deadline_timer, us / 1000000, us % 1000000);
}

static void tree_add(struct ledger_request *r)
{
	struct rb_node **link = &r->ledger->hurried.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = r->deadline_us < request_of(parent)->deadline_us ? &parent->rb_left
									: &parent->rb_right;
	}
	rb_link_node(&r->node, parent, link);
	rb_insert_color(&r->node, &r->ledger->hurried);
}

/* Most have the same time, and come in the order of their deadlines: a list.  Those that do not
 * are in a tree, however many wait. */
static void deadline_add(struct ledger_request *r)
{
	struct ledger *l = r->ledger;

	r->hurried = !llist_empty(&l->by_deadline) &&
		     llist_last_entry(&l->by_deadline, struct ledger_request, entry)->deadline_us >
			     r->deadline_us;
	if (r->hurried)
		tree_add(r);
	else
		llist_add_tail(&r->entry, &l->by_deadline);
	/* The timer is not moved when the first one is answered: it fires early, and is set to
	 * the next.  So under load requests never touch it. */
	if (deadline_first(l) == r)
		deadline_arm(l);
}

static void deadline_remove(struct ledger_request *r)
{
	if (r->hurried)
		rb_erase(&r->node, &r->ledger->hurried);
	else
		llist_del(&r->entry);
}

static void deadline_cb(void *data)
{
	struct ledger *l = data;
	struct ledger_request *r;
	int64_t now_us = db_now_us();

	while ((r = deadline_first(l)) && r->deadline_us <= now_us) {
		enum outcome outcome = deadline_outcome(r);
		bool forgotten = db_queue_withdraw(&r->db);

		deadline_remove(r);
		request_tell(r, outcome, NULL);
		if (forgotten)
			request_release(r);
	}
	deadline_arm(l);
}

void ledger_hurry(struct ledger_request *r, int64_t since_us)
{
	struct ledger *l = r->ledger;
	int64_t deadline_us = since_us + l->config.deadline_ms * INT64_C(1000);

	if (r->refused || r->deadline_us - deadline_us < HURRY_MIN_US)
		return;
	deadline_remove(r);
	r->deadline_us = deadline_us;
	deadline_add(r);
}

void ledger_request_done(void *data, struct db_request *dr, enum outcome outcome,
			 struct db_rows *rows)
{
	struct ledger_request *r = ledger_request_of(dr);

	if (r->told) {
		LOGP(DDB, rows ? LOGL_NOTICE : LOGL_DEBUG, "%s: came too late: %s\n",
		     dr->op->describe ? dr->op->describe(dr) : dr->op->name,
		     rows ? outcome_name(outcome) : "not known");
	} else {
		deadline_remove(r);
		request_tell(r, outcome, rows);
	}
	request_release(r);
}

/* --- calls ------------------------------------------------------------------- */

static void refused_cb(void *data)
{
	struct ledger *l = data;
	struct ledger_request *r, *next;
	LLIST_HEAD(refused);

	/* Who is told may ask again, and be refused again: that is for the next turn. */
	llist_splice_init(&l->refused, &refused);
	llist_for_each_entry_safe (r, next, &refused, entry) {
		llist_del(&r->entry);
		request_tell(r, r->refusal, NULL);
		request_release(r);
	}
}

static void request_begin(struct ledger_request *r)
{
	struct ledger *l = r->ledger;

	r->asked_us = db_now_us();
	r->deadline_us = r->asked_us + (ledger_op_of(r)->deadline_ms ? ledger_op_of(r)->deadline_ms
								     : l->config.deadline_ms) *
					       INT64_C(1000);
	ledger_count_asked(l->counters, ledger_op_of(r)->kind);
	if (is_counted(r))
		l->n_in_flight++;
}

static struct ledger_request *refuse(struct ledger_request *r, enum outcome outcome)
{
	struct ledger *l = r->ledger;

	r->refused = true;
	r->refusal = outcome;
	llist_add_tail(&r->entry, &l->refused);
	if (!osmo_timer_pending(&l->refused_timer))
		osmo_timer_schedule(&l->refused_timer, 0, 0);
	return r;
}

struct ledger_request *ledger_request_refuse(struct ledger_request *r, enum outcome outcome)
{
	request_begin(r);
	return refuse(r, outcome);
}

struct ledger_request *ledger_request_submit(struct ledger_request *r, struct db_lane *lane)
{
	request_begin(r);
	if (!lane)
		return refuse(r, OUTCOME_UNAVAILABLE);
	if (db_lane_submit(lane, &r->db) < 0)
		return refuse(r, OUTCOME_BUSY);
	deadline_add(r);
	return r;
}

void ledger_cancel(struct ledger_request *r)
{
	OSMO_ASSERT(!r->told && !r->cancelled);
	r->cancelled = true;
	if (r->refused || r->db.op->writes || !db_queue_withdraw(&r->db))
		return;
	/* A question that nobody asks any more need not be sent. */
	deadline_remove(r);
	if (is_counted(r))
		r->ledger->n_in_flight--;
	request_release(r);
}

size_t ledger_in_flight(const struct ledger *l)
{
	return l->n_in_flight;
}

void ledger_requests_init(struct ledger *l)
{
	INIT_LLIST_HEAD(&l->by_deadline);
	l->hurried = (struct rb_root){ NULL };
	INIT_LLIST_HEAD(&l->refused);
	INIT_LLIST_HEAD(&l->pool);
	osmo_timer_setup(&l->deadline_timer, deadline_cb, l);
	osmo_timer_setup(&l->refused_timer, refused_cb, l);
}
