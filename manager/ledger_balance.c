/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A terminal's accounts and what it holds: sql/function/account_balance.sql. */
#include <osmocom/core/utils.h>

#include "manager/ledger_priv.h"

enum column { ORD, OUTCOME, CURRENCY, POSTPAID, BALANCE, CREDIT, HELD, HELD_COUNT };

static void balance_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	ledger_encode_terminal_ids(p, requests, n);
}

static void balance_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct balance_result *res = result;
	int row;

	for (row = 0; row < rows->n && res->n_items < ARRAY_SIZE(res->items); row++) {
		struct balance_item *item = &res->items[res->n_items];

		if (db_rows_null(rows, row, CURRENCY))
			continue;
		db_rows_text(rows, row, CURRENCY, item->currency, sizeof(item->currency));
		item->postpaid = db_rows_bool(rows, row, POSTPAID);
		item->balance_minor = db_rows_int8(rows, row, BALANCE);
		item->credit_minor = db_rows_int8(rows, row, CREDIT);
		item->held_minor = db_rows_int8(rows, row, HELD);
		item->held_count = db_rows_int8(rows, row, HELD_COUNT);
		res->n_items++;
	}
}

static void balance_tell(const struct ledger_request *r, const void *result)
{
	r->done.balance(r->data, result);
}

const struct ledger_op ledger_balance_op = {
	.db = {
		.name = "balance",
		.sql = "SELECT ord, outcome, currency, postpaid, balance, credit, held, held_count"
		       " FROM tegata.account_balance($1)",
		.params = { DB_OID_INT8_ARRAY },
		.n_params = 1,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_TEXT, DB_OID_BOOL, DB_OID_INT8,
			     DB_OID_INT8, DB_OID_INT8, DB_OID_INT8 },
		.n_columns = 8,
		.answer = DB_ANSWER_ROWS,
		.ord_column = ORD,
		.outcome_column = OUTCOME,
		.encode = balance_encode,
	},
	.kind = LEDGER_BALANCE,
	.result_size = sizeof(struct balance_result),
	.decode = balance_decode,
	.tell = balance_tell,
};

struct ledger_request *ledger_balance(struct ledger *l, int64_t terminal_id, ledger_balance_cb done,
				      void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_balance_op, data);

	r->done.balance = done;
	r->args.page.terminal_id = terminal_id;
	return ledger_request_submit(r, ledger_lane_read(l));
}
