/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the thread does every few seconds: is anything to be sealed, and how far; then publish. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/logging.h>
#include <osmocom/core/utils.h>

#include "lib/seal_text.h"
#include "manager/sealer_priv.h"

#define US_PER_S 1000000LL
#define STATE_COLUMNS                                                                       \
	"sealing, now, horizon, system_identifier, timeline, standby, coalesce(number, 0)," \
	" coalesce(epoch, 0), coalesce(to_xact, 0), coalesce(hash, ''), coalesce("          \
	"last_system_identifier, 0), coalesce(last_timeline, 0), coalesce(sealed_at, 'epoch')"

/* --- what the database says ------------------------------------------------------------- */

static int64_t int_of(const PGresult *res, int row, int column)
{
	int64_t v = 0;

	if (seal_int_parse(&v, PQgetvalue(res, row, column), PQgetlength(res, row, column)) < 0)
		return 0;
	return v;
}

static int64_t time_of(const PGresult *res, int row, int column)
{
	int64_t v = 0;

	if (seal_time_parse(&v, PQgetvalue(res, row, column), PQgetlength(res, row, column)) < 0)
		return 0;
	return v;
}

static bool state_read(struct sealer_worker *w, struct sealer_state *st)
{
	PGresult *res = sealer_db_query(&w->db, "SELECT " STATE_COLUMNS " FROM tegata.seal_state()",
					NULL, 0);

	if (!res)
		return sealer_fail(w, "state", w->db.why);
	*st = (struct sealer_state){
		.sealing = PQgetvalue(res, 0, 0)[0] == 't',
		.now_us = time_of(res, 0, 1),
		.horizon = int_of(res, 0, 2),
		.system_identifier = int_of(res, 0, 3),
		.timeline = int_of(res, 0, 4),
		.standby = PQgetvalue(res, 0, 5)[0] == 't',
		.last = {
			.number = int_of(res, 0, 6),
			.epoch = int_of(res, 0, 7),
			.to_xact = int_of(res, 0, 8),
			.system_identifier = int_of(res, 0, 10),
			.timeline = int_of(res, 0, 11),
			.sealed_at_us = time_of(res, 0, 12),
		},
	};
	if (PQgetlength(res, 0, 9) == 2 + 2 * SEAL_HASH_SIZE &&
	    seal_octets_parse(st->last.hash, PQgetvalue(res, 0, 9), 2 + 2 * SEAL_HASH_SIZE) < 0)
		st->last.number = 0;
	PQclear(res);
	w->status.connected = true;
	w->status.sealing = st->sealing;
	w->status.checked_us = sealer_now_us();
	if (st->horizon != w->horizon || !w->status.horizon_since_us)
		w->status.horizon_since_us = w->status.checked_us;
	w->horizon = st->horizon;
	return true;
}

/* --- sealing ------------------------------------------------------------------------------------
 */

static bool new_epoch_take(struct sealer_worker *w, char reason[SEAL_REASON_SIZE])
{
	bool taken;

	pthread_mutex_lock(&w->mutex);
	taken = w->new_epoch;
	if (taken)
		osmo_strlcpy(reason, w->new_epoch_reason, SEAL_REASON_SIZE);
	w->new_epoch = false;
	pthread_mutex_unlock(&w->mutex);
	return taken;
}

/* What was sealed or published before is still there; else the next seal says what is lost, where
 * somebody has taken that upon him. */
static bool continues(struct sealer_worker *w, const struct sealer_state *st, struct seal *s)
{
	int64_t after;
	int rc = 0;

	if (w->known.number != st->last.number ||
	    (st->last.number && memcmp(w->known.hash, st->last.hash, SEAL_HASH_SIZE)))
		rc = sealer_resume(w, w->known.number, w->known.hash, &after);
	if (rc == -EIO)
		return false;
	w->status.lost = rc == -ENOENT;
	if (!w->status.lost) {
		w->known = st->last;
		return true;
	}
	if (!new_epoch_take(w, s->reason)) {
		snprintf(w->why, sizeof(w->why),
			 "seal %lld was made and is not in the database, which ends with %lld: "
			 "restored, or tampered with? nothing is sealed until 'sealer new-epoch'",
			 (long long)w->known.number, (long long)st->last.number);
		return false;
	}
	/* What was published is what others know; it may be older than what we know. */
	rc = sealer_resume(w, w->publish.last_number, w->publish.last_hash, &after);
	if (rc == -EIO)
		return false;
	s->lost_number = rc < 0 ? w->publish.last_number : w->known.number;
	memcpy(s->lost_hash, rc < 0 ? w->publish.last_hash : w->known.hash, SEAL_HASH_SIZE);
	return true;
}

/* The next seal, but for what the rows say.  forced: also where there are no rows. */
static bool seal_begin(struct sealer_worker *w, const struct sealer_state *st, struct seal *s,
		       bool *forced)
{
	const struct seal *last = &st->last;

	*s = (struct seal){
		.number = last->number + 1,
		.system_identifier = st->system_identifier,
		.timeline = st->timeline,
		.epoch = OSMO_MAX(last->epoch, 1),
		.from_xact = last->to_xact,
		.format = SEAL_FORMAT,
	};
	if (!continues(w, st, s))
		return false;
	memcpy(s->previous, last->hash, SEAL_HASH_SIZE);
	if (st->horizon < last->to_xact)
		return sealer_fail(
			w, "horizon",
			"this cluster's transaction numbers are below those that are sealed; "
			"operations.md says how to raise them after a restore from a dump");
	if (last->number && (s->lost_number || last->timeline != st->timeline ||
			     last->system_identifier != st->system_identifier)) {
		s->epoch++;
		if (!s->reason[0])
			snprintf(s->reason, sizeof(s->reason),
				 "cluster %lld timeline %d, before: cluster %lld timeline %d",
				 (long long)st->system_identifier, st->timeline,
				 (long long)last->system_identifier, last->timeline);
		sealer_say(w, LOGL_NOTICE, "epoch %d begins with seal %lld: %s", s->epoch,
			   (long long)s->number, s->reason);
	}
	*forced = s->epoch != last->epoch || w->flushed < last->number ||
		  st->now_us - last->sealed_at_us >= SEALER_HEARTBEAT_S * US_PER_S;
	return true;
}

/* Where the interval ends; the horizon, unless there are too many rows. */
static bool bound_find(struct sealer_worker *w, int64_t from, int64_t horizon, int64_t *bound)
{
	int64_t to = horizon - from > w->span ? from + w->span : horizon;
	char from_text[24], to_text[24], max[24];
	const struct sealer_param params[] = { { from_text }, { to_text }, { max } };
	PGresult *res;

	snprintf(from_text, sizeof(from_text), "%lld", (long long)from);
	snprintf(to_text, sizeof(to_text), "%lld", (long long)to);
	snprintf(max, sizeof(max), "%lld", (long long)w->config.rows_max);
	res = sealer_db_query(&w->db, "SELECT tegata.seal_bound($1, $2, $3)", params, 3);
	if (!res)
		return sealer_fail(w, "bound", w->db.why);
	*bound = int_of(res, 0, 0);
	PQclear(res);
	if (*bound < from || *bound > horizon)
		return sealer_fail(w, "bound", "outside of the interval");
	/* Halving from the horizon costs less when it begins near the answer. */
	if (*bound < to)
		w->span = OSMO_MAX((*bound - from) * 2, 1);
	else if (to < horizon)
		w->span = w->span < INT64_MAX / 4 ? w->span * 4 : INT64_MAX;
	else
		w->span = INT64_MAX;
	return true;
}

/* One seal; *more: the horizon is not reached. */
static bool seal_one(struct sealer_worker *w, bool *more)
{
	struct sealer_state st;
	struct seal s;
	bool forced = false;

	*more = false;
	w->status.sealing = false;
	if (!state_read(w, &st))
		return false;
	if (!st.sealing)
		return true;
	if (w->config.db.require_synchronous_standby && !st.standby)
		return sealer_fail(w, "standby",
				   "commits wait for none, and the configuration demands it");
	if (!sealer_published_look(w) || !seal_begin(w, &st, &s, &forced) ||
	    !bound_find(w, s.from_xact, st.horizon, &s.to_xact))
		return false;
	s.sealed_at_us = st.now_us;
	*more = s.to_xact < st.horizon;
	if (!sealer_interval_seal(w, &s, !forced && !*more))
		return false;
	if (s.number == 0)
		return true;
	w->known = s;
	w->flushed = s.number;
	w->status.seals++;
	w->status.rows += s.row_count;
	w->status.number = s.number;
	w->status.sealed_at_us = sealer_now_us();
	return sealer_publish_seals(w);
}

static bool summarize(struct sealer_worker *w)
{
	int64_t now_us = sealer_now_us();

	if (w->summarized_us && now_us - w->summarized_us < SEALER_SUMMARIZE_S * US_PER_S)
		return true;
	w->summarized_us = now_us;
	return sealer_db_run(&w->db, "SELECT tegata.seal_summarize()") ||
	       sealer_fail(w, "summarize", w->db.why);
}

bool sealer_round(struct sealer_worker *w)
{
	bool more = true;

	if (!w->db.conn) {
		w->status.connected = false;
		if (sealer_db_connect(&w->db, &w->config.db, w->config.instance) < 0)
			return sealer_fail(w, "connect", w->db.why);
	}
	while (more && !atomic_load(&w->stop) && atomic_load(&w->run)) {
		if (!seal_one(w, &more))
			return false;
		if (w->status.sealing && !summarize(w))
			return false;
		if (more)
			sealer_status_send(w);
	}
	return true;
}
