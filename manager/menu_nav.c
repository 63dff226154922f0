/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/menu_nav.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/dialogue_page.h"
#include "manager/dialogue_text.h"
#include "manager/menu_input.h"
#include "manager/menu_list.h"
#include "manager/menu_unseen.h"

static const struct menu_node *const nodes[NODE_COUNT] = {
	[NODE_ROOT] = &menu_root_node,
	[NODE_UNSEEN] = &menu_unseen_node,
	[NODE_RESULT] = &menu_result_node,
	[NODE_BUY] = &menu_buy_node,
	[NODE_BUY_AMOUNT] = &menu_buy_amount_node,
	[NODE_BUY_FREE] = &menu_buy_free_node,
	[NODE_BUY_CONFIRM] = &menu_buy_confirm_node,
	[NODE_BUY_AGAIN] = &menu_buy_again_node,
	[NODE_LIST] = &menu_list_node,
	[NODE_VALUE] = &menu_value_node,
	[NODE_PICK] = &menu_pick_node,
	[NODE_TO] = &menu_to_node,
	[NODE_REFERENCE] = &menu_reference_node,
	[NODE_TRANSFER_CONFIRM] = &menu_transfer_confirm_node,
	[NODE_TRANSFER_AGAIN] = &menu_transfer_again_node,
	[NODE_CHECK] = &menu_check_node,
	[NODE_BALANCE] = &menu_balance_node,
	[NODE_HISTORY] = &menu_history_node,
	[NODE_HELP] = &menu_help_node,
	[NODE_QUESTION] = &menu_question_node,
	[NODE_PIN] = &menu_pin_node,
	[NODE_PIN_OLD] = &menu_pin_old_node,
	[NODE_PIN_NEW] = &menu_pin_new_node,
	[NODE_PIN_REPEAT] = &menu_pin_repeat_node,
};

static const struct menu_node *node_of(const struct dialogue *d)
{
	return nodes[d->node];
}

const char *menu_node_name(const struct dialogue *d)
{
	return node_of(d)->name;
}

/* --- sending --------------------------------------------------------------- */

struct shown {
	char body[DIALOGUE_BODY_SIZE + CATALOGUE_TEXT_MAX_SIZE];
	struct page_frame frame;
};

/* A question and a last text have limits of their own; what a page holds must not depend on
 * which it becomes. */
static size_t max_octets(const struct dialogue *d)
{
	size_t question = d->ops->max_octets(d->session, false);
	size_t last = d->ops->max_octets(d->session, true);

	return OSMO_MIN(question, last);
}

static void frame_fill(struct shown *s, const struct dialogue *d)
{
	const struct menu_node *node = node_of(d);
	const struct language *l = dialogue_language(d);
	const char *notice = d->notice < TEXT_COUNT ? language_text(l, d->notice) : NULL;
	bool no_foot = node->foot == TEXT_COUNT || (d->brief && !node->waits);

	if (notice)
		snprintf(s->body, sizeof(s->body), "%s\n%s", notice, d->body);
	else
		OSMO_STRLCPY_ARRAY(s->body, d->body);
	s->frame = (struct page_frame){
		.body = s->body,
		.foot = no_foot ? NULL : language_text(l, node->foot),
		.more = language_text(l, TEXT_NAV_MORE),
		.previous = language_text(l, TEXT_NAV_PREVIOUS),
		.more_behind = node->list && menu_list_has_next(d),
		.more_before = node->list && menu_list_has_previous(d),
		.max_octets = max_octets(d),
	};
}

/* Sends page d->page.  What an earlier dialogue completed counts as told once it is sent. */
static void send_page(struct dialogue *d)
{
	struct shown s;
	struct page page;
	bool ends, told = d->unseen_in_body;
	struct ledger *ledger = d->ds->ledger;
	struct request_id seen = d->unseen.request_id;
	int64_t terminal_id = d->terminal_id;
	char imsi[GSUP_IMSI_SIZE];

	OSMO_STRLCPY_ARRAY(imsi, d->imsi); /* an end takes the dialogue with it */
	frame_fill(&s, d);
	if (page_make(&page, &s.frame, d->page) < 0) {
		LOGP(DDLG, LOGL_ERROR, "dialogue %u: link %s takes only %zu octets\n", d->serial,
		     d->link, s.frame.max_octets);
		dialogue_end(d, NULL, DIALOGUE_CTR_FAILED);
		return;
	}
	d->page_last = page.last;
	d->unseen_in_body = false;
	ends = d->brief && !node_of(d)->waits && page.last && !s.frame.more_behind;
	if (ends ? dialogue_end(d, page.text, DIALOGUE_CTR_ENDED) : dialogue_ask(d, page.text)) {
		if (told)
			ledger_seen(ledger, imsi, terminal_id, &seen);
	}
}

/* A one-shot code's answer goes out behind what an earlier dialogue completed: on one page
 * where both fit, else on the next one. */
static void put_unseen_first(struct dialogue *d)
{
	char unseen[DIALOGUE_BODY_SIZE / 2];
	struct shown s;

	menu_unseen_text(d, unseen, sizeof(unseen));
	body_prepend(d, unseen, '\n');
	frame_fill(&s, d);
	if (page_count(&s.frame) > 1)
		d->body[strlen(unseen)] = '\f';
	d->has_unseen = false;
	d->unseen_in_body = true;
	dialogues_count(d->ds, DIALOGUE_CTR_UNSEEN_TOLD);
}

void menu_show(struct dialogue *d)
{
	struct shown s;

	d->page = 0;
	if (d->brief && d->has_unseen && !node_of(d)->waits)
		put_unseen_first(d);
	if (node_of(d)->list && d->list.from_end) {
		frame_fill(&s, d);
		d->page = page_count(&s.frame) - 1;
		d->list.from_end = false;
	}
	send_page(d);
}

/* --- from node to node ----------------------------------------------------- */

void menu_replace(struct dialogue *d, enum menu_node_id node)
{
	d->node = node;
	d->notice = TEXT_COUNT;
	d->n_invalid = 0;
	nodes[node]->show(d);
}

void menu_go(struct dialogue *d, enum menu_node_id node)
{
	if (d->depth == DIALOGUE_DEPTH_MAX)
		memmove(d->stack, d->stack + 1, --d->depth);
	d->stack[d->depth++] = d->node;
	menu_replace(d, node);
}

static void go_back(struct dialogue *d)
{
	if (d->node == NODE_RESULT)
		d->depth = 0;
	menu_replace(d, d->depth > 0 ? d->stack[--d->depth] : NODE_ROOT);
}

void menu_tell(struct dialogue *d)
{
	/* The end of a process is not held up by who reads a result and leaves the phone there. */
	d->brief |= d->ds->draining;
	d->node = NODE_RESULT;
	d->notice = TEXT_COUNT;
	menu_show(d);
}

void menu_tell_text(struct dialogue *d, enum text_id id)
{
	body_clear(d);
	body_add(d, id, NULL);
	menu_tell(d);
}

void menu_tell_outcome(struct dialogue *d, enum outcome outcome)
{
	menu_tell_text(d, catalogue_outcome_text(outcome));
}

bool menu_maintenance(struct dialogue *d)
{
	if (!ledger_maintenance(d->ds->ledger))
		return false;
	menu_tell_outcome(d, OUTCOME_MAINTENANCE);
	return true;
}

void menu_again(struct dialogue *d, enum text_id wrong)
{
	dialogues_count(d->ds, DIALOGUE_CTR_ANSWER_INVALID);
	if (++d->n_invalid >= DIALOGUE_INVALID_MAX) {
		dialogue_fail(d, TEXT_ENDED_INVALID, DIALOGUE_CTR_FAILED);
		return;
	}
	d->notice = wrong;
	d->page = 0;
	send_page(d);
}

/* --- the end --------------------------------------------------------------- */

void menu_farewell(struct dialogue *d, enum text_id id, enum dialogue_ctr ctr)
{
	const struct language *l = dialogue_language(d);
	char text[PAGE_SIZE_MAX];
	struct page_frame frame = {
		.body = text,
		.more = "..",
		.previous = "",
		.max_octets = d->ops->max_octets(d->session, true),
	};
	struct page page;

	text_render(text, sizeof(text), language_text(l, id),
		    VARS({ "code", d->ds->settings.service_code }));
	dialogue_end(d, page_make(&page, &frame, 0) < 0 ? NULL : page.text, ctr);
}

/* Who was only reading keeps the page on the display; who was asked is told that nothing came. */
void menu_timeout(struct dialogue *d)
{
	struct shown s;
	struct page page;

	if (!node_of(d)->reading) {
		dialogue_fail(d, TEXT_ENDED_TIMEOUT, DIALOGUE_CTR_TIMEOUT);
		return;
	}
	frame_fill(&s, d);
	s.frame.foot = NULL;
	dialogue_end(d, page_make(&page, &s.frame, d->page) < 0 ? NULL : page.text,
		     DIALOGUE_CTR_TIMEOUT);
}

/* --- answers --------------------------------------------------------------- */

/* An answer shows that the page before it was seen. */
static void note_seen(struct dialogue *d)
{
	struct ledger *ledger = d->ds->ledger;

	if (d->op.done) {
		ledger_seen(ledger, d->imsi, d->terminal_id, &d->op.request_id);
		dialogue_pay(d);
	}
	d->op.done = false;
	if (d->node == NODE_UNSEEN)
		ledger_seen(ledger, d->imsi, d->terminal_id, &d->unseen.request_id);
}

static void next_page(struct dialogue *d)
{
	d->page++;
	send_page(d);
}

/* Page turning; false: the key means something else here. */
static bool turn_page(struct dialogue *d, const char *text)
{
	bool list = node_of(d)->list;

	if (strcmp(text, "*") == 0 && !d->page_last)
		next_page(d);
	else if (strcmp(text, "*") == 0 && list && menu_list_has_next(d))
		menu_list_next(d);
	else if (strcmp(text, "#") == 0 && d->page > 0) {
		d->page--;
		send_page(d);
	} else if (strcmp(text, "#") == 0 && list && menu_list_has_previous(d))
		menu_list_previous(d);
	else
		return false;
	return true;
}

static void answer_question(struct dialogue *d, const char *text)
{
	const struct menu_node *node = node_of(d);

	if (strcmp(text, "0") == 0)
		node->no(d);
	else if (strcmp(text, "2") == 0 && node->later)
		node->later(d);
	else if (!d->page_last)
		/* Nobody agrees to what he has not seen to its end. */
		next_page(d);
	else if (strcmp(text, "1") == 0)
		node->answer(d, text);
	else
		menu_again(d, TEXT_MENU_INVALID);
}

/* The pages of a one-shot answer: any key but those that end it goes on. */
static void answer_brief(struct dialogue *d, const char *text)
{
	if (strcmp(text, "0") == 0)
		menu_farewell(d, TEXT_ENDED_CANCELLED, DIALOGUE_CTR_CANCELLED);
	else if (!d->page_last)
		next_page(d);
	else
		menu_list_next(d);
}

void menu_answer(struct dialogue *d, const char *text)
{
	const struct menu_node *node = node_of(d);
	char input[MENU_INPUT_SIZE];
	bool understood = menu_input_fold(input, text);

	note_seen(d);
	if (!understood)
		menu_again(d, TEXT_MENU_INVALID);
	else if (strcmp(input, "00") == 0)
		menu_farewell(d, TEXT_ENDED_CANCELLED, DIALOGUE_CTR_CANCELLED);
	else if (turn_page(d, input))
		; /* done */
	else if (node->question)
		answer_question(d, input);
	else if (d->brief && !node->waits)
		answer_brief(d, input);
	else if (strcmp(input, "0") == 0 && !node->zero_is_input)
		go_back(d);
	else if (node->answer)
		node->answer(d, input);
	else
		menu_again(d, TEXT_MENU_INVALID);
	/* It may have been a PIN. */
	explicit_bzero(input, sizeof(input));
}

unsigned int menu_position(const char *text, unsigned int min, unsigned int max)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long n;

	if (digits == 0 || digits > 4 || text[digits] != '\0')
		return 0;
	n = strtoul(text, NULL, 10);
	return n >= min && n <= max ? n : 0;
}
