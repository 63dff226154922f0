/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of the simulated SMSC share.
 *
 *   smsc.c          listener, binds
 *   smsc_submit.c   from the ESME to phones, and receipts
 *   smsc_deliver.c  from phones to the ESME
 */
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "handset-sim/smsc.h"
#include "lib/bucket.h"
#include "lib/smpp_peer.h"
#include "lib/sms_join.h"

#define SMSC_WINDOW 50 /* deliver_sm of one bind without an answer */

struct smsc_bind {
	struct llist_head entry;
	struct smsc *smsc;
	struct smpp_peer *peer;
	uint32_t command; /* by which it bound; 0: not yet */
	bool unbinding;
};

struct smsc {
	struct smsc_config config;
	const struct smsc_handler *handler;
	void *data;
	struct stream_listener *listener;
	struct llist_head binds;
	size_t n_binds;
	struct sms_join *join;
	uint32_t last_id; /* of messages from ESMEs */
	uint32_t n_submits;
	struct bucket throttle;
	struct llist_head delayed; /* answers and receipts that wait for their time */
	size_t n_delayed;
	struct llist_head texts; /* of phones, oldest first */
	size_t n_texts;
	uint8_t last_reference;
	uint16_t last_user_reference; /* by which a text again is told from one delivered again */
	struct osmo_timer_list retry;
};

static inline bool smsc_bind_receives(const struct smsc_bind *b)
{
	return b->command == SMPP_BIND_RECEIVER || b->command == SMPP_BIND_TRANSCEIVER;
}

static inline bool smsc_bind_transmits(const struct smsc_bind *b)
{
	return b->command == SMPP_BIND_TRANSMITTER || b->command == SMPP_BIND_TRANSCEIVER;
}

/* Takes turns among those that receive; NULL: none does, or all windows are full. */
struct smsc_bind *smsc_receiver(struct smsc *s);
void smsc_bind_drop(struct smsc_bind *b);

/* --- smsc_submit.c */
void smsc_submit(struct smsc_bind *b, const struct smpp_pdu *pdu);
/* Forgets answers for this bind. */
void smsc_submit_unbound(struct smsc_bind *b);
void smsc_submit_close(struct smsc *s);

/* --- smsc_deliver.c */
void smsc_deliver_init(struct smsc *s);
/* Sends what can be sent. */
void smsc_deliver_pump(struct smsc *s);
/* Its answers will not come: what it owes is delivered again. */
void smsc_deliver_unbound(struct smsc_bind *b);
void smsc_deliver_close(struct smsc *s);
