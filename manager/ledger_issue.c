/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Value for money: sql/function/value_issue.sql. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/value_id.h"
#include "lib/wall_clock.h"
#include "manager/ledger_priv.h"

/* 42 random bits a home and day: even the second draw in vain would be a wonder. */
#define DRAWS_MAX 4

enum column {
	ORD,
	OUTCOME,
	REPEATED,
	VALUE_ID,
	AMOUNT,
	FEE,
	CURRENCY,
	EXPIRES_AT,
	AT,
	BALANCE,
};

static int value_id_set(struct ledger_request *r)
{
	unsigned int home = r->args.issue.terminal_id & (VALUE_ID_HOMES - 1);

	r->n_drawn++;
	return value_id_draw(&r->drawn_id, wall_clock_s(), home);
}

static void fees_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	db_array_begin(p, DB_OID_INT8, n);
	for (size_t i = 0; i < n; i++) {
		int64_t fee_minor = ledger_request_of(requests[i])->args.issue.fee_minor;

		if (fee_minor < 0)
			db_array_null(p);
		else
			db_array_int8(p, fee_minor);
	}
}

static void issue_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_UUID, n);
	for (i = 0; i < n; i++)
		db_array_uuid(p, &ledger_request_of(requests[i])->args.issue.request_id);
	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, ledger_request_of(requests[i])->args.issue.terminal_id);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, ledger_request_of(requests[i])->args.issue.product);
	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, ledger_request_of(requests[i])->args.issue.amount_minor);
	fees_encode(p, requests, n);
	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, ledger_request_of(requests[i])->drawn_id);
	db_array_begin(p, DB_OID_INT4, n);
	for (i = 0; i < n; i++)
		db_array_int4(p, ledger_request_of(requests[i])->args.issue.guard_s);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, ledger_request_of(requests[i])->args.issue.link);
}

static bool issue_ask_again(struct db_request *dr, enum outcome outcome)
{
	struct ledger_request *r = ledger_request_of(dr);

	return outcome == OUTCOME_VALUE_ID_TAKEN && r->n_drawn < DRAWS_MAX && value_id_set(r) == 0;
}

static const char *issue_describe(const struct db_request *dr)
{
	return ledger_describe("issue", &ledger_request_of(dr)->args.issue.request_id);
}

static void issue_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct issue_result *res = result;

	res->repeated = db_rows_bool(rows, 0, REPEATED);
	res->value_id = db_rows_int8(rows, 0, VALUE_ID);
	res->amount_minor = db_rows_int8(rows, 0, AMOUNT);
	res->fee_minor = db_rows_int8(rows, 0, FEE);
	db_rows_text(rows, 0, CURRENCY, res->currency, sizeof(res->currency));
	res->expires_at = db_rows_time(rows, 0, EXPIRES_AT);
	res->at = db_rows_time(rows, 0, AT);
	res->balance_minor = db_rows_int8(rows, 0, BALANCE);
	if (res->outcome == OUTCOME_PRODUCT_UNKNOWN || res->outcome == OUTCOME_AMOUNT_NOT_ALLOWED ||
	    res->outcome == OUTCOME_PRICE_CHANGED)
		ledger_products_refresh(r->ledger);
}

static void issue_tell(const struct ledger_request *r, const void *result)
{
	r->done.issue(r->data, result);
}

const struct ledger_op ledger_issue_op = {
	.db = {
		.name = "issue",
		.sql = "SELECT ord, outcome, repeated, value_id, amount, fee, currency, expires_at,"
		       " at, balance FROM tegata.value_issue($1, $2, $3, $4, $5, $6, $7, $8)",
		.params = { DB_OID_UUID_ARRAY, DB_OID_INT8_ARRAY, DB_OID_TEXT_ARRAY,
			    DB_OID_INT8_ARRAY, DB_OID_INT8_ARRAY, DB_OID_INT8_ARRAY,
			    DB_OID_INT4_ARRAY, DB_OID_TEXT_ARRAY },
		.n_params = 8,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_BOOL, DB_OID_INT8, DB_OID_INT8,
			     DB_OID_INT8, DB_OID_TEXT, DB_OID_TIMESTAMPTZ, DB_OID_TIMESTAMPTZ,
			     DB_OID_INT8 },
		.n_columns = 10,
		.answer = DB_ANSWER_ROWS,
		.ord_column = ORD,
		.outcome_column = OUTCOME,
		.writes = true,
		.encode = issue_encode,
		.ask_again = issue_ask_again,
		.describe = issue_describe,
	},
	.kind = LEDGER_ISSUE,
	.result_size = sizeof(struct issue_result),
	.decode = issue_decode,
	.tell = issue_tell,
};

struct ledger_request *ledger_issue(struct ledger *l, const struct issue_args *args,
				    ledger_issue_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_issue_op, data);

	r->done.issue = done;
	r->args.issue = *args;
	/* The second of two with one id shall see what the first one did. */
	r->db.conflict_key = ledger_key_of_request_id(&args->request_id);
	r->db.row_key = args->terminal_id; /* the account */
	if (ledger_lacks_standby(l))
		return ledger_request_refuse(r, OUTCOME_UNAVAILABLE);
	if (value_id_set(r) < 0) {
		LOGP(DOP, LOGL_ERROR, "%s: no value id can be drawn\n", issue_describe(&r->db));
		return ledger_request_refuse(r, OUTCOME_INTERNAL);
	}
	return ledger_request_submit(r, ledger_lane_write(l));
}
