/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The manager as External USSD Entity (EUSE) of one OsmoHLR: GSUP client of
 * the name EUSE-<name>, as long as it holds the lease of that name.
 *
 *   lease            manager                          OsmoHLR
 *     | held ------->  |  connect, IPA handshake ------> |
 *     |                |  to EUSE-x, from EUSE-x ------> |  probe
 *     |                | <-- the same, if it routes us   |  routable: terminals reach us
 *     |                | <------------- USSD ----------> |
 *     |                |  probe, every 10 s -----------> |
 *     | lost ------->  |  closes the link                |
 *
 * Why the probe: of two links of one name OsmoHLR 1.5.0 never routes to the
 * second, not even when the first is gone.  A link that does not get its probe
 * back is closed and made again, with pauses of 0.5 to 1.5 s, until it does.
 *
 * Draining: sessions that are open go on; with the last one the link is closed
 * and the lease given back, in this order, since a standby's link is of no use
 * before ours is gone.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ipa_frame.h"
#include "manager/exchange_session.h"
#include "manager/msisdn_lookup.h"
#include "manager/sms.h"

#define EXCHANGE_ADDRESS_SIZE 64
#define EUSE_NAME_SIZE (IPA_NAME_SIZE - 5) /* behind "EUSE-" */

struct dialogues;
struct exchange_hlr;
struct ledger;
struct sms_gsup;

struct exchange_hlr_config {
	char address[EXCHANGE_ADDRESS_SIZE]; /* of its GSUP server, with port */
	char local_address[EXCHANGE_ADDRESS_SIZE]; /* empty: the kernel's choice */
	char euse_name[EUSE_NAME_SIZE];
	uint32_t handshake_ms;
	uint32_t probe_interval_ms;
	uint32_t probe_timeout_ms;
	uint32_t lease_ttl_ms;
	size_t max_sessions;
	struct msisdn_lookup_config msisdn; /* address empty: numbers are not looked up */
	char sms_source[SMS_SHORT_CODE_SIZE]; /* empty: no SMS through this HLR */
};

struct exchange_hlr_status {
	const char *state; /* static */
	const char *lease; /* resource */
	bool routable;
	bool lease_held;
	int64_t lease_left_ms;
	int64_t state_ms; /* for how long */
	size_t sessions;
	bool msisdn_up;
	size_t msisdn_cached;
};

/* Defaults; address and euse_name stay empty. */
void exchange_hlr_config_default(struct exchange_hlr_config *config);

/* label: "hlr:carrier".  config is copied and is usable (address, euse_name are there).  sms lives
 * as long; NULL: no SMS. */
struct exchange_hlr *exchange_hlr_new(void *ctx, const char *label,
				      const struct exchange_hlr_config *config,
				      struct dialogues *dialogues, struct ledger *ledger,
				      struct sms_gsup *sms);

/* Takes over what does not concern the link.  false: the link or the lease would have to be
 * another; nothing was changed, make a new one. */
bool exchange_hlr_change(struct exchange_hlr *h, const struct exchange_hlr_config *config);

void exchange_hlr_status(const struct exchange_hlr *h, struct exchange_hlr_status *status);
void exchange_hlr_drain(struct exchange_hlr *h);
/* Aborts what is open.  give_back: of the lease; not where another link here holds it too. */
void exchange_hlr_free(struct exchange_hlr *h, bool give_back);
