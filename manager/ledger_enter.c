/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who dials: sql/function/terminal_enter.sql. */
#include <osmocom/core/utils.h>

#include "manager/ledger_priv.h"

enum column {
	ORD,
	OUTCOME,
	TERMINAL_ID,
	ADDRESS,
	LANGUAGE,
	ENROLLED,
	N_UNSEEN,
	U_OPERATION,
	U_OUTCOME,
	U_REQUEST_ID,
	U_AT,
	U_VALUE_ID,
	U_AMOUNT,
	U_CURRENCY,
	U_PEER,
	U_PEER_NAME,
	ASKED,
};

static const struct enter_args *args_of(const struct db_request *r)
{
	return &ledger_request_of(r)->args.enter;
}

static void enter_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, args_of(requests[i])->imsi);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, args_of(requests[i])->msisdn);
	db_array_begin(p, DB_OID_BOOL, n);
	for (i = 0; i < n; i++)
		db_array_bool(p, args_of(requests[i])->enrol);
}

static void enter_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct enter_result *res = result;

	res->terminal_id = db_rows_int8(rows, 0, TERMINAL_ID);
	db_rows_text(rows, 0, ADDRESS, res->address, sizeof(res->address));
	db_rows_text(rows, 0, LANGUAGE, res->language, sizeof(res->language));
	res->enrolled_now = db_rows_bool(rows, 0, ENROLLED);
	res->is_asked = db_rows_bool(rows, 0, ASKED);
	res->has_unseen = db_rows_int2(rows, 0, N_UNSEEN) > 0;
	if (res->has_unseen) {
		/* A row each, the newest first. */
		res->n_unseen = rows->n;
		ledger_decode_record(&res->unseen, rows, 0, U_OPERATION);
	}
}

static void enter_tell(const struct ledger_request *r, const void *result)
{
	r->done.enter(r->data, result);
}

const struct ledger_op ledger_enter_op = {
	.db = {
		.name = "enter",
		.sql = "SELECT ord, outcome, terminal_id, address, language, enrolled, n_unseen,"
		       " u_operation, u_outcome, u_request_id, u_at, u_value_id, u_amount,"
		       " u_currency, u_peer, u_peer_name, asked FROM tegata.terminal_enter($1, $2, $3)",
		.params = { DB_OID_TEXT_ARRAY, DB_OID_TEXT_ARRAY, DB_OID_BOOL_ARRAY },
		.n_params = 3,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_INT8, DB_OID_TEXT, DB_OID_TEXT,
			     DB_OID_BOOL, DB_OID_INT2, DB_OID_INT2, DB_OID_INT2, DB_OID_UUID,
			     DB_OID_TIMESTAMPTZ, DB_OID_INT8, DB_OID_INT8, DB_OID_TEXT, DB_OID_TEXT,
			     DB_OID_TEXT, DB_OID_BOOL },
		.n_columns = 17,
		.answer = DB_ANSWER_ROWS,
		.ord_column = ORD,
		.outcome_column = OUTCOME,
		.after = &ledger_seen_op.db, /* what it marks is not told again */
		.encode = enter_encode,
	},
	.kind = LEDGER_ENTER,
	.result_size = sizeof(struct enter_result),
	.decode = enter_decode,
	.tell = enter_tell,
};

uint64_t ledger_key_of_imsi(const char *imsi)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (; *imsi; imsi++)
		h = (h ^ (uint8_t)*imsi) * UINT64_C(0x100000001b3);
	return h ? h : 1;
}

/* Without the standby that is required nothing is written, and a lane that writes waits for it. Who
 * is known is found all the same; who is not cannot be made. */
static struct db_lane *lane_of(struct ledger *l)
{
	return ledger_lacks_standby(l) ? ledger_lane_read(l) : ledger_lane_write(l);
}

struct ledger_request *ledger_enter(struct ledger *l, const struct enter_args *args,
				    ledger_enter_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_enter_op, data);

	r->done.enter = done;
	r->args.enter = *args;
	r->db.conflict_key = ledger_key_of_imsi(args->imsi);
	return ledger_request_submit(r, lane_of(l));
}
