/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sms_text.h"

static const char *repeat(const char *s, int n)
{
	static char out[8192];
	size_t len = 0;

	while (n-- > 0)
		len += snprintf(out + len, sizeof(out) - len, "%s", s);
	out[len] = '\0';
	return out;
}

static int split(struct sms_parts *p, const char *text)
{
	return sms_text_split(p, text, strlen(text));
}

/* Each of n parts: how many octets.  In the end all of them are the text again. */
static void check(const char *text, enum sms_coding coding, int n, const int *octets)
{
	static struct sms_parts p;
	uint8_t all[SMS_PARTS_MAX * SMS_PART_SIZE];
	char back[SMS_TEXT_SIZE];
	size_t len = 0;
	int i;

	assert_int_equal(split(&p, text), 0);
	assert_int_equal(p.coding, coding);
	assert_int_equal(p.n, n);
	for (i = 0; i < n; i++) {
		assert_int_equal(p.part[i].n, octets[i]);
		memcpy(all + len, p.part[i].octets, p.part[i].n);
		len += p.part[i].n;
	}
	assert_true(sms_text_decode(back, sizeof(back), sms_charset_of_smpp(coding), all, len) >=
		    0);
	assert_string_equal(back, text);
}

static void test_split_gsm7(void **state)
{
	static char text[8300];

	check("", SMS_CODING_GSM7, 1, (const int[]){ 0 });
	check(repeat("a", 160), SMS_CODING_GSM7, 1, (const int[]){ 160 });
	check(repeat("a", 161), SMS_CODING_GSM7, 2, (const int[]){ 153, 8 });
	check(repeat("a", 306), SMS_CODING_GSM7, 2, (const int[]){ 153, 153 });
	check(repeat("a", 307), SMS_CODING_GSM7, 3, (const int[]){ 153, 153, 1 });
	check(repeat("€", 80), SMS_CODING_GSM7, 1, (const int[]){ 160 });
	/* an escape pair is not torn apart */
	snprintf(text, sizeof(text), "%s€%s", repeat("a", 152), "bbbbbbbbbbbbbbbb");
	check(text, SMS_CODING_GSM7, 2, (const int[]){ 152, 18 });
}

static void test_split_ucs2(void **state)
{
	static char text[8300];

	check(repeat("価", 70), SMS_CODING_UCS2, 1, (const int[]){ 140 });
	check(repeat("価", 71), SMS_CODING_UCS2, 2, (const int[]){ 134, 8 });
	/* nor is a surrogate pair */
	snprintf(text, sizeof(text), "%s😀%s", repeat("価", 66), "xxxxx");
	check(text, SMS_CODING_UCS2, 2, (const int[]){ 132, 14 });
}

static void test_split_limits(void **state)
{
	static struct sms_parts p;

	assert_int_equal(split(&p, repeat("a", 1530)), 0);
	assert_int_equal(p.n, SMS_PARTS_MAX);
	assert_int_equal(split(&p, repeat("a", 1531)), -EMSGSIZE);
	assert_int_equal(split(&p, repeat("価", 671)), -EMSGSIZE);
	assert_int_equal(split(&p, "\xff"), -EILSEQ);
	assert_int_equal(split(&p, "価\xed\xa0\x80"), -EILSEQ);
}

static void test_concat(void **state)
{
	static const uint8_t wide[] = { 6, 0x08, 4, 0x12, 0x34, 3, 2 };
	static const uint8_t ports[] = { 11, 0x05, 4, 0, 1, 0, 2, 0x00, 3, 9, 2, 1 };
	static const uint8_t senseless[] = { 5, 0x00, 3, 9, 2, 3 };
	static const uint8_t zero[] = { 5, 0x00, 3, 9, 2, 0 };
	static const uint8_t too_long[] = { 5, 0x00, 4, 9, 2, 1 };
	static const uint8_t torn[] = { 1, 0x00, 'x' };
	uint8_t own[SMS_CONCAT_SIZE + 1] = { 0 };
	struct sms_concat c;
	size_t n;

	sms_concat_put(own, 200, 3, 2);
	assert_int_equal(sms_concat_take(&c, own, sizeof(own)), SMS_CONCAT_SIZE);
	assert_int_equal(c.reference, 200);
	assert_int_equal(c.total, 3);
	assert_int_equal(c.number, 2);
	for (n = 0; n < SMS_CONCAT_SIZE; n++) {
		uint8_t *copy = malloc(n ? n : 1);

		memcpy(copy, own, n);
		assert_int_equal(sms_concat_take(&c, copy, n), -EBADMSG);
		free(copy);
	}
	assert_int_equal(sms_concat_take(&c, wide, sizeof(wide)), 7);
	assert_int_equal(c.reference, 0x1234);
	assert_int_equal(sms_concat_take(&c, ports, sizeof(ports)), 12);
	assert_int_equal(c.total, 2);
	assert_int_equal(sms_concat_take(&c, senseless, sizeof(senseless)), 6);
	assert_int_equal(c.total, 0);
	assert_int_equal(sms_concat_take(&c, zero, sizeof(zero)), 6);
	assert_int_equal(c.total, 0);
	assert_int_equal(sms_concat_take(&c, too_long, sizeof(too_long)), -EBADMSG);
	assert_int_equal(sms_concat_take(&c, torn, sizeof(torn)), -EBADMSG);
}

static void test_charsets(void **state)
{
	assert_int_equal(sms_charset_of_smpp(0), SMS_CHARSET_GSM7);
	assert_int_equal(sms_charset_of_smpp(1), SMS_CHARSET_ASCII);
	assert_int_equal(sms_charset_of_smpp(3), SMS_CHARSET_LATIN1);
	assert_int_equal(sms_charset_of_smpp(8), SMS_CHARSET_UCS2);
	assert_int_equal(sms_charset_of_smpp(4), -ENOTSUP); /* 8-bit data */
	assert_int_equal(sms_charset_of_smpp(5), -ENOTSUP); /* JIS */
	assert_int_equal(sms_charset_of_smpp(0xf0), SMS_CHARSET_GSM7);
	assert_int_equal(sms_charset_of_smpp(0xf4), -ENOTSUP);
	assert_int_equal(sms_charset_of_tpdu(0x08), SMS_CHARSET_UCS2);
	assert_int_equal(sms_charset_of_tpdu(0x18), SMS_CHARSET_UCS2);
	assert_int_equal(sms_charset_of_tpdu(0x04), -ENOTSUP);
	assert_int_equal(sms_charset_of_tpdu(0x20), -ENOTSUP);
	assert_int_equal(sms_charset_of_tpdu(0xe0), SMS_CHARSET_UCS2);
}

static void test_decode(void **state)
{
	char out[16];

	assert_int_equal(sms_text_decode(out, sizeof(out), SMS_CHARSET_LATIN1,
					 (const uint8_t *)"\xfc!", 2),
			 3);
	assert_string_equal(out, "ü!");
	assert_int_equal(sms_text_decode(out, sizeof(out), SMS_CHARSET_ASCII,
					 (const uint8_t *)"\xfc", 1),
			 -EILSEQ);
	assert_int_equal(sms_text_decode(out, sizeof(out), SMS_CHARSET_GSM7,
					 (const uint8_t *)"\x80", 1),
			 -EILSEQ);
	assert_int_equal(sms_text_decode(out, sizeof(out), SMS_CHARSET_UCS2,
					 (const uint8_t *)"\x4f", 1),
			 -EILSEQ);
	assert_int_equal(sms_text_decode(out, sizeof(out), SMS_CHARSET_ASCII,
					 (const uint8_t *)"a\0b", 3),
			 -EILSEQ);
	assert_int_equal(sms_text_decode(out, 4, SMS_CHARSET_ASCII, (const uint8_t *)"abcd", 4),
			 -EMSGSIZE);
	assert_int_equal(sms_text_decode(out, 5, SMS_CHARSET_ASCII, (const uint8_t *)"abcd", 4), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split_gsm7),   cmocka_unit_test(test_split_ucs2),
		cmocka_unit_test(test_split_limits), cmocka_unit_test(test_concat),
		cmocka_unit_test(test_charsets),     cmocka_unit_test(test_decode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
