/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The ESME against an SMSC that answers as each test tells it to. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/manager/smpp_world.h"

static void test_bind(void **state)
{
	struct world *w = world_new();
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/password", dir);
	f = fopen(path, "w");
	fprintf(f, "s3cret\n");
	fclose(f);
	chmod(path, 0644);
	strcpy(w->config.password_file, path);
	assert_int_equal(exchange_smpp_config_check("smpp:test", &w->config), -EINVAL);
	chmod(path, 0600);
	assert_int_equal(exchange_smpp_config_check("smpp:test", &w->config), 0);
	esme_start(w);
	unlink(path);
	loop_until(exchange_smpp_is_bound(w->esme));
	assert_int_equal(w->smsc.bound[0], SMPP_BIND_TRANSCEIVER);
	assert_string_equal(w->smsc.last_bind.system_id, "tegata");
	assert_string_equal(w->smsc.last_bind.password, "s3cret");
	world_free(w);
}

static void test_bind_refused(void **state)
{
	struct exchange_smpp_status status;
	struct world *w = world_new();

	w->smsc.bind_status = SMPP_RINVPASWD;
	esme_start(w);
	loop_until(w->smsc.n_binds == 2); /* it comes again */
	exchange_smpp_status(w->esme, &status);
	assert_string_equal(status.why, "ESME_RINVPASWD");
	assert_int_equal(send_text(w, "x"), -ENOTCONN);
	w->smsc.bind_status = SMPP_OK;
	loop_until(exchange_smpp_is_bound(w->esme));
	world_free(w);
}

static void test_send(void **state)
{
	struct world *w = world_bound();

	assert_int_equal(send_text(w, "Bought 500 JPY"), 0);
	assert_int_equal(w->n_sent, 0);
	loop_until(w->n_sent == 1);
	assert_int_equal(w->last_sent, SMS_SENT_OK);
	assert_string_equal(w->last_id, "ID1");
	assert_string_equal(w->smsc.kept[0].to, "819012345672");
	assert_memory_equal(w->smsc.kept[0].octets, "Bought 500 JPY", 14);
	assert_int_equal(w->smsc.kept[0].registered, 1);
	assert_int_equal(w->smsc.kept[0].data_coding, 0);
	assert_int_equal(send_text(w, "価値"), 0);
	loop_until(w->n_sent == 2);
	assert_int_equal(w->smsc.kept[1].data_coding, 8);
	assert_int_equal(send_text(w, "\xff"), -EILSEQ);
	world_free(w);
}

static void test_send_long(void **state)
{
	struct world *w = world_bound();

	assert_int_equal(send_text(w, long_text(200)), 0);
	loop_until(w->n_sent == 1);
	assert_int_equal(w->smsc.n_submits, 2);
	assert_int_equal(w->n_ids, 2);
	assert_int_equal(w->smsc.kept[0].esm_class, SMPP_ESM_UDHI);
	assert_int_equal(w->smsc.kept[0].n_octets, 159);
	assert_memory_equal(w->smsc.kept[1].octets, "\5\0\3\1\2\2", 6);
	assert_int_equal(send_text(w, long_text(1531)), -EMSGSIZE);
	world_free(w);

	w = world_new();
	w->config.long_texts = SMSC_LONG_PAYLOAD;
	esme_start(w);
	loop_until(exchange_smpp_is_bound(w->esme));
	assert_int_equal(send_text(w, long_text(200)), 0);
	loop_until(w->n_sent == 1);
	assert_int_equal(w->smsc.n_submits, 1);
	assert_true(w->smsc.kept[0].as_payload);
	assert_int_equal(w->smsc.kept[0].n_octets, 200);
	world_free(w);
}

static void test_send_long_by_tlvs(void **state)
{
	struct world *w = world_new();
	int i;

	w->config.long_texts = SMSC_LONG_SAR;
	esme_start(w);
	loop_until(exchange_smpp_is_bound(w->esme));
	assert_int_equal(send_text(w, long_text(160)), 0);
	loop_until(w->n_sent == 1);
	assert_int_equal(w->smsc.n_submits, 1);
	assert_false(w->smsc.kept[0].has_sar);
	assert_int_equal(send_text(w, long_text(200)), 0);
	loop_until(w->n_sent == 2);
	assert_int_equal(w->smsc.n_submits, 3);
	assert_int_equal(w->n_ids, 2);
	for (i = 1; i < 3; i++) {
		assert_true(w->smsc.kept[i].has_sar);
		assert_int_equal(w->smsc.kept[i].esm_class, 0);
		assert_int_equal(w->smsc.kept[i].sar_reference, w->smsc.kept[1].sar_reference);
		assert_int_equal(w->smsc.kept[i].sar_total, 2);
		assert_int_equal(w->smsc.kept[i].sar_number, i);
	}
	/* no more than what has room behind the header that the SMSC puts before it */
	assert_int_equal(w->smsc.kept[1].n_octets, 153);
	assert_int_equal(w->smsc.kept[2].n_octets, 47);
	world_free(w);
}

/* The window holds; what was throttled goes out again, under a new number, and nothing is lost. */
static void test_throttled(void **state)
{
	struct world *w = world_new();
	int i;

	w->config.window = 4;
	w->smsc.throttle_first = 3;
	esme_start(w);
	loop_until(exchange_smpp_is_bound(w->esme));
	for (i = 0; i < 4; i++)
		assert_int_equal(send_text(w, "x"), 0);
	assert_int_equal(send_text(w, "x"), -EBUSY);
	assert_int_equal(sms_route_room(w->route), 0);
	loop_until(w->n_sent == 4);
	assert_int_equal(w->last_sent, SMS_SENT_OK);
	assert_int_equal(w->smsc.n_submits, 7);
	for (i = 1; i < 7; i++)
		assert_true(w->smsc.kept[i].sequence > w->smsc.kept[i - 1].sequence);
	assert_int_equal(sms_route_room(w->route), 4);
	world_free(w);
}

static void test_refused(void **state)
{
	struct world *w = world_bound();

	w->smsc.submit_status = SMPP_RINVDSTADR;
	assert_int_equal(send_text(w, long_text(200)), 0);
	loop_until(w->n_sent == 1);
	assert_int_equal(w->last_sent, SMS_SENT_NEVER);
	assert_int_equal(w->last_status, SMPP_RINVDSTADR);
	w->smsc.submit_status = 0x445; /* a vendor's */
	assert_int_equal(send_text(w, "x"), 0);
	loop_until(w->n_sent == 2);
	assert_int_equal(w->last_sent, SMS_SENT_RETRY);
	world_free(w);
}

static void test_link_lost(void **state)
{
	struct world *w = world_new();

	w->config.window = 1;
	w->smsc.keep = true;
	esme_start(w);
	loop_until(exchange_smpp_is_bound(w->esme));
	assert_int_equal(send_text(w, long_text(200)), 0); /* one part goes out */
	loop_until(w->smsc.n_submits == 1);
	smsc_cut(&w->smsc);
	loop_until(w->n_sent == 1);
	assert_int_equal(w->last_sent, SMS_SENT_UNKNOWN);
	assert_int_equal(send_text(w, "x"), -ENOTCONN);
	w->smsc.keep = false;
	loop_until(exchange_smpp_is_bound(w->esme)); /* it comes back */
	assert_int_equal(send_text(w, "x"), 0);
	loop_until(w->n_sent == 2);
	assert_int_equal(w->last_sent, SMS_SENT_OK);
	/* what was not sent when we end is to be sent again */
	w->smsc.keep = true;
	assert_int_equal(send_text(w, "x"), 0);
	exchange_smpp_free(w->esme);
	w->esme = NULL;
	assert_int_equal(w->n_sent, 3);
	assert_int_equal(w->last_sent, SMS_SENT_UNKNOWN);
	world_free(w);
}

static void test_deliver(void **state)
{
	struct world *w = world_bound();
	struct smpp_sm sm = sm_of("BUY 500", 7);
	uint8_t first[SMS_IDENTITY_SIZE];

	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_received == 1);
	loop_turns(5);
	assert_int_equal(w->smsc.n_deliver_resps, 0); /* it is not durable yet */
	assert_string_equal(w->text, "BUY 500");
	assert_string_equal(w->msisdn, "819012345671");
	assert_string_equal(w->to, "188");
	verdict(w, SMS_ACCEPTED);
	loop_until(w->smsc.n_deliver_resps == 1);
	assert_int_equal(w->smsc.last_deliver_status, SMPP_OK);
	/* delivered again it is the same, and another author's is not */
	memcpy(first, w->identity, sizeof(first));
	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_received == 2);
	assert_memory_equal(w->identity, first, sizeof(first));
	verdict(w, SMS_TRY_AGAIN);
	loop_until(w->smsc.n_deliver_resps == 2);
	assert_int_equal(w->smsc.last_deliver_status, SMPP_RX_T_APPN);
	strcpy(sm.source.digits, "819012345672");
	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_received == 3);
	assert_memory_not_equal(w->identity, first, sizeof(first));
	verdict(w, SMS_REFUSED);
	loop_until(w->smsc.n_deliver_resps == 3);
	assert_int_equal(w->smsc.last_deliver_status, SMPP_RX_R_APPN);
	/* its verdict comes when the link is gone */
	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_received == 4);
	smsc_cut(&w->smsc);
	loop_until(!exchange_smpp_is_bound(w->esme));
	assert_int_equal(exchange_smpp_in_flight(w->esme), 0);
	verdict(w, SMS_ACCEPTED);
	world_free(w);
}

static void test_senders(void **state)
{
	struct world *w = world_bound();
	struct smpp_sm sm = sm_of("HELP", 4);
	static const struct {
		struct smpp_address from;
		const char *msisdn;
	} cases[] = { { { 0, 1, "09012345671" }, "819012345671" },
		      { { 1, 1, "+819012345671" }, "819012345671" },
		      { { 2, 1, "09012345671" }, "819012345671" },
		      { { 0, 0, "4711" }, "" },
		      { { 5, 0, "Bank" }, "" },
		      { { 5, 0, "819012345671" }, "" },
		      { { 0, 0, "" }, "" } };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		sm.source = cases[i].from;
		smsc_deliver(&w->smsc, &sm);
		loop_until(w->n_received == (int)i + 1);
		assert_string_equal(w->msisdn, cases[i].msisdn);
		assert_string_equal(w->from, cases[i].from.digits);
		verdict(w, SMS_ACCEPTED);
	}
	world_free(w);
}

static void test_deliver_parts(void **state)
{
	struct world *w = world_bound();
	struct smpp_sm sm = sm_of("\5\0\3\7\2\2 500", 10);

	sm.esm_class = SMPP_ESM_UDHI;
	smsc_deliver(&w->smsc, &sm);
	loop_until(w->smsc.n_deliver_resps == 1);
	assert_int_equal(w->n_received, 0);
	sm.octets = (const uint8_t *)"\5\0\3\7\2\1BUY";
	sm.n_octets = 9;
	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_received == 1);
	assert_string_equal(w->text, "BUY 500");
	verdict(w, SMS_ACCEPTED);
	/* SAR, and message_payload */
	sm = sm_of("LI", 2);
	sm.has_sar = true;
	sm.sar_reference = 1;
	sm.sar_total = 2;
	sm.sar_number = 1;
	smsc_deliver(&w->smsc, &sm);
	sm.octets = (const uint8_t *)"ST";
	sm.sar_number = 2;
	sm.as_payload = true;
	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_received == 2);
	assert_string_equal(w->text, "LIST");
	verdict(w, SMS_ACCEPTED);
	world_free(w);
}

/* What cannot be read is accepted, so that it does not come again for ever. */
static void test_deliver_unreadable(void **state)
{
	struct world *w = world_bound();
	struct smpp_sm sm = sm_of("\xff\xff", 2);

	sm.data_coding = 4;
	smsc_deliver(&w->smsc, &sm);
	sm.data_coding = 0;
	smsc_deliver(&w->smsc, &sm);
	sm.esm_class = SMPP_ESM_UDHI;
	smsc_deliver(&w->smsc, &sm);
	sm = sm_of("stat:DELIVRD", 12);
	sm.esm_class = SMPP_ESM_RECEIPT;
	smsc_deliver(&w->smsc, &sm);
	loop_until(w->smsc.n_deliver_resps == 4);
	assert_int_equal(w->smsc.last_deliver_status, SMPP_OK);
	assert_int_equal(w->n_received + w->n_receipts, 0);
	/* a text of nothing is one */
	sm = sm_of("", 0);
	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_received == 1);
	verdict(w, SMS_ACCEPTED);
	world_free(w);
}

static void test_receipts(void **state)
{
	struct world *w = world_new();
	struct smpp_sm sm = sm_of("id:ID1 stat:DELIVRD err:000", 27);

	w->config.id_form = SMPP_ID_NO_CASE;
	strcpy(w->config.id_space, "shared");
	esme_start(w);
	loop_until(exchange_smpp_is_bound(w->esme));
	assert_int_equal(send_text(w, "x"), 0);
	loop_until(w->n_sent == 1);
	assert_string_equal(w->last_link, "smpp:shared");
	sm.esm_class = SMPP_ESM_RECEIPT;
	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_receipts == 1);
	assert_string_equal(w->receipt_id, w->last_id);
	assert_string_equal(w->receipt_link, "smpp:shared");
	assert_int_equal(w->receipt_state, SMPP_STATE_DELIVERED);
	loop_turns(3);
	assert_int_equal(w->smsc.n_deliver_resps, 0);
	verdict(w, SMS_ACCEPTED);
	loop_until(w->smsc.n_deliver_resps == 1);
	world_free(w);
}

static void test_separate(void **state)
{
	struct world *w = world_new();
	struct smpp_sm sm = sm_of("LIST", 4);

	w->config.mode = SMSC_SEPARATE;
	esme_start(w);
	loop_until(w->smsc.n_binds == 2 && exchange_smpp_is_bound(w->esme));
	assert_int_equal(w->smsc.bound[0] + w->smsc.bound[1],
			 SMPP_BIND_TRANSMITTER + SMPP_BIND_RECEIVER);
	loop_until(sms_route_room(w->route) > 0);
	assert_int_equal(send_text(w, "x"), 0);
	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_sent == 1 && w->n_received == 1);
	verdict(w, SMS_ACCEPTED);
	loop_until(w->smsc.n_deliver_resps == 1);
	world_free(w);
}

static void test_drain(void **state)
{
	struct world *w = world_bound();
	struct smpp_sm sm = sm_of("LIST", 4);

	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_received == 1);
	exchange_smpp_drain(w->esme);
	assert_int_equal(send_text(w, "x"), -ENOTCONN);
	loop_turns(5);
	assert_int_equal(w->smsc.n_unbinds, 0);
	verdict(w, SMS_ACCEPTED);
	loop_until(w->smsc.n_unbinds == 1);
	assert_int_equal(w->smsc.n_deliver_resps, 1);
	loop_until(!exchange_smpp_is_bound(w->esme));
	loop_turns(50);
	assert_int_equal(w->smsc.n_binds, 1); /* it does not come back */
	world_free(w);
}

/* The bind of the lower number is taken, the other while that is away. */
static void test_fail_over(void **state)
{
	struct world *w = world_new();
	struct exchange_smpp_config config = w->config;
	struct exchange_smpp *second;

	w->config.priority = 1;
	config.priority = 2;
	config.window = 3;
	second = exchange_smpp_new(w, "smpp:second", &config, &plan, w->route);
	assert_non_null(second);
	esme_start(w);
	loop_until(exchange_smpp_is_bound(w->esme) && exchange_smpp_is_bound(second));
	assert_int_equal(sms_route_room(w->route), 10);
	exchange_smpp_free(w->esme);
	w->esme = NULL;
	assert_int_equal(sms_route_room(w->route), 3);
	assert_int_equal(send_text(w, "x"), 0);
	loop_until(w->n_sent == 1);
	assert_int_equal(w->last_sent, SMS_SENT_OK);
	exchange_smpp_free(second);
	assert_int_equal(send_text(w, "x"), -ENOTCONN);
	world_free(w);
}

/* Parts a second: of 12 at 5 a second the last is sent later than a second after the first. */
static void test_rate(void **state)
{
	struct world *w = world_new();
	struct timespec begin, end;
	int i;

	w->config.rate_per_s = 5;
	w->config.window = 50;
	esme_start(w);
	loop_until(exchange_smpp_is_bound(w->esme));
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (i = 0; i < 12; i++)
		assert_true(send_text(w, "x") == 0 || i >= 5);
	loop_until(w->n_sent >= 5);
	while (w->n_sent + (int)exchange_smpp_in_flight(w->esme) < 12 || w->n_sent < 12) {
		if (w->n_sent + exchange_smpp_in_flight(w->esme) < 12)
			assert_true(send_text(w, "x") <= 0);
		loop_turn();
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true(end.tv_sec - begin.tv_sec + (end.tv_nsec - begin.tv_nsec) / 1e9 > 1.0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_bind_refused),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_send_long),
		cmocka_unit_test(test_send_long_by_tlvs),
		cmocka_unit_test(test_throttled),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_link_lost),
		cmocka_unit_test(test_deliver),
		cmocka_unit_test(test_senders),
		cmocka_unit_test(test_deliver_parts),
		cmocka_unit_test(test_deliver_unreadable),
		cmocka_unit_test(test_receipts),
		cmocka_unit_test(test_separate),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_fail_over),
		cmocka_unit_test(test_rate),
	};

	return cmocka_run_group_tests(tests, world_begin, world_end);
}
