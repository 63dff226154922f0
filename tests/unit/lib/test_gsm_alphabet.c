/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "lib/gsm_alphabet.h"
#include "lib/utf8.h"

/* 3GPP TS 23.038 clause 6.2.1, a row of 16 codes a line; ESC (0x1b) stands here as U+FFFD. */
static const char default_table[] = "@£$¥èéùìòÇ\nØø\rÅå"
				    "Δ_ΦΓΛΩΠΨΣΘΞ\xef\xbf\xbdÆæßÉ"
				    " !\"#¤%&'()*+,-./"
				    "0123456789:;<=>?"
				    "¡ABCDEFGHIJKLMNO"
				    "PQRSTUVWXYZÄÖÑÜ§"
				    "¿abcdefghijklmno"
				    "pqrstuvwxyzäöñüà";

/* Clause 6.2.1.1. */
static const struct {
	uint8_t septet;
	uint32_t character;
} extension_table[] = {
	{ 0x0a, '\f' }, { 0x14, '^' }, { 0x28, '{' }, { 0x29, '}' }, { 0x2f, '\\' },
	{ 0x3c, '[' },	{ 0x3d, '~' }, { 0x3e, ']' }, { 0x40, '|' }, { 0x65, 0x20ac },
};

static uint32_t expected[128]; /* default_table by septet */

static int read_table(void **state)
{
	const char *p = default_table;

	for (int i = 0; i < 128; i++) {
		int n = utf8_take(&expected[i], p, strlen(p));

		if (n < 0)
			return -1;
		p += n;
	}
	return *p ? -1 : 0;
}

static void test_default_table(void **state)
{
	for (int i = 0; i < 128; i++) {
		if (i == GSM_SEPTET_ESC)
			assert_int_equal(gsm_alphabet_char(GSM_SEPTET_ESC), ' ');
		else
			assert_int_equal(gsm_alphabet_char((uint8_t)i), expected[i]);
	}
}

static void test_extension_table(void **state)
{
	size_t next = 0;

	for (int i = 0; i < 128; i++) {
		if (next < ARRAY_SIZE(extension_table) && extension_table[next].septet == i)
			assert_int_equal(gsm_alphabet_extension_char((uint8_t)i),
					 extension_table[next++].character);
		else
			assert_int_equal(gsm_alphabet_extension_char((uint8_t)i), 0);
	}
	assert_int_equal(next, ARRAY_SIZE(extension_table));
}

/* Every character of Unicode: it has the septet of the tables, or none. */
static void test_the_way_back(void **state)
{
	size_t n_found = 0;

	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		int septet = gsm_alphabet_septet(c);

		if (septet == -ENOENT)
			continue;
		n_found++;
		if (septet & GSM_ALPHABET_EXTENSION)
			assert_int_equal(gsm_alphabet_extension_char(septet & 0x7f), c);
		else
			assert_int_equal(expected[septet], c);
	}
	assert_int_equal(n_found, 127 + ARRAY_SIZE(extension_table));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_table),
		cmocka_unit_test(test_extension_table),
		cmocka_unit_test(test_the_way_back),
	};

	return cmocka_run_group_tests(tests, read_table, NULL);
}
