/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * BUY, SEND and PAY: what moves value is written down as a question, and the reply
 * asks it.  BUY with a reference of its author's is agreed to by that, where the
 * operator allows it: the reference is the question's code, and so it buys once.
 */
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/wall_clock.h"
#include "manager/dialogue_settings.h"
#include "manager/product.h"
#include "manager/sms_inbound_priv.h"

/* --- the reply ------------------------------------------------------------------------ */

/* Says what is asked, with its code. */
static void question_say(struct sms_job *job)
{
	char yes[SMS_COMMAND_WORD_SIZE], no[SMS_COMMAND_WORD_SIZE], time[MOMENT_STR_SIZE];
	struct text_writer *w = sms_reply_begin(job);
	const struct language *l = w->style.language;

	sms_keyword_first(yes, language_text(l, TEXT_SMS_KEYWORD_YES));
	sms_keyword_first(no, language_text(l, TEXT_SMS_KEYWORD_NO));
	style_when(time, &w->style, job->question.deadline);
	answer_subject(w, job->si->ledger, &job->question.subject, job->transferee_name);
	writer_add(w, job->needs_pin ? TEXT_SMS_ANSWER_PIN : TEXT_SMS_ANSWER,
		   VARS({ "yes", yes }, { "no", no }, { "code", job->question.code },
			{ "time", time }));
	sms_reply_send(job);
}

/* --- opening -------------------------------------------------------------------------- */

/* The author's reference stands for one purchase, however often it comes. */
static bool is_same(const struct question_subject *a, const struct question_subject *b)
{
	return a->kind == b->kind && strcmp(a->product, b->product) == 0 &&
	       a->amount_minor == b->amount_minor;
}

static void opened_directly(void *data, const struct question_result *r)
{
	struct sms_job *job = data;

	if (sms_reply_refusal(job, r->outcome))
		return;
	if (!is_same(&r->question.subject, &job->question.subject)) {
		sms_reply_text(job, TEXT_SMS_REFERENCE_USED,
			       VARS({ "reference", job->command.code }));
	} else {
		job->question = r->question;
		sms_command_agree(job);
	}
}

static void opened(void *data, const struct question_result *r)
{
	struct sms_job *job = data;

	if (sms_reply_refusal(job, r->outcome))
		return;
	job->question = r->question;
	/* One reply a question: the same words again are another one when that was answered. */
	sms_job_rename(job, &job->question.question_id, sizeof(job->question.question_id));
	question_say(job);
}

static void open_question(struct sms_job *job, const char *code)
{
	struct question_open_args args = {
		.terminal_id = job->terminal_id,
		.subject = job->question.subject,
		.valid_s = job->si->settings.answer_s,
	};

	OSMO_STRLCPY_ARRAY(args.link, job->link);
	OSMO_STRLCPY_ARRAY(args.code, code);
	if (request_id_mint(&args.request_id) < 0)
		sms_job_fails(job, OUTCOME_UNAVAILABLE);
	else
		sms_job_ask(job, ledger_question_open(job->si->ledger, &args,
						      code[0] ? opened_directly : opened, job));
}

/* --- BUY --------------------------------------------------------------------------------- */

void sms_command_buy(struct sms_job *job)
{
	struct sms_command *c = &job->command;
	struct question_subject *s = &job->question.subject;
	struct ledger *l = job->si->ledger;
	const struct product *p =
		c->product[0]
			? product_by_word(l, c->product)
			: product_default(l,
					  dialogues_settings(job->si->dialogues)->default_product);
	enum outcome outcome;

	if (!p) {
		sms_reply_text(job, c->product[0] ? TEXT_OUTCOME_PRODUCT_UNKNOWN : TEXT_BUY_NOTHING,
			       NULL);
		return;
	}
	outcome = sms_amount_normalize(c->amount, p->currency)
			  ? product_amount(&s->amount_minor, p, c->amount)
			  : OUTCOME_AMOUNT_MALFORMED;
	if (outcome != OUTCOME_OK) {
		sms_reply_outcome(job, outcome);
		return;
	}
	s->kind = QUESTION_BUY;
	s->fee_minor = product_fee(p, s->amount_minor);
	OSMO_STRLCPY_ARRAY(s->product, p->code);
	OSMO_STRLCPY_ARRAY(s->currency, p->currency);
	job->needs_pin = product_needs_pin(p, s->amount_minor);
	open_question(job, job->trusted && job->si->settings.direct_purchase && !job->needs_pin
				   ? c->code
				   : "");
}

/* --- SEND, PAY ---------------------------------------------------------------------------- */

void sms_transfer_args(struct transfer_args *args, const struct sms_job *job)
{
	const struct question_subject *s = &job->question.subject;

	*args = (struct transfer_args){
		.request_id = job->question.request_id,
		.terminal_id = job->terminal_id,
		.value_id = s->value_id,
		.transferee_id = s->transferee_id,
	};
	OSMO_STRLCPY_ARRAY(args->transferee, s->transferee);
	OSMO_STRLCPY_ARRAY(args->reference, s->reference);
	OSMO_STRLCPY_ARRAY(args->link, job->link);
}

/* It went there a moment ago, and has not come back. */
static void already(struct sms_job *job, const struct quote_result *r)
{
	struct text_writer *w = sms_reply_begin(job);
	char time[MOMENT_STR_SIZE], peer[PEER_STR_SIZE];

	style_when(time, &w->style, r->at);
	peer_format(peer, job->question.subject.transferee, r->transferee_name);
	writer_add(w, TEXT_TRANSFER_ALREADY, VARS({ "peer", peer }, { "time", time }));
	sms_reply_send(job);
}

static void quoted(void *data, const struct quote_result *r)
{
	struct sms_job *job = data;
	struct question_subject *s = &job->question.subject;

	if (sms_job_fails(job, r->outcome))
		return;
	if (r->outcome == OUTCOME_REPEAT_SUSPECTED && r->amount_minor == 0) {
		already(job, r);
	} else if (r->outcome != OUTCOME_OK && r->outcome != OUTCOME_REPEAT_SUSPECTED) {
		sms_reply_outcome(job, r->outcome);
	} else {
		s->amount_minor = r->amount_minor;
		s->transferee_id = r->transferee_id;
		OSMO_STRLCPY_ARRAY(s->currency, r->currency);
		OSMO_STRLCPY_ARRAY(s->transferee, r->transferee);
		OSMO_STRLCPY_ARRAY(job->transferee_name, r->transferee_name);
		job->needs_pin = r->needs_pin;
		open_question(job, "");
	}
}

/* Whether it is a phone or a shop is told by the number, and by the question. */
void sms_command_transfer(struct sms_job *job)
{
	const struct dialogue_settings *settings = dialogues_settings(job->si->dialogues);
	struct question_subject *s = &job->question.subject;
	const struct sms_command *c = &job->command;
	struct transfer_args args;
	enum number_kind kind;

	if (number_parse(s->transferee, &kind, c->to, strlen(c->to), &settings->plan) < 0) {
		sms_reply_outcome(job, OUTCOME_NUMBER_MALFORMED);
		return;
	}
	s->kind = QUESTION_TRANSFER;
	s->value_id = c->value_id;
	OSMO_STRLCPY_ARRAY(s->reference, c->reference);
	sms_transfer_args(&args, job);
	args.guard_s = settings->repeat_guard_s;
	sms_job_ask(job, ledger_quote(job->si->ledger, &args, quoted, job));
}
