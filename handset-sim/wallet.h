/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The wallet of a phone: which values it received, what became of them.  It is
 * a memory of the tester's phone and nothing more: who owns a value is what the
 * manager's record says.
 *
 *   received --handed over--> handed over --notice accepted--> confirmed
 *                                  |
 *                                  +-------notice refused----> refused
 *
 * One file a terminal, DIR/NUMBER.wallet (wallet_file.h).  Who writes holds a
 * lock on DIR/NUMBER.lock as long as the wallet is open, who only reads needs
 * none, because the file is replaced as a whole.  What another phone hands over
 * lies in DIR/NUMBER.inbox/ until the wallet is opened or looked at.
 *
 * Every change is on the disk when the function returns.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <osmocom/core/hashtable.h>

#include "lib/amount.h"
#include "lib/number.h"

#define WALLET_NOTES_MAX 10000
#define WALLET_REFERENCE_SIZE 65
#define WALLET_WHY_SIZE 256
#define WALLET_HASH_BITS 8

enum wallet_state {
	WALLET_RECEIVED,
	WALLET_HANDED_OVER,
	WALLET_CONFIRMED,
	WALLET_REFUSED,
};

struct wallet_note {
	struct llist_head list; /* in the order received */
	struct hlist_node by_id;
	int64_t value_id;
	char amount[AMOUNT_STR_SIZE]; /* decimal, as the text or the transferor said */
	char currency[CURRENCY_SIZE];
	char from[NUMBER_SIZE]; /* transferor; empty: the carrier */
	char to[NUMBER_SIZE]; /* transferee; empty: not handed over */
	char reference[WALLET_REFERENCE_SIZE];
	enum wallet_state state;
	int64_t received_at, handed_at, settled_at; /* seconds since 1970; 0: not yet */
};

struct wallet {
	char *dir;
	char *path;
	char owner[NUMBER_SIZE]; /* terminal id */
	int lock_fd; /* -1: opened for reading */
	size_t n_notes;
	struct llist_head notes;
	DECLARE_HASHTABLE(by_id, WALLET_HASH_BITS);
};

/* Opens or begins the wallet of terminal owner; takes what lies in the inbox.
 * NULL with *error and why (for a person): -EBADMSG damaged (nothing is written), -EBUSY another
 * program has it open for writing, or what the system said. */
struct wallet *wallet_open(void *ctx, const char *dir, const char *owner, bool write, int *error,
			   char why[WALLET_WHY_SIZE]) __attribute__((warn_unused_result));
void wallet_close(struct wallet *w);

const struct wallet_note *wallet_find(struct wallet *w, int64_t value_id);
const char *wallet_state_name(enum wallet_state state);
int wallet_state_by_name(const char *name);

/* Each is saved; negative errno where that failed, and the wallet in memory is as it was.
 * -EROFS: opened for reading; -ENOSPC: full; -ENOENT: no such note. */

/* from "": the carrier, which issues a value once; told again it changes nothing.  From somebody
 * else a value that was given away may come back. */
int wallet_receive(struct wallet *w, int64_t value_id, const char *amount, const char *currency,
		   const char *from) __attribute__((warn_unused_result));
int wallet_hand_over(struct wallet *w, int64_t value_id, const char *to, const char *reference)
	__attribute__((warn_unused_result));
/* The manager's answer to the notice. */
int wallet_settle(struct wallet *w, int64_t value_id, bool accepted)
	__attribute__((warn_unused_result));
/* What other phones put into the inbox since; number of notes taken. */
int wallet_take_inbox(struct wallet *w) __attribute__((warn_unused_result));

/* Is the terminal of this number simulated here, that is, does it have a wallet in dir? */
bool wallet_exists(const char *dir, const char *owner);
/* Puts a note into the inbox of transferee. */
int wallet_inbox_put(const char *dir, const char *transferee, const struct wallet_note *note,
		     const char *from) __attribute__((warn_unused_result));

/* For wallet_file.c: adds a note in memory; -EEXIST, -ENOSPC. */
int wallet_note_add(struct wallet *w, const struct wallet_note *note)
	__attribute__((warn_unused_result));
