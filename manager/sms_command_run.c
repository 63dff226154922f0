/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which command does what, and those that change nothing. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/dialogue_settings.h"
#include "manager/sms_inbound_priv.h"

static const char *service_code(const struct sms_job *job)
{
	return dialogues_settings(job->si->dialogues)->service_code;
}

static void help(struct sms_job *job)
{
	sms_reply_text(job, TEXT_SMS_HELP, VARS({ "code", service_code(job) }));
}

/* --- LIST -------------------------------------------------------------------------- */

static void listed(void *data, const struct list_result *r)
{
	struct sms_job *job = data;
	struct text_writer *w;

	if (sms_reply_refusal(job, r->outcome))
		return;
	w = sms_reply_begin(job);
	for (size_t i = 0; i < r->n_items; i++)
		answer_value(w, &r->items[i]);
	if (r->n_items == 0)
		writer_add(w, TEXT_LIST_EMPTY, NULL);
	if (r->more)
		writer_add(w, TEXT_SMS_MORE, VARS({ "code", service_code(job) }));
	sms_reply_send(job);
}

static void list(struct sms_job *job)
{
	sms_job_ask(job,
		    ledger_list(job->si->ledger, job->terminal_id, 0, SMS_LIST_MAX, listed, job));
}

/* --- BALANCE ------------------------------------------------------------------------- */

static void balanced(void *data, const struct balance_result *r)
{
	struct sms_job *job = data;

	if (sms_reply_refusal(job, r->outcome))
		return;
	answer_balance(sms_reply_begin(job), r);
	sms_reply_send(job);
}

static void balance(struct sms_job *job)
{
	sms_job_ask(job, ledger_balance(job->si->ledger, job->terminal_id, balanced, job));
}

/* --- HISTORY -------------------------------------------------------------------------- */

static void remembered(void *data, const struct history_result *r)
{
	struct sms_job *job = data;

	if (sms_reply_refusal(job, r->outcome))
		return;
	answer_history(sms_reply_begin(job), r, SMS_HISTORY_MAX);
	sms_reply_send(job);
}

static void history(struct sms_job *job)
{
	sms_job_ask(job, ledger_history(job->si->ledger, job->terminal_id, SMS_HISTORY_MAX,
					remembered, job));
}

/* --- OWNER ----------------------------------------------------------------------------- */

static void checked(void *data, const struct check_result *r)
{
	struct sms_job *job = data;
	bool owner = r->outcome == OUTCOME_OK && r->n_items == 1 && r->items[0].owner;
	char id[REQUEST_ID_STR_SIZE], address[MASKED_SIZE];

	if (sms_job_fails(job, r->outcome))
		return;
	LOGP(DCHECK, LOGL_INFO, "request %s: by %s over %s: %s\n",
	     request_id_format(id, &job->question.request_id), mask_digits(address, job->address),
	     job->link,
	     r->outcome != OUTCOME_OK ? outcome_name(r->outcome)
	     : owner		      ? "owner"
				      : "not owner");
	if (owner) {
		answer_owner(sms_reply_begin(job), &r->items[0]);
		sms_reply_send(job);
	} else {
		sms_reply_outcome(job, r->outcome == OUTCOME_OK ? OUTCOME_NOT_OWNER : r->outcome);
	}
}

static void owner(struct sms_job *job)
{
	struct check_asker asker = { .terminal_id = job->terminal_id, .scope = "check" };

	if (request_id_mint(&job->question.request_id) < 0) {
		sms_job_fails(job, OUTCOME_UNAVAILABLE);
		return;
	}
	sms_job_ask(job, ledger_check(job->si->ledger, &asker, &job->command.value_id, 1,
				      &job->question.request_id, checked, job));
}

/* --- RECEIPTS --------------------------------------------------------------------------- */

static void switched(void *data, enum outcome outcome)
{
	struct sms_job *job = data;

	if (!sms_reply_refusal(job, outcome))
		sms_reply_text(job, job->command.on ? TEXT_SMS_RECEIPTS_ON : TEXT_SMS_RECEIPTS_OFF,
			       NULL);
}

/* Receipts are how a subscriber hears of what he did not do: who can write anybody's number into a
 * text must not be able to end them. */
static void receipts(struct sms_job *job)
{
	if (job->command.on || job->trusted)
		sms_job_ask(job, ledger_receipts_set(job->si->ledger, job->terminal_id,
						     job->command.on, switched, job));
	else
		sms_reply_text(job, TEXT_SMS_RECEIPTS_UNTRUSTED, NULL);
}

/* --- all ---------------------------------------------------------------------------------- */

static const struct {
	void (*run)(struct sms_job *job);
	bool moves_value;
} verbs[SMS_VERBS] = {
	[SMS_VERB_NONE] = { help },
	[SMS_VERB_BUY] = { sms_command_buy, true },
	[SMS_VERB_SEND] = { sms_command_transfer, true },
	[SMS_VERB_PAY] = { sms_command_transfer, true },
	[SMS_VERB_OWNER] = { owner },
	[SMS_VERB_LIST] = { list },
	[SMS_VERB_BALANCE] = { balance },
	[SMS_VERB_HISTORY] = { history },
	[SMS_VERB_HELP] = { help },
	[SMS_VERB_YES] = { sms_command_answer, true },
	[SMS_VERB_NO] = { sms_command_answer },
	[SMS_VERB_RECEIPTS] = { receipts },
};

/* It is said so once an hour, whatever is asked. */
static void blocked(struct sms_job *job)
{
	job->is_help = true;
	if (sms_job_may_help(job))
		sms_reply_outcome(job, job->standing);
	else
		sms_reply_silence(job);
}

void sms_command_run(struct sms_job *job)
{
	const struct sms_command *c = &job->command;

	if (job->standing == OUTCOME_TERMINAL_BLOCKED)
		blocked(job);
	else if (job->standing != OUTCOME_OK && verbs[c->verb].moves_value)
		sms_reply_outcome(job, job->standing);
	else if (c->wrong != TEXT_COUNT)
		sms_reply_error(job, c->wrong, NULL);
	else if (verbs[c->verb].moves_value && ledger_maintenance(job->si->ledger))
		sms_reply_outcome(job, OUTCOME_MAINTENANCE);
	else
		verbs[c->verb].run(job);
}
