/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What both daemons do alike: options, log targets, VTY and CTRL on loopback,
 * signals, the loop, systemd's notification socket.
 *
 *   daemon_run:  read configuration -> start() -> READY=1 to systemd -> select loop
 *     SIGHUP  -> log files are opened again; the configuration is tried by a process of its
 *                own, and where it is good: reset() -> it is read -> reload()
 *     SIGTERM -> drain(), then drained() is asked every 50 ms until true or
 *                drain-timeout passed -> stop() -> exit 0
 *     SIGTERM or SIGINT again -> stop() at once
 */
#include <stdbool.h>

#include <osmocom/core/logging.h>
#include <osmocom/vty/vty.h>

struct daemon_handler {
	/* Can what was read be used, the files that it names too?  Negative errno (logged, with the
	 * setting): no.  All that start() checks and needs no socket for.  Changes nothing; asked
	 * before start(), and by the process that tries a file. */
	int (*check)(void *data);
	int (*start)(void *data);
	/* Every setting has its default again.  The file is read next, in the same turn of the
	 * loop; nothing takes effect before reload(). */
	void (*reset)(void *data);
	void (*reload)(void *data);
	void (*drain)(void *data);
	bool (*drained)(void *data);
	void (*stop)(void *data);
	bool (*ready)(void *data); /* for /readyz and the log; asked several times a second */
};

struct daemon {
	const char *name; /* "tegata-manager" */
	const char *description;
	const char *default_config;
	int vty_port, ctrl_port; /* used unless configured */
	void *ctx;
	const struct daemon_handler *handler;
	void *data; /* a talloc object: the CTRL interface hangs on it */
};

/* Call first: talloc, logging with lib/log_category.h, VTY library.  Returns the root context. */
void *daemon_init(struct daemon *d);
/* Parses argv and runs until the end; returns the exit code. */
int daemon_run(struct daemon *d, int argc, char **argv);
/* The daemon's own VTY settings ("drain-timeout", "metrics bind"); node is the program's. */
void daemon_vty_init(struct daemon *d, int node);
/* For a node's config write function. */
void daemon_vty_write(struct vty *vty);
