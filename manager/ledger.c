/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The lanes of the ledger: which there are, which request goes to which. */
#include "manager/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/random.h"
#include "lib/request_id.h"
#include "manager/ledger_priv.h"

#define DEFAULT_ADDRESS "unix:/run/postgresql"
#define DEFAULT_NAME "tegata"
#define DEFAULT_USER "tegata_ledger"
#define DEFAULT_LANES 2
#define DEFAULT_BATCH_MAX 256
#define DEFAULT_LATENCY_GOAL_MS 50
#define DEFAULT_QUEUE_MAX 8192
#define DEFAULT_DEADLINE_MS 5000
#define CONTROL_QUEUE_MAX 256
/* A batch of reads that takes longer is not waited for: much was asked, or the database is far. */
#define READ_GATHER_US 2000
/* Longer than what the control lane allows itself for making partitions. */
#define LOCK_TIMEOUT_MS 250
#define CONTROL_LOCK_TIMEOUT_MS 200
#define CONTROL_TIMEOUT_MS 2000
#define WATCH_TIMEOUT_MS 1500 /* ledger_state.c waits longer */

static const struct db_op *const write_ops[] = {
	&ledger_issue_op.db,	      &ledger_transfer_op.db,	     &ledger_enter_op.db,
	&ledger_seen_op.db,	      &ledger_sms_reply_op.db,	     &ledger_receipts_op.db,
	&ledger_question_open_op.db,  &ledger_question_answer_op.db, &ledger_questions_op.db,
	&ledger_pin_check_op.db,      &ledger_pin_set_op.db,	     &ledger_outbox_tell_op.db,
	&ledger_outbox_take_op.db,    &ledger_outbox_renew_op.db,    &ledger_outbox_result_op.db,
	&ledger_outbox_receipt_op.db, &ledger_outbox_heard_op.db,
};

static const struct db_op *const read_ops[] = {
	&ledger_check_op.db,	&ledger_quote_op.db,	    &ledger_list_op.db,
	&ledger_balance_op.db,	&ledger_history_op.db,	    &ledger_number_op.db,
	&ledger_sms_seen_op.db, &ledger_outbox_state_op.db, &ledger_enter_op.db,
};

static const struct db_op *const control_ops[] = {
	&ledger_lease_op.db, &ledger_lease_release_op.db, &ledger_partitions_op.db,
	&ledger_beat_op.db,  &ledger_leave_op.db,
};

static const struct db_op *const upkeep_ops[] = {
	&ledger_forget_op.db,	     &ledger_expire_op.db,	    &ledger_reconcile_op.db,
	&ledger_outbox_expire_op.db, &ledger_question_expire_op.db, &ledger_sweep_op.db,
};

static const struct db_op *const watch_ops[] = {
	&ledger_state_op.db,
	&ledger_products_op.db,
};

_Static_assert(LEDGER_LANES_MAX <= DB_QUEUE_LANES_MAX, "lanes of one sort share a queue");

struct db_lane *ledger_lane_control(struct ledger *l)
{
	return l->started ? l->lanes[0] : NULL;
}

struct db_lane *ledger_lane_watch(const struct ledger *l)
{
	return l->lanes[l->n_lanes - 1];
}

struct db_lane *ledger_lane_upkeep(const struct ledger *l)
{
	return l->lanes[l->n_lanes - 2];
}

struct db_lane *ledger_lane_write(struct ledger *l)
{
	return l->started ? l->lanes[1] : NULL;
}

/* The first that gathers: twice as many requests in a batch cost the database a quarter less each,
 * and the others are for what it does not take at once.  Where none gathers, the least loaded;
 * where none is connected, the first, which waits for it to come. */
struct db_lane *ledger_lane_read(struct ledger *l)
{
	struct db_lane *best = NULL;
	unsigned int i;

	for (i = 1 + l->n_write; i < 1 + l->n_write + l->n_read; i++) {
		struct db_lane *lane = l->lanes[i];

		if (db_lane_gathers(lane, READ_GATHER_US))
			return lane;
		if (db_lane_is_up(lane) && (!best || db_lane_load(lane) < db_lane_load(best)))
			best = lane;
	}
	return best || !l->started ? best : l->lanes[1 + l->n_write];
}

/* It ends as the request ids of this process do: sql/patch/0010-alive.sql. */
static void instance_name(char name[LEDGER_INSTANCE_SIZE])
{
	char host[32] = "";
	uint32_t number, source;

	if (gethostname(host, sizeof(host) - 1) < 0)
		osmo_strlcpy(host, "unknown", sizeof(host));
	if (random_fill(&number, sizeof(number)) < 0)
		number = 0;
	if (request_id_source(&source) < 0)
		source = 0;
	snprintf(name, LEDGER_INSTANCE_SIZE, "%s-%d-%08x%08x", host, (int)getpid(), number, source);
}

static int ledger_destruct(struct ledger *l)
{
	osmo_timer_del(&l->deadline_timer);
	osmo_timer_del(&l->refused_timer);
	osmo_timer_del(&l->state.timer);
	osmo_timer_del(&l->upkeep.timer);
	osmo_timer_del(&l->alive.timer);
	return 0;
}

/* In their place: connections and lanes have pointers into them. */
void ledger_reset(struct ledger *l)
{
	static const struct db_settings db = {
		.address = DEFAULT_ADDRESS,
		.name = DEFAULT_NAME,
		.user = DEFAULT_USER,
	};

	db_settings_copy(l, &l->config.db, &db);
	l->config.n_write = l->config.n_read = DEFAULT_LANES;
	l->config.limits = (struct db_queue_limits){
		.batch_max = DEFAULT_BATCH_MAX,
		.latency_goal_ms = DEFAULT_LATENCY_GOAL_MS,
		.queue_max = DEFAULT_QUEUE_MAX,
	};
	l->config.deadline_ms = DEFAULT_DEADLINE_MS;
}

struct ledger *ledger_new(void *ctx)
{
	struct ledger *l = talloc_zero(ctx, struct ledger);

	OSMO_ASSERT(l);
	ledger_reset(l);
	l->control_limits = (struct db_queue_limits){
		.batch_max = 1,
		.queue_max = CONTROL_QUEUE_MAX,
	};
	instance_name(l->instance);
	ledger_requests_init(l);
	l->counters = ledger_counters_new(l);
	talloc_set_destructor(l, ledger_destruct);
	return l;
}

/* What each sort of lane has in common. */
struct lane_sort {
	const char *name;
	const struct db_op *const *ops;
	size_t n_ops;
	const struct db_queue_limits *limits;
	struct db_session session;
};

static struct db_queue *queue_make(struct ledger *l, const struct lane_sort *sort, const char *name)
{
	struct db_queue_config config = {
		.name = name,
		.ops = sort->ops,
		.n_ops = sort->n_ops,
		.limits = sort->limits,
	};
	struct db_queue *queue = db_queue_new(l, &config);

	ledger_count_queue(l->counters, queue);
	return queue;
}

static void lane_make(struct ledger *l, const struct lane_sort *sort, struct db_queue *queue,
		      const char *name)
{
	struct db_lane_config config = {
		.name = name,
		.settings = &l->config.db,
		.session = sort->session,
		.done = ledger_request_done,
		.data = l,
	};
	struct db_lane *lane;

	config.session.application_name = l->instance;
	lane = db_lane_new(queue, &config);
	ledger_count_lane(l->counters, lane, l->n_lanes);
	l->lanes[l->n_lanes++] = lane;
	db_lane_start(lane);
}

/* Of those that write any is as good as the other. */
static void lanes_of_one_queue(struct ledger *l, const struct lane_sort *sort, unsigned int n)
{
	struct db_queue *queue = queue_make(l, sort, sort->name);
	unsigned int i;

	for (i = 0; i < n; i++)
		lane_make(l, sort, queue, talloc_asprintf(l, "%s-%u", sort->name, i));
}

static void lanes_by_themselves(struct ledger *l, const struct lane_sort *sort, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		const char *name = talloc_asprintf(l, "%s-%u", sort->name, i);

		lane_make(l, sort, queue_make(l, sort, name), name);
	}
}

static void lanes_start(struct ledger *l)
{
	/* The database gives up on a batch before its waiters do. */
	unsigned int timeout_ms = l->config.deadline_ms * 4 / 5;
	struct lane_sort write = {
		.name = "write",
		.ops = write_ops,
		.n_ops = ARRAY_SIZE(write_ops),
		.limits = &l->config.limits,
		.session.statement_timeout_ms = timeout_ms,
		.session.lock_timeout_ms = LOCK_TIMEOUT_MS,
		.session.guard_sql = LEDGER_STANDBY_SQL,
		.session.guard_why = "no synchronous standby follows this server",
	};
	struct lane_sort read = {
		.name = "read",
		.ops = read_ops,
		.n_ops = ARRAY_SIZE(read_ops),
		.limits = &l->config.limits,
		.session.read_only = true,
		.session.statement_timeout_ms = timeout_ms,
		.session.lock_timeout_ms = LOCK_TIMEOUT_MS,
	};
	struct lane_sort control = {
		.name = "control",
		.ops = control_ops,
		.n_ops = ARRAY_SIZE(control_ops),
		.limits = &l->control_limits,
		/* A lease is worth nothing on another server, and is needed where a standby lacks.
		 */
		.session.commits_locally = true,
		.session.statement_timeout_ms = CONTROL_TIMEOUT_MS,
		.session.lock_timeout_ms = CONTROL_LOCK_TIMEOUT_MS,
	};
	struct lane_sort upkeep = {
		.name = "upkeep",
		.ops = upkeep_ops,
		.n_ops = ARRAY_SIZE(upkeep_ops),
		.limits = &l->control_limits,
		.session.statement_timeout_ms = LEDGER_UPKEEP_TIMEOUT_MS,
		.session.lock_timeout_ms = LOCK_TIMEOUT_MS,
	};
	struct lane_sort watch = {
		.name = "watch",
		.ops = watch_ops,
		.n_ops = ARRAY_SIZE(watch_ops),
		.limits = &l->control_limits,
		.session.read_only = true,
		.session.statement_timeout_ms = WATCH_TIMEOUT_MS,
		.session.lock_timeout_ms = CONTROL_LOCK_TIMEOUT_MS,
	};

	l->n_write = l->config.n_write;
	l->n_read = l->config.n_read;
	lanes_by_themselves(l, &control, 1);
	lanes_of_one_queue(l, &write, l->n_write);
	lanes_by_themselves(l, &read, l->n_read);
	lanes_by_themselves(l, &upkeep, 1);
	lanes_by_themselves(l, &watch, 1);
}

int ledger_config_check(const struct ledger *l)
{
	char why[256];
	int rc = db_settings_check(&l->config.db, why, sizeof(why));

	if (rc == 0)
		rc = db_settings_files_check(&l->config.db, why, sizeof(why));
	if (rc < 0)
		LOGP(DDB, LOGL_ERROR, "database: %s\n", why);
	return rc;
}

int ledger_start(struct ledger *l)
{
	int rc = ledger_config_check(l);

	OSMO_ASSERT(!l->started);
	if (rc < 0)
		return rc;
	db_settings_copy(l, &l->used, &l->config.db);
	lanes_start(l);
	l->started = true;
	LOGP(DDB, LOGL_NOTICE, "database %s at %s as %s, instance %s\n", l->config.db.name,
	     l->config.db.address, l->config.db.user, l->instance);
	ledger_state_start(l);
	ledger_upkeep_start(l);
	ledger_alive_start(l);
	return 0;
}

void ledger_settings_apply(struct ledger *l)
{
	unsigned int i;

	if (!l->started || db_settings_equal(&l->used, &l->config.db))
		return;
	db_settings_copy(l, &l->used, &l->config.db);
	for (i = 0; i < l->n_lanes; i++)
		db_lane_reset(l->lanes[i], "settings changed");
}

void ledger_reload(struct ledger *l)
{
	ledger_settings_apply(l);
}

bool ledger_ready(const struct ledger *l)
{
	unsigned int i;

	if (l->state.schema_level < LEDGER_SCHEMA_LEVEL || !l->state.products_known ||
	    ledger_lacks_standby(l))
		return false;
	for (i = 0; i < l->n_lanes; i++) {
		if (!db_lane_is_up(l->lanes[i]))
			return false;
	}
	return true;
}

bool ledger_can_read(const struct ledger *l)
{
	unsigned int i;

	for (i = 1 + l->n_write; i < 1 + l->n_write + l->n_read; i++) {
		if (db_lane_is_up(l->lanes[i]))
			return l->state.schema_level >= LEDGER_SCHEMA_LEVEL;
	}
	return false;
}

const char *ledger_instance(const struct ledger *l)
{
	return l->instance;
}

const struct db_settings *ledger_db_settings(const struct ledger *l)
{
	return &l->config.db;
}
