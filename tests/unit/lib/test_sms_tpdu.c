/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <osmocom/core/utils.h>

#include "lib/sms_tpdu.h"

/* At the end of a block of its own, so that a sanitizer sees every octet behind it. */
static int decode(struct sms_tpdu *t, bool from_phone, const uint8_t *in, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	int rc;

	memcpy(copy, in, len);
	rc = sms_tpdu_decode(t, from_phone, false, copy, len);
	free(copy);
	return rc;
}

static int decode_hex(struct sms_tpdu *t, bool from_phone, const char *hex)
{
	uint8_t in[256];

	return decode(t, from_phone, in, osmo_hexparse(hex, in, sizeof(in)));
}

static void assert_text(const struct sms_tpdu *t, const char *text)
{
	char utf8[SMS_TEXT_SIZE];

	assert_true(sms_text_decode(utf8, sizeof(utf8), sms_charset_of_tpdu(t->dcs), t->text,
				    t->n_text) >= 0);
	assert_string_equal(utf8, text);
}

static void assert_hex(const uint8_t *octets, int len, const char *hex)
{
	assert_true(len > 0);
	assert_string_equal(osmo_hexdump_nospc(octets, len), hex);
}

#define DELIVER_HEX "040b911346610089f60000208062917314080cc8f71d14969741f977fd07"
#define SUBMIT_HEX "11000b916407281553f80000aa0ae8329bfd4697d9ec37"

/* Messages of the field, as handsets and modems print them. */
static void test_known(void **state)
{
	uint8_t out[SMS_TPDU_MAX_SIZE];
	struct sms_tpdu t;

	assert_int_equal(decode_hex(&t, false, DELIVER_HEX), 0);
	assert_int_equal(t.type, SMS_DELIVER);
	assert_int_equal(t.number.ton, SMS_TON_INTERNATIONAL);
	assert_string_equal(t.number.digits, "31641600986");
	assert_false(t.more);
	assert_text(&t, "How are you?");
	assert_hex(out, sms_tpdu_encode(out, sizeof(out), &t), DELIVER_HEX);

	assert_int_equal(decode_hex(&t, true, SUBMIT_HEX), 0);
	assert_int_equal(t.type, SMS_SUBMIT);
	assert_string_equal(t.number.digits, "46708251358");
	assert_true(t.has_validity);
	assert_int_equal(t.validity, 0xaa);
	assert_text(&t, "hellohello");
	assert_hex(out, sms_tpdu_encode(out, sizeof(out), &t), SUBMIT_HEX);
}

/* Every length of text, with a header and without, in both codings. */
static void test_there_and_back(void **state)
{
	uint8_t out[SMS_TPDU_MAX_SIZE];
	struct sms_tpdu t = { .type = SMS_SUBMIT }, back;
	int coding, header, n, len;

	strcpy(t.number.digits, "188");
	for (coding = 0; coding <= 8; coding += 8) {
		for (header = 0; header <= SMS_CONCAT_SIZE; header += SMS_CONCAT_SIZE) {
			const int max = coding ? 140 - header : header ? 153 : 160;

			t.dcs = coding;
			t.n_header = header;
			sms_concat_put(t.header, 1, 2, 1);
			for (n = 0; n <= max; n++) {
				memset(t.text, 'a' + n % 26, sizeof(t.text));
				t.n_text = n;
				len = sms_tpdu_encode(out, sizeof(out), &t);
				assert_true(len > 0);
				assert_int_equal(decode(&back, true, out, len), 0);
				assert_int_equal(back.n_header, header);
				assert_memory_equal(back.header, t.header, header);
				assert_int_equal(back.n_text, n);
				assert_memory_equal(back.text, t.text, n);
			}
			t.n_text = max + 1;
			assert_int_equal(sms_tpdu_encode(out, sizeof(out), &t), -EMSGSIZE);
		}
	}
}

static void test_reports(void **state)
{
	uint8_t out[SMS_TPDU_MAX_SIZE];
	struct sms_tpdu t = { .type = SMS_STATUS_REPORT, .reference = 42, .status = 0x45 }, back;
	int len;

	t.number = (struct sms_number){ 1, 1, "819012345678" };
	sms_time_put(t.time, 1795363200);
	sms_time_put(t.discharge_time, 1795363261);
	len = sms_tpdu_encode(out, sizeof(out), &t);
	assert_int_equal(decode(&back, false, out, len), 0);
	assert_int_equal(back.type, SMS_STATUS_REPORT);
	assert_int_equal(back.reference, 42);
	assert_int_equal(back.status, 0x45);
	assert_memory_equal(back.time, "\x62\x11\x22\x61\x00\x00\x00", 7);
	assert_memory_equal(back.discharge_time, "\x62\x11\x22\x61\x10\x10\x00", 7);

	t = (struct sms_tpdu){ .type = SMS_SUBMIT_REPORT, .failed = true, .failure = 0xd0 };
	len = sms_tpdu_encode(out, sizeof(out), &t);
	assert_int_equal(sms_tpdu_decode(&back, false, true, out, len), 0);
	assert_int_equal(back.failure, 0xd0);
	t = (struct sms_tpdu){ .type = SMS_DELIVER_REPORT };
	len = sms_tpdu_encode(out, sizeof(out), &t);
	assert_int_equal(decode(&back, true, out, len), 0);
	assert_int_equal(back.type, SMS_DELIVER_REPORT);
}

static void test_numbers(void **state)
{
	uint8_t out[SMS_TPDU_MAX_SIZE];
	struct sms_tpdu t = { .type = SMS_DELIVER }, back;
	int len;

	t.number = (struct sms_number){ SMS_TON_ALPHANUMERIC, 0, "Tegata Ltd." };
	len = sms_tpdu_encode(out, sizeof(out), &t);
	assert_int_equal(decode(&back, false, out, len), 0);
	assert_string_equal(back.number.digits, "Tegata Ltd.");
	strcpy(t.number.digits, "Tegata Ltd. ");
	assert_int_equal(sms_tpdu_encode(out, sizeof(out), &t), -EINVAL);
	t.number = (struct sms_number){ 0, 1, "*#abc0123456789*#abc" };
	len = sms_tpdu_encode(out, sizeof(out), &t);
	assert_int_equal(decode(&back, false, out, len), 0);
	assert_string_equal(back.number.digits, t.number.digits);
	strcpy(t.number.digits, "12+");
	assert_int_equal(sms_tpdu_encode(out, sizeof(out), &t), -EINVAL);
	/* 21 digits, an unfilled half, a fill in the middle, no extension bit */
	assert_int_equal(decode_hex(&t, true, "110015810000000000000000000000f00000aa00"),
			 -EBADMSG);
	assert_int_equal(decode_hex(&t, true, "1100038118000000aa00"), -EBADMSG);
	assert_int_equal(decode_hex(&t, true, "11000381f8f10000aa00"), -EBADMSG);
	assert_int_equal(decode_hex(&t, true, "1100030181f80000aa00"), -EBADMSG);
}

static void test_truncated(void **state)
{
	static const char *const whole[] = {
		DELIVER_HEX, SUBMIT_HEX,
		"51000b916407281553f80000aa0f050003010201c2e231b96c3e93"
		"c3"
	};
	uint8_t in[256];
	struct sms_tpdu t;
	int i, n, len;

	for (i = 0; i < 3; i++) {
		len = osmo_hexparse(whole[i], in, sizeof(in));
		for (n = 0; n < len; n++)
			assert_int_equal(decode(&t, i > 0, in, n), -EBADMSG);
	}
	/* a header longer than the user data; user data longer than there may be */
	assert_int_equal(decode_hex(&t, true, "51000381f8f80000aa02ff00"), -EBADMSG);
	memset(in, 0, sizeof(in));
	memcpy(in, "\x11\x00\x03\x81\x21\xf3\x00\x04\xaa\xff", 10);
	assert_int_equal(decode(&t, true, in, sizeof(in)), -EBADMSG);
	memcpy(in, "\x11\x00\x03\x81\x21\xf3\x00\x00\xaa\xa1", 10);
	assert_int_equal(decode(&t, true, in, sizeof(in)), -EBADMSG);
	assert_int_equal(decode_hex(&t, true, "0200"), -ENOTSUP);
	assert_int_equal(decode_hex(&t, false, "0300"), -ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),	  cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_reports),	  cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
