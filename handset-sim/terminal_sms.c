/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts by SMS, beside the dialogues of a phone. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/terminal_private.h"

static void sms_rest(struct terminal *t)
{
	osmo_timer_del(&t->sms_patience);
	TALLOC_FREE(t->sms_text);
	t->sms_state = TERMINAL_SMS_IDLE;
}

static void sms_fail(struct terminal *t, enum terminal_failure failure, int code, const char *words)
{
	const struct terminal_event event = {
		.kind = TERMINAL_SMS_FAILED,
		.text = words,
		.failure = failure,
		.code = code,
	};

	sms_rest(t);
	t->handler->event(t->data, t, &event);
}

static void sms_not_taken(struct terminal *t, const char *what, int code)
{
	char words[64];

	snprintf(words, sizeof(words), "not taken, %s %d", what, code);
	sms_fail(t, TERMINAL_NOT_TAKEN, code, words);
}

static void sms_sent(struct terminal *t)
{
	const struct terminal_event event = { .kind = TERMINAL_SMS_SENT, .text = "" };

	sms_rest(t);
	t->handler->event(t->data, t, &event);
}

static void sms_came(struct terminal *t, const char *from, const char *utf8)
{
	const struct terminal_event event = { .kind = TERMINAL_SMS, .text = utf8, .from = from };

	t->handler->event(t->data, t, &event);
}

/* --- through the SMSC of this program --------------------------------------------- */

static struct terminal *phone_terminal(const struct messaging_phone *p)
{
	return container_of(p, struct terminal, phone);
}

static const char *on_number(const struct messaging_phone *p)
{
	return terminal_number(phone_terminal(p));
}

static void on_text(struct messaging_phone *p, const char *from, const char *utf8)
{
	sms_came(phone_terminal(p), from, utf8);
}

static void on_sent(struct messaging_phone *p, int64_t status)
{
	struct terminal *t = phone_terminal(p);

	if (status == 0)
		sms_sent(t);
	else
		sms_not_taken(t, "status", status);
}

static void on_bound(struct messaging_phone *p)
{
	terminal_sms_proceed(phone_terminal(p));
}

static const struct messaging_phone_handler phone_handler = {
	.number = on_number,
	.text = on_text,
	.sent = on_sent,
	.bound = on_bound,
};

void terminal_join(struct terminal *t, struct messaging *m)
{
	messaging_join(m, &t->phone, &phone_handler);
}

/* --- by GSUP ---------------------------------------------------------------------- */

void terminal_sms_came(struct terminal *t, const char *from, const char *utf8)
{
	sms_came(t, from, utf8);
}

void terminal_sms_answered(struct terminal *t, int status)
{
	if (status == 0)
		sms_sent(t);
	else if (status > 0)
		sms_not_taken(t, "cause", status);
	else if (status == -ETIMEDOUT)
		sms_fail(t, TERMINAL_TIMEOUT, 0, "no answer in time");
	else
		sms_fail(t, TERMINAL_NO_NETWORK, 0, "the link went down");
}

/* --- sending ---------------------------------------------------------------------- */

static void on_patience(void *data)
{
	struct terminal *t = data;

	const char *why = exchange_why(t->line.exchange);
	char words[320];

	if (t->phone.messaging)
		snprintf(words, sizeof(words), "no network: nobody has bound to the SMSC");
	else
		snprintf(words, sizeof(words), "no network%s%s", *why ? ": " : "", why);
	sms_fail(t, TERMINAL_NO_NETWORK, ETIMEDOUT, words);
}

/* 0: it goes, or waits. */
static int sms_try(struct terminal *t)
{
	const struct messaging *m = t->phone.messaging;
	int rc;

	if (m ? !messaging_reaches(m, t->sms_to) : !exchange_is_up(t->line.exchange))
		return 0;
	rc = m ? messaging_send(&t->phone, t->sms_to, t->sms_text)
	       : line_sms(&t->line, t->sms_to, t->sms_text);
	if (rc < 0)
		return rc;
	osmo_timer_del(&t->sms_patience);
	t->sms_state = TERMINAL_SMS_GOING;
	return 0;
}

void terminal_sms_proceed(struct terminal *t)
{
	int rc;

	if (t->sms_state != TERMINAL_SMS_WAITING)
		return;
	rc = sms_try(t);
	if (rc < 0)
		sms_fail(t, TERMINAL_UNSENDABLE, -rc, strerror(-rc));
}

static bool number_is_dialable(const char *number)
{
	const size_t len = strlen(number);

	return len > 0 && len < SMS_DIGITS_SIZE && strspn(number, "+0123456789*#") == len;
}

int terminal_sms(struct terminal *t, const char *to, const char *utf8)
{
	struct sms_parts parts;
	int rc;

	if (t->sms_state != TERMINAL_SMS_IDLE)
		return -EBUSY;
	if (!number_is_dialable(to) || !*utf8)
		return -EINVAL;
	rc = sms_text_split(&parts, utf8, strlen(utf8));
	if (rc < 0)
		return rc;
	OSMO_STRLCPY_ARRAY(t->sms_to, to);
	t->sms_text = talloc_strdup(t, utf8);
	t->sms_state = TERMINAL_SMS_WAITING;
	rc = sms_try(t);
	if (rc < 0)
		sms_rest(t);
	else if (t->sms_state == TERMINAL_SMS_WAITING)
		terminal_timer_start(&t->sms_patience, t->network_timeout_ms);
	return rc;
}

void terminal_sms_cancel(struct terminal *t)
{
	sms_rest(t);
	line_sms_cancel(&t->line);
	if (t->phone.messaging)
		messaging_forget(&t->phone);
}

/* --- life ------------------------------------------------------------------------- */

void terminal_sms_init(struct terminal *t)
{
	osmo_timer_setup(&t->sms_patience, on_patience, t);
}

void terminal_sms_close(struct terminal *t)
{
	sms_rest(t);
	messaging_leave(&t->phone);
}
