/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A terminal's last operations: sql/function/operation_history.sql. */
#include <osmocom/core/utils.h>

#include "manager/ledger_priv.h"

enum column { ORD, OUTCOME, OPERATION, OP_OUTCOME, REQUEST_ID };

static void history_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	ledger_encode_terminal_ids(p, requests, n);
	ledger_encode_limits(p, requests, n);
}

static void history_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct history_result *res = result;
	int row;

	for (row = 0; row < rows->n && row < LEDGER_PAGE_MAX; row++) {
		if (db_rows_null(rows, row, REQUEST_ID))
			continue;
		ledger_decode_record(&res->items[res->n_items++], rows, row, OPERATION);
	}
}

static void history_tell(const struct ledger_request *r, const void *result)
{
	r->done.history(r->data, result);
}

const struct ledger_op ledger_history_op = {
	.db = {
		.name = "history",
		.sql = "SELECT ord, outcome, operation, op_outcome, request_id, at, value_id, amount,"
		       " currency, peer, peer_name FROM tegata.operation_history($1, $2)",
		.params = { DB_OID_INT8_ARRAY, DB_OID_INT4_ARRAY },
		.n_params = 2,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_INT2, DB_OID_INT2, DB_OID_UUID,
			     DB_OID_TIMESTAMPTZ, DB_OID_INT8, DB_OID_INT8, DB_OID_TEXT, DB_OID_TEXT,
			     DB_OID_TEXT },
		.n_columns = 11,
		.answer = DB_ANSWER_ROWS,
		.ord_column = ORD,
		.outcome_column = OUTCOME,
		.encode = history_encode,
	},
	.kind = LEDGER_HISTORY,
	.result_size = sizeof(struct history_result),
	.decode = history_decode,
	.tell = history_tell,
};

struct ledger_request *ledger_history(struct ledger *l, int64_t terminal_id, size_t limit,
				      ledger_history_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_history_op, data);

	r->done.history = done;
	r->args.page = (struct ledger_page_args){
		.terminal_id = terminal_id,
		.limit = OSMO_MIN(limit, LEDGER_PAGE_MAX),
	};
	return ledger_request_submit(r, ledger_lane_read(l));
}
