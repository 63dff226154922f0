/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/menu_question.h"

#include <string.h>

#include <osmocom/core/utils.h>

#include "manager/answer_text.h"
#include "manager/dialogue_text.h"
#include "manager/menu_buy.h"
#include "manager/menu_code.h"
#include "manager/menu_nav.h"
#include "manager/menu_pin.h"
#include "manager/menu_transfer.h"
#include "manager/product.h"

static void later(struct dialogue *d)
{
	d->is_asked = false;
	memset(&d->op, 0, sizeof(d->op));
	menu_go_on(d);
}

/* --- which one ------------------------------------------------------------------- */

static void take_question(struct dialogue *d, const struct question *q)
{
	const struct question_subject *s = &q->subject;

	d->op = (struct menu_operation){
		.request_id = q->request_id,
		.question_id = q->question_id,
		.asked_at = q->opened_at,
		.amount_minor = s->amount_minor,
		.fee_minor = s->fee_minor,
		.value_id = s->value_id,
		.transferee_id = s->transferee_id,
		.to_shop = number_is_shop(s->transferee),
		.needs_pin = q->needs_pin,
		/* Each question was agreed to by itself. */
		.unguarded = true,
	};
	OSMO_STRLCPY_ARRAY(d->op.product, s->product);
	OSMO_STRLCPY_ARRAY(d->op.currency, s->currency);
	OSMO_STRLCPY_ARRAY(d->op.transferee, s->transferee);
	OSMO_STRLCPY_ARRAY(d->op.reference, s->reference);
}

static bool is_transfer(const struct dialogue *d)
{
	return d->op.product[0] == '\0';
}

static void quoted(struct dialogue *d, const void *result)
{
	const struct quote_result *r = result;

	switch (r->outcome) {
	case OUTCOME_AGAIN:
	case OUTCOME_BUSY:
	case OUTCOME_UNCERTAIN:
	case OUTCOME_UNAVAILABLE:
	case OUTCOME_INTERNAL:
		menu_tell_outcome(d, r->outcome);
		return;
	default:
		break;
	}
	OSMO_STRLCPY_ARRAY(d->op.transferee_name, r->transferee_name);
	d->op.needs_pin |= r->needs_pin;
	d->op.refusal = r->outcome;
	menu_replace(d, NODE_QUESTION);
}

static void quote_done(void *data, const struct quote_result *result)
{
	dialogue_result(data, quoted, result);
}

static void listed(struct dialogue *d, const void *result)
{
	const struct questions_result *r = result;
	const struct product *p;
	struct transfer_args args;

	if (r->outcome != OUTCOME_OK || r->n == 0) {
		/* Answered, or over, meanwhile; or the ledger will say so again. */
		later(d);
		return;
	}
	take_question(d, &r->questions[0]);
	if (is_transfer(d)) {
		menu_transfer_args(&args, d);
		dialogue_wait(d, ledger_quote(d->ds->ledger, &args, quote_done, d));
		return;
	}
	p = product_by_code(d->ds->ledger, d->op.product);
	d->op.needs_pin |= p && product_needs_pin(p, d->op.amount_minor);
	d->op.refusal = p ? OUTCOME_OK : OUTCOME_PRODUCT_UNKNOWN;
	menu_replace(d, NODE_QUESTION);
}

static void questions_done(void *data, const struct questions_result *result)
{
	dialogue_result(data, listed, result);
}

void menu_question_start(struct dialogue *d)
{
	dialogue_wait(d, ledger_questions(d->ds->ledger, d->terminal_id, NULL, questions_done, d));
}

/* --- the answer ---------------------------------------------------------------------- */

static void tell_answered(struct dialogue *d, enum text_id id, int64_t at)
{
	char time[MOMENT_STR_SIZE];

	when_format(time, d, at);
	body_clear(d);
	body_add(d, id, VARS({ "time", time }));
	menu_tell(d);
}

static void execute(struct dialogue *d)
{
	if (is_transfer(d))
		menu_transfer_do(d);
	else
		menu_buy_issue(d);
}

static void agree(struct dialogue *d);

/* The database asks for one, and the page did not. */
static void ask_pin(struct dialogue *d)
{
	if (d->op.pin_given)
		menu_tell_outcome(d, OUTCOME_AGAIN);
	else
		menu_pin_then(d, true, agree);
}

/* Yes again is what was said before: the operation has one effect, and its result is told. */
static void said_yes(struct dialogue *d, const void *result)
{
	const struct question_result *r = result;
	const struct question *q = &r->question;

	if (r->outcome != OUTCOME_OK) {
		menu_tell_outcome(d, r->outcome);
		return;
	}
	switch (q->state) {
	case QUESTION_OPEN:
		ask_pin(d);
		break;
	case QUESTION_YES:
		if (q->needs_pin)
			ask_pin(d);
		else
			execute(d);
		break;
	case QUESTION_REFUSED:
		menu_tell_outcome(d, q->refusal);
		break;
	case QUESTION_NO:
		tell_answered(d, TEXT_QUESTION_NO, q->answered_at);
		break;
	case QUESTION_EXPIRED:
		menu_tell_text(d, TEXT_QUESTION_EXPIRED);
		break;
	case QUESTION_SUPERSEDED:
		menu_tell_text(d, TEXT_QUESTION_SUPERSEDED);
		break;
	}
}

static void said_no(struct dialogue *d, const void *result)
{
	const struct question_result *r = result;
	const struct question *q = &r->question;

	if (r->outcome != OUTCOME_OK)
		menu_tell_outcome(d, r->outcome);
	else if (q->state == QUESTION_YES)
		tell_answered(d, TEXT_QUESTION_YES, q->answered_at);
	else if (q->state == QUESTION_REFUSED)
		menu_tell_outcome(d, q->refusal);
	else
		menu_tell_text(d, is_transfer(d) ? TEXT_TRANSFER_DECLINED : TEXT_BUY_DECLINED);
}

static void yes_done(void *data, const struct question_result *result)
{
	dialogue_result(data, said_yes, result);
}

static void no_done(void *data, const struct question_result *result)
{
	dialogue_result(data, said_no, result);
}

static void answer(struct dialogue *d, bool yes)
{
	struct question_answer_args args = {
		.terminal_id = d->terminal_id,
		.question_id = d->op.question_id,
		.yes = yes,
		.refusal = yes ? d->op.refusal : OUTCOME_OK,
	};

	OSMO_STRLCPY_ARRAY(args.link, d->link);
	dialogue_wait(d, ledger_question_answer(d->ds->ledger, &args, yes ? yes_done : no_done, d));
}

static void agree(struct dialogue *d)
{
	answer(d, true);
}

static void question_yes(struct dialogue *d, const char *text)
{
	if (menu_maintenance(d))
		return;
	/* What cannot be done moves nothing, and ends so. */
	if (d->op.refusal != OUTCOME_OK)
		agree(d);
	else
		menu_pin_then(d, d->op.needs_pin, agree);
}

static void question_no(struct dialogue *d)
{
	answer(d, false);
}

/* --- the page ------------------------------------------------------------------------ */

static void question_show(struct dialogue *d)
{
	struct question_subject s = {
		.kind = is_transfer(d) ? QUESTION_TRANSFER : QUESTION_BUY,
		.amount_minor = d->op.amount_minor,
		.fee_minor = d->op.fee_minor,
	};
	struct text_writer w;
	char time[MOMENT_STR_SIZE];

	OSMO_STRLCPY_ARRAY(s.product, d->op.product);
	OSMO_STRLCPY_ARRAY(s.currency, d->op.currency);
	OSMO_STRLCPY_ARRAY(s.transferee, d->op.transferee);
	OSMO_STRLCPY_ARRAY(s.reference, d->op.reference);
	when_format(time, d, d->op.asked_at);
	body_clear(d);
	body_add(d, TEXT_QUESTION_ASKED, VARS({ "time", time }));
	w = body_writer(d);
	answer_subject(&w, d->ds->ledger, &s, d->op.transferee_name);
	body_written(d, &w);
	menu_show(d);
}

const struct menu_node menu_question_node = {
	.name = "question",
	.foot = TEXT_NAV_QUESTION,
	.question = true,
	.waits = true,
	.show = question_show,
	.answer = question_yes,
	.no = question_no,
	.later = later,
};
