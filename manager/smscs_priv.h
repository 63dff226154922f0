/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of smscs share.
 *
 *   smscs.c        which there are, made as configured
 *   smscs_check.c  can one be used as it is configured?
 *   smscs_vty.c    the configuration
 *   smscs_show.c   what can be seen: VTY, metrics, a warning
 */
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "manager/exchange_smpp.h"
#include "manager/smscs.h"

struct smsc_slot {
	struct llist_head entry;
	char name[SMSC_NAME_SIZE];
	bool named; /* by the configuration as it is now */
	struct exchange_smpp_config wanted;
	struct exchange_smpp *smpp; /* NULL: not made */
};

struct smscs {
	struct sms_route *route;
	const struct number_plan *plan;
	struct llist_head slots;
	size_t n_named;
	bool running, draining;
	struct osmo_timer_list apply;
};

/* NULL where there is none. */
struct smsc_slot *smscs_find(struct smscs *ss, const char *name);
/* NULL where there are SMSCS_MAX. */
struct smsc_slot *smscs_name(struct smscs *ss, const char *name);
void smscs_remove(struct smscs *ss, struct smsc_slot *slot);
/* --- smscs_check.c */
/* -EINVAL (logged under label): it cannot be used. */
int smscs_check_one(const char *label, const struct exchange_smpp_config *config)
	__attribute__((warn_unused_result));

/* --- smscs_show.c */
/* "show smscs"; and where none is bound /readyz says it. */
void smscs_show_init(struct smscs *ss);
/* Gauges, for as long as it is there. */
void smscs_show_slot(struct smsc_slot *slot);

/* Soon after what was typed: all that is typed at once is applied at once. */
void smscs_apply_soon(struct smscs *ss);
