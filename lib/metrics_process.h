/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
#include <stdint.h>

/* The process's own figures; what /proc does not tell is 0. */
struct metrics_process {
	double cpu_s;
	double start_time_s; /* since 1970 */
	uint64_t resident_bytes;
	unsigned int open_fds;
};

void metrics_process_read(struct metrics_process *p);
