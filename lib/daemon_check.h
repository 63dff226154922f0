/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A configuration file is tried by a process of its own before the running one
 * reads it: libosmovty carries each line out as it reads it, and what stands in
 * front of a fault would be in force.  Both read one copy, so that a file that
 * is being written meanwhile does no harm.
 *
 *   SIGHUP -> daemon_check_start() -> SIGCHLD -> daemon_check_result() -> read the copy, or not
 */
#include <stdio.h>
#include <sys/types.h>

#define DAEMON_CONFIG_MAX_SIZE (1024 * 1024)

struct daemon_check {
	pid_t pid; /* 0: none */
	FILE *copy; /* what is tried */
};

/* Starts "this program --check -c COPY"; what it finds goes to our stderr.  Negative errno where
 * the file cannot be read or the process not be started; -EFBIG: DAEMON_CONFIG_MAX_SIZE. */
int daemon_check_start(struct daemon_check *check, const char *name, const char *config)
	__attribute__((warn_unused_result));

/* 1: good, check->copy is to be read; 0: not; -EAGAIN: it has not ended yet. */
int daemon_check_result(struct daemon_check *check);
/* Closes the copy. */
void daemon_check_end(struct daemon_check *check);
