/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Inside of sms_inbound; nobody else includes this.
 *
 *   sms_inbound.c         who sends, how often, taken already; the verdict
 *   sms_inbound_reply.c   writes the reply, and what is said in it
 *   sms_inbound_vty.c     settings
 *   sms_command.c         what a text says
 *   sms_command_run.c     what changes nothing: LIST, BALANCE, HISTORY, OWNER, HELP
 *   sms_command_ask.c     BUY, SEND, PAY: opens a question
 *   sms_command_answer.c  YES, NO: PIN, answer, operation
 *
 * A job ends with exactly one of the functions of sms_inbound.c and
 * sms_inbound_reply.c that say so, and is not touched again.
 */
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/timer.h>

#include "manager/answer_text.h"
#include "manager/dialogue.h"
#include "manager/ledger_sms.h"
#include "manager/outbox.h"
#include "manager/sms_command.h"
#include "manager/sms_inbound.h"
#include "manager/terminal_rates.h"

#define SMS_RENAME_MAX 64
#define SMS_NUMBERS_MAX 8
#define SMS_ERRORS_HOUR 5 /* replies to a sender's commands with a wrong value */
#define SMS_LIST_MAX 10 /* values in one reply */
#define SMS_HISTORY_MAX 8
#define SMS_SENDER_SIZE 17 /* "I" and an IMSI, or "N" and a number */

enum sms_ctr {
	SMS_CTR_TEXT,
	SMS_CTR_REPEATED,
	SMS_CTR_STRANGER,
	SMS_CTR_OFTEN,
	SMS_CTR_FULL,
	SMS_CTR_ELSEWHERE,
	SMS_CTR_NOT_UNDERSTOOD,
	SMS_CTR_HELPED,
	SMS_CTR_ANSWERED,
	SMS_CTR_SILENT,
	SMS_CTR_LATER,
	SMS_CTR_COUNT
};

struct sms_inbound_settings {
	unsigned int rate_per_min, rate_burst; /* texts of one sender; 0 a minute: no limit */
	unsigned int answer_s; /* how long a question is open */
	/* What subscribers may text to, beside each link's own source. */
	char numbers[SMS_NUMBERS_MAX][SMS_SHORT_CODE_SIZE];
	size_t n_numbers;
	bool direct_purchase; /* BUY with a reference needs no code, where the origin is trusted */
};

struct lru;

struct sms_inbound {
	struct ledger *ledger;
	struct dialogues *dialogues;
	struct sms_inbound_settings settings;
	struct terminal_rates *rates;
	struct lru *helped; /* senders who were sent help, and when */
	struct lru *erred; /* senders who were told what is wrong, and how often */
	struct lru *taken; /* texts that were taken, and when */
	struct llist_head jobs;
	size_t n_jobs;
	struct llist_head ended; /* their verdicts are told by the next turn of the loop */
	struct osmo_timer_list timer;
	bool draining;
	struct rate_ctr_group *counters;
	const struct sms_replies *replies;
	void *replies_data;
};

struct sms_job {
	struct llist_head entry;
	struct sms_inbound *si;
	sms_received_cb done;
	void *done_data;
	enum sms_verdict verdict;
	int64_t began_us;
	char link[LINK_LABEL_SIZE];
	bool trusted;
	bool counted; /* it took of its sender's rate */
	char sender[SMS_SENDER_SIZE];
	uint8_t arrived[SMS_IDENTITY_SIZE]; /* the same delivery again has the same */
	uint8_t identity[SMS_IDENTITY_SIZE]; /* under which the reply is written */
	struct sms_command command;
	bool is_help; /* the reply is one that is sent once an hour */
	bool is_error; /* or one that is sent SMS_ERRORS_HOUR times */

	enum outcome standing; /* OK, or why the terminal may not move value */
	int64_t terminal_id;
	char address[NUMBER_SIZE];
	char language[LANGUAGE_SIZE];

	bool has_pin; /* it typed one that can be checked */
	struct pin_digest pin;
	bool needs_pin;
	struct question question; /* what it is about */
	char transferee_name[TERMINAL_NAME_SIZE];
	enum outcome refusal; /* why what was agreed to is not done */

	bool place_asked;
	struct outbox_place place; /* of the reply */
	struct text_writer reply;
	char text[SMS_TEXT_SIZE];
};

/* --- sms_inbound.c ------------------------------------------------------------- */

/* A question to the ledger: its deadline counts from the text's arrival. */
void sms_job_ask(struct sms_job *job, struct ledger_request *request);
/* Ends the job, without a reply. */
void sms_job_end(struct sms_job *job, enum sms_verdict verdict);
/* True where the ledger could not do it now: then the job has ended, to be delivered again. */
bool sms_job_fails(struct sms_job *job, enum outcome outcome);
/* From now on it is the text that led to this, and no other; at most SMS_RENAME_MAX octets. */
void sms_job_rename(struct sms_job *job, const void *by, size_t size);
/* It was taken: the reply is durable. */
void sms_job_taken(struct sms_job *job);
/* Is this a sender who was not sent help within the hour? */
bool sms_job_may_help(struct sms_job *job);
void sms_job_helped(struct sms_job *job);
/* Or one who was not told often within it what is wrong? */
bool sms_job_may_err(struct sms_job *job);
void sms_job_erred(struct sms_job *job);

/* --- sms_inbound_number.c -------------------------------------------------------- */

/* Is it to the service, and to nobody else who has a telephone? */
bool sms_inbound_is_ours(const struct sms_inbound *si, const struct sms_in *in);

/* --- sms_inbound_reply.c --------------------------------------------------------- */

/* An empty reply, to be written into. */
struct text_writer *sms_reply_begin(struct sms_job *job);
/* These end the job. */
void sms_reply_send(struct sms_job *job);
void sms_reply_text(struct sms_job *job, enum text_id id, const struct text_var *vars);
void sms_reply_outcome(struct sms_job *job, enum outcome outcome);
/* What is wrong with a command; silence where its sender was told so too often: it may be a machine
 * that answers.  is_help: it is no command at all, and told once an hour. */
void sms_reply_error(struct sms_job *job, enum text_id id, const struct text_var *vars);
/* The receipt of what was done under the question's request id. */
void sms_reply_receipt(struct sms_job *job);
/* Nothing is said, and the text counts as taken. */
void sms_reply_silence(struct sms_job *job);
/* True where the outcome is not OK, and the job has ended with that: to be delivered again where
 * the ledger could not do it now, else with the outcome as its reply. */
bool sms_reply_refusal(struct sms_job *job, enum outcome outcome);

/* --- commands: each ends the job ---------------------------------------------------- */

void sms_command_run(struct sms_job *job);
void sms_command_buy(struct sms_job *job);
void sms_command_transfer(struct sms_job *job);
void sms_command_answer(struct sms_job *job);
/* Answers the question, and does what it asked where the answer is yes and no PIN is owed. */
void sms_command_agree(struct sms_job *job);
/* A transfer as the ledger is asked about it. */
void sms_transfer_args(struct transfer_args *args, const struct sms_job *job);
