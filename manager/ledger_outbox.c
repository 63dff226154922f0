/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queue of texts, for who sends them: sql/function/outbox_take.sql, outbox_renew.sql,
 * outbox_heard.sql,
 * outbox_result.sql, outbox_receipt.sql, outbox_state.sql. */
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "manager/ledger_priv.h"

/* Messages are counted from 1, as terminals are. */
static uint64_t key_of(int64_t message_id)
{
	return (uint64_t)message_id | UINT64_C(1) << 63;
}

/* --- take ------------------------------------------------------------------------- */

enum take_column {
	MESSAGE_ID,
	TERMINAL_ID,
	ADDRESS,
	IMSI,
	LANGUAGE,
	ATTEMPTS,
	CREATED_AT,
	VALID_UNTIL,
	TEXT_AS_IS,
	TEXT_KEY,
	VALUE_ID,
	AMOUNT,
	FEE,
	CURRENCY,
	EXPIRES_AT,
	AT,
	PEER,
	PEER_NAME,
	WAIT_MS,
	TAKE_COLUMNS,
};

struct take_args {
	uint32_t max, ttl_ms;
};

static void take_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	const struct ledger_request *r = ledger_request_of(requests[0]);
	const struct take_args *a = r->own;

	db_param_text(p, r->ledger->instance);
	db_param_int4(p, a->max);
	db_param_int4(p, a->ttl_ms);
}

static const char *text_read(void *ctx, struct db_rows *rows, int row)
{
	char text[SMS_TEXT_SIZE];

	db_rows_text(rows, row, TEXT_AS_IS, text, sizeof(text));
	return talloc_strdup(ctx, text);
}

void ledger_outbox_message_read(struct outbox_message *m, void *ctx, struct db_rows *rows, int row)
{
	m->message_id = db_rows_int8(rows, row, MESSAGE_ID);
	m->terminal_id = db_rows_int8(rows, row, TERMINAL_ID);
	db_rows_text(rows, row, ADDRESS, m->address, sizeof(m->address));
	db_rows_text(rows, row, IMSI, m->imsi, sizeof(m->imsi));
	db_rows_text(rows, row, LANGUAGE, m->language, sizeof(m->language));
	m->attempts = db_rows_int4(rows, row, ATTEMPTS);
	m->created_at = db_rows_time(rows, row, CREATED_AT);
	m->valid_until = db_rows_time(rows, row, VALID_UNTIL);
	m->text = text_read(ctx, rows, row);
	db_rows_text_cut(rows, row, TEXT_KEY, m->text_key, sizeof(m->text_key));
	m->value_id = db_rows_int8(rows, row, VALUE_ID);
	m->amount_minor = db_rows_int8(rows, row, AMOUNT);
	m->fee_minor = db_rows_int8(rows, row, FEE);
	db_rows_text_cut(rows, row, CURRENCY, m->currency, sizeof(m->currency));
	m->expires_at = db_rows_time(rows, row, EXPIRES_AT);
	m->at = db_rows_time(rows, row, AT);
	db_rows_text_cut(rows, row, PEER, m->peer, sizeof(m->peer));
	db_rows_text_cut(rows, row, PEER_NAME, m->peer_name, sizeof(m->peer_name));
}

/* The last row is no message: it says when the next will be due. */
static void take_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct outbox_take_result *res = result;
	struct outbox_message *messages;
	int row;

	if (rows->n < 1 || rows->n > OUTBOX_TAKE_MAX + 1) {
		rows->bad = true;
		return;
	}
	messages = talloc_zero_array(r->own, struct outbox_message, rows->n);
	OSMO_ASSERT(messages);
	for (row = 0; row < rows->n - 1; row++)
		ledger_outbox_message_read(&messages[row], messages, rows, row);
	res->n = rows->n - 1;
	res->messages = messages;
	res->wait_ms = db_rows_null(rows, row, WAIT_MS) ? -1 : db_rows_int8(rows, row, WAIT_MS);
}

static void take_tell(const struct ledger_request *r, const void *result)
{
	r->done.take(r->data, result);
}

const struct ledger_op ledger_outbox_take_op = {
	.db = {
		.name = "outbox_take",
		.sql = "SELECT message_id, terminal_id, address, imsi, language, attempts, created_at,"
		       " valid_until, text, text_key, value_id, amount, fee, currency, expires_at, at,"
		       " peer, peer_name, wait_ms FROM tegata.outbox_take($1, $2, $3)",
		.params = { DB_OID_TEXT, DB_OID_INT4, DB_OID_INT4 },
		.n_params = 3,
		.columns = { DB_OID_INT8, DB_OID_INT8, DB_OID_TEXT, DB_OID_TEXT, DB_OID_TEXT,
			     DB_OID_INT4, DB_OID_TIMESTAMPTZ, DB_OID_TIMESTAMPTZ, DB_OID_TEXT,
			     DB_OID_TEXT, DB_OID_INT8, DB_OID_INT8, DB_OID_INT8, DB_OID_TEXT,
			     DB_OID_TIMESTAMPTZ, DB_OID_TIMESTAMPTZ, DB_OID_TEXT, DB_OID_TEXT,
			     DB_OID_INT8 },
		.n_columns = TAKE_COLUMNS,
		.answer = DB_ANSWER_WHOLE,
		.outcome_column = -1,
		/* Not "writes": sent again after its connection broke it would take others; what
		 * the first one took comes back when its leases end. */
		.encode = take_encode,
	},
	.kind = LEDGER_OUTBOX,
	.result_size = sizeof(struct outbox_take_result),
	.decode = take_decode,
	.tell = take_tell,
};

struct ledger_request *ledger_outbox_take(struct ledger *l, size_t max, uint32_t ttl_ms,
					  ledger_outbox_take_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_outbox_take_op, data);
	struct take_args args = { .max = OSMO_MIN(max, OUTBOX_TAKE_MAX), .ttl_ms = ttl_ms };

	ledger_request_own(r, &args, sizeof(args));
	r->done.take = done;
	return ledger_request_submit(r, ledger_lane_write(l));
}

/* --- renew ------------------------------------------------------------------------- */

static void put_holders(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, ledger_request_of(requests[i])->ledger->instance);
}

static void renew_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	put_holders(p, requests, n);
	ledger_encode_terminal_ids(p, requests, n); /* page.terminal_id: the message */
	ledger_encode_limits(p, requests, n);
}

const struct ledger_op ledger_outbox_renew_op = {
	.db = {
		.name = "outbox_renew",
		LEDGER_OUTCOME_ROWS("tegata.outbox_renew($1, $2, $3)"),
		.params = { DB_OID_TEXT_ARRAY, DB_OID_INT8_ARRAY, DB_OID_INT4_ARRAY },
		.n_params = 3,
		.writes = true,
		.encode = renew_encode,
	},
	.kind = LEDGER_OUTBOX,
	.result_size = sizeof(enum outcome),
	.tell = ledger_outcome_tell,
};

struct ledger_request *ledger_outbox_renew(struct ledger *l, int64_t message_id, uint32_t ttl_ms,
					   ledger_done_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_outbox_renew_op, data);

	r->args.page = (struct ledger_page_args){ .terminal_id = message_id, .limit = ttl_ms };
	r->done.outcome = done;
	r->db.conflict_key = key_of(message_id);
	return ledger_request_submit(r, ledger_lane_write(l));
}

static void heard_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	ledger_encode_terminal_ids(p, requests, n); /* page.terminal_id: the message */
}

const struct ledger_op ledger_outbox_heard_op = {
	.db = {
		.name = "outbox_heard",
		LEDGER_OUTCOME_ROWS("tegata.outbox_heard($1)"),
		.params = { DB_OID_INT8_ARRAY },
		.n_params = 1,
		.writes = true,
		.encode = heard_encode,
	},
	.kind = LEDGER_OUTBOX,
	.result_size = sizeof(enum outcome),
	.tell = ledger_outcome_tell,
};

struct ledger_request *ledger_outbox_heard(struct ledger *l, int64_t message_id,
					   ledger_done_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_outbox_heard_op, data);

	r->args.page = (struct ledger_page_args){ .terminal_id = message_id };
	r->done.outcome = done;
	r->db.conflict_key = key_of(message_id);
	return ledger_request_submit(r, ledger_lane_write(l));
}

/* --- results ------------------------------------------------------------------------ */

static const struct outbox_result_args *result_of(const struct db_request *r)
{
	return ledger_request_of(r)->own;
}

static void result_encode_ids(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i, k, n_ids = 0;

	for (i = 0; i < n; i++)
		n_ids += result_of(requests[i])->n_ids;
	db_array_begin(p, DB_OID_INT4, n_ids);
	for (i = 0; i < n; i++)
		for (k = 0; k < result_of(requests[i])->n_ids; k++)
			db_array_int4(p, i + 1);
	db_array_begin(p, DB_OID_TEXT, n_ids);
	for (i = 0; i < n; i++)
		for (k = 0; k < result_of(requests[i])->n_ids; k++)
			db_array_text(p, result_of(requests[i])->ids[k]);
}

static void result_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	put_holders(p, requests, n);
	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, result_of(requests[i])->message_id);
	db_array_begin(p, DB_OID_INT4, n);
	for (i = 0; i < n; i++)
		db_array_int4(p, result_of(requests[i])->end);
	db_array_begin(p, DB_OID_INT4, n);
	for (i = 0; i < n; i++)
		db_array_int4(p, result_of(requests[i])->retry_ms);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, result_of(requests[i])->link);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, result_of(requests[i])->error);
	result_encode_ids(p, requests, n);
}

static void result_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct outbox_recorded *res = result;

	res->more = db_rows_bool(rows, 0, 2);
}

static void result_tell(const struct ledger_request *r, const void *result)
{
	r->done.outbox_result(r->data, result);
}

const struct ledger_op ledger_outbox_result_op = {
	.db = {
		.name = "outbox_result",
		.sql = "SELECT ord, outcome, more"
		       " FROM tegata.outbox_result($1, $2, $3, $4, $5, $6, $7, $8)",
		.params = { DB_OID_TEXT_ARRAY, DB_OID_INT8_ARRAY, DB_OID_INT4_ARRAY,
			    DB_OID_INT4_ARRAY, DB_OID_TEXT_ARRAY, DB_OID_TEXT_ARRAY,
			    DB_OID_INT4_ARRAY, DB_OID_TEXT_ARRAY },
		.n_params = 8,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_BOOL },
		.n_columns = 3,
		.answer = DB_ANSWER_ROWS,
		.ord_column = 0,
		.outcome_column = 1,
		.writes = true,
		.encode = result_encode,
	},
	.kind = LEDGER_OUTBOX,
	.result_size = sizeof(struct outbox_recorded),
	.decode = result_decode,
	.tell = result_tell,
};

struct ledger_request *ledger_outbox_result(struct ledger *l, const struct outbox_result_args *args,
					    ledger_outbox_result_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_outbox_result_op, data);

	ledger_request_own(r, args, sizeof(*args));
	r->done.outbox_result = done;
	r->db.conflict_key = key_of(args->message_id);
	return ledger_request_submit(r, ledger_lane_write(l));
}

/* --- receipts -------------------------------------------------------------------------- */

static const struct outbox_receipt_args *receipt_of(const struct db_request *r)
{
	return ledger_request_of(r)->own;
}

static void receipt_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, receipt_of(requests[i])->link);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, receipt_of(requests[i])->id);
	db_array_begin(p, DB_OID_INT4, n);
	for (i = 0; i < n; i++)
		db_array_int4(p, receipt_of(requests[i])->state);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, receipt_of(requests[i])->error);
}

const struct ledger_op ledger_outbox_receipt_op = {
	.db = {
		.name = "outbox_receipt",
		LEDGER_OUTCOME_ROWS("tegata.outbox_receipt($1, $2, $3, $4)"),
		.params = { DB_OID_TEXT_ARRAY, DB_OID_TEXT_ARRAY, DB_OID_INT4_ARRAY,
			    DB_OID_TEXT_ARRAY },
		.n_params = 4,
		.writes = true,
		.encode = receipt_encode,
	},
	.kind = LEDGER_OUTBOX,
	.result_size = sizeof(enum outcome),
	.tell = ledger_outcome_tell,
};

struct ledger_request *ledger_outbox_receipt(struct ledger *l,
					     const struct outbox_receipt_args *args,
					     ledger_done_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_outbox_receipt_op, data);

	ledger_request_own(r, args, sizeof(*args));
	r->done.outcome = done;
	return ledger_request_submit(r, ledger_lane_write(l));
}

/* --- how much there is -------------------------------------------------------------------- */

static void no_arguments(struct db_params *p, struct db_request *const *requests, size_t n)
{
}

static void state_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct outbox_state_result *res = result;

	if (rows->n != 1) {
		rows->bad = true;
		return;
	}
	res->waiting = db_rows_int8(rows, 0, 0);
	res->dead = db_rows_int8(rows, 0, 1);
	res->oldest_s = db_rows_int8(rows, 0, 2);
}

static void state_tell(const struct ledger_request *r, const void *result)
{
	r->done.outbox_state(r->data, result);
}

const struct ledger_op ledger_outbox_state_op = {
	.db = {
		.name = "outbox_state",
		.sql = "SELECT waiting, dead, oldest_s FROM tegata.outbox_state()",
		.columns = { DB_OID_INT8, DB_OID_INT8, DB_OID_INT8 },
		.n_columns = 3,
		.answer = DB_ANSWER_WHOLE,
		.outcome_column = -1,
		.encode = no_arguments,
	},
	.kind = LEDGER_OUTBOX,
	.result_size = sizeof(struct outbox_state_result),
	.decode = state_decode,
	.tell = state_tell,
};

struct ledger_request *ledger_outbox_state(struct ledger *l, ledger_outbox_state_cb done,
					   void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_outbox_state_op, data);

	r->done.outbox_state = done;
	return ledger_request_submit(r, ledger_lane_read(l));
}
