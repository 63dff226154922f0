/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/metrics_http.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/sockaddr_str.h>
#include <osmocom/core/talloc.h>

#include "lib/log_category.h"
#include "lib/metrics.h"
#include "lib/mhd_loop.h"

#define CONNECTIONS_MAX 32
#define IDLE_TIMEOUT_S 30

struct metrics_http {
	struct mhd_loop *loop;
	bool (*ready)(void *data);
	void *data;
};

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
	return respond(c, status, (char *)text, strlen(text), "text/plain; charset=utf-8",
		       MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result handle(void *data, struct MHD_Connection *c, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **req)
{
	struct metrics_http *m = data;
	enum MHD_Result rc;
	char *page;
	size_t len;

	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return respond_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	if (!strcmp(url, "/healthz"))
		return respond_text(c, MHD_HTTP_OK, "alive\n");
	if (!strcmp(url, "/readyz"))
		return m->ready(m->data)
			       ? respond_text(c, MHD_HTTP_OK, "ready\n")
			       : respond_text(c, MHD_HTTP_SERVICE_UNAVAILABLE, "not ready\n");
	if (strcmp(url, "/metrics"))
		return respond_text(c, MHD_HTTP_NOT_FOUND, "/metrics, /healthz, /readyz\n");
	page = metrics_page(m, &len);
	rc = respond(c, MHD_HTTP_OK, page, len, "text/plain; version=0.0.4; charset=utf-8",
		     MHD_RESPMEM_MUST_COPY);
	talloc_free(page);
	return rc;
}

struct metrics_http *metrics_http_start(void *ctx, const char *address, bool (*ready)(void *data),
					void *data)
{
	struct metrics_http *m = talloc_zero(ctx, struct metrics_http);
	struct osmo_sockaddr_str str;
	struct sockaddr_storage sas;
	struct MHD_Daemon *mhd;
	const char *colon = strrchr(address, ':');
	char *host = talloc_strndup(m, address, colon ? colon - address : 0);
	unsigned int flags = MHD_USE_EPOLL;

	m->ready = ready;
	m->data = data;
	if (!colon || osmo_sockaddr_str_from_str(&str, host, atoi(colon + 1)) != 0 ||
	    osmo_sockaddr_str_to_sockaddr(&str, &sas) != 0) {
		LOGP(DMAIN, LOGL_ERROR, "metrics: '%s' is not ADDRESS:PORT\n", address);
		talloc_free(m);
		return NULL;
	}
	if (sas.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	mhd = MHD_start_daemon(flags, 0, NULL, NULL, handle, m, MHD_OPTION_SOCK_ADDR,
			       (struct sockaddr *)&sas, MHD_OPTION_CONNECTION_LIMIT,
			       (unsigned int)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
			       (unsigned int)IDLE_TIMEOUT_S, MHD_OPTION_END);
	if (mhd)
		m->loop = mhd_loop_start(m, mhd);
	if (!m->loop) {
		LOGP(DMAIN, LOGL_ERROR, "metrics: cannot listen on %s: %s\n", address,
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
