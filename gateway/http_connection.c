/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/http_connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/http_server.h"

static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

int source_address_from(struct source_address *from, const struct sockaddr *sa)
{
	switch (sa->sa_family) {
	case AF_INET:
		memcpy(from->octets, v4_mapped, sizeof(v4_mapped));
		memcpy(from->octets + sizeof(v4_mapped),
		       &((const struct sockaddr_in *)sa)->sin_addr, sizeof(struct in_addr));
		return 0;
	case AF_INET6:
		memcpy(from->octets, &((const struct sockaddr_in6 *)sa)->sin6_addr,
		       sizeof(struct in6_addr));
		return 0;
	default:
		return -EINVAL;
	}
}

int source_address_parse(struct source_address *from, const char *text)
{
	memcpy(from->octets, v4_mapped, sizeof(v4_mapped));
	if (inet_pton(AF_INET, text, from->octets + sizeof(v4_mapped)) == 1 ||
	    inet_pton(AF_INET6, text, from->octets) == 1)
		return 0;
	return -EINVAL;
}

static void source_address_format(char text[INET6_ADDRSTRLEN], const struct source_address *from)
{
	if (memcmp(from->octets, v4_mapped, sizeof(v4_mapped)) == 0)
		inet_ntop(AF_INET, from->octets + sizeof(v4_mapped), text, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, from->octets, text, INET6_ADDRSTRLEN);
}

struct http_connection *http_connection_new(struct http_server *server,
					    struct http_listener *listener,
					    struct MHD_Connection *mhd)
{
	struct http_connection *c = talloc_zero(server, struct http_connection);
	const union MHD_ConnectionInfo *info;

	c->server = server;
	c->listener = listener;
	c->mhd = mhd;
	c->opened_us = deadline_now_us();
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	c->fd = info->connect_fd;
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (source_address_from(&c->from, info->client_addr) == 0)
		source_address_format(c->from_text, &c->from);
	return c;
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
