/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/stream_addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/stream.h"

#define UNIX_PREFIX "unix:"

static int parse_unix(struct stream_addr *a, const char *path)
{
	size_t len = strlen(path);

	if (!len || len >= sizeof(a->un.sun_path))
		return -EINVAL;
	a->un.sun_family = AF_UNIX;
	memcpy(a->un.sun_path, path, len + 1);
	a->len = offsetof(struct sockaddr_un, sun_path) + len + 1;
	return 0;
}

static int parse_port(in_port_t *port, const char *text)
{
	unsigned long n = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9' && p - text < 5; p++)
		n = n * 10 + (*p - '0');
	if (p == text || *p || n > 65535)
		return -EINVAL;
	*port = htons(n);
	return 0;
}

/* The resolver library is asked with AI_NUMERICHOST only: for the scope in "fe80::1%eth0". */
static int parse_in6(struct stream_addr *a, const char *text)
{
	struct addrinfo hints = { .ai_family = AF_INET6, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *ai = NULL;

	if (!strchr(text, ':') || getaddrinfo(text, NULL, &hints, &ai))
		return -EINVAL;
	memcpy(&a->in6, ai->ai_addr, sizeof(a->in6));
	a->len = sizeof(a->in6);
	freeaddrinfo(ai);
	return 0;
}

static int parse_in(struct stream_addr *a, const char *text)
{
	if (inet_pton(AF_INET, text, &a->in.sin_addr) != 1)
		return -EINVAL;
	a->in.sin_family = AF_INET;
	a->len = sizeof(a->in);
	return 0;
}

static int parse_host(struct stream_addr *a, const char *text)
{
	return parse_in(a, text) == 0 || parse_in6(a, text) == 0 ? 0 : -EINVAL;
}

int stream_addr_parse(struct stream_addr *a, const char *text, bool need_port)
{
	char host[STREAM_ADDR_STR_SIZE];
	const char *start = text, *end, *port;

	memset(a, 0, sizeof(*a));
	if (!text)
		return -EINVAL;
	if (!strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)))
		return parse_unix(a, text + strlen(UNIX_PREFIX));
	if (!need_port && parse_host(a, text) == 0)
		return 0;
	if (text[0] == '[') {
		start = text + 1;
		end = strchr(start, ']');
		port = end ? end + 1 : NULL;
	} else {
		end = port = strchr(text, ':');
	}
	if (!end || (size_t)(end - start) >= sizeof(host))
		return -EINVAL;
	memcpy(host, start, end - start);
	host[end - start] = '\0';
	if (text[0] == '[' ? parse_in6(a, host) : parse_in(a, host))
		return -EINVAL;
	if (*port == '\0' && !need_port)
		return 0;
	/* The port has the same place in both forms. */
	return *port == ':' ? parse_port(&a->in.sin_port, port + 1) : -EINVAL;
}

bool stream_addr_is_unix(const struct stream_addr *a)
{
	return a->sa.sa_family == AF_UNIX;
}

unsigned int stream_addr_port(const struct stream_addr *a)
{
	return stream_addr_is_unix(a) ? 0 : ntohs(a->in.sin_port);
}

char *stream_addr_format_ip(char buf[INET6_ADDRSTRLEN], const struct stream_addr *a)
{
	buf[0] = '\0';
	if (a->sa.sa_family == AF_INET)
		inet_ntop(AF_INET, &a->in.sin_addr, buf, INET6_ADDRSTRLEN);
	else if (a->sa.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &a->in6.sin6_addr, buf, INET6_ADDRSTRLEN);
	return buf;
}

/* "%eth0" of a link-local address, "%2" of others, "" where there is none (RFC 4007 section 11):
 * the resolver takes names for link-local ones only. */
static char *scope_format(char buf[IF_NAMESIZE + 1], const struct stream_addr *a)
{
	uint32_t scope = a->in6.sin6_scope_id;

	buf[0] = '\0';
	if (!scope)
		return buf;
	buf[0] = '%';
	if (!IN6_IS_ADDR_LINKLOCAL(&a->in6.sin6_addr) || !if_indextoname(scope, buf + 1))
		snprintf(buf + 1, IF_NAMESIZE, "%" PRIu32, scope);
	return buf;
}

char *stream_addr_format(char buf[STREAM_ADDR_STR_SIZE], const struct stream_addr *a)
{
	char ip[INET6_ADDRSTRLEN], scope[IF_NAMESIZE + 1];

	if (stream_addr_is_unix(a)) {
		snprintf(buf, STREAM_ADDR_STR_SIZE, UNIX_PREFIX "%.*s", (int)sizeof(a->un.sun_path),
			 a->un.sun_path);
		return buf;
	}
	stream_addr_format_ip(ip, a);
	if (a->sa.sa_family == AF_INET6)
		snprintf(buf, STREAM_ADDR_STR_SIZE, "[%s%s]:%u", ip, scope_format(scope, a),
			 stream_addr_port(a));
	else
		snprintf(buf, STREAM_ADDR_STR_SIZE, "%s:%u", ip, stream_addr_port(a));
	return buf;
}

static bool in_is_private(uint32_t ip)
{
	return (ip >> 24) == 127 || (ip >> 24) == 10 || (ip >> 20) == 0xac1 ||
	       (ip >> 16) == 0xc0a8 || (ip >> 16) == 0xa9fe;
}

bool stream_address_is_private(const char *address)
{
	struct stream_addr a;
	const struct in6_addr *ip = &a.in6.sin6_addr;
	uint32_t mapped;

	if (stream_addr_parse(&a, address, false))
		return false;
	switch (a.sa.sa_family) {
	case AF_UNIX:
		return true;
	case AF_INET:
		return in_is_private(ntohl(a.in.sin_addr.s_addr));
	default:
		if (IN6_IS_ADDR_V4MAPPED(ip)) {
			memcpy(&mapped, &ip->s6_addr[12], sizeof(mapped));
			return in_is_private(ntohl(mapped));
		}
		return IN6_IS_ADDR_LOOPBACK(ip) || IN6_IS_ADDR_LINKLOCAL(ip) ||
		       (ip->s6_addr[0] & 0xfe) == 0xfc;
	}
}
