/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An SMSC that unbinds while it owes answers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/manager/smpp_world.h"

static struct smpp_peer *smsc_peer(struct world *w)
{
	int i;

	for (i = 0; !w->smsc.peers[i]; i++)
		assert_true(i + 1 < BINDS_MAX);
	return w->smsc.peers[i];
}

static void smsc_unbind(struct world *w)
{
	struct smpp_pdu pdu = { .command = SMPP_UNBIND };

	assert_int_equal(smpp_peer_request(smsc_peer(w), &pdu, NULL, NULL), 0);
}

static void smsc_answer(struct world *w, int i)
{
	struct smpp_pdu response = { .command = SMPP_SUBMIT_SM | SMPP_RESPONSE,
				     .sequence = w->smsc.kept[i].sequence,
				     .message_id = "late" };

	smpp_peer_respond(smsc_peer(w), &response);
}

static struct world *two_without_answer(void)
{
	struct world *w = world_bound();

	w->smsc.keep = true;
	assert_int_equal(send_text(w, "one"), 0);
	assert_int_equal(send_text(w, "two"), 0);
	loop_until(w->smsc.n_submits == 2);
	return w;
}

static void test_answers_behind_unbind(void **state)
{
	struct world *w = two_without_answer();

	smsc_unbind(w);
	loop_until(!exchange_smpp_is_bound(w->esme));
	assert_int_equal(send_text(w, "three"), -ENOTCONN);
	assert_int_equal(w->n_sent, 0);
	smsc_answer(w, 0);
	loop_until(w->n_sent == 1);
	assert_int_equal(w->last_sent, SMS_SENT_OK);
	smsc_answer(w, 1);
	loop_until(w->n_sent == 2);
	assert_int_equal(w->last_sent, SMS_SENT_OK);
	assert_string_equal(w->last_id, "late");
	w->smsc.keep = false;
	loop_until(exchange_smpp_is_bound(w->esme)); /* it comes back */
	assert_int_equal(w->smsc.n_submits, 2);
	world_free(w);
}

/* They may have been taken. */
static void test_no_answers_behind_unbind(void **state)
{
	struct world *w = two_without_answer();

	smsc_unbind(w);
	loop_until(!exchange_smpp_is_bound(w->esme));
	smsc_down(&w->smsc, smsc_peer(w), "");
	loop_until(w->n_sent == 2);
	assert_int_equal(w->last_sent, SMS_SENT_UNKNOWN);
	world_free(w);
}

static void test_unbind_without_texts(void **state)
{
	struct world *w = world_bound();

	smsc_unbind(w);
	loop_until(!exchange_smpp_is_bound(w->esme));
	loop_until(w->smsc.n_binds == 2);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_behind_unbind),
		cmocka_unit_test(test_no_answers_behind_unbind),
		cmocka_unit_test(test_unbind_without_texts),
	};

	return cmocka_run_group_tests(tests, world_begin, world_end);
}
