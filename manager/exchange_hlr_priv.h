/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of exchange_hlr share.
 *
 *   exchange_hlr.c      life, probe, what comes over the link
 *   exchange_hlr_fsm.c  when there is a link, and whether it is any use
 */
#include <osmocom/core/fsm.h>
#include <osmocom/core/tdef.h>

#include "manager/euse_lease.h"
#include "manager/exchange_gsup_link.h"
#include "manager/exchange_hlr.h"
#include "manager/exchange_sms_gsup.h"

enum hlr_state {
	HLR_STANDBY, /* the lease is not ours */
	HLR_DIALLING, /* connecting, IPA handshake */
	HLR_PROBING, /* the link is up; are we routed to? */
	HLR_ROUTABLE, /* terminals reach us */
	HLR_CHECKING, /* routable a while ago; probe sent again */
	HLR_PAUSED, /* the link failed; dials again soon.  The one error exit */
	HLR_RELEASED, /* drained; link closed, lease given back */
};

enum hlr_event {
	HLR_EV_LEASE_HELD,
	HLR_EV_LEASE_LOST,
	HLR_EV_LINK_UP,
	HLR_EV_LINK_DOWN, /* data: why */
	HLR_EV_PROBE_BACK,
	HLR_EV_PROBE_LOST,
	HLR_EV_DRAINED,
};

struct exchange_hlr {
	struct osmo_fsm_inst *fi;
	struct exchange_hlr_config config;
	struct osmo_tdef tdefs[6]; /* X1 to X5, and the end */
	char *label, *ipa_name;
	struct exchange_metrics *metrics;
	struct exchange_sessions *sessions;
	struct sms_gsup_link *sms; /* NULL: none */
	struct msisdn_lookup *lookup; /* NULL: numbers are not looked up */
	struct euse_lease *lease;
	struct gsup_link *link; /* NULL: none */
	uint32_t probe_id;
	unsigned int pause_ms; /* of exchange_backoff_ms() */
	bool draining;
	int64_t state_since_ms;
};

extern struct osmo_fsm exchange_hlr_fsm;
extern const struct gsup_link_handler exchange_hlr_link_handler;

/* Puts the times of the configuration into tdefs. */
void exchange_hlr_set_timers(struct exchange_hlr *h);
/* Sends a message to our own name. */
void exchange_hlr_probe(struct exchange_hlr *h);
