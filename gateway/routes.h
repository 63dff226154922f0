/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Every route of the API; see docs/openapi.yaml. */
#include "gateway/route.h"

const struct route *routes_table(size_t *n_routes);

/* check_route.c: POST /v1/ownership-checks */
void check_route(struct http_request *r);
/* health_route.c */
void health_route_alive(struct http_request *r);
void health_route_ready(struct http_request *r);
