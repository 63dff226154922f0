/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Against libosmogsm. */
#include "gsup_msg_samples.h"

static void assert_osmocom_reads(const struct gsup_msg *msg)
{
	struct osmo_gsup_message theirs;
	uint8_t out[GSUP_MSG_MAX_SIZE + 1] = { 0 }; /* with the slack that it needs */
	char msisdn[GSUP_MSISDN_SIZE] = "";
	int len = gsup_msg_encode(out, GSUP_MSG_MAX_SIZE, msg);

	assert_true(len > 0);
	assert_int_equal(osmo_gsup_decode(out + HEADER, (size_t)len - HEADER, &theirs), 0);
	assert_int_equal(theirs.message_type, msg->type);
	assert_string_equal(theirs.imsi, msg->imsi);
	assert_int_equal(theirs.session_state, msg->session);
	assert_int_equal(theirs.session_id, msg->session ? msg->session_id : 0);
	assert_int_equal(theirs.message_class, msg->message_class);
	assert_int_equal(theirs.cause, msg->cause);
	assert_int_equal(theirs.cn_domain, msg->cn_domain);
	assert_int_equal(theirs.ss_info_len, msg->ss_info_len);
	if (msg->destination_name[0])
		assert_int_equal(theirs.destination_name_len, strlen(msg->destination_name) + 1);
	if (msg->source_name[0])
		assert_string_equal((const char *)theirs.source_name, msg->source_name);
	if (theirs.msisdn_enc)
		assert_int_equal(gsm48_decode_bcd_number2(msisdn, sizeof(msisdn), theirs.msisdn_enc,
							  theirs.msisdn_enc_len, 0),
				 0);
	assert_string_equal(msisdn, msg->msisdn);
}

static void test_osmocom_reads_what_we_send(void **state)
{
	static const char digits[] = "819012345678901";
	struct gsup_msg msg = full_message();

	assert_osmocom_reads(&msg);
	for (size_t n = 6; n <= 15; n++) {
		memcpy(msg.imsi, digits, n);
		msg.imsi[n] = '\0';
		assert_osmocom_reads(&msg);
	}
	for (size_t n = 0; n <= 15; n++) {
		memcpy(msg.msisdn, digits, n);
		msg.msisdn[n] = '\0';
		assert_osmocom_reads(&msg);
	}
	msg = (struct gsup_msg){ .type = OSMO_GSUP_MSGT_INSERT_DATA_RESULT,
				 .imsi = "001010000000001" };
	assert_osmocom_reads(&msg);
	for (msg.session = GSUP_SESSION_NONE; msg.session <= GSUP_SESSION_END; msg.session++)
		assert_osmocom_reads(&msg);
}

static void test_we_read_what_osmocom_sends(void **state)
{
	static const uint8_t source[] = "EUSE-carrier", destination[] = "MSC-1";
	struct gsup_msg expected = full_message(), msg;
	struct msgb *out = msgb_alloc(GSUP_MSG_MAX_SIZE, "test");
	uint8_t msisdn[10] = { 0 };
	int n = gsm48_encode_bcd_number(msisdn, sizeof(msisdn), 0, expected.msisdn);
	struct osmo_gsup_message theirs = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
		.imsi = "001010000000001",
		.msisdn_enc = msisdn,
		.msisdn_enc_len = (size_t)n,
		.session_id = 0x80abcdef,
		.session_state = OSMO_GSUP_SESSION_STATE_CONTINUE,
		.message_class = OSMO_GSUP_MESSAGE_CLASS_USSD,
		.cause = 2,
		.cn_domain = OSMO_GSUP_CN_DOMAIN_CS,
		.source_name = source,
		.source_name_len = sizeof(source),
		.destination_name = destination,
		.destination_name_len = sizeof(destination),
		.ss_info = (uint8_t *)component,
		.ss_info_len = sizeof(component),
	};
	uint8_t ours[GSUP_MSG_MAX_SIZE];

	assert_int_equal(osmo_gsup_encode(out, &theirs), 0);
	assert_int_equal(decode(&msg, msgb_data(out), msgb_length(out)), 0);
	assert_same(&msg, &expected);
	/* Octet by octet the same as ours. */
	assert_int_equal(gsup_msg_encode(ours, sizeof(ours), &expected), HEADER + msgb_length(out));
	assert_memory_equal(ours + HEADER, msgb_data(out), msgb_length(out));
	msgb_free(out);
}

static void assert_osmocom_has(enum osmo_gsup_sms_sm_rp_oda_t type, const uint8_t *octets, size_t n,
			       const struct gsup_sm_address *ours)
{
	char digits[32];

	assert_int_equal(type, ours->type);
	assert_int_equal(octets[0], ours->ton_npi);
	/* Behind a length, as libosmogsm reads BCD. */
	assert_true(n < sizeof(digits));
	uint8_t lv[32] = { (uint8_t)(n - 1) };
	memcpy(lv + 1, octets + 1, n - 1);
	assert_int_equal(gsm48_decode_bcd_number2(digits, sizeof(digits), lv, n, 0), 0);
	assert_string_equal(digits, ours->digits);
}

static void test_short_messages_as_osmocom_has_them(void **state)
{
	struct gsup_msg msg = sm_message(), back;
	uint8_t out[GSUP_MSG_MAX_SIZE + 1] = { 0 };
	int len = gsup_msg_encode(out, GSUP_MSG_MAX_SIZE, &msg);
	struct msgb *theirs_out = msgb_alloc(GSUP_MSG_MAX_SIZE, "test");
	struct osmo_gsup_message theirs;

	assert_true(len > 0);
	assert_int_equal(osmo_gsup_decode(out + HEADER, (size_t)len - HEADER, &theirs), 0);
	assert_int_equal(*theirs.sm_rp_mr, msg.sm_rp_mr);
	assert_int_equal(*theirs.sm_rp_cause, msg.sm_rp_cause);
	assert_int_equal(*theirs.sm_rp_mms, 1);
	assert_int_equal(theirs.sm_alert_rsn, msg.sm_alert_reason);
	assert_osmocom_has(theirs.sm_rp_da_type, theirs.sm_rp_da, theirs.sm_rp_da_len,
			   &msg.sm_rp_da);
	assert_osmocom_has(theirs.sm_rp_oa_type, theirs.sm_rp_oa, theirs.sm_rp_oa_len,
			   &msg.sm_rp_oa);
	assert_int_equal(theirs.sm_rp_ui_len, msg.sm_rp_ui_len);
	assert_memory_equal(theirs.sm_rp_ui, msg.sm_rp_ui, msg.sm_rp_ui_len);
	/* And the same octets, when it writes what it has read. */
	assert_int_equal(osmo_gsup_encode(theirs_out, &theirs), 0);
	assert_int_equal(msgb_length(theirs_out), len - HEADER);
	assert_memory_equal(msgb_data(theirs_out), out + HEADER, len - HEADER);
	assert_int_equal(decode(&back, msgb_data(theirs_out), msgb_length(theirs_out)), 0);
	assert_same(&back, &msg);
	msgb_free(theirs_out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_osmocom_reads_what_we_send),
		cmocka_unit_test(test_we_read_what_osmocom_sends),
		cmocka_unit_test(test_short_messages_as_osmocom_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
