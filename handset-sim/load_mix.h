/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What load consists of: shares of operations, drawn from a seed. */
#include <stdbool.h>
#include <stdint.h>

enum load_op {
	LOAD_ISSUE,
	LOAD_TRANSFER,
	LOAD_LIST,
	LOAD_BALANCE,
	LOAD_CHECK,
	LOAD_HELP,
	LOAD_PAY, /* transfer to a shop */
	LOAD_LOG, /* last operations */
	LOAD_OPS,
};

struct load_mix {
	uint32_t until[LOAD_OPS]; /* running sums of the shares */
	uint64_t state; /* of the generator */
};

const char *load_op_name(enum load_op op);
/* "issue=40,list=20"; shares are relative.  -EINVAL. */
int load_mix_parse(struct load_mix *mix, const char *text, uint32_t seed)
	__attribute__((warn_unused_result));
enum load_op load_mix_draw(struct load_mix *mix);
/* Is op in the mix at all? */
bool load_mix_has(const struct load_mix *mix, enum load_op op);
/* 0 .. n - 1. */
uint32_t load_mix_below(struct load_mix *mix, uint32_t n);
/* Uniform in (0, 1]. */
double load_mix_random(struct load_mix *mix);
