/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Writes lines into a dialogue's body, in its language (text_writer.h). */
#include <stdint.h>

#include "manager/dialogue_priv.h"
#include "manager/text_writer.h"

/* To write behind what is in the body; body_written() then. */
struct text_writer body_writer(struct dialogue *d);
void body_written(struct dialogue *d, const struct text_writer *w);

void body_clear(struct dialogue *d);
/* Adds a line. */
void body_add(struct dialogue *d, enum text_id id, const struct text_var *vars);
/* The whole body, as it is. */
void body_set(struct dialogue *d, const char *text);
/* Puts text in front of what is there, with a separator of one octet between. */
void body_prepend(struct dialogue *d, const char *text, char separator);

char *money_format(char buf[MONEY_STR_SIZE], const struct dialogue *d, int64_t amount_minor,
		   const char *currency);
char *moment_format(char buf[MOMENT_STR_SIZE], const struct dialogue *d, enum text_id format,
		    int64_t at);
char *when_format(char buf[MOMENT_STR_SIZE], const struct dialogue *d, int64_t at);
