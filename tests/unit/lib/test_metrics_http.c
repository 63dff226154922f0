/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>

#include "lib/log_category.h"
#include "lib/metrics_http.h"

static const char *const taken[] = { "127.0.0.1:9470", "[::1]:9470", "10.0.0.1:0" };
static const char *const refused[] = { "",
				       "127.0.0.1",
				       "::1",
				       "localhost:9470",
				       "[::1]",
				       "unix:/run/metrics",
				       "127.0.0.1:x",
				       "[::1:1",
				       "127.0.0.1:65536" };

static bool ready(void *data)
{
	return true;
}

static void test_addresses(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		assert_int_equal(metrics_http_check(taken[i]), 0);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_true(metrics_http_check(refused[i]) < 0);
		assert_null(metrics_http_start(NULL, refused[i], ready, NULL));
	}
}

/* Both families; port 0: any that is free. */
static void test_start(void **state)
{
	static const char *const addresses[] = { "127.0.0.1:0", "[::1]:0" };
	struct metrics_http *m;
	size_t i;

	for (i = 0; i < 2; i++) {
		m = metrics_http_start(NULL, addresses[i], ready, NULL);
		assert_non_null(m);
		metrics_http_stop(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_start),
	};

	osmo_init_logging2(talloc_named_const(NULL, 0, "test"), &tegata_log_info);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
