/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* The routes: one table of {method, path, handler}. */
#include <stdbool.h>
#include <stddef.h>

struct http_request;

struct route {
	const char *method; /* "GET" takes HEAD too */
	const char *path; /* compared whole, without query */
	bool shop; /* asks for a shop's key, and takes a JSON body */
	/* Answers with http_answer_*(), now or later; see http_request.h. */
	void (*handle)(struct http_request *r);
};

enum route_match { ROUTE_FOUND, ROUTE_WRONG_METHOD, ROUTE_UNKNOWN };

#define ROUTE_ALLOW_SIZE 32

/* ROUTE_FOUND: *route is set.  ROUTE_WRONG_METHOD: allow lists what the path takes. */
enum route_match route_find(const struct route *table, size_t n_routes, const char *method,
			    const char *path, const struct route **route,
			    char allow[ROUTE_ALLOW_SIZE]);
