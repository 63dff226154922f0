/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/script_phone.h"
#include "handset-sim/transfer.h"
#include "lib/log_category.h"

const char *script_message_sign(enum terminal_event_kind kind)
{
	switch (kind) {
	case TERMINAL_QUESTION:
		return "<";
	case TERMINAL_FINAL:
		return "=";
	case TERMINAL_PUSH:
		return "!";
	case TERMINAL_SMS:
		return " sms<";
	case TERMINAL_SMS_FAILED:
		return " sms~";
	default:
		return "~";
	}
}

static enum script_tray tray_of(enum terminal_event_kind kind)
{
	if (kind == TERMINAL_SMS || kind == TERMINAL_SMS_FAILED)
		return TRAY_SMS;
	return kind == TERMINAL_PUSH ? TRAY_PUSH : TRAY_DIALOGUE;
}

void script_phone_put(struct script_phone *p, enum terminal_event_kind kind, const char *from,
		      const char *text)
{
	if (p->n_messages == SCRIPT_INBOX_MAX) {
		p->overflowed = true;
		return;
	}
	p->messages[p->n_messages++] = (struct script_message){
		.kind = kind,
		.from = from ? talloc_strdup(p->terminal, from) : NULL,
		.text = talloc_strdup(p->terminal, text),
	};
}

static void failure_put(struct script_phone *p, const struct terminal_event *event)
{
	char text[64];

	snprintf(text, sizeof(text), event->code > 0 ? "%s %d" : "%s",
		 terminal_failure_name(event->failure), event->code);
	script_phone_put(p, event->kind, NULL, text);
}

static void on_event(void *data, struct terminal *t, const struct terminal_event *event)
{
	struct script_phone *p = data;
	struct text_note notes[TEXT_NOTES_MAX];

	const bool failed = event->kind == TERMINAL_FAILED || event->kind == TERMINAL_SMS_FAILED;
	const bool is_push = event->kind == TERMINAL_PUSH || event->kind == TERMINAL_SMS;

	if (!failed)
		purse_learn(&p->purse, t, event->from, event->text, notes);
	if (p->transfer && !is_push)
		transfer_event(p->transfer, event);
	else if (failed)
		failure_put(p, event);
	else if (event->kind != TERMINAL_READY && event->kind != TERMINAL_SMS_SENT &&
		 (event->kind != TERMINAL_SMS || p->takes_sms))
		script_phone_put(p, event->kind, event->from, event->text);
	p->changed(p->data);
}

static const struct terminal_handler handler = { .event = on_event };

int script_phone_open(struct script_phone *p, struct exchange *x, struct messaging *m,
		      const char *imsi, const char *msisdn, unsigned int network_timeout_ms)
{
	int rc = 0;

	p->terminal =
		terminal_open(p->purse.ctx, x, imsi, msisdn, network_timeout_ms, &handler, p, &rc);
	/* So that other phones know that this one has a wallet here. */
	if (p->terminal)
		purse_wallet(&p->purse, p->terminal);
	if (p->terminal && m)
		terminal_join(p->terminal, m);
	return rc;
}

const struct script_message *script_phone_peek(const struct script_phone *p, enum script_tray tray)
{
	size_t i;

	for (i = 0; i < p->n_messages; i++)
		if (tray_of(p->messages[i].kind) == tray)
			return &p->messages[i];
	return NULL;
}

void script_phone_drop(struct script_phone *p, const struct script_message *m)
{
	size_t i = m - p->messages;

	talloc_free(p->messages[i].from);
	talloc_free(p->messages[i].text);
	p->n_messages--;
	memmove(&p->messages[i], &p->messages[i + 1], (p->n_messages - i) * sizeof(*m));
}

void script_phone_reset(struct script_phone *p)
{
	if (!p->terminal)
		return;
	transfer_cancel(p->transfer);
	p->transfer = NULL;
	if (p->terminal->state != TERMINAL_IDLE && terminal_hangup(p->terminal) < 0)
		LOGP(DSIM, LOGL_INFO, "END cannot be sent\n");
	terminal_sms_cancel(p->terminal);
	while (p->n_messages > 0)
		script_phone_drop(p, p->messages);
	p->overflowed = false;
}

void script_phone_close(struct script_phone *p)
{
	script_phone_reset(p);
	terminal_close(p->terminal);
	p->terminal = NULL;
	purse_close(&p->purse);
}
