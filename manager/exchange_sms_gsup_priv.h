/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of exchange_sms_gsup share.
 *
 *   exchange_sms_gsup.c     links, and over which a subscriber was heard
 *   exchange_sms_gsup_mo.c  from terminals
 *   exchange_sms_gsup_mt.c  to terminals
 */
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "lib/ipa_frame.h"
#include "lib/lru.h"
#include "lib/sms_join.h"
#include "manager/exchange_metrics.h"
#include "manager/exchange_sms_gsup.h"

#define SMS_GSUP_BUCKETS 256 /* a power of 2 */

/* Over which link a subscriber was heard last; key: IMSI. */
struct sms_gsup_heard {
	struct lru_entry lru;
	size_t slot; /* of the link, and which of those that were in it */
	uint64_t serial;
	char peer_name[IPA_NAME_SIZE]; /* by which it is addressed; empty: by none */
};

struct sms_gsup {
	struct sms_route *route;
	struct sms_link *route_link;
	struct sms_gsup_link *links[SMS_GSUP_LINKS_MAX];
	size_t n_links, n_in_use; /* in_use: those with SMS */
	uint64_t last_serial;
	struct lru *heard;
	struct sms_join *join;
	/* to terminals */
	struct hlist_head texts[SMS_GSUP_BUCKETS]; /* by IMSI */
	size_t n_texts;
	uint64_t run_id, last_id; /* of messages, for their receipts */
	uint8_t last_reference, last_concat;
	struct llist_head receipts; /* that are to be told */
	/* from terminals */
	size_t n_pending;
	struct llist_head orphans; /* whose link is gone, without a verdict */
};

struct sms_gsup_link {
	struct sms_gsup *gsup;
	struct sms_gsup_link_config config;
	struct sms_gsup_settings settings;
	size_t slot;
	uint64_t serial;
	struct llist_head texts; /* sent over it, without an answer */
	struct llist_head pending; /* from it, without a verdict */
};

/* Where the subscriber is reached; NULL: nowhere. */
struct sms_gsup_link *sms_gsup_find(struct sms_gsup *g, const char *imsi,
				    char peer_name[IPA_NAME_SIZE]);
void sms_gsup_forget(struct sms_gsup *g, const char *imsi);
/* An answer to msg, or a request of ours (to: NULL) for this subscriber at this peer. */
void sms_gsup_answer_to(const struct sms_gsup_link *l, struct gsup_msg *answer,
			const struct gsup_msg *to);

/* --- exchange_sms_gsup_mo.c */
void sms_gsup_mo_take(struct sms_gsup_link *l, const struct gsup_msg *msg);
/* Verdicts on what came over it are for nobody any more. */
void sms_gsup_mo_abort(struct sms_gsup_link *l);
void sms_gsup_mo_free(struct sms_gsup *g);

/* --- exchange_sms_gsup_mt.c */
extern const struct sms_link_ops sms_gsup_link_ops;
void sms_gsup_mt_init(struct sms_gsup *g);
/* RESULT, ERROR, or a routing error about one of ours. */
void sms_gsup_mt_answered(struct sms_gsup_link *l, const struct gsup_msg *msg);
void sms_gsup_mt_abort(struct sms_gsup_link *l);
void sms_gsup_mt_free(struct sms_gsup *g);
