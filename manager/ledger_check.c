/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is the asker the owner?  sql/function/ownership_check.sql. */
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "manager/ledger_priv.h"

enum column {
	ASKER,
	ORD,
	OUTCOME,
	TEST,
	TERMINAL_ID,
	SHOP_CODE,
	RATE_PER_S,
	RATE_BURST,
	SPENDABLE,
	STATE,
	AMOUNT,
	CURRENCY,
	EXPIRES_AT,
	OWNER_SINCE,
};

static const struct ledger_check_args *args_of(const struct db_request *r)
{
	return &ledger_request_of(r)->args.check;
}

/* Items are counted through the batch; each request notes where its own begin. */
static size_t items_place(struct db_request *const *requests, size_t n)
{
	size_t i, items = 0;

	for (i = 0; i < n; i++) {
		ledger_request_of(requests[i])->args.check.first = items;
		items += args_of(requests[i])->n;
	}
	return items;
}

static void check_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t n_items = items_place(requests, n);
	size_t i, k;

	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, args_of(requests[i])->asker.terminal_id);
	db_array_begin(p, DB_OID_BYTEA, n);
	for (i = 0; i < n; i++) {
		const struct check_asker *asker = &args_of(requests[i])->asker;

		if (asker->terminal_id)
			db_array_null(p);
		else
			db_array_bytea(p, asker->key_digest, sizeof(asker->key_digest));
	}
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, args_of(requests[i])->asker.scope);
	db_array_begin(p, DB_OID_INT4, n_items);
	for (i = 0; i < n; i++) {
		for (k = 0; k < args_of(requests[i])->n; k++)
			db_array_int4(p, i + 1);
	}
	db_array_begin(p, DB_OID_INT8, n_items);
	for (i = 0; i < n; i++) {
		for (k = 0; k < args_of(requests[i])->n; k++)
			db_array_int8(p, args_of(requests[i])->value_ids[k]);
	}
}

static void decode_asker(struct check_result *res, struct db_rows *rows, int row)
{
	int outcome = db_rows_int2(rows, row, OUTCOME);

	if (!outcome_name(outcome) || db_rows_null(rows, row, OUTCOME))
		rows->bad = true;
	res->outcome = outcome;
	res->test_key = db_rows_bool(rows, row, TEST);
	res->terminal_id = db_rows_int8(rows, row, TERMINAL_ID);
	db_rows_text(rows, row, SHOP_CODE, res->shop_code, sizeof(res->shop_code));
	res->rate_per_s = db_rows_int4(rows, row, RATE_PER_S);
	res->rate_burst = db_rows_int4(rows, row, RATE_BURST);
}

static void decode_item(struct check_item *item, struct db_rows *rows, int row)
{
	item->owner = true;
	item->spendable = db_rows_bool(rows, row, SPENDABLE);
	item->state = db_rows_int2(rows, row, STATE);
	item->amount_minor = db_rows_int8(rows, row, AMOUNT);
	db_rows_text(rows, row, CURRENCY, item->currency, sizeof(item->currency));
	item->expires_at = db_rows_time(rows, row, EXPIRES_AT);
	item->owner_since = db_rows_time(rows, row, OWNER_SINCE);
}

static void check_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct check_result *res = result;
	struct check_item *items = r->ledger->items;
	size_t n = r->args.check.n;
	bool asker_seen = false;
	int row;

	memset(items, 0, n * sizeof(*items));
	for (row = 0; row < rows->n; row++) {
		int32_t ord = db_rows_int4(rows, row, ORD);
		size_t place = (size_t)ord - 1 - r->args.check.first;

		if (ord == 0 && !asker_seen) {
			decode_asker(res, rows, row);
			asker_seen = true;
		} else if (ord > 0 && place < n && !items[place].owner) {
			decode_item(&items[place], rows, row);
		} else {
			rows->bad = true;
		}
	}
	if (!asker_seen)
		rows->bad = true;
	if (res->outcome == OUTCOME_OK) {
		res->n_items = n;
		res->items = items;
	}
}

static void check_tell(const struct ledger_request *r, const void *result)
{
	r->done.check(r->data, result);
}

static const char *check_describe(const struct db_request *r)
{
	return ledger_describe("check", &args_of(r)->request_id);
}

const struct ledger_op ledger_check_op = {
	.db = {
		.name = "check",
		.sql = "SELECT asker, ord, outcome, test, terminal_id, shop_code, rate_per_s,"
		       " rate_burst, spendable, state, amount, currency, expires_at, owner_since"
		       " FROM tegata.ownership_check($1, $2, $3, $4, $5)",
		.params = { DB_OID_INT8_ARRAY, DB_OID_BYTEA_ARRAY, DB_OID_TEXT_ARRAY,
			    DB_OID_INT4_ARRAY, DB_OID_INT8_ARRAY },
		.n_params = 5,
		.columns = { DB_OID_INT4, DB_OID_INT4, DB_OID_INT2, DB_OID_BOOL, DB_OID_INT8,
			     DB_OID_TEXT, DB_OID_INT4, DB_OID_INT4, DB_OID_BOOL, DB_OID_INT2,
			     DB_OID_INT8, DB_OID_TEXT, DB_OID_TIMESTAMPTZ, DB_OID_TIMESTAMPTZ },
		.n_columns = 14,
		.answer = DB_ANSWER_ROWS,
		.ord_column = ASKER,
		.outcome_column = -1,
		.weight_max = LEDGER_BATCH_ITEMS,
		.encode = check_encode,
		.describe = check_describe,
	},
	.kind = LEDGER_CHECK,
	.result_size = sizeof(struct check_result),
	.decode = check_decode,
	.tell = check_tell,
};

struct ledger_request *ledger_check(struct ledger *l, const struct check_asker *asker,
				    const int64_t *value_ids, size_t n_values,
				    const struct request_id *request_id, ledger_check_cb done,
				    void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_check_op, data);
	struct ledger_check_args *args = &r->args.check;

	OSMO_ASSERT(n_values >= 1 && n_values <= LEDGER_CHECK_MAX);
	r->done.check = done;
	args->asker = *asker;
	if (!args->asker.scope)
		args->asker.scope = "";
	args->request_id = *request_id;
	args->n = n_values;
	args->value_ids = args->inline_ids;
	if (n_values > LEDGER_CHECK_INLINE) {
		args->value_ids = talloc_array(l, int64_t, n_values);
		OSMO_ASSERT(args->value_ids);
	}
	memcpy(args->value_ids, value_ids, n_values * sizeof(*value_ids));
	r->db.weight = n_values;
	return ledger_request_submit(r, ledger_lane_read(l));
}
