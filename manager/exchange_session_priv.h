/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of exchange_session share.
 *
 *   exchange_session.c     table, life of a session, what goes to the peer
 *   exchange_session_rx.c  what comes from the peer
 */
#include <osmocom/core/linuxlist.h>

#include "lib/ussd_ss.h"
#include "manager/exchange.h"
#include "manager/exchange_metrics.h"
#include "manager/exchange_session.h"
#include "manager/msisdn_lookup.h"

/* Errors of TS 29.002 clause 17.6 (codes: MAP-Errors). */
#define SS_ERROR_FACILITY_NOT_SUPPORTED 21
#define SS_ERROR_SYSTEM_FAILURE 34
#define SS_ERROR_DATA_MISSING 35
#define SS_ERROR_UNKNOWN_ALPHABET 71

enum session_state {
	SESSION_LOOKUP, /* asks the HLR for the number; no dialogue yet */
	SESSION_WORKING, /* the dialogue's turn */
	SESSION_ASKED, /* the terminal's turn */
};

struct exchange_session {
	struct hlist_node bucket;
	struct llist_head entry;
	struct exchange_sessions *table;
	enum session_state state;
	struct msisdn_query *query; /* of SESSION_LOOKUP */
	struct dialogue *dialogue;
	bool over; /* out of the table; memory stays until no call into the dialogue is under way */
	unsigned int calls;
	char imsi[GSUP_IMSI_SIZE];
	uint32_t id;
	uint8_t message_class; /* as last received; OsmoHLR drops answers that do not echo it */
	uint8_t begin_invoke_id, question_invoke_id;
	int64_t begun_ms;
	char *dialled; /* the BEGIN's text */
	/* Where the BEGIN was addressed to us by name: names for the way back. */
	char peer_name[IPA_NAME_SIZE], own_name[IPA_NAME_SIZE];
};

struct exchange_sessions {
	struct exchange_sessions_config config;
	struct hlist_head *buckets;
	size_t n_buckets; /* a power of 2; doubled as the table fills */
	struct llist_head all;
	size_t count;
};

struct exchange_session *session_find(struct exchange_sessions *t, const char *imsi, uint32_t id);
/* In the table, without a dialogue. */
struct exchange_session *session_new(struct exchange_sessions *t, const struct gsup_msg *msg,
				     const struct ussd_ss *ss);
/* Finds the number, then opens the dialogue. */
void session_start(struct exchange_session *s, const char *told_msisdn);
void session_answer(struct exchange_session *s, const char *text);
/* Takes the session out and tells its dialogue. */
void session_abort(struct exchange_session *s, const char *why);
/* Ends the session: the terminal is told error, the dialogue why. */
void session_fail(struct exchange_session *s, uint8_t error, const char *why);
