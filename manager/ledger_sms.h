/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The ledger's side of SMS, as ledger.h for the rest: who has a number, what is to
 * be sent (table outbox), what a terminal is asked (question), its PIN.
 *
 * One text that moves value, told twice by the SMSC:
 *
 *   sms_inbound                       ledger                       outbox
 *     | "YES 7F3A"                      |                             |
 *     | ledger_sms_seen(identity) ----> | not yet                     |
 *     | ledger_question_answer(code) -> | the first answer, and the   |
 *     |                                 | request id of the question  |
 *     | ledger_issue(request id) -----> | done, or done before        |
 *     | ledger_sms_reply(identity) ---> | row, once an identity ----> | sent
 *     | ACCEPTED                        |                             |
 *     | "YES 7F3A" again                |                             |
 *     | ledger_sms_seen(identity) ----> | reply is on its way         |
 *     | ACCEPTED                        |                             |
 *
 * Where the first delivery died half-way each step of the second finds what that
 * did: the question has its first answer, the request id its first outcome.
 *
 * Callbacks, cancelling and the outcomes of ours (AGAIN, BUSY, UNCERTAIN,
 * UNAVAILABLE, INTERNAL) are as in ledger.h.
 */
#include "lib/sms_text.h"
#include "manager/ledger.h"
#include "manager/sms.h"

/* --- who has this number: terminal_by_number(sql) ---------------------------- */

struct number_result {
	/* OK; TERMINAL_UNKNOWN, TERMINAL_BLOCKED (terminal_id and language are set all the same),
	 * TERMINAL_QUARANTINED (frozen after a SIM swap: may ask, may not move value) */
	enum outcome outcome;
	int64_t terminal_id;
	char address[NUMBER_SIZE];
	char imsi[GSUP_IMSI_SIZE]; /* empty: not known yet */
	char language[LANGUAGE_SIZE]; /* empty: the default */
	bool receipts; /* a text after each operation: its own switch, else what the carrier set */
	bool has_pin, pin_blocked;
};
typedef void (*ledger_number_cb)(void *data, const struct number_result *result);
/* Only telephones are found, never shops. */
struct ledger_request *ledger_by_number(struct ledger *l, const char *number, ledger_number_cb done,
					void *data);

/* --- texts from terminals: sms_seen(sql), outbox_put(sql) ---------------------- */

struct sms_seen_result {
	enum outcome
		outcome; /* OK: it was taken already, its reply is written; NOT_FOUND: not yet */
	int64_t message_id; /* of the reply; 0: there is none */
};
typedef void (*ledger_sms_seen_cb)(void *data, const struct sms_seen_result *result);
/* Known for ten minutes: as long as an SMSC that lost our answer needs to deliver again. */
struct ledger_request *ledger_sms_seen(struct ledger *l, const uint8_t identity[SMS_IDENTITY_SIZE],
				       ledger_sms_seen_cb done, void *data);

struct outbox_message;

struct sms_reply_args {
	uint8_t identity[SMS_IDENTITY_SIZE]; /* of the text that this answers; all zero: none */
	int64_t question_id; /* text puts this question; without an identity once a question */
	int64_t terminal_id; /* 0: nobody's number, then address */
	char address[NUMBER_SIZE]; /* where there is no terminal; empty: no reply at all */
	/* An operation of this terminal that was completed: its receipt is the reply, and it is
	 * written once, whether receipts are on or not.  All zero: text is the reply. */
	struct request_id request_id;
	const char *text; /* UTF-8, ready to be sent; copied.  Empty or NULL: no reply */
	uint32_t valid_s; /* 0: as setting receipts_hours says */
	uint32_t lease_ms; /* we send it: it is leased to this process as it is written; 0: not */
};
struct sms_put_result {
	/* OK; NOT_FOUND: request_id names nothing that was done; TERMINAL_UNKNOWN; BODY_MALFORMED:
	 * neither identity nor question, or a text of more than SMS_TEXT_SIZE */
	enum outcome outcome;
	bool repeated; /* it was there already */
	int64_t message_id; /* 0: nothing is sent */
	/* Ours to be sent; NULL: it waits for who takes it, or somebody has it.  Lives for the
	 * duration of the callback. */
	const struct outbox_message *leased;
	bool leased_before; /* by us, but that answer was lost, or told to somebody else */
};
typedef void (*ledger_sms_put_cb)(void *data, const struct sms_put_result *result);
/* The reply, and that the text was taken, in one transaction; once an identity.  A text that
 * deserves no reply is taken by this call too. */
struct ledger_request *ledger_sms_reply(struct ledger *l, const struct sms_reply_args *args,
					ledger_sms_put_cb done, void *data);

/* A completed operation whose dialogue died: its receipt is sent, once, where setting "outbox" is
 * on (else OK with message id 0). */
struct ledger_request *ledger_outbox_tell(struct ledger *l, int64_t terminal_id,
					  const struct request_id *request_id,
					  ledger_sms_put_cb done, void *data);

/* The subscriber's own switch for receipts.  OK, TERMINAL_UNKNOWN. */
typedef void (*ledger_done_cb)(void *data, enum outcome outcome);
struct ledger_request *ledger_receipts_set(struct ledger *l, int64_t terminal_id, bool on,
					   ledger_done_cb done, void *data);

/* --- questions: question_open, question_answer, question_of_terminal (sql) ------ */

#define QUESTION_CODE_SIZE 7 /* 4 characters now, up to 6 */
#define QUESTIONS_OPEN_MAX 5 /* of a terminal; a sixth takes the place of the oldest */

enum question_kind { QUESTION_BUY = 1, QUESTION_TRANSFER = 2 };

/* SUPERSEDED: a newer one took its place, or its codes were guessed at.  EXPIRED: also agreed to,
 * and not done before its deadline.  REFUSED: agreed to, and could not be done. */
enum question_state {
	QUESTION_OPEN = 0,
	QUESTION_YES = 1,
	QUESTION_NO = 2,
	QUESTION_EXPIRED = 3,
	QUESTION_SUPERSEDED = 4,
	QUESTION_REFUSED = 5,
};

/* What is done on "yes".  Of a purchase: product, amount_minor, fee_minor.  Of a transfer:
 * value_id, transferee_id, transferee, reference; amount and currency as they were quoted. */
struct question_subject {
	enum question_kind kind;
	char product[PRODUCT_CODE_SIZE];
	int64_t amount_minor;
	int64_t fee_minor; /* as agreed to */
	char currency[CURRENCY_SIZE];
	int64_t value_id;
	int64_t transferee_id;
	char transferee[NUMBER_SIZE];
	char reference[REFERENCE_SIZE];
};

struct question {
	int64_t question_id;
	enum question_state state;
	char code[QUESTION_CODE_SIZE]; /* upper case; characters that cannot be taken for others */
	struct request_id request_id; /* the operation runs under this id, however often */
	int64_t opened_at, deadline; /* seconds since 1970 */
	int64_t answered_at; /* 0: not answered */
	bool needs_pin; /* a yes counts only when ledger_pin_check() has found its PIN right */
	enum outcome refusal; /* of REFUSED: why, to be told whenever it is answered */
	struct question_subject subject;
};

struct question_open_args {
	int64_t terminal_id;
	struct question_subject subject;
	struct request_id request_id; /* minted by the caller; not used where it is open already */
	/* The author's own: 4 to 6 of A-Z and 2-9.  A question that has it is told in whatever
	 * state it is in, so that the code stands for one question.  Empty: one is drawn. */
	char code[QUESTION_CODE_SIZE];
	uint32_t valid_s; /* the deadline is never later than the value's expiry */
	char link[LINK_LABEL_SIZE]; /* by which it was caused */
};

struct question_result {
	/* open: OK (repeated: the same one was open already), TERMINAL_*, NOT_OWNER, VALUE_EXPIRED.
	 * answer: OK (look at question.state: the first valid answer; repeated: it was given
	 * before, not now; OPEN: yes, but its PIN was not typed), NOT_FOUND (no such code, which is
	 * counted), AGAIN. */
	enum outcome outcome;
	bool repeated;
	struct question question;
};
typedef void (*ledger_question_cb)(void *data, const struct question_result *result);
struct ledger_request *ledger_question_open(struct ledger *l, const struct question_open_args *args,
					    ledger_question_cb done, void *data);

struct question_answer_args {
	int64_t terminal_id;
	int64_t question_id; /* 0: by code */
	char code[QUESTION_CODE_SIZE]; /* either case */
	bool yes;
	/* Yes, but this is why it cannot be done: the question ends so.  OK: nothing is in its way.
	 */
	enum outcome refusal;
	char link[LINK_LABEL_SIZE]; /* by which the answer came */
};
/* After its deadline the answer is EXPIRED.  Five wrong codes end all open questions of the
 * terminal (SUPERSEDED), so that codes cannot be guessed. */
struct ledger_request *ledger_question_answer(struct ledger *l,
					      const struct question_answer_args *args,
					      ledger_question_cb done, void *data);

struct questions_result {
	enum outcome outcome; /* OK; NOT_FOUND: by code, there is no such one, which is counted */
	size_t n;
	struct question questions[QUESTIONS_OPEN_MAX];
};
typedef void (*ledger_questions_cb)(void *data, const struct questions_result *result);
/* code NULL or empty: what is open, newest first, for the next dial.  With code: that one in
 * whatever state it is (to see whether a PIN must be asked for before it is answered). */
struct ledger_request *ledger_questions(struct ledger *l, int64_t terminal_id, const char *code,
					ledger_questions_cb done, void *data);

/* --- PIN: pin_set, pin_check (sql); pin_key.h makes digests ---------------------- */

#define PIN_DIGEST_SIZE 32
#define PIN_KEY_ID_SIZE 17 /* 16 hexadecimal digits, and NUL */
#define PIN_TRIES_MAX 3 /* wrong ones in a row block; an operator unblocks */

struct pin_digest {
	char key_id[PIN_KEY_ID_SIZE];
	uint8_t octets[PIN_DIGEST_SIZE];
};

/* OTHER_KEY: it was made with a key that is not this manager's; an operator clears it. */
enum pin_verdict {
	PIN_OK = 0,
	PIN_WRONG = 1,
	PIN_BLOCKED = 2, /* also the wrong one that blocks it */
	PIN_NONE = 3, /* none is set */
	PIN_OTHER_KEY = 4,
};

struct pin_result {
	enum outcome outcome; /* OK: look at verdict; TERMINAL_* */
	enum pin_verdict verdict;
	uint32_t tries_left;
};
typedef void (*ledger_pin_cb)(void *data, const struct pin_result *result);
struct pin_check_args {
	int64_t terminal_id;
	struct pin_digest digest;
	/* Of the text that it came in, which is one try however often it is delivered; all zero:
	 * none.
	 */
	uint8_t identity[SMS_IDENTITY_SIZE];
	int64_t question_id; /* for which it was typed, and which keeps that it was right; 0: none
			      */
};
/* Counts the try, in a transaction of its own; a right one resets the count. */
struct ledger_request *ledger_pin_check(struct ledger *l, const struct pin_check_args *args,
					ledger_pin_cb done, void *data);
/* Sets or changes it.  old NULL: there must be none yet (else WRONG, without counting); a wrong
 * old one is counted as by ledger_pin_check(). */
struct ledger_request *ledger_pin_set(struct ledger *l, int64_t terminal_id,
				      const struct pin_digest *digest, const struct pin_digest *old,
				      ledger_pin_cb done, void *data);

/* --- the sender: outbox_take, outbox_result, outbox_receipt (sql); outbox.h ------- */

#define OUTBOX_TAKE_MAX 100
#define OUTBOX_KEY_SIZE 48
#define OUTBOX_ERROR_SIZE 64

/* One row that is ours until leased_until.  Texts live for the duration of the callback. */
struct outbox_message {
	int64_t message_id;
	int64_t terminal_id; /* 0: nobody's, then only address */
	char address[NUMBER_SIZE];
	char imsi[GSUP_IMSI_SIZE];
	char language[LANGUAGE_SIZE];
	uint32_t attempts; /* with this one */
	int64_t created_at, valid_until; /* seconds since 1970 */
	const char *text; /* as it is; empty: text_key and what follows */
	char text_key[OUTBOX_KEY_SIZE];
	int64_t value_id;
	int64_t amount_minor, fee_minor;
	char currency[CURRENCY_SIZE];
	int64_t expires_at; /* of the value; 0: never */
	int64_t at; /* of the operation */
	char peer[NUMBER_SIZE];
	char peer_name[TERMINAL_NAME_SIZE];
};

struct outbox_take_result {
	enum outcome outcome; /* OK, BUSY, UNAVAILABLE */
	size_t n;
	const struct outbox_message *messages; /* in order for each terminal */
	int64_t wait_ms; /* until the next is due, as far as known; -1: nothing waits */
};
typedef void (*ledger_outbox_take_cb)(void *data, const struct outbox_take_result *result);
/* At most max texts (1..OUTBOX_TAKE_MAX), leased to this process for ttl_ms; of one terminal only
 * the first. */
struct ledger_request *ledger_outbox_take(struct ledger *l, size_t max, uint32_t ttl_ms,
					  ledger_outbox_take_cb done, void *data);

/* RETURNED: not tried, it is anybody's again after retry_ms (0: draining).  LATER: tried, in vain;
 * again after retry_ms.  UNKNOWN: it may have been sent; again when outbox_result.sql says. */
enum outbox_end {
	OUTBOX_SENT = 1,
	OUTBOX_LATER = 2,
	OUTBOX_DEAD = 3,
	OUTBOX_UNKNOWN = 4,
	OUTBOX_RETURNED = 5,
};

struct outbox_result_args {
	int64_t message_id;
	enum outbox_end end;
	uint32_t retry_ms;
	char link[LINK_LABEL_SIZE];
	char error[OUTBOX_ERROR_SIZE];
	size_t n_ids; /* one a part */
	char ids[SMS_PARTS_MAX][SMS_MESSAGE_ID_SIZE];
};
struct outbox_recorded {
	/* OK; NOT_FOUND: the row is not leased to this process any more (what was sent is recorded
	 * all the same) */
	enum outcome outcome;
	bool more; /* its terminal, or one that was recorded with it, has a text that is due */
};
typedef void (*ledger_outbox_result_cb)(void *data, const struct outbox_recorded *result);
/* Idempotent. */
struct ledger_request *ledger_outbox_result(struct ledger *l, const struct outbox_result_args *args,
					    ledger_outbox_result_cb done, void *data);

/* The lease goes on for ttl_ms.  OK; NOT_FOUND: it is not ours any more. */
struct ledger_request *ledger_outbox_renew(struct ledger *l, int64_t message_id, uint32_t ttl_ms,
					   ledger_done_cb done, void *data);

/* The phone of a text that is to be tried later was heard: it is due now, if nobody has it. */
struct ledger_request *ledger_outbox_heard(struct ledger *l, int64_t message_id,
					   ledger_done_cb done, void *data);

struct outbox_receipt_args {
	char link[LINK_LABEL_SIZE];
	char id[SMS_MESSAGE_ID_SIZE];
	enum smpp_state state;
	char error[OUTBOX_ERROR_SIZE];
};
/* OK, also where the id is not known yet: it is kept and matched later.  Idempotent. */
struct ledger_request *ledger_outbox_receipt(struct ledger *l,
					     const struct outbox_receipt_args *args,
					     ledger_done_cb done, void *data);

struct outbox_state_result {
	enum outcome outcome;
	int64_t waiting, dead; /* counted up to 100,000 */
	int64_t oldest_s; /* for how long the oldest waits; 0: nothing does */
};
typedef void (*ledger_outbox_state_cb)(void *data, const struct outbox_state_result *result);
struct ledger_request *ledger_outbox_state(struct ledger *l, ledger_outbox_state_cb done,
					   void *data);
