/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/menu_pin.h"

#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "manager/dialogue_text.h"
#include "manager/menu_nav.h"
#include "manager/pin_key.h"

static void forget(struct dialogue *d)
{
	explicit_bzero(&d->pin, sizeof(d->pin));
}

/* Without a key nobody can check a PIN, and what asks for one is not done. */
static bool is_off(struct dialogue *d)
{
	if (d->ds->pin_key)
		return false;
	menu_tell_text(d, TEXT_PIN_OFF);
	return true;
}

static void tell_none(struct dialogue *d)
{
	body_clear(d);
	body_add(d, TEXT_PIN_NONE, VARS({ "code", d->ds->settings.service_code }));
	menu_tell(d);
}

/* Is it a PIN at all?  Else it is asked for again. */
static bool take(struct dialogue *d, struct pin_digest *digest, const char *text)
{
	if (is_off(d))
		return false;
	if (text[strspn(text, "0123456789")] ||
	    pin_key_digest(d->ds->pin_key, d->terminal_id, text, digest) < 0) {
		menu_again(d, TEXT_PIN_MALFORMED);
		return false;
	}
	return true;
}

static void ask(struct dialogue *d, enum text_id id)
{
	body_clear(d);
	body_add(d, id, NULL);
	menu_show(d);
}

/* The page again, with how many tries are left. */
static void ask_again(struct dialogue *d, enum text_id id, uint32_t tries)
{
	char left[12];

	snprintf(left, sizeof(left), "%u", tries);
	body_clear(d);
	body_add(d, TEXT_PIN_WRONG, VARS({ "tries", left }));
	body_add(d, id, NULL);
	d->notice = TEXT_COUNT;
	menu_show(d);
}

/* --- asked for before value is moved --------------------------------------------- */

void menu_pin_then(struct dialogue *d, bool needed, void (*then)(struct dialogue *d))
{
	if (!needed || d->op.pin_given) {
		then(d);
		return;
	}
	if (menu_maintenance(d) || is_off(d))
		return;
	d->pin.then = then;
	menu_go(d, NODE_PIN);
}

static void pin_show(struct dialogue *d)
{
	ask(d, TEXT_PIN_ASK);
}

static void checked(struct dialogue *d, const void *result)
{
	const struct pin_result *r = result;
	void (*then)(struct dialogue * d) = d->pin.then;

	if (r->outcome != OUTCOME_OK) {
		menu_tell_outcome(d, r->outcome);
		return;
	}
	switch (r->verdict) {
	case PIN_OK:
		d->op.pin_given = true;
		then(d);
		break;
	case PIN_WRONG:
		ask_again(d, TEXT_PIN_ASK, r->tries_left);
		break;
	case PIN_BLOCKED:
		menu_tell_text(d, TEXT_PIN_BLOCKED);
		break;
	case PIN_NONE:
		tell_none(d);
		break;
	case PIN_OTHER_KEY:
		menu_tell_text(d, TEXT_PIN_OFF);
		break;
	}
}

static void check_done(void *data, const struct pin_result *result)
{
	dialogue_result(data, checked, result);
}

static void pin_answer(struct dialogue *d, const char *text)
{
	struct pin_check_args args = {
		.terminal_id = d->terminal_id,
		.question_id = d->op.question_id,
	};

	if (!take(d, &args.digest, text))
		return;
	dialogue_wait(d, ledger_pin_check(d->ds->ledger, &args, check_done, d));
	explicit_bzero(&args, sizeof(args));
}

const struct menu_node menu_pin_node = {
	.name = "pin",
	.foot = TEXT_NAV_BACK,
	.waits = true,
	.show = pin_show,
	.answer = pin_answer,
};

/* --- set or changed ------------------------------------------------------------------ */

static void looked_up(struct dialogue *d, const void *result)
{
	const struct number_result *r = result;

	if (r->outcome != OUTCOME_OK)
		menu_tell_outcome(d, r->outcome);
	else if (r->pin_blocked)
		menu_tell_text(d, TEXT_PIN_BLOCKED);
	else
		menu_go(d, r->has_pin ? NODE_PIN_OLD : NODE_PIN_NEW);
}

static void number_done(void *data, const struct number_result *result)
{
	dialogue_result(data, looked_up, result);
}

void menu_pin_set(struct dialogue *d)
{
	forget(d);
	if (is_off(d))
		return;
	dialogue_wait(d, ledger_by_number(d->ds->ledger, d->address, number_done, d));
}

static void old_show(struct dialogue *d)
{
	ask(d, TEXT_PIN_OLD);
}

static void old_checked(struct dialogue *d, const void *result)
{
	const struct pin_result *r = result;

	if (r->outcome != OUTCOME_OK)
		menu_tell_outcome(d, r->outcome);
	else if (r->verdict == PIN_WRONG)
		ask_again(d, TEXT_PIN_OLD, r->tries_left);
	else if (r->verdict == PIN_BLOCKED)
		menu_tell_text(d, TEXT_PIN_BLOCKED);
	else if (r->verdict == PIN_OTHER_KEY)
		menu_tell_text(d, TEXT_PIN_OFF);
	else {
		/* NONE: an operator has cleared it meanwhile. */
		d->pin.has_old = r->verdict == PIN_OK;
		menu_replace(d, NODE_PIN_NEW);
	}
}

static void old_done(void *data, const struct pin_result *result)
{
	dialogue_result(data, old_checked, result);
}

static void old_answer(struct dialogue *d, const char *text)
{
	struct pin_check_args args = { .terminal_id = d->terminal_id };

	if (!take(d, &d->pin.old, text))
		return;
	args.digest = d->pin.old;
	dialogue_wait(d, ledger_pin_check(d->ds->ledger, &args, old_done, d));
	explicit_bzero(&args, sizeof(args));
}

static void new_show(struct dialogue *d)
{
	ask(d, TEXT_PIN_NEW);
}

static void new_answer(struct dialogue *d, const char *text)
{
	if (!take(d, &d->pin.fresh, text))
		return;
	if (pin_is_fit(text, d->address) < 0)
		menu_again(d, TEXT_PIN_TRIVIAL);
	else
		menu_replace(d, NODE_PIN_REPEAT);
}

static void repeat_show(struct dialogue *d)
{
	ask(d, TEXT_PIN_REPEAT);
}

static void set(struct dialogue *d, const void *result)
{
	const struct pin_result *r = result;

	forget(d);
	if (r->outcome != OUTCOME_OK)
		menu_tell_outcome(d, r->outcome);
	else if (r->verdict == PIN_OK)
		menu_tell_text(d, TEXT_PIN_DONE);
	else if (r->verdict == PIN_BLOCKED)
		menu_tell_text(d, TEXT_PIN_BLOCKED);
	else
		/* Changed by somebody else between two pages. */
		menu_tell_outcome(d, OUTCOME_AGAIN);
}

static void set_done(void *data, const struct pin_result *result)
{
	dialogue_result(data, set, result);
}

static void repeat_answer(struct dialogue *d, const char *text)
{
	struct pin_digest again;

	if (!take(d, &again, text))
		return;
	if (memcmp(&again, &d->pin.fresh, sizeof(again)) != 0) {
		forget(d);
		menu_tell_text(d, TEXT_PIN_DIFFERS);
		return;
	}
	dialogue_wait(d, ledger_pin_set(d->ds->ledger, d->terminal_id, &d->pin.fresh,
					d->pin.has_old ? &d->pin.old : NULL, set_done, d));
}

const struct menu_node menu_pin_old_node = {
	.name = "pin:old",
	.foot = TEXT_NAV_BACK,
	.waits = true,
	.show = old_show,
	.answer = old_answer,
};

const struct menu_node menu_pin_new_node = {
	.name = "pin:new",
	.foot = TEXT_NAV_BACK,
	.waits = true,
	.show = new_show,
	.answer = new_answer,
};

const struct menu_node menu_pin_repeat_node = {
	.name = "pin:repeat",
	.foot = TEXT_NAV_BACK,
	.waits = true,
	.show = repeat_show,
	.answer = repeat_answer,
};
