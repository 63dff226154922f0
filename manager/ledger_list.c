/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A terminal's values, a page at a time: sql/function/value_list.sql. */
#include <osmocom/core/utils.h>

#include "manager/ledger_priv.h"

enum column { ORD, OUTCOME, VALUE_ID, STATE, AMOUNT, CURRENCY, EXPIRES_AT, OWNER_SINCE, MORE };

static void list_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	ledger_encode_terminal_ids(p, requests, n);
	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, ledger_request_of(requests[i])->args.page.after);
	ledger_encode_limits(p, requests, n);
}

static void list_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct list_result *res = result;
	int row;

	for (row = 0; row < rows->n && row < LEDGER_PAGE_MAX; row++) {
		struct list_item *item = &res->items[res->n_items];

		if (db_rows_null(rows, row, VALUE_ID))
			continue;
		item->value_id = db_rows_int8(rows, row, VALUE_ID);
		item->state = db_rows_int2(rows, row, STATE);
		item->amount_minor = db_rows_int8(rows, row, AMOUNT);
		db_rows_text(rows, row, CURRENCY, item->currency, sizeof(item->currency));
		item->expires_at = db_rows_time(rows, row, EXPIRES_AT);
		item->owner_since = db_rows_time(rows, row, OWNER_SINCE);
		res->more = db_rows_bool(rows, row, MORE);
		res->n_items++;
	}
}

static void list_tell(const struct ledger_request *r, const void *result)
{
	r->done.list(r->data, result);
}

const struct ledger_op ledger_list_op = {
	.db = {
		.name = "list",
		.sql = "SELECT ord, outcome, value_id, state, amount, currency, expires_at,"
		       " owner_since, more FROM tegata.value_list($1, $2, $3)",
		.params = { DB_OID_INT8_ARRAY, DB_OID_INT8_ARRAY, DB_OID_INT4_ARRAY },
		.n_params = 3,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_INT8, DB_OID_INT2, DB_OID_INT8,
			     DB_OID_TEXT, DB_OID_TIMESTAMPTZ, DB_OID_TIMESTAMPTZ, DB_OID_BOOL },
		.n_columns = 9,
		.answer = DB_ANSWER_ROWS,
		.ord_column = ORD,
		.outcome_column = OUTCOME,
		.encode = list_encode,
	},
	.kind = LEDGER_LIST,
	.result_size = sizeof(struct list_result),
	.decode = list_decode,
	.tell = list_tell,
};

struct ledger_request *ledger_list(struct ledger *l, int64_t terminal_id, int64_t after,
				   size_t limit, ledger_list_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_list_op, data);

	r->done.list = done;
	r->args.page = (struct ledger_page_args){
		.terminal_id = terminal_id,
		.after = after,
		.limit = OSMO_MIN(limit, LEDGER_PAGE_MAX),
	};
	return ledger_request_submit(r, ledger_lane_read(l));
}
