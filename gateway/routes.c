/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/routes.h"

#include <osmocom/core/utils.h>

static const struct route table[] = {
	{ "POST", "/v1/ownership-checks", true, route_check },
	{ "GET", "/healthz", false, route_health_alive },
	{ "GET", "/readyz", false, route_health_ready },
};

const struct route *routes_table(size_t *n_routes)
{
	*n_routes = ARRAY_SIZE(table);
	return table;
}
