/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* SMS over GSUP between an MSC and a route whose sink keeps what it gets. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/gsm/gsup_sms.h>
#include <osmocom/gsm/protocol/gsm_04_08_gprs.h>

#include "lib/sms_tpdu.h"
#include "manager/exchange_direct.h"
#include "manager/exchange_sms_gsup.h"
#include "tests/unit/manager/exchange_fakes.h"
#include "tests/unit/manager/exchange_peer.h"

#define IMSI "001010000000001"
#define NUMBER "819012345678"
#define KEPT_MAX 64

struct kept {
	struct gsup_msg msg;
	struct sms_tpdu tpdu;
	bool has_tpdu;
};

struct fixture {
	struct dialogues ds;
	struct exchange_direct_config config;
	struct exchange_direct *d;
	struct sms_route *route;
	struct sms_gsup *gsup;
	struct peer peer;
	char address[64];
	int n_kept;
	struct kept kept[KEPT_MAX]; /* of SMS, as they came */
	/* what the route's sink is told */
	int n_received, n_receipts, n_room;
	char text[SMS_TEXT_SIZE], imsi[32], msisdn[32], to[32], link[32];
	uint8_t identity[SMS_IDENTITY_SIZE];
	sms_received_cb done;
	void *done_data;
	char receipt_id[SMS_MESSAGE_ID_SIZE];
	enum sms_verdict receipt_verdict;
	/* what became of what was sent */
	int n_sent;
	enum sms_sent sent;
	size_t n_ids;
	char id[SMS_MESSAGE_ID_SIZE];
};

static inline void on_receive(void *data, const struct sms_in *in, sms_received_cb done,
			      void *done_data)
{
	struct fixture *f = data;

	f->n_received++;
	assert_true(in->trusted_origin);
	OSMO_STRLCPY_ARRAY(f->text, in->text);
	OSMO_STRLCPY_ARRAY(f->imsi, in->imsi);
	OSMO_STRLCPY_ARRAY(f->msisdn, in->msisdn);
	OSMO_STRLCPY_ARRAY(f->to, in->to);
	OSMO_STRLCPY_ARRAY(f->link, in->link);
	memcpy(f->identity, in->identity, sizeof(f->identity));
	f->done = done;
	f->done_data = done_data;
}

static inline void on_receipt(void *data, const struct sms_receipt *receipt, sms_receipt_cb done,
			      void *done_data)
{
	struct fixture *f = data;

	f->n_receipts++;
	assert_int_equal(receipt->state, SMPP_STATE_DELIVERED);
	OSMO_STRLCPY_ARRAY(f->receipt_id, receipt->id);
	done(done_data, f->receipt_verdict);
}

static inline void on_room(void *data)
{
	((struct fixture *)data)->n_room++;
}

static const struct sms_sink sink = { on_receive, on_receipt, on_room };

static inline void on_sent(void *data, const struct sms_sent_result *result)
{
	struct fixture *f = data;

	f->n_sent++;
	f->sent = result->sent;
	f->n_ids = result->n_ids;
	assert_string_equal(result->link, "direct:msc-2");
	if (result->n_ids)
		OSMO_STRLCPY_ARRAY(f->id, result->ids[0]);
}

static inline bool keep(struct peer *p, const struct gsup_msg *msg, const uint8_t *raw, size_t len)
{
	struct fixture *f = p->data;
	struct kept *k = &f->kept[f->n_kept];

	if (msg->message_class != OSMO_GSUP_MESSAGE_CLASS_SMS)
		return false;
	assert_true(f->n_kept < KEPT_MAX);
	k->msg = *msg;
	k->has_tpdu = msg->sm_rp_ui_len > 0;
	if (k->has_tpdu)
		assert_int_equal(sms_tpdu_decode(&k->tpdu, false, false, msg->sm_rp_ui,
						 msg->sm_rp_ui_len),
				 0);
	f->n_kept++;
	return true;
}

/* The next message of SMS. */
static inline struct kept *next(struct fixture *f)
{
	static struct kept k;

	loop_until(f->n_kept > 0);
	k = f->kept[0];
	f->n_kept--;
	memmove(&f->kept[0], &f->kept[1], f->n_kept * sizeof(k));
	return &k;
}

static inline void send_tpdu(struct fixture *f, uint8_t reference, const void *tpdu, size_t n)
{
	struct gsup_msg msg = {
		.type = OSMO_GSUP_MSGT_MO_FORWARD_SM_REQUEST,
		.imsi = IMSI,
		.message_class = OSMO_GSUP_MESSAGE_CLASS_SMS,
		.has_sm_rp_mr = true,
		.sm_rp_mr = reference,
		.sm_rp_da = { OSMO_GSUP_SMS_SM_RP_ODA_SMSC_ADDR, 0x81, "188" },
		.sm_rp_oa = { OSMO_GSUP_SMS_SM_RP_ODA_MSISDN, GSUP_TON_INTERNATIONAL, NUMBER },
		.sm_rp_ui = tpdu,
		.sm_rp_ui_len = n,
	};

	peer_send(&f->peer, &msg);
}

static inline void send_submit(struct fixture *f, const struct sms_tpdu *submit)
{
	uint8_t tpdu[SMS_TPDU_MAX_SIZE];
	int n = sms_tpdu_encode(tpdu, sizeof(tpdu), submit);

	assert_true(n > 0);
	send_tpdu(f, submit->reference, tpdu, n);
}

static inline struct sms_tpdu submit_of(uint8_t reference, const char *ascii)
{
	struct sms_tpdu submit = { .type = SMS_SUBMIT,
				   .reference = reference,
				   .number = { SMS_TON_UNKNOWN, 1, "188" } };

	submit.n_text = strlen(ascii);
	memcpy(submit.text, ascii, submit.n_text);
	return submit;
}

static inline void send_text(struct fixture *f, uint8_t reference, const char *ascii)
{
	const struct sms_tpdu submit = submit_of(reference, ascii);

	send_submit(f, &submit);
}

static inline void verdict(struct fixture *f, enum sms_verdict v)
{
	assert_non_null(f->done);
	f->done(f->done_data, v);
	f->done = NULL;
}

static inline int to_terminal(struct fixture *f, const char *text)
{
	const struct sms_out out = {
		.message_id = 1, .msisdn = NUMBER, .imsi = IMSI, .text = text, .wants_receipt = true
	};

	return sms_route_send(f->route, &out, on_sent, f);
}

static inline int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);
	struct direct_peer_config *p = &f->config.peers[0];

	f->ds.open = OPEN_END;
	f->ds.open_text = "Bye";
	f->route = sms_route_new(f);
	sms_route_set_sink(f->route, &sink, f);
	exchange_direct_config_default(&f->config);
	OSMO_STRLCPY_ARRAY(f->config.binds[0], "127.0.0.1:0");
	f->config.n_binds = f->config.n_peers = 1;
	*p = (struct direct_peer_config){ .name = "msc-2",
					  .ip = "127.0.0.2",
					  .trust_msisdn = true };
	OSMO_STRLCPY_ARRAY(f->config.sms_source, "188");
	f->d = exchange_direct_new(f, &f->ds);
	f->gsup = sms_gsup_new(f, f->route);
	exchange_direct_set_sms(f->d, f->gsup);
	assert_int_equal(exchange_direct_apply(f->d, &f->config), 0);
	OSMO_STRLCPY_ARRAY(f->address, exchange_direct_address(f->d, 0));
	peer_dial(&f->peer, f, f->address, "127.0.0.2");
	f->peer.hook = keep;
	f->peer.data = f;
	peer_join(&f->peer, "msc-2");
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	peer_close(&f->peer);
	exchange_direct_free(f->d);
	sms_gsup_free(f->gsup);
	loop_turns(3);
	talloc_free(f);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
