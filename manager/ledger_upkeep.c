/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What managers do to the record beside the requests, on a lane of its own where
 * nobody waits for an answer: old answers go, values past their expiry are
 * written down, texts and questions that came to their end too, what a dead manager
 * owes is told (sql/function/request_forget.sql, value_expire.sql, outbox_expire.sql,
 * question_expire.sql, manager_sweep.sql), and the last result of reconciliation is read for the
 * metrics page.
 *
 * The database keeps the pace: each call does one small batch, if one is due and
 * no other manager is at it, and says when to come again.  So any number of
 * managers does as much as one.
 */
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/db_time.h"
#include "manager/ledger_priv.h"
#include "manager/reconcile_metrics.h"

#define BATCH_ROWS 1000
#define LOOK_EVERY_US (10 * INT64_C(1000000)) /* at least */
#define RETRY_AFTER_US (10 * INT64_C(1000000))
#define IDLE_US INT64_C(1000000) /* between looks whether anything may be done at all */

static void upkeep_schedule(struct ledger *l);

static struct ledger_upkeep_task *task_of(const struct ledger_request *r)
{
	struct ledger_upkeep *u = &r->ledger->upkeep;
	const struct ledger_op *op = ledger_op_of(r);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(u->tasks); i++) {
		if (u->tasks[i].op == op)
			return &u->tasks[i];
	}
	OSMO_ASSERT(0);
	return NULL;
}

static void task_tell(const struct ledger_request *r, const void *result)
{
	const union ledger_result *res = result;
	struct ledger_upkeep_task *t = task_of(r);

	t->asked = false;
	t->due_us = db_now_us() + (res->outcome == OUTCOME_OK ? t->wait_us : RETRY_AFTER_US);
	upkeep_schedule(r->ledger);
}

/* --- batches ------------------------------------------------------------------- */

static void batch_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	db_param_int4(p, BATCH_ROWS);
}

/* The one column is how many milliseconds to wait. */
static void batch_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	int32_t wait_ms = rows->n == 1 ? db_rows_int4(rows, 0, 0) : 0;

	if (wait_ms <= 0)
		rows->bad = true;
	else
		task_of(r)->wait_us = OSMO_MIN(wait_ms * INT64_C(1000), LOOK_EVERY_US);
}

#define BATCH_OP(function)                                                 \
	{                                                                  \
		.db = {                                                  \
			.name = #function,                               \
			.sql = "SELECT tegata." #function "($1)",        \
			.params = { DB_OID_INT4 },                       \
			.n_params = 1,                                   \
			.columns = { DB_OID_INT4 },                      \
			.n_columns = 1,                                  \
			.answer = DB_ANSWER_WHOLE,                       \
			.outcome_column = -1,                            \
			.encode = batch_encode,                          \
		},                                                       \
		.kind = LEDGER_INTERNAL,                                 \
		.result_size = sizeof(enum outcome),                     \
		.deadline_ms = LEDGER_UPKEEP_TIMEOUT_MS * 2,             \
		.decode = batch_decode,                                  \
		.tell = task_tell, \
	}

const struct ledger_op ledger_forget_op = BATCH_OP(request_forget);
const struct ledger_op ledger_expire_op = BATCH_OP(value_expire);
const struct ledger_op ledger_outbox_expire_op = BATCH_OP(outbox_expire);
const struct ledger_op ledger_question_expire_op = BATCH_OP(question_expire);
const struct ledger_op ledger_sweep_op = BATCH_OP(manager_sweep);

/* --- reconciliation ------------------------------------------------------------- */

enum reconcile_column { AT, TOOK_MS, KIND, CURRENCY, DIFFERENCE, OBJECTS };

static void no_arguments(struct db_params *p, struct db_request *const *requests, size_t n)
{
}

static void reconcile_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct reconcile_line lines[RECONCILE_LINES_MAX];
	size_t n = 0;
	int row;

	task_of(r)->wait_us = LOOK_EVERY_US;
	if (rows->n == 0)
		return;
	for (row = 0; row < rows->n && n < ARRAY_SIZE(lines); row++) {
		struct reconcile_line *line = &lines[n];

		if (db_rows_null(rows, row, KIND))
			continue;
		db_rows_text_cut(rows, row, KIND, line->kind, sizeof(line->kind));
		db_rows_text_cut(rows, row, CURRENCY, line->currency, sizeof(line->currency));
		line->difference_minor = db_rows_int8(rows, row, DIFFERENCE);
		line->objects = db_rows_int8(rows, row, OBJECTS);
		n++;
	}
	if (!rows->bad)
		reconcile_metrics_set(r->ledger->upkeep.reconcile, db_rows_time(rows, 0, AT),
				      db_rows_int8(rows, 0, TOOK_MS), lines, n);
}

const struct ledger_op ledger_reconcile_op = {
	.db = {
		.name = "reconcile_last",
		.sql = "SELECT at, took_ms, kind, currency, difference, objects FROM"
		       " tegata.reconcile_last()",
		.columns = { DB_OID_TIMESTAMPTZ, DB_OID_INT8, DB_OID_TEXT, DB_OID_TEXT, DB_OID_INT8,
			     DB_OID_INT8 },
		.n_columns = 6,
		.answer = DB_ANSWER_WHOLE,
		.outcome_column = -1,
		.encode = no_arguments,
	},
	.kind = LEDGER_INTERNAL,
	.result_size = sizeof(enum outcome),
	.deadline_ms = LEDGER_UPKEEP_TIMEOUT_MS * 2,
	.decode = reconcile_decode,
	.tell = task_tell,
};

/* --- when ------------------------------------------------------------------------ */

/* Nothing is written while value is not to be moved, nor asked of a schema that is not known. */
static bool may_run(const struct ledger *l)
{
	return l->state.schema_level >= LEDGER_SCHEMA_LEVEL && !l->state.maintenance &&
	       !ledger_lacks_standby(l) && db_lane_is_up(ledger_lane_upkeep(l));
}

static void upkeep_schedule(struct ledger *l)
{
	struct ledger_upkeep *u = &l->upkeep;
	int64_t now_us = db_now_us(), us = IDLE_US;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(u->tasks); i++) {
		if (!u->tasks[i].asked)
			us = OSMO_MIN(us, u->tasks[i].due_us - now_us);
	}
	/* What is due and may not run is looked at again in a while. */
	us = us <= 0 && !may_run(l) ? IDLE_US : OSMO_MAX(us, 0);
	osmo_timer_schedule(&u->timer, us / 1000000, us % 1000000);
}

static void upkeep_cb(void *data)
{
	struct ledger *l = data;
	int64_t now_us = db_now_us();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(l->upkeep.tasks) && may_run(l); i++) {
		struct ledger_upkeep_task *t = &l->upkeep.tasks[i];

		if (t->asked || t->due_us > now_us)
			continue;
		t->asked = true;
		ledger_request_submit(ledger_request_new(l, t->op, NULL), ledger_lane_upkeep(l));
	}
	upkeep_schedule(l);
}

void ledger_upkeep_start(struct ledger *l)
{
	struct ledger_upkeep *u = &l->upkeep;

	u->tasks[0].op = &ledger_forget_op;
	u->tasks[1].op = &ledger_expire_op;
	u->tasks[2].op = &ledger_reconcile_op;
	u->tasks[3].op = &ledger_outbox_expire_op;
	u->tasks[4].op = &ledger_question_expire_op;
	u->tasks[5].op = &ledger_sweep_op;
	u->reconcile = reconcile_metrics_new(l);
	osmo_timer_setup(&u->timer, upkeep_cb, l);
	osmo_timer_schedule(&u->timer, 0, 0);
}
