/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What kind is a text, thousands of times a second: texts that differ in their
 * digits only are of one shape, and a regular expression looks at the first of
 * each shape.
 */
#include <stdbool.h>
#include <stdint.h>

#include "handset-sim/text_rules.h"
#include "lib/ussd_ss.h"

#define LOAD_SHAPES_MAX 64 /* further shapes are looked at one by one */

struct load_shape {
	uint64_t hash;
	uint64_t n;
	enum text_kind kind;
	bool confirm;
	bool question;
	char example[USSD_TEXT_SIZE];
};

struct load_texts {
	const struct text_rules *rules;
	uint32_t n_shapes;
	struct load_shape shapes[LOAD_SHAPES_MAX];
	struct load_shape other; /* the last one that found no place */
};

/* Counts the text; the answer lives until the next call. */
const struct load_shape *load_texts_look(struct load_texts *t, const char *text, bool question);
