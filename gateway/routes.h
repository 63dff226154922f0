/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Every route of the API; see docs/openapi.yaml. */
#include "gateway/route.h"

const struct route *routes_table(size_t *n_routes);

/* route_check.c: POST /v1/ownership-checks */
void route_check(struct http_request *r);
/* route_health.c */
void route_health_alive(struct http_request *r);
void route_health_ready(struct http_request *r);
