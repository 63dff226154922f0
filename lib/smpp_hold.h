/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * When PDUs of an SMPP connection that were queued one by one leave, so that they
 * leave together: a PDU by itself costs whoever reads it a wake-up and a system
 * call, often more than its meaning does.
 *
 *   - Requests leave as soon as as many are queued as are on their way without a
 *     response.  The only one never waits; of a window that is always full each
 *     half leaves while the other half is answered.
 *   - Responses leave as soon as half of what the other side keeps under way is
 *     answered.  How much that is nobody says; so ten times a second, where there is
 *     much to do, responses are held until the time below is over, and counted.
 *     Where the other side waits for each answer, that is one, and none waits.
 *   - Nothing is held for longer than SMPP_HOLD_US.
 *
 * The time comes by a descriptor, because libosmocore's timers are whole
 * milliseconds and busy during the last of them.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <osmocom/core/select.h>

#define SMPP_HOLD_US 500

struct smpp_hold {
	struct osmo_fd timer; /* made when it is needed first */
	void (*leave)(void *data);
	void *data;
	bool armed, counting;
	bool waiting; /* armed, but for nothing that is held */
	size_t n_requests, n_responses; /* held */
	size_t half; /* so many responses leave together */
	size_t n_uncounted; /* responses since it was counted */
	int64_t count_at_us;
};

/* leave(): the time is over, though perhaps nothing is held; from the loop. */
void smpp_hold_init(struct smpp_hold *h, void (*leave)(void *data), void *data);
void smpp_hold_end(struct smpp_hold *h);
/* A request was queued while n_on_their_way others had no response.  true: all leaves now. */
bool smpp_hold_request(struct smpp_hold *h, size_t n_on_their_way);
/* A response was queued.  true: all leaves now. */
bool smpp_hold_response(struct smpp_hold *h);
/* leave() is wanted in any case. */
void smpp_hold_wait(struct smpp_hold *h);
/* Everything that was held has left. */
void smpp_hold_left(struct smpp_hold *h);
