/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Texts from terminals, against a ledger that is played; nothing is acknowledged before it is
 * durable. */
#include "dialogue_fake.h"
#include "manager/sms_inbound_priv.h"

#define PIN "4973"

struct fixture {
	struct fake *f;
	struct ledger *l;
	struct sms_inbound *si;
	unsigned int n_verdicts;
	enum sms_verdict verdict;
	bool receiving; /* a verdict now would be inline */
	uint8_t identity;
	bool trusted;
	const char *imsi;
	const char *to; /* NULL: the service */
	unsigned int n_reserved, n_written; /* replies */
	int64_t written; /* the message that was */
};

static struct fixture t;

static inline void reserve(void *data, struct outbox_place *place)
{
	*place = (struct outbox_place){ .lease_ms = 1000 + t.n_reserved++ };
}

static inline void written(void *data, const struct outbox_place *place,
			   const struct sms_put_result *result)
{
	assert_int_equal(place->lease_ms, 1000 + t.n_written++);
	t.written = result->message_id;
}

static const struct sms_replies replies = { reserve, written };

static inline int setup(void **state)
{
	struct question *q;

	assert_int_equal(fake_setup(state), 0);
	t = (struct fixture){ .f = *state, .imsi = "" };
	t.l = &t.f->ledger;
	t.si = sms_inbound_new(t.f->ctx, t.l, t.f->ds);
	t.si->settings.rate_per_min = 0;
	sms_inbound_set_replies(t.si, &replies, NULL);
	fake_pin_key(t.f);
	t.l->sms_seen.outcome = OUTCOME_NOT_FOUND;
	t.l->number = (struct number_result){ .terminal_id = 77, .address = "819012345678" };
	t.l->put = (struct sms_put_result){ .message_id = 9 };
	q = &t.l->open.question;
	*q = (struct question){ .question_id = 5, .code = "7F3A", .deadline = NOON };
	memset(q->request_id.octets, 7, sizeof(q->request_id.octets));
	q->subject = (struct question_subject){ .kind = QUESTION_BUY,
						.product = "prepaid",
						.amount_minor = 500,
						.fee_minor = 5,
						.currency = "JPY" };
	t.l->questions.n = 1;
	t.l->questions.questions[0] = *q;
	t.l->answer.question = *q;
	t.l->answer.question.state = QUESTION_YES;
	return 0;
}

static inline int teardown(void **state)
{
	talloc_free(t.si);
	return fake_teardown(state);
}

static inline void told(void *data, enum sms_verdict verdict)
{
	assert_false(t.receiving);
	t.n_verdicts++;
	t.verdict = verdict;
}

static inline void receive_from(const char *msisdn, const char *text)
{
	struct sms_in in = {
		.link = "smpp:one",
		.trusted_origin = t.trusted,
		.imsi = t.imsi,
		.msisdn = msisdn,
		.from = msisdn,
		.to = t.to ? t.to : "188",
		.source = "188",
		.text = text,
	};

	in.identity[0] = t.identity;
	t.n_verdicts = 0;
	t.receiving = true;
	sms_inbound_receive(t.si, &in, told, NULL);
	t.receiving = false;
}

/* The ledger answers, and the loop turns. */
static inline void settle(void)
{
	fake_run(t.l);
	osmo_timers_prepare();
	osmo_timers_update();
}

static inline void text(const char *words)
{
	t.identity++;
	t.l->reply[0] = '\0';
	memset(&t.l->reply_args, 0, sizeof(t.l->reply_args));
	receive_from("819012345678", words);
	settle();
	assert_int_equal(t.n_verdicts, 1);
	assert_int_equal(sms_inbound_in_flight(t.si), 0);
	assert_int_equal(t.n_reserved, t.n_written);
}

static inline void expect_reply(const char *part)
{
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	assert_int_equal(t.l->reply_args.terminal_id, 77);
	if (!strstr(t.l->reply, part))
		fail_msg("\"%s\" is not in \"%s\"", part, t.l->reply);
	assert_null(strchr(t.l->reply, '{'));
}

static inline void expect_receipt(void)
{
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	assert_string_equal(t.l->reply, "");
	assert_memory_equal(&t.l->reply_args.request_id, &t.l->open.question.request_id,
			    sizeof(struct request_id));
}

static inline unsigned int calls(enum fake_call call)
{
	return t.l->n_calls[call];
}
