/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a transfer would do: sql/function/value_transfer_quote.sql. */
#include <osmocom/core/utils.h>

#include "manager/ledger_priv.h"

enum column {
	ORD,
	OUTCOME,
	AT,
	AMOUNT,
	CURRENCY,
	TRANSFEREE_ID,
	TRANSFEREE_KIND,
	TRANSFEREE,
	TRANSFEREE_NAME,
	NEEDS_PIN,
};

static const struct transfer_args *args_of(const struct db_request *r)
{
	return &ledger_request_of(r)->args.transfer;
}

static void quote_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, args_of(requests[i])->terminal_id);
	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, args_of(requests[i])->value_id);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, args_of(requests[i])->transferee);
	db_array_begin(p, DB_OID_INT4, n);
	for (i = 0; i < n; i++)
		db_array_int4(p, args_of(requests[i])->guard_s);
}

static void quote_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct quote_result *res = result;

	res->at = db_rows_time(rows, 0, AT);
	res->amount_minor = db_rows_int8(rows, 0, AMOUNT);
	db_rows_text(rows, 0, CURRENCY, res->currency, sizeof(res->currency));
	res->transferee_id = db_rows_int8(rows, 0, TRANSFEREE_ID);
	res->transferee_kind = db_rows_int2(rows, 0, TRANSFEREE_KIND);
	db_rows_text(rows, 0, TRANSFEREE, res->transferee, sizeof(res->transferee));
	db_rows_text_cut(rows, 0, TRANSFEREE_NAME, res->transferee_name,
			 sizeof(res->transferee_name));
	res->needs_pin = db_rows_bool(rows, 0, NEEDS_PIN);
}

static void quote_tell(const struct ledger_request *r, const void *result)
{
	r->done.quote(r->data, result);
}

const struct ledger_op ledger_quote_op = {
	.db = {
		.name = "quote",
		.sql = "SELECT ord, outcome, at, amount, currency, transferee_id, transferee_kind,"
		       " transferee, transferee_name, needs_pin"
		       " FROM tegata.value_transfer_quote($1, $2, $3, $4)",
		.params = { DB_OID_INT8_ARRAY, DB_OID_INT8_ARRAY, DB_OID_TEXT_ARRAY,
			    DB_OID_INT4_ARRAY },
		.n_params = 4,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_TIMESTAMPTZ, DB_OID_INT8, DB_OID_TEXT,
			     DB_OID_INT8, DB_OID_INT2, DB_OID_TEXT, DB_OID_TEXT, DB_OID_BOOL },
		.n_columns = 10,
		.answer = DB_ANSWER_ROWS,
		.ord_column = ORD,
		.outcome_column = OUTCOME,
		.encode = quote_encode,
	},
	.kind = LEDGER_QUOTE,
	.result_size = sizeof(struct quote_result),
	.decode = quote_decode,
	.tell = quote_tell,
};

struct ledger_request *ledger_quote(struct ledger *l, const struct transfer_args *args,
				    ledger_quote_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_quote_op, data);

	r->done.quote = done;
	r->args.transfer = *args;
	return ledger_request_submit(r, ledger_lane_read(l));
}
