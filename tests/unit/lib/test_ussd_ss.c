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
#include <osmocom/gsm/gsm0480.h>

#include "lib/gsm_text.h"
#include "lib/ussd_ss.h"

static struct ussd_ss component(enum ussd_ss_kind kind, uint8_t op, const char *text)
{
	struct ussd_ss ss = { .kind = kind, .invoke_id = 7, .op = op, .has_text = text };

	if (text)
		snprintf(ss.text, sizeof(ss.text), "%s", text);
	return ss;
}

/* From a copy with nothing behind it, so that ASan sees a read too far. */
static int decode(struct ussd_ss *ss, const void *in, size_t len)
{
	uint8_t *copy = malloc(len + !len);
	int rc;

	memcpy(copy, in, len);
	rc = ussd_ss_decode(ss, copy, len);
	free(copy);
	return rc;
}

static void assert_round_trip(const struct ussd_ss *ss)
{
	uint8_t out[USSD_SS_MAX_SIZE];
	struct ussd_ss back;
	int len = ussd_ss_encode(out, sizeof(out), ss, USSD_OCTETS_DIRECT);

	assert_true(len > 0);
	assert_int_equal(decode(&back, out, (size_t)len), 0);
	assert_int_equal(back.kind, ss->kind);
	assert_int_equal(back.invoke_id, ss->invoke_id);
	assert_int_equal(back.has_text, ss->has_text);
	assert_string_equal(back.text, ss->text);
}

static void test_octets_of_a_dialogue(void **state)
{
	/* Invoke of processUnstructuredSS-Request with "*188#", octet by octet of TS 24.080. */
	static const uint8_t invoke[] = { 0xa1, 0x12, 0x02, 0x01, 0x07, 0x02, 0x01,
					  0x3b, 0x30, 0x0a, 0x04, 0x01, 0x0f, 0x04,
					  0x05, 0xaa, 0x18, 0x0e, 0x37, 0x02 };
	static const uint8_t result[] = { 0xa2, 0x10, 0x02, 0x01, 0x07, 0x30, 0x0b, 0x02, 0x01,
					  0x3c, 0x30, 0x06, 0x04, 0x01, 0x0f, 0x04, 0x01, 0x31 };
	struct ussd_ss ss = component(USSD_SS_INVOKE, USSD_OP_PROCESS_UNSTRUCTURED_SS, "*188#");
	uint8_t out[USSD_SS_MAX_SIZE];

	assert_int_equal(ussd_ss_encode(out, sizeof(out), &ss, 160), sizeof(invoke));
	assert_memory_equal(out, invoke, sizeof(invoke));
	ss = component(USSD_SS_RETURN_RESULT, USSD_OP_UNSTRUCTURED_SS_REQUEST, "1");
	assert_int_equal(ussd_ss_encode(out, sizeof(out), &ss, 160), sizeof(result));
	assert_memory_equal(out, result, sizeof(result));
	assert_int_equal(decode(&ss, invoke, sizeof(invoke)), 0);
	assert_int_equal(ss.kind, USSD_SS_INVOKE);
	assert_int_equal(ss.op, 59);
	assert_int_equal(ss.invoke_id, 7);
	assert_int_equal(ss.dcs, GSM_DCS_DEFAULT);
	assert_string_equal(ss.text, "*188#");
}

static void test_round_trips(void **state)
{
	static const uint8_t ops[] = { 59, 60, 61 };
	static const char *const texts[] = { "", "1", "1234567", "Guthaben: 5,00 €", "残高 500円" };
	struct ussd_ss ss;

	for (size_t o = 0; o < ARRAY_SIZE(ops); o++) {
		for (size_t t = 0; t < ARRAY_SIZE(texts); t++) {
			ss = component(USSD_SS_INVOKE, ops[o], texts[t]);
			assert_round_trip(&ss);
			ss = component(USSD_SS_RETURN_RESULT, ops[o], texts[t]);
			assert_round_trip(&ss);
		}
	}
	ss = component(USSD_SS_RETURN_RESULT, USSD_OP_OTHER, NULL);
	assert_round_trip(&ss);
	ss = component(USSD_SS_RETURN_ERROR, 0, NULL);
	ss.error = 0x15;
	assert_round_trip(&ss);
	ss = component(USSD_SS_REJECT, 0, NULL);
	ss.error = 0x01;
	assert_round_trip(&ss);
}

static void test_every_length_of_text(void **state)
{
	char text[184];

	for (size_t n = 0; n <= 183; n++) {
		struct ussd_ss ss = component(USSD_SS_INVOKE, 60, "");
		uint8_t out[USSD_SS_MAX_SIZE];

		memset(text, '1', n);
		text[n] = '\0';
		snprintf(ss.text, sizeof(ss.text), "%s", text);
		if (n == 183)
			assert_int_equal(ussd_ss_encode(out, sizeof(out), &ss, 160), -EMSGSIZE);
		else
			assert_round_trip(&ss);
	}
}

/* The limits of OsmoHLR keep every length in one octet. */
static void test_limits_keep_to_short_lengths(void **state)
{
	uint8_t out[USSD_SS_MAX_SIZE];
	struct ussd_ss ss = component(USSD_SS_RETURN_RESULT, 59, "");

	memset(ss.text, 'a', 128);
	assert_int_equal(ussd_ss_encode(out, sizeof(out), &ss, USSD_OCTETS_HLR_RESULT), 129);
	assert_int_equal(out[1], 127);
	ss.text[128] = 'a';
	assert_int_equal(ussd_ss_encode(out, sizeof(out), &ss, USSD_OCTETS_HLR_RESULT), -EMSGSIZE);
	ss = component(USSD_SS_INVOKE, 60, "");
	memset(ss.text, 'a', 130);
	assert_int_equal(ussd_ss_encode(out, sizeof(out), &ss, USSD_OCTETS_HLR_REQUEST), 129);
	assert_int_equal(out[1], 127);
}

static void test_encoding_into_every_size(void **state)
{
	struct ussd_ss ss = component(USSD_SS_RETURN_RESULT, 59, "");
	uint8_t whole[USSD_SS_MAX_SIZE];
	int len;

	memset(ss.text, 'x', 182); /* as long as they get */
	len = ussd_ss_encode(whole, sizeof(whole), &ss, USSD_OCTETS_DIRECT);
	assert_in_range(len, 1, USSD_SS_MAX_SIZE);
	for (int size = 0; size <= len; size++) {
		uint8_t *out = malloc((size_t)size + !size);

		assert_int_equal(ussd_ss_encode(out, (size_t)size, &ss, USSD_OCTETS_DIRECT),
				 size == len ? len : -EMSGSIZE);
		if (size == len)
			assert_memory_equal(out, whole, (size_t)len);
		free(out);
	}
	strcpy(ss.text, "\xff");
	assert_int_equal(ussd_ss_encode(whole, sizeof(whole), &ss, 160), -EILSEQ);
}

static void test_truncated_at_every_length(void **state)
{
	struct ussd_ss ss = component(USSD_SS_INVOKE, 59, ""), back;
	uint8_t out[USSD_SS_MAX_SIZE];
	int len;

	for (size_t text_len = 5; text_len < 180; text_len += 170) {
		memset(ss.text, '1', text_len);
		len = ussd_ss_encode(out, sizeof(out), &ss, 160);
		for (int cut = 0; cut < len; cut++)
			assert_int_equal(decode(&back, out, (size_t)cut), -EBADMSG);
		assert_int_equal(decode(&back, out, (size_t)len), 0);
	}
}

struct received {
	const char *octets;
	size_t len;
	int rc;
	enum ussd_ss_kind kind;
	uint8_t invoke_id, op, error;
	const char *text; /* NULL: none */
};

#define RECEIVED(octets, ...)                           \
	{                                               \
		octets, sizeof(octets) - 1, __VA_ARGS__ \
	}

static void check(const struct received *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct received *r = &cases[i];
		struct ussd_ss ss;

		assert_int_equal(decode(&ss, r->octets, r->len), r->rc);
		if (r->rc == -EBADMSG)
			continue;
		assert_int_equal(ss.kind, r->kind);
		assert_int_equal(ss.invoke_id, r->invoke_id);
		assert_int_equal(ss.op, r->op);
		assert_int_equal(ss.error, r->error);
		assert_int_equal(ss.has_text, r->text != NULL);
		if (r->text)
			assert_string_equal(ss.text, r->text);
	}
}

#define ONE "\x30\x06\x04\x01\x0f\x04\x01\x31" /* the text "1" */

static void test_forms_that_others_send(void **state)
{
	static const struct received cases[] = {
		/* A result without a result: an empty answer. */
		RECEIVED("\xa2\x03\x02\x01\x05", 0, USSD_SS_RETURN_RESULT, 5, USSD_OP_OTHER),
		RECEIVED("\xa2\x08\x02\x01\x05\x30\x03\x02\x01\x3c", 0, USSD_SS_RETURN_RESULT, 5,
			 60),
		/* Long forms where the short one would do. */
		RECEIVED("\xa1\x81\x0e\x02\x01\x05\x02\x01\x3b" ONE, 0, USSD_SS_INVOKE, 5, 59, 0,
			 "1"),
		RECEIVED("\xa1\x82\x00\x0e\x02\x01\x05\x02\x01\x3b" ONE, 0, USSD_SS_INVOKE, 5, 59,
			 0, "1"),
		/* A linked id. */
		RECEIVED("\xa1\x11\x02\x01\x05\x80\x01\x04\x02\x01\x3c" ONE, 0, USSD_SS_INVOKE, 5,
			 60, 0, "1"),
		/* A second component behind the first is not ours. */
		RECEIVED("\xa1\x0e\x02\x01\x05\x02\x01\x3b" ONE "\xa1\x03zz", 0, USSD_SS_INVOKE, 5,
			 59, 0, "1"),
		/* alertingPattern and msisdn behind the string (TS 29.002). */
		RECEIVED("\xa1\x15\x02\x01\x05\x02\x01\x3d\x30\x0d\x04\x01\x0f\x04\x01\x31\x04\x01"
			 "\x02"
			 "\x80\x02\x91\x18",
			 0, USSD_SS_INVOKE, 5, 61, 0, "1"),
		/* Another operation: its parameter is not looked at. */
		RECEIVED("\xa1\x0b\x02\x01\x05\x02\x01\x0e\x30\x03\x04\x01\x21", 0, USSD_SS_INVOKE,
			 5, 14),
		RECEIVED("\xa1\x06\x02\x01\x05\x02\x01\x3b", 0, USSD_SS_INVOKE, 5, 59),
		RECEIVED("\xa3\x06\x02\x01\x05\x02\x01\x15", 0, USSD_SS_RETURN_ERROR, 5,
			 USSD_OP_OTHER, 0x15),
		RECEIVED("\xa3\x0b\x02\x01\x05\x02\x01\x11\x30\x03\x04\x01\x05", 0,
			 USSD_SS_RETURN_ERROR, 5, USSD_OP_OTHER, 0x11),
		RECEIVED("\xa4\x06\x02\x01\x05\x81\x01\x01", 0, USSD_SS_REJECT, 5, USSD_OP_OTHER,
			 1),
		RECEIVED("\xa4\x05\x05\x00\x80\x01\x02", 0, USSD_SS_REJECT, 0, USSD_OP_OTHER, 2),
		/* A coding that we do not read: who and what is known all the same. */
		RECEIVED("\xa1\x0e\x02\x01\x05\x02\x01\x3b\x30\x06\x04\x01\x60\x04\x01\x31",
			 -ENOTSUP, USSD_SS_INVOKE, 5, 59),
	};

	check(cases, ARRAY_SIZE(cases));
}

static void test_what_is_no_component(void **state)
{
	static const struct received cases[] = {
		RECEIVED("", -EBADMSG),
		RECEIVED("\xa1", -EBADMSG),
		RECEIVED("\xa1\x00", -EBADMSG),
		RECEIVED("\xa2\x00", -EBADMSG),
		RECEIVED("\xa3\x00", -EBADMSG),
		RECEIVED("\xa4\x00", -EBADMSG),
		RECEIVED("\xa5\x03\x02\x01\x05", -EBADMSG), /* no such kind */
		RECEIVED("\x30\x03\x02\x01\x05", -EBADMSG),
		RECEIVED("\xa1\x80\x02\x01\x05\x02\x01\x3b" ONE "\0\0", -EBADMSG), /* indefinite */
		RECEIVED("\xa1\x0f\x02\x02\x00\x05\x02\x01\x3b" ONE,
			 -EBADMSG), /* invoke id of two */
		RECEIVED("\xa1\x0f\x02\x01\x05\x02\x02\x00\x3b" ONE, -EBADMSG),
		RECEIVED("\xa1\x0e\x02\x01\x05\x06\x01\x3b" ONE, -EBADMSG), /* global operation */
		RECEIVED("\xa1\x0e\x02\x01\x05\x02\x01\x3b\x31\x06\x04\x01\x0f\x04\x01\x31",
			 -EBADMSG),
		RECEIVED("\xa1\x0e\x02\x01\x05\x02\x01\x3b\x30\x06\x16\x01\x0f\x04\x01\x31",
			 -EBADMSG),
		RECEIVED("\xa1\x0e\x02\x01\x05\x02\x01\x3b\x30\x06\x04\x01\x0f\x16\x01\x31",
			 -EBADMSG),
		RECEIVED("\xa1\x0b\x02\x01\x05\x02\x01\x3b\x30\x03\x04\x01\x0f", -EBADMSG),
		/* A length that is larger than its container. */
		RECEIVED("\xa1\x0e\x02\x01\x05\x02\x01\x3b\x30\x07\x04\x01\x0f\x04\x01\x31z",
			 -EBADMSG),
		RECEIVED("\xa1\x0e\x02\x01\x05\x02\x01\x3b\x30\x06\x04\x01\x0f\x04\x02\x31z",
			 -EBADMSG),
		/* Octets behind the parameter, within the component. */
		RECEIVED("\xa1\x0f\x02\x01\x05\x02\x01\x3b" ONE "z", -EBADMSG),
		RECEIVED("\xa1\x10\x02\x01\x05\x02\x01\x3b" ONE "\x05\x00", -EBADMSG),
		RECEIVED("\xa2\x05\x02\x01\x05\x05\x00", -EBADMSG),
		RECEIVED("\xa2\x0a\x02\x01\x05\x30\x03\x02\x01\x3c\x05\x00", -EBADMSG),
		RECEIVED("\xa4\x05\x05\x00\x84\x01\x02", -EBADMSG), /* no such problem */
		RECEIVED("\xa4\x06\x05\x01\x00\x80\x01\x02", -EBADMSG), /* NULL with a content */
		RECEIVED("\xa4\x08\x05\x00\x80\x01\x02\x80\x01\x02", -EBADMSG),
		/* UCS-2 with half a character. */
		RECEIVED("\xa1\x0e\x02\x01\x05\x02\x01\x3b\x30\x06\x04\x01\x48\x04\x01\x31",
			 -EBADMSG),
	};

	check(cases, ARRAY_SIZE(cases));
}

/* 161 octets of ussd-String, in a component that is well formed otherwise. */
static void test_a_string_that_is_too_long(void **state)
{
	uint8_t in[200] = { 0xa1, 0x81, 178 - 1, 0x02, 0x01, 0x05, 0x02, 0x01, 0x3b,
			    0x30, 0x81, 168 - 1, 0x04, 0x01, 0x0f, 0x04, 0x81, 161 };
	struct ussd_ss ss;
	size_t header = 18;

	in[2] = (uint8_t)(header + 161 - 3);
	in[11] = (uint8_t)(header + 161 - 12);
	assert_int_equal(decode(&ss, in, header + 161), -EBADMSG);
	in[2]--;
	in[11]--;
	in[17]--;
	assert_int_equal(decode(&ss, in, header + 160), 0);
	assert_int_equal(strlen(ss.text), 182);
}

/* OsmoHLR 1.5.0 reads what we send, by this function; on our own output it is safe. */
static void assert_osmocom_reads(const struct ussd_ss *ss, size_t max_octets)
{
	uint8_t out[USSD_SS_MAX_SIZE];
	struct ss_request req = { 0 };
	int len = ussd_ss_encode(out, sizeof(out), ss, max_octets);
	char text[USSD_TEXT_SIZE];

	assert_true(len > 0);
	assert_int_equal(gsm0480_parse_facility_ie(out, (uint16_t)len, &req), 0);
	assert_int_equal(req.invoke_id, ss->invoke_id);
	assert_int_equal(req.opcode, ss->op);
	assert_int_equal(gsm_text_ussd_decode(text, sizeof(text), req.ussd_data_dcs, req.ussd_data,
					      req.ussd_data_len),
			 strlen(ss->text));
	assert_string_equal(text, ss->text);
}

static void test_osmocom_reads_what_we_send(void **state)
{
	for (size_t n = 1; n <= 128; n++) {
		struct ussd_ss ss = component(USSD_SS_RETURN_RESULT, 59, "");

		memset(ss.text, 'a', n);
		assert_osmocom_reads(&ss, USSD_OCTETS_HLR_RESULT);
		ss.kind = USSD_SS_INVOKE;
		ss.op = USSD_OP_UNSTRUCTURED_SS_REQUEST;
		assert_osmocom_reads(&ss, USSD_OCTETS_HLR_REQUEST);
		ss.op = USSD_OP_UNSTRUCTURED_SS_NOTIFY;
		assert_osmocom_reads(&ss, USSD_OCTETS_HLR_REQUEST);
	}
	for (size_t n = 3; n <= 3 * 56; n += 3) {
		struct ussd_ss ss = component(USSD_SS_RETURN_RESULT, 59, "");

		for (size_t i = 0; i < n; i += 3)
			memcpy(ss.text + i, "円", 3);
		assert_osmocom_reads(&ss, USSD_OCTETS_HLR_RESULT);
	}
}

/* And we read what libosmogsm writes. */
static void test_we_read_what_osmocom_sends(void **state)
{
	struct msgb *msg = gsm0480_gen_ussd_resp_7bit(9, "Your number is 12345");
	struct ussd_ss ss;

	assert_non_null(msg);
	assert_int_equal(decode(&ss, msgb_data(msg), msgb_length(msg)), 0);
	assert_int_equal(ss.kind, USSD_SS_RETURN_RESULT);
	assert_int_equal(ss.invoke_id, 9);
	assert_int_equal(ss.op, USSD_OP_PROCESS_UNSTRUCTURED_SS);
	assert_string_equal(ss.text, "Your number is 12345");
	msgb_free(msg);
	msg = gsm0480_gen_return_error(9, GSM0480_ERR_CODE_FACILITY_NOT_SUPPORTED);
	assert_int_equal(decode(&ss, msgb_data(msg), msgb_length(msg)), 0);
	assert_int_equal(ss.kind, USSD_SS_RETURN_ERROR);
	assert_int_equal(ss.error, GSM0480_ERR_CODE_FACILITY_NOT_SUPPORTED);
	msgb_free(msg);
	msg = gsm0480_gen_reject(-1, GSM_0480_PROBLEM_CODE_TAG_GENERAL,
				 GSM_0480_GEN_PROB_CODE_MISTYPED);
	assert_int_equal(decode(&ss, msgb_data(msg), msgb_length(msg)), 0);
	assert_int_equal(ss.kind, USSD_SS_REJECT);
	assert_int_equal(ss.error, GSM_0480_GEN_PROB_CODE_MISTYPED);
	msgb_free(msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_octets_of_a_dialogue),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_every_length_of_text),
		cmocka_unit_test(test_limits_keep_to_short_lengths),
		cmocka_unit_test(test_encoding_into_every_size),
		cmocka_unit_test(test_truncated_at_every_length),
		cmocka_unit_test(test_forms_that_others_send),
		cmocka_unit_test(test_what_is_no_component),
		cmocka_unit_test(test_a_string_that_is_too_long),
		cmocka_unit_test(test_osmocom_reads_what_we_send),
		cmocka_unit_test(test_we_read_what_osmocom_sends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
