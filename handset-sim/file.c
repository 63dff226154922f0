/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/file.h"

static int read_all(int fd, char *buf, size_t size, size_t *len)
{
	*len = 0;
	while (*len < size) {
		ssize_t n = read(fd, buf + *len, size - *len);

		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			*len += n;
	}
	return -EFBIG;
}

char *file_read(void *ctx, const char *path, size_t max, size_t *len, int *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = max + 1;
	struct stat st;
	char *buf;

	if (fd < 0) {
		*error = -errno;
		return NULL;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size < max)
		size = st.st_size + 1;
	buf = talloc_size(ctx, size + 1);
	OSMO_ASSERT(buf);
	*error = read_all(fd, buf, size, len);
	close(fd);
	if (*error < 0) {
		talloc_free(buf);
		return NULL;
	}
	buf[*len] = '\0';
	return buf;
}

static int write_all(int fd, const char *content, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, content, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			content += n;
			len -= n;
		}
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int dir_sync(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd, rc;

	if (slash)
		snprintf(dir, sizeof(dir), "%.*s", (int)OSMO_MAX(slash - path, 1), path);
	else
		OSMO_STRLCPY_ARRAY(dir, ".");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

int file_replace(const char *path, const char *content, size_t len, unsigned int mode)
{
	char temp[PATH_MAX];
	int fd, rc;

	if (snprintf(temp, sizeof(temp), "%s.XXXXXX", path) >= (int)sizeof(temp))
		return -ENAMETOOLONG;
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = fchmod(fd, mode) < 0 ? -errno : write_all(fd, content, len);
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(temp, path) < 0)
		rc = -errno;
	if (rc < 0) {
		unlink(temp);
		return rc;
	}
	return dir_sync(path);
}

int file_make_dir(const char *path)
{
	char part[PATH_MAX];
	char *p;

	if (snprintf(part, sizeof(part), "%s", path) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	for (p = part + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return mkdir(part, 0700) < 0 && errno != EEXIST ? -errno : 0;
}
