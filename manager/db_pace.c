/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_pace.h"

#include <osmocom/core/utils.h>

#define DECAY 0.97 /* about the last hundred batches count */
#define BATCHES_MIN 8 /* before anything is concluded */
#define SPREAD_MIN 0.02 /* of the mean, squared: below it sizes say nothing about each other */
#define PROBE 0.75 /* of the mean size, where all were alike and too slow */

void db_pace_note(struct db_pace *p, size_t n, int64_t us)
{
	p->weight = p->weight * DECAY + 1;
	p->n = p->n * DECAY + n;
	p->us = p->us * DECAY + us;
	p->n_n = p->n_n * DECAY + (double)n * n;
	p->n_us = p->n_us * DECAY + (double)n * us;
}

static size_t between(double n, size_t max)
{
	if (n >= max)
		return max;
	return OSMO_MAX((size_t)OSMO_MAX(n, 0), OSMO_MIN(DB_PACE_MIN, max));
}

size_t db_pace_limit(const struct db_pace *p, int64_t goal_us, size_t max)
{
	double n, us, spread, each, fixed;

	if (goal_us == 0 || p->weight < BATCHES_MIN)
		return max;
	n = p->n / p->weight;
	us = p->us / p->weight;
	spread = p->n_n / p->weight - n * n;
	if (spread < SPREAD_MIN * n * n)
		return us > goal_us ? between(PROBE * n, max) : max;
	each = (p->n_us / p->weight - n * us) / spread;
	fixed = us - each * n;
	if (each <= 0 || fixed >= goal_us)
		return max;
	return between((goal_us - fixed) / each, max);
}
