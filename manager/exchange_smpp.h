/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The manager as ESME of one SMSC (SMPP 3.4): one bind as transceiver, or two, of
 * which one transmits and one receives.
 *
 *   route          smsc (here)                           SMSC
 *     |              | connect, bind_transceiver --------> |
 *     | send() ----> | submit_sm, one a part ------------> |  up to window at a time
 *     | <--- sent()  | <------------ submit_sm_resp, id    |
 *     | <- receive() | <---------------- deliver_sm, text  |  parts are joined
 *     | done() ----> | deliver_sm_resp -----------------> |  when it is durable
 *     | <- receipt() | <------------- deliver_sm, receipt  |
 *     |              | unbind --------------------------> |  draining
 *
 * ESME_RTHROTTLED and ESME_RMSGQFUL pause the transmitter, twice as long each
 * time, and the part goes out again under a new sequence number.  The rate limit
 * counts parts.
 *
 * Texts that come without a user_message_reference look the same when they are
 * delivered again and when their author repeats them.  Once the SMSC has answered
 * an enquire_link behind our deliver_sm_resp it has read that, and the same words
 * are another text (sms_settled.h); this is asked once a second at most, and only
 * while there are such texts.
 *
 * A link that comes down is made again with pauses of 0.5 to 10 s; what had no
 * answer then is UNKNOWN.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/number.h"
#include "lib/smpp_peer.h"
#include "lib/smpp_receipt.h"
#include "manager/sms_route.h"

#define SMSC_ADDRESS_SIZE 64
#define SMSC_FILE_SIZE 256
#define SMSC_CN_SIZE 65
#define SMSC_HOST_SIZE 254
#define SMSC_SPACE_SIZE 33
#define SMSC_WINDOW_MAX 500

struct exchange_smpp;
struct stream_tls;

enum smsc_mode { SMSC_TRANSCEIVER, SMSC_SEPARATE };
/* A text that is too long for one: in parts behind user data headers; in parts with the TLVs
 * sar_*, of which the SMSC makes them (SMPP 3.4 sections 5.3.2.22 to 24); whole, as
 * message_payload. */
enum smsc_long { SMSC_LONG_PARTS, SMSC_LONG_SAR, SMSC_LONG_PAYLOAD };

/* All of it is compared as octets. */
struct exchange_smpp_config {
	char address[SMSC_ADDRESS_SIZE]; /* with port */
	char local_address[SMSC_ADDRESS_SIZE];
	char system_id[SMPP_SYSTEM_ID_SIZE];
	char system_type[SMPP_SYSTEM_TYPE_SIZE];
	char password_file[SMSC_FILE_SIZE]; /* empty: none */
	char address_range[SMPP_ADDRESS_RANGE_SIZE];
	char source[SMPP_ADDRESS_SIZE]; /* what texts come from: our short code or number */
	uint8_t source_ton, source_npi;
	enum smsc_mode mode;
	enum smpp_id_form id_form;
	char id_space[SMSC_SPACE_SIZE]; /* binds with the same one share message ids; empty: alone
					 */
	bool trusted_origin;
	enum smsc_long long_texts;
	unsigned int priority; /* lower is taken first */
	unsigned int window; /* parts without an answer */
	unsigned int rate_per_s; /* parts; 0: no limit */
	unsigned int throttle_ms; /* first pause after "throttled" */
	struct smpp_peer_times times;
	/* TLS where any of these is given; then the first is needed, and one of the two names.  The
	 * bind, with its password, goes to nobody who is not verified. */
	char tls_ca_file[SMSC_FILE_SIZE]; /* who signed the SMSC's certificate, or that itself */
	char tls_peer_name[SMSC_HOST_SIZE]; /* a DNS name or IP address in it */
	char tls_peer_cn[SMSC_CN_SIZE]; /* its subject's common name */
	char tls_certificate_file[SMSC_FILE_SIZE], tls_key_file[SMSC_FILE_SIZE]; /* our own */
	bool tls_1_2; /* taken too */
	bool allow_plaintext; /* without TLS to an address that is not private */
};

struct exchange_smpp_status {
	const char *kind[2]; /* static: "transceiver", or "transmitter" and "receiver" */
	const char *state[2]; /* static; the second is NULL for a transceiver */
	int64_t state_ms[2]; /* for how long */
	size_t texts; /* under way */
	size_t outstanding; /* parts without an answer */
	size_t deliveries; /* texts and receipts that wait to be durable */
	bool paused;
	bool tls;
	uint64_t n_sent,
		n_received; /* parts that the SMSC took, texts that we took, since it was made */
	const char *why; /* the last one down; lives until the next turn */
	int64_t why_ms; /* for how long it is over */
};

/* Defaults; address and system_id stay empty. */
void exchange_smpp_config_default(struct exchange_smpp_config *config);

/* label: "smpp:smsc-1".  config is copied and usable; plan: numbers of subscribers as SMSCs write
 * them, it must live as long.  NULL (logged): a file cannot be used. */
struct exchange_smpp *exchange_smpp_new(void *ctx, const char *label,
					const struct exchange_smpp_config *config,
					const struct number_plan *plan, struct sms_route *route)
	__attribute__((warn_unused_result));
/* -EINVAL (logged under label): it cannot be used. */
int exchange_smpp_config_check(const char *label, const struct exchange_smpp_config *config)
	__attribute__((warn_unused_result));
/* Is it made with this configuration?  Files may have other contents all the same. */
bool exchange_smpp_is(const struct exchange_smpp *s, const struct exchange_smpp_config *config);
/* Reads the files again, for the next bind; what is bound stays so.  -EINVAL (logged): one cannot
 * be used, and what was read before stays in use. */
int exchange_smpp_reread(struct exchange_smpp *s) __attribute__((warn_unused_result));
void exchange_smpp_status(const struct exchange_smpp *s, struct exchange_smpp_status *status);
/* Does it receive? */
bool exchange_smpp_is_bound(const struct exchange_smpp *s);
/* Does it transmit? */
bool exchange_smpp_transmits(const struct exchange_smpp *s);
/* Nothing new is taken; answers to what is under way come in, then it unbinds. */
void exchange_smpp_drain(struct exchange_smpp *s);
/* Texts and deliveries under way. */
size_t exchange_smpp_in_flight(const struct exchange_smpp *s);
/* Unbinds as far as a message can still be written; what is under way is UNKNOWN. */
void exchange_smpp_free(struct exchange_smpp *s);
