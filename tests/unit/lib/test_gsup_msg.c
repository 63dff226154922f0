/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages to octets and back, and octets that are none. */
#include "gsup_msg_samples.h"

static void test_octets_of_a_message(void **state)
{
	static const uint8_t expected[] = {
		0x00, 0x27, 0xee, 0x05, /* IPA: length, protocol, extension */
		0x20, /* PROC_SS_REQUEST */
		0x01, 0x08, 0x00, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0xf1, /* IMSI */
		0x30, 0x04, 0x80, 0xab, 0xcd, 0xef, /* session id */
		0x31, 0x01, 0x02, /* CONTINUE */
		0x35, 0x05, 0xa2, 0x03, 0x02, 0x01, 0x07, /* component */
		0x0a, 0x01, 0x03, /* USSD */
		0x61, 0x06, 'M',  'S',	'C',  '-',  '1',  '\0',
	};
	struct gsup_msg msg = full_message();
	uint8_t out[GSUP_MSG_MAX_SIZE];

	msg.msisdn[0] = msg.source_name[0] = '\0';
	msg.cause = msg.cn_domain = 0;
	assert_int_equal(gsup_msg_encode(out, sizeof(out), &msg), sizeof(expected));
	assert_memory_equal(out, expected, sizeof(expected));
}

static void test_round_trip(void **state)
{
	struct gsup_msg msg = full_message(), back;
	uint8_t out[GSUP_MSG_MAX_SIZE];
	int len = gsup_msg_encode(out, sizeof(out), &msg);

	assert_true(len > 0);
	assert_int_equal(gsup_msg_decode(&back, out + HEADER, (size_t)len - HEADER), 0);
	assert_same(&back, &msg);
	assert_non_null(back.ss_info);
}

static void test_round_trip_of_short_messages(void **state)
{
	static const char digits[] = "0123456789*#abc01234";
	struct gsup_msg msg = sm_message(), back;
	uint8_t out[GSUP_MSG_MAX_SIZE];

	for (size_t n = 1; n < sizeof(digits); n++) {
		int len;

		osmo_strlcpy(msg.sm_rp_da.digits, digits, n + 1);
		len = gsup_msg_encode(out, sizeof(out), &msg);
		assert_true(len > 0);
		assert_int_equal(decode(&back, out + HEADER, (size_t)len - HEADER), 0);
		assert_same(&back, &msg);
	}
	msg.sm_rp_oa = (struct gsup_sm_address){ OSMO_GSUP_SMS_SM_RP_ODA_NULL, 0, "" };
	msg.sm_rp_da =
		(struct gsup_sm_address){ OSMO_GSUP_SMS_SM_RP_ODA_IMSI, 0, "001010000000001" };
	msg.has_sm_rp_mr = msg.has_sm_rp_mms = msg.sm_rp_mms = msg.has_sm_rp_cause = false;
	msg.sm_rp_cause = msg.sm_alert_reason = 0;
	assert_int_equal(decode(&back, out + HEADER,
				(size_t)gsup_msg_encode(out, sizeof(out), &msg) - HEADER),
			 0);
	assert_same(&back, &msg);
}

static void test_addresses_that_cannot_be_encoded(void **state)
{
	static const struct gsup_sm_address bad[] = {
		{ OSMO_GSUP_SMS_SM_RP_ODA_MSISDN, GSUP_TON_INTERNATIONAL, "" },
		{ OSMO_GSUP_SMS_SM_RP_ODA_NULL, 0, "1" },
		{ OSMO_GSUP_SMS_SM_RP_ODA_SMSC_ADDR, 0x81, "+188" },
		{ OSMO_GSUP_SMS_SM_RP_ODA_SMSC_ADDR, 0x81, "Tegata" },
	};
	uint8_t out[GSUP_MSG_MAX_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct gsup_msg msg = sm_message();

		msg.sm_rp_da = bad[i];
		assert_int_equal(gsup_msg_encode(out, sizeof(out), &msg), -EINVAL);
		msg = sm_message();
		msg.sm_rp_oa = bad[i];
		assert_int_equal(gsup_msg_encode(out, sizeof(out), &msg), -EINVAL);
	}
}

static void encoding_into_every_size(struct gsup_msg msg)
{
	uint8_t whole[GSUP_MSG_MAX_SIZE];
	int len = gsup_msg_encode(whole, sizeof(whole), &msg);

	for (int size = 0; size <= len; size++) {
		uint8_t *out = malloc((size_t)size + !size);

		assert_int_equal(gsup_msg_encode(out, (size_t)size, &msg),
				 size == len ? len : -EMSGSIZE);
		free(out);
	}
}

static void test_what_cannot_be_encoded(void **state)
{
	static const char *const bad_imsis[] = { "", "12345", "1234567890123456",
						 "00101000000000a" };
	static uint8_t long_component[256];
	uint8_t out[GSUP_MSG_MAX_SIZE];
	struct gsup_msg msg = full_message();

	for (size_t i = 0; i < ARRAY_SIZE(bad_imsis); i++) {
		strcpy(msg.imsi, bad_imsis[i]);
		assert_int_equal(gsup_msg_encode(out, sizeof(out), &msg), -EINVAL);
	}
	msg = full_message();
	strcpy(msg.msisdn, "+819012345678");
	assert_int_equal(gsup_msg_encode(out, sizeof(out), &msg), -EINVAL);
	msg = full_message();
	msg.type = 0;
	assert_int_equal(gsup_msg_encode(out, sizeof(out), &msg), -EINVAL);
	msg = full_message();
	msg.ss_info = long_component;
	msg.ss_info_len = 255;
	assert_true(gsup_msg_encode(out, sizeof(out), &msg) > 0);
	msg.ss_info_len = 256;
	assert_int_equal(gsup_msg_encode(out, sizeof(out), &msg), -EMSGSIZE);
}

static void test_encoding_into_every_size(void **state)
{
	encoding_into_every_size(full_message());
	encoding_into_every_size(sm_message());
}

/* Cut anywhere, a message is refused, or is one of which the last IEs are not there. */
static void test_truncated_at_every_length(void **state)
{
	struct gsup_msg msg = full_message(), back;
	uint8_t out[GSUP_MSG_MAX_SIZE];
	int len = gsup_msg_encode(out, sizeof(out), &msg) - HEADER;
	int n_whole = 0;

	for (int cut = 0; cut < len; cut++) {
		int rc = decode(&back, out + HEADER, (size_t)cut);

		if (rc == 0)
			n_whole++;
		else
			assert_int_equal(rc, -EBADMSG);
	}
	assert_int_equal(n_whole, 9); /* behind the IMSI, and behind each IE but the last */
}

/* Every octet changed to every value: no answer but these three. */
static void altered_in_every_octet(struct gsup_msg msg)
{
	struct gsup_msg back;
	uint8_t out[GSUP_MSG_MAX_SIZE];
	int len = gsup_msg_encode(out, sizeof(out), &msg) - HEADER;

	for (int i = 0; i < len; i++) {
		uint8_t right = out[HEADER + i];

		for (int wrong = 0; wrong < 256; wrong++) {
			int rc;

			out[HEADER + i] = (uint8_t)wrong;
			rc = decode(&back, out + HEADER, (size_t)len);
			assert_true(rc == 0 || rc == -EBADMSG || rc == -EMSGSIZE);
			assert_true(strlen(back.imsi) < sizeof(back.imsi));
		}
		out[HEADER + i] = right;
	}
}

static void test_altered_in_every_octet(void **state)
{
	altered_in_every_octet(full_message());
	altered_in_every_octet(sm_message());
}

struct received {
	const char *octets;
	size_t len;
	int rc;
};

#define RECEIVED(octets, rc)                   \
	{                                      \
		octets, sizeof(octets) - 1, rc \
	}
#define IMSI "\x01\x08\x00\x01\x01\x00\x00\x00\x00\xf1"

static void test_what_is_refused(void **state)
{
	static const struct received cases[] = {
		RECEIVED("", -EBADMSG),
		RECEIVED("\x20", -EBADMSG), /* whose? */
		RECEIVED("\x20\x0a\x01\x03" IMSI, -EBADMSG), /* the subscriber comes first */
		RECEIVED("\x20\x01\x00", -EBADMSG),
		RECEIVED("\x20\x01\x02\x21\x43", -EBADMSG), /* four digits */
		RECEIVED("\x20\x01\x03\x21\x43\x65", 0), /* six */
		RECEIVED("\x20\x01\x08\x00\x01\x01\x00\x00\x00\x00\x21", -EMSGSIZE), /* sixteen */
		RECEIVED("\x20\x01\x09\x00\x01\x01\x00\x00\x00\x00\x00\xf1", -EMSGSIZE),
		RECEIVED("\x20\x01\x08\x00\x01\x01\x00\xf0\x00\x00\xf1", -EBADMSG), /* a gap */
		RECEIVED("\x20\x01\x08\x00\x0a\x01\x00\x00\x00\x00\xf1", -EBADMSG), /* "*" */
		RECEIVED("\x20" IMSI IMSI, -EBADMSG), /* two subscribers */
		RECEIVED("\x20" IMSI "\x08\x03\x02\x21\x43\x08\x03\x02\x21\x43", -EBADMSG),
		RECEIVED("\x20" IMSI "\x35\x01x\x35\x01y", -EBADMSG), /* two texts */
		RECEIVED("\x20" IMSI "\x30\x03\x01\x02\x03", -EBADMSG), /* short session id */
		RECEIVED("\x20" IMSI "\x30\x05\x01\x02\x03\x04\x05", -EBADMSG),
		RECEIVED("\x20" IMSI "\x31\x01\x04", -EBADMSG), /* no such state */
		RECEIVED("\x20" IMSI "\x31\x00", -EBADMSG),
		RECEIVED("\x20" IMSI "\x0a\x00", -EBADMSG),
		RECEIVED("\x20" IMSI "\x0a\x02\x00\x03", -EBADMSG),
		RECEIVED("\x20" IMSI "\x08\x03\x03\x21\x43", -EBADMSG), /* inner length */
		RECEIVED("\x20" IMSI "\x08\x0a\x09\x21\x43\x65\x87\x09\x21\x43\x65\x87", -EMSGSIZE),
		RECEIVED("\x20" IMSI "\x60\x05MSC\n", -EBADMSG),
		RECEIVED("\x20" IMSI "\x60\x04MSC\n", -EBADMSG),
		RECEIVED("\x20" IMSI "\x60\x05M\0C\0", -EBADMSG),
		RECEIVED("\x20" IMSI "\x60", -EBADMSG),
		RECEIVED("\x20" IMSI "\x60\xff", -EBADMSG),
		RECEIVED("\x24" IMSI "\x40\x00", -EBADMSG), /* no reference */
		RECEIVED("\x24" IMSI "\x40\x01\x01\x40\x01\x01", -EBADMSG), /* two */
		RECEIVED("\x24" IMSI "\x41\x00", -EBADMSG), /* no kind of address */
		RECEIVED("\x24" IMSI "\x41\x01\x00", -EBADMSG), /* no such kind */
		RECEIVED("\x24" IMSI "\x41\x02\xff\x91", -EBADMSG), /* none, but something */
		RECEIVED("\x24" IMSI "\x41\x01\x03", -EBADMSG), /* no type of number */
		RECEIVED("\x24" IMSI "\x41\x02\x03\x91", -EBADMSG), /* no digits */
		RECEIVED("\x24" IMSI "\x41\x03\x03\x11\x21", -EBADMSG), /* more of the type */
		RECEIVED("\x24" IMSI "\x41\x04\x03\x91\x2f\x43", -EBADMSG), /* a gap */
		RECEIVED("\x24" IMSI "\x41\x0d\x03\x91\0\0\0\0\0\0\0\0\0\0\0", -EMSGSIZE),
		RECEIVED("\x24" IMSI "\x44\x00", -EBADMSG), /* no cause */
		RECEIVED("\x24" IMSI "\x45\x00", -EBADMSG),
		RECEIVED("\x24" IMSI "\x46\x02\x01\x02", -EBADMSG),
	};
	struct gsup_msg msg;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(decode(&msg, cases[i].octets, cases[i].len), cases[i].rc);
}

static void test_what_is_taken(void **state)
{
	static const struct received cases[] = {
		RECEIVED("\x20" IMSI, 0),
		RECEIVED("\x20" IMSI "\x08\x00", 0), /* no number */
		RECEIVED("\x20" IMSI "\x08\x01\x00", 0),
		RECEIVED("\x20" IMSI "\x60\x03MSC", 0), /* a name without its NUL */
		RECEIVED("\x20" IMSI "\x60\x00", 0),
		RECEIVED("\x20" IMSI "\x35\x00", 0),
		RECEIVED("\x20" IMSI "\xf0\x02zz\xf0\x02zz", 0), /* not ours: skipped */
		RECEIVED("\x20" IMSI "\x03\x02zz\x03\x02zz", 0), /* a list of another service */
	};
	struct gsup_msg msg;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(decode(&msg, cases[i].octets, cases[i].len), 0);
		assert_string_equal(msg.imsi, "001010000000001");
		assert_string_equal(msg.msisdn, "");
	}
}

static void test_names_of_every_length(void **state)
{
	for (size_t n = 1; n < 80; n++) {
		uint8_t in[100] = "\x20" IMSI "\x61";
		size_t len = sizeof("\x20" IMSI "\x61") - 1;
		struct gsup_msg msg;

		in[len++] = (uint8_t)n;
		memset(in + len, 'n', n);
		assert_int_equal(decode(&msg, in, len + n), n < IPA_NAME_SIZE ? 0 : -EMSGSIZE);
		if (n < IPA_NAME_SIZE)
			assert_int_equal(strlen(msg.destination_name), n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_octets_of_a_message),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_round_trip_of_short_messages),
		cmocka_unit_test(test_addresses_that_cannot_be_encoded),
		cmocka_unit_test(test_encoding_into_every_size),
		cmocka_unit_test(test_what_cannot_be_encoded),
		cmocka_unit_test(test_truncated_at_every_length),
		cmocka_unit_test(test_altered_in_every_octet),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_what_is_taken),
		cmocka_unit_test(test_names_of_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
