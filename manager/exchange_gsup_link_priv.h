/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of exchange_gsup_link share.
 *
 *   exchange_gsup_link.c      life, frames to messages and back
 *   exchange_gsup_link_fsm.c  handshake and keep-alive
 */
#include <stdint.h>

#include <osmocom/core/fsm.h>

#include "lib/ipa_frame.h"
#include "manager/exchange_gsup_link.h"

#define CCM_MAX_SIZE 256

enum link_state {
	LINK_DIALLING, /* client: no connection yet */
	LINK_NAMELESS, /* client: connected, not asked yet */
	LINK_NAMED, /* client: said its name, waits for the echo of ID_ACK */
	LINK_ASKING, /* server: asked for the name */
	LINK_CHECKED, /* server: the name is one of ours, waits for ID_ACK */
	LINK_UP,
	LINK_PINGED, /* up; PING sent, nothing heard since */
	LINK_FAILED,
};

enum link_event {
	EV_CONNECTED,
	EV_ID_GET,
	EV_ID_RESP, /* data: the name */
	EV_ID_ACK,
	EV_HEARD, /* anything, after a PING */
	EV_FAIL, /* data: why */
};

struct gsup_link {
	struct osmo_fsm_inst *fi;
	struct stream *stream;
	const struct gsup_link_handler *handler;
	void *data;
	const struct osmo_tdef *tdefs;
	const struct exchange_metrics *metrics;
	char *name; /* client: ours */
	bool closed; /* nothing is called any more */
	bool heard; /* since the last PING or its time */
	char *peer;
	char *why;
};

extern struct osmo_fsm gsup_link_fsm;

void gsup_link_enter(struct gsup_link *l, enum link_state state);
void gsup_link_fail(struct gsup_link *l, const char *why);
/* Writes a whole IPA frame. */
void gsup_link_write_ccm(struct gsup_link *l, const uint8_t *frame, int len);
void gsup_link_send_ccm(struct gsup_link *l, enum ipa_ccm_type type);
