/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What etc/tegata-gateway.cfg says.  Names, units and defaults are documented there and in the
 * help of gateway_vty.c. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATEWAY_BINDS_MAX 16

/* Fixed by the API (docs/openapi.yaml), not by an operator. */
#define GATEWAY_BODY_MAX (64 * 1024)

struct gateway_limits {
	uint32_t connections;
	uint32_t connections_per_address;
	uint32_t connection_memory; /* octets */
	uint32_t header_size; /* octets, all fields of a request together */
	uint32_t in_flight; /* requests that wait for a manager */
	uint32_t shops; /* whose buckets are kept */
	uint32_t addresses; /* likewise */
	uint32_t new_key_rate_per_s, new_key_burst; /* items, until the shop is known */
	uint32_t failure_rate_per_min, failure_burst; /* refused keys of an address */
};

struct gateway_timeouts {
	uint32_t header_s; /* TLS handshake and header fields */
	uint32_t body_s;
	uint32_t answer_ms; /* a manager's */
	uint32_t write_s;
	uint32_t idle_s; /* between two requests */
};

enum gateway_bind_kind {
	GATEWAY_BIND_HTTPS,
	GATEWAY_BIND_HTTP, /* loopback, for a proxy that ends TLS */
	GATEWAY_BIND_LINK, /* managers connect here */
	GATEWAY_BIND_SANDBOX, /* managers of test keys */
};

struct gateway_bind {
	enum gateway_bind_kind kind;
	char *address; /* "127.0.0.1:8443", "[::1]:8443"; links also "unix:/path" */
};

struct gateway_config {
	char *name;
	struct gateway_bind binds[GATEWAY_BINDS_MAX];
	size_t n_binds;
	bool forwarded_for; /* the last X-Forwarded-For of plain HTTP is the source address */
	char *tls_certificate, *tls_key, *tls_priorities;
	char *tls_ticket_key; /* NULL: one of this process */
	uint32_t link_socket_mode; /* of Unix sockets */
	uint32_t link_ping_interval_s;
	char *link_tls_certificate, *link_tls_key, *link_tls_ca, *link_tls_peer;
	struct gateway_limits limits;
	struct gateway_timeouts timeouts;
};

/* With every default; texts are children of the result. */
struct gateway_config *gateway_config_new(void *ctx);
/* Every default again, in the same place: others hold pointers into it. */
void gateway_config_default(struct gateway_config *c);
/* Twice is once.  -ENOSPC: GATEWAY_BINDS_MAX are there. */
int gateway_config_bind_add(struct gateway_config *c, enum gateway_bind_kind kind,
			    const char *address) __attribute__((warn_unused_result));
/* -ENOENT */
int gateway_config_bind_remove(struct gateway_config *c, enum gateway_bind_kind kind,
			       const char *address) __attribute__((warn_unused_result));
bool gateway_config_has_bind(const struct gateway_config *c, enum gateway_bind_kind kind,
			     const char *address);
