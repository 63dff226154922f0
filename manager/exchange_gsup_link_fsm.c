/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* GSUP link: handshake and keep-alive. */
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/stream.h"
#include "manager/exchange_gsup_link_priv.h"
#include "manager/exchange_metrics.h"
#include "manager/exchange_util.h"

static const struct value_string event_names[] = {
	OSMO_VALUE_STRING(EV_CONNECTED),
	OSMO_VALUE_STRING(EV_ID_GET),
	OSMO_VALUE_STRING(EV_ID_RESP),
	OSMO_VALUE_STRING(EV_ID_ACK),
	OSMO_VALUE_STRING(EV_HEARD),
	OSMO_VALUE_STRING(EV_FAIL),
	{ 0, NULL },
};

/* One time for the whole handshake, so a peer that says one word a state does not stay longer. */
static const struct osmo_tdef_state_timeout timeouts[32] = {
	[LINK_DIALLING] = { .T = GSUP_LINK_T_HANDSHAKE },
	[LINK_NAMELESS] = { .keep_timer = true },
	[LINK_NAMED] = { .keep_timer = true },
	[LINK_ASKING] = { .T = GSUP_LINK_T_HANDSHAKE },
	[LINK_CHECKED] = { .keep_timer = true },
	[LINK_UP] = { .T = GSUP_LINK_T_PING },
	[LINK_PINGED] = { .T = GSUP_LINK_T_PING },
};

void gsup_link_enter(struct gsup_link *l, enum link_state state)
{
	exchange_fsm_enter(l->fi, state, timeouts, l->tdefs);
}

void gsup_link_fail(struct gsup_link *l, const char *why)
{
	if (!l->closed)
		osmo_fsm_inst_dispatch(l->fi, EV_FAIL, (void *)why);
}

static void say_name(struct gsup_link *l)
{
	uint8_t frame[CCM_MAX_SIZE];

	gsup_link_write_ccm(l, frame, ipa_ccm_build_id_resp(frame, sizeof(frame), l->name));
	gsup_link_send_ccm(l, IPA_CCM_ID_ACK);
}

static void st_dialling(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	gsup_link_enter(fi->priv, LINK_NAMELESS);
}

static void st_nameless(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	if (event != EV_ID_GET)
		return;
	say_name(fi->priv);
	gsup_link_enter(fi->priv, LINK_NAMED);
}

static void st_named(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	if (event == EV_ID_GET)
		say_name(fi->priv);
	else if (event == EV_ID_ACK)
		gsup_link_enter(fi->priv, LINK_UP);
}

static void asking_enter(struct osmo_fsm_inst *fi, uint32_t old_state)
{
	struct gsup_link *l = fi->priv;
	uint8_t frame[CCM_MAX_SIZE];

	gsup_link_write_ccm(l, frame, ipa_ccm_build_id_get(frame, sizeof(frame)));
}

static void st_asking(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct gsup_link *l = fi->priv;

	if (event != EV_ID_RESP)
		return;
	if (l->handler->identified(l->data, l, data))
		gsup_link_enter(l, LINK_CHECKED);
	else
		gsup_link_fail(l, "not let in");
}

static void st_checked(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct gsup_link *l = fi->priv;

	if (event != EV_ID_ACK)
		return;
	gsup_link_send_ccm(l, IPA_CCM_ID_ACK);
	gsup_link_enter(l, LINK_UP);
}

static void up_enter(struct osmo_fsm_inst *fi, uint32_t old_state)
{
	struct gsup_link *l = fi->priv;

	l->heard = false;
	if (old_state == LINK_PINGED || old_state == LINK_UP)
		return;
	exchange_count(l->metrics, GSUP_CTR_LINK_UP);
	l->handler->up(l->data, l);
}

static void st_up(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct gsup_link *l = fi->priv;

	if (event == EV_ID_GET && l->name)
		say_name(l);
}

static void pinged_enter(struct osmo_fsm_inst *fi, uint32_t old_state)
{
	gsup_link_send_ccm(fi->priv, IPA_CCM_PING);
}

static void st_pinged(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	st_up(fi, event, data);
	if (event == EV_HEARD)
		gsup_link_enter(fi->priv, LINK_UP);
}

/* The one way down that is not the owner's wish. */
static void failed_enter(struct osmo_fsm_inst *fi, uint32_t old_state)
{
	struct gsup_link *l = fi->priv;

	if (old_state == LINK_UP || old_state == LINK_PINGED)
		exchange_count(l->metrics, GSUP_CTR_LINK_DOWN);
	stream_close(l->stream);
	l->stream = NULL;
	l->handler->down(l->data, l, l->why);
}

static void allstate(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct gsup_link *l = fi->priv;

	if (fi->state == LINK_FAILED)
		return;
	l->why = talloc_strdup(l, data);
	gsup_link_enter(l, LINK_FAILED);
}

static int timed_out(struct osmo_fsm_inst *fi)
{
	struct gsup_link *l = fi->priv;

	switch (fi->state) {
	case LINK_UP:
		gsup_link_enter(l, l->heard ? LINK_UP : LINK_PINGED);
		break;
	case LINK_PINGED:
		gsup_link_fail(l, "the peer does not answer PING");
		break;
	default:
		gsup_link_fail(l, "the IPA handshake took too long");
		break;
	}
	return 0;
}

#define S(x) (1u << (x))

static const struct osmo_fsm_state states[] = {
	[LINK_DIALLING] = { .name = "DIALLING",
			    .in_event_mask = S(EV_CONNECTED),
			    .out_state_mask = S(LINK_NAMELESS) | S(LINK_FAILED) | S(LINK_ASKING) |
					      S(LINK_DIALLING),
			    .action = st_dialling },
	[LINK_NAMELESS] = { .name = "NAMELESS",
			    .in_event_mask = S(EV_ID_GET) | S(EV_ID_RESP) | S(EV_ID_ACK),
			    .out_state_mask = S(LINK_NAMED) | S(LINK_FAILED),
			    .action = st_nameless },
	[LINK_NAMED] = { .name = "NAMED",
			 .in_event_mask = S(EV_ID_GET) | S(EV_ID_RESP) | S(EV_ID_ACK),
			 .out_state_mask = S(LINK_UP) | S(LINK_FAILED),
			 .action = st_named },
	[LINK_ASKING] = { .name = "ASKING",
			  .in_event_mask = S(EV_ID_GET) | S(EV_ID_RESP) | S(EV_ID_ACK),
			  .out_state_mask = S(LINK_CHECKED) | S(LINK_FAILED),
			  .onenter = asking_enter,
			  .action = st_asking },
	[LINK_CHECKED] = { .name = "CHECKED",
			   .in_event_mask = S(EV_ID_GET) | S(EV_ID_RESP) | S(EV_ID_ACK),
			   .out_state_mask = S(LINK_UP) | S(LINK_FAILED),
			   .action = st_checked },
	[LINK_UP] = { .name = "UP",
		      .in_event_mask = S(EV_ID_GET) | S(EV_ID_RESP) | S(EV_ID_ACK),
		      .out_state_mask = S(LINK_UP) | S(LINK_PINGED) | S(LINK_FAILED),
		      .onenter = up_enter,
		      .action = st_up },
	[LINK_PINGED] = { .name = "PINGED",
			  .in_event_mask = S(EV_ID_GET) | S(EV_ID_RESP) | S(EV_ID_ACK) |
					   S(EV_HEARD),
			  .out_state_mask = S(LINK_UP) | S(LINK_FAILED),
			  .onenter = pinged_enter,
			  .action = st_pinged },
	[LINK_FAILED] = { .name = "FAILED", .onenter = failed_enter },
};

struct osmo_fsm gsup_link_fsm = {
	.name = "gsup_link",
	.states = states,
	.num_states = ARRAY_SIZE(states),
	.allstate_event_mask = S(EV_FAIL),
	.allstate_action = allstate,
	.timer_cb = timed_out,
	.event_names = event_names,
	.log_subsys = DIPA,
};

static __attribute__((constructor)) void gsup_link_fsm_register(void)
{
	OSMO_ASSERT(osmo_fsm_register(&gsup_link_fsm) == 0);
}
