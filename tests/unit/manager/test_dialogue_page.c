/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <osmocom/core/utils.h>

#include "lib/gsm_text.h"
#include "manager/dialogue_page.h"

static struct page_frame frame_of(const char *body, size_t max_octets)
{
	return (struct page_frame){ .body = body,
				    .foot = "0 Back",
				    .more = "* More",
				    .previous = "# Previous",
				    .max_octets = max_octets };
}

static size_t octets(const char *text)
{
	uint8_t dcs;
	int n = gsm_text_ussd_octets(text, strlen(text), &dcs);

	assert_true(n >= 0);
	return n;
}

static void one_page(void **state)
{
	struct page_frame f = frame_of("Hello", 112);
	struct page page;

	assert_int_equal(page_make(&page, &f, 0), 0);
	assert_string_equal(page.text, "Hello\n0 Back");
	assert_true(page.first && page.last);
	assert_int_equal(page_make(&page, &f, 1), -ENOENT);
	assert_int_equal(page_count(&f), 1);
}

static void neighbours_of_the_body(void **state)
{
	struct page_frame f = frame_of("Hello", 112);
	struct page page;

	f.more_behind = true;
	assert_int_equal(page_make(&page, &f, 0), 0);
	assert_string_equal(page.text, "Hello\n* More\n0 Back");
	f.more_before = true;
	assert_int_equal(page_make(&page, &f, 0), 0);
	assert_string_equal(page.text, "Hello\n* More # Previous\n0 Back");
	f.foot = NULL;
	f.more_behind = false;
	assert_int_equal(page_make(&page, &f, 0), 0);
	assert_string_equal(page.text, "Hello\n# Previous");
}

static void form_feed(void **state)
{
	struct page_frame f = frame_of("One\fTwo", 112);
	struct page page;

	assert_int_equal(page_make(&page, &f, 0), 0);
	assert_string_equal(page.text, "One\n* More");
	assert_int_equal(page_make(&page, &f, 1), 0);
	assert_string_equal(page.text, "Two\n# Previous\n0 Back");
	assert_true(page.last);
}

/* Everything of the body is on some page, once and in order (but for white space at cuts). */
static void check_all_there(const char *body, size_t max_octets)
{
	struct page_frame f = frame_of(body, max_octets);
	const char *at = body;
	struct page page;
	unsigned int n = 0;

	do {
		const char *text = page.text;
		size_t left;

		assert_int_equal(page_make(&page, &f, n), 0);
		assert_true(octets(page.text) <= max_octets);
		assert_int_equal(page.first, n == 0);
		left = strlen(page.text) - (page.last ? strlen("\n0 Back") : 0);
		if (!page.last || n > 0)
			left -= page.last ? strlen("\n# Previous")
				: n == 0  ? strlen("\n* More")
					  : strlen("\n* More # Previous");
		while (left > 0) {
			if (*at != *text) {
				assert_true(*at == ' ' || *at == '\n');
				at++;
				continue;
			}
			at++;
			text++;
			left--;
		}
		n++;
		assert_true(n <= PAGES_MAX);
	} while (!page.last);
	at += strspn(at, " \n");
	assert_int_equal(*at, '\0');
	assert_int_equal(page_count(&f), n);
}

static void every_length_and_limit(void **state)
{
	static const char *const alphabets[] = { "abcdefg hij\n", "\xe3\x81\x82\xe3\x81\x84 ",
						 "\xe2\x82\xac{x}", "a\xe8\xb3\xbc\n", "x" };
	static const size_t limits[] = { 60, 112, 114, 160 };

	for (size_t a = 0; a < ARRAY_SIZE(alphabets); a++) {
		char body[700] = "";

		for (size_t n = 0; n < 400; n++) {
			const char *alphabet = alphabets[a];
			char one[8] = "";
			size_t len = strlen(body), at = 0, take;

			/* The next character of the alphabet, round and round. */
			for (size_t i = 0; i <= n; i++) {
				take = 1;
				while (((unsigned char)alphabet[at + take] & 0xc0) == 0x80)
					take++;
				memcpy(one, alphabet + at, take);
				one[take] = '\0';
				at += take;
				if (!alphabet[at])
					at = 0;
			}
			if (len + take >= sizeof(body) || len > 500)
				break;
			strcat(body, one);
			if (n % 3 == 0 && one[0] != '\n' && one[0] != ' ')
				check_all_there(body, limits[n % ARRAY_SIZE(limits)]);
		}
	}
}

static void cuts_at_a_nice_place(void **state)
{
	struct page_frame f = frame_of("first line of some words\nsecond line of words", 40);
	struct page page;

	assert_int_equal(page_make(&page, &f, 0), 0);
	assert_string_equal(page.text, "first line of some words\n* More");
	f.body = "words without a line's end among them, only spaces";
	assert_int_equal(page_make(&page, &f, 0), 0);
	assert_string_equal(page.text, "words without a line's end among them,\n* More");
}

static void too_narrow(void **state)
{
	struct page page;

	for (size_t max_octets = 0; max_octets < 40; max_octets++) {
		struct page_frame f =
			frame_of("a text that is longer than that, by far", max_octets);
		int rc = page_make(&page, &f, 0);

		assert_true(rc == 0 || rc == -EMSGSIZE);
		if (rc == 0)
			assert_true(octets(page.text) <= max_octets);
		assert_true(page_count(&f) >= 1);
	}
}

static void endless_body_is_bounded(void **state)
{
	char body[4000];
	struct page_frame f = frame_of(body, 30);
	struct page page;

	memset(body, 'x', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	assert_int_equal(page_count(&f), PAGES_MAX);
	assert_int_equal(page_make(&page, &f, PAGES_MAX), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_page),
		cmocka_unit_test(neighbours_of_the_body),
		cmocka_unit_test(form_feed),
		cmocka_unit_test(every_length_and_limit),
		cmocka_unit_test(cuts_at_a_nice_place),
		cmocka_unit_test(too_narrow),
		cmocka_unit_test(endless_body_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
