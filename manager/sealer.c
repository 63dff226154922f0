/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/sealer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/it_q.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/stats.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/metrics.h"
#include "lib/metrics_http.h"
#include "lib/seal_key.h"
#include "manager/euse_lease.h"
#include "manager/ledger.h"
#include "manager/sealer_loop.h"
#include "manager/sealer_publish.h"

#define RESOURCE "sealer"
#define QUEUE_MAX 4096
#define JOIN_EVERY_MS 50
#define US_PER_S 1000000.0

#define DEFAULT_USER "tegata_sealer"
#define DEFAULT_INTERVAL_S 5
#define DEFAULT_LEASE_TTL_S 10
#define DEFAULT_ROWS_MAX 1000000

enum ctr { CTR_SEALS, CTR_ROWS, CTR_FAILURES };

static const struct rate_ctr_desc ctr_desc[] = {
	[CTR_SEALS] = { "seals", "Seals made" },
	[CTR_ROWS] = { "rows", "Rows sealed" },
	[CTR_FAILURES] = { "failures", "Rounds that failed" },
};

static const struct rate_ctr_group_desc ctr_group_desc = {
	.group_name_prefix = "sealer",
	.group_description = "Sealing of history",
	.class_id = OSMO_STATS_CLASS_GLOBAL,
	.num_ctr = ARRAY_SIZE(ctr_desc),
	.ctr_desc = ctr_desc,
};

/* --- what the worker says -------------------------------------------------------------- */

static void line_add(struct sealer *s, const struct sealer_event *e)
{
	size_t len = strlen(e->text);
	struct sealer_line *line = talloc_size(s, sizeof(*line) + len + 1);

	OSMO_ASSERT(line);
	line->number = e->number;
	memcpy(line->text, e->text, len + 1);
	llist_add_tail(&line->entry, &s->lines);
	if (++s->n_lines <= SEALER_LINES_MAX)
		return;
	line = llist_first_entry(&s->lines, struct sealer_line, entry);
	llist_del(&line->entry);
	talloc_free(line);
	s->n_lines--;
}

static void count(struct sealer *s, enum ctr ctr, uint64_t n)
{
	rate_ctr_add(rate_ctr_group_get_ctr(s->ctrs, ctr), n);
}

static void status_take(struct sealer *s, const struct sealer_status *new)
{
	const struct sealer_status *old = &s->status;

	count(s, CTR_SEALS, new->seals - old->seals);
	count(s, CTR_ROWS, new->rows - old->rows);
	count(s, CTR_FAILURES, new->failures - old->failures);
	s->status = *new;
}

static void event_take(struct osmo_it_q *queue, struct llist_head *item)
{
	struct sealer_event *e = llist_entry(item, struct sealer_event, entry);
	struct sealer *s = queue->data;

	switch (e->type) {
	case SEALER_LOG:
		LOGP(DSEAL, e->level, "%s\n", e->text);
		break;
	case SEALER_STATUS:
		status_take(s, &e->status);
		break;
	case SEALER_LINE:
		line_add(s, e);
		break;
	}
	free(e);
}

/* --- metrics ------------------------------------------------------------------------------ */

static double age_s(int64_t since_us)
{
	struct timespec ts;

	if (!since_us)
		return 0;
	clock_gettime(CLOCK_REALTIME, &ts);
	return OSMO_MAX(ts.tv_sec + ts.tv_nsec / 1e9 - since_us / US_PER_S, 0);
}

static double gauge_age(void *data)
{
	const struct sealer *s = data;

	return age_s(s->status.sealed_at_us);
}

static double gauge_horizon(void *data)
{
	const struct sealer *s = data;

	return s->status.sealing ? age_s(s->status.horizon_since_us) : 0;
}

static double gauge_number(void *data)
{
	const struct sealer *s = data;

	return s->status.number;
}

static double gauge_published(void *data)
{
	const struct sealer *s = data;

	return s->status.published;
}

static double gauge_active(void *data)
{
	const struct sealer *s = data;

	return s->held && s->status.sealing && s->status.connected && !s->status.lost;
}

/* The published lines above a number. */
static char *page_make(void *ctx, const char *after, size_t *len, void *data)
{
	const struct sealer *s = data;
	long long above = after ? strtoll(after, NULL, 10) : 0;
	const struct sealer_line *line;
	char *page = talloc_strdup(ctx, "");

	llist_for_each_entry (line, &s->lines, entry) {
		if (page && line->number > above)
			page = talloc_asprintf_append_buffer(page, "%s\n", line->text);
	}
	*len = page ? strlen(page) : 0;
	return page;
}

static void gauges_register(struct sealer *s)
{
	s->gauges = talloc_new(s);
	metrics_gauge_register(s->gauges, "tegata_sealer_active", "1: this manager seals history",
			       "", gauge_active, s);
	metrics_gauge_register(s->gauges, "tegata_sealer_age_seconds",
			       "Since this manager's last seal", "", gauge_age, s);
	metrics_gauge_register(s->gauges, "tegata_sealer_horizon_age_seconds",
			       "Since a transaction that is open holds the horizon", "",
			       gauge_horizon, s);
	metrics_gauge_register(s->gauges, "tegata_sealer_number", "Last seal made here", "",
			       gauge_number, s);
	metrics_gauge_register(s->gauges, "tegata_sealer_published_number",
			       "Last seal published here", "", gauge_published, s);
	metrics_http_page_register(s->gauges, "/seals", "application/jsonl", page_make, s);
}

/* --- the worker and its lease ---------------------------------------------------------------- */

static void lease_changed(void *data, bool held)
{
	struct sealer *s = data;

	s->held = held;
	if (s->worker)
		sealer_worker_run(s->worker, held);
}

static int key_load(const struct sealer *s, struct seal_key **key)
{
	char why[SEAL_WHY_SIZE];

	*key = seal_key_load(s->config.key_file, why);
	if (*key)
		return 0;
	LOGP(DSEAL, LOGL_ERROR, "sealer: key %s\n", why);
	return -EINVAL;
}

/* With texts of its own, because the thread reads them while settings change. */
static int worker_start(struct sealer *s)
{
	const struct sealer_config *c = &s->config;
	struct sealer_worker_config wc = {
		.interval_s = c->interval_s,
		.rows_max = c->rows_max,
	};
	int rc = key_load(s, &wc.key);

	if (rc < 0)
		return rc;
	s->used = talloc_new(s);
	db_settings_copy(s->used, &wc.db, ledger_db_settings(s->ledger));
	osmo_talloc_replace_string(s->used, &wc.db.user, c->user);
	osmo_talloc_replace_string(s->used, &wc.db.password_file, c->password_file);
	wc.publish_dir = talloc_strdup(s->used, c->publish_dir);
	osmo_strlcpy(wc.instance, ledger_instance(s->ledger), sizeof(wc.instance));
	s->status = (struct sealer_status){ 0 };
	s->worker = sealer_worker_start(&wc, s->queue);
	if (!s->worker) {
		TALLOC_FREE(s->used);
		LOGP(DSEAL, LOGL_ERROR, "sealer: the thread cannot be started\n");
		return -EAGAIN;
	}
	sealer_worker_run(s->worker, s->held);
	return 0;
}

static void lease_end(struct sealer *s)
{
	if (!s->lease)
		return;
	euse_lease_stop(s->lease, true);
	euse_lease_free(s->lease);
	s->lease = NULL;
	s->held = false;
}

static void worker_wanted(struct sealer *s)
{
	if (s->ending || s->worker || !s->started || s->draining || !s->config.key_file)
		return;
	if (worker_start(s) < 0) {
		lease_end(s); /* whoever can shall */
		return;
	}
	if (!s->gauges)
		gauges_register(s);
	if (!s->lease)
		s->lease = euse_lease_new_resource(s, s->ledger, RESOURCE,
						   s->config.lease_ttl_s * 1000, lease_changed, s);
}

static void ending_look(void *data)
{
	struct sealer *s = data;

	if (!sealer_worker_join(s->ending, false)) {
		osmo_timer_schedule(&s->ending_timer, 0, JOIN_EVERY_MS * 1000);
		return;
	}
	s->ending = NULL;
	TALLOC_FREE(s->ending_used);
	worker_wanted(s);
}

static void worker_end(struct sealer *s)
{
	if (!s->worker || s->ending)
		return;
	s->ending = s->worker;
	s->ending_used = s->used;
	s->worker = NULL;
	s->used = NULL;
	sealer_worker_stop(s->ending);
	osmo_timer_schedule(&s->ending_timer, 0, 0);
}

/* --- life ---------------------------------------------------------------------------------------
 */

void sealer_reset(struct sealer *s)
{
	struct sealer_config *c = &s->config;

	osmo_talloc_replace_string(s, &c->key_file, NULL);
	osmo_talloc_replace_string(s, &c->password_file, NULL);
	osmo_talloc_replace_string(s, &c->publish_dir, NULL);
	osmo_talloc_replace_string(s, &c->user, DEFAULT_USER);
	c->interval_s = DEFAULT_INTERVAL_S;
	c->lease_ttl_s = DEFAULT_LEASE_TTL_S;
	c->rows_max = DEFAULT_ROWS_MAX;
}

struct sealer *sealer_new(void *ctx, struct ledger *ledger)
{
	struct sealer *s = talloc_zero(ctx, struct sealer);

	OSMO_ASSERT(s);
	s->ledger = ledger;
	INIT_LLIST_HEAD(&s->lines);
	osmo_timer_setup(&s->ending_timer, ending_look, s);
	sealer_reset(s);
	return s;
}

int sealer_check(const struct sealer *s)
{
	const struct sealer_config *c = &s->config;
	char why[SEAL_WHY_SIZE];
	struct seal_key *key;
	int rc;

	if (!c->key_file)
		return 0;
	if (!c->publish_dir) {
		LOGP(DSEAL, LOGL_ERROR, "sealer: 'key' needs 'publish directory'\n");
		return -EINVAL;
	}
	rc = key_load(s, &key);
	if (rc < 0)
		return rc;
	seal_key_free(key);
	rc = sealer_publish_check(c->publish_dir, why);
	if (rc < 0)
		LOGP(DSEAL, LOGL_ERROR, "sealer: publish directory %s\n", why);
	return rc;
}

int sealer_start(struct sealer *s)
{
	int rc = sealer_check(s);

	if (rc < 0)
		return rc;
	s->queue = osmo_it_q_alloc(s, RESOURCE, QUEUE_MAX, event_take, s);
	s->ctrs = rate_ctr_group_alloc(s, &ctr_group_desc, 0);
	if (!s->queue || !s->ctrs || osmo_fd_register(&s->queue->event_ofd) < 0)
		return -ENOMEM;
	s->started = true;
	worker_wanted(s);
	return 0;
}

/* Always a new worker: the key's file may hold another one. */
void sealer_reload(struct sealer *s)
{
	if (!s->config.key_file) {
		lease_end(s);
		TALLOC_FREE(s->gauges);
	}
	worker_end(s);
	worker_wanted(s);
}

void sealer_drain(struct sealer *s)
{
	s->draining = true;
	worker_end(s);
	lease_end(s);
}

bool sealer_drained(const struct sealer *s)
{
	return !s->worker && !s->ending;
}

void sealer_stop(struct sealer *s)
{
	sealer_drain(s);
	osmo_timer_del(&s->ending_timer);
	if (s->ending)
		sealer_worker_join(s->ending, true);
	s->ending = NULL;
	TALLOC_FREE(s->ending_used);
}
