/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Answers.  Each request is answered once, with JSON or with a problem
 * (RFC 9457); what stands in a problem comes from lib/outcome.def.
 */
#include <stddef.h>
#include <stdint.h>

#include "gateway/http_request.h"
#include "lib/json_writer.h"

/* A writer for an answer of up to size octets; the room is the request's. */
void http_answer_begin(struct http_request *r, struct json_writer *w, size_t size);
/* What was written is the answer. */
void http_answer_json(struct http_request *r, int status, struct json_writer *w);
/* pointer (RFC 6901) and detail may be NULL; detail is for people. */
void http_answer_problem(struct http_request *r, enum outcome outcome, const char *pointer,
			 const char *detail);
/* A problem that passes: Retry-After in whole seconds, at least one. */
void http_answer_later(struct http_request *r, enum outcome outcome, uint32_t wait_ms,
		       const char *detail);

/* For http_response.c: the fields that stand in every answer of this type. */
enum MHD_Result http_answer_fixed_fields(struct MHD_Response *response, const char *content_type,
					 bool tls);
/* For http_request.c: hands the answer to libmicrohttpd. */
enum MHD_Result http_answer_queue(struct http_request *r);
/* For http_request.c: writes a problem to the socket past libmicrohttpd, which can send nothing
 * while a body comes in.  The connection must be closed after it. */
void http_answer_direct(struct http_request *r);
