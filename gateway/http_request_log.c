/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_request_log.h"

#include <strings.h>

#include <osmocom/core/utils.h>

#include "gateway/http_connection.h"
#include "gateway/http_request.h"
#include "lib/log_category.h"
#include "lib/log_lines.h"

void http_request_log(const struct http_request *r, uint64_t duration_us)
{
	char uuid[REQUEST_ID_STR_SIZE];
	struct log_line l;

	if (!log_check_level(DHTTP, LOGL_INFO))
		return;
	request_id_format(uuid, &r->id);
	log_line_begin(&l);
	log_line_field(&l, "request=", uuid);
	log_line_field(&l, " ", r->method[0] ? r->method : "-");
	log_line_field(&l, " ", r->path);
	log_line_number(&l, " status=", r->answer.ready ? r->answer.status : 0);
	log_line_field(&l, " code=", r->answer.ready ? outcome_name(r->answer.outcome) : "aborted");
	log_line_field(&l, " shop=", r->shop_code[0] ? r->shop_code : "-");
	log_line_number(&l, " items=", r->n_items);
	log_line_number(&l, " us=", duration_us);
	log_line_field(&l, " from=", r->connection->from_text);
	if (strcasecmp(uuid, r->id_text) != 0)
		log_line_field(&l, " id=", r->id_text);
	if (r->traceparent[0])
		log_line_field(&l, " traceparent=", r->traceparent);
	log_lines_put(DHTTP, LOGL_INFO, &l);
}
