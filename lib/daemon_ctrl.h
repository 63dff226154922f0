/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * CTRL variables that both daemons have: "version" and "ready" (1 or 0).  Counters are there as
 * "rate_ctr.abs.GROUP.INDEX.NAME", by libosmoctrl.
 */
#include <stdbool.h>

/* After the CTRL interface was set up.  0, or not where a variable could not be installed. */
int daemon_ctrl_init(bool (*ready_cb)(void *data));
