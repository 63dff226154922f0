/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/metrics_http.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/metrics.h"
#include "lib/mhd_loop.h"
#include "lib/stream_addr.h"

#define CONNECTIONS_MAX 32
#define IDLE_TIMEOUT_S 30
#define TEXT_PLAIN "text/plain; charset=utf-8"

struct metrics_http {
	struct mhd_loop *loop;
	bool (*ready)(void *data);
	void *data;
};

struct page {
	struct llist_head entry;
	const char *path, *type;
	char *(*make)(void *ctx, const char *after, size_t *len, void *data);
	void *data;
};

struct warning {
	struct llist_head entry;
	const char *(*warn)(void *data);
	void *data;
};

static LLIST_HEAD(pages);
static LLIST_HEAD(warnings);

static int page_destruct(struct page *p)
{
	llist_del(&p->entry);
	return 0;
}

void metrics_http_page_register(void *ctx, const char *path, const char *type,
				char *(*make)(void *ctx, const char *after, size_t *len,
					      void *data),
				void *data)
{
	struct page *p = talloc_zero(ctx, struct page);

	OSMO_ASSERT(p);
	p->path = talloc_strdup(p, path);
	p->type = talloc_strdup(p, type);
	p->make = make;
	p->data = data;
	llist_add_tail(&p->entry, &pages);
	talloc_set_destructor(p, page_destruct);
}

static int warning_destruct(struct warning *w)
{
	llist_del(&w->entry);
	return 0;
}

void metrics_http_warning_register(void *ctx, const char *(*warn)(void *data), void *data)
{
	struct warning *w = talloc_zero(ctx, struct warning);

	OSMO_ASSERT(w);
	w->warn = warn;
	w->data = data;
	llist_add_tail(&w->entry, &warnings);
	talloc_set_destructor(w, warning_destruct);
}

static enum MHD_Result respond(struct MHD_Connection *c, unsigned int status, char *text,
			       size_t len, const char *type, enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, text, mode);
	enum MHD_Result rc;

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	rc = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return rc;
}

static enum MHD_Result respond_text(struct MHD_Connection *c, unsigned int status, const char *text)
{
	return respond(c, status, (char *)text, strlen(text), TEXT_PLAIN, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result respond_ready(struct metrics_http *m, struct MHD_Connection *c)
{
	const bool ready = m->ready(m->data);
	char *text = talloc_strdup(m, ready ? "ready\n" : "not ready\n");
	const char *warning;
	enum MHD_Result rc;
	struct warning *w;

	llist_for_each_entry (w, &warnings, entry) {
		warning = w->warn(w->data);
		if (warning)
			text = talloc_asprintf_append(text, "warning: %s\n", warning);
	}
	OSMO_ASSERT(text);
	rc = respond(c, ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, text, strlen(text),
		     TEXT_PLAIN, MHD_RESPMEM_MUST_COPY);
	talloc_free(text);
	return rc;
}

/* /metrics, and what was registered. */
static char *page_make(struct metrics_http *m, struct MHD_Connection *c, const char *url,
		       const char **type, size_t *len)
{
	struct page *p;

	if (!strcmp(url, "/metrics")) {
		*type = "text/plain; version=0.0.4; charset=utf-8";
		return metrics_page(m, len);
	}
	llist_for_each_entry (p, &pages, entry) {
		if (strcmp(url, p->path))
			continue;
		*type = p->type;
		return p->make(m, MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "after"),
			       len, p->data);
	}
	return NULL;
}

static enum MHD_Result handle(void *data, struct MHD_Connection *c, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **req)
{
	struct metrics_http *m = data;
	enum MHD_Result rc;
	const char *type;
	char *page;
	size_t len;

	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return respond_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	if (!strcmp(url, "/healthz"))
		return respond_text(c, MHD_HTTP_OK, "alive\n");
	if (!strcmp(url, "/readyz"))
		return respond_ready(m, c);
	page = page_make(m, c, url, &type, &len);
	if (!page)
		return respond_text(c, MHD_HTTP_NOT_FOUND, "/metrics, /healthz, /readyz\n");
	rc = respond(c, MHD_HTTP_OK, page, len, type, MHD_RESPMEM_MUST_COPY);
	talloc_free(page);
	return rc;
}

static int address_parse(struct stream_addr *a, const char *address)
{
	int rc = stream_addr_parse(a, address, true);

	if (rc == 0 && stream_addr_is_unix(a))
		rc = -EAFNOSUPPORT;
	if (rc < 0)
		LOGP(DMAIN, LOGL_ERROR, "metrics bind %s: not an address with a port\n", address);
	return rc;
}

int metrics_http_check(const char *address)
{
	struct stream_addr a;

	return address_parse(&a, address);
}

struct metrics_http *metrics_http_start(void *ctx, const char *address, bool (*ready)(void *data),
					void *data)
{
	struct metrics_http *m = talloc_zero(ctx, struct metrics_http);
	struct MHD_Daemon *mhd;
	struct stream_addr a;
	unsigned int flags = MHD_USE_EPOLL;

	m->ready = ready;
	m->data = data;
	if (address_parse(&a, address) < 0) {
		talloc_free(m);
		return NULL;
	}
	if (a.sa.sa_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	mhd = MHD_start_daemon(flags, 0, NULL, NULL, handle, m, MHD_OPTION_SOCK_ADDR, &a.sa,
			       MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS_MAX,
			       MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_TIMEOUT_S,
			       MHD_OPTION_END);
	if (mhd)
		m->loop = mhd_loop_start(m, mhd);
	if (!m->loop) {
		LOGP(DMAIN, LOGL_ERROR, "metrics bind %s: cannot listen: %s\n", address,
		     strerror(errno));
		if (mhd)
			MHD_stop_daemon(mhd);
		talloc_free(m);
		return NULL;
	}
	return m;
}

void metrics_http_stop(struct metrics_http *m)
{
	if (!m)
		return;
	mhd_loop_stop(m->loop);
	talloc_free(m);
}
