/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A private PostgreSQL for a test program, by tests/lib/pg.sh: made in a
 * temporary directory, gone with private_pg_stop().  To be included once in a
 * program, after <cmocka.h>; run from the top of the tree.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char private_pg_dir[64];
static char private_pg_address[128]; /* "unix:/..." */
static int private_pg_alive; /* a pipe; its other end sees the program go, however it goes */
static pid_t private_pg_guard;

/* Begins a shell script with pg.sh loaded, $D the directory and psql ready; returns its pid. */
static inline pid_t private_pg_begin(const char *script)
{
	char *text = NULL;
	pid_t pid;
	int len = asprintf(&text,
			   "set -e; D=%s; . tests/lib/pg.sh;"
			   " [ ! -s $D/pg/socket_dir ] || pg_export $D; export PGDATABASE=tegata "
			   "PGOPTIONS=-cjit=off;"
			   " q() { psql -XAtq -v ON_ERROR_STOP=1 \"$@\"; };\n%s",
			   private_pg_dir, script);

	assert_true(len > 0);
	pid = fork();
	if (pid == 0) {
		execl("/bin/bash", "bash", "-c", text, NULL);
		_exit(127);
	}
	free(text);
	return pid;
}

static inline int private_pg_end(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0)
		;
	return status;
}

static inline void private_pg_run(const char *script)
{
	assert_int_equal(private_pg_end(private_pg_begin(script)), 0);
}

/* The first column of the first row, as a number. */
static inline long private_pg_number(const char *sql)
{
	char script[1024];
	char path[128], line[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/answer", private_pg_dir);
	snprintf(script, sizeof(script), "q -c \"%s\" >%s", sql, path);
	private_pg_run(script);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	return strtol(line, NULL, 10);
}

/* Waits for this program's end, or for private_pg_stop(), and takes the server away. */
static inline int private_pg_guard_start(void)
{
	int fds[2];
	char c;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	private_pg_guard = fork();
	if (private_pg_guard == 0) {
		close(fds[1]);
		setsid(); /* who ends the program's group must not end this */
		while (read(fds[0], &c, 1) < 0)
			;
		private_pg_end(private_pg_begin("pg_stop $D; rm -rf $D"));
		_exit(0);
	}
	close(fds[0]);
	private_pg_alive = fds[1];
	return private_pg_guard < 0 ? -1 : 0;
}

static inline int private_pg_start(void)
{
	char path[128];
	FILE *f;

	snprintf(private_pg_dir, sizeof(private_pg_dir), "/tmp/test-pg-XXXXXX");
	if (!mkdtemp(private_pg_dir) || private_pg_guard_start() < 0)
		return -1;
	if (private_pg_end(private_pg_begin("PG_FAST=1 pg_start $D 'max_connections = 60'"
					    " 'restart_after_crash = on'; pg_database tegata")) !=
	    0)
		return -1;
	snprintf(path, sizeof(path), "%s/pg/socket_dir", private_pg_dir);
	f = fopen(path, "r");
	if (!f)
		return -1;
	snprintf(private_pg_address, sizeof(private_pg_address), "unix:");
	if (!fgets(private_pg_address + 5, sizeof(private_pg_address) - 5, f))
		private_pg_address[0] = '\0';
	private_pg_address[strcspn(private_pg_address, "\n")] = '\0';
	fclose(f);
	return 0;
}

static inline void private_pg_stop(void)
{
	close(private_pg_alive);
	private_pg_end(private_pg_guard);
}
