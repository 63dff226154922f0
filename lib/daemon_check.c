/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/daemon_check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The program that runs, even when a newer one was installed over it. */
#define OWN_PROGRAM "/proc/self/exe"

int daemon_check_start(pid_t *pid, const char *name, const char *config)
{
	char *const argv[] = { (char *)name, "--check", "-c", (char *)config, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	int rc;

	sigemptyset(&none);
	rc = posix_spawn_file_actions_init(&files);
	if (rc)
		return -rc;
	rc = posix_spawnattr_init(&attr);
	if (rc)
		goto out;
	/* Our signals are blocked, and our sockets are not its business. */
	rc = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	if (!rc)
		rc = posix_spawnattr_setsigmask(&attr, &none);
	if (!rc)
		rc = posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY,
						      0);
	if (!rc)
		rc = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	if (!rc)
		rc = posix_spawn(pid, OWN_PROGRAM, &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
out:
	posix_spawn_file_actions_destroy(&files);
	return -rc;
}

int daemon_check_result(pid_t pid)
{
	pid_t ended;
	int status;

	do
		ended = waitpid(pid, &status, WNOHANG);
	while (ended < 0 && errno == EINTR);
	if (ended == 0)
		return -EAGAIN;
	return ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
