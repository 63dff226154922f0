/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/menu_transfer.h"

#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/value_id.h"
#include "manager/answer_text.h"
#include "manager/dialogue_text.h"
#include "manager/menu_input.h"
#include "manager/menu_list.h"
#include "manager/menu_log.h"
#include "manager/menu_nav.h"
#include "manager/menu_pin.h"

#define NO_REFERENCE "#"

static void quote(struct dialogue *d);
static void agreed(struct dialogue *d);

void menu_transfer_reset(struct dialogue *d, bool to_shop)
{
	memset(&d->op, 0, sizeof(d->op));
	d->op.to_shop = to_shop;
}

void menu_transfer_value(struct dialogue *d, int64_t value_id)
{
	d->op.value_id = value_id;
	menu_go(d, NODE_TO);
}

/* --- to whom --------------------------------------------------------------- */

/* TEXT_COUNT, or what is wrong with it. */
static enum text_id take_transferee(struct dialogue *d, const char *text)
{
	enum number_kind kind;

	if (number_parse(d->op.transferee, &kind, text, strlen(text), &d->ds->settings.plan) < 0)
		return TEXT_OUTCOME_NUMBER_MALFORMED;
	if (d->op.to_shop && kind != NUMBER_SHOP)
		return TEXT_PAY_PHONE;
	if (!d->op.to_shop && kind != NUMBER_E164)
		return TEXT_SEND_SHOP;
	return TEXT_COUNT;
}

static void to_show(struct dialogue *d)
{
	body_clear(d);
	body_add(d, d->op.to_shop ? TEXT_PAY_SHOP : TEXT_SEND_NUMBER, NULL);
	menu_show(d);
}

static void to_answer(struct dialogue *d, const char *text)
{
	enum text_id wrong = take_transferee(d, text);

	if (wrong != TEXT_COUNT)
		menu_again(d, wrong);
	else if (d->op.to_shop)
		menu_go(d, NODE_REFERENCE);
	else
		quote(d);
}

const struct menu_node menu_to_node = {
	.name = "transfer:to",
	.foot = TEXT_NAV_BACK,
	.show = to_show,
	.answer = to_answer,
};

static void reference_show(struct dialogue *d)
{
	body_clear(d);
	body_add(d, TEXT_PAY_REFERENCE, NULL);
	menu_show(d);
}

static void reference_answer(struct dialogue *d, const char *text)
{
	bool none = strcmp(text, NO_REFERENCE) == 0;

	if (text[0] == '\0')
		menu_again(d, TEXT_MENU_INVALID);
	else if (menu_input_reference(d->op.reference, none ? "" : text) == OUTCOME_OK)
		quote(d);
	else
		menu_again(d, TEXT_OUTCOME_REFERENCE_MALFORMED);
}

const struct menu_node menu_reference_node = {
	.name = "transfer:reference",
	.foot = TEXT_NAV_BACK,
	.show = reference_show,
	.answer = reference_answer,
};

/* --- quote ----------------------------------------------------------------- */

void menu_transfer_args(struct transfer_args *args, const struct dialogue *d)
{
	*args = (struct transfer_args){
		.request_id = d->op.request_id,
		.terminal_id = d->terminal_id,
		.value_id = d->op.value_id,
		.transferee_id = d->op.transferee_id,
	};
	OSMO_STRLCPY_ARRAY(args->transferee, d->op.transferee);
	OSMO_STRLCPY_ARRAY(args->reference, d->op.reference);
	OSMO_STRLCPY_ARRAY(args->link, d->link);
}

static void take_quote(struct dialogue *d, const struct quote_result *r)
{
	d->op.amount_minor = r->amount_minor;
	OSMO_STRLCPY_ARRAY(d->op.currency, r->currency);
	d->op.transferee_id = r->transferee_id;
	OSMO_STRLCPY_ARRAY(d->op.transferee, r->transferee);
	OSMO_STRLCPY_ARRAY(d->op.transferee_name, r->transferee_name);
}

/* This value went to this transferee minutes ago.  Who lost the answer reads that it is done;
 * who has got the value back since then is asked. */
static void repeated(struct dialogue *d, int64_t at)
{
	char time[MOMENT_STR_SIZE], peer[PEER_STR_SIZE];

	d->op.repeated_at = at;
	if (d->op.amount_minor != 0) {
		menu_replace(d, NODE_TRANSFER_AGAIN);
		return;
	}
	when_format(time, d, at);
	peer_format(peer, d->op.transferee, d->op.transferee_name);
	body_clear(d);
	body_add(d, TEXT_TRANSFER_ALREADY, VARS({ "peer", peer }, { "time", time }));
	menu_tell(d);
}

static void quoted(struct dialogue *d, const void *result)
{
	const struct quote_result *r = result;
	bool owned = r->amount_minor != 0;

	if (owned && r->transferee[0])
		take_quote(d, r);
	d->op.needs_pin = r->needs_pin;
	if (r->outcome == OUTCOME_REPEAT_SUSPECTED)
		repeated(d, r->at);
	else if (r->outcome == OUTCOME_OK && d->op.quoted_only)
		agreed(d);
	else if (r->outcome == OUTCOME_OK)
		menu_go(d, NODE_TRANSFER_CONFIRM);
	else
		menu_tell_outcome(d, r->outcome);
}

static void quote_done(void *data, const struct quote_result *result)
{
	dialogue_result(data, quoted, result);
}

static void quote(struct dialogue *d)
{
	struct transfer_args args;

	if (menu_maintenance(d))
		return;
	d->op.transferee_id = 0;
	d->op.amount_minor = 0;
	menu_transfer_args(&args, d);
	args.guard_s = d->ds->settings.repeat_guard_s;
	dialogue_wait(d, ledger_quote(d->ds->ledger, &args, quote_done, d));
}

/* --- doing it -------------------------------------------------------------- */

/* One of a pair of texts, with whom and how much in it. */
static void add_whom(struct dialogue *d, enum text_id to_phone, enum text_id to_shop,
		     const char *value, int64_t at)
{
	const struct answer_transfer t = {
		.amount_minor = d->op.amount_minor,
		.currency = d->op.currency,
		.transferee = d->op.transferee,
		.transferee_name = d->op.transferee_name,
		.to_shop = d->op.to_shop,
		.value = value,
		.at = at,
	};
	struct text_writer w;

	body_clear(d);
	w = body_writer(d);
	answer_transfer(&w, to_phone, to_shop, &t);
	body_written(d, &w);
}

static void tell_transferred(struct dialogue *d, int64_t value_id)
{
	char value[VALUE_ID_GROUPED_SIZE];

	value_id_format_grouped(value, value_id);
	add_whom(d, TEXT_SEND_DONE, TEXT_PAY_DONE, value, 0);
	d->op.done = true;
	menu_tell(d);
}

/* What the ledger says about it is more than what was quoted; a one-shot code that nobody
 * confirms was not quoted at all. */
static void take_result(struct dialogue *d, const struct transfer_result *r)
{
	if (r->amount_minor != 0) {
		d->op.amount_minor = r->amount_minor;
		OSMO_STRLCPY_ARRAY(d->op.currency, r->currency);
	}
	if (r->transferee[0]) {
		OSMO_STRLCPY_ARRAY(d->op.transferee, r->transferee);
		OSMO_STRLCPY_ARRAY(d->op.transferee_name, r->transferee_name);
	}
}

static void transferred(struct dialogue *d, const void *result)
{
	const struct transfer_result *r = result;

	take_result(d, r);
	menu_log_operation(d, OPERATION_TRANSFER, r->outcome, d->op.value_id);
	switch (r->outcome) {
	case OUTCOME_OK:
		tell_transferred(d, d->op.value_id);
		break;
	case OUTCOME_REPEAT_SUSPECTED:
		repeated(d, r->at);
		break;
	case OUTCOME_UNCERTAIN:
		menu_tell_text(d, TEXT_TRANSFER_UNCERTAIN);
		break;
	default:
		menu_tell_outcome(d, r->outcome);
		break;
	}
}

static void transfer_done(void *data, const struct transfer_result *result)
{
	dialogue_result(data, transferred, result);
}

void menu_transfer_do(struct dialogue *d)
{
	struct transfer_args args;

	if (menu_maintenance(d))
		return;
	if (d->op.question_id == 0 && request_id_mint(&d->op.request_id) < 0) {
		menu_tell_outcome(d, OUTCOME_UNAVAILABLE);
		return;
	}
	menu_transfer_args(&args, d);
	args.guard_s = d->op.unguarded ? 0 : d->ds->settings.repeat_guard_s;
	dialogue_wait_operation(d, ledger_transfer(d->ds->ledger, &args, transfer_done, d));
}

/* Agreed to, but for a PIN. */
static void agreed(struct dialogue *d)
{
	menu_pin_then(d, d->op.needs_pin, menu_transfer_do);
}

static void add_reference(struct dialogue *d)
{
	struct text_writer w = body_writer(d);

	answer_reference(&w, d->op.reference);
	body_written(d, &w);
}

static void confirm_show(struct dialogue *d)
{
	add_whom(d, TEXT_SEND_CONFIRM, TEXT_PAY_CONFIRM, "", 0);
	add_reference(d);
	menu_show(d);
}

static void confirm_yes(struct dialogue *d, const char *text)
{
	agreed(d);
}

static void again_show(struct dialogue *d)
{
	dialogues_count(d->ds, DIALOGUE_CTR_REPEAT_ASKED);
	add_whom(d, TEXT_SEND_AGAIN, TEXT_PAY_AGAIN, "", d->op.repeated_at);
	add_reference(d);
	menu_show(d);
}

static void again_yes(struct dialogue *d, const char *text)
{
	d->op.unguarded = true;
	agreed(d);
}

static void decline(struct dialogue *d)
{
	menu_tell_text(d, TEXT_TRANSFER_DECLINED);
}

const struct menu_node menu_transfer_confirm_node = {
	.name = "transfer:confirm",
	.foot = TEXT_NAV_CONFIRM,
	.question = true,
	.waits = true,
	.show = confirm_show,
	.answer = confirm_yes,
	.no = decline,
};

const struct menu_node menu_transfer_again_node = {
	.name = "transfer:again",
	.foot = TEXT_NAV_CONFIRM,
	.question = true,
	.waits = true,
	.show = again_show,
	.answer = again_yes,
	.no = decline,
};

/* --- *188*3*value*number#, *188*4*value*shop*reference# --------------------- */

/* The fields that were given.  TEXT_COUNT, or what is wrong. */
static enum text_id take_fields(struct dialogue *d)
{
	const struct oneshot *code = &d->code;
	enum text_id wrong;

	if (code->n_fields > 0 && menu_input_value(&d->op.value_id, code->fields[0]) != OUTCOME_OK)
		return TEXT_OUTCOME_VALUE_ID_MALFORMED;
	if (code->n_fields > 1) {
		wrong = take_transferee(d, code->fields[1]);
		if (wrong != TEXT_COUNT)
			return wrong;
	}
	if (code->n_fields > 2 &&
	    menu_input_reference(d->op.reference, code->fields[2]) != OUTCOME_OK)
		return TEXT_OUTCOME_REFERENCE_MALFORMED;
	return TEXT_COUNT;
}

void menu_transfer_code(struct dialogue *d)
{
	unsigned int n = d->code.n_fields;
	enum text_id wrong;

	menu_list_reset(d);
	menu_transfer_reset(d, d->code.action == '4');
	if (menu_maintenance(d))
		return;
	wrong = take_fields(d);
	if (wrong != TEXT_COUNT)
		menu_tell_text(d, wrong);
	else if (n == 0)
		menu_go(d, NODE_PICK);
	else if (n == 1)
		menu_go(d, NODE_TO);
	else if (n == 2 && d->op.to_shop)
		menu_go(d, NODE_REFERENCE);
	else if (d->ds->settings.confirm_oneshot)
		quote(d);
	else if (ledger_asks_pin(d->ds->ledger)) {
		d->op.quoted_only = true;
		quote(d);
	} else
		menu_transfer_do(d);
}
