/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What the files of the exchange share: exchange.c (lines, time-outs), exchange_ussd.c (dialogues),
 * exchange_location.c (location update) and exchange_sms.c (short messages). */
#include <osmocom/core/hashtable.h>
#include <osmocom/core/timer.h>

#include "handset-sim/exchange.h"
#include "handset-sim/exchange_link.h"
#include "lib/sms_join.h"

#define EXCHANGE_HASH_BITS 17
#define EXCHANGE_WHY_SIZE 256

struct exchange {
	struct exchange_config config;
	const struct exchange_handler *handler;
	void *data;
	struct exchange_link *link;
	char why[EXCHANGE_WHY_SIZE]; /* it is not up */
	uint32_t next_session_id;
	struct llist_head waiting; /* lines, earliest deadline first */
	struct osmo_timer_list timer;
	struct sms_join *join;
	uint8_t last_sm_reference;
	DECLARE_HASHTABLE(lines, EXCHANGE_HASH_BITS);
};

/* (Re)starts or stops waiting for the network. */
void line_wait(struct line *line, enum line_state state);
void line_rest(struct line *line, enum line_state state);

/* exchange_ussd.c */
void ussd_received(struct line *line, const struct gsup_msg *msg);

/* exchange_location.c: is it a message of location management?  Then it was dealt with. */
bool location_received(struct line *line, const struct gsup_msg *msg);

/* exchange_sms.c */
void sms_init(struct exchange *x);
/* Is it a message of SMS?  Then it was dealt with. */
bool sms_received(struct line *line, const struct gsup_msg *msg);
void sms_link_down(struct line *line);
