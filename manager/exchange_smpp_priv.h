/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of exchange_smpp share.
 *
 *   exchange_smpp.c      life, settings, counters
 *   exchange_smpp_fsm.c  one bind: connect, bind, unbind, again
 *   exchange_smpp_tx.c   texts to terminals
 *   exchange_smpp_rx.c   texts and receipts from the SMSC
 *   exchange_smpp_settle.c  has it read that we took a text?
 */
#include <osmocom/core/fsm.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/timer.h>

#include "lib/bucket.h"
#include "manager/exchange_smpp.h"
#include "manager/sms_settled.h"

#define SMSC_PASSWORD_SIZE SMPP_PASSWORD_SIZE
/* An answer that took longer may have come too late for the SMSC (its response_timer, SMPP 3.4
 * section 7.2): it delivers again. */
#define SMSC_PROMPT_MS 3000
/* The same words sooner than this after the answer are the phone's or the network's repetition. */
#define SMSC_SETTLE_MS 5000
#define SMSC_ANSWERS_MAX 8192 /* of a bind, that are not known to have arrived */

enum smsc_ctr {
	SMSC_CTR_BOUND,
	SMSC_CTR_UNBOUND,
	SMSC_CTR_REFUSED,
	SMSC_CTR_SUBMIT,
	SMSC_CTR_SUBMIT_OK,
	SMSC_CTR_SUBMIT_THROTTLED,
	SMSC_CTR_SUBMIT_FAILED,
	SMSC_CTR_SUBMIT_UNKNOWN,
	SMSC_CTR_DELIVER,
	SMSC_CTR_DELIVER_ACCEPTED,
	SMSC_CTR_DELIVER_LATER,
	SMSC_CTR_DELIVER_REFUSED,
	SMSC_CTR_DELIVER_ELSEWHERE,
	SMSC_CTR_DELIVER_PART,
	SMSC_CTR_DELIVER_UNREADABLE,
	SMSC_CTR_DELIVER_OTHER,
	SMSC_CTR_RECEIPT,
	SMSC_CTR_RECEIPT_UNREADABLE,
};

enum bind_state {
	BIND_WAITING, /* until the next attempt */
	BIND_CONNECTING,
	BIND_BINDING, /* bind sent */
	BIND_BOUND,
	BIND_UNBINDING, /* unbind sent, or got: nothing is sent, and what was has its answer yet */
	BIND_ENDED, /* unbound for good */
};

struct smsc_bind {
	struct exchange_smpp *smsc;
	struct osmo_fsm_inst *fi;
	uint32_t command; /* SMPP_BIND_TRANSCEIVER, _TRANSMITTER or _RECEIVER */
	struct smpp_peer *peer;
	unsigned int pause_ms;
	int64_t since_ms; /* in its state */
	struct llist_head deliveries; /* that wait for their verdict, exchange_smpp_rx.c */
	size_t n_deliveries;
	/* exchange_smpp_settle.c */
	struct llist_head answers; /* oldest first */
	size_t n_answers;
	struct osmo_timer_list settle;
	int64_t probed_ms;
};

struct exchange_smpp {
	char *label, *id_space;
	struct exchange_smpp_config config;
	char password[SMSC_PASSWORD_SIZE];
	const struct number_plan *plan;
	struct sms_route *route;
	struct sms_link *link; /* in the route */
	struct stream_tls *tls;
	struct rate_ctr_group *counters;
	size_t n_binds;
	struct smsc_bind binds[2];
	bool draining;
	char *why;
	int64_t why_ms; /* when */

	/* exchange_smpp_tx.c */
	struct llist_head unsent; /* texts with parts to be sent */
	struct llist_head sent; /* all of whose parts wait for an answer */
	size_t n_texts, n_outstanding; /* texts; parts */
	uint8_t last_reference;
	struct bucket rate;
	unsigned int throttle_ms; /* the last pause; 0: not throttled */
	struct osmo_timer_list resume; /* rate or pause */
	bool paused;
};

static inline void smsc_count(struct exchange_smpp *s, enum smsc_ctr ctr)
{
	rate_ctr_inc2(s->counters, ctr);
}

/* --- exchange_smpp_fsm.c */
void smsc_bind_start(struct smsc_bind *b);
/* Unbinds as soon as nothing is under way. */
void smsc_bind_drain(struct smsc_bind *b);
/* Nothing that was sent waits for its answer: who was told to unbind does. */
void smsc_bind_answered(struct smsc_bind *b);
void smsc_bind_stop(struct smsc_bind *b);
bool smsc_bind_is_bound(const struct smsc_bind *b);
const char *smsc_bind_state(const struct smsc_bind *b);

/* --- exchange_smpp_tx.c */
extern const struct sms_link_ops smsc_link_ops;
void smsc_tx_init(struct exchange_smpp *s);
void smsc_tx_bound(struct exchange_smpp *s);
/* Its peer is gone: nobody is answered any more. */
void smsc_tx_unbound(struct exchange_smpp *s);

/* --- exchange_smpp_rx.c */
void smsc_rx_deliver(struct smsc_bind *b, const struct smpp_pdu *pdu);
/* The peer is gone: verdicts that still come have nobody to go to. */
void smsc_rx_unbound(struct smsc_bind *b);

/* --- exchange_smpp_settle.c */
void smsc_settle_init(struct smsc_bind *b);
/* That this text was taken has been written to the peer; the delivery ends when that is known to
 * have arrived, or the peer is gone. */
void smsc_settle_answered(struct smsc_bind *b, const struct sms_delivery *delivery);
/* The peer is gone. */
void smsc_settle_unbound(struct smsc_bind *b);
