/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of exchanges share.
 *
 *   exchanges.c      the links that there are, made as configured
 *   exchange_vty.h   the configuration, and what can be seen
 *
 * Commands change the configuration; exchanges_apply() makes the links follow.
 * What a configuration file does not have any more is known by read_no: each
 * reading stamps what it has, and starts every node it has from the defaults.
 */
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "manager/exchange_direct.h"
#include "manager/exchange_hlr.h"
#include "manager/exchanges.h"

#define EXCHANGE_HLRS_MAX 16
#define EXCHANGE_HLR_NAME_SIZE 33

struct hlr_node {
	struct llist_head entry;
	struct exchanges *x;
	char name[EXCHANGE_HLR_NAME_SIZE];
	char *label; /* "hlr:carrier" */
	unsigned int read_no; /* the reading of the file that had it last; 0: typed */
	struct exchange_hlr_config config;
	struct exchange_hlr *running; /* NULL: not started, or not whole */
};

struct exchanges {
	struct dialogues *dialogues;
	struct ledger *ledger;
	unsigned int read_no; /* of the reading that is under way or comes next; from 1 */
	struct llist_head hlrs;
	size_t n_hlrs;
	unsigned int direct_read_no;
	struct exchange_direct_config direct_config;
	struct exchange_direct *direct;
	bool started, draining;
	struct osmo_timer_list apply_timer;
};

struct hlr_node *exchanges_hlr_find(struct exchanges *x, const char *name);
/* NULL where there are EXCHANGE_HLRS_MAX. */
struct hlr_node *exchanges_hlr_add(struct exchanges *x, const char *name);
void exchanges_hlr_remove(struct hlr_node *n);
/* Soon after what was typed: all that is typed at once is applied at once. */
void exchanges_apply_soon(struct exchanges *x);
