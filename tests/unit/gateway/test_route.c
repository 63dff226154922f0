/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/route.h"

static void handler(struct http_request *r)
{
}

static const struct route table[] = {
	{ "POST", "/v1/things", true, handler },
	{ "GET", "/v1/things", true, handler },
	{ "GET", "/healthz", false, handler },
};

static enum route_match find(const char *method, const char *path, const struct route **route,
			     char *allow)
{
	return route_find(table, sizeof(table) / sizeof(table[0]), method, path, route, allow);
}

static void method_and_path_lead_to_a_route(void **state)
{
	char allow[ROUTE_ALLOW_SIZE];
	const struct route *route;

	assert_int_equal(find("POST", "/v1/things", &route, allow), ROUTE_FOUND);
	assert_ptr_equal(route, &table[0]);
	assert_int_equal(find("GET", "/v1/things", &route, allow), ROUTE_FOUND);
	assert_ptr_equal(route, &table[1]);
	assert_int_equal(find("GET", "/healthz", &route, allow), ROUTE_FOUND);
	assert_ptr_equal(route, &table[2]);
}

static void head_is_get(void **state)
{
	char allow[ROUTE_ALLOW_SIZE];
	const struct route *route;

	assert_int_equal(find("HEAD", "/healthz", &route, allow), ROUTE_FOUND);
	assert_ptr_equal(route, &table[2]);
}

static void a_known_path_tells_its_methods(void **state)
{
	char allow[ROUTE_ALLOW_SIZE];
	const struct route *route;

	assert_int_equal(find("DELETE", "/v1/things", &route, allow), ROUTE_WRONG_METHOD);
	assert_string_equal(allow, "POST, GET, HEAD");
	assert_int_equal(find("POST", "/healthz", &route, allow), ROUTE_WRONG_METHOD);
	assert_string_equal(allow, "GET, HEAD");
	/* Methods are case-sensitive: RFC 9110 section 9.1. */
	assert_int_equal(find("get", "/healthz", &route, allow), ROUTE_WRONG_METHOD);
}

static void another_path_is_unknown(void **state)
{
	static const char *const paths[] = { "",	   "/",		"/healthz/",
					     "/healthzz",  "//healthz", "/HEALTHZ",
					     "/health",	   "*",		"/v1/../healthz",
					     "/healthz%00" };
	char allow[ROUTE_ALLOW_SIZE];
	const struct route *route;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(find("GET", paths[i], &route, allow), ROUTE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(method_and_path_lead_to_a_route),
		cmocka_unit_test(head_is_get),
		cmocka_unit_test(a_known_path_tells_its_methods),
		cmocka_unit_test(another_path_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
