/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/source_address.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define IPV6_SUBSCRIBER_OCTETS 8

static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool is_v4(const struct source_address *from)
{
	return memcmp(from->octets, v4_mapped, sizeof(v4_mapped)) == 0;
}

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

void source_address_format(char text[INET6_ADDRSTRLEN], const struct source_address *from)
{
	if (is_v4(from))
		inet_ntop(AF_INET, from->octets + sizeof(v4_mapped), text, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, from->octets, text, INET6_ADDRSTRLEN);
}

void source_address_key(uint8_t key[LRU_KEY_SIZE], const struct source_address *from)
{
	memset(key, 0, LRU_KEY_SIZE);
	memcpy(key, from->octets, is_v4(from) ? SOURCE_ADDRESS_SIZE : IPV6_SUBSCRIBER_OCTETS);
}
