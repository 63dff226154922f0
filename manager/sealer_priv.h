/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Inside of the sealer's thread.
 *
 *   sealer_worker.c    the thread, and what it tells the loop
 *   sealer_round.c     a round: what to seal, how far
 *   sealer_interval.c  one interval: rows to a signed seal, in one transaction
 *   sealer_lines.c     from the chain to the files: what may be published
 *   sealer_publish.c   the files
 *   sealer_db.c        the connection
 */
#include "lib/seal_hash.h"
#include "lib/seal_row.h"
#include "manager/sealer_db.h"
#include "manager/sealer_publish.h"
#include "manager/sealer_worker.h"

/* Answer of seal_state(). */
struct sealer_state {
	bool sealing, standby;
	int64_t now_us;
	int64_t horizon, system_identifier;
	int timeline;
	struct seal last; /* number 0: none; hash, to_xact, epoch, cluster and time only */
};

struct sealer_worker {
	struct sealer_worker_config config;
	struct osmo_it_q *queue;
	pthread_t thread;
	int wake_fd;
	atomic_bool stop, run, ended;
	pthread_mutex_t mutex; /* of what follows */
	bool new_epoch;
	char new_epoch_reason[SEAL_REASON_SIZE];

	/* The thread's own. */
	struct sealer_db db;
	struct sealer_publish publish;
	struct sealer_status status;
	struct seal_hasher *hasher, *list_hasher;
	struct seal_row row;
	uint8_t *chunk;
	struct seal known; /* the last seal that we made, or found published */
	int64_t flushed; /* seals up to this number are known to be where they must be */
	int64_t horizon;
	int64_t span; /* how many transactions to try at once, while there is a backlog */
	int64_t summarized_us;
	char why[SEALER_WHY_SIZE];
	char said[SEALER_WHY_SIZE]; /* the failure that was logged last */
};

/* Fills and adds s, which has everything but what the rows say: count, root, list, key, hash,
 * signature.  unless_empty: where there are no rows nothing is done, and s->row_count is 0 and
 * s->number too.  false: w->why, nothing was sealed, or it is not known (then the connection is
 * closed). */
bool sealer_interval_seal(struct sealer_worker *w, struct seal *s, bool unless_empty);

/* --- sealer_worker.c ------------------------------------------------------------- */

int64_t sealer_now_us(void); /* realtime */
/* NULL: no memory.  A queue that is full loses what the next round says again. */
struct sealer_event *sealer_event_new(enum sealer_event_type type, const char *text, size_t len);
void sealer_event_send(struct sealer_worker *w, struct sealer_event *e);
void sealer_say(struct sealer_worker *w, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void sealer_status_send(struct sealer_worker *w);
/* Sets w->why; false. */
bool sealer_fail(struct sealer_worker *w, const char *what, const char *why);

/* --- sealer_round.c -------------------------------------------------------------- */

/* Connects where that is needed, and seals up to the horizon.  false: w->why. */
bool sealer_round(struct sealer_worker *w);

/* --- sealer_lines.c -------------------------------------------------------------- */

/* Behind which seal the chain goes on after this one; -ENOENT: it is gone; -EIO: w->why. */
int sealer_resume(struct sealer_worker *w, int64_t number, const uint8_t *hash, int64_t *after);
/* The last line of the files is a seal that we know of; another manager may have added it. */
bool sealer_published_look(struct sealer_worker *w);
/* Publishes what is known to be flushed. */
bool sealer_publish_seals(struct sealer_worker *w);
