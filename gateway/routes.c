/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/routes.h"

#include <osmocom/core/utils.h>

static const struct route table[] = {
	{ "POST", "/v1/ownership-checks", true, check_route },
	{ "GET", "/healthz", false, health_route_alive },
	{ "GET", "/readyz", false, health_route_ready },
};

const struct route *routes_table(size_t *n_routes)
{
	*n_routes = ARRAY_SIZE(table);
	return table;
}
