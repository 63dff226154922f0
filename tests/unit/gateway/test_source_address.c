/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/source_address.h"

static void texts_round_trip(void **state)
{
	static const char *const texts[] = { "192.0.2.1", "0.0.0.0", "255.255.255.255",
					     "2001:db8::1", "::" };
	char text[INET6_ADDRSTRLEN];
	struct source_address a;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(source_address_parse(&a, texts[i]), 0);
		source_address_format(text, &a);
		assert_string_equal(text, texts[i]);
	}
}

static void other_texts_are_refused(void **state)
{
	static const char *const texts[] = {
		"",	 " ",	       "192.0.2",   "192.0.2.256", "192.0.2.1:80",
		"[::1]", "fe80::1%lo", "localhost", "192.0.2.1 ",  "unknown"
	};
	struct source_address a;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (source_address_parse(&a, texts[i]) != -EINVAL)
			fail_msg("taken: '%s'", texts[i]);
	}
}

static void one_subscriber_is_one_key(void **state)
{
	uint8_t k[5][LRU_KEY_SIZE];
	static const char *const texts[] = { "2001:db8:1:2::1", "2001:db8:1:2:ffff::9",
					     "2001:db8:1:3::1", "192.0.2.1", "192.0.2.2" };
	struct source_address a;
	int i;

	for (i = 0; i < 5; i++) {
		assert_int_equal(source_address_parse(&a, texts[i]), 0);
		source_address_key(k[i], &a);
	}
	assert_memory_equal(k[0], k[1], LRU_KEY_SIZE);
	assert_memory_not_equal(k[0], k[2], LRU_KEY_SIZE);
	assert_memory_not_equal(k[3], k[4], LRU_KEY_SIZE);
}

static void ipv4_is_the_same_over_ipv6(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct source_address a, b;

	inet_pton(AF_INET, "192.0.2.1", &in.sin_addr);
	inet_pton(AF_INET6, "::ffff:192.0.2.1", &in6.sin6_addr);
	assert_int_equal(source_address_from(&a, (struct sockaddr *)&in), 0);
	assert_int_equal(source_address_from(&b, (struct sockaddr *)&in6), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(source_address_from(&a, &other), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_round_trip),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(one_subscriber_is_one_key),
		cmocka_unit_test(ipv4_is_the_same_over_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
