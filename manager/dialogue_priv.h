/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of the dialogue layer share; nobody else includes this.
 *
 *   dialogue.c       all dialogues: settings, opening, counters
 *   dialogue_fsm.c   one dialogue: its states, timers, the end
 *   dialogue_lost.c  operations whose end no dialogue could tell
 *   dialogue_text.c  writes into the body of what is asked or told
 *   dialogue_page.c  cuts the body into pages
 *   menu_*.c         the nodes of the menu; menu_nav.c goes from one to another
 *
 *   terminal ------> dialogue_answer() -> FSM -> menu_answer() -> node
 *   terminal <------ exchange <- dialogue_ask(), dialogue_end() <- menu_show()
 *                    ledger   <- dialogue_wait() <- node
 *                    ledger   -> dialogue_result() -> FSM -> tell() of the node
 *
 * A node ends each of its turns with exactly one of: ask, end, wait.  After any of
 * these the dialogue may be gone, and is not touched again in that turn.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/stat_item.h>
#include <osmocom/core/tdef.h>

#include "manager/catalogue.h"
#include "manager/dialogue.h"
#include "manager/dialogue_settings.h"
#include "manager/ledger.h"
#include "manager/ledger_sms.h"
#include "manager/oneshot.h"

struct osmo_fsm_inst;
struct dialogue_lost;
struct pin_key;
struct terminal_rates;

#define DIALOGUE_BODY_SIZE 1280 /* UTF-8 of one answer before it is cut into pages */
#define DIALOGUE_DEPTH_MAX 8 /* how far back "back" goes */
#define DIALOGUE_INVALID_MAX 5 /* inputs in a row that nobody understands */
#define DIALOGUE_LIST_CHUNK 10 /* values asked of the ledger at once */
#define DIALOGUE_LIST_FIRST 5 /* the same, by a one-shot code: what 160 octets show */
#define DIALOGUE_LIST_CHUNKS 32 /* how many such steps a list goes; then LIST_FULL */
#define DIALOGUE_HISTORY_MAX 8
#define DIALOGUE_SHOWN_MAX 20 /* in "show dialogues" */

/* Timers, X numbers of the group "dialogue". */
#define DIALOGUE_X_ENTER -1
#define DIALOGUE_X_IDLE -2
#define DIALOGUE_X_WORK -3

enum dialogue_state {
	DIALOGUE_ENTER, /* the ledger looks who it is */
	DIALOGUE_ASKING, /* the terminal is to answer */
	DIALOGUE_WORKING, /* the ledger is to answer */
	DIALOGUE_FAILED, /* tells why, and ends */
	DIALOGUE_GONE, /* nobody listens; the ledger still owes an answer that cannot be cancelled
			*/
	DIALOGUE_STATES
};

enum dialogue_ctr {
	DIALOGUE_CTR_OPENED,
	DIALOGUE_CTR_ENDED,
	DIALOGUE_CTR_CANCELLED,
	DIALOGUE_CTR_TIMEOUT,
	DIALOGUE_CTR_ABORTED,
	DIALOGUE_CTR_FAILED,
	DIALOGUE_CTR_REFUSED_FULL,
	DIALOGUE_CTR_REFUSED_OFTEN,
	DIALOGUE_CTR_REFUSED_DRAINING,
	DIALOGUE_CTR_REFUSED_CODE,
	DIALOGUE_CTR_REFUSED_TERMINAL,
	DIALOGUE_CTR_SEND_FAILED,
	DIALOGUE_CTR_ANSWERS,
	DIALOGUE_CTR_ANSWER_EARLY,
	DIALOGUE_CTR_ANSWER_INVALID,
	DIALOGUE_CTR_UNSEEN_TOLD,
	DIALOGUE_CTR_REPEAT_ASKED,
	DIALOGUE_CTR_ISSUE_OK,
	DIALOGUE_CTR_ISSUE_REFUSED,
	DIALOGUE_CTR_ISSUE_UNKNOWN,
	DIALOGUE_CTR_TRANSFER_OK,
	DIALOGUE_CTR_TRANSFER_REFUSED,
	DIALOGUE_CTR_TRANSFER_UNKNOWN,
	DIALOGUE_CTR_LOST,
	DIALOGUE_CTR_COUNT
};

struct dialogues {
	struct ledger *ledger;
	struct dialogue_settings settings;
	struct osmo_tdef *timers;
	struct catalogue *catalogue;
	struct terminal_rates *rates;
	struct pin_key *pin_key; /* NULL: none */
	struct dialogue_lost *lost;
	bool draining;
	uint32_t last_serial;
	struct llist_head open; /* newest first */
	size_t n_open;
	size_t n_state[DIALOGUE_STATES];
	struct rate_ctr_group *counters;
	struct osmo_stat_item_group *gauges;
};

/* One value of a list, as a position picks it. */
struct menu_choice {
	int64_t value_id;
	int64_t amount_minor;
	int64_t expires_at;
	uint8_t state;
	char currency[CURRENCY_SIZE];
};

struct menu_list {
	struct menu_choice choices[DIALOGUE_LIST_CHUNK];
	uint8_t n_choices;
	uint8_t chunk; /* which step of the list this is */
	bool more; /* another step follows */
	bool from_end; /* entered by going back: its last page first */
	uint8_t picked; /* place in choices */
	int64_t after[DIALOGUE_LIST_CHUNKS]; /* where each step begins */
	uint16_t before[DIALOGUE_LIST_CHUNKS]; /* places before each step */
};

/* What is being bought or handed on. */
struct menu_operation {
	struct request_id request_id;
	char product[PRODUCT_CODE_SIZE];
	char currency[CURRENCY_SIZE];
	int64_t amount_minor;
	int64_t fee_minor; /* as the question told it; -1: it was not told */
	bool price_changed; /* the fee is the ledger's, not that of the list of products */
	int64_t value_id;
	int64_t transferee_id;
	char transferee[NUMBER_SIZE];
	char transferee_name[TERMINAL_NAME_SIZE];
	char reference[REFERENCE_SIZE];
	bool to_shop;
	int64_t repeated_at; /* when the same was done before */
	bool unguarded; /* the terminal said that it wants the same again */
	bool needs_pin; /* of a transfer, as quoted */
	bool pin_given; /* and it was right */
	bool quoted_only; /* a one-shot code that nobody confirms, quoted for its PIN */
	int64_t question_id; /* what was asked by SMS; 0: none.  request_id is the question's */
	int64_t asked_at;
	enum outcome refusal; /* of what was asked by SMS: why it cannot be done */
	bool done; /* its result stands on the page shown: an answer means it was seen */
};

/* Never the PIN itself: what is kept of it between two inputs needs the key to be read. */
struct menu_pin {
	void (*then)(struct dialogue *d); /* where the right one leads */
	bool has_old;
	struct pin_digest old, fresh;
};

struct dialogue {
	struct llist_head entry;
	struct dialogues *ds;
	struct osmo_fsm_inst *fi;
	uint32_t serial; /* names it in the log and in the VTY */
	const struct exchange_ops *ops;
	struct exchange_session *session; /* NULL: over */
	char link[LINK_LABEL_SIZE];
	char imsi[GSUP_IMSI_SIZE];
	char address[NUMBER_SIZE];
	char language[LANGUAGE_SIZE];
	int64_t terminal_id;
	int64_t opened_s; /* CLOCK_MONOTONIC */
	int64_t step_us; /* the same: since when the terminal waits for a text */

	struct ledger_request *request; /* NULL: none, or one that cannot be cancelled */
	bool waiting; /* for the ledger */
	bool moves; /* that moves value: its result is waited for, whoever listens */
	uint8_t debt; /* the word that is owed about op, of ledger_owe(); 0: none */
	enum text_id failure; /* of FAILED: what to tell */
	enum dialogue_ctr failure_ctr;

	struct oneshot code;
	bool brief; /* a complete one-shot code: the answer ends the dialogue */
	bool is_asked; /* a question of an earlier time is open */
	bool has_unseen;
	bool unseen_in_body; /* told by the page that goes out next */
	uint8_t n_unseen;
	struct operation_record unseen;

	uint8_t node, depth, page, n_invalid;
	uint8_t stack[DIALOGUE_DEPTH_MAX];
	bool page_last; /* the page shown is the last one of the body */
	enum text_id notice; /* stands in front of the body; TEXT_COUNT: none */
	uint16_t body_len;
	char body[DIALOGUE_BODY_SIZE];

	struct menu_operation op;
	struct menu_list list;
	struct menu_pin pin;
};

/* --- dialogue.c ------------------------------------------------------------ */

void dialogues_count(struct dialogues *ds, enum dialogue_ctr ctr);
/* In state counts and the list of open ones. */
void dialogues_moved(struct dialogues *ds, int from, int to);
const struct language *dialogue_language(const struct dialogue *d);

/* --- dialogue_fsm.c -------------------------------------------------------- */

/* Once a process. */
void dialogue_fsm_register(void);
const char *dialogue_state_name(enum dialogue_state state);
const char *dialogue_state_of(const struct dialogue *d);
int dialogue_fsm_start(struct dialogue *d) __attribute__((warn_unused_result));
/* Asks the ledger who it is. */
void dialogue_enter(struct dialogue *d, const struct exchange_begin *begin);
/* Sends a question and waits for the terminal.  False: the link did not take it, the dialogue is
 * over. */
bool dialogue_ask(struct dialogue *d, const char *text);
/* Sends a last text (NULL: none) and ends.  False: the link did not take it. */
bool dialogue_end(struct dialogue *d, const char *text, enum dialogue_ctr ctr);
/* Waits for the ledger; request as the ledger returned it. */
void dialogue_wait(struct dialogue *d, struct ledger_request *request);
/* The same for d->op: should nobody listen any more, or the process die, its end is told by SMS. */
void dialogue_wait_operation(struct dialogue *d, struct ledger_request *request);
/* Nothing is owed any more: it was refused, or seen. */
void dialogue_pay(struct dialogue *d);
/* From a ledger callback: goes on with tell(d, result) unless nobody listens any more. */
void dialogue_result(struct dialogue *d, void (*tell)(struct dialogue *d, const void *result),
		     const void *result);
/* The one error exit. */
void dialogue_fail(struct dialogue *d, enum text_id text, enum dialogue_ctr ctr);
/* The time of its state is up: a last text, and the end. */
void dialogue_time_out(struct dialogue *d);
/* Without a word to the exchange: its session is not to be used any more. */
void dialogue_forget(struct dialogue *d);
/* With the whole layer, at the end of the process. */
void dialogue_discard(struct dialogue *d);
