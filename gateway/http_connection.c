/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_connection.h"

#include <sys/socket.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/http_server.h"

struct http_connection *http_connection_new(struct http_server *server,
					    struct http_listener *listener,
					    struct MHD_Connection *mhd)
{
	struct http_connection *c = talloc_zero(server, struct http_connection);
	const union MHD_ConnectionInfo *info;

	OSMO_ASSERT(c);
	c->server = server;
	c->listener = listener;
	c->mhd = mhd;
	c->opened_us = deadline_now_us();
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	c->fd = info->connect_fd;
	http_connection_from_peer(c);
	return c;
}

void http_connection_from_peer(struct http_connection *c)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	if (source_address_from(&c->from, info->client_addr) == 0)
		source_address_format(c->from_text, &c->from);
}

void http_connection_enter(struct http_connection *c, enum http_phase phase)
{
	deadline_enter(http_server_deadlines(c->server), &c->deadline, phase);
}

enum http_phase http_connection_phase(const struct http_connection *c)
{
	return c->deadline.phase;
}

const char *http_phase_name(enum http_phase phase)
{
	static const char *const names[] = { "header", "body", "answer", "write", "idle" };

	OSMO_ASSERT(phase < ARRAY_SIZE(names));
	return names[phase];
}

void http_connection_shut(struct http_connection *c)
{
	deadline_leave(&c->deadline);
	shutdown(c->fd, SHUT_RDWR);
}
