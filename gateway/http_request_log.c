/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_request_log.h"

#include <string.h>
#include <strings.h>

#include <osmocom/core/utils.h>

#include "gateway/http_connection.h"
#include "gateway/http_request.h"
#include "lib/log_category.h"

#define LINE_SIZE 512

/* A line in the making: what does not fit is cut. */
struct line {
	char text[LINE_SIZE];
	size_t len;
};

static void line_put(struct line *l, const char *text)
{
	size_t len = OSMO_MIN(strlen(text), sizeof(l->text) - 1 - l->len);

	memcpy(l->text + l->len, text, len);
	l->len += len;
	l->text[l->len] = '\0';
}

static void line_field(struct line *l, const char *name, const char *value)
{
	line_put(l, name);
	line_put(l, value);
}

static void line_number(struct line *l, const char *name, uint64_t value)
{
	char digits[24], *first = digits + sizeof(digits) - 1;

	*first = '\0';
	do
		*--first = '0' + value % 10;
	while (value /= 10);
	line_field(l, name, first);
}

/* One a request: printf() would cost twice as much as the rest of the line. */
void http_request_log(const struct http_request *r, uint64_t duration_us)
{
	char uuid[REQUEST_ID_STR_SIZE];
	struct line l;

	if (!log_check_level(DHTTP, LOGL_INFO))
		return;
	request_id_format(uuid, &r->id);
	l.len = 0;
	line_field(&l, "request=", uuid);
	line_field(&l, " ", r->method[0] ? r->method : "-");
	line_field(&l, " ", r->path);
	line_number(&l, " status=", r->answer.ready ? r->answer.status : 0);
	line_field(&l, " code=", r->answer.ready ? outcome_name(r->answer.outcome) : "aborted");
	line_field(&l, " shop=", r->shop_code[0] ? r->shop_code : "-");
	line_number(&l, " items=", r->n_items);
	line_number(&l, " us=", duration_us);
	line_field(&l, " from=", r->connection->from_text);
	if (strcasecmp(uuid, r->id_text) != 0)
		line_field(&l, " id=", r->id_text);
	if (r->traceparent[0])
		line_field(&l, " traceparent=", r->traceparent);
	LOGP(DHTTP, LOGL_INFO, "%s\n", l.text);
}
