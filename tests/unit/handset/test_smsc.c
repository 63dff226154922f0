/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The simulated SMSC against an ESME of this file. */
#include <assert.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/smsc.h"
#include "lib/log_category.h"
#include "lib/smpp_peer.h"
#include "lib/smpp_receipt.h"
#include "tests/lib/loop.h"

static char dir[] = "/tmp/test_smsc.XXXXXX";

struct world {
	struct smsc_config config;
	struct smsc *smsc;
	size_t receivers;
	/* phones */
	int n_texts;
	char text[SMS_TEXT_SIZE], to[32], from[32];
	bool no_phone;
	int n_sent;
	int64_t sent_status;
	/* ESME */
	struct smpp_peer *esme;
	bool up, down;
	uint32_t bind_command, bind_status, submit_status;
	int n_bound, n_answers, n_delivers, n_receipts, n_undelivered, answers_at_receipt;
	char id[SMPP_MESSAGE_ID_SIZE], receipt_id[SMPP_MESSAGE_ID_SIZE];
	enum smpp_state receipt_state;
	uint32_t deliver_status; /* what we answer */
	uint8_t octets[8][256];
	size_t n_octets[8];
};

static bool on_text(void *data, const char *to, const char *from, const char *utf8)
{
	struct world *w = data;

	w->n_texts++;
	OSMO_STRLCPY_ARRAY(w->text, utf8);
	OSMO_STRLCPY_ARRAY(w->to, to);
	OSMO_STRLCPY_ARRAY(w->from, from);
	return !w->no_phone;
}

static void on_bound(void *data, size_t n)
{
	((struct world *)data)->receivers = n;
}

static const struct smsc_handler handler = { on_text, on_bound };

static void on_sent(void *data, int64_t status)
{
	struct world *w = data;

	w->n_sent++;
	w->sent_status = status;
}

static void esme_answered(void *data, const struct smpp_pdu *response)
{
	struct world *w = data;

	if (!response)
		return;
	if (response->command == (SMPP_SUBMIT_SM | SMPP_RESPONSE)) {
		w->n_answers++;
		w->submit_status = response->status;
		OSMO_STRLCPY_ARRAY(w->id, response->message_id);
		return;
	}
	w->n_bound++;
	w->bind_status = response->status;
}

static void esme_up(void *data, struct smpp_peer *p)
{
	struct world *w = data;
	struct smpp_pdu pdu = { .command = w->bind_command };

	w->up = true;
	strcpy(pdu.bind.system_id, "tegata");
	strcpy(pdu.bind.password, "secret");
	assert_int_equal(smpp_peer_request(p, &pdu, esme_answered, w), 0);
}

static void esme_request(void *data, struct smpp_peer *p, const struct smpp_pdu *pdu)
{
	struct world *w = data;
	struct smpp_receipt receipt;
	int i;

	if (smpp_receipt_read(&receipt, &pdu->sm)) {
		w->n_receipts++;
		w->answers_at_receipt = w->n_answers;
		OSMO_STRLCPY_ARRAY(w->receipt_id, receipt.message_id);
		w->receipt_state = receipt.state;
		w->n_undelivered += receipt.state == SMPP_STATE_UNDELIVERABLE;
		smpp_peer_respond_status(p, pdu->command, pdu->sequence, SMPP_OK);
		return;
	}
	i = w->n_delivers++ % 8;
	memcpy(w->octets[i], pdu->sm.octets, pdu->sm.n_octets);
	w->n_octets[i] = pdu->sm.n_octets;
	smpp_peer_respond_status(p, pdu->command, pdu->sequence, w->deliver_status);
}

static void esme_down(void *data, struct smpp_peer *p, const char *why)
{
	struct world *w = data;

	w->down = true;
	smpp_peer_close(p);
	w->esme = NULL;
}

static const struct smpp_peer_handler esme_handler = { esme_up, esme_request, esme_down };

static void esme_bind(struct world *w, uint32_t command)
{
	int error;

	w->bind_command = command;
	w->down = false;
	w->esme = smpp_peer_dial(w, w->config.address, NULL, NULL, &smpp_peer_times_default,
				 &esme_handler, w, &error);
	assert_non_null(w->esme);
}

static struct world *world_new(void)
{
	struct world *w = talloc_zero(NULL, struct world);

	w->config.address = talloc_asprintf(w, "unix:%s/s", dir);
	w->config.retry_ms = 30;
	return w;
}

static void world_open(struct world *w, uint32_t command)
{
	int error;

	w->smsc = smsc_open(w, &w->config, &handler, w, &error);
	assert_non_null(w->smsc);
	if (!command)
		return;
	esme_bind(w, command);
	loop_until(w->n_bound);
}

static void world_free(struct world *w)
{
	smpp_peer_close(w->esme);
	smsc_close(w->smsc);
	loop_turns(2);
	talloc_free(w);
}

static void submit(struct world *w, const void *octets, size_t n, uint8_t esm_class)
{
	struct smpp_pdu pdu = { .command = SMPP_SUBMIT_SM };

	strcpy(pdu.sm.source.digits, "188");
	strcpy(pdu.sm.destination.digits, "819012345671");
	pdu.sm.octets = octets;
	pdu.sm.n_octets = n;
	pdu.sm.esm_class = esm_class;
	pdu.sm.registered_delivery = 1;
	assert_int_equal(smpp_peer_request(w->esme, &pdu, esme_answered, w), 0);
}

static void test_bind(void **state)
{
	struct world *w = world_new();

	w->config.system_id = "tegata";
	w->config.password = "wrong";
	world_open(w, SMPP_BIND_TRANSCEIVER);
	assert_int_equal(w->bind_status, SMPP_RINVPASWD);
	assert_int_equal(smsc_receivers(w->smsc), 0);
	submit(w, "x", 1, 0);
	loop_until(w->n_answers == 1);
	assert_int_equal(w->submit_status, SMPP_RINVBNDSTS);
	world_free(w);
	w = world_new();
	w->config.password = "secret";
	world_open(w, SMPP_BIND_RECEIVER);
	assert_int_equal(w->bind_status, SMPP_OK);
	assert_int_equal(w->receivers, 1);
	submit(w, "x", 1, 0); /* a receiver may not */
	loop_until(w->n_answers == 1);
	assert_int_equal(w->submit_status, SMPP_RINVBNDSTS);
	world_free(w);
}

static void test_submit(void **state)
{
	struct world *w = world_new();

	world_open(w, SMPP_BIND_TRANSCEIVER);
	submit(w, "Bought", 6, 0);
	loop_until(w->n_receipts == 1);
	assert_string_equal(w->text, "Bought");
	assert_string_equal(w->to, "819012345671");
	assert_string_equal(w->from, "188");
	assert_string_equal(w->receipt_id, w->id);
	assert_int_equal(w->receipt_state, SMPP_STATE_DELIVERED);
	/* in parts, and one that nobody has */
	w->no_phone = true;
	submit(w, "\5\0\3\1\2\2 500", 10, SMPP_ESM_UDHI);
	submit(w, "\5\0\3\1\2\1Bought", 12, SMPP_ESM_UDHI);
	loop_until(w->n_receipts == 3);
	assert_int_equal(w->n_texts, 2);
	assert_string_equal(w->text, "Bought 500");
	assert_int_equal(w->n_undelivered, 1); /* the part that made it whole */
	world_free(w);
}

static void test_faults(void **state)
{
	struct world *w = world_new();
	struct smsc_faults *f;

	world_open(w, SMPP_BIND_TRANSCEIVER);
	f = smsc_faults(w->smsc);
	f->receipts = SMSC_RECEIPTS_EARLY;
	f->delay_ms = 50;
	submit(w, "x", 1, 0);
	loop_until(w->n_receipts == 1);
	assert_int_equal(w->answers_at_receipt, 0);
	loop_until(w->n_answers == 1);
	assert_string_equal(w->receipt_id, w->id);
	f->delay_ms = 0;
	f->receipts = SMSC_RECEIPTS_TWICE;
	submit(w, "x", 1, 0);
	loop_until(w->n_receipts == 3);
	assert_string_equal(w->receipt_id, w->id);
	f->receipts = SMSC_RECEIPTS_LOST;
	f->throttle_per_s = 1;
	submit(w, "x", 1, 0);
	submit(w, "x", 1, 0);
	loop_until(w->n_answers == 4);
	assert_int_equal(w->submit_status, SMPP_RTHROTTLED);
	f->throttle_per_s = 0;
	f->refuse_status = SMPP_RINVDSTADR;
	submit(w, "x", 1, 0);
	loop_until(w->n_answers == 5);
	assert_int_equal(w->submit_status, SMPP_RINVDSTADR);
	f->refuse_status = 0;
	f->drop_every = 1;
	submit(w, "x", 1, 0);
	loop_until(w->down);
	assert_int_equal(w->n_answers, 5);
	assert_int_equal(w->n_receipts, 3);
	world_free(w);
}

/* Receipts that nobody fetches. */
static void test_full(void **state)
{
	struct world *w = world_new();
	int n = 0;

	world_open(w, SMPP_BIND_TRANSMITTER);
	while (w->submit_status == SMPP_OK && n < 2 * SMSC_DELAYED_MAX) {
		n += 400;
		for (int i = 0; i < 400; i++)
			submit(w, "x", 1, 0);
		loop_until(w->n_answers == n);
	}
	assert_int_equal(w->submit_status, SMPP_RMSGQFUL);
	assert_true(w->n_texts <= SMSC_DELAYED_MAX);
	assert_true(w->n_texts > SMSC_DELAYED_MAX - 400);
	n = w->n_texts; /* who gets this answer is not shown the text */
	submit(w, "x", 1, 0);
	loop_turns(10);
	assert_int_equal(w->n_texts, n);
	world_free(w);
}

static void test_deliver(void **state)
{
	struct world *w = world_new();
	char text[201] = { 0 };

	world_open(w, 0);
	/* it waits for a bind */
	assert_int_equal(smsc_send(w->smsc, "819012345671", "188", "BUY 500", on_sent, w), 0);
	assert_int_equal(smsc_send(w->smsc, "819012345671", "188", "\xff", on_sent, w), -EILSEQ);
	loop_turns(3);
	assert_int_equal(w->n_sent, 0);
	esme_bind(w, SMPP_BIND_RECEIVER);
	loop_until(w->n_sent == 1);
	assert_int_equal(w->sent_status, SMPP_OK);
	assert_memory_equal(w->octets[0], "BUY 500", 7);
	/* in parts, one after the other */
	memset(text, 'a', 200);
	assert_int_equal(smsc_send(w->smsc, "819012345671", "188", text, on_sent, w), 0);
	loop_until(w->n_sent == 2);
	assert_int_equal(w->n_octets[1], 159);
	assert_int_equal(w->n_octets[2], 53);
	w->deliver_status = SMPP_RX_R_APPN;
	assert_int_equal(smsc_send(w->smsc, "819012345671", "188", "no", on_sent, w), 0);
	loop_until(w->n_sent == 3);
	assert_int_equal(w->sent_status, SMPP_RX_R_APPN);
	world_free(w);
}

/* A temporary error, and a bind that goes before it answered: it comes again. */
static void test_redelivered(void **state)
{
	struct world *w = world_new();

	world_open(w, SMPP_BIND_TRANSCEIVER);
	w->deliver_status = SMPP_RX_T_APPN;
	assert_int_equal(smsc_send(w->smsc, "819012345671", "188", "YES 7F3A", on_sent, w), 0);
	loop_until(w->n_delivers == 3);
	assert_int_equal(w->n_sent, 0);
	smsc_cut(w->smsc);
	loop_until(w->down);
	w->deliver_status = SMPP_OK;
	esme_bind(w, SMPP_BIND_TRANSCEIVER);
	loop_until(w->n_sent == 1);
	assert_memory_equal(w->octets[(w->n_delivers - 1) % 8], w->octets[0], 8);
	/* on purpose */
	smsc_faults(w->smsc)->redeliver = 2;
	w->n_delivers = 0;
	assert_int_equal(smsc_send(w->smsc, "819012345671", "188", "LIST", on_sent, w), 0);
	loop_until(w->n_sent == 2);
	assert_int_equal(w->n_delivers, 3);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bind),	    cmocka_unit_test(test_submit),
		cmocka_unit_test(test_faults),	    cmocka_unit_test(test_deliver),
		cmocka_unit_test(test_redelivered), cmocka_unit_test(test_full),
	};
	int rc;

	osmo_init_logging2(talloc_named_const(NULL, 0, "log"), &tegata_log_info);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	assert(mkdtemp(dir));
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return rc;
}
