/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Signs of life: sql/function/manager_beat.sql, manager_leave.sql.  Should this
 * process die, another one finds by them what was done and perhaps told nobody
 * (manager_sweep.sql), and tells it by SMS.
 *
 * For that a sign says up to when nobody is owed a word any more.  Debts are
 * counted in two heaps, the newer one begun when a sign was answered: what was
 * asked for after the answer is decided after the time that is in it.  Once the
 * older one is paid off, the newer one's beginning is what the next sign says, and
 * with its answer a new heap is begun.  So that costs nothing for an operation but a count.
 *
 * Signs go by the control lane, where they wait behind nobody's batch.
 */
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/ledger_priv.h"

#define BEAT_EVERY_US 3000000 /* a tenth of what others take for death */
#define LOOK_EVERY_US 200000 /* whether a sign can be given at all */

/* --- debts ------------------------------------------------------------------------ */

/* 1 and 2 are the heaps. */
uint8_t ledger_owe(struct ledger *l)
{
	l->alive.n_debts[l->alive.newer]++;
	return l->alive.newer + 1;
}

void ledger_pay(struct ledger *l, uint8_t debt)
{
	OSMO_ASSERT(debt >= 1 && debt <= ARRAY_SIZE(l->alive.n_debts));
	OSMO_ASSERT(l->alive.n_debts[debt - 1] > 0);
	l->alive.n_debts[debt - 1]--;
}

/* Is the older heap paid off?  Then all is told up to where the newer one begins. */
static bool older_is_paid(struct ledger_alive *a)
{
	if (a->n_debts[!a->newer] > 0)
		return false;
	a->told_to_us = a->next_to_us;
	return true;
}

static void heap_begin(struct ledger_alive *a, int64_t now_us)
{
	if (!older_is_paid(a))
		return;
	a->newer = !a->newer;
	a->next_to_us = now_us;
}

/* --- signs -------------------------------------------------------------------------- */

static void beat_schedule(struct ledger *l, int us)
{
	if (!l->alive.leaving)
		osmo_timer_schedule(&l->alive.timer, us / 1000000, us % 1000000);
}

static void beat_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	struct ledger *l = ledger_request_of(requests[0])->ledger;

	older_is_paid(&l->alive);
	db_param_text(p, l->instance);
	db_param_int8(p, l->alive.told_to_us);
}

static void beat_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	int64_t now_us = rows->n == 1 ? db_rows_int8(rows, 0, 0) : 0;

	if (now_us <= 0)
		rows->bad = true;
	if (!rows->bad)
		heap_begin(&r->ledger->alive, now_us);
}

static void beat_tell(const struct ledger_request *r, const void *result)
{
	const union ledger_result *res = result;

	r->ledger->alive.asked = false;
	beat_schedule(r->ledger, res->outcome == OUTCOME_OK ? BEAT_EVERY_US : LOOK_EVERY_US);
}

const struct ledger_op ledger_beat_op = {
	.db = {
		.name = "manager_beat",
		.sql = "SELECT tegata.manager_beat($1, $2)",
		.params = { DB_OID_TEXT, DB_OID_INT8 },
		.n_params = 2,
		.columns = { DB_OID_INT8 },
		.n_columns = 1,
		.answer = DB_ANSWER_WHOLE,
		.outcome_column = -1,
		.encode = beat_encode,
	},
	.kind = LEDGER_INTERNAL,
	.result_size = sizeof(enum outcome),
	.decode = beat_decode,
	.tell = beat_tell,
};

static bool can_write(const struct ledger *l)
{
	return l->state.schema_level >= LEDGER_SCHEMA_LEVEL &&
	       db_lane_is_up(ledger_lane_control((struct ledger *)l));
}

static void beat_cb(void *data)
{
	struct ledger *l = data;

	if (l->alive.asked || !can_write(l)) {
		beat_schedule(l, LOOK_EVERY_US);
		return;
	}
	l->alive.asked = true;
	ledger_request_submit(ledger_request_new(l, &ledger_beat_op, NULL), ledger_lane_control(l));
}

void ledger_alive_start(struct ledger *l)
{
	osmo_timer_setup(&l->alive.timer, beat_cb, l);
	osmo_timer_schedule(&l->alive.timer, 0, 0);
}

/* --- leave ---------------------------------------------------------------------------- */

static void leave_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	db_param_text(p, ledger_request_of(requests[0])->ledger->instance);
}

static void leave_tell(const struct ledger_request *r, const void *result)
{
	const union ledger_result *res = result;

	if (res->outcome != OUTCOME_OK)
		LOGP(DDB, LOGL_NOTICE, "leave was not taken: %s; others will look for debts\n",
		     outcome_name(res->outcome));
	r->ledger->alive.left = true;
}

const struct ledger_op ledger_leave_op = {
	.db = {
		.name = "manager_leave",
		.sql = "SELECT tegata.manager_leave($1)",
		.params = { DB_OID_TEXT },
		.n_params = 1,
		.columns = { DB_OID_VOID },
		.n_columns = 1,
		.answer = DB_ANSWER_WHOLE,
		.outcome_column = -1,
		.writes = true,
		.encode = leave_encode,
	},
	.kind = LEDGER_INTERNAL,
	.result_size = sizeof(enum outcome),
	.tell = leave_tell,
};

bool ledger_leave(struct ledger *l)
{
	struct ledger_alive *a = &l->alive;

	if (!l->started || a->left)
		return true;
	if (a->leaving)
		return false;
	/* Debts that are left, and a row that cannot be taken away, are for the others. */
	if (!can_write(l) || a->n_debts[0] + a->n_debts[1] > 0)
		return true;
	a->leaving = true;
	osmo_timer_del(&a->timer);
	ledger_request_submit(ledger_request_new(l, &ledger_leave_op, NULL),
			      ledger_lane_control(l));
	return false;
}
