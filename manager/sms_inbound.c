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
#define HELPED_MAX 65536

struct helped {
	struct lru_entry lru;
	int64_t at_us;
};

static const struct rate_ctr_desc counter_names[] = {
	[SMS_CTR_TEXT] = { "text", "Texts from terminals" },
	[SMS_CTR_REPEATED] = { "repeated", "Texts that were delivered again" },
	[SMS_CTR_STRANGER] = { "stranger", "Texts of who is no subscriber, not answered" },
	[SMS_CTR_OFTEN] = { "refused:often", "Texts dropped: their sender sends too many" },
	[SMS_CTR_FULL] = { "refused:full", "Texts to be delivered later: too many under way" },
	[SMS_CTR_NOT_UNDERSTOOD] = { "not_understood", "Texts that are no command" },
	[SMS_CTR_ANSWERED] = { "answered", "Texts whose reply was written" },
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
	job->verdict = verdict;
	llist_move_tail(&job->entry, &si->ended);
	if (!osmo_timer_pending(&si->timer))
		osmo_timer_schedule(&si->timer, 0, 0);
}

bool sms_job_fails(struct sms_job *job, enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_AGAIN:
	case OUTCOME_BUSY:
	case OUTCOME_UNCERTAIN:
	case OUTCOME_UNAVAILABLE:
		break;
	default:
		return false;
	}
	count(job->si, SMS_CTR_LATER);
	LOGP(DSMPP, LOGL_INFO, "%s: %s is to be delivered again: %s\n", job->link,
	     sms_verb_name(job->command.verb), outcome_name(outcome));
	sms_job_end(job, SMS_TRY_AGAIN);
	return true;
}

void sms_job_ask(struct sms_job *job, struct ledger_request *request)
{
	ledger_hurry(request, job->began_us);
}

/* --- once an hour ------------------------------------------------------------------- */

static void sender_key(uint8_t key[LRU_KEY_SIZE], const struct sms_job *job)
{
	memset(key, 0, LRU_KEY_SIZE);
	memcpy(key, job->sender, strlen(job->sender));
}

bool sms_job_may_help(struct sms_job *job)
{
	uint8_t key[LRU_KEY_SIZE];
	const struct helped *h;

	sender_key(key, job);
	h = lru_find(job->si->helped, key);
	return !h || db_now_us() - h->at_us >= HELP_EVERY_US;
}

void sms_job_helped(struct sms_job *job)
{
	uint8_t key[LRU_KEY_SIZE];
	struct helped *h;

	sender_key(key, job);
	h = lru_find(job->si->helped, key);
	if (!h)
		h = lru_put(job->si->helped, key);
	h->at_us = db_now_us();
}

/* --- who, and was it taken already ----------------------------------------------------- */

static void seen(void *data, const struct sms_seen_result *result)
{
	struct sms_job *job = data;

	if (sms_job_fails(job, result->outcome))
		return;
	if (result->outcome == OUTCOME_OK) {
		count(job->si, SMS_CTR_REPEATED);
		sms_job_end(job, SMS_ACCEPTED);
		return;
	}
	sms_command_run(job);
}

/* What is kept of a text with a PIN must not tell it to who has no key: the adapter's digest of
 * the text is hidden by one that needs the key.  Another PIN is another text. */
static void take_pin(struct sms_job *job)
{
	const struct pin_key *key = dialogues_pin_key(job->si->dialogues);
	uint8_t both[PIN_DIGEST_SIZE + SMS_IDENTITY_SIZE], digest[SHA256_DIGEST_LENGTH];
	struct sms_command *c = &job->command;

	if (c->pin[0] == '\0')
		return;
	memset(both, 0, sizeof(both));
	if (key) {
		pin_key_digest(key, job->terminal_id, c->pin, &job->pin);
		job->has_pin = true;
		memcpy(both, job->pin.octets, PIN_DIGEST_SIZE);
		memcpy(both + PIN_DIGEST_SIZE, job->identity, SMS_IDENTITY_SIZE);
	} else {
		/* Nobody can check it, and nothing may tell it. */
		memcpy(both, c->code, sizeof(c->code));
		memcpy(both + PIN_DIGEST_SIZE, &job->terminal_id, sizeof(job->terminal_id));
	}
	SHA256(both, sizeof(both), digest);
	memcpy(job->identity, digest, SMS_IDENTITY_SIZE);
	explicit_bzero(both, sizeof(both));
	explicit_bzero(c->pin, sizeof(c->pin));
}

static void identified(struct sms_job *job, enum outcome outcome, int64_t terminal_id,
		       const char *address, const char *language)
{
	char masked[MASKED_SIZE];

	if (sms_job_fails(job, outcome))
		return;
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
	llist_add_tail(&job->entry, &si->jobs);
	si->n_jobs++;
	return job;
}

static bool sends_too_often(struct sms_job *job)
{
	const struct sms_inbound_settings *s = &job->si->settings;

	return !terminal_rates_take(job->si->rates, job->sender, s->rate_per_min, s->rate_burst,
				    job->began_us);
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
	if (in->imsi[0] == '\0' && in->msisdn[0] == '\0') {
		drop(job, SMS_CTR_STRANGER, SMS_ACCEPTED, "the sender is no telephone");
		return;
	}
	if (sends_too_often(job)) {
		drop(job, SMS_CTR_OFTEN, SMS_ACCEPTED, "too many of this sender");
		return;
	}
	sms_command_parse(&job->command, dialogues_catalogue(si->dialogues), in->text);
	job->is_help = job->command.verb == SMS_VERB_NONE;
	if (job->is_help && !sms_job_may_help(job)) {
		drop(job, SMS_CTR_NOT_UNDERSTOOD, SMS_ACCEPTED, "not understood once more");
		return;
	}
	if (job->is_help)
		count(si, SMS_CTR_NOT_UNDERSTOOD);
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
	si->helped = lru_new(si, HELPED_MAX, sizeof(struct helped));
	OSMO_ASSERT(si->rates && si->helped);
	INIT_LLIST_HEAD(&si->jobs);
	INIT_LLIST_HEAD(&si->ended);
	osmo_timer_setup(&si->timer, tell_verdicts, si);
	si->counters = rate_ctr_group_alloc(si, &counter_group, 0);
	sms_inbound_reset(si);
	talloc_set_destructor(si, inbound_destroy);
	return si;
}

void sms_inbound_on_reply(struct sms_inbound *si, void (*written)(void *data), void *data)
{
	si->written = written;
	si->written_data = data;
}

void sms_inbound_drain(struct sms_inbound *si)
{
	si->draining = true;
}

size_t sms_inbound_in_flight(const struct sms_inbound *si)
{
	return si->n_jobs;
}
