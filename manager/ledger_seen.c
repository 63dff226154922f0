/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A terminal was told what it completed: sql/function/operation_seen.sql. */
#include <osmocom/core/utils.h>

#include "manager/ledger_priv.h"

static const struct ledger_seen_args *args_of(const struct db_request *r)
{
	return &ledger_request_of(r)->args.seen;
}

static void seen_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, args_of(requests[i])->terminal_id);
	db_array_begin(p, DB_OID_UUID, n);
	for (i = 0; i < n; i++)
		db_array_uuid(p, &args_of(requests[i])->request_id);
}

const struct ledger_op ledger_seen_op = {
	.db = {
		.name = "seen",
		.sql = "SELECT tegata.operation_seen($1, $2)",
		.params = { DB_OID_INT8_ARRAY, DB_OID_UUID_ARRAY },
		.n_params = 2,
		.columns = { DB_OID_VOID },
		.n_columns = 1,
		.answer = DB_ANSWER_NONE,
		.outcome_column = -1,
		.writes = true,
		.encode = seen_encode,
	},
	.kind = LEDGER_SEEN,
	.result_size = sizeof(enum outcome),
};

void ledger_seen(struct ledger *l, const char *imsi, int64_t terminal_id,
		 const struct request_id *request_id)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_seen_op, NULL);

	r->args.seen = (struct ledger_seen_args){
		.terminal_id = terminal_id,
		.request_id = *request_id,
	};
	r->db.conflict_key = terminal_id;
	/* The next dial is not told what this is marking. */
	r->db.row_key = ledger_key_of_imsi(imsi);
	ledger_request_submit(r, ledger_lane_write(l));
}
