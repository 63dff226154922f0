/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* The sender of texts, between a ledger and a route that do what the test says. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/db_time.h"
#include "manager/dialogue.h"
#include "manager/ledger_sms.h"
#include "manager/outbox.h"
#include "manager/sms_route.h"
#include "tests/lib/loop.h"

#define ASKED_MAX 64

static void *ctx;
static struct outbox *ob;

/* Long enough for what shall not happen to happen. */
static inline void loop_run_ms(int64_t ms)
{
	int64_t end_us = db_now_us() + ms * 1000;

	while (db_now_us() < end_us)
		loop_turn();
}

/* --- the ledger ------------------------------------------------------------------ */

static bool ready;
static struct {
	unsigned int n; /* asked */
	size_t max;
	ledger_outbox_take_cb done;
	void *data;
} take;
static struct {
	struct outbox_result_args args;
	ledger_outbox_result_cb done;
	void *data;
} results[ASKED_MAX];
static size_t n_results, n_renewed;
static struct {
	ledger_done_cb done;
	void *data;
} renewal; /* the last */
static struct {
	struct outbox_receipt_args args;
	ledger_done_cb done;
	void *data;
} receipt;

bool ledger_ready(const struct ledger *l)
{
	return ready;
}

struct ledger_request *ledger_outbox_take(struct ledger *l, size_t max, uint32_t ttl_ms,
					  ledger_outbox_take_cb done, void *data)
{
	assert_null(take.done); /* one at a time */
	take.n++;
	take.max = max;
	take.done = done;
	take.data = data;
	return NULL;
}

struct ledger_request *ledger_outbox_result(struct ledger *l, const struct outbox_result_args *args,
					    ledger_outbox_result_cb done, void *data)
{
	assert_true(n_results < ASKED_MAX);
	results[n_results].args = *args;
	results[n_results].done = done;
	results[n_results++].data = data;
	return NULL;
}

struct ledger_request *ledger_outbox_renew(struct ledger *l, int64_t message_id, uint32_t ttl_ms,
					   ledger_done_cb done, void *data)
{
	n_renewed++;
	renewal.done = done;
	renewal.data = data;
	return NULL;
}

void ledger_cancel(struct ledger_request *r)
{
}

static int64_t heard_message;

struct ledger_request *ledger_outbox_heard(struct ledger *l, int64_t message_id,
					   ledger_done_cb done, void *data)
{
	heard_message = message_id;
	done(data, OUTCOME_OK);
	return NULL;
}

struct ledger_request *ledger_outbox_receipt(struct ledger *l,
					     const struct outbox_receipt_args *args,
					     ledger_done_cb done, void *data)
{
	receipt.args = *args;
	receipt.done = done;
	receipt.data = data;
	return NULL;
}

struct ledger_request *ledger_outbox_state(struct ledger *l, ledger_outbox_state_cb done,
					   void *data)
{
	return NULL;
}

struct text_style dialogues_style(const struct dialogues *ds, const char *language)
{
	return (struct text_style){ 0 };
}

/* What the ledger answers to the take that is under way. */
static inline void give(const struct outbox_message *messages, size_t n, int64_t wait_ms)
{
	struct outbox_take_result result = {
		.outcome = OUTCOME_OK, .n = n, .messages = messages, .wait_ms = wait_ms
	};
	ledger_outbox_take_cb done = take.done;

	assert_non_null(done);
	take.done = NULL;
	done(take.data, &result);
}

static bool more; /* its terminal has another text that is due */

static inline void record(size_t i, enum outcome outcome)
{
	struct outbox_recorded result = { .outcome = outcome, .more = more };

	results[i].done(results[i].data, &result);
}

/* --- the route --------------------------------------------------------------------- */

static size_t has_room;
static int send_rc;
static struct {
	char text[64], msisdn[NUMBER_SIZE];
	int64_t message_id;
	bool (*may_go)(void *data);
	sms_sent_cb sent;
	void *data;
} texts[ASKED_MAX];
static size_t n_texts;

size_t sms_route_room(const struct sms_route *r)
{
	return has_room;
}

int sms_route_send(struct sms_route *r, const struct sms_out *out, sms_sent_cb sent, void *data)
{
	if (send_rc < 0)
		return send_rc;
	assert_true(n_texts < ASKED_MAX);
	OSMO_STRLCPY_ARRAY(texts[n_texts].text, out->text);
	OSMO_STRLCPY_ARRAY(texts[n_texts].msisdn, out->msisdn);
	texts[n_texts].message_id = out->message_id;
	texts[n_texts].may_go = out->may_go;
	texts[n_texts].sent = sent;
	texts[n_texts++].data = data;
	return 0;
}

static inline void sent(size_t i, enum sms_sent how, const char *id)
{
	struct sms_sent_result result = { .sent = how, .link = "smpp:x" };

	if (id)
		result.ids[result.n_ids++] = id;
	texts[i].sent(texts[i].data, &result);
}

static inline int setup(void **state)
{
	memset(&take, 0, sizeof(take));
	memset(&receipt, 0, sizeof(receipt));
	n_results = n_texts = n_renewed = 0;
	send_rc = 0;
	more = false;
	has_room = 10;
	ready = true;
	ob = outbox_new(ctx, NULL, NULL, NULL);
	outbox_settings(ob)->interval_ms = 20;
	outbox_start(ob);
	loop_until(take.n == 1);
	return 0;
}

static inline int teardown(void **state)
{
	talloc_free(ob);
	return 0;
}

static const struct outbox_message hello = {
	.message_id = 7, .address = "819012345671", .attempts = 1, .text = "hello"
};
