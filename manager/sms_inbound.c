/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/sms_inbound.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>
#include <osmocom/core/stats.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/lru.h"
#include "manager/db_time.h"
#include "manager/dialogue_settings.h"
#include "manager/sms_inbound_priv.h"

#define HELP_EVERY_US (3600 * INT64_C(1000000))
/* The same words later than this are a wish of their own, where nothing tells texts apart. */
#define REPEAT_AFTER_US (60 * INT64_C(1000000))
#define STAMPS_MAX 65536

struct stamp {
	struct lru_entry lru;
	int64_t at_us;
	unsigned int n; /* since then */
};

static const struct rate_ctr_desc counter_names[] = {
	/* Each of them ends as one of what follows. */
	[SMS_CTR_TEXT] = { "text", "Texts from terminals, delivered anew or again" },
	[SMS_CTR_REPEATED] = { "repeated", "Texts that were delivered again" },
	[SMS_CTR_STRANGER] = { "stranger", "Texts of who is no subscriber, not answered" },
	[SMS_CTR_OFTEN] = { "refused:often", "Texts dropped: their sender sends too many" },
	[SMS_CTR_FULL] = { "refused:full", "Texts to be delivered later: too many under way" },
	[SMS_CTR_ELSEWHERE] = { "elsewhere",
				"Texts to another address than the service's, not run" },
	[SMS_CTR_NOT_UNDERSTOOD] = { "not_understood", "Texts that are no command, not answered" },
	[SMS_CTR_HELPED] = { "helped", "Texts that are no command, answered with help" },
	[SMS_CTR_ANSWERED] = { "answered", "Commands whose reply was written" },
	[SMS_CTR_SILENT] = { "silent", "Texts that were taken and have no reply" },
	[SMS_CTR_LATER] = { "later", "Texts to be delivered again: the ledger could not be asked" },
};

static const struct rate_ctr_group_desc counter_group = {
	.group_name_prefix = "sms:in",
	.group_description = "Texts from terminals",
	.class_id = OSMO_STATS_CLASS_GLOBAL,
	.num_ctr = ARRAY_SIZE(counter_names),
	.ctr_desc = counter_names,
};

static void count(struct sms_inbound *si, enum sms_ctr ctr)
{
	rate_ctr_inc2(si->counters, ctr);
}

/* --- the end of a job ------------------------------------------------------------- */

static void tell_verdicts(void *data)
{
	struct sms_inbound *si = data;
	struct sms_job *job, *next;
	struct llist_head ended;

	INIT_LLIST_HEAD(&ended);
	llist_splice_init(&si->ended, &ended);
	llist_for_each_entry_safe (job, next, &ended, entry) {
		llist_del(&job->entry);
		si->n_jobs--;
		job->done(job->done_data, job->verdict);
		talloc_free(job);
	}
}

void sms_job_end(struct sms_job *job, enum sms_verdict verdict)
{
	struct sms_inbound *si = job->si;

	sms_command_wipe(&job->command);
	/* That it comes again is our wish, not its sender's. */
	if (verdict == SMS_TRY_AGAIN && job->counted)
		terminal_rates_give(si->rates, job->sender);
	job->verdict = verdict;
	llist_move_tail(&job->entry, &si->ended);
	if (!osmo_timer_pending(&si->timer))
		osmo_timer_schedule(&si->timer, 0, 0);
}

static void later(struct sms_job *job, enum outcome outcome)
{
	count(job->si, SMS_CTR_LATER);
	LOGP(DSMPP, LOGL_INFO, "%s: %s is to be delivered again: %s\n", job->link,
	     sms_verb_name(job->command.verb), outcome_name(outcome));
	sms_job_end(job, SMS_TRY_AGAIN);
}

bool sms_job_fails(struct sms_job *job, enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_AGAIN:
	case OUTCOME_BUSY:
	case OUTCOME_UNCERTAIN:
	case OUTCOME_UNAVAILABLE:
		later(job, outcome);
		return true;
	default:
		return false;
	}
}

void sms_job_ask(struct sms_job *job, struct ledger_request *request)
{
	ledger_hurry(request, job->began_us);
}

/* --- what is remembered ----------------------------------------------------------------- */

static struct stamp *stamp_of(struct lru *l, const void *key, size_t size)
{
	uint8_t padded[LRU_KEY_SIZE] = { 0 };

	memcpy(padded, key, size);
	return lru_find(l, padded);
}

/* Microseconds since it was stamped; a year where it was not. */
static int64_t stamp_age_us(struct lru *l, const void *key, size_t size)
{
	const struct stamp *s = stamp_of(l, key, size);

	return s ? db_now_us() - s->at_us : INT64_C(31536000) * 1000000;
}

static void stamp(struct lru *l, const void *key, size_t size)
{
	uint8_t padded[LRU_KEY_SIZE] = { 0 };
	struct stamp *s;

	memcpy(padded, key, size);
	s = lru_find(l, padded);
	if (!s)
		s = lru_put(l, padded);
	s->at_us = db_now_us();
	s->n = 1;
}

bool sms_job_may_help(struct sms_job *job)
{
	return stamp_age_us(job->si->helped, job->sender, strlen(job->sender)) >= HELP_EVERY_US;
}

void sms_job_helped(struct sms_job *job)
{
	stamp(job->si->helped, job->sender, strlen(job->sender));
}

bool sms_job_may_err(struct sms_job *job)
{
	const struct stamp *s = stamp_of(job->si->erred, job->sender, strlen(job->sender));

	return !s || s->n < SMS_ERRORS_HOUR || db_now_us() - s->at_us >= HELP_EVERY_US;
}

void sms_job_erred(struct sms_job *job)
{
	struct stamp *s = stamp_of(job->si->erred, job->sender, strlen(job->sender));

	if (!s || db_now_us() - s->at_us >= HELP_EVERY_US)
		stamp(job->si->erred, job->sender, strlen(job->sender));
	else
		s->n++;
}

void sms_job_taken(struct sms_job *job)
{
	stamp(job->si->taken, job->arrived, SMS_IDENTITY_SIZE);
}

void sms_job_rename(struct sms_job *job, const void *by, size_t size)
{
	uint8_t both[SMS_IDENTITY_SIZE + SMS_RENAME_MAX], digest[SHA256_DIGEST_LENGTH];

	OSMO_ASSERT(size <= SMS_RENAME_MAX);
	memcpy(both, job->identity, SMS_IDENTITY_SIZE);
	memcpy(both + SMS_IDENTITY_SIZE, by, size);
	SHA256(both, SMS_IDENTITY_SIZE + size, digest);
	memcpy(job->identity, digest, SMS_IDENTITY_SIZE);
	explicit_bzero(both, sizeof(both));
}

/* --- who, and was it taken already ----------------------------------------------------- */

/* What is wished for twice in the same words, which is not so of an answer: its code is good for
 * one thing. */
static bool may_be_repeated(const struct sms_job *job)
{
	return job->command.verb != SMS_VERB_YES && job->command.verb != SMS_VERB_NO;
}

/* The question that it leads to says by itself whether it is the same one. */
static bool leads_to_a_question(const struct sms_job *job)
{
	return job->command.verb == SMS_VERB_BUY || job->command.verb == SMS_VERB_SEND ||
	       job->command.verb == SMS_VERB_PAY;
}

/* Taken before: delivered again, or sent again. */
static void taken_before(struct sms_job *job)
{
	int64_t age_us = stamp_age_us(job->si->taken, job->arrived, SMS_IDENTITY_SIZE);
	bool known = age_us < HELP_EVERY_US;

	if (may_be_repeated(job) && known && age_us >= REPEAT_AFTER_US) {
		sms_job_rename(job, &job->began_us, sizeof(job->began_us));
		sms_command_run(job);
	} else if (leads_to_a_question(job)) {
		sms_command_run(job);
	} else {
		count(job->si, SMS_CTR_REPEATED);
		sms_job_end(job, SMS_ACCEPTED);
	}
}

static void seen(void *data, const struct sms_seen_result *result)
{
	struct sms_job *job = data;

	if (sms_job_fails(job, result->outcome))
		return;
	if (result->outcome == OUTCOME_OK)
		taken_before(job);
	else
		sms_command_run(job);
}

/* Another PIN is another text, whatever the adapter tells texts apart by. */
static void take_pin(struct sms_job *job)
{
	const struct pin_key *key = dialogues_pin_key(job->si->dialogues);
	char other[SMS_SENDER_SIZE + QUESTION_CODE_SIZE + 1];
	struct sms_command *c = &job->command;

	if (c->verb != SMS_VERB_YES || c->pin[0] == '\0')
		return;
	if (key && pin_key_digest(key, job->terminal_id, c->pin, &job->pin) == 0) {
		job->has_pin = true;
		sms_job_rename(job, job->pin.octets, PIN_DIGEST_SIZE);
	} else {
		/* Nobody can check it, and nothing may tell it. */
		memset(job->identity, 0, SMS_IDENTITY_SIZE);
		snprintf(other, sizeof(other), "%s %s", job->sender, c->code);
		sms_job_rename(job, other, strlen(other));
	}
	explicit_bzero(c->pin, sizeof(c->pin));
}

static void identified(struct sms_job *job, enum outcome outcome, int64_t terminal_id,
		       const char *address, const char *language)
{
	char masked[MASKED_SIZE];

	if (sms_job_fails(job, outcome))
		return;
	if (outcome == OUTCOME_INTERNAL) {
		/* It may well be a subscriber's. */
		later(job, outcome);
		return;
	}
	if (terminal_id == 0 || outcome == OUTCOME_TERMINAL_UNKNOWN ||
	    outcome == OUTCOME_TERMINAL_RETIRED) {
		count(job->si, SMS_CTR_STRANGER);
		LOGP(DSMPP, LOGL_INFO, "%s: a text of %s, who is no subscriber\n", job->link,
		     mask_digits(masked, job->sender + 1));
		sms_job_end(job, SMS_ACCEPTED);
		return;
	}
	job->standing = outcome;
	job->terminal_id = terminal_id;
	OSMO_STRLCPY_ARRAY(job->address, address);
	OSMO_STRLCPY_ARRAY(job->language, language);
	take_pin(job);
	memcpy(job->arrived, job->identity, SMS_IDENTITY_SIZE);
	sms_job_ask(job, ledger_sms_seen(job->si->ledger, job->identity, seen, job));
}

static void entered(void *data, const struct enter_result *r)
{
	identified(data, r->outcome, r->terminal_id, r->address, r->language);
}

static void numbered(void *data, const struct number_result *r)
{
	identified(data, r->outcome, r->terminal_id, r->address, r->language);
}

static void identify(struct sms_job *job, const struct sms_in *in)
{
	struct enter_args args = { .enrol = dialogues_settings(job->si->dialogues)->enrol };
	struct ledger *ledger = job->si->ledger;

	if (in->imsi[0]) {
		OSMO_STRLCPY_ARRAY(args.imsi, in->imsi);
		OSMO_STRLCPY_ARRAY(args.msisdn, in->msisdn);
		sms_job_ask(job, ledger_enter(ledger, &args, entered, job));
	} else {
		sms_job_ask(job, ledger_by_number(ledger, in->msisdn, numbered, job));
	}
}

/* --- texts --------------------------------------------------------------------------- */

static struct sms_job *job_new(struct sms_inbound *si, const struct sms_in *in,
			       sms_received_cb done, void *done_data)
{
	const struct pin_key *key = dialogues_pin_key(si->dialogues);
	struct sms_job *job = talloc_zero(si, struct sms_job);

	OSMO_ASSERT(job);
	job->si = si;
	job->done = done;
	job->done_data = done_data;
	job->began_us = db_now_us();
	/* A number that the network vouches for, or its own word of a SIM. */
	job->trusted = in->trusted_origin;
	OSMO_STRLCPY_ARRAY(job->link, in->link);
	snprintf(job->sender, sizeof(job->sender), "%c%s", in->imsi[0] ? 'I' : 'N',
		 in->imsi[0] ? in->imsi : in->msisdn);
	memcpy(job->identity, in->identity, SMS_IDENTITY_SIZE);
	if (key)
		pin_key_hide(key, job->identity);
	llist_add_tail(&job->entry, &si->jobs);
	si->n_jobs++;
	return job;
}

static bool sends_too_often(struct sms_job *job)
{
	const struct sms_inbound_settings *s = &job->si->settings;

	job->counted = terminal_rates_take(job->si->rates, job->sender, s->rate_per_min,
					   s->rate_burst, job->began_us);
	return !job->counted;
}

static void drop(struct sms_job *job, enum sms_ctr ctr, enum sms_verdict verdict, const char *why)
{
	char masked[MASKED_SIZE];

	count(job->si, ctr);
	LOGP(DSMPP, LOGL_INFO, "%s: a text of %s: %s\n", job->link,
	     mask_digits(masked, job->sender + 1), why);
	sms_job_end(job, verdict);
}

void sms_inbound_receive(void *data, const struct sms_in *in, sms_received_cb done, void *done_data)
{
	struct sms_inbound *si = data;
	struct sms_job *job = job_new(si, in, done, done_data);

	count(si, SMS_CTR_TEXT);
	if (si->draining || si->n_jobs > SMS_INBOUND_MAX) {
		drop(job, SMS_CTR_FULL, SMS_TRY_AGAIN, si->draining ? "shutting down" : "too many");
		return;
	}
	if (!sms_inbound_is_ours(si, in)) {
		drop(job, SMS_CTR_ELSEWHERE, SMS_ELSEWHERE, "not to the service's address");
		return;
	}
	/* A bind may be up before the ledger is. */
	if (!ledger_knows_products(si->ledger)) {
		drop(job, SMS_CTR_LATER, SMS_TRY_AGAIN, "what is on sale is not known yet");
		return;
	}
	if (in->imsi[0] == '\0' && in->msisdn[0] == '\0') {
		drop(job, SMS_CTR_STRANGER, SMS_ACCEPTED, "the sender is no telephone");
		return;
	}
	if (sends_too_often(job)) {
		drop(job, SMS_CTR_OFTEN, SMS_ACCEPTED, "too many of this sender");
		return;
	}
	sms_command_parse(&job->command, dialogues_catalogue(si->dialogues), in->text);
	job->is_help = !sms_command_is_formed(&job->command);
	if (job->is_help && !sms_job_may_help(job)) {
		drop(job, SMS_CTR_NOT_UNDERSTOOD, SMS_ACCEPTED, "not understood once more");
		return;
	}
	identify(job, in);
}

/* --- life ----------------------------------------------------------------------------- */

static int inbound_destroy(struct sms_inbound *si)
{
	struct sms_job *job;

	osmo_timer_del(&si->timer);
	llist_for_each_entry (job, &si->jobs, entry)
		sms_command_wipe(&job->command);
	rate_ctr_group_free(si->counters);
	return 0;
}

void sms_inbound_reset(struct sms_inbound *si)
{
	si->settings = (struct sms_inbound_settings){
		.rate_per_min = 10,
		.rate_burst = 10,
		.answer_s = 600,
	};
}

struct sms_inbound *sms_inbound_new(void *ctx, struct ledger *ledger, struct dialogues *dialogues)
{
	struct sms_inbound *si = talloc_zero(ctx, struct sms_inbound);

	OSMO_ASSERT(si);
	si->ledger = ledger;
	si->dialogues = dialogues;
	si->rates = terminal_rates_new(si);
	si->helped = lru_new(si, STAMPS_MAX, sizeof(struct stamp));
	si->erred = lru_new(si, STAMPS_MAX, sizeof(struct stamp));
	si->taken = lru_new(si, STAMPS_MAX, sizeof(struct stamp));
	OSMO_ASSERT(si->rates && si->helped && si->erred && si->taken);
	INIT_LLIST_HEAD(&si->jobs);
	INIT_LLIST_HEAD(&si->ended);
	osmo_timer_setup(&si->timer, tell_verdicts, si);
	si->counters = rate_ctr_group_alloc(si, &counter_group, 0);
	sms_inbound_reset(si);
	talloc_set_destructor(si, inbound_destroy);
	return si;
}

void sms_inbound_set_replies(struct sms_inbound *si, const struct sms_replies *replies, void *data)
{
	si->replies = replies;
	si->replies_data = data;
}

void sms_inbound_drain(struct sms_inbound *si)
{
	si->draining = true;
}

size_t sms_inbound_in_flight(const struct sms_inbound *si)
{
	return si->n_jobs;
}
