/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * POST /v1/ownership-checks (claim 25): is the asking shop the owner?
 *
 *   body -> check_body -> rate limits -> a manager's link -> check_answer
 *
 * The manager alone decides whose the key is and what that shop owns.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/check_answer.h"
#include "gateway/check_body.h"
#include "gateway/gateway.h"
#include "gateway/http_answer.h"
#include "gateway/http_connection.h"
#include "gateway/http_counters.h"
#include "gateway/http_server.h"
#include "gateway/rate_limits.h"
#include "gateway/routes.h"
#include "lib/fault_point.h"
#include "lib/link_server.h"
#include "lib/log_category.h"

#define RETRY_MS 1000 /* where nobody could say when */

/* What the answer needs of the question; the request's as long as it waits. */
struct pending_check {
	struct http_request *request;
	struct link_question *question;
	bool single;
	size_t n_items;
	int64_t value_ids[];
};

static struct rate_limits *rates_of(const struct http_request *r)
{
	return http_request_gateway(r)->rates;
}

static void pending_end(struct pending_check *p)
{
	struct http_request *r = p->request;

	http_server_flight_end(r->connection->server);
	r->pending = NULL;
	r->cancel = NULL;
	talloc_free(p);
}

static void check_cancelled(struct http_request *r)
{
	struct pending_check *p = r->pending;

	link_question_cancel(p->question);
	rate_limits_undecided(rates_of(r), r->bearer.digest, p->n_items);
	pending_end(p);
}

/* --- the answer ------------------------------------------------------------- */

static void answer_items(struct http_request *r, const struct pending_check *p,
			 const struct link_check_result *result)
{
	struct json_writer w;

	http_answer_begin(r, &w, check_answer_size(p->n_items));
	if (p->single)
		check_answer_single(&w, p->value_ids[0], &result->items[0]);
	else
		check_answer_batch(&w, p->value_ids, result->items, p->n_items);
	http_answer_json(r, 200, &w);
	http_counters_add(http_server_counters(r->connection->server), HTTP_COUNTER_ITEMS_OWNED,
			  check_answer_owned(result->items, p->n_items));
}

/* The key's shop, where the manager knows it: its rate, and who stands in the log. */
static void learn_shop(struct http_request *r, const struct pending_check *p,
		       const struct link_check_result *result)
{
	switch (result->outcome) {
	case OUTCOME_OK:
	case OUTCOME_FORBIDDEN:
		rate_limits_verified(rates_of(r), r->bearer.digest, result, p->n_items,
				     deadline_tick_us());
		osmo_strlcpy(r->shop_code, result->shop_code, sizeof(r->shop_code));
		break;
	case OUTCOME_UNAUTHENTICATED:
		rate_limits_refused(rates_of(r), r->bearer.digest, &r->connection->from,
				    deadline_tick_us());
		break;
	default:
		rate_limits_undecided(rates_of(r), r->bearer.digest, p->n_items);
		break;
	}
}

static void check_answered(void *data, const struct link_check_result *result)
{
	struct pending_check *p = data;
	struct http_request *r = p->request;

	FAULT_POINT("check-answered");
	learn_shop(r, p, result);
	if (result->outcome == OUTCOME_OK && result->n_items == p->n_items)
		answer_items(r, p, result);
	else if (result->outcome == OUTCOME_OK || !outcome_name(result->outcome))
		http_answer_problem(r, OUTCOME_INTERNAL, NULL, NULL);
	else if (outcome_retryable(result->outcome))
		http_answer_later(r, result->outcome, RETRY_MS, NULL);
	else
		http_answer_problem(r, result->outcome, NULL, NULL);
	pending_end(p);
}

/* --- the question ----------------------------------------------------------- */

static void check_ask(struct http_request *r, struct link_server *link,
		      const struct link_check *check, bool single)
{
	struct pending_check *p;

	p = talloc_size(r->connection, sizeof(*p) + check->n_items * sizeof(p->value_ids[0]));
	OSMO_ASSERT(p);
	p->request = r;
	p->single = single;
	p->n_items = check->n_items;
	memcpy(p->value_ids, check->value_ids, check->n_items * sizeof(p->value_ids[0]));
	r->pending = p;
	r->cancel = check_cancelled;
	p->question = link_server_check(link, check, check_answered, p);
	FAULT_POINT("check-asked");
	http_counters_add(http_server_counters(r->connection->server), HTTP_COUNTER_ITEMS,
			  check->n_items);
}

/* May it be asked now?  Else it is answered. */
static bool check_admit(struct http_request *r, struct link_server *link)
{
	uint32_t wait_ms;

	if (!link_server_ready(link)) {
		http_answer_later(r, OUTCOME_UNAVAILABLE, RETRY_MS, NULL);
		return false;
	}
	wait_ms = rate_limits_take(rates_of(r), r->bearer.digest, &r->connection->from, r->n_items,
				   deadline_tick_us());
	if (wait_ms) {
		http_answer_later(r, OUTCOME_RATE_LIMITED, wait_ms, NULL);
		return false;
	}
	if (!http_server_flight_begin(r->connection->server)) {
		rate_limits_undecided(rates_of(r), r->bearer.digest, r->n_items);
		http_answer_later(r, OUTCOME_BUSY, RETRY_MS, NULL);
		return false;
	}
	return true;
}

void route_check(struct http_request *r)
{
	struct link_server *link = gateway_link(http_request_gateway(r), r->bearer.test);
	struct check_body_fault fault;
	struct link_check check;
	bool single;

	if (check_body_read(&check, &single, r->body.octets, r->body.len, &fault) < 0) {
		http_answer_problem(r, fault.outcome, fault.pointer, fault.detail);
		return;
	}
	r->n_items = check.n_items;
	if (!check_admit(r, link))
		return;
	memcpy(check.asker.key_digest, r->bearer.digest, sizeof(check.asker.key_digest));
	check.asker.request_id = r->id;
	check_ask(r, link, &check, single);
}
