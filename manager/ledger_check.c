/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is the asker the owner?  sql/function/ownership_check.sql. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/bits.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "manager/db_batch.h"
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

/* Twice a batch, so that an empty one is never far. */
#define ASKER_SLOTS (2 * DB_BATCH_MAX)
#define ROW_BAD (-1)

static const struct ledger_check_args *args_of(const struct db_request *r)
{
	return &ledger_request_of(r)->args.check;
}

/* --- the question ------------------------------------------------------------------------ */

static bool asker_equal(const struct check_asker *a, const struct check_asker *b)
{
	if (a->terminal_id || b->terminal_id)
		return a->terminal_id == b->terminal_id;
	return memcmp(a->key_digest, b->key_digest, sizeof(a->key_digest)) == 0 &&
	       strcmp(a->scope, b->scope) == 0;
}

/* A digest is as good as random; terminal ids are neighbours, so they are spread. */
static size_t asker_hash(const struct check_asker *asker)
{
	if (asker->terminal_id)
		return db_key_spread(asker->terminal_id);
	return osmo_load32be(asker->key_digest);
}

/* A shop asks many times in one batch; its key is looked up once.  Each request notes the place of
 * its asker; askers gets one of each.  Returns how many. */
static size_t askers_place(struct db_request *const *requests, size_t n,
			   const struct check_asker **askers)
{
	uint16_t slots[ASKER_SLOTS] = { 0 };
	size_t i, at, n_askers = 0;

	for (i = 0; i < n; i++) {
		struct ledger_check_args *args = &ledger_request_of(requests[i])->args.check;

		for (at = asker_hash(&args->asker) % ASKER_SLOTS;
		     slots[at] && !asker_equal(askers[slots[at] - 1], &args->asker);
		     at = (at + 1) % ASKER_SLOTS)
			;
		if (!slots[at]) {
			askers[n_askers++] = &args->asker;
			slots[at] = n_askers;
		}
		args->place = slots[at];
	}
	return n_askers;
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
	const struct check_asker *askers[DB_BATCH_MAX];
	size_t n_askers = askers_place(requests, n, askers);
	size_t n_items = items_place(requests, n);
	size_t i, k;

	db_array_begin(p, DB_OID_INT8, n_askers);
	for (i = 0; i < n_askers; i++)
		db_array_int8(p, askers[i]->terminal_id);
	db_array_begin(p, DB_OID_BYTEA, n_askers);
	for (i = 0; i < n_askers; i++) {
		if (askers[i]->terminal_id)
			db_array_null(p);
		else
			db_array_bytea(p, askers[i]->key_digest, sizeof(askers[i]->key_digest));
	}
	db_array_begin(p, DB_OID_TEXT, n_askers);
	for (i = 0; i < n_askers; i++)
		db_array_text(p, askers[i]->scope);
	db_array_begin(p, DB_OID_INT4, n_items);
	for (i = 0; i < n; i++) {
		for (k = 0; k < args_of(requests[i])->n; k++)
			db_array_int4(p, args_of(requests[i])->place);
	}
	db_array_begin(p, DB_OID_INT8, n_items);
	for (i = 0; i < n; i++) {
		for (k = 0; k < args_of(requests[i])->n; k++)
			db_array_int8(p, args_of(requests[i])->value_ids[k]);
	}
}

/* --- the answer -------------------------------------------------------------------------- */

/* Where in the answer the row of an asker or of an item is, counted from 1; 0: there is none. */
struct places {
	int *askers, *items;
	const int *item_askers; /* which asker each item is of */
	size_t n_askers, n_items;
};

/* A row that makes no sense takes its asker's own away, without which none of that asker's requests
 * is answered. */
static int rows_place(const struct places *p, const PGresult *res)
{
	struct db_rows rows = { .res = res, .n = PQntuples(res) };
	int row;

	for (row = 0; row < rows.n; row++) {
		int32_t asker = db_rows_int4(&rows, row, ASKER);
		int32_t ord = db_rows_int4(&rows, row, ORD);

		if (asker < 1 || (size_t)asker > p->n_askers)
			return -EPROTO;
		if (ord == 0 && p->askers[asker - 1] == 0)
			p->askers[asker - 1] = row + 1;
		else if (ord > 0 && (size_t)ord <= p->n_items && p->items[ord - 1] == 0 &&
			 p->item_askers[ord - 1] == asker)
			p->items[ord - 1] = row + 1;
		else
			p->askers[asker - 1] = ROW_BAD;
	}
	return 0;
}

static void request_index(struct db_index *index, const struct ledger_check_args *args,
			  const struct places *p, int *n_rows)
{
	size_t k;

	if (p->askers[args->place - 1] <= 0)
		return;
	index->rows[(*n_rows)++] = p->askers[args->place - 1] - 1;
	for (k = args->first; k < args->first + args->n; k++) {
		if (p->items[k])
			index->rows[(*n_rows)++] = p->items[k] - 1;
	}
}

/* A request's rows are that of its asker, which others may share, and those of its own items. */
static int check_index(struct db_index *index, void *ctx, const PGresult *res,
		       struct db_request *const *requests, size_t n)
{
	const struct ledger_check_args *last = args_of(requests[n - 1]);
	size_t n_items = last->first + last->n;
	int *all = talloc_zero_array(ctx, int, n + 2 * n_items), *item_askers = all + n + n_items;
	struct places p = { all, all + n, item_askers, .n_items = n_items };
	int n_rows = 0, rc;
	size_t i, k;

	OSMO_ASSERT(all);
	for (i = 0; i < n; i++) {
		const struct ledger_check_args *args = args_of(requests[i]);

		p.n_askers = OSMO_MAX(p.n_askers, (size_t)args->place);
		for (k = 0; k < args->n; k++)
			item_askers[args->first + k] = args->place;
	}
	rc = rows_place(&p, res);
	db_index_begin(index, ctx, n, n + n_items);
	for (i = 0; i < n && rc == 0; i++) {
		index->first[i] = n_rows;
		request_index(index, args_of(requests[i]), &p, &n_rows);
	}
	index->first[n] = n_rows;
	talloc_free(all);
	return rc;
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
		.index = check_index,
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
