/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of exchanges share.
 *
 *   exchanges.c      the links that there are, made as configured
 *   exchange_vty.h   the configuration, and what can be seen
 *
 * There are two configurations: the one in force, which commands typed at a
 * terminal change, and the one that a file being read makes from nothing.  The
 * second takes the place of the first when the file was read to its end
 * (exchanges_start, exchanges_reload); after an error in the file it is dropped
 * in the next turn of the loop.  exchanges_apply() makes the links follow.
 */
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "manager/exchange_direct.h"
#include "manager/exchange_hlr.h"
#include "manager/exchange_sms_gsup.h"
#include "manager/exchanges.h"

#define EXCHANGE_HLRS_MAX 16
#define EXCHANGE_HLR_NAME_SIZE 33

struct hlr_slot {
	bool used;
	char name[EXCHANGE_HLR_NAME_SIZE];
	struct exchange_hlr_config config;
};

struct exchanges_config {
	struct hlr_slot hlrs[EXCHANGE_HLRS_MAX];
	struct exchange_direct_config direct;
};

struct hlr_link {
	struct llist_head entry;
	char name[EXCHANGE_HLR_NAME_SIZE];
	char *label; /* "hlr:carrier" */
	struct exchange_hlr *hlr;
};

struct exchanges {
	struct dialogues *dialogues;
	struct ledger *ledger;
	struct exchanges_config config; /* in force */
	struct exchanges_config reading;
	bool is_reading;
	struct osmo_timer_list reading_timer;
	struct llist_head links;
	struct exchange_direct *direct;
	struct sms_gsup *sms; /* NULL: no SMS */
	bool started, draining;
	struct osmo_timer_list apply_timer;
};

/* The configuration that a command is about. */
struct exchanges_config *exchanges_config_for(struct exchanges *x, bool from_file);
/* NULL where there is none. */
struct hlr_slot *exchanges_hlr_find(struct exchanges_config *c, const char *name);
/* NULL where there are EXCHANGE_HLRS_MAX. */
struct hlr_slot *exchanges_hlr_add(struct exchanges_config *c, const char *name);
/* Soon after what was typed: all that is typed at once is applied at once. */
void exchanges_apply_soon(struct exchanges *x);
/* The link of this name; NULL: it is not started. */
struct hlr_link *exchanges_link_find(struct exchanges *x, const char *name);
