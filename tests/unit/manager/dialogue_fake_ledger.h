/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A ledger whose answers are scripted and come when the test says so; what it was
 * asked stays in it.  For one program: it takes the place of manager/ledger.h's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <osmocom/core/utils.h>

#include "manager/ledger.h"
#include "manager/ledger_sms.h"

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
	bool starts; /* nothing was read yet */
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
	size_t list_limit; /* of the last list that was asked for */
	struct balance_result balance;
	struct history_result history;

	unsigned int n_seen;
	struct request_id seen;
	unsigned int n_debts;

	bool asks_pin;
	struct questions_result questions;
	struct question_answer_args answer_args;
	struct question_result answer;
	struct pin_check_args pin_check_args;
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
	l->list_limit = limit;
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

uint8_t ledger_owe(struct ledger *l)
{
	l->n_debts++;
	return 2;
}

void ledger_pay(struct ledger *l, uint8_t debt)
{
	assert_int_equal(debt, 2);
	assert_true(l->n_debts > 0);
	l->n_debts--;
}

bool ledger_knows_products(const struct ledger *l)
{
	return !l->starts;
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

struct ledger_request *ledger_pin_check(struct ledger *l, const struct pin_check_args *args,
					ledger_pin_cb done, void *data)
{
	l->pin_check_args = *args;
	l->checked_pin = args->digest;
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

/* What cannot be done ends the question, unless it was done meanwhile. */
static void fake_answer(struct ledger *l, const struct ledger_request *r)
{
	struct question_result result = l->answer;

	if (l->answer_args.refusal != OUTCOME_OK && !result.repeated) {
		result.question.state = QUESTION_REFUSED;
		result.question.refusal = l->answer_args.refusal;
	}
	((ledger_question_cb)r->done)(r->data, &result);
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
		fake_answer(l, r);
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
