/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUPS_MAX 64
#define REASON_SIZE 100

static const struct {
	mode_t wrong;
	const char *rule;
} rules[] = {
	[SECRET_OWNER] = { S_IRWXG | S_IRWXO, "only its owner may read it" },
	[SECRET_OWNER_OR_ROOTS_GROUP] = { S_IWGRP | S_IXGRP | S_IRWXO,
					  "only its owner may read it, or our group if it is "
					  "root's" },
	[SECRET_OWNER_OR_GROUP] = { S_IWGRP | S_IRWXO,
				    "others can read it, or the group write it" },
};

/* Returns rc. */
static __attribute__((format(printf, 5, 6))) int fault(int rc, const char *path, char *why,
						       size_t size, const char *format, ...)
{
	const int shown = size > REASON_SIZE ? size - REASON_SIZE : 0;
	char reason[REASON_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(reason, sizeof(reason), format, ap);
	va_end(ap);
	snprintf(why, size, "%.*s: %s", shown, path, reason);
	return rc;
}

static bool is_own_group(gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int i, n = getgroups(GROUPS_MAX, groups);

	for (i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return gid == getegid();
}

static bool is_private(const struct stat *st, enum secret_readers readers)
{
	if (st->st_mode & rules[readers].wrong)
		return false;
	if (readers != SECRET_OWNER_OR_ROOTS_GROUP || !(st->st_mode & S_IRGRP))
		return true;
	return st->st_uid == 0 && is_own_group(st->st_gid);
}

int secret_file_open(const char *path, enum secret_readers readers, char *why, size_t size)
{
	/* O_NONBLOCK: a FIFO in its place must not stop us. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int rc;

	if (fd < 0 || fstat(fd, &st) < 0)
		rc = fault(-errno, path, why, size, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		rc = fault(-EPERM, path, why, size, "not a file");
	else if (!is_private(&st, readers))
		rc = fault(-EPERM, path, why, size, "mode %04o, but %s", st.st_mode & 07777,
			   rules[readers].rule);
	else
		return fd;
	if (fd >= 0)
		close(fd);
	return rc;
}

int secret_file_line(char *line, size_t line_size, const char *path, enum secret_readers readers,
		     char *why, size_t size)
{
	const int fd = secret_file_open(path, readers, why, size);
	size_t len = 0;
	ssize_t n;
	int rc = 0;

	if (fd < 0)
		return fd;
	n = read(fd, line, line_size);
	if (n < 0)
		rc = fault(-errno, path, why, size, "%s", strerror(errno));
	close(fd);
	while ((ssize_t)len < n && !memchr("\r\n", line[len], 3)) /* or NUL */
		len++;
	if (rc == 0 && len == 0)
		rc = fault(-EINVAL, path, why, size, "its first line is empty");
	else if (rc == 0 && len == line_size)
		rc = fault(-EMSGSIZE, path, why, size, "its first line is longer than %zu octets",
			   line_size - 1);
	if (rc < 0)
		len = 0;
	explicit_bzero(line + len, line_size - len);
	return rc;
}

int secret_file_octets(void *octets, size_t n, const char *path, enum secret_readers readers,
		       char *why, size_t size)
{
	const int fd = secret_file_open(path, readers, why, size);
	struct stat st;
	int rc = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		rc = fault(-errno, path, why, size, "%s", strerror(errno));
	else if ((uintmax_t)st.st_size != n)
		rc = fault(-EFBIG, path, why, size, "not a file of %zu octets", n);
	else if (read(fd, octets, n) != (ssize_t)n)
		rc = fault(-EIO, path, why, size, "cannot be read");
	close(fd);
	return rc;
}
