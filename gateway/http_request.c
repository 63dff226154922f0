/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/http_answer.h"
#include "gateway/http_connection.h"
#include "gateway/http_counters.h"
#include "gateway/http_fields.h"
#include "gateway/http_listener.h"
#include "gateway/http_request_log.h"
#include "gateway/http_response.h"
#include "gateway/http_server.h"
#include "lib/log_category.h"

struct gateway *http_request_gateway(const struct http_request *r)
{
	return http_server_gateway(r->connection->server);
}

/* Outsiders choose these octets: in the log none of them may move a cursor or end a line. */
static void text_for_log(char *out, size_t size, const char *in, size_t len)
{
	size_t i;
	char *key;

	len = OSMO_MIN(len, size - 1);
	for (i = 0; i < len; i++)
		out[i] = in[i] > ' ' && in[i] < 0x7f ? in[i] : '?';
	out[len] = '\0';
	/* Of a key that somebody took for a part of the path. */
	key = strstr(out, BEARER_MARK);
	if (key)
		key[sizeof(BEARER_MARK) - 1] = '\0';
}

/* --- room ------------------------------------------------------------------- */

/* Free ones of all listeners: the ones used last are in the cache of the processor. */
static LLIST_HEAD(rooms);
static size_t n_rooms;

static struct http_room *room_take(void)
{
	struct http_room *room;

	if (llist_empty(&rooms)) {
		room = malloc(sizeof(*room));
		OSMO_ASSERT(room);
		return room;
	}
	room = llist_first_entry(&rooms, struct http_room, list);
	llist_del(&room->list);
	n_rooms--;
	return room;
}

static void room_give(struct http_request *r)
{
	if (n_rooms < HTTP_ROOMS_KEPT_MAX) {
		llist_add(&r->room->list, &rooms);
		n_rooms++;
	} else {
		free(r->room);
	}
	r->room = NULL;
}

void http_request_begin(struct http_request *r, struct http_connection *c, const char *uri)
{
	memset(r, 0, sizeof(*r));
	r->connection = c;
	r->room = room_take();
	r->state = HTTP_REQUEST_HEADER;
	r->started_us = deadline_now_us();
	text_for_log(r->path, sizeof(r->path), uri, strcspn(uri, "?"));
	c->n_requests++;
	/* From the second request on, the first octet is not told: IDLE lasts to this line. */
	http_connection_enter(c, PHASE_HEADER);
}

/* --- header ----------------------------------------------------------------- */

/* The request's ids: the shop's own, where it can stand in a log line, or a new one. */
static void request_identify(struct http_request *r, const struct http_fields *f)
{
	char text[REQUEST_ID_STR_SIZE];
	bool sane = http_request_id_sane(f->request_id);

	if (!sane || request_id_parse(&r->id, f->request_id) < 0) {
		/* Without random numbers an id of zeros says at least that there is none. */
		if (request_id_mint(&r->id) < 0)
			LOGP(DHTTP, LOGL_ERROR, "no random numbers for a request id\n");
	}
	request_id_format(text, &r->id);
	osmo_strlcpy(r->id_text, sane ? f->request_id : text, sizeof(r->id_text));
	if (http_traceparent_valid(f->traceparent))
		osmo_strlcpy(r->traceparent, f->traceparent, sizeof(r->traceparent));
}

/* Where a proxy stands in front, the source is who it says: the last one on its list.  Its
 * connections carry requests of many, so that what the one before said counts no more. */
static void request_forwarded(struct http_request *r, const struct http_fields *f)
{
	struct http_connection *c = r->connection;
	const char *last;

	if (c->listener->tls)
		return;
	http_connection_from_peer(c);
	if (!f->forwarded_for || !http_server_config(c->server)->forwarded_for)
		return;
	last = strrchr(f->forwarded_for, ',');
	for (last = last ? last + 1 : f->forwarded_for; *last == ' ' || *last == '\t';)
		last++;
	if (source_address_parse(&c->from, last) == 0)
		osmo_strlcpy(c->from_text, last, sizeof(c->from_text));
}

static void judge_key(struct http_request *r, const struct http_fields *f)
{
	int rc = bearer_parse(&r->bearer, f->authorization);

	r->key_sent = f->authorization;
	if (rc == -ENOENT)
		http_answer_problem(r, OUTCOME_UNAUTHENTICATED, NULL,
				    "Send the shop's key: Authorization: Bearer tgk_...");
	else if (rc == -EINVAL)
		http_answer_problem(
			r, OUTCOME_UNAUTHENTICATED, NULL,
			"Authorization does not hold a key of this form: Bearer tgk_...");
	else if (rc < 0)
		http_answer_problem(r, OUTCOME_INTERNAL, NULL, NULL);
}

/* What a shop's route asks of the header fields, in this order. */
static void judge_shop(struct http_request *r, const struct http_fields *f)
{
	judge_key(r, f);
	if (r->answer.ready)
		return;
	if (!f->accept_json)
		http_answer_problem(r, OUTCOME_NOT_ACCEPTABLE, NULL, NULL);
	else if (!http_content_type_is_json(f->content_type))
		http_answer_problem(r, OUTCOME_MEDIA_TYPE, NULL, NULL);
	else if (f->content_encoding && strcasecmp(f->content_encoding, "identity") != 0)
		http_answer_problem(r, OUTCOME_MEDIA_TYPE, NULL, "A Content-Encoding is not taken");
}

static void judge_route(struct http_request *r, const char *method, const char *path,
			const struct http_fields *f)
{
	char allow[ROUTE_ALLOW_SIZE];

	switch (http_server_route(r->connection->server, method, path, &r->route, allow)) {
	case ROUTE_FOUND:
		if (r->route->shop)
			judge_shop(r, f);
		break;
	case ROUTE_WRONG_METHOD:
		http_answer_problem(r, OUTCOME_METHOD_NOT_ALLOWED, NULL, NULL);
		osmo_strlcpy(r->answer.allow, allow, sizeof(r->answer.allow));
		break;
	case ROUTE_UNKNOWN:
		http_answer_problem(r, OUTCOME_NOT_FOUND, NULL, NULL);
		break;
	}
}

static uint64_t header_size(const struct http_request *r)
{
	return MHD_get_connection_info(r->connection->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)
		->header_size;
}

/* Is anything wrong with it already?  Then its answer is ready. */
static void request_judge(struct http_request *r, const char *method, const char *path,
			  const struct http_fields *f)
{
	const struct gateway_config *config = http_server_config(r->connection->server);

	if (f->fault)
		http_answer_problem(r, OUTCOME_REQUEST_MALFORMED, NULL, f->fault);
	else if (header_size(r) > config->limits.header_size)
		http_answer_problem(r, OUTCOME_HEADERS_TOO_LARGE, NULL, NULL);
	else
		judge_route(r, method, path, f);
	/* A message that can be read in two ways ends the connection. */
	r->answer.close |= f->fault != NULL;
	if (f->body_size > GATEWAY_BODY_MAX) {
		if (!r->answer.ready)
			http_answer_problem(r, OUTCOME_BODY_TOO_LARGE, NULL, NULL);
		r->answer.close = true;
	}
	/* Who asked for leave to send the body need not send it. */
	if (r->answer.ready && f->expect)
		r->answer.close = true;
}

static enum MHD_Result request_send(struct http_request *r)
{
	r->state = HTTP_REQUEST_ANSWERED;
	http_connection_enter(r->connection, PHASE_WRITE);
	return http_answer_queue(r);
}

/* Before the body is in.  The rest of it is read for a while and dropped: who still sends when the
 * connection ends may not see the answer. */
static void request_answer_early(struct http_request *r)
{
	http_answer_direct(r);
	r->state = HTTP_REQUEST_LINGER;
	http_connection_enter(r->connection, PHASE_BODY);
}

static enum MHD_Result request_header(struct http_request *r, const char *method, const char *path,
				      const char *version)
{
	struct http_fields f;

	text_for_log(r->method, sizeof(r->method), method, strlen(method));
	http_fields_read(&f, r->connection->mhd);
	r->persistent = !f.connection && strcmp(version, MHD_HTTP_VERSION_1_1) == 0;
	request_identify(r, &f);
	request_forwarded(r, &f);
	request_judge(r, method, path, &f);
	if (r->answer.ready && r->answer.close) {
		/* What can be read in two ways is not read on; who asked for leave to send has
		 * sent nothing. */
		if (f.fault || f.expect)
			return request_send(r);
		request_answer_early(r);
		return MHD_YES;
	}
	r->body.octets = r->room->body;
	r->body.room = sizeof(r->room->body);
	if (f.body_size > r->body.room && !r->answer.ready) {
		r->body.octets = talloc_size(r->connection, f.body_size);
		r->body.room = f.body_size;
	}
	r->state = HTTP_REQUEST_BODY;
	http_connection_enter(r->connection, PHASE_BODY);
	/* For 100 Continue, which libmicrohttpd sends. */
	r->connection->listener->again |= f.expect != NULL;
	return MHD_YES;
}

/* --- body ------------------------------------------------------------------- */

static void body_grow(struct http_request *r, size_t needed)
{
	struct http_body *b = &r->body;
	char *larger;

	while (b->room < needed)
		b->room *= 4;
	if (b->octets != r->room->body) {
		b->octets = talloc_realloc_size(r->connection, b->octets, b->room);
		return;
	}
	larger = talloc_size(r->connection, b->room);
	memcpy(larger, r->room->body, b->len);
	b->octets = larger;
}

static enum MHD_Result body_drop(struct http_request *r, size_t n)
{
	r->body.n_dropped += n;
	return r->body.n_dropped <= HTTP_DRAIN_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result request_body(struct http_request *r, const char *octets, size_t n)
{
	struct http_body *b = &r->body;

	if (r->answer.ready)
		return body_drop(r, n);
	if (b->len + n > GATEWAY_BODY_MAX) {
		/* Only a chunked one grows to this. */
		http_answer_problem(r, OUTCOME_BODY_TOO_LARGE, NULL, NULL);
		request_answer_early(r);
		return body_drop(r, n);
	}
	if (b->len + n > b->room)
		body_grow(r, b->len + n);
	memcpy(b->octets + b->len, octets, n);
	b->len += n;
	return MHD_YES;
}

/* --- waiting ---------------------------------------------------------------- */

static void request_wait(struct http_request *r, enum http_phase phase)
{
	struct http_listener *l = r->connection->listener;

	http_connection_enter(r->connection, phase);
	if (l->tls && l->n_asked < HTTP_ASKED_MAX) {
		l->n_asked++;
		r->asked = true;
		return;
	}
	MHD_suspend_connection(r->connection->mhd);
	r->suspended = true;
}

static void request_wait_end(struct http_request *r)
{
	if (r->asked)
		r->connection->listener->n_asked--;
	r->asked = false;
	if (r->suspended)
		MHD_resume_connection(r->connection->mhd);
	r->suspended = false;
}

void http_request_wake(struct http_request *r)
{
	if (!r->asked && !r->suspended)
		return;
	request_wait_end(r);
	deadline_leave(&r->connection->deadline);
	http_listener_kick(r->connection->listener);
}

/* One answer at a time is kept for who does not read. */
static enum MHD_Result request_answer(struct http_request *r)
{
	if (!http_channel_is_stuck(&r->connection->channel))
		return request_send(r);
	request_wait(r, PHASE_WRITE);
	return MHD_YES;
}

void http_request_drained(struct http_request *r)
{
	if (r->state == HTTP_REQUEST_HANDLED && r->answer.ready)
		http_request_wake(r);
	else if (r->state == HTTP_REQUEST_NONE)
		http_connection_enter(r->connection, PHASE_IDLE);
}

/* The body is whole. */
static enum MHD_Result request_handle(struct http_request *r)
{
	r->state = HTTP_REQUEST_HANDLED;
	if (!r->answer.ready)
		r->route->handle(r);
	if (r->answer.ready)
		return request_answer(r);
	request_wait(r, PHASE_ANSWER);
	return MHD_YES;
}

static enum MHD_Result request_resumed(struct http_request *r)
{
	if (r->asked)
		return MHD_YES;
	return r->answer.ready ? request_answer(r) : MHD_NO;
}

enum MHD_Result http_request_step(struct http_request *r, const char *method, const char *path,
				  const char *version, const char *octets, size_t *n_octets)
{
	size_t n = *n_octets;

	*n_octets = 0;
	switch (r->state) {
	case HTTP_REQUEST_HEADER:
		return request_header(r, method, path, version);
	case HTTP_REQUEST_BODY:
		return n ? request_body(r, octets, n) : request_handle(r);
	case HTTP_REQUEST_HANDLED:
		return request_resumed(r);
	case HTTP_REQUEST_LINGER:
		return n ? body_drop(r, n) : MHD_NO;
	case HTTP_REQUEST_NONE:
	case HTTP_REQUEST_ANSWERED:
		break;
	}
	return MHD_NO;
}

/* --- end -------------------------------------------------------------------- */

static void request_count(const struct http_request *r, uint64_t duration_us)
{
	struct http_counters *hc = http_server_counters(r->connection->server);

	http_counters_request(hc, r->answer.ready ? r->answer.status : 0, duration_us);
	if (!r->answer.ready)
		return;
	if (r->answer.outcome == OUTCOME_UNAUTHENTICATED)
		http_counters_add(hc, HTTP_COUNTER_UNAUTHENTICATED, 1);
	else if (r->answer.outcome == OUTCOME_RATE_LIMITED)
		http_counters_add(hc, HTTP_COUNTER_RATE_LIMITED, 1);
	else if (r->answer.outcome == OUTCOME_UNAVAILABLE)
		http_counters_add(hc, HTTP_COUNTER_UNAVAILABLE, 1);
}

static void request_cancel(struct http_request *r)
{
	void (*cancel)(struct http_request * r) = r->cancel;

	r->cancel = NULL;
	if (cancel)
		cancel(r);
}

void http_request_completed(struct http_request *r, enum MHD_RequestTerminationCode how)
{
	uint64_t duration_us = deadline_now_us() - r->started_us;
	bool stuck;

	if (r->state == HTTP_REQUEST_NONE)
		return;
	request_cancel(r);
	if (r->asked)
		request_wait_end(r);
	/* libmicrohttpd answered by itself, or the client went away. */
	if (!r->id_text[0] && request_id_mint(&r->id) == 0)
		request_id_format(r->id_text, &r->id);
	http_request_log(r, duration_us);
	request_count(r, duration_us);
	if (r->body.octets != r->room->body)
		talloc_free(r->body.octets);
	if (r->answer.body != r->room->answer)
		talloc_free(r->answer.body);
	room_give(r);
	if (r->answer.response)
		http_response_give(r->answer.response);
	r->state = HTTP_REQUEST_NONE;
	/* A client that has not read all of it has until its time to read ends. */
	stuck = http_channel_flush(&r->connection->channel) == -EAGAIN;
	http_connection_enter(r->connection, stuck ? PHASE_WRITE : PHASE_IDLE);
}

void http_request_abort(struct http_request *r)
{
	if ((!r->suspended && !r->asked) || r->answer.ready)
		return;
	request_cancel(r);
	http_answer_later(r, OUTCOME_UNAVAILABLE, 1000, NULL);
}

static void request_expired_body(struct http_request *r)
{
	if (r->state == HTTP_REQUEST_BODY && !r->answer.ready) {
		http_answer_problem(r, OUTCOME_REQUEST_TIMEOUT, NULL, NULL);
		request_answer_early(r);
		return;
	}
	http_connection_shut(r->connection);
}

void http_request_expired(struct http_request *r)
{
	struct http_connection *c = r->connection;

	switch (http_connection_phase(c)) {
	case PHASE_BODY:
		request_expired_body(r);
		break;
	case PHASE_ANSWER:
		LOGP(DHTTP, LOGL_NOTICE, "no manager answered in time\n");
		http_request_abort(r);
		break;
	case PHASE_HEADER:
	case PHASE_WRITE:
	case PHASE_IDLE:
		http_connection_shut(c);
		break;
	}
}
