/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/smpp_pdu.h"

/* The input at the end of a block of its own, so that a sanitizer sees every octet behind it. */
static int decode(struct smpp_pdu *pdu, uint32_t *fault, const uint8_t *in, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	int rc;

	memcpy(copy, in, len);
	rc = smpp_pdu_decode(pdu, fault, copy, len);
	free(copy);
	return rc;
}

static void set_length(uint8_t *pdu, size_t len)
{
	pdu[0] = len >> 24;
	pdu[1] = len >> 16;
	pdu[2] = len >> 8;
	pdu[3] = len;
}

static size_t header(uint8_t *out, uint32_t command, uint32_t status, size_t len)
{
	const uint8_t rest[] = { command >> 24,
				 command >> 16,
				 command >> 8,
				 command,
				 status >> 24,
				 status >> 16,
				 status >> 8,
				 status,
				 0,
				 0,
				 0,
				 7 };

	set_length(out, len);
	memcpy(out + 4, rest, sizeof(rest));
	return len;
}

/* As printed in the specification (section 3.2.6): bind_transmitter of SMPP3TEST. */
static const uint8_t printed_bind[] = {
	0x00, 0x00, 0x00, 0x2f, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x01, 0x53, 0x4d, 0x50, 0x50, 0x33, 0x54, 0x45, 0x53,
	0x54, 0x00, 0x73, 0x65, 0x63, 0x72, 0x65, 0x74, 0x30, 0x38, 0x00, 0x53,
	0x55, 0x42, 0x4d, 0x49, 0x54, 0x31, 0x00, 0x00, 0x01, 0x01, 0x00,
};

static void test_printed_example(void **state)
{
	uint8_t out[64];
	struct smpp_pdu pdu;
	uint32_t fault;

	assert_int_equal(decode(&pdu, &fault, printed_bind, sizeof(printed_bind)), 0);
	assert_int_equal(pdu.command, SMPP_BIND_TRANSMITTER);
	assert_int_equal(pdu.sequence, 1);
	assert_string_equal(pdu.bind.system_id, "SMPP3TEST");
	assert_string_equal(pdu.bind.password, "secret08");
	assert_string_equal(pdu.bind.system_type, "SUBMIT1");
	assert_int_equal(pdu.bind.addr_ton, 1);
	assert_int_equal(smpp_pdu_encode(out, sizeof(out), &pdu), sizeof(printed_bind));
	assert_memory_equal(out, printed_bind, sizeof(printed_bind));
}

static struct smpp_pdu full_sm(uint32_t command)
{
	struct smpp_pdu pdu = { .command = command, .sequence = 0x7fffffff };
	struct smpp_sm *sm = &pdu.sm;

	strcpy(sm->service_type, "USSD1");
	sm->source = (struct smpp_address){ 1, 1, "81901234567890123456" };
	sm->destination = (struct smpp_address){ 5, 0, "188" };
	sm->esm_class = SMPP_ESM_UDHI;
	sm->protocol_id = 1;
	sm->priority = 2;
	strcpy(sm->schedule_time, "000000010000000R");
	strcpy(sm->validity_period, "991231235959948+");
	sm->registered_delivery = 1;
	sm->data_coding = 8;
	sm->octets = (const uint8_t *)"BUY 500";
	sm->n_octets = 7;
	sm->has_reference = true;
	sm->user_reference = 0xfffe;
	sm->has_sar = true;
	sm->sar_reference = 0x0102;
	sm->sar_total = 3;
	sm->sar_number = 2;
	sm->state = SMPP_STATE_DELIVERED;
	memset(sm->receipted_id, 'f', SMPP_MESSAGE_ID_SIZE - 1);
	return pdu;
}

static void assert_sm_equal(const struct smpp_sm *a, const struct smpp_sm *b)
{
	assert_string_equal(a->service_type, b->service_type);
	assert_int_equal(a->source.ton, b->source.ton);
	assert_string_equal(a->source.digits, b->source.digits);
	assert_int_equal(a->destination.ton, b->destination.ton);
	assert_string_equal(a->destination.digits, b->destination.digits);
	assert_int_equal(a->esm_class, b->esm_class);
	assert_int_equal(a->protocol_id, b->protocol_id);
	assert_int_equal(a->priority, b->priority);
	assert_string_equal(a->schedule_time, b->schedule_time);
	assert_string_equal(a->validity_period, b->validity_period);
	assert_int_equal(a->registered_delivery, b->registered_delivery);
	assert_int_equal(a->data_coding, b->data_coding);
	assert_int_equal(a->as_payload, b->as_payload);
	assert_int_equal(a->n_octets, b->n_octets);
	assert_memory_equal(a->octets, b->octets, a->n_octets);
	assert_int_equal(a->has_sar, b->has_sar);
	assert_int_equal(a->sar_reference, b->sar_reference);
	assert_int_equal(a->sar_total, b->sar_total);
	assert_int_equal(a->sar_number, b->sar_number);
	assert_int_equal(a->has_reference, b->has_reference);
	assert_int_equal(a->user_reference, b->user_reference);
	assert_int_equal(a->state, b->state);
	assert_string_equal(a->receipted_id, b->receipted_id);
}

static void test_sm_there_and_back(void **state)
{
	static const uint32_t commands[] = { SMPP_SUBMIT_SM, SMPP_DELIVER_SM };
	static uint8_t out[SMPP_PDU_MAX_SIZE], text[UINT16_MAX];
	struct smpp_pdu pdu, back;
	uint32_t fault;
	int i, len;

	memset(text, 'x', sizeof(text));
	for (i = 0; i < 2; i++) {
		pdu = full_sm(commands[i]);
		len = smpp_pdu_encode(out, sizeof(out), &pdu);
		assert_true(len > 0);
		assert_int_equal(smpp_pdu_decode(&back, &fault, out, len), 0);
		assert_int_equal(back.command, commands[i]);
		assert_int_equal(back.sequence, 0x7fffffff);
		assert_sm_equal(&back.sm, &pdu.sm);
	}
	pdu.sm.octets = text;
	pdu.sm.n_octets = sizeof(text);
	assert_int_equal(smpp_pdu_encode(out, sizeof(out), &pdu), -EINVAL);
	pdu.sm.as_payload = true;
	len = smpp_pdu_encode(out, sizeof(out), &pdu);
	assert_true(len > (int)sizeof(text));
	assert_int_equal(smpp_pdu_decode(&back, &fault, out, len), 0);
	assert_sm_equal(&back.sm, &pdu.sm);
	assert_int_equal(smpp_pdu_encode(out, len - 1, &pdu), -EMSGSIZE);
}

/* Cut anywhere, with a length that says so: never read past the end, never taken for whole, except
 * at the end of the mandatory fields and of a TLV. */
static void test_truncated(void **state)
{
	struct smpp_pdu pdu = full_sm(SMPP_DELIVER_SM), back;
	uint8_t out[512];
	uint32_t fault;
	int len = smpp_pdu_encode(out, sizeof(out), &pdu), cut, whole = 0;

	for (cut = 0; cut < len; cut++) {
		if (cut >= 4)
			set_length(out, cut);
		if (decode(&back, &fault, out, cut) == 0)
			whole++;
		else
			assert_int_not_equal(fault, SMPP_OK);
	}
	assert_int_equal(whole, 6); /* six TLVs follow the mandatory fields */
	for (cut = 0; cut < (int)sizeof(printed_bind); cut++) {
		memcpy(out, printed_bind, sizeof(printed_bind));
		if (cut >= 4)
			set_length(out, cut);
		assert_int_equal(decode(&back, &fault, out, cut), -EBADMSG);
		assert_int_equal(fault, SMPP_RINVCMDLEN);
	}
}

static void test_take(void **state)
{
	const uint8_t in[] = { 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	uint8_t huge[4];
	size_t len, n;

	for (n = 0; n < 17; n++)
		assert_int_equal(smpp_pdu_take(&len, in, n), 0);
	assert_int_equal(smpp_pdu_take(&len, in, 18), 1);
	assert_int_equal(len, 17);
	set_length(huge, SMPP_HEADER_SIZE - 1);
	assert_int_equal(smpp_pdu_take(&len, huge, 4), -EBADMSG);
	set_length(huge, SMPP_PDU_MAX_SIZE + 1);
	assert_int_equal(smpp_pdu_take(&len, huge, 4), -EBADMSG);
	set_length(huge, 0xffffffff);
	assert_int_equal(smpp_pdu_take(&len, huge, 4), -EBADMSG);
	set_length(huge, SMPP_PDU_MAX_SIZE);
	assert_int_equal(smpp_pdu_take(&len, huge, 4), 0);
}

static void test_responses(void **state)
{
	struct smpp_pdu pdu;
	uint8_t in[128];
	uint32_t fault;
	size_t len;

	/* an error, a vendor's too, needs no body */
	len = header(in, SMPP_SUBMIT_SM | SMPP_RESPONSE, SMPP_RTHROTTLED, 16);
	assert_int_equal(decode(&pdu, &fault, in, len), 0);
	assert_int_equal(pdu.status, SMPP_RTHROTTLED);
	assert_false(pdu.has_body);
	len = header(in, SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, 0x00000445, 16);
	assert_int_equal(decode(&pdu, &fault, in, len), 0);
	assert_int_equal(pdu.status, 0x445);
	/* deliver_sm_resp may be without one */
	len = header(in, SMPP_DELIVER_SM | SMPP_RESPONSE, SMPP_OK, 16);
	assert_int_equal(decode(&pdu, &fault, in, len), 0);
	/* what was taken without a message id was taken */
	len = header(in, SMPP_SUBMIT_SM | SMPP_RESPONSE, SMPP_OK, 16);
	assert_int_equal(decode(&pdu, &fault, in, len), 0);
	assert_string_equal(pdu.message_id, "");
	/* but a bind without a name is none */
	len = header(in, SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, SMPP_OK, 16);
	assert_int_equal(decode(&pdu, &fault, in, len), -EBADMSG);
	/* TLVs behind the id are skipped, 40 empty ones too */
	memset(in, 0, sizeof(in));
	in[16] = 'a';
	len = header(in, SMPP_SUBMIT_SM | SMPP_RESPONSE, SMPP_OK, 18 + 40);
	assert_int_equal(decode(&pdu, &fault, in, len), 0);
	assert_string_equal(pdu.message_id, "a");
	/* the longest id, and one more */
	memset(in + 16, 'b', SMPP_MESSAGE_ID_SIZE);
	in[16 + SMPP_MESSAGE_ID_SIZE - 1] = '\0';
	len = header(in, SMPP_SUBMIT_SM | SMPP_RESPONSE, SMPP_OK, 16 + SMPP_MESSAGE_ID_SIZE);
	assert_int_equal(decode(&pdu, &fault, in, len), 0);
	assert_int_equal(strlen(pdu.message_id), SMPP_MESSAGE_ID_SIZE - 1);
	in[16 + SMPP_MESSAGE_ID_SIZE - 1] = 'b';
	in[16 + SMPP_MESSAGE_ID_SIZE] = '\0';
	len = header(in, SMPP_SUBMIT_SM | SMPP_RESPONSE, SMPP_OK, 17 + SMPP_MESSAGE_ID_SIZE);
	assert_int_equal(decode(&pdu, &fault, in, len), -EBADMSG);
	assert_int_equal(fault, SMPP_RINVPARLEN);
}

/* Mandatory fields of a deliver_sm without a text, and then what is given. */
static size_t deliver(uint8_t *out, const uint8_t *tail, size_t n)
{
	memset(out, 0, 33);
	if (n > 0)
		memcpy(out + 33, tail, n);
	return header(out, SMPP_DELIVER_SM, 0, 33 + n);
}

static void test_tlvs(void **state)
{
	static const uint8_t unknown[] = { 0x14, 0x00, 0, 3, 1, 2, 3, 0x14, 0x01, 0, 0 };
	static const uint8_t payload[] = { 0x04, 0x24, 0, 2, 'h', 'i' };
	static const uint8_t long_tlv[] = { 0x04, 0x24, 0, 3, 'h', 'i' };
	static const uint8_t half_tlv[] = { 0x04, 0x24, 0 };
	static const uint8_t bad_size[] = { 0x04, 0x27, 0, 2, 1, 2 };
	static const uint8_t empty_state[] = { 0x04, 0x27, 0, 0 };
	static const uint8_t half_sar[] = { 0x02, 0x0c, 0, 2, 0, 1, 0x02, 0x0e, 0, 1, 2 };
	static const uint8_t bare_id[] = { 0x00, 0x1e, 0, 2, '4', '2' };
	struct smpp_pdu pdu;
	uint8_t in[128], long_id[4 + SMPP_MESSAGE_ID_SIZE + 1] = { 0x00, 0x1e, 0 };
	uint32_t fault;

	assert_int_equal(decode(&pdu, &fault, in, deliver(in, unknown, sizeof(unknown))), 0);
	assert_int_equal(pdu.sm.n_octets, 0);
	assert_int_equal(smpp_pdu_decode(&pdu, &fault, in, deliver(in, payload, sizeof(payload))),
			 0);
	assert_true(pdu.sm.as_payload);
	assert_memory_equal(pdu.sm.octets, "hi", 2);
	assert_int_equal(decode(&pdu, &fault, in, deliver(in, bare_id, sizeof(bare_id))), 0);
	assert_string_equal(pdu.sm.receipted_id, "42");
	/* the longest id, and ones that are of no message of ours */
	memset(long_id + 4, 'a', SMPP_MESSAGE_ID_SIZE + 1);
	long_id[3] = SMPP_MESSAGE_ID_SIZE - 1;
	assert_int_equal(decode(&pdu, &fault, in, deliver(in, long_id, 4 + long_id[3])), 0);
	assert_int_equal(strlen(pdu.sm.receipted_id), SMPP_MESSAGE_ID_SIZE - 1);
	while (long_id[3]++ <= SMPP_MESSAGE_ID_SIZE) {
		assert_int_equal(decode(&pdu, &fault, in, deliver(in, long_id, 4 + long_id[3])), 0);
		assert_string_equal(pdu.sm.receipted_id, "");
	}
	assert_int_equal(decode(&pdu, &fault, in, deliver(in, half_sar, sizeof(half_sar))), 0);
	assert_false(pdu.sm.has_sar);
	assert_int_equal(decode(&pdu, &fault, in, deliver(in, long_tlv, sizeof(long_tlv))),
			 -EBADMSG);
	assert_int_equal(fault, SMPP_RINVOPTPARSTREAM);
	assert_int_equal(decode(&pdu, &fault, in, deliver(in, half_tlv, sizeof(half_tlv))),
			 -EBADMSG);
	assert_int_equal(fault, SMPP_RINVOPTPARSTREAM);
	assert_int_equal(decode(&pdu, &fault, in, deliver(in, bad_size, sizeof(bad_size))),
			 -EBADMSG);
	assert_int_equal(fault, SMPP_RINVPARLEN);
	assert_int_equal(decode(&pdu, &fault, in, deliver(in, empty_state, sizeof(empty_state))),
			 -EBADMSG);
	/* a text, and a second one as payload */
	deliver(in, payload, sizeof(payload));
	memmove(in + 34, in + 33, sizeof(payload));
	in[32] = 1;
	in[33] = 'x';
	set_length(in, 34 + sizeof(payload));
	assert_int_equal(decode(&pdu, &fault, in, 34 + sizeof(payload)), -EBADMSG);
	assert_int_equal(fault, SMPP_ROPTPARNOTALLWD);
}

static void test_faults(void **state)
{
	struct smpp_pdu pdu;
	uint8_t in[128];
	uint32_t fault;
	size_t len;

	len = header(in, 0x00000103, 0, 16); /* data_sm */
	assert_int_equal(decode(&pdu, &fault, in, len), -ENOTSUP);
	assert_int_equal(fault, SMPP_RINVCMDID);
	assert_int_equal(pdu.sequence, 7);
	/* strings that do not end where they must */
	deliver(in, NULL, 0);
	memset(in + 16, 'x', SMPP_SERVICE_TYPE_SIZE);
	assert_int_equal(decode(&pdu, &fault, in, 33), -EBADMSG);
	assert_int_equal(fault, SMPP_RINVSERTYP);
	deliver(in, (const uint8_t *)"xxxxxxxxxxxxxxxxxxxxxxxx", 24);
	memset(in + 19, '1', 30);
	assert_int_equal(decode(&pdu, &fault, in, 57), -EBADMSG);
	assert_int_equal(fault, SMPP_RINVSRCADR);
	/* a text longer than what follows, and 255 */
	deliver(in, NULL, 0);
	in[32] = 1;
	assert_int_equal(decode(&pdu, &fault, in, 33), -EBADMSG);
	assert_int_equal(fault, SMPP_RINVMSGLEN);
	/* the length of the header is not that of the input */
	len = header(in, SMPP_ENQUIRE_LINK, 0, 16);
	assert_int_equal(decode(&pdu, &fault, in, 17), -EBADMSG);
	/* a sequence of 0 is for a generic_nack only */
	memset(&pdu, 0, sizeof(pdu));
	pdu.command = SMPP_ENQUIRE_LINK;
	assert_int_equal(smpp_pdu_encode(in, sizeof(in), &pdu), -EINVAL);
	pdu.command = SMPP_GENERIC_NACK;
	assert_int_equal(smpp_pdu_encode(in, sizeof(in), &pdu), 16);
	pdu.command = 0x42;
	assert_int_equal(smpp_pdu_encode(in, sizeof(in), &pdu), -EINVAL);
}

static void test_names(void **state)
{
	assert_string_equal(smpp_command_name(SMPP_SUBMIT_SM | SMPP_RESPONSE), "submit_sm_resp");
	assert_string_equal(smpp_command_name(0x103), "0x00000103");
	assert_string_equal(smpp_status_name(SMPP_RTHROTTLED), "ESME_RTHROTTLED");
	assert_string_equal(smpp_status_name(0x445), "0x00000445");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printed_example), cmocka_unit_test(test_sm_there_and_back),
		cmocka_unit_test(test_truncated),	cmocka_unit_test(test_take),
		cmocka_unit_test(test_responses),	cmocka_unit_test(test_tlvs),
		cmocka_unit_test(test_faults),		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
