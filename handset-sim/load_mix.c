/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "handset-sim/load_mix.h"

#define SHARE_MAX 1000000

static const char *const names[LOAD_OPS] = {
	[LOAD_ISSUE] = "issue",	    [LOAD_TRANSFER] = "transfer", [LOAD_LIST] = "list",
	[LOAD_BALANCE] = "balance", [LOAD_CHECK] = "check",	  [LOAD_HELP] = "help",
	[LOAD_PAY] = "pay",	    [LOAD_LOG] = "log",
};

const char *load_op_name(enum load_op op)
{
	return names[op];
}

static int op_find(const char *name, size_t len)
{
	int i;

	for (i = 0; i < LOAD_OPS; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return i;
	return -EINVAL;
}

int load_mix_parse(struct load_mix *mix, const char *text, uint32_t seed)
{
	uint32_t shares[LOAD_OPS] = { 0 }, sum = 0;
	int i;

	while (*text) {
		size_t name_len = strcspn(text, "=,");
		int op = op_find(text, name_len);
		unsigned long share;
		char *end;

		if (op < 0 || text[name_len] != '=' || text[name_len + 1] < '0' ||
		    text[name_len + 1] > '9')
			return -EINVAL;
		share = strtoul(text + name_len + 1, &end, 10);
		if (share > SHARE_MAX || (*end && *end != ',') || shares[op])
			return -EINVAL;
		shares[op] = share;
		text = *end ? end + 1 : end;
	}
	for (i = 0; i < LOAD_OPS; i++)
		mix->until[i] = sum += shares[i];
	mix->state = ((uint64_t)seed << 32) ^ 0x9e3779b97f4a7c15ULL;
	return sum > 0 ? 0 : -EINVAL;
}

/* xorshift64*; good enough to choose by, and the same everywhere. */
static uint32_t random_next(struct load_mix *mix)
{
	mix->state ^= mix->state >> 12;
	mix->state ^= mix->state << 25;
	mix->state ^= mix->state >> 27;
	return (mix->state * 0x2545f4914f6cdd1dULL) >> 32;
}

double load_mix_random(struct load_mix *mix)
{
	return (random_next(mix) + 1.0) / 4294967296.0;
}

bool load_mix_has(const struct load_mix *mix, enum load_op op)
{
	return mix->until[op] > (op > 0 ? mix->until[op - 1] : 0);
}

uint32_t load_mix_below(struct load_mix *mix, uint32_t n)
{
	return ((uint64_t)random_next(mix) * n) >> 32;
}

enum load_op load_mix_draw(struct load_mix *mix)
{
	uint32_t n = load_mix_below(mix, mix->until[LOAD_OPS - 1]);
	int op = 0;

	while (n >= mix->until[op])
		op++;
	return op;
}
