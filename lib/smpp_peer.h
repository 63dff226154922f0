/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * One SMPP connection on the select loop, of either side: PDUs from octets,
 * sequence numbers, the window of requests that wait for their response, signs
 * of life.
 *
 *   owner                         peer (here)                    other side
 *     | smpp_peer_request(pdu) ---> | submit_sm, sequence n -------> |
 *     | <--------- answered(pdu)    | <------- submit_sm_resp, n     |
 *     | <---------- request(pdu)    | <------------- deliver_sm, m   |
 *     | smpp_peer_respond(m) -----> | deliver_sm_resp, m ----------> |
 *     |                             | enquire_link <---------------> |  both ways, answered here
 *
 * Ownership: a talloc child of its ctx, which the owner closes, in down() or at
 * any other time, from inside any callback; nothing is called afterwards.
 *
 * Callbacks come from the loop, never from inside a function of this header.
 * Each request is answered once; with NULL where the connection went down
 * before, and then nobody knows whether the other side took it.  Who closes the
 * peer himself is told nothing more.
 *
 * Bounds: SMPP_WINDOW_MAX requests of ours wait for a response; as many of the
 * other side's wait for ours (one more is answered ESME_RTHROTTLED).  A response
 * that does not come in time brings the connection down, because what the other
 * side did cannot be known then.  What is no PDU is answered with generic_nack.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/smpp_pdu.h"

#define SMPP_WINDOW_MAX 1024
#define SMPP_PEER_OUT_MAX (4 * 1024 * 1024)

struct smpp_peer;
struct stream;
struct stream_limits;
struct stream_tls;

struct smpp_peer_times {
	uint32_t connect_ms; /* TCP and TLS */
	uint32_t enquire_ms; /* of silence, until enquire_link */
	uint32_t response_ms; /* for any response */
};

struct smpp_peer_handler {
	/* Connected; not called for one that was taken. */
	void (*up)(void *data, struct smpp_peer *p);
	/* A request of the other side: binds, unbind, submit_sm, deliver_sm.  It lives for the
	 * duration of the call; its response may follow at any time. */
	void (*request)(void *data, struct smpp_peer *p, const struct smpp_pdu *pdu);
	/* Once. */
	void (*down)(void *data, struct smpp_peer *p, const char *why);
};

typedef void (*smpp_answer_cb)(void *data, const struct smpp_pdu *response);

/* For the stream of a listener. */
extern const struct stream_limits smpp_peer_limits;
extern const struct smpp_peer_times smpp_peer_times_default;

/* address, local: as of stream_connect(); tls: NULL for none.  NULL with *error set where the
 * address is none. */
struct smpp_peer *smpp_peer_dial(void *ctx, const char *address, const char *local,
				 struct stream_tls *tls, const struct smpp_peer_times *times,
				 const struct smpp_peer_handler *handler, void *data, int *error)
	__attribute__((warn_unused_result));
/* Of a listener; the stream is the peer's from now on. */
struct smpp_peer *smpp_peer_take(void *ctx, struct stream *s, const struct smpp_peer_times *times,
				 const struct smpp_peer_handler *handler, void *data);

/* Sends a request under the next sequence number; pdu->sequence is set.  -ENOTCONN; -EBUSY: the
 * window is full; -ENOBUFS: the other side does not read (down() follows); -EINVAL, -EMSGSIZE: the
 * PDU cannot be encoded. */
int smpp_peer_request(struct smpp_peer *p, struct smpp_pdu *pdu, smpp_answer_cb answered,
		      void *data) __attribute__((warn_unused_result));
/* The response to a request; once for each.  Where the peer is gone nothing happens. */
void smpp_peer_respond(struct smpp_peer *p, const struct smpp_pdu *response);
/* The same, of a status alone. */
void smpp_peer_respond_status(struct smpp_peer *p, uint32_t command, uint32_t sequence,
			      uint32_t status);

/* Requests of ours without a response, and how many more there may be. */
size_t smpp_peer_outstanding(const struct smpp_peer *p);
/* For the log: "192.0.2.1:2775". */
const char *smpp_peer_name(const struct smpp_peer *p);
/* NULL is allowed. */
void smpp_peer_close(struct smpp_peer *p);
