/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/terminal.h"
#include "handset-sim/terminal_private.h"

static const struct value_string failure_names[] = {
	{ TERMINAL_NO_NETWORK, "no-network" }, { TERMINAL_NOT_ADMITTED, "not-admitted" },
	{ TERMINAL_TIMEOUT, "timeout" },       { TERMINAL_ERROR, "error" },
	{ TERMINAL_REJECTED, "rejected" },     { TERMINAL_RELEASED, "released" },
	{ TERMINAL_MALFORMED, "malformed" },   { TERMINAL_UNSENDABLE, "unsendable" },
	{ TERMINAL_NOT_TAKEN, "not-taken" },   { 0, NULL },
};

static const struct value_string state_names[] = {
	{ TERMINAL_IDLE, "idle" },	     { TERMINAL_SEARCHING, "searching" },
	{ TERMINAL_ATTACHING, "attaching" }, { TERMINAL_WAITING, "waiting" },
	{ TERMINAL_ASKED, "asked" },	     { 0, NULL },
};

const char *terminal_failure_name(enum terminal_failure failure)
{
	return get_value_string(failure_names, failure);
}

const char *terminal_state_name(enum terminal_state state)
{
	return get_value_string(state_names, state);
}

const char *terminal_number(const struct terminal *t)
{
	return t->line.msisdn;
}

static struct terminal *line_terminal(struct line *line)
{
	return container_of(line, struct terminal, line);
}

static void tell(struct terminal *t, enum terminal_event_kind kind, const char *text)
{
	const struct terminal_event event = { .kind = kind, .text = text };

	t->handler->event(t->data, t, &event);
}

static void fail(struct terminal *t, enum terminal_failure failure, int code, const char *words)
{
	const struct terminal_event event = {
		.kind = TERMINAL_FAILED,
		.text = words,
		.failure = failure,
		.code = code,
	};

	osmo_timer_del(&t->patience);
	t->state = TERMINAL_IDLE;
	t->handler->event(t->data, t, &event);
}

static void fail_code(struct terminal *t, enum terminal_failure failure, int code, const char *what)
{
	char words[64];

	snprintf(words, sizeof(words), "%s %d", what, code);
	fail(t, failure, code, words);
}

/* Goes on with what was dialled as far as the network is there. */
static int proceed(struct terminal *t)
{
	struct exchange *x = t->line.exchange;
	int rc;

	if (!exchange_is_up(x)) {
		t->state = TERMINAL_SEARCHING;
		return 0;
	}
	if (exchange_via(x) == EXCHANGE_VIA_HLR && (!t->line.attached || !t->dialled[0])) {
		rc = t->line.state == LINE_ATTACHING ? 0 : line_attach(&t->line);
		if (rc == 0)
			t->state = TERMINAL_ATTACHING;
	} else {
		rc = line_dial(&t->line, t->dialled);
		if (rc == 0)
			t->state = TERMINAL_WAITING;
	}
	if (rc == 0)
		osmo_timer_del(&t->patience);
	return rc;
}

static void fail_errno(struct terminal *t, int error)
{
	bool unsendable = error == -EMSGSIZE || error == -EILSEQ || error == -EINVAL;

	fail(t, unsendable ? TERMINAL_UNSENDABLE : TERMINAL_NO_NETWORK, -error, strerror(-error));
}

static void on_patience(void *data)
{
	struct terminal *t = data;
	const char *why = exchange_why(t->line.exchange);
	char words[320];

	snprintf(words, sizeof(words), "no network%s%s", *why ? ": " : "", why);
	fail(t, TERMINAL_NO_NETWORK, ETIMEDOUT, words);
}

static void on_line_link(struct line *line, bool up)
{
	struct terminal *t = line_terminal(line);
	int rc;

	if (up)
		terminal_sms_proceed(t);
	if (!up || t->state != TERMINAL_SEARCHING)
		return;
	rc = proceed(t);
	if (rc < 0)
		fail_errno(t, rc);
}

static void on_line_attached(struct line *line, int cause)
{
	struct terminal *t = line_terminal(line);
	int rc;

	if (t->state != TERMINAL_ATTACHING) /* hung up meanwhile */
		return;
	if (cause == -ENOTCONN) {
		fail(t, TERMINAL_NO_NETWORK, 0, "the link went down");
	} else if (cause == -ETIMEDOUT) {
		fail(t, TERMINAL_TIMEOUT, 0, "no answer to the location update");
	} else if (cause == 2) {
		fail(t, TERMINAL_NOT_ADMITTED, cause, "IMSI unknown in HLR (cause 2)");
	} else if (cause != 0) {
		fail_code(t, TERMINAL_NOT_ADMITTED, cause, "location update refused, cause");
	} else if (!t->dialled[0]) {
		t->state = TERMINAL_IDLE;
		tell(t, TERMINAL_READY, "");
	} else {
		rc = proceed(t);
		if (rc < 0)
			fail_errno(t, rc);
	}
}

static void on_line_text(struct line *line, enum line_text kind, const char *utf8)
{
	struct terminal *t = line_terminal(line);

	switch (kind) {
	case LINE_QUESTION:
		t->state = TERMINAL_ASKED;
		tell(t, TERMINAL_QUESTION, utf8);
		return;
	case LINE_FINAL:
		t->state = TERMINAL_IDLE;
		tell(t, TERMINAL_FINAL, utf8);
		return;
	case LINE_PUSH:
		tell(t, TERMINAL_PUSH, utf8);
		return;
	}
}

static void on_line_ended(struct line *line, enum line_end end, int code)
{
	struct terminal *t = line_terminal(line);

	switch (end) {
	case LINE_END_RELEASED:
		fail(t, TERMINAL_RELEASED, 0, "ended without a text");
		return;
	case LINE_END_ERROR:
		fail_code(t, TERMINAL_ERROR, code, "error");
		return;
	case LINE_END_REJECT:
		fail_code(t, TERMINAL_REJECTED, code, "rejected, problem");
		return;
	case LINE_END_TIMEOUT:
		fail(t, TERMINAL_TIMEOUT, 0, "no answer in time");
		return;
	case LINE_END_LINK:
		fail(t, TERMINAL_NO_NETWORK, 0, "the link went down");
		return;
	case LINE_END_MALFORMED:
		fail(t, TERMINAL_MALFORMED, 0, "the network's message cannot be read");
		return;
	}
}

static void on_line_sms(struct line *line, const char *from, const char *utf8)
{
	terminal_sms_came(line_terminal(line), from, utf8);
}

static void on_line_sms_sent(struct line *line, int status)
{
	terminal_sms_answered(line_terminal(line), status);
}

static const struct line_handler line_handler = {
	.link = on_line_link,
	.attached = on_line_attached,
	.text = on_line_text,
	.ended = on_line_ended,
	.sms = on_line_sms,
	.sms_sent = on_line_sms_sent,
};

struct terminal *terminal_open(void *ctx, struct exchange *x, const char *imsi, const char *msisdn,
			       unsigned int network_timeout_ms,
			       const struct terminal_handler *handler, void *data, int *error)
{
	struct terminal *t = talloc_zero(ctx, struct terminal);

	OSMO_ASSERT(t);
	t->network_timeout_ms = network_timeout_ms;
	t->handler = handler;
	t->data = data;
	osmo_timer_setup(&t->patience, on_patience, t);
	terminal_sms_init(t);
	*error = line_open(&t->line, x, imsi, msisdn, &line_handler);
	if (*error < 0) {
		talloc_free(t);
		return NULL;
	}
	return t;
}

void terminal_close(struct terminal *t)
{
	if (!t)
		return;
	osmo_timer_del(&t->patience);
	terminal_sms_close(t);
	line_close(&t->line);
	talloc_free(t);
}

/* text "": only the location update. */
static int terminal_begin(struct terminal *t, const char *text)
{
	int rc;

	if (t->state != TERMINAL_IDLE)
		return -EBUSY;
	if (strlen(text) >= sizeof(t->dialled))
		return -EMSGSIZE;
	OSMO_STRLCPY_ARRAY(t->dialled, text);
	rc = proceed(t);
	if (rc == 0 && t->state == TERMINAL_SEARCHING)
		terminal_timer_start(&t->patience, t->network_timeout_ms);
	return rc;
}

int terminal_attach(struct terminal *t)
{
	OSMO_ASSERT(exchange_via(t->line.exchange) == EXCHANGE_VIA_HLR);
	return terminal_begin(t, "");
}

int terminal_dial(struct terminal *t, const char *text)
{
	return *text ? terminal_begin(t, text) : -EINVAL;
}

int terminal_answer(struct terminal *t, const char *text)
{
	int rc;

	if (t->state != TERMINAL_ASKED)
		return -EBUSY;
	rc = line_answer(&t->line, text);
	if (rc == 0)
		t->state = TERMINAL_WAITING;
	return rc;
}

int terminal_hangup(struct terminal *t)
{
	enum terminal_state state = t->state;

	if (state == TERMINAL_IDLE)
		return -EBUSY;
	osmo_timer_del(&t->patience);
	t->state = TERMINAL_IDLE;
	/* A location update is not taken back; its answer finds nothing dialled. */
	if (state == TERMINAL_WAITING || state == TERMINAL_ASKED)
		return line_hangup(&t->line);
	return 0;
}
