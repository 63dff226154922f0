/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What one phone of the load does with its turn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "handset-sim/load_private.h"
#include "handset-sim/options.h"
#include "lib/log_category.h"
#include "lib/monotonic.h"
#include "lib/value_id.h"

/* "again?", confirmation, what was not seen: no more questions belong to one purchase. */
#define ANSWERS_MAX 6
#define TRANSFEREE_TRIES 16
/* What asks whether to go on, and not only to read on, has a choice of 0 in its last line. */
#define DECLINABLE " 0 "

bool load_number_make(char *out, size_t size, const char *base, uint32_t i)
{
	unsigned long long n = strtoull(base, NULL, 10) + i;
	int width = strlen(base);

	return strspn(base, "0123456789") == strlen(base) && width < (int)size && width > 0 &&
	       snprintf(out, size, "%0*llu", width, n) == width;
}

bool load_op_needs_value(enum load_op op)
{
	return op == LOAD_CHECK || op == LOAD_TRANSFER || op == LOAD_PAY;
}

/* To somebody who owns nothing, if a few draws find one: so values stay spread over the phones. */
static uint32_t transferee_draw(struct load *l, const struct load_phone *p)
{
	uint32_t i, n = l->options->terminals;
	int tries = TRANSFEREE_TRIES;

	do
		i = load_mix_below(&l->mix, n);
	while ((&l->phones[i] == p || l->phones[i].value_id != 0) && tries-- > 0);
	return &l->phones[i] == p ? (i + 1) % n : i;
}

/* What is dialled with the value of p; while it is under way the phone may be given another. */
static void value_code(struct load *l, struct load_phone *p, char code[USSD_TEXT_SIZE])
{
	const char *service = l->options->service_code;
	char id[VALUE_ID_STR_SIZE], number[GSUP_MSISDN_SIZE];

	value_id_format(id, p->value_id);
	if (p->op == LOAD_CHECK) {
		snprintf(code, USSD_TEXT_SIZE, "%s*5*%s#", service, id);
		return;
	}
	p->moving_id = p->value_id;
	p->value_id = 0;
	if (p->op == LOAD_PAY) {
		snprintf(code, USSD_TEXT_SIZE, "%s*4*%s*%s*%u#", service, id, l->options->shop,
			 ++l->n_paid);
		return;
	}
	p->transferee = transferee_draw(l, p);
	load_number_make(number, sizeof(number), l->options->msisdn_base, p->transferee);
	snprintf(code, USSD_TEXT_SIZE, "%s*3*%s*%s#", service, id, number);
}

/* A phone that owns nothing to ask about or hand on buys first. */
static void code_make(struct load *l, struct load_phone *p, char code[USSD_TEXT_SIZE])
{
	static const char digits[LOAD_OPS] = {
		[LOAD_LIST] = '2', [LOAD_BALANCE] = '6', [LOAD_LOG] = '7', [LOAD_HELP] = '0'
	};
	const char *service = l->options->service_code;

	if (load_op_needs_value(p->op) && p->value_id == 0)
		p->op = LOAD_ISSUE;
	if (p->op == LOAD_ISSUE)
		snprintf(code, USSD_TEXT_SIZE, "%s*1*%s#", service,
			 l->amounts[l->n_amounts > 1 ? load_mix_below(&l->mix, l->n_amounts) : 0]);
	else if (load_op_needs_value(p->op))
		value_code(l, p, code);
	else
		snprintf(code, USSD_TEXT_SIZE, "%s*%c#", service, digits[p->op]);
}

bool load_phone_dial(struct load *l, struct load_phone *p, enum load_op op, uint64_t due_us)
{
	char code[USSD_TEXT_SIZE];

	if (!exchange_is_up(l->exchange))
		return false;
	p->op = p->unsure ? LOAD_LOG : op;
	p->n_answers = 0;
	p->due_us = due_us;
	code_make(l, p, code);
	if (l->record)
		p->dialogue =
			load_record_begin(l->record, p->line.msisdn, load_op_name(p->op), code);
	if (line_dial(&p->line, code) < 0) {
		if (l->record)
			load_record_end(l->record, p->dialogue, "unsent");
		return false;
	}
	l->result.begun += load_is_counted(l, due_us);
	return true;
}

/* Who owns what now, as far as checks and transfers need it. */
static void value_follow(struct load *l, struct load_phone *p, enum text_kind kind,
			 const char *text)
{
	size_t at, len;

	if (p->op == LOAD_ISSUE && l->follows) {
		/* What an earlier dialogue completed may stand in front. */
		while (text_find_value_id(text, &p->value_id, &at, &len))
			text += at + len;
	} else if (p->op == LOAD_TRANSFER && kind == TEXT_OK) {
		l->phones[p->transferee].value_id = p->moving_id;
	}
}

/* With a record, who does not know how something ended looks at the last operations next. */
static void unsure_set(const struct load *l, struct load_phone *p, bool answered)
{
	if (l->record && p->op != LOAD_LOG)
		p->unsure = !answered;
	else if (answered)
		p->unsure = false;
}

void load_phone_final(struct load *l, struct load_phone *p, const char *text)
{
	const struct load_shape *shape = load_texts_look(l->texts, text, false);
	uint64_t us = monotonic_us() - p->due_us;

	value_follow(l, p, shape->kind, text);
	unsure_set(l, p, p->op == LOAD_LOG ? shape->kind == TEXT_OK : shape->kind != TEXT_UNSURE);
	if (l->record)
		load_record_final(l->record, p->dialogue, text_kind_name(shape->kind), text);
	if (!load_is_counted(l, p->due_us))
		return;
	l->result.ended++;
	l->result.kinds[shape->kind]++;
	load_histogram_add(&l->result.all, us);
	load_histogram_add(&l->result.ops[p->op], us);
}

static const char *answer_draw(struct load *l, const char *question)
{
	uint32_t decline = l->options->decline_permille;

	return decline > 0 && strstr(question, DECLINABLE) &&
			       load_mix_below(&l->mix, 1000) < decline
		       ? "0"
		       : "1";
}

bool load_phone_question(struct load *l, struct load_phone *p, const char *text)
{
	const struct load_shape *shape = load_texts_look(l->texts, text, true);

	if (l->record)
		load_record_question(l->record, p->dialogue, text);
	if (shape->confirm && p->n_answers++ < ANSWERS_MAX) {
		const char *answer = answer_draw(l, text);

		if (l->record)
			load_record_answer(l->record, p->dialogue, answer);
		if (line_answer(&p->line, answer) == 0)
			return true;
	}
	if (load_is_counted(l, p->due_us)) {
		l->result.ended++;
		l->result.unanswered++;
	}
	unsure_set(l, p, true);
	if (l->record)
		load_record_end(l->record, p->dialogue, "hangup");
	if (line_hangup(&p->line) < 0)
		LOGP(DSIM, LOGL_INFO, "END cannot be sent\n");
	return false;
}

void load_phone_end(struct load *l, struct load_phone *p, enum line_end end)
{
	unsure_set(l, p, false);
	if (l->record)
		load_record_end(l->record, p->dialogue, load_end_name(end));
	if (load_is_counted(l, p->due_us)) {
		l->result.ended++;
		l->result.ends[end]++;
	}
}
