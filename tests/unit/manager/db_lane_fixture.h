/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* One lane over a connection whose answers are scripted, and requests that know what became of
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>
#include <osmocom/core/application.h>

#include "lib/log_category.h"
#include "manager/db_lane.h"
#include "tests/lib/loop.h"
#include "tests/unit/manager/fake_db_conn.h"

#define N 64

/* A request knows its id; ids are what the scripted connection sees. */
struct item {
	struct db_request db;
	int64_t id;
	unsigned int n_done, n_asked_again;
	enum outcome outcome;
	bool had_rows;
};

static struct db_queue_limits limits;
static struct db_queue *queue;
static struct db_lane *lane;
static struct db_conn *conn;
static struct item items[N];
static struct item *resubmit; /* is submitted from inside the next done() */
static size_t n_done;
static int64_t done_order[8 * N];

static inline struct item *item_of(const struct db_request *r)
{
	return container_of(r, struct item, db);
}

static inline void item_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, item_of(requests[i])->id);
}

static inline bool item_ask_again(struct db_request *r, enum outcome outcome)
{
	struct item *item = item_of(r);

	if (outcome != OUTCOME_VALUE_ID_TAKEN)
		return false;
	item->id += 1000;
	item->n_asked_again++;
	return true;
}

#define OP_COMMON                                                                                \
	.params = { DB_OID_INT8_ARRAY }, .n_params = 1, .columns = { DB_OID_INT4, DB_OID_INT2 }, \
	.n_columns = 2, .answer = DB_ANSWER_ROWS, .ord_column = 0, .outcome_column = 1,          \
	.encode = item_encode

static const struct db_op op_write = {
	.name = "write", .sql = "", .writes = true, .ask_again = item_ask_again, OP_COMMON
};
static const struct db_op op_read = { .name = "read", .sql = "", .weight_max = 10, OP_COMMON };
static const struct db_op op_one = {
	.name = "one",
	.sql = "",
	.columns = { DB_OID_BOOL },
	.n_columns = 1,
	.answer = DB_ANSWER_WHOLE,
	.outcome_column = -1,
	.encode = item_encode,
};
static const struct db_op op_late = { .name = "late", .sql = "", .after = &op_write, OP_COMMON };
static const struct db_op *const ops[] = { &op_write, &op_read, &op_one, &op_late };

static inline void submit(struct item *item, const struct db_op *op, int64_t key)
{
	memset(item, 0, sizeof(*item));
	item->id = item - items + 1;
	item->db.op = op;
	item->db.conflict_key = key;
	assert_int_equal(db_lane_submit(lane, &item->db), 0);
}

static inline void on_done(void *data, struct db_request *r, enum outcome outcome,
			   struct db_rows *rows)
{
	struct item *item = item_of(r);
	struct item *next = resubmit;

	item->n_done++;
	item->outcome = outcome;
	item->had_rows = rows != NULL;
	done_order[n_done++] = item->id;
	resubmit = NULL;
	if (next)
		submit(next, &op_write, 0);
}

static inline struct db_lane *lane_make(const char *name)
{
	struct db_lane_config config = { .name = name, .done = on_done };
	struct db_lane *made = db_lane_new(queue, &config);

	db_lane_start(made);
	assert_true(fake_conn(name)->started);
	return made;
}

static inline int setup(void **state)
{
	struct db_queue_config config = {
		.name = "queue",
		.ops = ops,
		.n_ops = ARRAY_SIZE(ops),
		.limits = &limits,
	};

	limits = (struct db_queue_limits){ .batch_max = 16, .queue_max = 32 };
	n_done = 0;
	resubmit = NULL;
	queue = db_queue_new(NULL, &config);
	lane = lane_make("test");
	conn = fake_conn("test");
	return 0;
}

static inline int setup_up(void **state)
{
	setup(state);
	fake_up(conn);
	return 0;
}

static inline int teardown(void **state)
{
	talloc_free(queue);
	return 0;
}

static inline void submit_many(size_t first, size_t n, const struct db_op *op)
{
	size_t i;

	for (i = first; i < first + n; i++)
		submit(&items[i], op, 0);
}

/* Answers what was asked, all with one outcome. */
static inline void answer_all(enum outcome outcome)
{
	PGresult *res = fake_rows(op_write.columns, 2);
	size_t i;

	for (i = 0; i < conn->n_ids; i++) {
		fake_set_int(res, i, 0, i + 1, 4);
		fake_set_int(res, i, 1, outcome, 2);
	}
	fake_answer(conn, res);
}

static inline void assert_done(size_t first, size_t n, enum outcome outcome)
{
	size_t i;

	for (i = first; i < first + n; i++) {
		assert_int_equal(items[i].n_done, 1);
		assert_int_equal(items[i].outcome, outcome);
	}
}

static inline void assert_asked(size_t n, int64_t first_id)
{
	size_t i;

	assert_true(conn->busy);
	assert_int_equal(conn->n_ids, n);
	for (i = 0; i < n; i++)
		assert_int_equal(conn->ids[i], first_id + i);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup_up, teardown)
