/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the manager's dialogues and the mobile exchanges have in common.
 *
 *   exchange adapter                                dialogue
 *     | dialogue_open(link, id, imsi, text) -------->  |   BEGIN
 *     | <------------ ussd->send(text, end = false)    |   asks
 *     | dialogue_answer(dialogue, text) ------------>  |   CONTINUE
 *     | <------------- ussd->send(text, end = true)    |   ends; the adapter forgets the dialogue
 *     | dialogue_abort(dialogue) ------------------->  |   END, link down, guard timer
 *
 * The adapter owns the session (peer, session id, invoke ids); the dialogue
 * owns what is being asked.  Who asks is the IMSI of the channel, never a text.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/gsup_msg.h"

struct exchange_session; /* of the adapter: one open USSD session */
struct dialogue; /* of the dialogue layer: dialogue.h */

/* One kind of link; static storage. */
struct exchange_ops {
	/* Sends text to the terminal of this session.  With end the session is over and must not be
	 * used again by the caller.  -EMSGSIZE: text needs more octets than the link takes (nothing
	 * was sent, the session stays open).  After any other error the session is over: -ENOTCONN:
	 * the link is down; -EILSEQ: text is not UTF-8, the terminal was told an error. */
	int (*send)(struct exchange_session *session, const char *utf8, bool end);
	/* Ends the session without a text that anybody waits for (dialogue gone): END is sent. */
	void (*drop)(struct exchange_session *session);
	/* Octets of a ussd-String that a question (end = false) or a last text may have. */
	size_t (*max_octets)(const struct exchange_session *session, bool end);
};

/* What an adapter knows when a terminal opens a dialogue. */
struct exchange_begin {
	const struct exchange_ops *ops;
	struct exchange_session *session;
	const char *link; /* label for the journal and the log: "hlr:carrier", "direct:msc-1" */
	const char *imsi;
	const char *msisdn; /* NULL: not known */
	const char *text; /* what was dialled, UTF-8 */
};
