/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the ledger reads by itself, on the watch lane: twice a second whether
 * there is maintenance, which patches the schema has, whether a standby follows
 * and what time it is; every minute the products.  On the control lane it has
 * partitions made every hour, for the days to come.
 *
 * The watch writes nothing, waits for no standby, and has a time limit in the
 * server.  So a server that does not answer it is gone, whatever the kernel
 * still hopes: then all lanes leave it.
 */
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/wall_clock.h"
#include "manager/db_time.h"
#include "manager/ledger_priv.h"

#define TICK_US 500000
/* Turns of the loop at which the watch had no answer: longer than its time limit.  Not a time, so
 * that a process that was stopped does not blame the server. */
#define SILENT_TICKS_MAX 5
#define CLOCK_DIFFERS_US (10 * INT64_C(1000000))
#define PRODUCTS_EVERY_US (60 * INT64_C(1000000))
#define PARTITIONS_EVERY_US (3600 * INT64_C(1000000))
#define RETRY_AFTER_US (10 * INT64_C(1000000))
#define PARTITION_DAYS 35 /* partitions are of a month */

static void no_arguments(struct db_params *p, struct db_request *const *requests, size_t n)
{
}

/* --- maintenance, schema, standby, clock --------------------------------------- */

enum state_column { SCHEMA_LEVEL, MAINTENANCE, STANDBY, NOW };

bool ledger_lacks_standby(const struct ledger *l)
{
	/* While the watch is not up nobody knows; lanes that write ask by themselves (db_conn.c).
	 */
	return l->config.db.require_synchronous_standby && l->started &&
	       l->state.schema_level > 0 && !l->state.standby;
}

static void standby_log(struct ledger *l)
{
	struct ledger_state *s = &l->state;
	bool lacks = ledger_lacks_standby(l);

	if (lacks && !s->standby_logged)
		LOGP(DDB, LOGL_ERROR,
		     "no synchronous standby follows the primary, and one is required: not ready, "
		     "value is not moved\n");
	else if (!lacks && s->standby_logged)
		LOGP(DDB, LOGL_NOTICE, "a synchronous standby follows the primary\n");
	s->standby_logged = lacks;
}

static void clock_take(struct ledger_state *s, int64_t now_us)
{
	int64_t behind_us = wall_clock_set(now_us);
	bool differs = behind_us > CLOCK_DIFFERS_US || behind_us < -CLOCK_DIFFERS_US;

	if (differs && !s->clock_logged)
		LOGP(DDB, LOGL_ERROR,
		     "this host's clock is %lld s behind the database's, which is gone by\n",
		     (long long)(behind_us / 1000000));
	s->clock_logged = differs;
}

static void state_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct ledger_state *s = &r->ledger->state;
	int level;
	bool maintenance, standby;
	int64_t now_us;

	if (rows->n != 1) {
		rows->bad = true;
		return;
	}
	level = db_rows_int4(rows, 0, SCHEMA_LEVEL);
	maintenance = db_rows_bool(rows, 0, MAINTENANCE);
	standby = db_rows_bool(rows, 0, STANDBY);
	now_us = db_rows_int8(rows, 0, NOW);
	if (rows->bad)
		return;
	s->silent_ticks = 0;
	if (maintenance != s->maintenance)
		LOGP(DDB, LOGL_NOTICE, "maintenance is %s\n", maintenance ? "on" : "off");
	if (level < LEDGER_SCHEMA_LEVEL && !s->too_old_logged)
		LOGP(DDB, LOGL_ERROR,
		     "the schema is at patch %d, %d is needed: run `tegatactl db upgrade`\n", level,
		     LEDGER_SCHEMA_LEVEL);
	s->too_old_logged = level < LEDGER_SCHEMA_LEVEL;
	s->maintenance = maintenance;
	s->schema_level = level;
	s->standby = standby;
	standby_log(r->ledger);
	clock_take(s, now_us);
}

static void state_tell(const struct ledger_request *r, const void *result)
{
	r->ledger->state.asked = false;
}

const struct ledger_op ledger_state_op = {
	.db = {
		.name = "state",
		.sql = "SELECT schema_level, maintenance, (" LEDGER_STANDBY_SQL "),"
		       " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
		       " FROM tegata.service_state()",
		.columns = { DB_OID_INT4, DB_OID_BOOL, DB_OID_BOOL, DB_OID_INT8 },
		.n_columns = 4,
		.answer = DB_ANSWER_WHOLE,
		.outcome_column = -1,
		.encode = no_arguments,
	},
	.kind = LEDGER_INTERNAL,
	.result_size = sizeof(enum outcome),
	.decode = state_decode,
	.tell = state_tell,
};

bool ledger_maintenance(const struct ledger *l)
{
	return l->state.maintenance;
}

/* --- products ----------------------------------------------------------------- */

enum product_column {
	CODE,
	NAME,
	CURRENCY,
	AMOUNTS,
	MIN,
	MAX,
	STEP,
	FEE_FIXED,
	FEE_PERMILLE,
	PIN_THRESHOLD,
	ASKS_PIN,
};

static void product_decode(struct product *p, struct db_rows *rows, int row)
{
	db_rows_text(rows, row, CODE, p->code, sizeof(p->code));
	db_rows_text_cut(rows, row, NAME, p->name, sizeof(p->name));
	db_rows_text(rows, row, CURRENCY, p->currency, sizeof(p->currency));
	p->n_amounts = db_rows_int8_array(rows, row, AMOUNTS, p->amounts_minor,
					  ARRAY_SIZE(p->amounts_minor));
	p->min_minor = db_rows_int8(rows, row, MIN);
	p->max_minor = db_rows_int8(rows, row, MAX);
	p->step_minor = db_rows_int8(rows, row, STEP);
	p->fee_fixed_minor = db_rows_int8(rows, row, FEE_FIXED);
	p->fee_permille = db_rows_int4(rows, row, FEE_PERMILLE);
	p->asks_pin = !db_rows_null(rows, row, PIN_THRESHOLD);
	p->pin_from_minor = db_rows_int8(rows, row, PIN_THRESHOLD);
}

static void products_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct ledger_state *s = &r->ledger->state;
	struct product products[LEDGER_PRODUCTS_MAX] = { 0 };
	size_t n = OSMO_MIN((size_t)rows->n, LEDGER_PRODUCTS_MAX);
	bool asks_pin;
	size_t i;

	if ((size_t)rows->n > n)
		LOGP(DDB, LOGL_ERROR, "%d products are on sale, only %d are offered\n", rows->n,
		     LEDGER_PRODUCTS_MAX);
	for (i = 0; i < n; i++)
		product_decode(&products[i], rows, i);
	asks_pin = n == 0 || db_rows_bool(rows, 0, ASKS_PIN);
	if (rows->bad)
		return;
	memcpy(s->products, products, sizeof(products));
	s->n_products = n;
	s->asks_pin = asks_pin;
	s->products_known = true;
	s->products_due_us = db_now_us() + PRODUCTS_EVERY_US;
}

static void products_tell(const struct ledger_request *r, const void *result)
{
	r->ledger->state.products_asked = false;
}

const struct ledger_op ledger_products_op = {
	.db = {
		.name = "products",
		.sql = "SELECT code, name, currency, amounts, min, max, step, fee_fixed,"
		       " fee_permille, pin_threshold, asks_pin FROM tegata.product_list()",
		.columns = { DB_OID_TEXT, DB_OID_TEXT, DB_OID_TEXT, DB_OID_INT8_ARRAY, DB_OID_INT8,
			     DB_OID_INT8, DB_OID_INT8, DB_OID_INT8, DB_OID_INT4, DB_OID_INT8,
			     DB_OID_BOOL },
		.n_columns = 11,
		.answer = DB_ANSWER_WHOLE,
		.outcome_column = -1,
		.encode = no_arguments,
	},
	.kind = LEDGER_INTERNAL,
	.result_size = sizeof(enum outcome),
	.decode = products_decode,
	.tell = products_tell,
};

const struct product *ledger_products(const struct ledger *l, size_t *n)
{
	*n = l->state.n_products;
	return l->state.products;
}

bool ledger_knows_products(const struct ledger *l)
{
	return l->state.products_known;
}

bool ledger_asks_pin(const struct ledger *l)
{
	return !l->state.products_known || l->state.asks_pin;
}

int64_t product_fee(const struct product *p, int64_t amount_minor)
{
	return p->fee_fixed_minor + (amount_minor * p->fee_permille + 999) / 1000;
}

void ledger_products_refresh(struct ledger *l)
{
	struct ledger_state *s = &l->state;

	s->products_due_us = 0;
	/* Nobody shall meet the old list for as long as a tick takes. */
	if (osmo_timer_pending(&s->timer))
		osmo_timer_schedule(&s->timer, 0, 0);
}

/* --- partitions ---------------------------------------------------------------- */

static void partitions_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	db_param_int4(p, PARTITION_DAYS);
}

static void partitions_tell(const struct ledger_request *r, const void *result)
{
	const union ledger_result *res = result;
	struct ledger_state *s = &r->ledger->state;

	s->partitions_asked = false;
	s->partitions_due_us =
		db_now_us() + (res->outcome == OUTCOME_OK ? PARTITIONS_EVERY_US : RETRY_AFTER_US);
}

const struct ledger_op ledger_partitions_op = {
	.db = {
		.name = "partitions",
		.sql = "SELECT tegata.partition_ensure($1)",
		.params = { DB_OID_INT4 },
		.n_params = 1,
		.columns = { DB_OID_VOID },
		.n_columns = 1,
		.answer = DB_ANSWER_WHOLE,
		.outcome_column = -1,
		.encode = partitions_encode,
	},
	.kind = LEDGER_INTERNAL,
	.result_size = sizeof(enum outcome),
	.tell = partitions_tell,
};

/* --- when ----------------------------------------------------------------------- */

static void ask(struct ledger *l, const struct ledger_op *op, struct db_lane *lane, bool *asked)
{
	*asked = true;
	ledger_request_submit(ledger_request_new(l, op, NULL), lane);
}

static void silence_check(struct ledger *l)
{
	struct ledger_state *s = &l->state;
	const struct db_lane *watch = ledger_lane_watch(l);
	unsigned int i;

	if (!db_lane_is_up(watch) || db_lane_in_flight(watch) == 0) {
		s->silent_ticks = 0;
		return;
	}
	if (++s->silent_ticks < SILENT_TICKS_MAX)
		return;
	s->silent_ticks = 0;
	LOGP(DDB, LOGL_ERROR, "the server at %s does not answer\n",
	     db_conn_server_name(db_lane_conn(watch)));
	for (i = 0; i < l->n_lanes; i++)
		db_lane_leave(l->lanes[i], "the server does not answer");
}

static void tick_cb(void *data)
{
	struct ledger *l = data;
	struct ledger_state *s = &l->state;
	int64_t now_us = db_now_us();

	osmo_timer_schedule(&s->timer, 0, TICK_US);
	silence_check(l);
	if (!s->asked)
		ask(l, &ledger_state_op, ledger_lane_watch(l), &s->asked);
	if (!s->products_asked && s->products_due_us <= now_us)
		ask(l, &ledger_products_op, ledger_lane_watch(l), &s->products_asked);
	if (!s->partitions_asked && s->partitions_due_us <= now_us)
		ask(l, &ledger_partitions_op, ledger_lane_control(l), &s->partitions_asked);
	ledger_count_tick(l);
}

void ledger_state_start(struct ledger *l)
{
	osmo_timer_setup(&l->state.timer, tick_cb, l);
	osmo_timer_schedule(&l->state.timer, 0, 0);
}
