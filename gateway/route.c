/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/route.h"

#include <string.h>

#include <osmocom/core/utils.h>

static bool route_takes(const struct route *route, const char *method)
{
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	return strcmp(method, route->method) == 0;
}

static void allow_add(char *allow, const char *method)
{
	if (*allow)
		osmo_strlcpy(allow + strlen(allow), ", ", ROUTE_ALLOW_SIZE - strlen(allow));
	osmo_strlcpy(allow + strlen(allow), method, ROUTE_ALLOW_SIZE - strlen(allow));
	if (strcmp(method, "GET") == 0)
		allow_add(allow, "HEAD");
}

enum route_match route_find(const struct route *table, size_t n_routes, const char *method,
			    const char *path, const struct route **route,
			    char allow[ROUTE_ALLOW_SIZE])
{
	size_t i;

	/* The table has as many rows as the API has routes: a handful. */
	allow[0] = '\0';
	for (i = 0; i < n_routes; i++) {
		if (strcmp(path, table[i].path) != 0)
			continue;
		if (route_takes(&table[i], method)) {
			*route = &table[i];
			return ROUTE_FOUND;
		}
		allow_add(allow, table[i].method);
	}
	return allow[0] ? ROUTE_WRONG_METHOD : ROUTE_UNKNOWN;
}
