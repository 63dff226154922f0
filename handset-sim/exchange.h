/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The mobile exchange as a phone sees it: the MSC/VLR part that turns what is
 * dialled into GSUP, over one link for any number of phones.
 *
 *   phone                line                            HLR or manager
 *     | line_attach() ---> | UPDATE_LOCATION_REQ ------------> |  --via hlr only
 *     |                    | <------------- INSERT_DATA_REQ    |  MSISDN learnt
 *     |                    | INSERT_DATA_RESULT ------------>  |
 *     | <---- attached()   | <------- UPDATE_LOCATION_RESULT   |
 *     | line_dial() -----> | PROC_SS_REQ BEGIN, Invoke 59 -->  |
 *     | <-------- text()   | <- PROC_SS_REQ CONTINUE, Inv. 60  |  QUESTION
 *     | line_answer() ---> | PROC_SS_REQ CONTINUE, Result 60 > |
 *     | <-------- text()   | <- PROC_SS_RESULT END, Result 59  |  FINAL
 *
 *     | line_sms() ------> | MO-forwardSM REQ, SMS-SUBMIT --> |
 *     | <---- sms_sent()   | <------ MO-forwardSM RES or ERR  |
 *     | <--------- sms()   | <-- MT-forwardSM REQ, DELIVER    |
 *
 * (3GPP TS 24.090 clauses 5.2 and 6.1, TS 24.080 clause 2; GSUP as OsmoHLR has it.)
 *
 * A line has at most one dialogue; it is found by IMSI and then compared by
 * session id, so a late message of an older dialogue is not taken for one of
 * the present.  Time-outs are of one length, so they expire in the order in
 * which they were started: one list, one timer, whatever the number of lines.
 *
 * Ownership: a line is the phone's own memory, linked into the exchange from
 * line_open() to line_close().  Callbacks come from the select loop, never from
 * inside a call; a line may be dialled, answered or closed from inside one of
 * its own callbacks.
 */
#include <stdbool.h>
#include <stdint.h>

#include <osmocom/core/linuxlist.h>

#include "lib/gsup_msg.h"

struct exchange;
struct line;

enum exchange_via {
	EXCHANGE_VIA_DIRECT, /* to the manager's GSUP server; the MSISDN goes along */
	EXCHANGE_VIA_HLR, /* to OsmoHLR, which forwards to the manager */
};

struct exchange_config {
	enum exchange_via via;
	const char *address;
	const char *local; /* or NULL */
	const char *name; /* our IPA name */
	const char *sms_name; /* through an HLR: to which name texts are addressed */
	unsigned int connect_timeout_ms;
	unsigned int answer_timeout_ms; /* from the phone's message to the network's */
	const char *faults; /* as in exchange_link.h */
	uint32_t faults_seed;
};

enum line_text {
	LINE_QUESTION, /* the dialogue stays open and waits for line_answer() */
	LINE_FINAL, /* the dialogue is over */
	LINE_PUSH, /* USS-Notify: no dialogue, or aside of it */
};

/* How a dialogue ended that got no last text. */
enum line_end {
	LINE_END_RELEASED, /* the network ended it without a word */
	LINE_END_ERROR, /* ReturnError, or PROC_SS_ERROR; code: of TS 24.080, or the cause */
	LINE_END_REJECT, /* Reject; code: problem */
	LINE_END_TIMEOUT,
	LINE_END_LINK, /* the link went down */
	LINE_END_MALFORMED, /* the network said something that is not USSD */
};

struct line_handler {
	/* The link came up or went down while the line was idle; else it is told by attached() or
	 * ended().  May be NULL. */
	void (*link)(struct line *line, bool up);
	/* cause: 0 attached; above 0 the HLR's cause (2: IMSI unknown in HLR); -ETIMEDOUT,
	 * -ENOTCONN.  May be NULL where line_attach() is not used. */
	void (*attached)(struct line *line, int cause);
	/* utf8 lives for the duration of the call. */
	void (*text)(struct line *line, enum line_text kind, const char *utf8);
	void (*ended)(struct line *line, enum line_end end, int code);
	/* A whole text by SMS; NULL: they are acknowledged and let pass. */
	void (*sms)(struct line *line, const char *from, const char *utf8);
	/* Of line_sms(): 0 taken; above 0 the cause why not; -ETIMEDOUT, -ENOTCONN.  May be NULL
	 * where that is not used. */
	void (*sms_sent)(struct line *line, int status);
};

struct line_sms; /* a text on its way */

enum line_state {
	LINE_IDLE,
	LINE_ATTACHING,
	LINE_WAITING, /* for the network's text */
	LINE_ASKED, /* by the network */
};

/* The fields are the exchange's; read state, attached, imsi and msisdn only. */
struct line {
	struct hlist_node by_imsi;
	struct llist_head waiting; /* in the order of their deadlines */
	struct exchange *exchange;
	const struct line_handler *handler;
	uint64_t deadline_ms;
	uint32_t session_id;
	enum line_state state;
	bool attached;
	bool network_began; /* the open dialogue is the network's */
	uint8_t question_id; /* invoke id of the open question */
	struct line_sms *sms; /* NULL: none is under way */
	char imsi[GSUP_IMSI_SIZE];
	char msisdn[GSUP_MSISDN_SIZE];
};

struct exchange_handler {
	void (*up)(void *data);
	/* The link went down or could not be made; it is tried again. */
	void (*down)(void *data, int error, const char *why);
};

/* config's strings must outlive the exchange.  NULL with *error set where the address is not one.
 * Handler functions may be NULL. */
struct exchange *exchange_open(void *ctx, const struct exchange_config *config,
			       const struct exchange_handler *handler, void *data, int *error)
	__attribute__((warn_unused_result));
bool exchange_is_up(const struct exchange *x);
/* Why the link is not up: of the newest try that failed; "" where it is up, or none did yet. */
const char *exchange_why(const struct exchange *x);
enum exchange_via exchange_via(const struct exchange *x);
/* Every line must be closed before. */
void exchange_close(struct exchange *x);

/* 6 to 15 digits? */
bool line_imsi_is_one(const char *imsi);
/* msisdn: E.164 digits, or NULL where the HLR will tell it.
 * -EINVAL: not such numbers; -EEXIST: there is a line of this IMSI. */
int line_open(struct line *line, struct exchange *x, const char *imsi, const char *msisdn,
	      const struct line_handler *handler) __attribute__((warn_unused_result));
/* Ends an open dialogue; no callback comes after. */
void line_close(struct line *line);

/* All of these: 0; -ENOTCONN: the link is down; -ENOBUFS: the peer does not read.
 * -EBUSY: the line is not in a state for it. */
int line_attach(struct line *line) __attribute__((warn_unused_result));
/* -EMSGSIZE: too long for this link; -EILSEQ: not UTF-8. */
int line_dial(struct line *line, const char *utf8) __attribute__((warn_unused_result));
int line_answer(struct line *line, const char *utf8) __attribute__((warn_unused_result));
/* Ends the open dialogue (END without a component), also while the network works. */
int line_hangup(struct line *line) __attribute__((warn_unused_result));

/* A text by SMS, beside any dialogue.  -EBUSY: one is under way; -ENOTCONN; -EILSEQ, -EMSGSIZE. */
int line_sms(struct line *line, const char *to, const char *utf8)
	__attribute__((warn_unused_result));
/* Forgets it; nothing is told. */
void line_sms_cancel(struct line *line);
