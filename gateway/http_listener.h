/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * One address that shops connect to: a listening socket, a libmicrohttpd daemon
 * on it, and its connections.
 *
 * libmicrohttpd unescapes paths and takes what follows an escaped NUL for nothing;
 * here no path has a '%', so that escapes are left alone and lead to 404.
 */
#include <stdbool.h>
#include <stdint.h>

#include <osmocom/core/linuxlist.h>

#include "gateway/http_channel.h"

struct http_server;

#define HTTP_LISTEN_BACKLOG 1024
/* So many requests wait for a manager as connections that libmicrohttpd asks about in each of its
 * turns, which costs less than to suspend them: that is two system calls more.  The others are
 * suspended. */
#define HTTP_ASKED_MAX 256

struct http_listener {
	struct llist_head list; /* of the server */
	struct http_server *server;
	char *address;
	bool tls;
	bool quiesced; /* no new connections */
	struct mhd_loop *loop;
	struct MHD_Daemon *mhd;
	uint32_t n_connections;
	uint32_t n_asked; /* requests that wait and are not suspended */
	bool again; /* libmicrohttpd has something to do that no channel shows */
	struct http_channels channels; /* of TLS */
};

/* NULL with *error (negative errno) and a line in the log. */
struct http_listener *http_listener_open(struct http_server *server, const char *address, bool tls,
					 int *error) __attribute__((warn_unused_result));
/* Takes what waits in the socket's queue, then closes the socket. */
void http_listener_quiesce(struct http_listener *l);
/* Ends all connections; none may wait for an answer. */
void http_listener_close(struct http_listener *l);
/* libmicrohttpd's turn, now: answers that are ready are on their way after it. */
void http_listener_run(struct http_listener *l);
/* Call when an answer is ready. */
void http_listener_kick(struct http_listener *l);

/* "ADDRESS:PORT" or "[ADDRESS]:PORT" of this machine only. */
bool http_address_valid(const char *address);
bool http_address_is_loopback(const char *address);
