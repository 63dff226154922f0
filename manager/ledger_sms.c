/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts from terminals: who has the number, were they taken already, what is replied:
 * sql/function/terminal_by_number.sql, sms_seen.sql, outbox_put.sql, outbox_tell.sql,
 * receipts_set.sql. */
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "manager/ledger_priv.h"

static struct ledger_request *of(struct db_request *r)
{
	return ledger_request_of(r);
}

/* --- who has a number --------------------------------------------------------- */

enum number_column {
	N_ORD,
	N_OUTCOME,
	N_TERMINAL_ID,
	N_ADDRESS,
	N_IMSI,
	N_LANGUAGE,
	N_RECEIPTS,
	N_HAS_PIN,
	N_PIN_BLOCKED,
};

static void number_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, of(requests[i])->args.enter.msisdn);
}

static void number_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct number_result *res = result;

	res->terminal_id = db_rows_int8(rows, 0, N_TERMINAL_ID);
	db_rows_text(rows, 0, N_ADDRESS, res->address, sizeof(res->address));
	db_rows_text(rows, 0, N_IMSI, res->imsi, sizeof(res->imsi));
	db_rows_text(rows, 0, N_LANGUAGE, res->language, sizeof(res->language));
	res->receipts = db_rows_bool(rows, 0, N_RECEIPTS);
	res->has_pin = db_rows_bool(rows, 0, N_HAS_PIN);
	res->pin_blocked = db_rows_bool(rows, 0, N_PIN_BLOCKED);
}

static void number_tell(const struct ledger_request *r, const void *result)
{
	r->done.number(r->data, result);
}

const struct ledger_op ledger_number_op = {
	.db = {
		.name = "number",
		.sql = "SELECT ord, outcome, terminal_id, address, imsi, language, receipts, has_pin,"
		       " pin_blocked FROM tegata.terminal_by_number($1)",
		.params = { DB_OID_TEXT_ARRAY },
		.n_params = 1,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_INT8, DB_OID_TEXT, DB_OID_TEXT,
			     DB_OID_TEXT, DB_OID_BOOL, DB_OID_BOOL, DB_OID_BOOL },
		.n_columns = 9,
		.answer = DB_ANSWER_ROWS,
		.ord_column = N_ORD,
		.outcome_column = N_OUTCOME,
		.encode = number_encode,
	},
	.kind = LEDGER_NUMBER,
	.result_size = sizeof(struct number_result),
	.decode = number_decode,
	.tell = number_tell,
};

struct ledger_request *ledger_by_number(struct ledger *l, const char *number, ledger_number_cb done,
					void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_number_op, data);

	r->done.number = done;
	OSMO_STRLCPY_ARRAY(r->args.enter.msisdn, number);
	return ledger_request_submit(r, ledger_lane_read(l));
}

/* --- was it taken already? ------------------------------------------------------ */

static const struct sms_reply_args *reply_of(const struct db_request *r)
{
	return ledger_request_of(r)->own;
}

static bool is_zero(const uint8_t *octets, size_t len)
{
	while (len > 0 && octets[len - 1] == 0)
		len--;
	return len == 0;
}

static void put_identities(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_BYTEA, n);
	for (i = 0; i < n; i++) {
		const uint8_t *identity = reply_of(requests[i])->identity;

		if (is_zero(identity, SMS_IDENTITY_SIZE))
			db_array_null(p);
		else
			db_array_bytea(p, identity, SMS_IDENTITY_SIZE);
	}
}

static void seen_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct sms_seen_result *res = result;

	res->message_id = db_rows_int8(rows, 0, 2);
}

static void seen_tell(const struct ledger_request *r, const void *result)
{
	r->done.sms_seen(r->data, result);
}

const struct ledger_op ledger_sms_seen_op = {
	.db = {
		.name = "sms_seen",
		.sql = "SELECT ord, outcome, message_id FROM tegata.sms_seen($1)",
		.params = { DB_OID_BYTEA_ARRAY },
		.n_params = 1,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_INT8 },
		.n_columns = 3,
		.answer = DB_ANSWER_ROWS,
		.ord_column = 0,
		.outcome_column = 1,
		.encode = put_identities,
	},
	.kind = LEDGER_SMS,
	.result_size = sizeof(struct sms_seen_result),
	.decode = seen_decode,
	.tell = seen_tell,
};

struct ledger_request *ledger_sms_seen(struct ledger *l, const uint8_t identity[SMS_IDENTITY_SIZE],
				       ledger_sms_seen_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_sms_seen_op, data);
	struct sms_reply_args args = { 0 };

	memcpy(args.identity, identity, SMS_IDENTITY_SIZE);
	ledger_request_own(r, &args, sizeof(args));
	r->done.sms_seen = done;
	return ledger_request_submit(r, ledger_lane_read(l));
}

/* --- replies ---------------------------------------------------------------------- */

static void put_request_ids(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_UUID, n);
	for (i = 0; i < n; i++) {
		const struct request_id *id = &reply_of(requests[i])->request_id;

		if (is_zero(id->octets, sizeof(id->octets)))
			db_array_null(p);
		else
			db_array_uuid(p, id);
	}
}

static void put_terminal_ids(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, reply_of(requests[i])->terminal_id);
}

static void reply_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	put_identities(p, requests, n);
	put_terminal_ids(p, requests, n);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, reply_of(requests[i])->address);
	put_request_ids(p, requests, n);
	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++) {
		if (reply_of(requests[i])->question_id == 0)
			db_array_null(p);
		else
			db_array_int8(p, reply_of(requests[i])->question_id);
	}
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, reply_of(requests[i])->text);
	db_array_begin(p, DB_OID_INT4, n);
	for (i = 0; i < n; i++)
		db_array_int4(p, OSMO_MIN(reply_of(requests[i])->valid_s, 30u * 86400));
	db_param_text(p, ledger_request_of(requests[0])->ledger->instance);
	db_array_begin(p, DB_OID_INT4, n);
	for (i = 0; i < n; i++)
		db_array_int4(p, OSMO_MIN(reply_of(requests[i])->lease_ms, 600000u));
}

static void put_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct sms_put_result *res = result;

	res->repeated = db_rows_bool(rows, 0, 2);
	res->message_id = db_rows_int8(rows, 0, 3);
}

static void put_tell(const struct ledger_request *r, const void *result)
{
	if (r->done.sms_put)
		r->done.sms_put(r->data, result);
}

/* Behind the columns of a message. */
enum reply_column { R_ORD = 18, R_OUTCOME, R_REPEATED, R_LEASE, R_COLUMNS };

enum reply_lease { LEASE_NONE, LEASE_NOW, LEASE_BEFORE };

/* What was leased before is ours to be sent only where it was this very request that did it, and
 * its answer was lost; else somebody here has it. */
static void reply_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct sms_put_result *res = result;
	enum reply_lease lease = db_rows_int2(rows, 0, R_LEASE);
	struct outbox_message *m;

	res->repeated = db_rows_bool(rows, 0, R_REPEATED);
	res->message_id = db_rows_int8(rows, 0, 0);
	if (lease != LEASE_NOW && !(lease == LEASE_BEFORE && r->db.lost))
		return;
	m = talloc_zero(r->own, struct outbox_message);
	OSMO_ASSERT(m);
	ledger_outbox_message_read(m, m, rows, 0);
	res->leased = m;
	res->leased_before = lease == LEASE_BEFORE;
}

const struct ledger_op ledger_sms_reply_op = {
	.db = {
		.name = "sms_reply",
		.sql = "SELECT message_id, terminal_id, address, imsi, language, attempts, created_at,"
		       " valid_until, text, text_key, value_id, amount, fee, currency, expires_at, at,"
		       " peer, peer_name, ord, outcome, repeated, lease"
		       " FROM tegata.outbox_put($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		.params = { DB_OID_BYTEA_ARRAY, DB_OID_INT8_ARRAY, DB_OID_TEXT_ARRAY,
			    DB_OID_UUID_ARRAY, DB_OID_INT8_ARRAY, DB_OID_TEXT_ARRAY,
			    DB_OID_INT4_ARRAY, DB_OID_TEXT, DB_OID_INT4_ARRAY },
		.n_params = 9,
		.columns = { DB_OID_INT8, DB_OID_INT8, DB_OID_TEXT, DB_OID_TEXT, DB_OID_TEXT,
			     DB_OID_INT4, DB_OID_TIMESTAMPTZ, DB_OID_TIMESTAMPTZ, DB_OID_TEXT,
			     DB_OID_TEXT, DB_OID_INT8, DB_OID_INT8, DB_OID_INT8, DB_OID_TEXT,
			     DB_OID_TIMESTAMPTZ, DB_OID_TIMESTAMPTZ, DB_OID_TEXT, DB_OID_TEXT,
			     DB_OID_INT4, DB_OID_INT2, DB_OID_BOOL, DB_OID_INT2 },
		.n_columns = R_COLUMNS,
		.answer = DB_ANSWER_ROWS,
		.ord_column = R_ORD,
		.outcome_column = R_OUTCOME,
		.writes = true,
		.encode = reply_encode,
	},
	.kind = LEDGER_SMS,
	.result_size = sizeof(struct sms_put_result),
	.decode = reply_decode,
	.tell = put_tell,
};

struct ledger_request *ledger_sms_reply(struct ledger *l, const struct sms_reply_args *args,
					ledger_sms_put_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_sms_reply_op, data);
	struct sms_reply_args *own = ledger_request_own(r, args, sizeof(*args));

	own->text = talloc_strdup(own, args->text ? args->text : "");
	OSMO_ASSERT(own->text);
	r->done.sms_put = done;
	r->db.row_key = args->terminal_id;
	return ledger_request_submit(r, ledger_lane_write(l));
}

static void tell_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	put_terminal_ids(p, requests, n);
	put_request_ids(p, requests, n);
}

const struct ledger_op ledger_outbox_tell_op = {
	.db = {
		.name = "outbox_tell",
		.sql = "SELECT ord, outcome, repeated, message_id FROM tegata.outbox_tell($1, $2)",
		.params = { DB_OID_INT8_ARRAY, DB_OID_UUID_ARRAY },
		.n_params = 2,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_BOOL, DB_OID_INT8 },
		.n_columns = 4,
		.answer = DB_ANSWER_ROWS,
		.ord_column = 0,
		.outcome_column = 1,
		.writes = true,
		.encode = tell_encode,
	},
	.kind = LEDGER_SMS,
	.result_size = sizeof(struct sms_put_result),
	.decode = put_decode,
	.tell = put_tell,
};

struct ledger_request *ledger_outbox_tell(struct ledger *l, int64_t terminal_id,
					  const struct request_id *request_id,
					  ledger_sms_put_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_outbox_tell_op, data);
	struct sms_reply_args args = { .terminal_id = terminal_id, .request_id = *request_id };

	ledger_request_own(r, &args, sizeof(args));
	r->done.sms_put = done;
	r->db.row_key = terminal_id;
	return ledger_request_submit(r, ledger_lane_write(l));
}

/* --- receipts on or off -------------------------------------------------------------- */

static void receipts_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	ledger_encode_terminal_ids(p, requests, n);
	db_array_begin(p, DB_OID_BOOL, n);
	for (i = 0; i < n; i++)
		db_array_bool(p, of(requests[i])->args.page.limit != 0);
}

void ledger_outcome_tell(const struct ledger_request *r, const void *result)
{
	const union ledger_result *res = result;

	r->done.outcome(r->data, res->outcome);
}

const struct ledger_op ledger_receipts_op = {
	.db = {
		.name = "receipts",
		LEDGER_OUTCOME_ROWS("tegata.receipts_set($1, $2)"),
		.params = { DB_OID_INT8_ARRAY, DB_OID_BOOL_ARRAY },
		.n_params = 2,
		.writes = true,
		.encode = receipts_encode,
	},
	.kind = LEDGER_SMS,
	.result_size = sizeof(enum outcome),
	.tell = ledger_outcome_tell,
};

struct ledger_request *ledger_receipts_set(struct ledger *l, int64_t terminal_id, bool on,
					   ledger_done_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_receipts_op, data);

	r->args.page = (struct ledger_page_args){ .terminal_id = terminal_id, .limit = on };
	r->done.outcome = done;
	r->db.conflict_key = terminal_id;
	return ledger_request_submit(r, ledger_lane_write(l));
}
