/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "lib/utf8.h"

static void test_every_character_both_ways(void **state)
{
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		char octets[UTF8_MAX_SIZE];
		uint32_t back;
		int n;

		if (c == 0xd800)
			c = 0xe000; /* surrogates are no characters */
		n = utf8_put(octets, c);
		assert_int_equal(n, c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4);
		assert_int_equal(utf8_take(&back, octets, (size_t)n), n);
		assert_int_equal(back, c);
		/* Cut short it is nothing. */
		for (int len = 1; len < n; len++)
			assert_int_equal(utf8_take(&back, octets, (size_t)len), -EILSEQ);
	}
}

/* A naive reading of RFC 3629: decode by the first octet, then ask whether the shortest form of
 * what came out is what went in. */
static int take_naively(const uint8_t *in, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int n = in[0] < 0x80 ? 1 : in[0] < 0xc0 ? 0 : in[0] < 0xe0 ? 2 : in[0] < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? in[0] : in[0] & (0x7f >> n);

	if (n == 0 || (size_t)n > len || in[0] > 0xf7)
		return -EILSEQ;
	for (int i = 1; i < n; i++) {
		if (in[i] >> 6 != 2)
			return -EILSEQ;
		c = c << 6 | (in[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return -EILSEQ;
	return n;
}

static void test_every_pair_of_first_octets(void **state)
{
	static const uint8_t tails[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0xbf, 0xc0, 0xff };

	for (uint32_t pair = 0; pair < 0x10000; pair++) {
		for (size_t t = 0; t < ARRAY_SIZE(tails) * ARRAY_SIZE(tails); t++) {
			uint8_t in[] = { (uint8_t)(pair >> 8), (uint8_t)pair,
					 tails[t / ARRAY_SIZE(tails)],
					 tails[t % ARRAY_SIZE(tails)] };
			uint32_t c;

			for (size_t len = 1; len <= sizeof(in); len++)
				assert_int_equal(utf8_take(&c, (char *)in, len),
						 take_naively(in, len));
		}
	}
}

static void test_ill_formed_by_name(void **state)
{
	static const char *const bad[] = {
		"\x80", /* a continuation alone */
		"\xc0\x80", /* NUL in two octets */
		"\xc1\xbf",
		"\xe0\x9f\xbf",
		"\xf0\x8f\xbf\xbf", /* longer than needed */
		"\xed\xa0\x80",
		"\xed\xbf\xbf", /* surrogates */
		"\xf4\x90\x80\x80",
		"\xf8\x88\x80\x80", /* past U+10FFFF */
		"\xfe",
		"\xff",
	};
	uint32_t c;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(utf8_take(&c, bad[i], strlen(bad[i])), -EILSEQ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_character_both_ways),
		cmocka_unit_test(test_every_pair_of_first_octets),
		cmocka_unit_test(test_ill_formed_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
