/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * An operation of the database, as a lane sees it: one statement that takes
 * arrays and answers one row or more a request; and a request for it.
 *
 * Operations are static tables (ledger_<operation>.c).  A request is part of a
 * larger object of its owner, who keeps it until the lane has given it back,
 * either by done() or by db_queue_withdraw().
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libpq-fe.h>
#include <osmocom/core/linuxlist.h>

#include "lib/outcome.h"
#include "manager/db_params.h"
#include "manager/db_rows.h"

struct db_batch;
struct db_op;
struct db_queue;

#define DB_BATCH_MAX 1024 /* requests of one statement */

enum db_answer {
	DB_ANSWER_ROWS, /* each request has rows of its own, marked by ord_column */
	DB_ANSWER_WHOLE, /* all rows are of the one request; batches of one */
	DB_ANSWER_NONE, /* void */
};

struct db_request {
	struct llist_head entry; /* of the queue that it waits in */
	const struct db_op *op;
	struct db_queue *queue; /* NULL: it is in none */
	uint64_t conflict_key; /* two of the same key never share a batch; 0: none */
	/* Two of the same key are never in batches of two lanes at once; 0: conflict_key. */
	uint64_t row_key;
	uint32_t weight; /* towards op->weight_max */
	bool in_batch; /* is in a batch that was sent, or will be sent again */
	bool in_doubt; /* was sent, and no answer has said what happened */
	bool lost; /* a connection broke over it: what was sent there may still run */
	bool withdrawn; /* nobody waits for it; not sent again */
	bool again; /* the last answer was "again" */
	uint8_t n_again;
	int64_t again_at_us;
};

struct db_op {
	const char *name; /* of the prepared statement, in logs and in counters */
	const char *sql;
	Oid params[DB_PARAMS_MAX];
	size_t n_params;
	Oid columns[DB_COLUMNS_MAX];
	size_t n_columns;
	enum db_answer answer;
	int ord_column;
	int outcome_column; /* of a request's first row; -1: the rows have none */
	/* Instead of ord_column, where a row may be of several requests: fills index as
	 * db_index_begin() says.  -EPROTO: a row that is nobody's. */
	int (*index)(struct db_index *index, void *ctx, const PGresult *res,
		     struct db_request *const *requests, size_t n);
	bool writes;
	size_t batch_max; /* 0: the queue's */
	uint32_t weight_max; /* sum over a batch; 0: none */
	/* Another one, whose requests go first: while one of them waits in the same queue to be
	 * asked for the first time, one of this operation for the same row waits, too.  NULL: there
	 * is none. */
	const struct db_op *after;
	void (*encode)(struct db_params *p, struct db_request *const *requests, size_t n);
	/* The transaction was rolled back or changed nothing for this request, and said outcome:
	 * true where the request was given other arguments and shall be asked again at once.
	 * NULL: never. */
	bool (*ask_again)(struct db_request *r, enum outcome outcome);
	/* For logs: which request this is.  NULL: it has no name. */
	const char *(*describe)(const struct db_request *r);
};
