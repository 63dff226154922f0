/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Any octets as the rows that PostgreSQL answers to an operation: the first octet
 * chooses the operation, the second how many requests its batch had, then each
 * cell is a length and its octets.  Whatever the cells hold, what is decoded stays
 * within its room, and cells of a wrong length make the answer bad.
 */
#include "fuzz.h"

#include <osmocom/core/talloc.h>

#include "lib/outcome.h"
#include "manager/ledger_priv.h"

#define ROWS_MAX 64
#define BATCH_MAX 8

static const struct ledger_op *const ops[] = {
	&ledger_enter_op, &ledger_issue_op, &ledger_quote_op,	 &ledger_transfer_op,
	&ledger_check_op, &ledger_list_op,  &ledger_balance_op,	 &ledger_history_op,
	&ledger_lease_op, &ledger_state_op, &ledger_products_op,
};

static struct ledger *ledger;
static void *ctx;

struct input {
	const uint8_t *at, *end;
};

static uint8_t octet(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	fuzz_quiet();
	ctx = talloc_new(NULL);
	ledger = ledger_new(ctx);
	return 0;
}

/* The cell; 0xff stands for NULL. */
static void cell_set(PGresult *res, int row, int column, struct input *in)
{
	uint8_t len = octet(in);
	size_t left = in->end - in->at;

	if (len == 0xff) {
		OSMO_ASSERT(PQsetvalue(res, row, column, NULL, -1));
		return;
	}
	if (len > left)
		len = left;
	OSMO_ASSERT(PQsetvalue(res, row, column, (char *)in->at, len));
	in->at += len;
}

static PGresult *answer_make(const struct ledger_op *op, struct input *in)
{
	PGresAttDesc columns[DB_COLUMNS_MAX] = { 0 };
	PGresult *res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);

	for (size_t i = 0; i < op->db.n_columns; i++)
		columns[i] = (PGresAttDesc){ .name = "c", .format = 1, .typid = op->db.columns[i] };
	OSMO_ASSERT(PQsetResultAttrs(res, op->db.n_columns, columns));
	for (int row = 0; row < ROWS_MAX && in->at < in->end; row++)
		for (size_t i = 0; i < op->db.n_columns; i++)
			cell_set(res, row, i, in);
	OSMO_ASSERT(db_rows_check(res, op->db.columns, op->db.n_columns) == 0);
	return res;
}

static void decode(const struct ledger_op *op, struct db_rows *rows, size_t first)
{
	struct ledger_request r = { .db.op = &op->db, .ledger = ledger };
	union ledger_result result;
	int16_t outcome;

	if (op == &ledger_check_op) {
		r.args.check.n = 1 + first % LEDGER_CHECK_MAX;
		r.args.check.first = first;
	}
	memset(&result, 0, sizeof(result));
	if (op->db.outcome_column >= 0) {
		outcome = db_rows_int2(rows, 0, op->db.outcome_column);
		if (rows->bad || !outcome_name(outcome))
			return;
		result.outcome = outcome;
	}
	op->decode(&r, &result, rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct input in = { octets, octets + len };
	const struct ledger_op *op = ops[octet(&in) % ARRAY_SIZE(ops)];
	size_t n = 1 + octet(&in) % BATCH_MAX;
	PGresult *res = answer_make(op, &in);
	struct db_index index = { 0 };
	struct db_rows rows = { .res = res, .n = PQntuples(res) };

	if (op->db.answer == DB_ANSWER_ROWS && op->db.batch_max != 1) {
		if (db_index_build(&index, ctx, res, op->db.ord_column, n) == 0) {
			for (size_t i = 1; i <= n; i++) {
				db_index_rows(&index, res, i, &rows);
				if (rows.n > 0)
					decode(op, &rows, i - 1);
			}
		}
		talloc_free(index.first);
		talloc_free(index.rows);
	} else if (op->db.answer == DB_ANSWER_WHOLE || rows.n > 0) {
		decode(op, &rows, n);
	}
	PQclear(res);
	return 0;
}
