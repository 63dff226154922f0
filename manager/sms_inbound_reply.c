/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The reply to a text: a row of the outbox, and with it the text was taken. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/sms_inbound_priv.h"

struct text_writer *sms_reply_begin(struct sms_job *job)
{
	const struct text_style style = dialogues_style(job->si->dialogues, job->language);

	writer_begin(&job->reply, &style, job->text, sizeof(job->text));
	return &job->reply;
}

static void written(void *data, const struct sms_put_result *result)
{
	struct sms_job *job = data;
	struct sms_inbound *si = job->si;

	if (job->place_asked)
		si->replies->written(si->replies_data, &job->place, result);
	if (sms_job_fails(job, result->outcome))
		return;
	if (result->outcome != OUTCOME_OK)
		/* What the text asked for is done, and coming again changes nothing. */
		LOGP(DSMPP, LOGL_ERROR, "%s: the reply to %s cannot be written: %s\n", job->link,
		     sms_verb_name(job->command.verb), outcome_name(result->outcome));
	if (job->is_help)
		sms_job_helped(job);
	if (job->is_error && !result->repeated)
		sms_job_erred(job);
	if (!result->repeated)
		sms_job_taken(job);
	rate_ctr_inc2(si->counters, !result->message_id ? SMS_CTR_SILENT
				    : job->is_help	? SMS_CTR_HELPED
							: SMS_CTR_ANSWERED);
	sms_job_end(job, SMS_ACCEPTED);
}

static void put(struct sms_job *job, const struct request_id *request_id, const char *text)
{
	struct sms_reply_args args = { .terminal_id = job->terminal_id, .text = text };

	memcpy(args.identity, job->identity, SMS_IDENTITY_SIZE);
	if (request_id)
		args.request_id = *request_id;
	if (job->si->replies && (request_id || text)) {
		job->si->replies->reserve(job->si->replies_data, &job->place);
		job->place_asked = true;
		args.lease_ms = job->place.lease_ms;
	}
	sms_job_ask(job, ledger_sms_reply(job->si->ledger, &args, written, job));
}

void sms_reply_send(struct sms_job *job)
{
	put(job, NULL, job->text);
}

void sms_reply_text(struct sms_job *job, enum text_id id, const struct text_var *vars)
{
	writer_add(sms_reply_begin(job), id, vars);
	sms_reply_send(job);
}

void sms_reply_error(struct sms_job *job, enum text_id id, const struct text_var *vars)
{
	job->is_error = !job->is_help;
	if (job->is_help ? sms_job_may_help(job) : sms_job_may_err(job)) {
		sms_reply_text(job, id, vars);
	} else {
		job->is_help = job->is_error = false;
		sms_reply_silence(job);
	}
}

void sms_reply_outcome(struct sms_job *job, enum outcome outcome)
{
	sms_reply_text(job, catalogue_outcome_text(outcome), NULL);
}

bool sms_reply_refusal(struct sms_job *job, enum outcome outcome)
{
	if (outcome == OUTCOME_OK)
		return false;
	if (!sms_job_fails(job, outcome))
		sms_reply_outcome(job, outcome);
	return true;
}

void sms_reply_receipt(struct sms_job *job)
{
	put(job, &job->question.request_id, NULL);
}

void sms_reply_silence(struct sms_job *job)
{
	put(job, NULL, NULL);
}
