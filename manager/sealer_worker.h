/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The thread that seals; everything in it may wait, nothing of it touches the
 * select loop's objects.
 *
 *   every interval, while sealer.c says that the lease is ours:
 *     seal_state() ......... is sealing on, the last seal, the horizon now
 *     publish what is sealed and not yet in the file
 *     until the horizon is reached:
 *       BEGIN; rows of [last horizon, bound) -> octets -> leaves -> tree and list;
 *       sign; seal_add(); COMMIT    -- waits for the standby where there is one
 *       publish                     -- only now
 *
 * A seal is published when a COMMIT of ours that came after it (its own, or the
 * next one's) has returned without a warning.  With synchronous_commit = on, which
 * the session sets, and synchronous_standby_names it is then on the standby's disk.
 *
 * What the worker has seen sealed or published and what is no longer in the
 * database has been lost or removed: it seals nothing more until somebody at the
 * manager says that a new epoch begins (VTY "sealer new-epoch").  Another timeline
 * or cluster with the chain whole begins one by itself.
 *
 * Memory: SEALER_FETCH_ROWS rows and one piece of the list, whatever the interval.
 */
#include <pthread.h>
#include <stdatomic.h>

#include <osmocom/core/linuxlist.h>

#include "lib/seal_chain.h"
#include "manager/db_settings.h"
#include "manager/sealer_db.h"

#define SEALER_FETCH_ROWS 5000
#define SEALER_CHUNK_ENTRIES 8192
#define SEALER_HEARTBEAT_S 30 /* an empty seal where there was nothing to seal for so long */
#define SEALER_SUMMARIZE_S 60

struct osmo_it_q;
struct seal_key;

/* What it counts and knows; copied as a whole. */
struct sealer_status {
	bool connected, sealing;
	uint64_t seals, rows, failures;
	int64_t number, published; /* last ones */
	int64_t sealed_at_us; /* realtime; 0: none yet */
	int64_t checked_us; /* realtime: when seal_state() last answered */
	int64_t horizon_since_us; /* realtime: since when the horizon has not moved */
	bool lost; /* seals are gone: waits for a new epoch */
};

enum sealer_event_type {
	SEALER_LOG, /* level, text */
	SEALER_STATUS, /* status */
	SEALER_LINE, /* text: one that was published, without newline */
};

/* From the worker to the loop; freed by who reads it. */
struct sealer_event {
	struct llist_head entry;
	enum sealer_event_type type;
	int level;
	int64_t number;
	struct sealer_status status;
	char text[];
};

struct sealer_worker_config {
	struct db_settings db;
	char instance[64];
	struct seal_key *key; /* the worker's from then on */
	const char *publish_dir;
	unsigned int interval_s;
	int64_t rows_max;
};

struct sealer_worker;

/* The texts in config live as long as the worker.  Events go to queue.  NULL: no thread or no
 * memory (key is freed). */
struct sealer_worker *sealer_worker_start(const struct sealer_worker_config *config,
					  struct osmo_it_q *queue);
/* Seals while run is true. */
void sealer_worker_run(struct sealer_worker *w, bool run);
/* The seals that are gone are given up, and the next one begins an epoch with this reason. */
void sealer_worker_new_epoch(struct sealer_worker *w, const char *reason);
/* Tells it to end; what it waits for is not waited for. */
void sealer_worker_stop(struct sealer_worker *w);
/* Has it ended?  Then w is freed.  wait: until it has. */
bool sealer_worker_join(struct sealer_worker *w, bool wait);
