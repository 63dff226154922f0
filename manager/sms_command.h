/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What a terminal's text asks for.
 *
 *   BUY [product] amount [#reference]      LIST     BALANCE    HISTORY    HELP
 *   SEND value number                      RECEIPTS ON | OFF
 *   PAY value shop [reference]             YES code [PIN]
 *   OWNER value                            NO code
 *
 * Keywords come from the catalogues, those of every language are understood.
 * Either case, full-width forms, spaces, commas and line breaks between words do
 * not matter, nor does a '+' before a word, or what ends a sentence; a value's 20
 * digits may stand in groups.  What has more or other
 * words than its command takes is not understood: machines that answer
 * ("Yes, I am on holiday") are no commands.
 *
 * A PIN is nowhere but in the text and in struct sms_command; whoever has one of
 * them wipes it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manager/catalogue.h"
#include "manager/ledger_sms.h"
#include "manager/pin_key.h"

#define SMS_COMMAND_TEXT_SIZE 256 /* UTF-8 with NUL; what is longer is not understood */
#define SMS_COMMAND_WORD_SIZE 65 /* product, amount, number */

enum sms_verb {
	SMS_VERB_NONE, /* not understood */
	SMS_VERB_BUY,
	SMS_VERB_SEND,
	SMS_VERB_PAY,
	SMS_VERB_OWNER,
	SMS_VERB_LIST,
	SMS_VERB_BALANCE,
	SMS_VERB_HISTORY,
	SMS_VERB_HELP,
	SMS_VERB_YES,
	SMS_VERB_NO,
	SMS_VERB_RECEIPTS,
	SMS_VERBS
};

struct sms_command {
	enum sms_verb verb;
	enum text_id wrong; /* the keyword is right, this is not; TEXT_COUNT: all is right */
	bool formed; /* of what is wrong: all words are there, and one has a wrong value */
	char product[SMS_COMMAND_WORD_SIZE]; /* as typed; empty: not said */
	char amount[SMS_COMMAND_WORD_SIZE]; /* as typed: digits, '.', ',' */
	/* Of BUY: the author's own, QUESTION_CODE_SIZE - 1 characters at most.  Of YES and NO:
	 * ours. Upper case; empty: none. */
	char code[QUESTION_CODE_SIZE];
	int64_t value_id;
	char to[SMS_COMMAND_WORD_SIZE]; /* number or shop's code, as typed */
	char reference[REFERENCE_SIZE];
	char pin[PIN_DIGITS_MAX + 1]; /* empty: none */
	bool on;
};

void sms_command_parse(struct sms_command *command, const struct catalogue *catalogue,
		       const char *text);
/* Is it a command, be it with a wrong value?  Else it may be any text that begins with a keyword.
 */
bool sms_command_is_formed(const struct sms_command *command);
void sms_command_wipe(struct sms_command *command);
const char *sms_verb_name(enum sms_verb verb);

/* The first keyword of a list in the catalogue: the one that answers name. */
void sms_keyword_first(char word[SMS_COMMAND_WORD_SIZE], const char *list);

/* An amount as people write it, in the form that amount_parse() takes: "1,000" is 1000 and "5,00"
 * is 5.00 where the currency has two decimals.  False: nobody can tell. */
bool sms_amount_normalize(char amount[SMS_COMMAND_WORD_SIZE], const char *currency);
