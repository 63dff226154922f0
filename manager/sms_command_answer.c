/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * YES and NO.  In this order, and each step finds what an earlier delivery did:
 *
 *   the question of the code -> needs a PIN? -> is it right? -> answered, the first
 *   answer counts -> the operation, under the question's request id -> its receipt
 *
 * The question keeps that its PIN was right, and the database counts no yes without.
 * What would be refused, or was, ends the question with that, so that the same yes
 * delivered again is told the same and does nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/value_id.h"
#include "manager/dialogue_settings.h"
#include "manager/product.h"
#include "manager/sms_inbound_priv.h"

/* sql/function/question_code_draw.sql */
#define DRAWN_FROM "34679ACDEFGHJKMNPQRTWXY"
#define DRAWN_SIZE 4

static const char *service_code(const struct sms_job *job)
{
	return dialogues_settings(job->si->dialogues)->service_code;
}

/* --- the operation ----------------------------------------------------------------------- */

static void log_operation(const struct sms_job *job, enum outcome outcome)
{
	const struct question_subject *s = &job->question.subject;
	char id[REQUEST_ID_STR_SIZE], amount[AMOUNT_STR_SIZE], masked[MASKED_SIZE];

	LOGP(DOP, LOGL_INFO, "request %s: %s %s %s by terminal %" PRId64 " (%s) over %s: %s\n",
	     request_id_format(id, &job->question.request_id),
	     s->kind == QUESTION_BUY ? "issue" : "transfer",
	     amount_format(amount, s->amount_minor, s->currency), s->currency, job->terminal_id,
	     mask_digits(masked, job->address), job->link, outcome_name(outcome));
}

/* Nobody knows what would be, or it would be otherwise in a while: the question stays as it is. */
static bool is_passing(enum outcome outcome)
{
	return outcome == OUTCOME_INTERNAL || outcome == OUTCOME_MAINTENANCE;
}

static void refuse(struct sms_job *job, enum outcome outcome)
{
	if (sms_job_fails(job, outcome))
		return;
	if (is_passing(outcome) || job->refusal != OUTCOME_OK) {
		sms_reply_outcome(job, outcome);
	} else {
		job->refusal = outcome;
		sms_command_agree(job);
	}
}

static void finished(struct sms_job *job, enum outcome outcome)
{
	log_operation(job, outcome);
	if (outcome == OUTCOME_OK)
		sms_reply_receipt(job);
	else
		refuse(job, outcome);
}

static void issued(void *data, const struct issue_result *r)
{
	finished(data, r->outcome);
}

static void transferred(void *data, const struct transfer_result *r)
{
	finished(data, r->outcome);
}

/* No guard against repeats: each question was agreed to by itself, and is done once. */
static void issue(struct sms_job *job)
{
	const struct question_subject *s = &job->question.subject;
	struct issue_args args = {
		.request_id = job->question.request_id,
		.terminal_id = job->terminal_id,
		.amount_minor = s->amount_minor,
		.fee_minor = s->fee_minor,
	};

	OSMO_STRLCPY_ARRAY(args.product, s->product);
	OSMO_STRLCPY_ARRAY(args.link, job->link);
	sms_job_ask(job, ledger_issue(job->si->ledger, &args, issued, job));
}

static void transfer(struct sms_job *job)
{
	struct transfer_args args;

	sms_transfer_args(&args, job);
	sms_job_ask(job, ledger_transfer(job->si->ledger, &args, transferred, job));
}

static void execute(struct sms_job *job)
{
	if (job->question.subject.kind == QUESTION_BUY)
		issue(job);
	else
		transfer(job);
}

/* --- the PIN ------------------------------------------------------------------------------ */

static void tell_wrong_pin(struct sms_job *job, uint32_t tries)
{
	char left[12];

	snprintf(left, sizeof(left), "%u", tries);
	sms_reply_text(job, TEXT_PIN_WRONG, VARS({ "tries", left }));
}

static void pin_checked(void *data, const struct pin_result *r)
{
	struct sms_job *job = data;

	explicit_bzero(&job->pin, sizeof(job->pin));
	if (sms_reply_refusal(job, r->outcome))
		return;
	switch (r->verdict) {
	case PIN_OK:
		sms_command_agree(job);
		break;
	case PIN_WRONG:
		tell_wrong_pin(job, r->tries_left);
		break;
	case PIN_BLOCKED:
		sms_reply_text(job, TEXT_PIN_BLOCKED, NULL);
		break;
	case PIN_NONE:
		sms_reply_text(job, TEXT_PIN_NONE, VARS({ "code", service_code(job) }));
		break;
	case PIN_OTHER_KEY:
		sms_reply_text(job, TEXT_PIN_OFF, NULL);
		break;
	}
}

static void tell_pin_needed(struct sms_job *job)
{
	struct text_writer *w = sms_reply_begin(job);
	char yes[SMS_COMMAND_WORD_SIZE];

	sms_keyword_first(yes, language_text(w->style.language, TEXT_SMS_KEYWORD_YES));
	writer_add(w, TEXT_SMS_WITH_PIN,
		   VARS({ "yes", yes }, { "code", job->question.code },
			{ "service", service_code(job) }));
	sms_reply_send(job);
}

/* Delivered again it is the same try. */
static void try_pin(struct sms_job *job)
{
	struct pin_check_args args = {
		.terminal_id = job->terminal_id,
		.digest = job->pin,
		.question_id = job->question.question_id,
	};

	memcpy(args.identity, job->arrived, SMS_IDENTITY_SIZE);
	sms_job_ask(job, ledger_pin_check(job->si->ledger, &args, pin_checked, job));
	explicit_bzero(&args, sizeof(args));
}

static void check_pin(struct sms_job *job)
{
	if (!job->needs_pin)
		sms_command_agree(job);
	else if (!dialogues_pin_key(job->si->dialogues))
		sms_reply_text(job, TEXT_PIN_OFF, NULL);
	else if (!job->has_pin)
		tell_pin_needed(job);
	else
		try_pin(job);
}

/* --- the answer ------------------------------------------------------------------------- */

static void tell_answered(struct sms_job *job, enum text_id id)
{
	struct text_writer *w = sms_reply_begin(job);
	char time[MOMENT_STR_SIZE];

	style_when(time, &w->style, job->question.answered_at);
	writer_add(w, id, VARS({ "time", time }));
	sms_reply_send(job);
}

static void declined(struct sms_job *job)
{
	sms_reply_text(job,
		       job->question.subject.kind == QUESTION_BUY ? TEXT_BUY_DECLINED
								  : TEXT_TRANSFER_DECLINED,
		       NULL);
}

/* The database asks for one, and we did not. */
static void ask_pin(struct sms_job *job)
{
	job->needs_pin = true;
	check_pin(job);
}

/* What the first answer was, whoever gave it.  A late delivery of the same one has its effect and
 * its reply. */
static void settle(struct sms_job *job)
{
	bool yes = job->command.verb != SMS_VERB_NO;

	switch (job->question.state) {
	case QUESTION_OPEN:
		ask_pin(job);
		break;
	case QUESTION_YES:
		if (!yes)
			tell_answered(job, TEXT_QUESTION_YES);
		else if (job->question.needs_pin)
			ask_pin(job);
		else
			execute(job);
		break;
	case QUESTION_REFUSED:
		sms_reply_outcome(job, job->question.refusal);
		break;
	case QUESTION_NO:
		if (yes)
			tell_answered(job, TEXT_QUESTION_NO);
		else
			declined(job);
		break;
	case QUESTION_EXPIRED:
		sms_reply_text(job, TEXT_QUESTION_EXPIRED, NULL);
		break;
	case QUESTION_SUPERSEDED:
		sms_reply_text(job, TEXT_QUESTION_SUPERSEDED, NULL);
		break;
	}
}

/* "Yes sure" has no code of ours: who writes that may be a machine. */
static bool is_ours(const struct sms_job *job)
{
	const char *code = job->command.code;

	return job->si->settings.direct_purchase ||
	       (strlen(code) == DRAWN_SIZE && code[strspn(code, DRAWN_FROM)] == '\0');
}

static void unknown(struct sms_job *job)
{
	job->is_help = !is_ours(job);
	sms_reply_error(job, TEXT_QUESTION_UNKNOWN, VARS({ "code", job->command.code }));
}

static void answered(void *data, const struct question_result *r)
{
	struct sms_job *job = data;

	if (sms_job_fails(job, r->outcome))
		return;
	if (r->outcome == OUTCOME_NOT_FOUND) {
		unknown(job);
	} else if (r->outcome != OUTCOME_OK) {
		sms_reply_outcome(job, r->outcome);
	} else {
		job->question = r->question;
		settle(job);
	}
}

void sms_command_agree(struct sms_job *job)
{
	struct question_answer_args args = {
		.terminal_id = job->terminal_id,
		.question_id = job->question.question_id,
		.yes = job->command.verb != SMS_VERB_NO,
		.refusal = job->refusal,
	};

	OSMO_STRLCPY_ARRAY(args.link, job->link);
	sms_job_ask(job, ledger_question_answer(job->si->ledger, &args, answered, job));
}

/* --- the question --------------------------------------------------------------------------- */

static void quoted(void *data, const struct quote_result *r)
{
	struct sms_job *job = data;

	if (sms_job_fails(job, r->outcome))
		return;
	if (r->outcome != OUTCOME_OK) {
		refuse(job, r->outcome);
	} else {
		job->needs_pin |= r->needs_pin;
		check_pin(job);
	}
}

static void agree_to_transfer(struct sms_job *job)
{
	struct transfer_args args;

	sms_transfer_args(&args, job);
	sms_job_ask(job, ledger_quote(job->si->ledger, &args, quoted, job));
}

static void agree_to_purchase(struct sms_job *job)
{
	const struct question_subject *s = &job->question.subject;
	const struct product *p = product_by_code(job->si->ledger, s->product);

	if (!p) {
		refuse(job, OUTCOME_PRODUCT_UNKNOWN);
		return;
	}
	job->needs_pin |= product_needs_pin(p, s->amount_minor);
	check_pin(job);
}

static void looked_up(void *data, const struct questions_result *r)
{
	struct sms_job *job = data;

	if (sms_job_fails(job, r->outcome))
		return;
	if (r->outcome == OUTCOME_NOT_FOUND || (r->outcome == OUTCOME_OK && r->n == 0)) {
		unknown(job);
		return;
	}
	if (r->outcome != OUTCOME_OK) {
		sms_reply_outcome(job, r->outcome);
		return;
	}
	job->question = r->questions[0];
	job->needs_pin = job->question.needs_pin;
	if (job->question.state != QUESTION_OPEN)
		settle(job);
	else if (job->command.verb == SMS_VERB_NO)
		sms_command_agree(job);
	else if (job->question.subject.kind == QUESTION_BUY)
		agree_to_purchase(job);
	else
		agree_to_transfer(job);
}

void sms_command_answer(struct sms_job *job)
{
	sms_job_ask(job, ledger_questions(job->si->ledger, job->terminal_id, job->command.code,
					  looked_up, job));
}
