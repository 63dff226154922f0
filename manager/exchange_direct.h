/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * GSUP server for direct peers: an MSC/VLR or a USSD centre that speaks GSUP
 * to us without an HLR between.
 *
 *   peer                          manager
 *     | ------- TCP -------------> |  is its address that of a configured peer?
 *     | <---------------- ID_GET   |
 *     | ID_RESP (name), ID_ACK --> |  is this peer's address configured for this name?
 *     | <---------------- ID_ACK   |
 *     | <------- USSD -----------> |
 *
 * GSUP has neither encryption nor authentication, and whoever speaks it speaks
 * for any subscriber (of the peer's IMSI prefixes, where it has some): an address
 * that is neither loopback nor private is not listened on without allow-insecure.
 *
 * One peer may have several links (an MSC in several processes, testers with
 * the same settings): a session belongs to the link that it came by, so they do
 * each other no harm.  Past DIRECT_LINKS_PER_PEER the one that was silent
 * longest makes room, since it is likely to be the half-open rest of a peer
 * that lost its power.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ipa_frame.h"
#include "manager/sms.h"

#define DIRECT_PEERS_MAX 64
#define DIRECT_BINDS_MAX 8
#define DIRECT_LINKS_PER_PEER 8
#define DIRECT_NAMELESS_MAX 64 /* connections in their handshake */
#define DIRECT_ADDRESS_SIZE 64
#define DIRECT_PREFIXES_MAX 8
#define DIRECT_PREFIX_SIZE 16 /* up to a whole IMSI */

struct dialogues;
struct exchange_direct;
struct sms_gsup;

struct direct_peer_config {
	char name[IPA_NAME_SIZE];
	char ip[DIRECT_ADDRESS_SIZE]; /* in the form of inet_ntop() */
	bool trust_msisdn;
	/* For whom it may speak: IMSIs that begin with one of these; none: for all. */
	size_t n_prefixes;
	char prefixes[DIRECT_PREFIXES_MAX][DIRECT_PREFIX_SIZE];
};

struct exchange_direct_config {
	size_t n_binds, n_peers;
	char binds[DIRECT_BINDS_MAX][DIRECT_ADDRESS_SIZE]; /* with port */
	struct direct_peer_config peers[DIRECT_PEERS_MAX];
	bool allow_insecure;
	size_t max_sessions; /* of one link */
	char sms_source[SMS_SHORT_CODE_SIZE]; /* empty: no SMS with direct peers */
};

struct exchange_direct_status {
	const char *peer; /* "direct:msc-1" */
	const char *address;
	bool up;
	int64_t up_ms; /* for how long */
	size_t sessions;
};

void exchange_direct_config_default(struct exchange_direct_config *config);

struct exchange_direct *exchange_direct_new(void *ctx, struct dialogues *dialogues);

/* Texts go and come by g from now on, which lives as long; before any link is there. */
void exchange_direct_set_sms(struct exchange_direct *d, struct sms_gsup *g);

/* -EPERM (logged): an address is public, and allow-insecure is not said. */
int exchange_direct_check(const struct exchange_direct_config *config)
	__attribute__((warn_unused_result));
/* Makes listeners and peers as config has them; what did not change stays as it is.  Negative
 * errno where an address cannot be listened on (logged); -EPERM: it is public.  What could be
 * done is done all the same. */
int exchange_direct_apply(struct exchange_direct *d, const struct exchange_direct_config *config)
	__attribute__((warn_unused_result));

/* Is an address listened on? */
bool exchange_direct_is_open(const struct exchange_direct *d);
/* The nth address listened on, with the port that was given for port 0; NULL: there is none. */
const char *exchange_direct_address(const struct exchange_direct *d, size_t n);
size_t exchange_direct_sessions(const struct exchange_direct *d);
/* Calls show for every link. */
void exchange_direct_for_each(const struct exchange_direct *d,
			      void (*show)(void *data, const struct exchange_direct_status *status),
			      void *data);
/* Listens no more; links stay. */
void exchange_direct_drain(struct exchange_direct *d);
void exchange_direct_free(struct exchange_direct *d);
