/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts in parts, of which the SMSC delivers again those that we did not take; and deliver_sm that
 * are no texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sms_join.h"
#include "lib/sms_text.h"
#include "tests/unit/manager/smpp_world.h"

static struct smpp_sm part_of(uint8_t reference, uint8_t total, uint8_t number, const char *ascii)
{
	static uint8_t octets[SMS_CONCAT_SIZE + SMS_PART_SIZE];
	struct smpp_sm sm = sm_of(octets, SMS_CONCAT_SIZE + strlen(ascii));

	sms_concat_put(octets, reference, total, number);
	memcpy(octets + SMS_CONCAT_SIZE, ascii, strlen(ascii));
	sm.esm_class = SMPP_ESM_UDHI;
	return sm;
}

/* By the bind that was accepted as number i. */
static void deliver_by(struct world *w, int i, const struct smpp_sm *sm)
{
	struct smpp_pdu pdu = { .command = SMPP_DELIVER_SM, .sm = *sm };

	assert_int_equal(smpp_peer_request(w->smsc.peers[i], &pdu, on_delivered, &w->smsc), 0);
}

/* Answered by us, without a verdict. */
static uint32_t deliver_sm(struct world *w, struct smpp_sm sm)
{
	const int n = w->smsc.n_deliver_resps;

	smsc_deliver(&w->smsc, &sm);
	loop_until(w->smsc.n_deliver_resps == n + 1);
	return w->smsc.last_deliver_status;
}

static uint32_t deliver(struct world *w, uint8_t reference, uint8_t number, const char *ascii)
{
	return deliver_sm(w, part_of(reference, 2, number, ascii));
}

/* What makes it whole; it is with the sink then. */
static void deliver_whole_sm(struct world *w, struct smpp_sm sm, const char *text)
{
	const int n = w->n_received;

	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_received == n + 1);
	assert_string_equal(w->text, text);
}

static void deliver_whole(struct world *w, uint8_t reference, uint8_t number, const char *ascii,
			  const char *text)
{
	deliver_whole_sm(w, part_of(reference, 2, number, ascii), text);
}

static uint32_t judge(struct world *w, enum sms_verdict v)
{
	const int n = w->smsc.n_deliver_resps;

	verdict(w, v);
	loop_until(w->smsc.n_deliver_resps == n + 1);
	return w->smsc.last_deliver_status;
}

/* --- not taken, and delivered again ------------------------------------------------------ */

static void the_last_part_again(void **state)
{
	uint8_t identity[SMS_IDENTITY_SIZE];
	struct world *w = world_bound();
	int i;

	assert_int_equal(deliver(w, 7, 1, "BUY"), SMPP_OK);
	deliver_whole(w, 7, 2, " 500", "BUY 500");
	memcpy(identity, w->identity, sizeof(identity));
	for (i = 0; i < 3; i++) {
		assert_int_equal(judge(w, SMS_TRY_AGAIN), SMPP_RX_T_APPN);
		deliver_whole(w, 7, 2, " 500", "BUY 500");
		assert_memory_equal(w->identity, identity, sizeof(identity));
	}
	assert_int_equal(judge(w, SMS_ACCEPTED), SMPP_OK);
	world_free(w);
}

/* Its answer was lost, and the text is judged meanwhile. */
static void the_first_part_again(void **state)
{
	uint8_t identity[SMS_IDENTITY_SIZE];
	struct world *w = world_bound();
	sms_received_cb done;
	void *done_data;

	assert_int_equal(deliver(w, 7, 1, "BUY"), SMPP_OK);
	deliver_whole(w, 7, 2, " 500", "BUY 500");
	memcpy(identity, w->identity, sizeof(identity));
	done = w->done;
	done_data = w->done_data;
	deliver_whole(w, 7, 1, "BUY", "BUY 500");
	assert_memory_equal(w->identity, identity, sizeof(identity));
	assert_int_equal(judge(w, SMS_TRY_AGAIN), SMPP_RX_T_APPN);
	done(done_data, SMS_TRY_AGAIN);
	loop_until(w->smsc.n_deliver_resps == 3);
	deliver_whole(w, 7, 1, "BUY", "BUY 500");
	assert_int_equal(judge(w, SMS_ACCEPTED), SMPP_OK);
	world_free(w);
}

/* Which part it is, and under which reference of the SMSC's, does not matter. */
static void each_part_has_a_reference_of_its_own(void **state)
{
	uint8_t identity[SMS_IDENTITY_SIZE];
	struct world *w = world_bound();
	struct smpp_sm sm = part_of(7, 2, 1, "BUY");

	sm.has_reference = true;
	sm.user_reference = 11;
	assert_int_equal(deliver_sm(w, sm), SMPP_OK);
	sm = part_of(7, 2, 2, " 500");
	sm.has_reference = true;
	sm.user_reference = 12;
	deliver_whole_sm(w, sm, "BUY 500");
	memcpy(identity, w->identity, sizeof(identity));
	assert_int_equal(judge(w, SMS_TRY_AGAIN), SMPP_RX_T_APPN);
	sm = part_of(7, 2, 1, "BUY");
	sm.has_reference = true;
	sm.user_reference = 11;
	deliver_whole_sm(w, sm, "BUY 500");
	assert_memory_equal(w->identity, identity, sizeof(identity));
	assert_int_equal(judge(w, SMS_ACCEPTED), SMPP_OK);
	world_free(w);
}

static void the_bind_died_before_the_verdict(void **state)
{
	struct world *w = world_bound();

	assert_int_equal(deliver(w, 7, 1, "BUY"), SMPP_OK);
	deliver_whole(w, 7, 2, " 500", "BUY 500");
	smsc_cut(&w->smsc);
	loop_until(!exchange_smpp_is_bound(w->esme));
	verdict(w, SMS_TRY_AGAIN); /* nobody is told */
	loop_until(exchange_smpp_is_bound(w->esme));
	deliver_whole(w, 7, 2, " 500", "BUY 500");
	assert_int_equal(judge(w, SMS_REFUSED), SMPP_RX_R_APPN);
	world_free(w);
}

/* Another configuration makes another adapter. */
static void the_adapter_was_made_anew(void **state)
{
	struct world *w = world_bound();

	assert_int_equal(deliver(w, 7, 1, "BUY"), SMPP_OK);
	deliver_whole(w, 7, 2, " 500", "BUY 500");
	assert_int_equal(judge(w, SMS_TRY_AGAIN), SMPP_RX_T_APPN);
	exchange_smpp_free(w->esme);
	esme_start(w);
	loop_until(exchange_smpp_is_bound(w->esme));
	deliver_whole(w, 7, 2, " 500", "BUY 500");
	assert_int_equal(judge(w, SMS_ACCEPTED), SMPP_OK);
	world_free(w);
}

/* --- another text under the same reference ------------------------------------------------ */

static void taken_and_the_reference_again(void **state)
{
	static const enum sms_verdict ends[] = { SMS_ACCEPTED, SMS_REFUSED };
	uint8_t identity[SMS_IDENTITY_SIZE];
	struct world *w = world_bound();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		assert_int_equal(deliver(w, 7, 1, "BUY"), SMPP_OK);
		deliver_whole(w, 7, 2, " 500", "BUY 500");
		memcpy(identity, w->identity, sizeof(identity));
		judge(w, ends[i]);
		assert_int_equal(deliver(w, 7, 2, " 700"), SMPP_OK);
		deliver_whole(w, 7, 1, "BUY", "BUY 700"); /* a part of the old one is no matter */
		assert_memory_not_equal(w->identity, identity, sizeof(identity));
		judge(w, ends[i]);
	}
	world_free(w);
}

/* The same words, under another: its author wants it twice. */
static void the_same_words_under_another_reference(void **state)
{
	uint8_t identity[SMS_IDENTITY_SIZE];
	struct world *w = world_bound();

	assert_int_equal(deliver(w, 7, 1, "BUY"), SMPP_OK);
	deliver_whole(w, 7, 2, " 500", "BUY 500");
	memcpy(identity, w->identity, sizeof(identity));
	judge(w, SMS_ACCEPTED);
	assert_int_equal(deliver(w, 8, 1, "BUY"), SMPP_OK);
	deliver_whole(w, 8, 2, " 500", "BUY 500");
	assert_memory_not_equal(w->identity, identity, sizeof(identity));
	judge(w, SMS_ACCEPTED);
	world_free(w);
}

/* --- several links, and several senders ---------------------------------------------------- */

static void parts_by_two_binds(void **state)
{
	struct world *w = world_bound();
	struct exchange_smpp *second =
		exchange_smpp_new(w, "smpp:second", &w->config, &plan, w->route);
	struct smpp_sm sm = part_of(7, 2, 1, "BUY");

	assert_non_null(second);
	loop_until(exchange_smpp_is_bound(second));
	deliver_by(w, 0, &sm);
	loop_until(w->smsc.n_deliver_resps == 1);
	sm = part_of(7, 2, 2, " 500");
	deliver_by(w, 1, &sm);
	loop_until(w->n_received == 1);
	assert_string_equal(w->text, "BUY 500");
	assert_int_equal(judge(w, SMS_TRY_AGAIN), SMPP_RX_T_APPN);
	deliver_by(w, 0, &sm);
	loop_until(w->n_received == 2);
	assert_string_equal(w->text, "BUY 500");
	judge(w, SMS_ACCEPTED);
	exchange_smpp_free(second);
	world_free(w);
}

/* Whoever may write any sender's number adds nothing to what the network vouches for. */
static void parts_of_who_is_not_trusted(void **state)
{
	struct world *w = world_bound();
	struct exchange_smpp_config trusted = w->config;
	struct exchange_smpp *second;
	struct smpp_sm sm = part_of(7, 2, 1, "SEND 500");

	trusted.trusted_origin = true;
	second = exchange_smpp_new(w, "smpp:second", &trusted, &plan, w->route);
	assert_non_null(second);
	loop_until(exchange_smpp_is_bound(second));
	deliver_by(w, 0, &sm);
	loop_until(w->smsc.n_deliver_resps == 1);
	sm = part_of(7, 2, 2, " me");
	deliver_by(w, 1, &sm);
	loop_until(w->smsc.n_deliver_resps == 2);
	/* nor does who calls himself by somebody's number */
	sm = part_of(7, 2, 1, "SEND 500");
	sm.source.ton = 5;
	deliver_by(w, 1, &sm);
	loop_until(w->smsc.n_deliver_resps == 3);
	assert_int_equal(w->n_received, 0);
	sm = part_of(7, 2, 1, "READ");
	deliver_by(w, 1, &sm);
	loop_until(w->n_received == 1);
	assert_string_equal(w->text, "READ me");
	judge(w, SMS_ACCEPTED);
	exchange_smpp_free(second);
	world_free(w);
}

/* As many senders as places, and more. */
static void a_flood_of_who_is_not_trusted(void **state)
{
	struct world *w = world_bound();
	struct exchange_smpp_config trusted = w->config;
	struct exchange_smpp *second;
	struct smpp_sm sm = part_of(7, 2, 1, "BUY");
	int i;

	trusted.trusted_origin = true;
	second = exchange_smpp_new(w, "smpp:second", &trusted, &plan, w->route);
	assert_non_null(second);
	loop_until(exchange_smpp_is_bound(second));
	deliver_by(w, 1, &sm);
	loop_until(w->smsc.n_deliver_resps == 1);
	for (i = 0; i < 2 * SMS_JOIN_MAX; i++) {
		snprintf(sm.source.digits, sizeof(sm.source.digits), "8190%08d", i);
		deliver_by(w, 0, &sm);
		loop_until(w->smsc.n_deliver_resps == i + 2);
	}
	sm = part_of(7, 2, 2, " 500");
	deliver_by(w, 1, &sm);
	loop_until(w->n_received == 1);
	assert_string_equal(w->text, "BUY 500");
	judge(w, SMS_ACCEPTED);
	exchange_smpp_free(second);
	world_free(w);
}

/* Too many of one sender are not judged yet: the SMSC keeps the last part of the next one. */
static void too_many_whole(void **state)
{
	struct world *w = world_bound();
	sms_received_cb done[SMS_JOIN_SENDER_MAX];
	void *done_data[SMS_JOIN_SENDER_MAX];
	int i;

	for (i = 0; i < SMS_JOIN_SENDER_MAX; i++) {
		assert_int_equal(deliver(w, i, 1, "BUY"), SMPP_OK);
		deliver_whole(w, i, 2, " 500", "BUY 500");
		done[i] = w->done;
		done_data[i] = w->done_data;
	}
	assert_int_equal(deliver(w, i, 1, "BUY"), SMPP_OK);
	assert_int_equal(deliver(w, i, 2, " 500"), SMPP_RX_T_APPN);
	done[3](done_data[3], SMS_ACCEPTED);
	deliver_whole(w, i, 2, " 500", "BUY 500");
	for (i = 0; i < SMS_JOIN_SENDER_MAX; i++)
		if (i != 3)
			done[i](done_data[i], SMS_ACCEPTED);
	verdict(w, SMS_ACCEPTED);
	loop_until(w->smsc.n_deliver_resps == 2 * (SMS_JOIN_SENDER_MAX + 1) + 1);
	assert_int_equal(w->smsc.last_deliver_status, SMPP_OK);
	world_free(w);
}

static void parts_while_draining(void **state)
{
	struct world *w = world_bound();
	struct smpp_sm sm = sm_of("LIST", 4);

	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_received == 1);
	exchange_smpp_drain(w->esme);
	assert_int_equal(deliver(w, 7, 1, "BUY"), SMPP_RX_T_APPN);
	judge(w, SMS_ACCEPTED);
	world_free(w);
}

/* --- no texts ---------------------------------------------------------------------------- */

/* Section 5.2.12: acknowledgements by a phone's program and by its owner, a conversation that was
 * ended, what became of a text for now. */
static void notifications(void **state)
{
	static const uint8_t classes[] = { 0x08, 0x10, 0x18, 0x20, 0x48 };
	struct world *w = world_bound();
	struct smpp_sm sm = sm_of("BUY 500", 7);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		sm.esm_class = classes[i];
		assert_int_equal(deliver_sm(w, sm), SMPP_OK);
	}
	assert_int_equal(w->n_received + w->n_receipts, 0);
	sm.esm_class = 0x03; /* how it was sent says nothing of what it is */
	deliver_whole_sm(w, sm, "BUY 500");
	judge(w, SMS_ACCEPTED);
	world_free(w);
}

static void a_receipt_behind_a_header(void **state)
{
	struct world *w = world_bound();
	struct smpp_sm sm = part_of(1, 1, 1, "id:ID1 stat:DELIVRD err:000");

	sm.esm_class = SMPP_ESM_RECEIPT | SMPP_ESM_UDHI;
	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_receipts == 1);
	assert_string_equal(w->receipt_id, "ID1");
	assert_int_equal(w->receipt_state, SMPP_STATE_DELIVERED);
	judge(w, SMS_ACCEPTED);
	/* what stands in TLVs needs no text, nor a header that is in order */
	sm = sm_of("\x09", 1);
	sm.esm_class = SMPP_ESM_RECEIPT | SMPP_ESM_UDHI;
	strcpy(sm.receipted_id, "ID2");
	sm.state = SMPP_STATE_EXPIRED;
	smsc_deliver(&w->smsc, &sm);
	loop_until(w->n_receipts == 2);
	assert_string_equal(w->receipt_id, "ID2");
	assert_int_equal(w->receipt_state, SMPP_STATE_EXPIRED);
	judge(w, SMS_ACCEPTED);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_part_again),
		cmocka_unit_test(the_first_part_again),
		cmocka_unit_test(each_part_has_a_reference_of_its_own),
		cmocka_unit_test(the_bind_died_before_the_verdict),
		cmocka_unit_test(the_adapter_was_made_anew),
		cmocka_unit_test(taken_and_the_reference_again),
		cmocka_unit_test(the_same_words_under_another_reference),
		cmocka_unit_test(parts_by_two_binds),
		cmocka_unit_test(parts_of_who_is_not_trusted),
		cmocka_unit_test(a_flood_of_who_is_not_trusted),
		cmocka_unit_test(too_many_whole),
		cmocka_unit_test(parts_while_draining),
		cmocka_unit_test(notifications),
		cmocka_unit_test(a_receipt_behind_a_header),
	};

	return cmocka_run_group_tests(tests, world_begin, world_end);
}
