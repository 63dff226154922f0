/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Inside of the ledger.
 *
 *   ledger_<operation>.c   one operation: SQL, arguments, rows, the public call
 *   ledger_request.c       life of a request: pool, deadline, refusal, answer
 *   ledger.c               lanes, configuration, start
 *   ledger_state.c         what is read by itself: maintenance, schema, products, partitions
 *   ledger_upkeep.c        what is tidied up, and what reconciliation found
 *   ledger_alive.c         signs of life, and what is owed to terminals
 *   ledger_counters.c      counters and histograms
 *   ledger_vty.c           configuration and show commands
 */
#include <osmocom/core/linuxrbtree.h>
#include <osmocom/core/timer.h>

#include "manager/db_lane.h"
#include "manager/ledger.h"
#include "manager/ledger_sms.h"

#define LEDGER_SCHEMA_LEVEL 14 /* the newest patch of sql/patch that this program needs */

#define LEDGER_LANES_MAX 16 /* of each sort */
#define LEDGER_LANES_ALL (3 + 2 * LEDGER_LANES_MAX)
#define LEDGER_UPKEEP_TIMEOUT_MS 30000 /* nobody waits for it */
#define LEDGER_CHECK_MAX 1000 /* items of one question */
#define LEDGER_BATCH_ITEMS 4096 /* items of one batch of questions */
#define LEDGER_CHECK_INLINE 4 /* items that need no memory of their own */
#define LEDGER_PRODUCTS_MAX 64
#define LEDGER_RESOURCE_SIZE 80
/* Does a standby take part in each commit? */
#define LEDGER_STANDBY_SQL "SELECT demanded AND streaming > 0 FROM tegata.standby_state()"
#define LEDGER_INSTANCE_SIZE 64 /* application_name holds 63 octets */

/* Which operation; the order of counters. */
enum ledger_kind {
	LEDGER_ENTER,
	LEDGER_ISSUE,
	LEDGER_QUOTE,
	LEDGER_TRANSFER,
	LEDGER_CHECK,
	LEDGER_LIST,
	LEDGER_BALANCE,
	LEDGER_HISTORY,
	LEDGER_SEEN,
	LEDGER_LEASE,
	LEDGER_NUMBER,
	LEDGER_SMS, /* texts that came, and replies to them */
	LEDGER_QUESTION,
	LEDGER_PIN,
	LEDGER_OUTBOX, /* texts that go */
	LEDGER_INTERNAL, /* what the ledger asks for itself */
	LEDGER_KINDS,
};

struct ledger_request;
struct reconcile_metrics;

/* Of a struct db_op whose answer has nothing but an outcome; ledger_outcome_tell() tells it. */
#define LEDGER_OUTCOME_ROWS(call)                                                         \
	.sql = "SELECT ord, outcome FROM " call, .columns = { DB_OID_INT4, DB_OID_INT2 }, \
	.n_columns = 2, .answer = DB_ANSWER_ROWS, .ord_column = 0, .outcome_column = 1

struct ledger_op {
	struct db_op db;
	enum ledger_kind kind;
	/* A result begins with its enum outcome, which is set before decode() is called; the rest
	 * is zero. */
	size_t result_size;
	uint32_t deadline_ms; /* 0: the ledger's */
	/* Only where the outcome came with rows. */
	void (*decode)(struct ledger_request *r, void *result, struct db_rows *rows);
	void (*tell)(const struct ledger_request *r, const void *result);
};

extern const struct ledger_op ledger_enter_op, ledger_issue_op, ledger_quote_op, ledger_transfer_op,
	ledger_check_op, ledger_list_op, ledger_balance_op, ledger_history_op, ledger_seen_op,
	ledger_lease_op, ledger_lease_release_op, ledger_state_op, ledger_products_op,
	ledger_partitions_op, ledger_forget_op, ledger_expire_op, ledger_reconcile_op,
	ledger_outbox_expire_op, ledger_question_expire_op, ledger_number_op, ledger_sms_seen_op,
	ledger_sms_reply_op, ledger_receipts_op, ledger_question_open_op, ledger_question_answer_op,
	ledger_questions_op, ledger_pin_check_op, ledger_pin_set_op, ledger_outbox_tell_op,
	ledger_outbox_take_op, ledger_outbox_renew_op, ledger_outbox_heard_op,
	ledger_outbox_result_op, ledger_outbox_receipt_op, ledger_outbox_state_op, ledger_beat_op,
	ledger_leave_op, ledger_sweep_op;

struct ledger_check_args {
	struct check_asker asker;
	struct request_id request_id;
	size_t n;
	size_t first; /* how many items of others stand before ours in the batch */
	int place; /* of the asker in the batch, from 1; requests of one asker share it */
	int64_t *value_ids; /* inline_ids, or talloc'd */
	int64_t inline_ids[LEDGER_CHECK_INLINE];
};

struct ledger_page_args { /* list, balance, history */
	int64_t terminal_id;
	int64_t after;
	uint32_t limit;
};

struct ledger_seen_args {
	int64_t terminal_id;
	struct request_id request_id;
};

struct ledger_lease_args {
	char resource[LEDGER_RESOURCE_SIZE];
	uint32_t ttl_ms;
};

struct ledger_request {
	struct db_request db;
	struct ledger *ledger;
	struct llist_head entry; /* of the ledger's list by deadline, of refusals, or of the pool */
	struct rb_node node; /* of those that do not come in the order of their deadlines */
	int64_t asked_us, deadline_us;
	bool told; /* the waiter has its answer; the database's is consumed */
	bool cancelled; /* nobody wants the answer */
	bool hurried; /* is in that tree */
	bool refused; /* never reached a lane; is told by the next turn of the loop */
	enum outcome refusal;
	union {
		ledger_enter_cb enter;
		ledger_issue_cb issue;
		ledger_quote_cb quote;
		ledger_transfer_cb transfer;
		ledger_check_cb check;
		ledger_list_cb list;
		ledger_balance_cb balance;
		ledger_history_cb history;
		ledger_lease_cb lease;
		ledger_number_cb number;
		ledger_sms_seen_cb sms_seen;
		ledger_sms_put_cb sms_put;
		ledger_question_cb question;
		ledger_questions_cb questions;
		ledger_pin_cb pin;
		ledger_outbox_take_cb take;
		ledger_outbox_result_cb outbox_result;
		ledger_outbox_state_cb outbox_state;
		ledger_done_cb outcome;
	} done;
	void *data;
	int64_t drawn_id; /* issue: the value id */
	unsigned int n_drawn;
	union {
		struct enter_args enter;
		struct issue_args issue;
		struct transfer_args transfer; /* and quote */
		struct ledger_check_args check;
		struct ledger_page_args page;
		struct ledger_seen_args seen;
		struct ledger_lease_args lease;
	} args;
	/* Arguments or results that are too large for all; freed with the request.  NULL: none. */
	void *own;
};

/* Room for the largest result; used by one answer after the other. */
union ledger_result {
	enum outcome outcome;
	struct enter_result enter;
	struct issue_result issue;
	struct quote_result quote;
	struct transfer_result transfer;
	struct check_result check;
	struct list_result list;
	struct balance_result balance;
	struct history_result history;
	struct number_result number;
	struct sms_seen_result sms_seen;
	struct sms_put_result sms_put;
	struct question_result question;
	struct questions_result questions;
	struct pin_result pin;
	struct outbox_take_result take;
	struct outbox_recorded recorded;
	struct outbox_state_result outbox_state;
};

struct ledger_config {
	struct db_settings db;
	unsigned int n_write, n_read; /* lanes; taken at start */
	struct db_queue_limits limits;
	unsigned int deadline_ms;
};

/* What is read from the database by itself. */
struct ledger_state {
	struct osmo_timer_list timer; /* twice a second */
	bool asked, products_asked, partitions_asked;
	int64_t products_due_us, partitions_due_us;
	int schema_level; /* 0: not known yet */
	bool maintenance;
	bool too_old_logged;
	bool standby; /* commits wait for one, and it is there */
	bool standby_logged; /* that it lacks */
	bool clock_logged; /* that the host's differs from the database's */
	unsigned int silent_ticks; /* since the watch has asked and was not answered */
	bool products_known; /* read once; there may be none */
	bool asks_pin; /* some product does */
	size_t n_products;
	struct product products[LEDGER_PRODUCTS_MAX];
};

/* What is done beside the requests. */
struct ledger_upkeep_task {
	const struct ledger_op *op;
	bool asked;
	int64_t due_us, wait_us;
};

struct ledger_upkeep {
	struct osmo_timer_list timer;
	struct ledger_upkeep_task tasks[6];
	struct reconcile_metrics *reconcile;
};

/* Signs of life, and since when somebody may be owed a word; ledger_alive.c. */
struct ledger_alive {
	struct osmo_timer_list timer;
	bool asked; /* a sign is on its way */
	bool leaving, left;
	/* By the database's clock, in us; 0: not known.  Debts of before told_to are paid; those in
	 * the older of two heaps are of told_to and later, those in the newer of next_to and later.
	 */
	int64_t told_to_us, next_to_us;
	unsigned int newer;
	size_t n_debts[2];
};

struct ledger {
	struct ledger_config config;
	struct db_settings used; /* by the connections */
	char instance[LEDGER_INSTANCE_SIZE];
	bool started;
	/* First the one for leases, which never wait behind a full queue; then those that write,
	 * then those that read; the one for upkeep; last the watch, which asks for the state, and
	 * whose answer never waits for anything but the server. */
	struct db_lane *lanes[LEDGER_LANES_ALL];
	unsigned int n_lanes, n_write, n_read;
	struct db_queue_limits control_limits;

	struct llist_head by_deadline;
	struct rb_root hurried; /* by deadline, too */
	struct osmo_timer_list deadline_timer;
	struct llist_head refused;
	struct osmo_timer_list refused_timer;
	struct llist_head pool; /* requests not in use */
	size_t n_pool, n_requests;
	size_t n_in_flight;
	union ledger_result result;
	struct check_item items[LEDGER_CHECK_MAX];

	struct ledger_state state;
	struct ledger_upkeep upkeep;
	struct ledger_alive alive;
	struct ledger_counters *counters;
};

/* --- ledger_request.c ------------------------------------------------------ */

static inline struct ledger_request *ledger_request_of(const struct db_request *r)
{
	return container_of(r, struct ledger_request, db);
}

static inline const struct ledger_op *ledger_op_of(const struct ledger_request *r)
{
	return container_of(r->db.op, struct ledger_op, db);
}

void ledger_requests_init(struct ledger *l);
struct ledger_request *ledger_request_new(struct ledger *l, const struct ledger_op *op, void *data);
/* A copy of arguments that are too large for args; in r->own. */
void *ledger_request_own(struct ledger_request *r, const void *args, size_t size);
/* Takes r over.  lane NULL: the ledger was not started.  Returns r. */
struct ledger_request *ledger_request_submit(struct ledger_request *r, struct db_lane *lane);
/* Takes r over without asking the database: outcome is told by the next turn of the loop. */
struct ledger_request *ledger_request_refuse(struct ledger_request *r, enum outcome outcome);
/* db_lane_config.done */
void ledger_request_done(void *data, struct db_request *r, enum outcome outcome,
			 struct db_rows *rows);

/* --- ledger.c -------------------------------------------------------------- */

struct db_lane *ledger_lane_control(struct ledger *l);
/* Only once started. */
struct db_lane *ledger_lane_watch(const struct ledger *l);
struct db_lane *ledger_lane_upkeep(const struct ledger *l);
/* One of those that write: they share a queue. */
struct db_lane *ledger_lane_write(struct ledger *l);
struct db_lane *ledger_lane_read(struct ledger *l);
/* A conflict key; ledger_enter.c. */
uint64_t ledger_key_of_imsi(const char *imsi);
/* Where the settings of connections are other ones than those in use, all of them connect anew. */
void ledger_settings_apply(struct ledger *l);

/* --- ledger_state.c -------------------------------------------------------- */

void ledger_state_start(struct ledger *l);
/* Must value not move, because a standby is required and there is none? */
bool ledger_lacks_standby(const struct ledger *l);
/* The list of products was found to be out of date. */
void ledger_products_refresh(struct ledger *l);

/* --- ledger_upkeep.c ------------------------------------------------------- */

void ledger_upkeep_start(struct ledger *l);

/* --- ledger_alive.c -------------------------------------------------------- */

void ledger_alive_start(struct ledger *l);

/* --- ledger_counters.c ------------------------------------------------------ */

struct ledger_counters *ledger_counters_new(struct ledger *l);
void ledger_count_asked(struct ledger_counters *c, enum ledger_kind kind);
void ledger_count_answer(struct ledger_counters *c, enum ledger_kind kind, enum outcome outcome,
			 uint64_t us);
void ledger_count_queue(struct ledger_counters *c, struct db_queue *queue);
void ledger_count_lane(struct ledger_counters *c, struct db_lane *lane, unsigned int place);
/* Brings the lanes' counters up to date. */
void ledger_count_tick(struct ledger *l);

/* --- ledger_rows.c: arguments and rows that several operations have ----------- */

/* Of requests with page arguments. */
void ledger_encode_terminal_ids(struct db_params *p, struct db_request *const *requests, size_t n);
void ledger_encode_limits(struct db_params *p, struct db_request *const *requests, size_t n);
/* Nine columns from first on: operation, outcome, request id, at, value id, amount, currency,
 * peer, peer's name. */
void ledger_decode_record(struct operation_record *record, struct db_rows *rows, int row,
			  int first);
/* A conflict key; never 0. */
uint64_t ledger_key_of_request_id(const struct request_id *id);
/* Of operations that have an outcome and nothing else. */
void ledger_outcome_tell(const struct ledger_request *r, const void *result);
/* A row that begins as outbox_take's do; its text is ctx's. */
void ledger_outbox_message_read(struct outbox_message *m, void *ctx, struct db_rows *rows, int row);
/* "issue 0190...", for logs; lives until the next call. */
const char *ledger_describe(const char *operation, const struct request_id *id);
