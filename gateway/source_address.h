/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Where a connection comes from: an IP address without port. */
#include <arpa/inet.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/lru.h"

#define SOURCE_ADDRESS_SIZE 16 /* IPv6, or IPv4 mapped into it */

struct source_address {
	uint8_t octets[SOURCE_ADDRESS_SIZE];
};

/* -EINVAL: another family. */
int source_address_from(struct source_address *from, const struct sockaddr *sa)
	__attribute__((warn_unused_result));
/* "192.0.2.1" or "2001:db8::1"; -EINVAL for anything else. */
int source_address_parse(struct source_address *from, const char *text)
	__attribute__((warn_unused_result));
void source_address_format(char text[INET6_ADDRSTRLEN], const struct source_address *from);
/* What is counted as one: an IPv4 address, or the /64 of an IPv6 subscriber. */
void source_address_key(uint8_t key[LRU_KEY_SIZE], const struct source_address *from);
