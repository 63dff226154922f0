/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of the outbox share.
 *
 *   outbox.c           takes, sends, records
 *   outbox_lease.c     whose a text is
 *   outbox_written.c   what is written here is sent at once
 *   outbox_receipts.c  receipts, behind the answers before them
 *   outbox_away.c      phones that texts wait for
 *   outbox_text.c      what a row says
 *   outbox_counters.c  counters and gauges
 *   sms_vty.c          settings, "show outbox"
 */
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/timer.h>

#include "lib/lru.h"
#include "manager/ledger_sms.h"
#include "manager/outbox.h"

/* Of who writes a text: when he dies somebody else sends it soon.  Less than half of what a lease
 * may have left when it is renewed. */
#define OUTBOX_BRIEF_MAX_MS 10000
#define OUTBOX_BRIEF_MS(ob) OSMO_MIN((ob)->settings.lease_s * 500u, OUTBOX_BRIEF_MAX_MS)

enum outbox_ctr {
	OUTBOX_CTR_TAKEN,
	OUTBOX_CTR_WRITTEN,
	OUTBOX_CTR_SENT,
	OUTBOX_CTR_LATER,
	OUTBOX_CTR_DEAD,
	OUTBOX_CTR_UNKNOWN,
	OUTBOX_CTR_RETURNED,
	OUTBOX_CTR_RENEW_FAILED,
	OUTBOX_CTR_RECEIPT_TOLD,
	OUTBOX_CTR_RECEIPT_OTHER,
	OUTBOX_CTR_RECEIPT_LATER,
	OUTBOX_CTR_COUNT,
};

/* A text that is leased to us. */
struct outgoing {
	struct llist_head entry; /* of outgoing */
	struct outbox *outbox;
	uint32_t attempts;
	int64_t leased_until_us; /* where its renewal is answered with yes */
	int64_t ours_until_us; /* surely: nobody else sends it before */
	struct ledger_request *renewing;
	int64_t renewing_since_us;
	bool brief; /* by the lease of who wrote it */
	bool recording; /* its end is known, and to be recorded */
	struct llist_head answer; /* of answers, where turn is not 0 */
	uint64_t turn;
	char imsi[GSUP_IMSI_SIZE];
	struct outbox_result_args result;
	struct osmo_timer_list again; /* record */
};

struct outbox {
	struct ledger *ledger;
	struct sms_route *route;
	struct dialogues *dialogues;
	struct outbox_settings settings;
	bool started, draining;
	struct osmo_timer_list poll, renew;
	bool taking; /* the ledger has been asked */
	size_t asked_for;
	int64_t asked_us;
	bool poked; /* meanwhile */
	size_t n_returned; /* of what was taken last: the link had no room */
	size_t ask_max; /* what links took last time, and more each time that they take it */
	struct lru *away;
	unsigned int idle; /* pauses are so many intervals */
	bool backlog; /* there may be more that is due than was taken */
	struct llist_head outgoing; /* first the brief leases, then by the end of the others */
	size_t n_outgoing, n_recording, n_receipts;
	struct llist_head answers; /* that gave ids, and are not recorded, in the order they came */
	uint64_t last_turn;
	struct llist_head waiting_receipts; /* for them, in the order they came */
	size_t n_reserved; /* places of texts that are being written */
	struct outbox_state_result state;
	int64_t state_us, state_due_us; /* 0: never */
	bool state_asked;
	struct rate_ctr_group *counters;
};

/* Texts that may be taken, beside those that are promised a place. */
size_t outbox_room_left(const struct outbox *ob);
/* place NULL: it was taken. */
void outbox_send(struct outbox *ob, const struct outbox_message *m,
		 const struct outbox_place *place);

/* From since_us, when it was asked for: the lease began later, at the record. */
void outbox_lease_begin(struct outgoing *o, int64_t since_us, uint32_t lease_ms);
void outbox_lease_end(struct outgoing *o);
/* Of sms_out. */
bool outbox_may_go(void *data);
/* Timer: goes on with what ends soon. */
void outbox_renew(void *data);

/* What it waits for is that its phone is heard. */
struct lru *outbox_away_new(struct outbox *ob);
void outbox_await(const struct outgoing *o);
/* The ids of o's parts are known, and then recorded. */
void outbox_answer_known(struct outgoing *o);
void outbox_answer_recorded(struct outgoing *o);

void outbox_counters_init(struct outbox *ob);
void outbox_count(struct outbox *ob, enum outbox_ctr ctr);
