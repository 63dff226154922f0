/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* HLR link: when there is one, and whether it is any use. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/exchange_hlr_priv.h"
#include "manager/exchange_metrics.h"
#include "manager/exchange_util.h"

#define T_PROBE_TIMEOUT -3 /* X3 */
#define T_PROBE_INTERVAL -4 /* X4 */
#define T_PAUSE -5 /* X5: from exchange_backoff_ms() */

#define PAUSE_FIRST_MS 500
#define PAUSE_LAST_MS 1500

static const struct value_string event_names[] = {
	OSMO_VALUE_STRING(HLR_EV_LEASE_HELD), OSMO_VALUE_STRING(HLR_EV_LEASE_LOST),
	OSMO_VALUE_STRING(HLR_EV_LINK_UP),    OSMO_VALUE_STRING(HLR_EV_LINK_DOWN),
	OSMO_VALUE_STRING(HLR_EV_PROBE_BACK), OSMO_VALUE_STRING(HLR_EV_PROBE_LOST),
	OSMO_VALUE_STRING(HLR_EV_DRAINED),    { 0, NULL },
};

/* DIALLING has none of its own: the link ends by its timer X1. */
static const struct osmo_tdef_state_timeout timeouts[32] = {
	[HLR_PROBING] = { .T = T_PROBE_TIMEOUT },
	[HLR_ROUTABLE] = { .T = T_PROBE_INTERVAL },
	[HLR_CHECKING] = { .T = T_PROBE_TIMEOUT },
	[HLR_PAUSED] = { .T = T_PAUSE },
};

void exchange_hlr_set_timers(struct exchange_hlr *h)
{
	const struct osmo_tdef tdefs[] = {
		gsup_link_tdefs[0],
		gsup_link_tdefs[1],
		{ .T = T_PROBE_TIMEOUT, .unit = OSMO_TDEF_MS, .val = h->config.probe_timeout_ms },
		{ .T = T_PROBE_INTERVAL, .unit = OSMO_TDEF_MS, .val = h->config.probe_interval_ms },
		{ .T = T_PAUSE, .unit = OSMO_TDEF_MS },
	};

	OSMO_ASSERT(sizeof(tdefs) < sizeof(h->tdefs));
	memcpy(h->tdefs, tdefs, sizeof(tdefs));
	osmo_tdef_set(h->tdefs, GSUP_LINK_T_HANDSHAKE, h->config.handshake_ms, OSMO_TDEF_MS);
}

static void enter(struct exchange_hlr *h, enum hlr_state state)
{
	h->state_since_ms = exchange_now_ms();
	exchange_fsm_enter(h->fi, state, timeouts, h->tdefs);
}

static bool is_routable(uint32_t state)
{
	return state == HLR_ROUTABLE || state == HLR_CHECKING;
}

/* Closes what is open; terminals learn of it by their own timers. */
static void link_drop(struct exchange_hlr *h, const char *why)
{
	if (!h->link)
		return;
	LOGP(DGSUP, is_routable(h->fi->state) || h->pause_ms == 0 ? LOGL_NOTICE : LOGL_INFO,
	     "%s: %s down: %s\n", h->label, h->config.address, why);
	gsup_link_close(h->link);
	h->link = NULL;
	exchange_sessions_abort(h->sessions, why);
	sms_gsup_link_abort(h->sms);
}

static void pause_then_dial(struct exchange_hlr *h, const char *why)
{
	link_drop(h, why);
	/* The last session went with the link, and that was all that a drain waited for. */
	if (h->fi->state == HLR_RELEASED)
		return;
	osmo_tdef_set(h->tdefs, T_PAUSE,
		      exchange_backoff_ms(&h->pause_ms, PAUSE_FIRST_MS, PAUSE_LAST_MS),
		      OSMO_TDEF_MS);
	enter(h, HLR_PAUSED);
}

static void dialling_enter(struct osmo_fsm_inst *fi, uint32_t old_state)
{
	struct exchange_hlr *h = fi->priv;
	const char *local = h->config.local_address[0] ? h->config.local_address : NULL;
	int error;

	h->link = gsup_link_dial(h, h->config.address, local, h->ipa_name, h->tdefs, h->metrics,
				 &exchange_hlr_link_handler, h, &error);
	if (h->link)
		return;
	LOGP(DGSUP, LOGL_ERROR, "%s: %s cannot be dialled: %s\n", h->label, h->config.address,
	     strerror(-error));
	pause_then_dial(h, "cannot be dialled");
}

static void st_standby(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	if (event == HLR_EV_LEASE_HELD)
		enter(fi->priv, HLR_DIALLING);
}

static void st_dialling(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	if (event == HLR_EV_LINK_UP)
		enter(fi->priv, HLR_PROBING);
}

static void probing_enter(struct osmo_fsm_inst *fi, uint32_t old_state)
{
	exchange_hlr_probe(fi->priv);
}

static void st_probing(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct exchange_hlr *h = fi->priv;

	if (event == HLR_EV_PROBE_LOST) {
		exchange_count(h->metrics, GSUP_CTR_PROBE_LOST);
		pause_then_dial(h, "the HLR does not route to this link");
		return;
	}
	if (fi->state == HLR_PROBING)
		LOGP(DGSUP, LOGL_NOTICE, "%s: %s routes %s to us\n", h->label, h->config.address,
		     h->ipa_name);
	h->pause_ms = 0;
	enter(h, HLR_ROUTABLE);
}

static void allstate(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct exchange_hlr *h = fi->priv;

	if (fi->state == HLR_RELEASED)
		return;
	switch (event) {
	case HLR_EV_LINK_DOWN:
		pause_then_dial(h, data);
		break;
	case HLR_EV_LEASE_LOST:
		link_drop(h, "the lease of the name is not ours any more");
		h->pause_ms = 0;
		if (fi->state != HLR_RELEASED)
			enter(h, HLR_STANDBY);
		break;
	case HLR_EV_DRAINED:
		link_drop(h, "drained");
		euse_lease_stop(h->lease, true);
		enter(h, HLR_RELEASED);
		break;
	}
}

static int timed_out(struct osmo_fsm_inst *fi)
{
	struct exchange_hlr *h = fi->priv;

	switch (fi->state) {
	case HLR_PROBING:
	case HLR_CHECKING:
		exchange_count(h->metrics, GSUP_CTR_PROBE_LOST);
		pause_then_dial(h, "the HLR does not route to this link");
		break;
	case HLR_ROUTABLE:
		enter(h, HLR_CHECKING);
		break;
	case HLR_PAUSED:
		enter(h, HLR_DIALLING);
		break;
	}
	return 0;
}

#define S(x) (1u << (x))
#define OUT_ALWAYS (S(HLR_STANDBY) | S(HLR_PAUSED) | S(HLR_RELEASED))

static const struct osmo_fsm_state states[] = {
	[HLR_STANDBY] = { .name = "STANDBY",
			  .in_event_mask = S(HLR_EV_LEASE_HELD),
			  .out_state_mask = OUT_ALWAYS | S(HLR_DIALLING),
			  .action = st_standby },
	[HLR_DIALLING] = { .name = "DIALLING",
			   .in_event_mask = S(HLR_EV_LINK_UP),
			   .out_state_mask = OUT_ALWAYS | S(HLR_PROBING),
			   .onenter = dialling_enter,
			   .action = st_dialling },
	[HLR_PROBING] = { .name = "PROBING",
			  .in_event_mask = S(HLR_EV_PROBE_BACK) | S(HLR_EV_PROBE_LOST),
			  .out_state_mask = OUT_ALWAYS | S(HLR_ROUTABLE),
			  .onenter = probing_enter,
			  .action = st_probing },
	[HLR_ROUTABLE] = { .name = "ROUTABLE",
			   .in_event_mask = S(HLR_EV_PROBE_BACK) | S(HLR_EV_PROBE_LOST),
			   .out_state_mask = OUT_ALWAYS | S(HLR_CHECKING) | S(HLR_ROUTABLE),
			   .action = st_probing },
	[HLR_CHECKING] = { .name = "CHECKING",
			   .in_event_mask = S(HLR_EV_PROBE_BACK) | S(HLR_EV_PROBE_LOST),
			   .out_state_mask = OUT_ALWAYS | S(HLR_ROUTABLE),
			   .onenter = probing_enter,
			   .action = st_probing },
	[HLR_PAUSED] = { .name = "PAUSED", .out_state_mask = OUT_ALWAYS | S(HLR_DIALLING) },
	[HLR_RELEASED] = { .name = "RELEASED" },
};

struct osmo_fsm exchange_hlr_fsm = {
	.name = "exchange_hlr",
	.states = states,
	.num_states = ARRAY_SIZE(states),
	.allstate_event_mask = S(HLR_EV_LINK_DOWN) | S(HLR_EV_LEASE_LOST) | S(HLR_EV_DRAINED),
	.allstate_action = allstate,
	.timer_cb = timed_out,
	.event_names = event_names,
	.log_subsys = DGSUP,
};

static __attribute__((constructor)) void exchange_hlr_fsm_register(void)
{
	OSMO_ASSERT(osmo_fsm_register(&exchange_hlr_fsm) == 0);
}
