/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUPS_MAX 64
#define FILE_PART 512 /* of what is read, the first line */

static bool is_own_group(gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int i, n = getgroups(GROUPS_MAX, groups);

	for (i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return gid == getegid();
}

static bool is_private(const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || st->st_mode & (S_IRWXO | S_IWGRP | S_IXGRP))
		return false;
	return !(st->st_mode & S_IRGRP) || (st->st_uid == 0 && is_own_group(st->st_gid));
}

int secret_file_open(const char *path, char *why, size_t size)
{
	/* O_NONBLOCK: a FIFO in its place must not stop us. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int rc;

	if (fd < 0 || fstat(fd, &st) < 0) {
		rc = -errno;
		snprintf(why, size, "%s: %s", path, strerror(-rc));
	} else if (!is_private(&st)) {
		rc = -EPERM;
		snprintf(why, size, "%s: must be a file that only its owner can read", path);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

int secret_file_line(char *line, size_t line_size, const char *path, char *why, size_t size)
{
	const int fd = secret_file_open(path, why, size);
	char part[FILE_PART];
	ssize_t n;
	size_t len;
	int rc = 0;

	if (fd < 0)
		return fd;
	n = read(fd, part, sizeof(part) - 1);
	rc = n < 0 ? -errno : 0;
	close(fd);
	part[n < 0 ? 0 : n] = '\0';
	len = strcspn(part, "\r\n");
	if (rc < 0) {
		snprintf(why, size, "%s: %s", path, strerror(-rc));
	} else if (len == 0 || len >= line_size) {
		rc = len ? -EMSGSIZE : -EINVAL;
		snprintf(why, size, "%s: its first line has %zu characters, not 1 to %zu", path,
			 len, line_size - 1);
	} else {
		memcpy(line, part, len);
		line[len] = '\0';
	}
	explicit_bzero(part, sizeof(part));
	return rc;
}
