/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/daemon_check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <unistd.h>

/* The program that runs, even when a newer one was installed over it. */
#define OWN_PROGRAM "/proc/self/exe"
/* Where the other process has the copy. */
#define COPY_FD (STDERR_FILENO + 1)
#define COPY_PATH "/proc/self/fd/3"

static int copy_octets(int to, int from)
{
	off_t left = DAEMON_CONFIG_MAX_SIZE + 1;
	ssize_t n;

	do {
		n = sendfile(to, from, NULL, left);
		if (n < 0)
			return -errno;
		left -= n;
	} while (n > 0 && left > 0);
	return left > 0 ? 0 : -EFBIG;
}

/* In memory, at its beginning. */
static int copy_make(FILE **copy, const char *config)
{
	int from = open(config, O_RDONLY | O_CLOEXEC), to, rc;

	if (from < 0)
		return -errno;
	to = memfd_create("configuration", MFD_CLOEXEC);
	rc = to < 0 ? -errno : copy_octets(to, from);
	close(from);
	if (rc == 0) {
		*copy = fdopen(to, "r");
		rc = *copy ? 0 : -errno;
	}
	if (rc == 0)
		rewind(*copy);
	else if (to >= 0)
		close(to);
	return rc;
}

static int process_start(pid_t *pid, const char *name, int copy)
{
	char *const argv[] = { (char *)name, "--check", "-c", COPY_PATH, NULL };
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
		rc = posix_spawn_file_actions_adddup2(&files, copy, COPY_FD);
	if (!rc)
		rc = posix_spawn_file_actions_addclosefrom_np(&files, COPY_FD + 1);
	if (!rc)
		rc = posix_spawn(pid, OWN_PROGRAM, &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
out:
	posix_spawn_file_actions_destroy(&files);
	return -rc;
}

int daemon_check_start(struct daemon_check *check, const char *name, const char *config)
{
	int rc = copy_make(&check->copy, config);

	if (rc < 0) {
		check->copy = NULL;
		return rc;
	}
	rc = process_start(&check->pid, name, fileno(check->copy));
	if (rc < 0) {
		check->pid = 0;
		daemon_check_end(check);
	}
	return rc;
}

int daemon_check_result(struct daemon_check *check)
{
	pid_t ended;
	int status;

	do
		ended = waitpid(check->pid, &status, WNOHANG);
	while (ended < 0 && errno == EINTR);
	if (ended == 0)
		return -EAGAIN;
	ended = ended == check->pid;
	check->pid = 0;
	return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void daemon_check_end(struct daemon_check *check)
{
	if (check->copy)
		fclose(check->copy);
	check->copy = NULL;
}
