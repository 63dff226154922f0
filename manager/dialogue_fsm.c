/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One dialogue with a terminal.
 *
 *              entered                 answer
 *   ENTER ---------------> ASKING <-------------> WORKING
 *     |                    ^    |      result        |
 *     |                    +----+ answer             |
 *     +---------+-----------+------------------------+
 *               v time-out, refusal, fault           | abort while the ledger owes an
 *             FAILED -> last text -> end             v answer that cannot be cancelled
 *                                                  GONE -> end
 *
 * A terminal that answers while nothing was asked of it (ENTER, WORKING) is not
 * listened to: what it typed may be meant for a page that it has not seen.
 */
#include "manager/dialogue_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/fsm.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/db_time.h"
#include "manager/dialogue_lost.h"
#include "manager/menu_code.h"
#include "manager/menu_nav.h"

#define S(x) (1 << (x))

enum dialogue_event {
	EV_ANSWER, /* of the terminal: const char * */
	EV_RESULT, /* of the ledger: struct ledger_news * */
	EV_TIMEOUT,
	EV_GONE, /* the exchange's session is over */
};

struct ledger_news {
	bool moved; /* value, or might have */
	void (*tell)(struct dialogue *d, const void *result);
	const void *result;
};

static const struct value_string event_names[] = {
	OSMO_VALUE_STRING(EV_ANSWER),
	OSMO_VALUE_STRING(EV_RESULT),
	OSMO_VALUE_STRING(EV_TIMEOUT),
	OSMO_VALUE_STRING(EV_GONE),
	{ 0 },
};

static const struct osmo_tdef_state_timeout state_timeouts[32] = {
	[DIALOGUE_ENTER] = { .T = DIALOGUE_X_ENTER },
	[DIALOGUE_ASKING] = { .T = DIALOGUE_X_IDLE },
	[DIALOGUE_WORKING] = { .T = DIALOGUE_X_WORK },
};

static void move_to(struct dialogue *d, enum dialogue_state state)
{
	dialogues_moved(d->ds, d->fi->state, state);
	/* Every T above is in the table of timers: no default is needed. */
	osmo_tdef_fsm_inst_state_chg(d->fi, state, state_timeouts, d->ds->timers, -1);
}

/* --- the end --------------------------------------------------------------- */

/* Lets go of the session and of the ledger.  Where the ledger's answer cannot be called off, or
 * says what became of value, the dialogue waits for it, as memory only. */
static void close_dialogue(struct dialogue *d)
{
	if (d->session)
		d->ops->drop(d->session);
	d->session = NULL;
	if (d->waiting && d->request && !d->moves) {
		ledger_cancel(d->request);
		d->waiting = false;
		d->request = NULL;
	}
	if (d->waiting)
		move_to(d, DIALOGUE_GONE);
	else
		osmo_fsm_inst_term(d->fi, OSMO_FSM_TERM_REGULAR, NULL);
}

static int send_text(struct dialogue *d, const char *text, bool end)
{
	int rc = d->ops->send(d->session, text, end);

	if (rc < 0) {
		dialogues_count(d->ds, DIALOGUE_CTR_SEND_FAILED);
		LOGPFSML(d->fi, rc == -EMSGSIZE ? LOGL_ERROR : LOGL_INFO,
			 "text could not be sent: %s\n", strerror(-rc));
	}
	/* After -EMSGSIZE it is still open, and will be dropped. */
	if (rc != -EMSGSIZE && (rc < 0 || end))
		d->session = NULL;
	return rc;
}

/* Of what was done, or may have been, nobody can be sure that it was read. */
static void lose(struct dialogue *d)
{
	dialogues_count(d->ds, DIALOGUE_CTR_LOST);
	dialogue_lost_tell(d->ds->lost, d->terminal_id, &d->op.request_id, d->debt);
	d->debt = 0;
}

bool dialogue_end(struct dialogue *d, const char *text, enum dialogue_ctr ctr)
{
	bool sent = text && send_text(d, text, true) == 0;

	if (!sent && d->op.done)
		lose(d);
	dialogues_count(d->ds, ctr);
	close_dialogue(d);
	return sent;
}

void dialogue_fail(struct dialogue *d, enum text_id text, enum dialogue_ctr ctr)
{
	d->failure = text;
	d->failure_ctr = ctr;
	move_to(d, DIALOGUE_FAILED);
}

void dialogue_forget(struct dialogue *d)
{
	d->session = NULL;
	osmo_fsm_inst_dispatch(d->fi, EV_GONE, NULL);
}

void dialogue_discard(struct dialogue *d)
{
	if (d->waiting && d->request)
		ledger_cancel(d->request);
	osmo_fsm_inst_term(d->fi, OSMO_FSM_TERM_REGULAR, NULL);
}

static void gone(struct dialogue *d)
{
	dialogues_count(d->ds, DIALOGUE_CTR_ABORTED);
	/* The result was on its way, and nobody has shown that it arrived. */
	if (d->op.done)
		lose(d);
	close_dialogue(d);
}

/* --- what nodes call ------------------------------------------------------- */

bool dialogue_ask(struct dialogue *d, const char *text)
{
	if (send_text(d, text, false) < 0) {
		gone(d);
		return false;
	}
	move_to(d, DIALOGUE_ASKING);
	return true;
}

void dialogue_wait(struct dialogue *d, struct ledger_request *request)
{
	/* Somebody has waited since he dialled or answered, whatever was asked in between. */
	ledger_hurry(request, d->step_us);
	d->request = request;
	d->waiting = true;
	move_to(d, DIALOGUE_WORKING);
}

void dialogue_wait_operation(struct dialogue *d, struct ledger_request *request)
{
	d->moves = true;
	if (!d->debt)
		d->debt = ledger_owe(d->ds->ledger);
	dialogue_wait(d, request);
}

void dialogue_pay(struct dialogue *d)
{
	if (d->debt)
		ledger_pay(d->ds->ledger, d->debt);
	d->debt = 0;
}

/* A result begins with its outcome. */
static bool may_be_done(const void *result)
{
	enum outcome outcome = *(const enum outcome *)result;

	return outcome == OUTCOME_OK || outcome == OUTCOME_UNCERTAIN;
}

void dialogue_result(struct dialogue *d, void (*tell)(struct dialogue *d, const void *result),
		     const void *result)
{
	struct ledger_news news = { d->moves, tell, result };

	if (news.moved && !may_be_done(result))
		dialogue_pay(d);
	d->waiting = false;
	d->moves = false;
	d->request = NULL;
	osmo_fsm_inst_dispatch(d->fi, EV_RESULT, &news);
}

static void entered(struct dialogue *d, const void *data)
{
	const struct enter_result *result = data;

	if (result->outcome != OUTCOME_OK) {
		dialogue_fail(d, catalogue_outcome_text(result->outcome),
			      DIALOGUE_CTR_REFUSED_TERMINAL);
		return;
	}
	d->terminal_id = result->terminal_id;
	OSMO_STRLCPY_ARRAY(d->address, result->address);
	if (catalogue_language(d->ds->catalogue, result->language))
		OSMO_STRLCPY_ARRAY(d->language, result->language);
	d->is_asked = result->is_asked;
	d->has_unseen = result->has_unseen;
	d->n_unseen = OSMO_MIN(result->n_unseen, 9);
	d->unseen = result->unseen;
	menu_start(d);
}

static void enter_done(void *data, const struct enter_result *result)
{
	dialogue_result(data, entered, result);
}

void dialogue_enter(struct dialogue *d, const struct exchange_begin *begin)
{
	struct enter_args args = { .enrol = d->ds->settings.enrol };

	OSMO_STRLCPY_ARRAY(args.imsi, begin->imsi);
	OSMO_STRLCPY_ARRAY(args.msisdn, begin->msisdn ? begin->msisdn : "");
	d->step_us = db_now_us();
	d->waiting = true;
	d->request = ledger_enter(d->ds->ledger, &args, enter_done, d);
	move_to(d, DIALOGUE_ENTER);
}

/* --- the table ------------------------------------------------------------- */

static void told(struct dialogue *d, const struct ledger_news *news)
{
	news->tell(d, news->result);
}

static void too_early(struct dialogue *d)
{
	dialogues_count(d->ds, DIALOGUE_CTR_ANSWER_EARLY);
	LOGPFSML(d->fi, LOGL_INFO, "the terminal answered though nothing was asked; ignored\n");
}

/* The ledger is asked.  late: what is told where it did not keep its deadline. */
static void ledger_asked(struct dialogue *d, uint32_t event, void *data, enum text_id late)
{
	switch (event) {
	case EV_RESULT:
		told(d, data);
		break;
	case EV_ANSWER:
		too_early(d);
		break;
	case EV_TIMEOUT:
		dialogue_fail(d, late, DIALOGUE_CTR_FAILED);
		break;
	case EV_GONE:
		gone(d);
		break;
	}
}

static void enter_action(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	ledger_asked(fi->priv, event, data, TEXT_OUTCOME_UNAVAILABLE);
}

static void asking_action(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct dialogue *d = fi->priv;

	switch (event) {
	case EV_ANSWER:
		dialogues_count(d->ds, DIALOGUE_CTR_ANSWERS);
		d->step_us = db_now_us();
		menu_answer(d, data);
		break;
	case EV_TIMEOUT:
		menu_timeout(d);
		break;
	case EV_GONE:
		gone(d);
		break;
	}
}

static void working_action(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	/* Something may have been done: nothing may be promised. */
	ledger_asked(fi->priv, event, data, TEXT_OUTCOME_UNCERTAIN);
}

static void failed_enter(struct osmo_fsm_inst *fi, uint32_t previous)
{
	struct dialogue *d = fi->priv;

	menu_farewell(d, d->failure, d->failure_ctr);
}

/* Who moved nothing when he left is owed nothing. */
static void gone_action(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct dialogue *d = fi->priv;
	const struct ledger_news *news = data;

	if (news->moved && may_be_done(news->result))
		lose(d);
	osmo_fsm_inst_term(fi, OSMO_FSM_TERM_REGULAR, NULL);
}

void dialogue_time_out(struct dialogue *d)
{
	osmo_fsm_inst_dispatch(d->fi, EV_TIMEOUT, NULL);
}

static int timer_expired(struct osmo_fsm_inst *fi)
{
	dialogue_time_out(fi->priv);
	return 0;
}

static void cleanup(struct osmo_fsm_inst *fi, enum osmo_fsm_term_cause cause)
{
	struct dialogue *d = fi->priv;

	explicit_bzero(&d->pin, sizeof(d->pin));
	dialogue_pay(d);
	dialogues_moved(d->ds, fi->state, -1);
	llist_del(&d->entry);
}

static const struct osmo_fsm_state states[] = {
	[DIALOGUE_ENTER] = {
		.name = "ENTER",
		.in_event_mask = S(EV_RESULT) | S(EV_ANSWER) | S(EV_TIMEOUT) | S(EV_GONE),
		.out_state_mask = S(DIALOGUE_ENTER) | S(DIALOGUE_ASKING) | S(DIALOGUE_WORKING) |
				  S(DIALOGUE_FAILED) | S(DIALOGUE_GONE),
		.action = enter_action,
	},
	[DIALOGUE_ASKING] = {
		.name = "ASKING",
		.in_event_mask = S(EV_ANSWER) | S(EV_TIMEOUT) | S(EV_GONE),
		.out_state_mask = S(DIALOGUE_ASKING) | S(DIALOGUE_WORKING) | S(DIALOGUE_FAILED),
		.action = asking_action,
	},
	[DIALOGUE_WORKING] = {
		.name = "WORKING",
		.in_event_mask = S(EV_RESULT) | S(EV_ANSWER) | S(EV_TIMEOUT) | S(EV_GONE),
		.out_state_mask = S(DIALOGUE_ASKING) | S(DIALOGUE_WORKING) | S(DIALOGUE_FAILED) |
				  S(DIALOGUE_GONE),
		.action = working_action,
	},
	[DIALOGUE_FAILED] = {
		.name = "FAILED",
		.out_state_mask = S(DIALOGUE_GONE),
		.onenter = failed_enter,
	},
	[DIALOGUE_GONE] = {
		.name = "GONE",
		.in_event_mask = S(EV_RESULT),
		.action = gone_action,
	},
};

static struct osmo_fsm dialogue_fsm = {
	.name = "dialogue",
	.states = states,
	.num_states = ARRAY_SIZE(states),
	.timer_cb = timer_expired,
	.cleanup = cleanup,
	.log_subsys = DDLG,
	.event_names = event_names,
};

void dialogue_fsm_register(void)
{
	static bool registered;

	if (registered)
		return;
	registered = true;
	OSMO_ASSERT(osmo_fsm_register(&dialogue_fsm) == 0);
}

const char *dialogue_state_name(enum dialogue_state state)
{
	return states[state].name;
}

const char *dialogue_state_of(const struct dialogue *d)
{
	return states[d->fi->state].name;
}

int dialogue_fsm_start(struct dialogue *d)
{
	char id[16];

	snprintf(id, sizeof(id), "%u", d->serial);
	d->fi = osmo_fsm_inst_alloc(&dialogue_fsm, d->ds, d, LOGL_DEBUG, id);
	if (!d->fi)
		return -ENOMEM;
	talloc_steal(d->fi, d);
	dialogues_moved(d->ds, -1, d->fi->state);
	llist_add(&d->entry, &d->ds->open);
	return 0;
}

void dialogue_answer(struct dialogue *d, const char *text)
{
	osmo_fsm_inst_dispatch(d->fi, EV_ANSWER, (void *)text);
}
