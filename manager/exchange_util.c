/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/exchange_util.h"

#include <time.h>

#include <osmocom/core/fsm.h>
#include <osmocom/core/tdef.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/random.h"

#define FNV_PRIME 16777619u
#define FNV_OFFSET 2166136261u

static uint32_t hash_secret(void)
{
	static uint32_t secret;
	static bool drawn;

	/* Without randomness the table still works; it can only be made slow. */
	if (!drawn && random_fill(&secret, sizeof(secret)) < 0)
		secret = FNV_OFFSET;
	drawn = true;
	return secret;
}

uint32_t exchange_hash(const char *text, uint32_t number)
{
	uint32_t h = hash_secret() ^ FNV_OFFSET;

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * FNV_PRIME;
	h = (h ^ number) * FNV_PRIME;
	/* The last rounds mix the high bits of number down to those that pick the bucket. */
	h ^= h >> 16;
	h *= 0x85ebca6bu;
	h ^= h >> 13;
	return h;
}

int64_t exchange_now_ms(void)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void exchange_fsm_enter(struct osmo_fsm_inst *fi, uint32_t state,
			const struct osmo_tdef_state_timeout *timeouts,
			const struct osmo_tdef *tdefs)
{
	const struct osmo_tdef_state_timeout *t = osmo_tdef_get_state_timeout(state, timeouts);

	if (t && t->keep_timer)
		osmo_fsm_inst_state_chg_keep_timer(fi, state);
	else if (t && t->T)
		osmo_fsm_inst_state_chg_ms(fi, state, osmo_tdef_get(tdefs, t->T, OSMO_TDEF_MS, -1),
					   t->T);
	else
		osmo_fsm_inst_state_chg(fi, state, 0, 0);
}

unsigned int exchange_backoff_ms(unsigned int *pause_ms, unsigned int first_ms,
				 unsigned int last_ms)
{
	uint16_t dice;

	*pause_ms = *pause_ms == 0 ? first_ms : OSMO_MIN(*pause_ms * 2, last_ms);
	if (random_fill(&dice, sizeof(dice)) < 0)
		dice = 0;
	return *pause_ms - (unsigned int)((uint64_t)(*pause_ms / 4) * dice / UINT16_MAX);
}
