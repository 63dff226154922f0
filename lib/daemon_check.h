/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A configuration file is tried by a process of its own before the running one
 * reads it: libosmovty carries each line out as it reads it, and what stands in
 * front of a fault would be in force.
 *
 *   SIGHUP -> daemon_check_start() -> SIGCHLD -> daemon_check_result() -> read, or not
 */
#include <sys/types.h>

/* Starts "this program --check -c config"; what it finds goes to our stderr.  *pid: to be waited
 * for.  Negative errno where it cannot be started. */
int daemon_check_start(pid_t *pid, const char *name, const char *config)
	__attribute__((warn_unused_result));

/* 1: good; 0: not; -EAGAIN: it has not ended yet. */
int daemon_check_result(pid_t pid);
