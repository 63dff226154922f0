/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of exchange_direct share.
 *
 *   exchange_direct.c       listeners and peers, as configured
 *   exchange_direct_link.c  one connection from its accept to its end
 */
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/tdef.h>

#include "manager/exchange_direct.h"
#include "manager/exchange_gsup_link.h"
#include "manager/exchange_metrics.h"
#include "manager/exchange_session.h"
#include "manager/exchange_sms_gsup.h"

struct stream;

struct direct_peer {
	struct llist_head entry;
	struct direct_peer_config config;
	char *label; /* "direct:msc-1" */
	struct exchange_metrics *metrics;
	struct llist_head links;
	size_t n_links;
};

struct direct_link {
	struct llist_head entry; /* in the peer's list, or in that of the nameless */
	struct exchange_direct *direct;
	struct direct_peer *peer; /* NULL: not named yet */
	char ip[DIRECT_ADDRESS_SIZE];
	struct gsup_link *link;
	struct exchange_sessions *sessions; /* from the name on */
	struct sms_gsup_link *sms; /* from the name on; or NULL: no SMS */
	bool up;
	int64_t up_since_ms, heard_ms;
};

struct exchange_direct {
	struct dialogues *dialogues;
	struct exchange_metrics *metrics; /* of what is not a peer's yet */
	struct llist_head listeners;
	struct llist_head peers;
	size_t max_sessions;
	struct sms_gsup *sms; /* NULL: no SMS */
	char sms_source[SMS_SHORT_CODE_SIZE];
	struct llist_head nameless;
	size_t n_nameless;
};

/* Of a listener: takes or closes the connection. */
void direct_link_accept(void *data, struct stream *s);
void direct_link_close(struct direct_link *l, const char *why);
/* SMS of this link as the configuration has it now. */
void direct_link_set_sms(struct direct_link *l);
