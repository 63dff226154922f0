/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* A ledger over scripted connections, and who waits for its answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <osmocom/core/application.h>

#include "lib/log_category.h"
#include "lib/value_id.h"
#include "manager/db_time.h"
#include "manager/ledger.h"
#include "manager/ledger_priv.h"
#include "tests/lib/loop.h"
#include "tests/unit/manager/fake_db_conn.h"

#define N 40

struct waiter {
	unsigned int n_told, told_as; /* told_as: the how-manieth of all, from 1 */
	enum outcome outcome;
	int64_t value_id;
	size_t n_items;
	bool owner[8];
};

static struct ledger *ledger;
static struct db_conn *write_conn, *read_conn;
static struct waiter waiters[N];
static unsigned int n_told_all;
static struct ledger_request *to_cancel; /* from inside the next callback */

static inline void told(void *data, enum outcome outcome)
{
	struct waiter *w = data;
	struct ledger_request *r = to_cancel;

	w->n_told++;
	w->told_as = ++n_told_all;
	w->outcome = outcome;
	to_cancel = NULL;
	if (r)
		ledger_cancel(r);
}

static inline void issue_told(void *data, const struct issue_result *result)
{
	((struct waiter *)data)->value_id = result->value_id;
	told(data, result->outcome);
}

static inline void list_told(void *data, const struct list_result *result)
{
	told(data, result->outcome);
}

static inline struct ledger_request *issue(struct waiter *w)
{
	struct issue_args args = { .terminal_id = 64, .product = "p", .amount_minor = 5 };

	assert_int_equal(request_id_mint(&args.request_id), 0);
	return ledger_issue(ledger, &args, issue_told, w);
}

static inline struct ledger_request *list(struct waiter *w)
{
	return ledger_list(ledger, 64, 0, 5, list_told, w);
}

static inline int setup_lanes(unsigned int n_read)
{
	memset(waiters, 0, sizeof(waiters));
	n_told_all = 0;
	ledger = ledger_new(NULL);
	ledger->config.n_write = 1;
	ledger->config.n_read = n_read;
	ledger->config.deadline_ms = 100;
	assert_int_equal(ledger_start(ledger), 0);
	write_conn = fake_conn("write-0");
	read_conn = fake_conn("read-0");
	return 0;
}

static inline int setup(void **state)
{
	return setup_lanes(1);
}

static inline int setup_up(void **state)
{
	setup(state);
	fake_up(write_conn);
	fake_up(read_conn);
	return 0;
}

static inline int teardown(void **state)
{
	talloc_free(ledger);
	return 0;
}

/* Answers to n requests of an operation; NULL but for the outcome. */
static inline PGresult *op_rows(const struct ledger_op *op, size_t n, enum outcome outcome)
{
	PGresult *res = fake_rows(op->db.columns, op->db.n_columns);
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < op->db.n_columns; k++)
			fake_set_null(res, i, k);
		fake_set_int(res, i, 0, i + 1, 4);
		fake_set_int(res, i, 1, outcome, 2);
	}
	return res;
}

static inline PGresult *issue_rows(size_t n, enum outcome outcome)
{
	PGresult *res = op_rows(&ledger_issue_op, n, outcome);
	size_t i;

	for (i = 0; i < n; i++)
		fake_set_int(res, i, 3, 77, 8);
	return res;
}

static inline void assert_told(size_t i, enum outcome outcome)
{
	assert_int_equal(waiters[i].n_told, 1);
	assert_int_equal(waiters[i].outcome, outcome);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup_up, teardown)
