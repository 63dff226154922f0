/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What terminals are asked: sql/function/question_open.sql, question_answer.sql,
 * question_of_terminal.sql. */
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "manager/ledger_priv.h"

/* Of a question, from the first of its columns on. */
enum question_column {
	QUESTION_ID,
	KIND,
	STATE,
	CODE,
	REQUEST_ID,
	OPENED_AT,
	DEADLINE,
	ANSWERED_AT,
	PRODUCT,
	AMOUNT,
	FEE,
	CURRENCY,
	VALUE_ID,
	TRANSFEREE_ID,
	TRANSFEREE,
	REFERENCE,
	NEEDS_PIN,
	REFUSAL,
	QUESTION_COLUMNS,
};

#define QUESTION_SQL                                                                             \
	"question_id, kind, state, code, request_id, opened_at, deadline, answered_at, product," \
	" amount, fee, currency, value_id, transferee_id, transferee, reference, needs_pin, "    \
	"refusal"
#define QUESTION_OIDS                                                                          \
	DB_OID_INT8, DB_OID_INT2, DB_OID_INT2, DB_OID_TEXT, DB_OID_UUID, DB_OID_TIMESTAMPTZ,   \
		DB_OID_TIMESTAMPTZ, DB_OID_TIMESTAMPTZ, DB_OID_TEXT, DB_OID_INT8, DB_OID_INT8, \
		DB_OID_TEXT, DB_OID_INT8, DB_OID_INT8, DB_OID_TEXT, DB_OID_TEXT, DB_OID_BOOL,  \
		DB_OID_INT2

static void subject_decode(struct question_subject *s, struct db_rows *rows, int row, int first)
{
	s->kind = db_rows_int2(rows, row, first + KIND);
	db_rows_text(rows, row, first + PRODUCT, s->product, sizeof(s->product));
	s->amount_minor = db_rows_int8(rows, row, first + AMOUNT);
	s->fee_minor = db_rows_int8(rows, row, first + FEE);
	db_rows_text(rows, row, first + CURRENCY, s->currency, sizeof(s->currency));
	s->value_id = db_rows_int8(rows, row, first + VALUE_ID);
	s->transferee_id = db_rows_int8(rows, row, first + TRANSFEREE_ID);
	db_rows_text(rows, row, first + TRANSFEREE, s->transferee, sizeof(s->transferee));
	db_rows_text(rows, row, first + REFERENCE, s->reference, sizeof(s->reference));
}

static void question_read(struct question *q, struct db_rows *rows, int row, int first)
{
	q->question_id = db_rows_int8(rows, row, first + QUESTION_ID);
	q->state = db_rows_int2(rows, row, first + STATE);
	db_rows_text(rows, row, first + CODE, q->code, sizeof(q->code));
	db_rows_uuid(rows, row, first + REQUEST_ID, &q->request_id);
	q->opened_at = db_rows_time(rows, row, first + OPENED_AT);
	q->deadline = db_rows_time(rows, row, first + DEADLINE);
	q->answered_at = db_rows_time(rows, row, first + ANSWERED_AT);
	q->needs_pin = db_rows_bool(rows, row, first + NEEDS_PIN);
	q->refusal = db_rows_int2(rows, row, first + REFUSAL);
	subject_decode(&q->subject, rows, row, first);
}

/* --- one question ---------------------------------------------------------------- */

enum one_column { ORD, OUTCOME, REPEATED, ONE_FIRST };

static void one_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct question_result *res = result;

	res->repeated = db_rows_bool(rows, 0, REPEATED);
	if (!db_rows_null(rows, 0, ONE_FIRST + QUESTION_ID))
		question_read(&res->question, rows, 0, ONE_FIRST);
}

static void one_tell(const struct ledger_request *r, const void *result)
{
	r->done.question(r->data, result);
}

/* --- open -------------------------------------------------------------------------- */

static const struct question_open_args *open_of(const struct db_request *r)
{
	return ledger_request_of(r)->own;
}

#define PUT(p, requests, n, oid, put)                                                 \
	do {                                                                          \
		size_t i_;                                                            \
		db_array_begin(p, oid, n);                                            \
		for (i_ = 0; i_ < (n); i_++) {                                        \
			const struct question_open_args *a = open_of((requests)[i_]); \
			const struct question_subject *s = &a->subject;               \
			(void)s;                                                      \
			put;                                                          \
		}                                                                     \
	} while (0)

static void open_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	PUT(p, requests, n, DB_OID_INT8, db_array_int8(p, a->terminal_id));
	PUT(p, requests, n, DB_OID_INT4, db_array_int4(p, s->kind));
	PUT(p, requests, n, DB_OID_TEXT, db_array_text(p, s->product));
	PUT(p, requests, n, DB_OID_INT8, db_array_int8(p, s->amount_minor));
	PUT(p, requests, n, DB_OID_INT8, db_array_int8(p, s->fee_minor));
	PUT(p, requests, n, DB_OID_TEXT, db_array_text(p, s->currency));
	PUT(p, requests, n, DB_OID_INT8, db_array_int8(p, s->value_id));
	PUT(p, requests, n, DB_OID_INT8, db_array_int8(p, s->transferee_id));
	PUT(p, requests, n, DB_OID_TEXT, db_array_text(p, s->transferee));
	PUT(p, requests, n, DB_OID_TEXT, db_array_text(p, s->reference));
	PUT(p, requests, n, DB_OID_UUID, db_array_uuid(p, &a->request_id));
	PUT(p, requests, n, DB_OID_INT4, db_array_int4(p, OSMO_MIN(a->valid_s, 86400u)));
	PUT(p, requests, n, DB_OID_TEXT, db_array_text(p, a->link));
	PUT(p, requests, n, DB_OID_TEXT, db_array_text(p, a->code));
}

static const char *open_describe(const struct db_request *r)
{
	return ledger_describe("question", &open_of(r)->request_id);
}

const struct ledger_op ledger_question_open_op = {
	.db = {
		.name = "question_open",
		.sql = "SELECT ord, outcome, repeated, " QUESTION_SQL " FROM tegata.question_open("
		       "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
		.params = { DB_OID_INT8_ARRAY, DB_OID_INT4_ARRAY, DB_OID_TEXT_ARRAY,
			    DB_OID_INT8_ARRAY, DB_OID_INT8_ARRAY, DB_OID_TEXT_ARRAY,
			    DB_OID_INT8_ARRAY, DB_OID_INT8_ARRAY, DB_OID_TEXT_ARRAY,
			    DB_OID_TEXT_ARRAY, DB_OID_UUID_ARRAY, DB_OID_INT4_ARRAY,
			    DB_OID_TEXT_ARRAY, DB_OID_TEXT_ARRAY },
		.n_params = 14,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_BOOL, QUESTION_OIDS },
		.n_columns = ONE_FIRST + QUESTION_COLUMNS,
		.answer = DB_ANSWER_ROWS,
		.ord_column = ORD,
		.outcome_column = OUTCOME,
		.writes = true,
		.encode = open_encode,
		.describe = open_describe,
	},
	.kind = LEDGER_QUESTION,
	.result_size = sizeof(struct question_result),
	.decode = one_decode,
	.tell = one_tell,
};

struct ledger_request *ledger_question_open(struct ledger *l, const struct question_open_args *args,
					    ledger_question_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_question_open_op, data);

	r->done.question = done;
	ledger_request_own(r, args, sizeof(*args));
	r->db.conflict_key = args->terminal_id;
	return ledger_request_submit(r, ledger_lane_write(l));
}

/* --- answer ------------------------------------------------------------------------- */

static const struct question_answer_args *answer_of(const struct db_request *r)
{
	return ledger_request_of(r)->own;
}

static void answer_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, answer_of(requests[i])->terminal_id);
	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, answer_of(requests[i])->question_id);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, answer_of(requests[i])->code);
	db_array_begin(p, DB_OID_BOOL, n);
	for (i = 0; i < n; i++)
		db_array_bool(p, answer_of(requests[i])->yes);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, answer_of(requests[i])->link);
	db_array_begin(p, DB_OID_INT4, n);
	for (i = 0; i < n; i++)
		db_array_int4(p, answer_of(requests[i])->refusal);
}

const struct ledger_op ledger_question_answer_op = {
	.db = {
		.name = "question_answer",
		.sql = "SELECT ord, outcome, repeated, " QUESTION_SQL
		       " FROM tegata.question_answer($1, $2, $3, $4, $5, $6)",
		.params = { DB_OID_INT8_ARRAY, DB_OID_INT8_ARRAY, DB_OID_TEXT_ARRAY,
			    DB_OID_BOOL_ARRAY, DB_OID_TEXT_ARRAY, DB_OID_INT4_ARRAY },
		.n_params = 6,
		.columns = { DB_OID_INT4, DB_OID_INT2, DB_OID_BOOL, QUESTION_OIDS },
		.n_columns = ONE_FIRST + QUESTION_COLUMNS,
		.answer = DB_ANSWER_ROWS,
		.ord_column = ORD,
		.outcome_column = OUTCOME,
		.writes = true,
		.encode = answer_encode,
	},
	.kind = LEDGER_QUESTION,
	.result_size = sizeof(struct question_result),
	.decode = one_decode,
	.tell = one_tell,
};

struct ledger_request *ledger_question_answer(struct ledger *l,
					      const struct question_answer_args *args,
					      ledger_question_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_question_answer_op, data);

	r->done.question = done;
	ledger_request_own(r, args, sizeof(*args));
	r->db.conflict_key = args->terminal_id;
	return ledger_request_submit(r, ledger_lane_write(l));
}

/* --- what is open --------------------------------------------------------------------- */

enum many_column { MANY_ORD, MANY_OUTCOME, MANY_FIRST };

static void many_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, answer_of(requests[i])->terminal_id);
	db_array_begin(p, DB_OID_TEXT, n);
	for (i = 0; i < n; i++)
		db_array_text(p, answer_of(requests[i])->code);
}

static void many_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	struct questions_result *res = result;
	int row;

	for (row = 0; row < rows->n && res->n < QUESTIONS_OPEN_MAX; row++)
		if (!db_rows_null(rows, row, MANY_FIRST + QUESTION_ID))
			question_read(&res->questions[res->n++], rows, row, MANY_FIRST);
}

static void many_tell(const struct ledger_request *r, const void *result)
{
	r->done.questions(r->data, result);
}

const struct ledger_op ledger_questions_op = {
	.db = {
		.name = "questions",
		.sql = "SELECT ord, outcome, " QUESTION_SQL
		       " FROM tegata.question_of_terminal($1, $2)",
		.params = { DB_OID_INT8_ARRAY, DB_OID_TEXT_ARRAY },
		.n_params = 2,
		.columns = { DB_OID_INT4, DB_OID_INT2, QUESTION_OIDS },
		.n_columns = MANY_FIRST + QUESTION_COLUMNS,
		.answer = DB_ANSWER_ROWS,
		.ord_column = MANY_ORD,
		.outcome_column = MANY_OUTCOME,
		.writes = true, /* a wrong code is counted */
		.encode = many_encode,
	},
	.kind = LEDGER_QUESTION,
	.result_size = sizeof(struct questions_result),
	.decode = many_decode,
	.tell = many_tell,
};

struct ledger_request *ledger_questions(struct ledger *l, int64_t terminal_id, const char *code,
					ledger_questions_cb done, void *data)
{
	struct ledger_request *r = ledger_request_new(l, &ledger_questions_op, data);
	struct question_answer_args args = { .terminal_id = terminal_id };

	/* What is longer than a code is none. */
	OSMO_STRLCPY_ARRAY(args.code, code ? code : "");
	r->done.questions = done;
	ledger_request_own(r, &args, sizeof(args));
	r->db.conflict_key = terminal_id;
	return ledger_request_submit(r, ledger_lane_write(l));
}
