/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "handset-sim/link_faults.h"
#include "handset-sim/load_mix.h"
#include "lib/log_category.h"

#define LATE_MS_DEFAULT 2000
#define LATE_MS_MAX 60000
/* Long enough for a message that comes after to overtake. */
#define REORDER_MS 30

enum fault { FAULT_TWICE, FAULT_LATE, FAULT_REORDER, FAULT_LATE_MS, N_FAULTS };

static const char *const names[N_FAULTS] = { "twice", "late", "reorder", "late-ms" };

struct link_faults {
	uint32_t n[N_FAULTS];
	struct load_mix random;
	uint32_t n_waiting;
	int (*send)(void *data, const uint8_t *gsup, size_t len);
	void *data;
};

struct waiting {
	struct link_faults *faults;
	struct osmo_timer_list timer;
	size_t len;
	uint8_t gsup[GSUP_MSG_MAX_SIZE];
};

static bool faults_parse(struct link_faults *f, void *ctx, const char *text)
{
	char *rest = talloc_strdup(ctx, text), *one, *end;

	f->n[FAULT_LATE_MS] = LATE_MS_DEFAULT;
	while ((one = strsep(&rest, ",")) != NULL) {
		char *number = strchr(one, '=');
		unsigned long n;
		int i = 0;

		if (!number)
			return false;
		*number++ = '\0';
		n = strtoul(number, &end, 10);
		while (i < N_FAULTS && strcmp(names[i], one) != 0)
			i++;
		if (i == N_FAULTS || *number < '0' || *number > '9' || *end ||
		    n > (i == FAULT_LATE_MS ? LATE_MS_MAX : 1000))
			return false;
		f->n[i] = n;
	}
	return true;
}

struct link_faults *link_faults_new(void *ctx, const char *text, uint32_t seed,
				    int (*send)(void *data, const uint8_t *gsup, size_t len),
				    void *data)
{
	struct link_faults *f = talloc_zero(ctx, struct link_faults);

	OSMO_ASSERT(f);
	f->send = send;
	f->data = data;
	/* Only its generator is wanted. */
	if (!faults_parse(f, f, text) || load_mix_parse(&f->random, "help=1", seed) < 0) {
		talloc_free(f);
		return NULL;
	}
	return f;
}

static int waiting_destroy(struct waiting *w)
{
	osmo_timer_del(&w->timer);
	w->faults->n_waiting--;
	return 0;
}

static void on_due(void *data)
{
	struct waiting *w = data;

	/* A link that went down meanwhile takes it with it, as a network does. */
	if (w->faults->send(w->faults->data, w->gsup, w->len) < 0)
		LOGP(DSIM, LOGL_INFO, "late message not sent: the link is down\n");
	talloc_free(w);
}

static void later(struct link_faults *f, const uint8_t *gsup, size_t len, uint32_t ms)
{
	struct waiting *w = talloc_zero(f, struct waiting);

	OSMO_ASSERT(w && len <= sizeof(w->gsup));
	w->faults = f;
	w->len = len;
	memcpy(w->gsup, gsup, len);
	f->n_waiting++;
	talloc_set_destructor(w, waiting_destroy);
	osmo_timer_setup(&w->timer, on_due, w);
	osmo_timer_schedule(&w->timer, ms / 1000, ms % 1000 * 1000);
}

static bool drawn(struct link_faults *f, enum fault fault)
{
	return f->n[fault] > load_mix_below(&f->random, 1000);
}

int link_faults_send(struct link_faults *f, const uint8_t *gsup, size_t len)
{
	uint32_t late_ms = 1 + load_mix_below(&f->random, f->n[FAULT_LATE_MS]);

	if (f->n_waiting >= LINK_FAULTS_WAITING_MAX)
		return f->send(f->data, gsup, len);
	if (drawn(f, FAULT_TWICE))
		later(f, gsup, len, load_mix_below(&f->random, 2) ? late_ms : 1);
	if (drawn(f, FAULT_LATE))
		later(f, gsup, len, late_ms);
	else if (drawn(f, FAULT_REORDER))
		later(f, gsup, len, REORDER_MS);
	else
		return f->send(f->data, gsup, len);
	return 0;
}
