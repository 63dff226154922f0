/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From the chain in the database to the files: what is known to be where it must be. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/seal_text.h"
#include "manager/sealer_priv.h"

#define PUBLISH_MAX 64 /* seals that are read and written at once */

int sealer_resume(struct sealer_worker *w, int64_t number, const uint8_t *hash, int64_t *after)
{
	char text[24], hex[2 * SEAL_HASH_SIZE + 3];
	const struct sealer_param params[] = { { text }, { hex } };
	struct seal s = { .number = number };
	struct seal_values v;
	PGresult *res;
	int rc;

	*after = 0;
	if (number == 0)
		return 0;
	memcpy(s.hash, hash, sizeof(s.hash));
	seal_values(&s, &v);
	snprintf(text, sizeof(text), "%lld", (long long)number);
	osmo_strlcpy(hex, v.value[seal_column_find("hash")], sizeof(hex));
	res = sealer_db_query(&w->db, "SELECT tegata.seal_resume($1, $2)", params, 2);
	if (!res) {
		sealer_fail(w, "resume", w->db.why);
		return -EIO;
	}
	rc = PQgetisnull(res, 0, 0) ? -ENOENT : 0;
	if (rc == 0 && seal_int_parse(after, PQgetvalue(res, 0, 0), PQgetlength(res, 0, 0)) < 0)
		rc = -ENOENT;
	PQclear(res);
	return rc;
}

/* At most PUBLISH_MAX seals above a number; their count, -1: w->why. */
static int seals_read(struct sealer_worker *w, int64_t after, struct seal *seals)
{
	char number[24], max[16], why[SEAL_WHY_SIZE];
	const struct sealer_param params[] = { { number }, { max } };
	struct seal_field fields[SEAL_N_COLUMNS];
	PGresult *res;
	int r, c, n;

	snprintf(number, sizeof(number), "%lld", (long long)after);
	snprintf(max, sizeof(max), "%d", PUBLISH_MAX);
	res = sealer_db_query(&w->db, "SELECT " SEAL_COLUMNS " FROM tegata.seal_after($1, $2)",
			      params, 2);
	if (!res) {
		sealer_fail(w, "seals", w->db.why);
		return -1;
	}
	n = PQntuples(res);
	for (r = 0; r < n; r++) {
		for (c = 0; c < SEAL_N_COLUMNS; c++) {
			fields[c].text = PQgetisnull(res, r, c) ? NULL : PQgetvalue(res, r, c);
			fields[c].len = PQgetlength(res, r, c);
		}
		if (seal_parse(&seals[r], fields, why) < 0) {
			sealer_fail(w, "seals", why);
			n = -1;
			break;
		}
	}
	PQclear(res);
	return n;
}

static void lines_tell(struct sealer_worker *w, const struct seal *seals, int n)
{
	char line[SEAL_LINE_SIZE];
	struct sealer_event *e;
	int i;

	for (i = 0; i < n; i++) {
		e = sealer_event_new(SEALER_LINE, line, seal_line_write(line, &seals[i]) - 1);
		if (e)
			e->number = seals[i].number;
		sealer_event_send(w, e);
	}
}

/* What is in the chain up to `flushed` and not in the file; the directory is open. */
static bool published_catch_up(struct sealer_worker *w)
{
	struct seal seals[PUBLISH_MAX];
	char why[SEAL_WHY_SIZE];
	int64_t after;
	int n, rc = sealer_resume(w, w->publish.last_number, w->publish.last_hash, &after);

	if (rc == -ENOENT)
		return sealer_fail(w, "publish",
				   "the last seal of the file is not in the database");
	if (rc < 0)
		return false;
	while (after < w->flushed) {
		n = seals_read(w, after, seals);
		while (n > 0 && seals[n - 1].number > w->flushed)
			n--;
		if (n <= 0)
			return n == 0;
		if (sealer_publish_add(&w->publish, seals, n, why) < 0)
			return sealer_fail(w, "publish", why);
		lines_tell(w, seals, n);
		after = w->status.published = seals[n - 1].number;
		if (atomic_load(&w->stop))
			return true;
	}
	return true;
}

bool sealer_publish_seals(struct sealer_worker *w)
{
	char why[SEAL_WHY_SIZE];
	bool ok;

	if (sealer_publish_open(&w->publish, why) < 0)
		return sealer_fail(w, "publish", why);
	ok = published_catch_up(w);
	sealer_publish_close(&w->publish);
	return ok;
}

bool sealer_published_look(struct sealer_worker *w)
{
	char why[SEAL_WHY_SIZE];

	if (sealer_publish_open(&w->publish, why) < 0)
		return sealer_fail(w, "publish", why);
	if (w->publish.last_number > w->known.number) {
		w->known.number = w->publish.last_number;
		memcpy(w->known.hash, w->publish.last_hash, SEAL_HASH_SIZE);
	}
	w->status.published = w->publish.last_number;
	sealer_publish_close(&w->publish);
	return true;
}
