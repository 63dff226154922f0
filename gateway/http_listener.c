/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_listener.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/http_connection.h"
#include "gateway/http_server.h"
#include "gateway/http_ticket.h"
#include "gateway/http_tls.h"
#include "lib/log_category.h"
#include "lib/mhd_loop.h"
#include "lib/stream_addr.h"

/* --- the socket ------------------------------------------------------------- */

static int address_parse(struct stream_addr *a, const char *address)
{
	if (stream_addr_parse(a, address, true) < 0 || stream_addr_is_unix(a))
		return -EINVAL;
	return 0;
}

bool http_address_valid(const char *address)
{
	struct stream_addr a;

	return address_parse(&a, address) == 0;
}

bool http_address_is_loopback(const char *address)
{
	struct stream_addr a;

	if (address_parse(&a, address) < 0)
		return false;
	if (a.sa.sa_family == AF_INET)
		return ntohl(a.in.sin_addr.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&a.in6.sin6_addr);
}

static int socket_bind(int fd, const struct stream_addr *a)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0)
		return -errno;
	/* 0.0.0.0 and [::] may be bound beside each other. */
	if (a->sa.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return -errno;
	if (bind(fd, &a->sa, a->len) < 0 || listen(fd, HTTP_LISTEN_BACKLOG) < 0)
		return -errno;
	return 0;
}

static int socket_listen(const char *address, bool *ipv6)
{
	struct stream_addr a;
	int fd, rc;

	if (address_parse(&a, address) < 0)
		return -EINVAL;
	*ipv6 = a.sa.sa_family == AF_INET6;
	fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = socket_bind(fd, &a);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return fd;
}

/* --- callbacks of libmicrohttpd --------------------------------------------- */

static struct http_connection *listener_connection(struct MHD_Connection *mhd)
{
	return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static enum MHD_Result listener_accept(void *cls, const struct sockaddr *sa, socklen_t len)
{
	struct http_listener *l = cls;

	return http_server_admits(l->server, sa, l->tls) ? MHD_YES : MHD_NO;
}

static void listener_channel(struct http_listener *l, struct http_connection *c)
{
	gnutls_session_t session;

	if (!l->tls)
		return;
	session = MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
	http_ticket_enable(session);
	http_channel_open(&c->channel, &l->channels, session, c->fd);
}

static void listener_notify(void *cls, struct MHD_Connection *mhd, void **context,
			    enum MHD_ConnectionNotificationCode code)
{
	struct http_listener *l = cls;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = http_connection_new(l->server, l, mhd);
		listener_channel(l, *context);
		l->n_connections++;
		http_server_connection_opened(l->server, *context);
		http_connection_enter(*context, PHASE_HEADER);
	} else {
		l->n_connections--;
		http_channel_close(&((struct http_connection *)*context)->channel);
		http_server_connection_closed(l->server, *context);
		*context = NULL;
	}
}

/* A request line was read: what it returns is the request's context. */
static void *listener_uri(void *cls, const char *uri, struct MHD_Connection *mhd)
{
	struct http_connection *c = listener_connection(mhd);

	http_request_begin(&c->request, c, uri);
	return &c->request;
}

static enum MHD_Result listener_request(void *cls, struct MHD_Connection *mhd, const char *url,
					const char *method, const char *version, const char *octets,
					size_t *n_octets, void **context)
{
	return http_request_step(*context, method, url, version, octets, n_octets);
}

static void listener_completed(void *cls, struct MHD_Connection *mhd, void **context,
			       enum MHD_RequestTerminationCode how)
{
	if (*context)
		http_request_completed(*context, how);
	*context = NULL;
}

static size_t listener_unescape(void *cls, struct MHD_Connection *mhd, char *text)
{
	return strlen(text);
}

static void listener_log(void *cls, const char *format, va_list ap)
{
	char line[256];

	/* Outsiders cause these lines; the gateway says the same in its own. */
	if (!log_check_level(DHTTP, LOGL_DEBUG))
		return;
	vsnprintf(line, sizeof(line), format, ap);
	LOGP(DHTTP, LOGL_DEBUG, "libmicrohttpd: %s%s", line,
	     line[0] && line[strlen(line) - 1] == '\n' ? "" : "\n");
}

/* --- turns ------------------------------------------------------------------ */

/* libmicrohttpd has sent what GnuTLS could not: the next answer may go. */
static void listener_drained(struct http_channel *ch)
{
	struct http_connection *c = container_of(ch, struct http_connection, channel);

	http_request_drained(&c->request);
}

/* Will libmicrohttpd get further with this connection without being told anything new? */
static bool connection_due(const struct http_connection *c)
{
	switch (c->request.state) {
	case HTTP_REQUEST_HANDLED:
		return false;
	case HTTP_REQUEST_ANSWERED:
		return !c->channel.refused;
	default:
		return http_channel_unread(&c->channel);
	}
}

/* Those of whom this is not so are taken off the list: they come back when it may be. */
static bool listener_turned(void *data)
{
	struct http_listener *l = data;
	struct http_channel *ch, *next;
	bool due = l->again;

	l->again = false;
	llist_for_each_entry_safe (ch, next, &l->channels.active, active) {
		if (connection_due(container_of(ch, struct http_connection, channel)))
			due = true;
		else
			llist_del_init(&ch->active);
	}
	return due;
}

/* --- life ------------------------------------------------------------------- */

static struct MHD_Daemon *listener_daemon(struct http_listener *l, int fd, bool ipv6)
{
	const struct gateway_config *config = http_server_config(l->server);
	const struct gateway_limits *limits = &config->limits;
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)http_tls_retrieve },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, config->tls_priorities },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (ipv6)
		flags |= MHD_USE_IPv6;
	if (l->tls)
		flags |= MHD_USE_TLS;
	return MHD_start_daemon(
		flags, 0, listener_accept, l, listener_request, l, MHD_OPTION_EXTERNAL_LOGGER,
		listener_log, l, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)limits->connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)limits->connection_memory, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, listener_uri, l,
		MHD_OPTION_NOTIFY_CONNECTION, listener_notify, l, MHD_OPTION_NOTIFY_COMPLETED,
		listener_completed, l, MHD_OPTION_UNESCAPE_CALLBACK, listener_unescape, l,
		MHD_OPTION_ARRAY, l->tls ? tls : &tls[ARRAY_SIZE(tls) - 1], MHD_OPTION_END);
}

static int listener_start(struct http_listener *l, int fd, bool ipv6)
{
	l->mhd = listener_daemon(l, fd, ipv6);
	if (!l->mhd) {
		close(fd);
		return -ENOMEM;
	}
	l->loop = mhd_loop_start(l, l->mhd);
	if (!l->loop) {
		MHD_stop_daemon(l->mhd); /* closes fd */
		return -ENOMEM;
	}
	if (l->tls)
		mhd_loop_set_turned(l->loop, listener_turned, l);
	return 0;
}

static int listener_listen(struct http_listener *l)
{
	bool ipv6 = false;
	int rc, fd = socket_listen(l->address, &ipv6);

	if (fd < 0)
		return fd;
	rc = l->tls ? http_channels_init(&l->channels, listener_drained) : 0;
	if (rc < 0) {
		close(fd);
		return rc;
	}
	rc = listener_start(l, fd, ipv6);
	if (rc < 0 && l->tls)
		http_channels_end(&l->channels);
	return rc;
}

struct http_listener *http_listener_open(struct http_server *server, const char *address, bool tls,
					 int *error)
{
	struct http_listener *l = talloc_zero(server, struct http_listener);

	l->server = server;
	l->address = talloc_strdup(l, address);
	l->tls = tls;
	*error = listener_listen(l);
	if (*error < 0) {
		LOGP(DHTTP, LOGL_ERROR, "%s %s: cannot be listened on: %s\n",
		     tls ? "https" : "http", address, strerror(-*error));
		talloc_free(l);
		return NULL;
	}
	LOGP(DHTTP, LOGL_NOTICE, "%s %s: listening\n", tls ? "https" : "http", address);
	return l;
}

void http_listener_run(struct http_listener *l)
{
	mhd_loop_run(l->loop);
	mhd_loop_kick(l->loop);
}

void http_listener_kick(struct http_listener *l)
{
	mhd_loop_kick(l->loop);
}

void http_listener_quiesce(struct http_listener *l)
{
	int fd;

	if (l->quiesced)
		return;
	http_listener_run(l);
	fd = MHD_quiesce_daemon(l->mhd);
	if (fd >= 0)
		close(fd);
	l->quiesced = true;
}

void http_listener_close(struct http_listener *l)
{
	mhd_loop_stop(l->loop);
	if (l->tls)
		http_channels_end(&l->channels);
	talloc_free(l);
}
