/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A value to another owner: sql/function/value_transfer.sql. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "manager/ledger_priv.h"

enum column {
	ORD,
	OUTCOME,
	REPEATED,
	VALUE_ID,
	AMOUNT,
	CURRENCY,
	EXPIRES_AT,
	AT,
	TRANSFEREE_ID,
	TRANSFEREE,
	TRANSFEREE_NAME,
};

static const struct transfer_args *args_of(const struct db_request *r)
{
	return &ledger_request_of(r)->args.transfer;
}

static void transfer_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_UUID, n);
	for (i = 0; i < n; i++)
		db_array_uuid(p, &args_of(requests[i])->request_id);
	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, args_of(requests[i])->terminal_id);
	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, args_of(requests[i])->value_id);
	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, args_of(requests[i])->transferee_id);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, args_of(requests[i])->transferee);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, args_of(requests[i])->reference);
	db_array_begin(p, DB_OID_INT4, n);
	for (i = 0; i < n; i++)
		db_array_int4(p, args_of(requests[i])->guard_s);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, args_of(requests[i])->link);
}

static const char *transfer_describe(const struct db_request *r)
{
	return ledger_describe("transfer", &args_of(r)->request_id);
}

static void transfer_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct transfer_result *res = result;

	res->repeated = db_rows_bool(rows, 0, REPEATED);
	res->value_id = db_rows_int8(rows, 0, VALUE_ID);
	res->amount_minor = db_rows_int8(rows, 0, AMOUNT);
	db_rows_text(rows, 0, CURRENCY, res->currency, sizeof(res->currency));
	res->expires_at = db_rows_time(rows, 0, EXPIRES_AT);
	res->at = db_rows_time(rows, 0, AT);
	res->transferee_id = db_rows_int8(rows, 0, TRANSFEREE_ID);
	db_rows_text(rows, 0, TRANSFEREE, res->transferee, sizeof(res->transferee));
	db_rows_text_cut(rows, 0, TRANSFEREE_NAME, res->transferee_name,
			 sizeof(res->transferee_name));
}

static void transfer_tell(const struct ledger_request *r, const void *result)
{
	r->done.transfer(r->data, result);
}

const struct ledger_op ledger_transfer_op = {
	.db = {
		.name = "transfer",
		.sql = "SELECT ord, outcome, repeated, value_id, amount, currency, expires_at, at,"
		       " transferee_id, transferee, transferee_name"
		       " FROM tegata.value_transfer($1, $2, $3, $4, $5, $6, $7, $8)",
		.params = { DB_OID_UUID_ARRAY, DB_OID_INT8_ARRAY, DB_OID_INT8_ARRAY,
			    DB_OID_INT8_ARRAY, DB_OID_TEXT_ARRAY, DB_OID_TEXT_ARRAY,
			    DB_OID_INT4_ARRAY, DB_OID_TEXT_ARRAY },
		.n_params = 8,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_BOOL, DB_OID_INT8, DB_OID_INT8,
			     DB_OID_TEXT, DB_OID_TIMESTAMPTZ, DB_OID_TIMESTAMPTZ, DB_OID_INT8,
			     DB_OID_TEXT, DB_OID_TEXT },
		.n_columns = 11,
		.answer = DB_ANSWER_ROWS,
		.ord_column = ORD,
		.outcome_column = OUTCOME,
		.writes = true,
		.encode = transfer_encode,
		.describe = transfer_describe,
	},
	.kind = LEDGER_TRANSFER,
	.result_size = sizeof(struct transfer_result),
	.decode = transfer_decode,
	.tell = transfer_tell,
};

struct ledger_request *ledger_transfer(struct ledger *l, const struct transfer_args *args,
				       ledger_transfer_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_transfer_op, data);

	r->done.transfer = done;
	r->args.transfer = *args;
	r->db.conflict_key = args->value_id;
	if (ledger_lacks_standby(l))
		return ledger_request_refuse(r, OUTCOME_UNAVAILABLE);
	return ledger_request_submit(r, ledger_lane_write(l));
}
