/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Inside of the sealer's part on the loop: sealer.c, sealer_vty.c. */
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>

#include "manager/sealer.h"
#include "manager/sealer_worker.h"

struct euse_lease;
struct osmo_it_q;
struct rate_ctr_group;

struct sealer_config {
	char *key_file; /* NULL: this manager does not seal */
	char *user, *password_file, *publish_dir;
	unsigned int interval_s, lease_ttl_s;
	unsigned int rows_max;
};

struct sealer_line {
	struct llist_head entry;
	int64_t number;
	char text[];
};

struct sealer {
	struct ledger *ledger;
	struct sealer_config config;
	struct osmo_it_q *queue;
	struct euse_lease *lease;
	struct sealer_worker *worker;
	void *used; /* what the worker's configuration hangs on */
	struct sealer_worker *ending; /* told to stop */
	void *ending_used;
	struct osmo_timer_list ending_timer;
	bool started, draining, held;
	struct sealer_status status;
	struct rate_ctr_group *ctrs;
	void *gauges; /* parent of what is shown only while there is a worker */
	struct llist_head lines;
	unsigned int n_lines;
};
