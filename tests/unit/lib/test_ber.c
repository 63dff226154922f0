/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "lib/ber.h"

static void test_lengths_by_form(void **state)
{
	static const size_t lengths[] = { 0, 1, 127, 128, 255, 256, 1000, 65535 };
	static const size_t headers[] = { 2, 2, 2, 3, 3, 4, 4, 4 };
	static uint8_t content[65535], buf[65540];

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct ber_out out;
		struct ber_in in, value;
		uint8_t tag;

		ber_out_init(&out, buf, headers[i] + lengths[i]);
		ber_put(&out, content, lengths[i]);
		ber_put_header(&out, 0x30, lengths[i]);
		assert_false(out.overflow);
		assert_int_equal(out.len, headers[i] + lengths[i]);
		assert_int_equal(out.room, 0);
		in = (struct ber_in){ .octets = buf, .left = out.len };
		assert_int_equal(ber_take(&in, &tag, &value), 0);
		assert_int_equal(tag, 0x30);
		assert_int_equal(value.left, lengths[i]);
		assert_ptr_equal(value.octets, buf + headers[i]);
		assert_int_equal(in.left, 0);
	}
}

static void test_every_small_room(void **state)
{
	for (size_t size = 0; size < 3 + 200; size++) {
		uint8_t content[200] = { 0 }, *buf = malloc(size + !size);
		struct ber_out out;

		ber_out_init(&out, buf, size);
		ber_put(&out, content, sizeof(content));
		ber_put_header(&out, 0x30, sizeof(content));
		assert_true(out.overflow);
		free(buf);
	}
}

struct element {
	const char *octets;
	size_t len;
	int rc;
	size_t content;
};

#define ELEMENT(octets, rc, content)                    \
	{                                               \
		octets, sizeof(octets) - 1, rc, content \
	}

static void test_elements(void **state)
{
	static const struct element cases[] = {
		ELEMENT("\x04\x00", 0, 0),
		ELEMENT("\x04\x01x", 0, 1),
		ELEMENT("\x04\x01xyz", 0, 1), /* what follows is another's */
		ELEMENT("\x04\x81\x01x", 0, 1), /* longer than needed: BER allows it */
		ELEMENT("\x04\x82\x00\x01x", 0, 1),
		ELEMENT("", -EBADMSG, 0),
		ELEMENT("\x04", -EBADMSG, 0),
		ELEMENT("\x04\x01", -EBADMSG, 0),
		ELEMENT("\x04\x7fx", -EBADMSG, 0),
		ELEMENT("\x04\x81", -EBADMSG, 0),
		ELEMENT("\x04\x81\x02x", -EBADMSG, 0),
		ELEMENT("\x04\x82\x00", -EBADMSG, 0),
		ELEMENT("\x04\x82\x00\x02x", -EBADMSG, 0),
		ELEMENT("\x04\x82\xff\xffx", -EBADMSG, 0),
		ELEMENT("\x30\x80\x04\x01x\x00\x00", -EBADMSG, 0), /* indefinite */
		ELEMENT("\x04\x83\x00\x00\x01x", -EBADMSG, 0),
		ELEMENT("\x04\x84\x00\x00\x00\x01x", -EBADMSG, 0),
		ELEMENT("\x04\xff\x01x", -EBADMSG, 0),
		ELEMENT("\x1f\x01x", -EBADMSG, 0), /* a tag of several octets */
		ELEMENT("\xbf\x81\x01\x01x", -EBADMSG, 0),
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t *copy = malloc(cases[i].len + !cases[i].len), tag;
		struct ber_in in = { .octets = copy, .left = cases[i].len }, content;

		memcpy(copy, cases[i].octets, cases[i].len);
		assert_int_equal(ber_take(&in, &tag, &content), cases[i].rc);
		if (cases[i].rc == 0)
			assert_int_equal(content.left, cases[i].content);
		free(copy);
	}
}

static void test_expected_tags(void **state)
{
	static const uint8_t octets[] = { 0x02, 0x01, 0x2a, 0x02, 0x02, 0x00, 0x2a };
	struct ber_in in = { .octets = octets, .left = sizeof(octets) }, content;
	uint8_t value;

	assert_int_equal(ber_take_octet(&in, 0x02, &value), 0);
	assert_int_equal(value, 0x2a);
	assert_int_equal(ber_take_octet(&in, 0x02, &value), -EBADMSG); /* two octets */
	in = (struct ber_in){ .octets = octets, .left = sizeof(octets) };
	assert_int_equal(ber_take_octet(&in, 0x04, &value), -EBADMSG);
	in = (struct ber_in){ .octets = octets, .left = sizeof(octets) };
	assert_int_equal(ber_take_tagged(&in, 0x02, &content), 0);
	assert_int_equal(ber_take_tagged(&in, 0x30, &content), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths_by_form),
		cmocka_unit_test(test_every_small_room),
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_expected_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
