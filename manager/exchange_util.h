/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Small things that the exchange adapters share: a hash for keys that peers
 * choose, the monotonic clock, and FSM states whose time is an osmo_tdef.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct osmo_fsm_inst;
struct osmo_tdef;
struct osmo_tdef_state_timeout;

/* Hash of a string and a number, keyed by a secret of this process, so that a peer who chooses
 * session ids cannot put them all into one bucket. */
uint32_t exchange_hash(const char *text, uint32_t number);

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t exchange_now_ms(void);

/* Enters state with the time that timeouts (32 of them) and tdefs have for it, in milliseconds:
 * osmo_tdef_fsm_inst_state_chg() of libosmocore rounds up to full seconds. */
void exchange_fsm_enter(struct osmo_fsm_inst *fi, uint32_t state,
			const struct osmo_tdef_state_timeout *timeouts,
			const struct osmo_tdef *tdefs);

/* The next pause before something is tried again: doubled from first_ms to last_ms, and then
 * less up to a quarter, so that many who lost the same peer do not come back all at once.
 * *pause_ms is the state between calls; 0 starts anew. */
unsigned int exchange_backoff_ms(unsigned int *pause_ms, unsigned int first_ms,
				 unsigned int last_ms);
