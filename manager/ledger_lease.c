/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One holder a resource: sql/function/lease_take.sql, lease_release.sql.  On the control lane. */
#include <osmocom/core/utils.h>

#include "manager/ledger_priv.h"

static const struct ledger_lease_args *args_of(const struct ledger_request *r)
{
	return &r->args.lease;
}

static void release_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	const struct ledger_request *r = ledger_request_of(requests[0]);

	db_param_text(p, args_of(r)->resource);
	db_param_text(p, r->ledger->instance);
}

static void take_encode(struct db_params *p, struct db_request *const *requests, size_t n)
{
	release_encode(p, requests, n);
	db_param_int4(p, args_of(ledger_request_of(requests[0]))->ttl_ms);
}

/* The one column is whether it is ours. */
static void take_decode(struct ledger_request *r, void *result, struct db_rows *rows)
{
	union ledger_result *res = result;

	if (rows->n != 1)
		rows->bad = true;
	else if (!db_rows_bool(rows, 0, 0))
		res->outcome = OUTCOME_AGAIN; /* somebody else has it */
}

static void take_tell(const struct ledger_request *r, const void *result)
{
	const union ledger_result *res = result;

	r->done.lease(r->data, res->outcome == OUTCOME_OK);
}

const struct ledger_op ledger_lease_op = {
	.db = {
		.name = "lease",
		.sql = "SELECT tegata.lease_take($1, $2, $3)",
		.params = { DB_OID_TEXT, DB_OID_TEXT, DB_OID_INT4 },
		.n_params = 3,
		.columns = { DB_OID_BOOL },
		.n_columns = 1,
		.answer = DB_ANSWER_WHOLE,
		.outcome_column = -1,
		.encode = take_encode,
	},
	.kind = LEDGER_LEASE,
	.result_size = sizeof(enum outcome),
	.decode = take_decode,
	.tell = take_tell,
};

const struct ledger_op ledger_lease_release_op = {
	.db = {
		.name = "lease_release",
		.sql = "SELECT tegata.lease_release($1, $2)",
		.params = { DB_OID_TEXT, DB_OID_TEXT },
		.n_params = 2,
		.columns = { DB_OID_VOID },
		.n_columns = 1,
		.answer = DB_ANSWER_WHOLE,
		.outcome_column = -1,
		.writes = true,
		.encode = release_encode,
	},
	.kind = LEDGER_LEASE,
	.result_size = sizeof(enum outcome),
};

static struct ledger_request *lease_request(struct ledger *l, const struct ledger_op *op,
					    const char *resource, void *data)
{
	struct ledger_request *r = ledger_request_new(l, op, data);
	size_t len = osmo_strlcpy(r->args.lease.resource, resource, LEDGER_RESOURCE_SIZE);

	OSMO_ASSERT(len < LEDGER_RESOURCE_SIZE);
	return r;
}

struct ledger_request *ledger_lease(struct ledger *l, const char *resource, uint32_t ttl_ms,
				    ledger_lease_cb done, void *data)
{
	struct ledger_request *r = lease_request(l, &ledger_lease_op, resource, data);

	r->done.lease = done;
	r->args.lease.ttl_ms = ttl_ms;
	return ledger_request_submit(r, ledger_lane_control(l));
}

void ledger_lease_release(struct ledger *l, const char *resource)
{
	ledger_request_submit(lease_request(l, &ledger_lease_release_op, resource, NULL),
			      ledger_lane_control(l));
}
