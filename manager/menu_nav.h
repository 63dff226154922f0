/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Going through the menu: from node to node, back, page by page.
 *
 *   key   on every page                    on a question of yes or no
 *   ---   -------------------------------  --------------------------
 *   *     next page                        next page
 *   #     previous page                    previous page
 *   0     back; in the root menu: help     no
 *   00    ends the dialogue                ends the dialogue
 *   1                                      yes, on the last page only
 *   2                                      later, where it can wait
 *
 * A node has up to two functions.  show() writes the body and calls menu_show(),
 * or asks the ledger first; answer() gets what none of the keys above took.
 */
#include "manager/dialogue_priv.h"

enum menu_node_id {
	NODE_ROOT,
	NODE_UNSEEN,
	NODE_RESULT,
	NODE_BUY,
	NODE_BUY_AMOUNT,
	NODE_BUY_FREE,
	NODE_BUY_CONFIRM,
	NODE_BUY_AGAIN,
	NODE_LIST,
	NODE_VALUE,
	NODE_PICK,
	NODE_TO,
	NODE_REFERENCE,
	NODE_TRANSFER_CONFIRM,
	NODE_TRANSFER_AGAIN,
	NODE_CHECK,
	NODE_BALANCE,
	NODE_HISTORY,
	NODE_HELP,
	NODE_QUESTION,
	NODE_PIN,
	NODE_PIN_OLD,
	NODE_PIN_NEW,
	NODE_PIN_REPEAT,
	NODE_COUNT
};

struct menu_node {
	const char *name; /* for the VTY */
	enum text_id foot; /* TEXT_COUNT: none */
	bool question; /* of yes or no */
	bool waits; /* for an answer, also where the code was a complete one */
	bool reading; /* nothing is asked: a time-out leaves the page on the display */
	bool list; /* '*' and '#' go on where this body ends */
	bool zero_is_input; /* '0' is not "back" */
	void (*show)(struct dialogue *d);
	/* Gets what none of the keys above took, folded to ASCII digits and trimmed. */
	void (*answer)(struct dialogue *d, const char *text);
	void (*no)(struct dialogue *d); /* of a question */
	void (*later)(struct dialogue *d); /* of a question that can wait; NULL: it cannot */
};

extern const struct menu_node menu_root_node, menu_help_node, menu_unseen_node, menu_result_node;
extern const struct menu_node menu_buy_node, menu_buy_amount_node, menu_buy_free_node;
extern const struct menu_node menu_buy_confirm_node, menu_buy_again_node;
extern const struct menu_node menu_list_node, menu_value_node, menu_pick_node;
extern const struct menu_node menu_to_node, menu_reference_node;
extern const struct menu_node menu_transfer_confirm_node, menu_transfer_again_node;
extern const struct menu_node menu_check_node, menu_balance_node, menu_history_node;
extern const struct menu_node menu_question_node, menu_pin_node;
extern const struct menu_node menu_pin_old_node, menu_pin_new_node, menu_pin_repeat_node;

/* --- for the FSM ----------------------------------------------------------- */

void menu_answer(struct dialogue *d, const char *text);
void menu_timeout(struct dialogue *d);
/* Tells a last text and ends. */
void menu_farewell(struct dialogue *d, enum text_id id, enum dialogue_ctr ctr);

/* What the terminal has before it, for the VTY. */
const char *menu_node_name(const struct dialogue *d);

/* --- for nodes ------------------------------------------------------------- */

/* One step forward: "back" leads to the node that is left. */
void menu_go(struct dialogue *d, enum menu_node_id node);
/* The same, but "back" will not lead to the node that is left. */
void menu_replace(struct dialogue *d, enum menu_node_id node);
/* Sends the body from its first page; the last one where the list was entered from behind. */
void menu_show(struct dialogue *d);
/* The input was not for this node: the same again, behind what is wrong with it. */
void menu_again(struct dialogue *d, enum text_id wrong);
/* Ends what was begun: the body is the answer.  With a one-shot code the dialogue ends too. */
void menu_tell(struct dialogue *d);
void menu_tell_outcome(struct dialogue *d, enum outcome outcome);
void menu_tell_text(struct dialogue *d, enum text_id id);
/* True where value may not be moved now: then that was told, and the turn is over. */
bool menu_maintenance(struct dialogue *d);
/* min..max as typed; 0: nothing of the kind (min is at least 1). */
unsigned int menu_position(const char *text, unsigned int min, unsigned int max);
