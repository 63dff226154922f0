/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "handset-sim/json.h"
#include "handset-sim/options.h"
#include "handset-sim/shop_post.h"
#include "handset-sim/sim.h"
#include "handset-sim/terminal.h"
#include "handset-sim/transfer.h"
#include "handset-sim/wallet.h"
#include "lib/log_category.h"
#include "lib/value_id.h"

/* Confirmation, "again?", and what was not seen yet: more is not asked about one transfer. */
#define ANSWERS_MAX 4

static const char not_handed_over[] = "not handed over; the manager was not told";

struct transfer {
	struct terminal *terminal;
	struct purse *purse;
	const struct options *options;
	struct transfer_order order;
	struct wallet_note note; /* as it was when the transfer began */
	const struct transfer_handler *handler;
	void *data;
	struct osmo_timer_list start; /* fires at once: nothing is told from inside a call */
	struct shop_post *post;
	unsigned int n_answers;
	bool texting; /* the SMS is on its way */
	bool noticing;
};

const char *transfer_order_parse(struct transfer_order *order, const char *value, const char *to,
				 const struct options *o)
{
	struct number_plan plan = { 0 };
	enum number_kind kind;

	OSMO_STRLCPY_ARRAY(plan.country_code, o->country_code);
	OSMO_STRLCPY_ARRAY(plan.national_prefix, o->national_prefix);
	if (value_id_parse(&order->value_id, value, strlen(value)) < 0)
		return "not a value id: 20 digits with a check digit";
	if (number_parse(order->to, &kind, to, strlen(to), &plan) < 0)
		return "not a number or shop code";
	order->to_shop = kind == NUMBER_SHOP;
	if (strlen(order->reference) >= WALLET_REFERENCE_SIZE)
		return "a reference has at most 64 characters";
	if (!order->to_shop && (order->reference[0] || order->shop_url))
		return "a reference and a URL are for shops";
	return NULL;
}

static int transfer_destroy(struct transfer *x)
{
	osmo_timer_del(&x->start);
	return 0;
}

static void transfer_end(struct transfer *x, int exit_code, const char *text)
{
	const struct transfer_handler *handler = x->handler;
	void *data = x->data;

	talloc_free(x);
	handler->done(data, exit_code, text);
}

__attribute__((format(printf, 2, 3))) static void say(struct transfer *x, const char *format, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	x->handler->progress(x->data, line);
}

static bool remember(struct transfer *x, int rc)
{
	if (rc < 0)
		say(x, "wallet: %s", strerror(-rc));
	return rc >= 0;
}

/* Own terminal id is the channel's, value id and transferee are dialled (claim 27). */
static void notice_send(struct transfer *x)
{
	char code[USSD_TEXT_SIZE], id[VALUE_ID_STR_SIZE];
	struct wallet *w = purse_wallet(x->purse, x->terminal);
	int rc;

	if (!w ||
	    !remember(x, wallet_hand_over(w, x->order.value_id, x->order.to, x->order.reference))) {
		transfer_end(x, EXIT_LOCAL,
			     "the wallet cannot remember it; the manager was not told");
		return;
	}
	value_id_format(id, x->order.value_id);
	if (x->order.to_shop)
		snprintf(code, sizeof(code), "%s*4*%s*%s*%s#", x->options->service_code, id,
			 x->order.to, x->order.reference);
	else
		snprintf(code, sizeof(code), "%s*3*%s*%s#", x->options->service_code, id,
			 x->order.to);
	say(x, "> %s", code);
	x->noticing = true;
	rc = terminal_dial(x->terminal, code);
	if (rc < 0)
		transfer_end(x, EXIT_LOCAL, strerror(-rc));
}

static void on_posted(void *data, bool taken, const char *why, const char *answer)
{
	struct transfer *x = data;

	x->post = NULL;
	if (taken) {
		say(x, "shop %s has taken it: %s", x->order.to, why);
		notice_send(x);
		return;
	}
	say(x, "shop %s has not taken it: %s%s%s", x->order.to, why, *answer ? ": " : "", answer);
	transfer_end(x, EXIT_DELIVERY, not_handed_over);
}

/* The value and its id, and with what they can be matched there. */
static char *delivery_body(const struct transfer *x)
{
	char id[VALUE_ID_STR_SIZE], number[NUMBER_SIZE + 1], *body = NULL;
	size_t len;
	FILE *out = open_memstream(&body, &len);
	struct json j;

	OSMO_ASSERT(out);
	snprintf(number, sizeof(number), "+%s", terminal_number(x->terminal));
	json_begin(&j, out);
	json_object(&j, NULL);
	json_string(&j, "value_id", value_id_format(id, x->order.value_id));
	json_string(&j, "amount", x->note.amount);
	json_string(&j, "currency", x->note.currency);
	json_string(&j, "reference", x->order.reference);
	json_string(&j, "transferor", number);
	json_string(&j, "transferee", x->order.to);
	json_object_end(&j);
	fclose(out);
	return body;
}

static void shop_deliver(struct transfer *x)
{
	struct shop_post_request request = {
		.url = x->order.shop_url,
		.ca = x->options->ca,
		.timeout_ms = x->options->shop_timeout_ms,
	};
	char *body;

	if (!x->order.shop_url) {
		say(x, "no --shop-url: shop %s is not handed anything, only the manager is told",
		    x->order.to);
		notice_send(x);
		return;
	}
	body = delivery_body(x);
	request.body = body;
	x->post = shop_post_start(x, &request, on_posted, x);
	free(body);
	if (!x->post)
		transfer_end(x, EXIT_DELIVERY, "the shop's URL cannot be used");
}

/* What the other phone's wallet learns the value from: it looks like a text of the carrier's. */
static void phone_text(struct transfer *x)
{
	char id[VALUE_ID_GROUPED_SIZE], text[256];
	int rc;

	snprintf(text, sizeof(text), "Handed over to you: %s %s, value %s", x->note.amount,
		 x->note.currency, value_id_format_grouped(id, x->order.value_id));
	rc = terminal_sms(x->terminal, x->order.to, text);
	if (rc < 0) {
		say(x, "SMS to %s: %s", x->order.to, strerror(-rc));
		transfer_end(x, EXIT_DELIVERY, not_handed_over);
		return;
	}
	say(x, "SMS to %s: %s", x->order.to, text);
	x->texting = true;
}

static void phone_inbox(struct transfer *x)
{
	const int rc = wallet_inbox_put(x->purse->dir, x->order.to, &x->note,
					terminal_number(x->terminal));

	if (rc < 0) {
		say(x, "inbox of %s: %s", x->order.to, strerror(-rc));
		transfer_end(x, EXIT_DELIVERY, not_handed_over);
		return;
	}
	say(x, "put into the wallet of %s", x->order.to);
	notice_send(x);
}

static void phone_deliver(struct transfer *x)
{
	const struct messaging *m = x->terminal->phone.messaging;

	if (m && messaging_has(m, x->order.to)) {
		phone_text(x);
	} else if (wallet_exists(x->purse->dir, x->order.to)) {
		phone_inbox(x);
	} else {
		say(x,
		    "%s is no phone of this program and has no wallet here: tell its owner the "
		    "value's digits; only the manager is told",
		    x->order.to);
		notice_send(x);
	}
}

static void on_start(void *data)
{
	struct transfer *x = data;
	struct wallet *w = purse_wallet(x->purse, x->terminal);
	const struct wallet_note *note = w ? wallet_find(w, x->order.value_id) : NULL;

	if (!note) {
		transfer_end(x, EXIT_LOCAL,
			     w ? "this value is not in the wallet" : "there is no wallet");
		return;
	}
	x->note = *note;
	if (x->order.to_shop)
		shop_deliver(x);
	else
		phone_deliver(x);
}

struct transfer *transfer_start(void *ctx, struct terminal *t, struct purse *purse,
				const struct options *o, const struct transfer_order *order,
				const struct transfer_handler *handler, void *data)
{
	struct transfer *x = talloc_zero(ctx, struct transfer);

	OSMO_ASSERT(x);
	x->terminal = t;
	x->purse = purse;
	x->options = o;
	x->order = *order;
	x->order.reference = talloc_strdup(x, order->reference);
	x->order.shop_url = order->shop_url ? talloc_strdup(x, order->shop_url) : NULL;
	x->handler = handler;
	x->data = data;
	osmo_timer_setup(&x->start, on_start, x);
	talloc_set_destructor(x, transfer_destroy);
	osmo_timer_schedule(&x->start, 0, 0);
	return x;
}

static void question(struct transfer *x, const char *text)
{
	say(x, "%s", text);
	if (!text_rules_confirm(x->purse->rules, text) || x->n_answers++ == ANSWERS_MAX) {
		if (terminal_hangup(x->terminal) < 0)
			LOGP(DSIM, LOGL_NOTICE, "END cannot be sent\n");
		transfer_end(x, EXIT_DIALOGUE,
			     "this is not a question to be answered by itself; hung up");
		return;
	}
	say(x, "> 1");
	if (terminal_answer(x->terminal, "1") < 0)
		transfer_end(x, EXIT_NO_NETWORK, "the answer cannot be sent");
}

static bool text_names_value(const char *text, int64_t value_id)
{
	int64_t found;
	size_t at, len;

	while (text_find_value_id(text, &found, &at, &len)) {
		if (found == value_id)
			return true;
		text += at + len;
	}
	return false;
}

/* Accepted is only what names the value: the texts are of any language, its digits are not. */
static void last_text(struct transfer *x, const char *text)
{
	enum text_kind kind = text_rules_kind(x->purse->rules, text);
	struct wallet *w = purse_wallet(x->purse, x->terminal);

	if (kind == TEXT_OK && !text_names_value(text, x->order.value_id))
		kind = TEXT_UNSURE;
	if (w && (kind == TEXT_OK || kind == TEXT_REFUSED))
		remember(x, wallet_settle(w, x->order.value_id, kind == TEXT_OK));
	transfer_end(x, text_kind_exit(kind), text);
}

void transfer_event(struct transfer *x, const struct terminal_event *event)
{
	if (event->kind == TERMINAL_PUSH || event->kind == TERMINAL_SMS) {
		say(x, "%s", event->text);
		return;
	}
	if (x->texting && event->kind == TERMINAL_SMS_SENT) {
		x->texting = false;
		notice_send(x);
		return;
	}
	if (x->texting && event->kind == TERMINAL_SMS_FAILED) {
		transfer_end(x, EXIT_DELIVERY, not_handed_over);
		return;
	}
	if (!x->noticing) /* a question of the network's own, before ours */
		return;
	switch (event->kind) {
	case TERMINAL_QUESTION:
		question(x, event->text);
		return;
	case TERMINAL_FINAL:
		last_text(x, event->text);
		return;
	default:
		transfer_end(x, sim_failure_exit(event), event->text);
	}
}

void transfer_cancel(struct transfer *x)
{
	if (!x)
		return;
	if (x->noticing && terminal_hangup(x->terminal) < 0)
		LOGP(DSIM, LOGL_INFO, "nothing to hang up\n");
	talloc_free(x);
}
