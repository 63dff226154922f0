/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is written is the form that is read, with the scope of a link-local address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/stream_addr.h"

static void expect(const char *text, const char *written)
{
	char again[STREAM_ADDR_STR_SIZE];
	struct stream_addr a, back;

	assert_int_equal(stream_addr_parse(&a, text, true), 0);
	assert_string_equal(stream_addr_format(again, &a), written);
	assert_int_equal(stream_addr_parse(&back, again, true), 0);
	assert_int_equal(back.len, a.len);
	assert_memory_equal(&back.storage, &a.storage, a.len);
}

static void round_trip(void **state)
{
	expect("127.0.0.1:4222", "127.0.0.1:4222");
	expect("[0::1]:4222", "[::1]:4222");
	expect("unix:/run/x", "unix:/run/x");
	expect("[fe80::1%lo]:8443", "[fe80::1%lo]:8443");
	expect("[fe80::1%1]:8443", "[fe80::1%lo]:8443");
	expect("[::%1]:8443", "[::%1]:8443");
	/* An interface that is not there now. */
	expect("[fe80::1%987654]:8443", "[fe80::1%987654]:8443");
}

static void none(void **state)
{
	static const char *const texts[] = {
		"",
		"127.0.0.1",
		"::1:4222",
		"[::1]",
		"[::1%nowhere]:1",
		"[fe80::1%]:1",
		"unix:",
		"127.0.0.1:65536",
		"localhost:1",
		"127.0.0.1:1 ",
	};
	struct stream_addr a;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_not_equal(stream_addr_parse(&a, texts[i], true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
