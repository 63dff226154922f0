/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Writes lines into a dialogue's body, in its language, with amounts and times as people there
 * write them.  What does not fit into the body is left out. */
#include <stdint.h>

#include "manager/dialogue_priv.h"

#define MOMENT_STR_SIZE 40
#define MONEY_STR_SIZE 64
#define TAIL_STR_SIZE 9
#define PEER_STR_SIZE (NUMBER_SIZE + TERMINAL_NAME_SIZE + 4)

#define VARS(...) ((const struct text_var[]){ __VA_ARGS__, { 0 } })

void body_clear(struct dialogue *d);
/* Adds a line. */
void body_add(struct dialogue *d, enum text_id id, const struct text_var *vars);
/* Adds to the line that is there, behind a space. */
void body_append(struct dialogue *d, enum text_id id, const struct text_var *vars);
/* The whole body, as it is. */
void body_set(struct dialogue *d, const char *text);
void body_outcome(struct dialogue *d, enum outcome outcome);
/* Puts text in front of what is there, with a separator of one octet between. */
void body_prepend(struct dialogue *d, const char *text, char separator);

char *money_format(char buf[MONEY_STR_SIZE], const struct dialogue *d, int64_t amount_minor,
		   const char *currency);
/* at in the terminals' time of day, by a text that is a format of strftime. */
char *moment_format(char buf[MOMENT_STR_SIZE], const struct dialogue *d, enum text_id format,
		    int64_t at);
/* The time where it was today, else with its day. */
char *when_format(char buf[MOMENT_STR_SIZE], const struct dialogue *d, int64_t at);
/* The last eight digits of a value id: enough to tell one's own apart. */
char *tail_format(char buf[TAIL_STR_SIZE], int64_t value_id);
/* "+819012345678", or "Book shop (4711)". */
char *peer_format(char buf[PEER_STR_SIZE], const char *address, const char *name);
/* State as it is now: what has passed its expiry is expired, whoever has not noted it yet. */
enum text_id state_text(int state, int64_t expires_at);
