/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_response.h"

#include <stdlib.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/utils.h>

#include "gateway/http_answer.h"

#define ID_FIELD "X-Request-Id"

struct http_response {
	struct llist_head by_length, by_age; /* while it is free */
	struct MHD_Response *mhd;
	size_t len;
	char id_text[HTTP_REQUEST_ID_SIZE];
	char body[HTTP_ANSWER_SMALL];
};

/* Free ones.  No list is walked: each holds one length. */
static struct llist_head by_length[HTTP_ANSWER_SMALL + 1];
static LLIST_HEAD(by_age); /* the one used last is first */
static size_t n_free;

static struct llist_head *length_list(size_t len)
{
	struct llist_head *list = &by_length[len];

	if (!list->next)
		INIT_LLIST_HEAD(list);
	return list;
}

static void response_off_lists(struct http_response *r)
{
	llist_del(&r->by_length);
	llist_del(&r->by_age);
	n_free--;
}

static void response_free(struct http_response *r)
{
	MHD_destroy_response(r->mhd);
	free(r);
}

static struct http_response *response_new(size_t len)
{
	struct http_response *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->len = len;
	r->mhd = MHD_create_response_from_buffer(len, r->body, MHD_RESPMEM_PERSISTENT);
	if (!r->mhd) {
		free(r);
		return NULL;
	}
	if (http_answer_fixed_fields(r->mhd, "application/json", true) == MHD_YES)
		return r;
	response_free(r);
	return NULL;
}

static bool id_set(struct http_response *r, const char *id_text)
{
	if (r->id_text[0])
		MHD_del_response_header(r->mhd, ID_FIELD, r->id_text);
	osmo_strlcpy(r->id_text, id_text, sizeof(r->id_text));
	return MHD_add_response_header(r->mhd, ID_FIELD, r->id_text) == MHD_YES;
}

struct http_response *http_response_take(const char *id_text, const char *body, size_t len)
{
	struct http_response *r;

	OSMO_ASSERT(len <= HTTP_ANSWER_SMALL);
	r = llist_first_entry_or_null(length_list(len), struct http_response, by_length);
	if (r)
		response_off_lists(r);
	else
		r = response_new(len);
	if (!r)
		return NULL;
	memcpy(r->body, body, len);
	if (id_set(r, id_text))
		return r;
	response_free(r);
	return NULL;
}

struct MHD_Response *http_response_mhd(const struct http_response *response)
{
	return response->mhd;
}

void http_response_give(struct http_response *response)
{
	struct http_response *oldest;

	if (n_free == HTTP_RESPONSES_MAX) {
		oldest = llist_last_entry(&by_age, struct http_response, by_age);
		response_off_lists(oldest);
		response_free(oldest);
	}
	llist_add(&response->by_length, length_list(response->len));
	llist_add(&response->by_age, &by_age);
	n_free++;
}
