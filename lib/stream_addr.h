/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Addresses of streams: "127.0.0.1:4222", "[::1]:4222", "unix:/path"; never a name. */
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

/* "unix:" and the longest path, or "[", an IPv6 address with scope, "]:65535", and NUL. */
#define STREAM_ADDR_STR_SIZE 128

struct stream_addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_storage storage;
	};
	socklen_t len;
};

/* -EINVAL: not an address, or without a port where need_port. */
int stream_addr_parse(struct stream_addr *a, const char *text, bool need_port)
	__attribute__((warn_unused_result));

/* The form that stream_addr_parse() takes; returns buf. */
char *stream_addr_format(char buf[STREAM_ADDR_STR_SIZE], const struct stream_addr *a);

/* Without port; "" for Unix. */
char *stream_addr_format_ip(char buf[INET6_ADDRSTRLEN], const struct stream_addr *a);

unsigned int stream_addr_port(const struct stream_addr *a);
bool stream_addr_is_unix(const struct stream_addr *a);
