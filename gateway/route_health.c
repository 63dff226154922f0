/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GET /healthz: the process answers.  GET /readyz: a manager can be asked. */
#include "gateway/gateway.h"
#include "gateway/http_answer.h"
#include "gateway/routes.h"

#define ANSWER_MAX 64

static void answer_status(struct http_request *r, const char *status)
{
	struct json_writer w;

	http_answer_begin(r, &w, ANSWER_MAX);
	json_write_object(&w, NULL);
	json_write_string(&w, "status", status);
	json_write_object_end(&w);
	http_answer_json(r, 200, &w);
}

void route_health_alive(struct http_request *r)
{
	answer_status(r, "alive");
}

void route_health_ready(struct http_request *r)
{
	if (gateway_ready(http_request_gateway(r)))
		answer_status(r, "ready");
	else
		http_answer_later(r, OUTCOME_UNAVAILABLE, 1000, NULL);
}
