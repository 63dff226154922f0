/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_answer.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <gnutls/gnutls.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/http_connection.h"
#include "gateway/http_listener.h"
#include "gateway/http_response.h"
#include "gateway/http_server.h"
#include "lib/log_category.h"

#define FIELDS_MAX 12
#define FIELD_TEXT_SIZE 24
#define DIRECT_HEADER_MAX 1024
#define TYPE_PREFIX "urn:problem-type:tegata:"

/* --- what is answered ------------------------------------------------------- */

void http_answer_begin(struct http_request *r, struct json_writer *w, size_t size)
{
	struct http_answer *a = &r->answer;

	a->body = r->room->answer;
	if (size > HTTP_ANSWER_SMALL)
		a->body = talloc_size(r->connection, size);
	json_writer_init(w, a->body, OSMO_MAX(size, HTTP_ANSWER_SMALL));
}

/* The answer is whole; who was waiting for it is woken. */
static void answer_ready(struct http_request *r, int status, enum outcome outcome,
			 const char *content_type, int len)
{
	struct http_answer *a = &r->answer;

	OSMO_ASSERT(!a->ready);
	a->ready = true;
	a->status = status;
	a->outcome = outcome;
	a->content_type = content_type;
	a->len = len;
	http_request_wake(r);
}

void http_answer_json(struct http_request *r, int status, struct json_writer *w)
{
	int len = json_writer_finish(w);

	if (len >= 0) {
		answer_ready(r, status, OUTCOME_OK, "application/json", len);
		return;
	}
	LOGP(DHTTP, LOGL_ERROR, "an answer did not fit its room\n");
	if (r->answer.body != r->room->answer)
		talloc_free(r->answer.body);
	http_answer_problem(r, OUTCOME_INTERNAL, NULL, NULL);
}

void http_answer_problem(struct http_request *r, enum outcome outcome, const char *pointer,
			 const char *detail)
{
	char type[sizeof(TYPE_PREFIX) + 40];
	struct json_writer w;
	int len;

	snprintf(type, sizeof(type), "%s%s", TYPE_PREFIX, outcome_name(outcome));
	http_answer_begin(r, &w, HTTP_ANSWER_SMALL);
	json_write_object(&w, NULL);
	json_write_string(&w, "type", type);
	json_write_string(&w, "title", outcome_title(outcome));
	json_write_int(&w, "status", outcome_http_status(outcome));
	if (detail)
		json_write_string(&w, "detail", detail);
	json_write_string(&w, "code", outcome_name(outcome));
	json_write_bool(&w, "retryable", outcome_retryable(outcome));
	json_write_string(&w, "request_id", r->id_text);
	if (pointer)
		json_write_string(&w, "pointer", pointer);
	json_write_object_end(&w);
	len = json_writer_finish(&w);
	/* A pointer made of control characters grows sixfold: then it goes without. */
	if (len < 0 && (pointer || detail)) {
		http_answer_problem(r, outcome, NULL, NULL);
		return;
	}
	OSMO_ASSERT(len > 0);
	answer_ready(r, outcome_http_status(outcome), outcome, "application/problem+json", len);
}

void http_answer_later(struct http_request *r, enum outcome outcome, uint32_t wait_ms,
		       const char *detail)
{
	r->answer.retry_after_s = OSMO_MAX(1, wait_ms / 1000 + (wait_ms % 1000 != 0));
	http_answer_problem(r, outcome, NULL, detail);
}

/* --- header fields ---------------------------------------------------------- */

struct answer_fields {
	size_t n;
	struct {
		const char *name, *value;
	} list[FIELDS_MAX];
	char retry_after[FIELD_TEXT_SIZE];
};

static void field_add(struct answer_fields *f, const char *name, const char *value)
{
	OSMO_ASSERT(f->n < FIELDS_MAX);
	f->list[f->n].name = name;
	f->list[f->n].value = value;
	f->n++;
}

static const char *challenge(enum outcome outcome, bool key_sent)
{
	if (outcome == OUTCOME_FORBIDDEN)
		return "Bearer realm=\"tegata\", error=\"insufficient_scope\"";
	/* RFC 6750 section 3.1: no error code where there was no key. */
	return key_sent ? "Bearer realm=\"tegata\", error=\"invalid_token\""
			: "Bearer realm=\"tegata\"";
}

static void fields_fixed(struct answer_fields *f, const char *content_type, bool tls)
{
	f->n = 0;
	field_add(f, "Content-Type", content_type);
	field_add(f, "Cache-Control", "no-store");
	field_add(f, "X-Content-Type-Options", "nosniff");
	field_add(f, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
	if (tls)
		field_add(f, "Strict-Transport-Security", "max-age=31536000");
}

static void fields_fill(struct answer_fields *f, const struct http_request *r)
{
	const struct http_answer *a = &r->answer;

	fields_fixed(f, a->content_type, r->connection->listener->tls);
	field_add(f, "X-Request-Id", r->id_text);
	if (a->outcome == OUTCOME_UNAUTHENTICATED || a->outcome == OUTCOME_FORBIDDEN)
		field_add(f, "WWW-Authenticate", challenge(a->outcome, r->key_sent));
	if (a->allow[0])
		field_add(f, "Allow", a->allow);
	if (a->retry_after_s) {
		snprintf(f->retry_after, sizeof(f->retry_after), "%u", a->retry_after_s);
		field_add(f, "Retry-After", f->retry_after);
	}
	if (a->close || http_server_draining(r->connection->server))
		field_add(f, "Connection", "close");
}

/* --- by libmicrohttpd, or past it ------------------------------------------- */

/* Header and body as one record.  Of an answer that ends the connection too, libmicrohttpd must
 * know when all of it is out. */
static void answer_cork(struct http_request *r)
{
	struct http_connection *c = r->connection;

	if (!c->listener->tls)
		return;
	http_channel_touch(&c->channel);
	if (r->persistent && !r->answer.close && !http_server_draining(c->server) &&
	    r->answer.len <= HTTP_CHANNEL_CORK_MAX)
		http_channel_cork(&c->channel);
}

static enum MHD_Result fields_to(struct MHD_Response *response, const struct answer_fields *f)
{
	enum MHD_Result rc = MHD_YES;
	size_t i;

	for (i = 0; i < f->n && rc == MHD_YES; i++)
		rc = MHD_add_response_header(response, f->list[i].name, f->list[i].value);
	return rc;
}

enum MHD_Result http_answer_fixed_fields(struct MHD_Response *response, const char *content_type,
					 bool tls)
{
	struct answer_fields fields;

	fields_fixed(&fields, content_type, tls);
	return fields_to(response, &fields);
}

/* A good answer has no field but the fixed ones and the request's id. */
static bool answer_is_plain(const struct http_request *r)
{
	const struct http_answer *a = &r->answer;

	return r->connection->listener->tls && a->outcome == OUTCOME_OK && a->status == 200 &&
	       !a->close && !http_server_draining(r->connection->server) &&
	       a->len <= HTTP_ANSWER_SMALL;
}

static enum MHD_Result queue_kept(struct http_request *r)
{
	struct http_answer *a = &r->answer;

	a->response = http_response_take(r->id_text, a->body, a->len);
	if (!a->response)
		return MHD_NO;
	return MHD_queue_response(r->connection->mhd, a->status, http_response_mhd(a->response));
}

static enum MHD_Result queue_new(struct http_request *r)
{
	struct http_answer *a = &r->answer;
	struct MHD_Response *response;
	struct answer_fields fields;
	enum MHD_Result rc;

	/* The octets are the request's, which outlives the sending. */
	response = MHD_create_response_from_buffer(a->len, a->body, MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	fields_fill(&fields, r);
	rc = fields_to(response, &fields);
	if (rc == MHD_YES)
		rc = MHD_queue_response(r->connection->mhd, a->status, response);
	MHD_destroy_response(response);
	return rc;
}

enum MHD_Result http_answer_queue(struct http_request *r)
{
	enum MHD_Result rc = answer_is_plain(r) ? queue_kept(r) : queue_new(r);

	answer_cork(r);
	return rc;
}

static int direct_header(char *out, size_t size, const struct http_request *r)
{
	const struct http_answer *a = &r->answer;
	struct answer_fields fields;
	time_t now = time(NULL);
	struct tm tm;
	char date[40];
	size_t i;
	int len;

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
	fields_fill(&fields, r);
	len = snprintf(out, size, "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Length: %zu\r\n",
		       a->status, MHD_get_reason_phrase_for(a->status), date, a->len);
	for (i = 0; i < fields.n; i++)
		len += snprintf(out + len, size - len, "%s: %s\r\n", fields.list[i].name,
				fields.list[i].value);
	return len + snprintf(out + len, size - len, "\r\n");
}

void http_answer_direct(struct http_request *r)
{
	struct http_connection *c = r->connection;
	const union MHD_ConnectionInfo *tls;
	char out[DIRECT_HEADER_MAX + HTTP_ANSWER_SMALL];
	ssize_t sent;
	int len;

	r->answer.close = true;
	/* Who has not read the answer before it would not read this one. */
	if (http_channel_is_stuck(&c->channel)) {
		shutdown(c->fd, SHUT_WR);
		return;
	}
	len = direct_header(out, DIRECT_HEADER_MAX, r);
	memcpy(out + len, r->answer.body, r->answer.len);
	len += r->answer.len;
	/* Nothing was sent of this answer and all of the one before it: a new connection's
	 * socket buffer takes this little at once, or the client does without. */
	tls = c->listener->tls ? MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)
			       : NULL;
	if (tls) {
		sent = gnutls_record_send(tls->tls_session, out, len);
		if (sent == len)
			gnutls_bye(tls->tls_session, GNUTLS_SHUT_WR);
	} else {
		sent = send(c->fd, out, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	if (sent != len)
		LOGP(DHTTP, LOGL_INFO, "an early answer did not reach its client\n");
	shutdown(c->fd, SHUT_WR);
}
