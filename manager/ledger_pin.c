/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PINs, as digests: sql/function/pin_check.sql, pin_set.sql. */
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "manager/ledger_priv.h"

enum column { ORD, OUTCOME, VERDICT, TRIES_LEFT };

struct pin_args {
	struct pin_check_args check;
	bool has_old;
	struct pin_digest old;
};

static const struct pin_args *args_of(const struct db_request *r)
{
	return ledger_request_of(r)->own;
}

static void digest_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, args_of(requests[i])->check.terminal_id);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, args_of(requests[i])->check.digest.key_id);
	db_array_begin(p, DB_OID_BYTEA, n);
	for (i = 0; i < n; i++)
		db_array_bytea(p, args_of(requests[i])->check.digest.octets, PIN_DIGEST_SIZE);
}

static void check_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	static const uint8_t none[SMS_IDENTITY_SIZE];
	size_t i;

	digest_encode(p, requests, n);
	db_array_begin(p, DB_OID_BYTEA, n);
	for (i = 0; i < n; i++) {
		const uint8_t *identity = args_of(requests[i])->check.identity;

		if (memcmp(identity, none, SMS_IDENTITY_SIZE) != 0)
			db_array_bytea(p, identity, SMS_IDENTITY_SIZE);
		else
			db_array_null(p);
	}
	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, args_of(requests[i])->check.question_id);
}

static void set_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	digest_encode(p, requests, n);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, args_of(requests[i])->old.key_id);
	db_array_begin(p, DB_OID_BYTEA, n);
	for (i = 0; i < n; i++) {
		if (args_of(requests[i])->has_old)
			db_array_bytea(p, args_of(requests[i])->old.octets, PIN_DIGEST_SIZE);
		else
			db_array_null(p);
	}
}

static void pin_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct pin_result *res = result;

	res->verdict = db_rows_int2(rows, 0, VERDICT);
	res->tries_left = db_rows_int4(rows, 0, TRIES_LEFT);
}

static void pin_tell(const struct ledger_request *r, const void *result)
{
	r->done.pin(r->data, result);
}

const struct ledger_op ledger_pin_check_op = {
	.db = {
		.name = "pin_check",
		.sql = "SELECT ord, outcome, verdict, tries_left"
		       " FROM tegata.pin_check($1, $2, $3, $4, $5)",
		.params = { DB_OID_INT8_ARRAY, DB_OID_TEXT_ARRAY, DB_OID_BYTEA_ARRAY,
			    DB_OID_BYTEA_ARRAY, DB_OID_INT8_ARRAY },
		.n_params = 5,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_INT2, DB_OID_INT4 },
		.n_columns = 4,
		.answer = DB_ANSWER_ROWS,
		.ord_column = ORD,
		.outcome_column = OUTCOME,
		.writes = true,
		.encode = check_encode,
	},
	.kind = LEDGER_PIN,
	.result_size = sizeof(struct pin_result),
	.decode = pin_decode,
	.tell = pin_tell,
};

const struct ledger_op ledger_pin_set_op = {
	.db = {
		.name = "pin_set",
		.sql = "SELECT ord, outcome, verdict, tries_left"
		       " FROM tegata.pin_set($1, $2, $3, $4, $5)",
		.params = { DB_OID_INT8_ARRAY, DB_OID_TEXT_ARRAY, DB_OID_BYTEA_ARRAY,
			    DB_OID_TEXT_ARRAY, DB_OID_BYTEA_ARRAY },
		.n_params = 5,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_INT2, DB_OID_INT4 },
		.n_columns = 4,
		.answer = DB_ANSWER_ROWS,
		.ord_column = ORD,
		.outcome_column = OUTCOME,
		.writes = true,
		.encode = set_encode,
	},
	.kind = LEDGER_PIN,
	.result_size = sizeof(struct pin_result),
	.decode = pin_decode,
	.tell = pin_tell,
};

static struct ledger_request *pin_request(struct ledger *l, const struct ledger_op *op,
					  const struct pin_args *args, ledger_pin_cb done,
					  void *data)
{
	struct ledger_request *r = ledger_request_new(l, op, data);

	r->done.pin = done;
	ledger_request_own(r, args, sizeof(*args));
	r->db.conflict_key = args->check.terminal_id;
	return ledger_request_submit(r, ledger_lane_write(l));
}

struct ledger_request *ledger_pin_check(struct ledger *l, const struct pin_check_args *args,
					ledger_pin_cb done, void *data)
{
	const struct pin_args all = { .check = *args };

	return pin_request(l, &ledger_pin_check_op, &all, done, data);
}

struct ledger_request *ledger_pin_set(struct ledger *l, int64_t terminal_id,
				      const struct pin_digest *digest, const struct pin_digest *old,
				      ledger_pin_cb done, void *data)
{
	struct pin_args args = { .check = { .terminal_id = terminal_id, .digest = *digest },
				 .has_old = old };

	if (old)
		args.old = *old;
	return pin_request(l, &ledger_pin_set_op, &args, done, data);
}
