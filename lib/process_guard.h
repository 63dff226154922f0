/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Keeps what a process has in its memory (keys of shops while they are asked
 * with, private keys of certificates, passwords) out of core files and away from
 * other processes of the same user: prctl(2) PR_SET_DUMPABLE, which also refuses
 * ptrace and /proc/PID/mem, and RLIMIT_CORE.
 */
#include <stdbool.h>

/* First of all: no core, nobody looks in.  Negative errno (then nothing is to be started). */
int process_guard_begin(void) __attribute__((warn_unused_result));

/* Core files as the limits of the process were when it began, or none. */
int process_guard_core_dumps(bool allowed) __attribute__((warn_unused_result));
