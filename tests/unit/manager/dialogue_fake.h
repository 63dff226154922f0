/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The dialogue layer between two fakes: a ledger whose answers are scripted and
 * come when the test says so, and an exchange that keeps what it is sent and
 * refuses what its link could not carry.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <osmocom/core/fsm.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/application.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/gsm_text.h"
#include "lib/log_category.h"
#include "lib/value_id.h"
#include "manager/dialogue_page.h"
#include "manager/dialogue_priv.h"
#include "manager/pin_key.h"

#define TEXTS_DIR "etc/texts"
#define NOON 1750000000 /* 2025-06-15 15:06:40 UTC */

/* --- the ledger ------------------------------------------------------------ */

enum fake_call {
	FAKE_NONE,
	FAKE_ENTER,
	FAKE_ISSUE,
	FAKE_QUOTE,
	FAKE_TRANSFER,
	FAKE_CHECK,
	FAKE_LIST,
	FAKE_BALANCE,
	FAKE_HISTORY,
	FAKE_QUESTIONS,
	FAKE_ANSWER,
	FAKE_PIN_CHECK,
	FAKE_PIN_SET,
	FAKE_NUMBER,
	FAKE_TELL,
	FAKE_SMS_SEEN,
	FAKE_REPLY,
	FAKE_RECEIPTS,
	FAKE_OPEN,
	FAKE_CALLS
};

#define FAKE_PENDING_MAX 64
#define FAKE_VALUES_MAX 700

struct ledger_request {
	enum fake_call call;
	void *done;
	void *data;
	bool cancelled;
	int64_t after;
	size_t limit;
};

struct ledger {
	struct ledger_request pending[FAKE_PENDING_MAX];
	size_t n_pending;
	unsigned int n_calls[FAKE_CALLS];
	bool uncancellable; /* as where a request could not even be queued */
	unsigned int n_cancelled;
	unsigned int n_told_after_cancel;
	bool maintenance;
	size_t n_products;
	struct product products[12];

	struct enter_args enter_args;
	struct enter_result enter;
	struct issue_args issue_args;
	struct issue_result issue;
	enum outcome issue_once; /* of the first issue only, where not OK */
	struct transfer_args quote_args, transfer_args;
	struct quote_result quote;
	struct transfer_result transfer;
	enum outcome transfer_once;
	struct check_asker check_asker;
	int64_t check_value;
	struct check_item check_item;
	enum outcome check_outcome;
	size_t n_values;
	int64_t values[FAKE_VALUES_MAX]; /* falling */
	enum value_state states[FAKE_VALUES_MAX];
	enum outcome list_outcome;
	struct balance_result balance;
	struct history_result history;

	unsigned int n_seen;
	struct request_id seen;

	bool asks_pin;
	struct questions_result questions;
	struct question_answer_args answer_args;
	struct question_result answer;
	struct pin_digest checked_pin, set_pin;
	bool has_old_pin;
	struct pin_result pin_check, pin_set;
	struct number_result number;
	unsigned int n_told; /* by SMS */
	struct request_id told;
	enum outcome told_outcome;

	struct sms_seen_result sms_seen;
	struct sms_reply_args reply_args; /* text: reply */
	char reply[SMS_TEXT_SIZE];
	struct sms_put_result put;
	enum outcome receipts_outcome;
	bool receipts;
	struct question_open_args open_args;
	struct question_result open;
	char questions_code[QUESTION_CODE_SIZE];
	char number_asked[NUMBER_SIZE];
};

static struct ledger_request *fake_queue(struct ledger *l, enum fake_call call, void *done,
					 void *data)
{
	struct ledger_request *r = &l->pending[l->n_pending++];

	assert_true(l->n_pending < FAKE_PENDING_MAX);
	*r = (struct ledger_request){ .call = call, .done = done, .data = data };
	l->n_calls[call]++;
	return l->uncancellable ? NULL : r;
}

struct ledger_request *ledger_enter(struct ledger *l, const struct enter_args *args,
				    ledger_enter_cb done, void *data)
{
	l->enter_args = *args;
	return fake_queue(l, FAKE_ENTER, done, data);
}

struct ledger_request *ledger_issue(struct ledger *l, const struct issue_args *args,
				    ledger_issue_cb done, void *data)
{
	l->issue_args = *args;
	return fake_queue(l, FAKE_ISSUE, done, data);
}

struct ledger_request *ledger_quote(struct ledger *l, const struct transfer_args *args,
				    ledger_quote_cb done, void *data)
{
	l->quote_args = *args;
	return fake_queue(l, FAKE_QUOTE, done, data);
}

struct ledger_request *ledger_transfer(struct ledger *l, const struct transfer_args *args,
				       ledger_transfer_cb done, void *data)
{
	l->transfer_args = *args;
	return fake_queue(l, FAKE_TRANSFER, done, data);
}

struct ledger_request *ledger_check(struct ledger *l, const struct check_asker *asker,
				    const int64_t *value_ids, size_t n_values,
				    const struct request_id *request_id, ledger_check_cb done,
				    void *data)
{
	assert_int_equal(n_values, 1);
	l->check_asker = *asker;
	l->check_value = value_ids[0];
	return fake_queue(l, FAKE_CHECK, done, data);
}

struct ledger_request *ledger_list(struct ledger *l, int64_t terminal_id, int64_t after,
				   size_t limit, ledger_list_cb done, void *data)
{
	struct ledger_request *r = fake_queue(l, FAKE_LIST, done, data);

	assert_in_range(limit, 1, LEDGER_PAGE_MAX);
	l->pending[l->n_pending - 1].after = after;
	l->pending[l->n_pending - 1].limit = limit;
	return r;
}

struct ledger_request *ledger_balance(struct ledger *l, int64_t terminal_id, ledger_balance_cb done,
				      void *data)
{
	return fake_queue(l, FAKE_BALANCE, done, data);
}

struct ledger_request *ledger_history(struct ledger *l, int64_t terminal_id, size_t limit,
				      ledger_history_cb done, void *data)
{
	return fake_queue(l, FAKE_HISTORY, done, data);
}

void ledger_seen(struct ledger *l, const char *imsi, int64_t terminal_id,
		 const struct request_id *request_id)
{
	l->n_seen++;
	l->seen = *request_id;
}

bool ledger_asks_pin(const struct ledger *l)
{
	return l->asks_pin;
}

struct ledger_request *ledger_questions(struct ledger *l, int64_t terminal_id, const char *code,
					ledger_questions_cb done, void *data)
{
	OSMO_STRLCPY_ARRAY(l->questions_code, code ? code : "");
	return fake_queue(l, FAKE_QUESTIONS, done, data);
}

struct ledger_request *ledger_question_answer(struct ledger *l,
					      const struct question_answer_args *args,
					      ledger_question_cb done, void *data)
{
	l->answer_args = *args;
	return fake_queue(l, FAKE_ANSWER, done, data);
}

struct ledger_request *ledger_pin_check(struct ledger *l, int64_t terminal_id,
					const struct pin_digest *digest, ledger_pin_cb done,
					void *data)
{
	l->checked_pin = *digest;
	return fake_queue(l, FAKE_PIN_CHECK, done, data);
}

struct ledger_request *ledger_pin_set(struct ledger *l, int64_t terminal_id,
				      const struct pin_digest *digest, const struct pin_digest *old,
				      ledger_pin_cb done, void *data)
{
	l->set_pin = *digest;
	l->has_old_pin = old != NULL;
	return fake_queue(l, FAKE_PIN_SET, done, data);
}

struct ledger_request *ledger_by_number(struct ledger *l, const char *number, ledger_number_cb done,
					void *data)
{
	OSMO_STRLCPY_ARRAY(l->number_asked, number);
	return fake_queue(l, FAKE_NUMBER, done, data);
}

struct ledger_request *ledger_sms_seen(struct ledger *l, const uint8_t identity[SMS_IDENTITY_SIZE],
				       ledger_sms_seen_cb done, void *data)
{
	return fake_queue(l, FAKE_SMS_SEEN, done, data);
}

struct ledger_request *ledger_sms_reply(struct ledger *l, const struct sms_reply_args *args,
					ledger_sms_put_cb done, void *data)
{
	l->reply_args = *args;
	OSMO_STRLCPY_ARRAY(l->reply, args->text ? args->text : "");
	return fake_queue(l, FAKE_REPLY, done, data);
}

struct ledger_request *ledger_receipts_set(struct ledger *l, int64_t terminal_id, bool on,
					   ledger_done_cb done, void *data)
{
	l->receipts = on;
	return fake_queue(l, FAKE_RECEIPTS, done, data);
}

struct ledger_request *ledger_question_open(struct ledger *l, const struct question_open_args *args,
					    ledger_question_cb done, void *data)
{
	l->open_args = *args;
	return fake_queue(l, FAKE_OPEN, done, data);
}

struct ledger_request *ledger_outbox_tell(struct ledger *l, int64_t terminal_id,
					  const struct request_id *request_id,
					  ledger_sms_put_cb done, void *data)
{
	l->n_told++;
	l->told = *request_id;
	return fake_queue(l, FAKE_TELL, done, data);
}

void ledger_hurry(struct ledger_request *r, int64_t since_us)
{
}

void ledger_cancel(struct ledger_request *r)
{
	assert_false(r->cancelled);
	r->cancelled = true;
}

bool ledger_maintenance(const struct ledger *l)
{
	return l->maintenance;
}

const struct product *ledger_products(const struct ledger *l, size_t *n)
{
	*n = l->n_products;
	return l->products;
}

int64_t product_fee(const struct product *p, int64_t amount_minor)
{
	return p->fee_fixed_minor + (amount_minor * p->fee_permille + 999) / 1000;
}

static void fake_list(struct ledger *l, const struct ledger_request *r, struct list_result *result)
{
	result->outcome = l->list_outcome;
	for (size_t i = 0; i < l->n_values && result->outcome == OUTCOME_OK; i++) {
		struct list_item *item = &result->items[result->n_items];

		if (r->after != 0 && l->values[i] >= r->after)
			continue;
		if (result->n_items == r->limit) {
			result->more = true;
			break;
		}
		item->value_id = l->values[i];
		item->state = l->states[i];
		item->amount_minor = 500;
		OSMO_STRLCPY_ARRAY(item->currency, "JPY");
		result->n_items++;
	}
}

static void fake_issue(struct ledger *l, const struct ledger_request *r)
{
	struct issue_result result = l->issue;

	if (l->issue_once != OUTCOME_OK)
		result.outcome = l->issue_once;
	l->issue_once = OUTCOME_OK;
	result.amount_minor = l->issue_args.amount_minor;
	((ledger_issue_cb)r->done)(r->data, &result);
}

static void fake_transfer(struct ledger *l, const struct ledger_request *r)
{
	struct transfer_result result = l->transfer;

	if (l->transfer_once != OUTCOME_OK)
		result.outcome = l->transfer_once;
	l->transfer_once = OUTCOME_OK;
	((ledger_transfer_cb)r->done)(r->data, &result);
}

static void fake_tell(struct ledger *l, const struct ledger_request *r)
{
	struct check_result check = { .outcome = l->check_outcome,
				      .n_items = 1,
				      .items = &l->check_item };
	struct list_result list = { 0 };
	struct sms_put_result put = { .outcome = l->told_outcome, .message_id = 1 };

	switch (r->call) {
	case FAKE_QUESTIONS:
		((ledger_questions_cb)r->done)(r->data, &l->questions);
		break;
	case FAKE_ANSWER:
		((ledger_question_cb)r->done)(r->data, &l->answer);
		break;
	case FAKE_PIN_CHECK:
		((ledger_pin_cb)r->done)(r->data, &l->pin_check);
		break;
	case FAKE_PIN_SET:
		((ledger_pin_cb)r->done)(r->data, &l->pin_set);
		break;
	case FAKE_NUMBER:
		((ledger_number_cb)r->done)(r->data, &l->number);
		break;
	case FAKE_SMS_SEEN:
		((ledger_sms_seen_cb)r->done)(r->data, &l->sms_seen);
		break;
	case FAKE_REPLY:
		((ledger_sms_put_cb)r->done)(r->data, &l->put);
		break;
	case FAKE_RECEIPTS:
		((ledger_done_cb)r->done)(r->data, l->receipts_outcome);
		break;
	case FAKE_OPEN:
		((ledger_question_cb)r->done)(r->data, &l->open);
		break;
	case FAKE_TELL:
		((ledger_sms_put_cb)r->done)(r->data, &put);
		break;
	case FAKE_ENTER:
		((ledger_enter_cb)r->done)(r->data, &l->enter);
		break;
	case FAKE_ISSUE:
		fake_issue(l, r);
		break;
	case FAKE_QUOTE:
		((ledger_quote_cb)r->done)(r->data, &l->quote);
		break;
	case FAKE_TRANSFER:
		fake_transfer(l, r);
		break;
	case FAKE_CHECK:
		((ledger_check_cb)r->done)(r->data, &check);
		break;
	case FAKE_LIST:
		fake_list(l, r, &list);
		((ledger_list_cb)r->done)(r->data, &list);
		break;
	case FAKE_BALANCE:
		((ledger_balance_cb)r->done)(r->data, &l->balance);
		break;
	case FAKE_HISTORY:
		((ledger_history_cb)r->done)(r->data, &l->history);
		break;
	default:
		fail();
	}
}

/* Answers everything that waits, and what is asked because of it. */
static void fake_run(struct ledger *l)
{
	for (size_t i = 0; i < l->n_pending; i++) {
		struct ledger_request r = l->pending[i];

		if (r.cancelled)
			l->n_cancelled++;
		else
			fake_tell(l, &r);
	}
	l->n_pending = 0;
}

/* --- the exchange ---------------------------------------------------------- */

struct exchange_session {
	size_t max_question, max_last;
	int rc; /* what the next send gives */
	unsigned int n_sent;
	unsigned int n_refused; /* too long for the link */
	bool ended, dropped;
	char text[PAGE_SIZE_MAX];
};

static int fake_send(struct exchange_session *s, const char *utf8, bool end)
{
	size_t max = end ? s->max_last : s->max_question;
	uint8_t dcs;
	int octets = gsm_text_ussd_octets(utf8, strlen(utf8), &dcs);

	assert_false(s->ended || s->dropped);
	assert_true(octets > 0);
	assert_null(strchr(utf8, '{'));
	assert_null(strchr(utf8, '\f'));
	if ((size_t)octets > max) {
		s->n_refused++;
		return -EMSGSIZE;
	}
	if (s->rc < 0) {
		s->ended = s->rc != -EMSGSIZE;
		return s->rc;
	}
	s->n_sent++;
	s->ended = end;
	OSMO_STRLCPY_ARRAY(s->text, utf8);
	return 0;
}

static void fake_drop(struct exchange_session *s)
{
	assert_false(s->ended || s->dropped);
	s->dropped = true;
}

static size_t fake_max_octets(const struct exchange_session *s, bool end)
{
	return end ? s->max_last : s->max_question;
}

static const struct exchange_ops fake_ops = {
	.send = fake_send,
	.drop = fake_drop,
	.max_octets = fake_max_octets,
};

/* --- both together --------------------------------------------------------- */

struct fake {
	void *ctx;
	struct ledger ledger;
	struct dialogues *ds;
	struct exchange_session session;
	struct dialogue *d;
};

static inline bool fake_over(const struct fake *f)
{
	return f->session.ended || f->session.dropped;
}

/* A value id whose digits and check digit are right. */
static inline int64_t fake_value(unsigned int n)
{
	return 0x0fff000000000000LL - 1000003LL * n;
}

static inline char *fake_value_digits(unsigned int n)
{
	static char buf[4][VALUE_ID_STR_SIZE];
	static unsigned int next;
	char *out = buf[next++ % 4];

	return value_id_format(out, fake_value(n));
}

static inline void fake_values(struct ledger *l, size_t n)
{
	assert_true(n <= FAKE_VALUES_MAX);
	l->n_values = n;
	for (size_t i = 0; i < n; i++) {
		l->values[i] = fake_value(i);
		l->states[i] = VALUE_STATE_ACTIVE;
	}
}

static void fake_ledger_fill(struct ledger *l)
{
	struct product *p = &l->products[0];

	l->n_products = 1;
	*p = (struct product){ .code = "prepaid",
			       .name = "Tegata",
			       .currency = "JPY",
			       .n_amounts = 3,
			       .amounts_minor = { 500, 1000, 3000 },
			       .fee_fixed_minor = 5 };
	l->enter = (struct enter_result){ .terminal_id = 77, .address = "819012345678" };
	l->issue = (struct issue_result){ .value_id = fake_value(1),
					  .currency = "JPY",
					  .expires_at = NOON + 365 * 86400,
					  .at = NOON };
	l->quote = (struct quote_result){ .amount_minor = 500,
					  .currency = "JPY",
					  .transferee_id = 78,
					  .transferee_kind = TERMINAL_PORTABLE,
					  .transferee = "819087654321" };
	l->transfer = (struct transfer_result){ .value_id = fake_value(1),
						.amount_minor = 500,
						.currency = "JPY",
						.at = NOON,
						.transferee_id = 78,
						.transferee = "819087654321" };
	l->check_item = (struct check_item){ .owner = true,
					     .spendable = true,
					     .state = VALUE_STATE_ACTIVE,
					     .amount_minor = 500,
					     .currency = "JPY" };
}

/* To a shop rather than to a phone. */
static inline void fake_shop(struct ledger *l)
{
	l->quote.transferee_kind = TERMINAL_SERVER;
	OSMO_STRLCPY_ARRAY(l->quote.transferee, "4711");
	OSMO_STRLCPY_ARRAY(l->quote.transferee_name, "Book shop");
	OSMO_STRLCPY_ARRAY(l->transfer.transferee, "4711");
	OSMO_STRLCPY_ARRAY(l->transfer.transferee_name, "Book shop");
}

static inline void fake_unseen(struct ledger *l, enum operation operation)
{
	struct operation_record *r = &l->enter.unseen;

	l->enter.has_unseen = true;
	l->enter.n_unseen = 1;
	*r = (struct operation_record){ .operation = operation,
					.at = NOON,
					.value_id = fake_value(9),
					.amount_minor = 700,
					.currency = "JPY" };
	memset(r->request_id.octets, 9, sizeof(r->request_id.octets));
	if (operation == OPERATION_TRANSFER)
		OSMO_STRLCPY_ARRAY(r->peer, "819011112222");
}

static inline void fake_language(struct fake *f, const char *language)
{
	OSMO_STRLCPY_ARRAY(f->ledger.enter.language, language);
}

static void fake_session_fill(struct exchange_session *s)
{
	*s = (struct exchange_session){ .max_question = 114, .max_last = 112 };
}

static inline struct dialogue *fake_open_as(struct fake *f, struct exchange_session *s,
					    const char *imsi, const char *text)
{
	const struct exchange_begin begin = {
		.ops = &fake_ops,
		.session = s,
		.link = "direct:test",
		.imsi = imsi,
		.msisdn = "819012345678",
		.text = text,
	};

	return dialogue_open(f->ds, &begin);
}

static struct dialogue *fake_open(struct fake *f, struct exchange_session *s, const char *text)
{
	return fake_open_as(f, s, "001010000000001", text);
}

/* Dials on a fresh session; the ledger answers. */
static inline void dial(struct fake *f, const char *text)
{
	size_t question = f->session.max_question, last = f->session.max_last;

	if (f->d && !fake_over(f))
		dialogue_abort(f->d, "dialled again");
	fake_session_fill(&f->session);
	f->session.max_question = question;
	f->session.max_last = last;
	f->d = fake_open(f, &f->session, text);
	fake_run(&f->ledger);
}

static inline void answer(struct fake *f, const char *text)
{
	assert_false(fake_over(f));
	dialogue_answer(f->d, text);
	fake_run(&f->ledger);
}

static inline void expect(const struct fake *f, const char *part)
{
	if (!strstr(f->session.text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, f->session.text);
}

static inline void expect_not(const struct fake *f, const char *part)
{
	if (strstr(f->session.text, part))
		fail_msg("\"%s\" is in \"%s\"", part, f->session.text);
}

static inline void expect_open(const struct fake *f)
{
	assert_false(fake_over(f));
	assert_int_equal(dialogues_open_count(f->ds), 1);
}

static inline void expect_end(const struct fake *f)
{
	assert_true(f->session.ended);
	assert_int_equal(dialogues_open_count(f->ds), 0);
}

static inline uint64_t counted(const struct fake *f, enum dialogue_ctr ctr)
{
	return rate_ctr_group_get_ctr(f->ds->counters, ctr)->current;
}

static inline void pass_seconds(unsigned int s)
{
	osmo_gettimeofday_override_add(s, 0);
	osmo_clock_override_add(CLOCK_MONOTONIC, s, 0);
	osmo_timers_update();
}

/* Tests may be started from anywhere below the tree. */
static const char *fake_texts_dir(void)
{
	return access(TEXTS_DIR, R_OK) == 0 ? TEXTS_DIR : "../../../../" TEXTS_DIR;
}

static inline int fake_setup(void **state)
{
	void *ctx = talloc_named_const(NULL, 0, "test");
	struct fake *f = talloc_zero(ctx, struct fake);

	f->ctx = ctx;
	fake_ledger_fill(&f->ledger);
	fake_session_fill(&f->session);
	f->ds = dialogues_new(ctx, &f->ledger);
	osmo_talloc_replace_string(f->ds, &f->ds->settings.texts_dir, fake_texts_dir());
	f->ds->settings.rate_per_min = 0; /* tests dial as fast as they can */
	OSMO_STRLCPY_ARRAY(f->ds->settings.plan.country_code, "81");
	f->ds->settings.clock = DIALOGUE_CLOCK_OFFSET;
	*state = f;
	return dialogues_start(f->ds);
}

static inline int fake_teardown(void **state)
{
	struct fake *f = *state;
	bool fine = f->session.n_refused == 0;

	talloc_free(f->ds);
	talloc_free(f->ctx);
	return fine ? 0 : -1;
}

static inline void fake_init(void)
{
	void *ctx = talloc_named_const(NULL, 0, "logging");
	struct timespec *now;

	osmo_init_logging2(ctx, &tegata_log_info);
	log_set_category_filter(osmo_stderr_target, DOP, 0, LOGL_FATAL);
	log_set_category_filter(osmo_stderr_target, DDLG, 0, LOGL_FATAL);
	log_set_category_filter(osmo_stderr_target, DCHECK, 0, LOGL_FATAL);
	osmo_fsm_term_safely(true);
	/* libosmocore takes the time of its timers from one or the other, by its version. */
	osmo_gettimeofday_override = true;
	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	now = osmo_clock_override_gettimespec(CLOCK_MONOTONIC);
	*now = (struct timespec){ .tv_sec = 1000 };
}
