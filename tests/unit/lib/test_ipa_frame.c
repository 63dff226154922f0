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
#include <osmocom/gsm/ipa.h>
#include <osmocom/gsm/tlv.h>
#include <osmocom/gsm/protocol/ipaccess.h>

#include "lib/ipa_frame.h"

/* A copy with nothing behind it, so that ASan sees a read too far. */
static uint8_t *exactly(const uint8_t *in, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, in, len);
	return copy;
}

static void test_header(void **state)
{
	static const uint8_t gsup[] = { 0x01, 0x01, 0xee, 0x05 }, ccm[] = { 0x00, 0x01, 0xfe };
	uint8_t out[4];

	assert_int_equal(ipa_frame_header(out, IPA_PROTO_OSMO, IPA_EXT_GSUP, 0x100), 4);
	assert_memory_equal(out, gsup, 4);
	assert_int_equal(ipa_frame_header(out, IPA_PROTO_CCM, 0, 1), 3);
	assert_memory_equal(out, ccm, 3);
	assert_int_equal(ipa_frame_header(out, IPA_PROTO_OSMO, 0, IPA_PAYLOAD_MAX - 1), 4);
	assert_int_equal(out[0], 0xff);
	assert_int_equal(out[1], 0xff);
}

static void test_take(void **state)
{
	static const uint8_t in[] = { 0x00, 0x03, 0xee, 0x05, 'a', 'b', 0x00, 0x01, 0xfe, 0x06 };
	struct ipa_frame frame;

	assert_int_equal(ipa_frame_take(&frame, in, sizeof(in), 2), 1);
	assert_int_equal(frame.proto, IPA_PROTO_OSMO);
	assert_int_equal(frame.ext, IPA_EXT_GSUP);
	assert_ptr_equal(frame.payload, in + 4);
	assert_int_equal(frame.payload_len, 2);
	assert_int_equal(frame.frame_len, 6);
	assert_int_equal(ipa_frame_take(&frame, in + 6, sizeof(in) - 6, 2), 1);
	assert_int_equal(frame.proto, IPA_PROTO_CCM);
	assert_int_equal(frame.ext, 0);
	assert_ptr_equal(frame.payload, in + 9);
	assert_int_equal(frame.payload_len, 1);
	assert_int_equal(frame.frame_len, 4);
}

static void test_every_truncation_waits(void **state)
{
	uint8_t in[4 + 300];
	struct ipa_frame frame;
	size_t len = ipa_frame_header(in, IPA_PROTO_OSMO, IPA_EXT_TEGATA, 300) + 300;

	memset(in + 4, 'x', 300);
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *copy = exactly(in, cut);

		assert_int_equal(ipa_frame_take(&frame, copy, cut, 300), 0);
		free(copy);
	}
	assert_int_equal(ipa_frame_take(&frame, in, len, 300), 1);
}

static void test_lengths_that_are_refused(void **state)
{
	static const uint8_t no_extension[] = { 0x00, 0x00, 0xee };
	static const uint8_t too_long[] = { 0x00, 0x66, 0xee }; /* 101 and the extension */
	static const uint8_t longest[] = { 0xff, 0xff, 0xfe };
	static const uint8_t empty[] = { 0x00, 0x00, 0xfe };
	struct ipa_frame frame;

	/* By the header alone: nobody waits for what will not be taken. */
	assert_int_equal(ipa_frame_take(&frame, no_extension, 3, 100), -EBADMSG);
	assert_int_equal(ipa_frame_take(&frame, too_long, 3, 100), -EBADMSG);
	assert_int_equal(ipa_frame_take(&frame, too_long, 3, 101), 0);
	assert_int_equal(ipa_frame_take(&frame, longest, 3, 1000), -EBADMSG);
	assert_int_equal(ipa_frame_take(&frame, longest, 3, IPA_PAYLOAD_MAX), 0);
	assert_int_equal(ipa_frame_take(&frame, empty, 3, 100), 1);
	assert_int_equal(frame.payload_len, 0);
	assert_int_equal(frame.frame_len, 3);
}

static void test_ccm_messages(void **state)
{
	static const uint8_t pong[] = { 0x00, 0x01, 0xfe, 0x01 };
	static const uint8_t id_get[] = { 0x00, 0x11, 0xfe, 0x04, 0x01, 0x08, 0x01,
					  0x07, 0x01, 0x02, 0x01, 0x03, 0x01, 0x04,
					  0x01, 0x05, 0x01, 0x01, 0x01, 0x00 };
	uint8_t out[256];

	assert_int_equal(ipa_ccm_build_simple(out, sizeof(out), IPA_CCM_PONG), 4);
	assert_memory_equal(out, pong, 4);
	assert_int_equal(ipa_ccm_build_simple(out, 3, IPA_CCM_PONG), -EMSGSIZE);
	/* What Osmocom's servers send. */
	assert_int_equal(ipa_ccm_build_id_get(out, sizeof(out)), sizeof(id_get));
	assert_memory_equal(out, id_get, sizeof(id_get));
	assert_int_equal(ipa_ccm_build_id_get(out, sizeof(id_get) - 1), -EMSGSIZE);
}

static void test_id_resp_in_every_size(void **state)
{
	uint8_t whole[512];
	char name[IPA_NAME_SIZE];
	int len = ipa_ccm_build_id_resp(whole, sizeof(whole), "EUSE-carrier");

	assert_true(len > 0);
	for (int size = 0; size <= len; size++) {
		uint8_t *out = malloc(size ? (size_t)size : 1);

		assert_int_equal(ipa_ccm_build_id_resp(out, (size_t)size, "EUSE-carrier"),
				 size == len ? len : -EMSGSIZE);
		free(out);
	}
	assert_int_equal(whole[3], IPA_CCM_ID_RESP);
	assert_int_equal(ipa_ccm_parse_name(name, whole + 4, (size_t)len - 4), 0);
	assert_string_equal(name, "EUSE-carrier");
}

/* libosmogsm reads our ID_RESP as OsmoHLR does. */
static void test_id_resp_as_osmocom_reads_it(void **state)
{
	uint8_t out[512];
	struct tlv_parsed tlv;
	int len = ipa_ccm_build_id_resp(out, sizeof(out), "EUSE-carrier");

	assert_true(len > 0);
	assert_int_equal(ipa_ccm_id_resp_parse(&tlv, out + 4, (unsigned int)len - 4), 0);
	assert_true(TLVP_PRESENT(&tlv, IPAC_IDTAG_SERNR));
	assert_int_equal(TLVP_LEN(&tlv, IPAC_IDTAG_SERNR), strlen("EUSE-carrier") + 1);
	assert_string_equal((const char *)TLVP_VAL(&tlv, IPAC_IDTAG_SERNR), "EUSE-carrier");
	assert_string_equal((const char *)TLVP_VAL(&tlv, IPAC_IDTAG_UNITNAME), "EUSE-carrier");
	assert_string_equal((const char *)TLVP_VAL(&tlv, IPAC_IDTAG_UNIT), "0/0/0");
}

struct resp {
	const char *octets;
	size_t len;
	int rc;
	const char *name;
};

#define RESP(octets, rc, name)                       \
	{                                            \
		octets, sizeof(octets) - 1, rc, name \
	}

static void test_names_of_peers(void **state)
{
	static const struct resp cases[] = {
		RESP("\0\5\0msc\0", 0, "msc"),
		RESP("\0\4\0msc", 0, "msc"), /* without its NUL */
		RESP("\0\5\1one\0", 0, "one"), /* no serial number */
		RESP("\0\5\1one\0\0\5\0two\0", 0, "two"),
		RESP("\0\5\0two\0\0\5\1one\0", 0, "two"),
		RESP("\0\1\0\0\5\1one\0", 0, "one"), /* an empty serial number */
		RESP("\0\3\x08zz\0\4\0msc", 0, "msc"),
		RESP("", -ENOENT, NULL),
		RESP("\0\1\0", -ENOENT, NULL),
		RESP("\0\2\0\0", -ENOENT, NULL),
		RESP("\0\3\x08zz", -ENOENT, NULL),
		RESP("\0\0", -EBADMSG, NULL), /* length 0: not even a tag */
		RESP("\0\0\0", -EBADMSG, NULL),
		RESP("\0\0\0msc", -EBADMSG, NULL),
		RESP("\0", -EBADMSG, NULL),
		RESP("\0\5\0msc", -EBADMSG, NULL),
		RESP("\xff\xff\0msc", -EBADMSG, NULL),
		RESP("\0\4\0msc\0", -EBADMSG, NULL), /* one octet more */
		RESP("\0\5\0m\0c\0", -EBADMSG, NULL), /* NUL within */
		RESP("\0\5\0m\nc\0", -EBADMSG, NULL),
		RESP("\0\5\0m\x80"
		     "c\0",
		     -EBADMSG, NULL),
		RESP("\0\5\1m\nc\0\0\5\0msc\0", -EBADMSG, NULL),
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t *copy = exactly((const uint8_t *)cases[i].octets, cases[i].len);
		char name[IPA_NAME_SIZE] = "untouched";
		int rc = ipa_ccm_parse_name(name, copy, cases[i].len);

		free(copy);
		assert_int_equal(rc, cases[i].rc);
		if (rc == 0)
			assert_string_equal(name, cases[i].name);
	}
}

static void test_long_names(void **state)
{
	uint8_t value[IPA_NAME_SIZE + 1];
	char name[IPA_NAME_SIZE];

	memset(value, 'n', sizeof(value));
	assert_int_equal(ipa_name_copy(name, value, IPA_NAME_SIZE - 1), 0);
	assert_int_equal(strlen(name), IPA_NAME_SIZE - 1);
	assert_int_equal(ipa_name_copy(name, value, IPA_NAME_SIZE), -EMSGSIZE);
	value[IPA_NAME_SIZE - 1] = '\0';
	assert_int_equal(ipa_name_copy(name, value, IPA_NAME_SIZE), 0);
	assert_int_equal(strlen(name), IPA_NAME_SIZE - 1);
	assert_int_equal(ipa_name_copy(name, value, 0), 0);
	assert_string_equal(name, "");
}

static void test_id_resp_truncated_at_every_length(void **state)
{
	uint8_t out[512];
	char name[IPA_NAME_SIZE];
	int len = ipa_ccm_build_id_resp(out, sizeof(out), "EUSE-carrier");

	/* The serial number stands last and the unit name before it. */
	for (int cut = 4; cut < len; cut++) {
		uint8_t *copy = exactly(out + 4, (size_t)cut - 4);
		int rc = ipa_ccm_parse_name(name, copy, (size_t)cut - 4);

		free(copy);
		if (rc == 0)
			assert_string_equal(name, "EUSE-carrier"); /* the unit name was whole */
		else
			assert_true(rc == -EBADMSG || rc == -ENOENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_every_truncation_waits),
		cmocka_unit_test(test_lengths_that_are_refused),
		cmocka_unit_test(test_ccm_messages),
		cmocka_unit_test(test_id_resp_in_every_size),
		cmocka_unit_test(test_id_resp_as_osmocom_reads_it),
		cmocka_unit_test(test_names_of_peers),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_id_resp_truncated_at_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
