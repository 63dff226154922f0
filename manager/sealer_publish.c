/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/sealer_publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/utils.h>

#include "lib/seal_text.h"

#define PATTERN "seals-dddd-dd.jsonl"
#define TAIL_SIZE (2 * SEAL_LINE_SIZE)
#define FILE_MODE 0644 /* public by purpose */

int sealer_publish_check(const char *dir, char why[SEAL_WHY_SIZE])
{
	struct stat st;
	int rc = 0;

	if (stat(dir, &st) < 0 || access(dir, R_OK | W_OK | X_OK) < 0)
		rc = -errno;
	else if (!S_ISDIR(st.st_mode))
		rc = -ENOTDIR;
	if (rc < 0)
		snprintf(why, SEAL_WHY_SIZE, "%.120s: %s", dir, strerror(-rc));
	return rc;
}

static bool is_ours(const char *name)
{
	size_t i;

	for (i = 0; PATTERN[i]; i++) {
		if (PATTERN[i] == 'd' ? name[i] < '0' || name[i] > '9' : name[i] != PATTERN[i])
			return false;
	}
	return name[i] == '\0';
}

/* The file with the largest name below the given one that is not empty, or "". */
static int file_find(const char *dir, const char *below, char name[32])
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	struct stat st;

	name[0] = '\0';
	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		if (is_ours(e->d_name) && strcmp(e->d_name, name) > 0 &&
		    (!*below || strcmp(e->d_name, below) < 0) &&
		    fstatat(dirfd(d), e->d_name, &st, 0) == 0 && st.st_size > 0)
			osmo_strlcpy(name, e->d_name, 32);
	}
	closedir(d);
	return 0;
}

/* The last octets of a file; their number. */
static ssize_t tail_read(const char *dir, const char *name, char tail[TAIL_SIZE], int *error)
{
	char path[SEALER_PATH_SIZE];
	ssize_t n = -1;
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0)
		n = pread(fd, tail, TAIL_SIZE, OSMO_MAX(st.st_size - TAIL_SIZE, 0));
	*error = n < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return n;
}

/* Takes the last whole line and what stands behind it; false where there is no whole line. */
static int tail_take(struct sealer_publish *p, char *tail, size_t n, char why[SEAL_WHY_SIZE])
{
	char *newline = memrchr(tail, '\n', n), *line = tail, reason[SEAL_WHY_SIZE];
	size_t torn = newline ? (size_t)(tail + n - newline - 1) : n;
	struct seal s;

	if (torn >= sizeof(p->torn)) {
		snprintf(why, SEAL_WHY_SIZE, "%s/%s: no seal, and no part of one, at its end",
			 p->dir, p->last_name);
		return -EBADMSG;
	}
	memcpy(p->torn, tail + n - torn, torn);
	p->n_torn = torn;
	if (!newline)
		return 0;
	if (newline > tail && (line = memrchr(tail, '\n', newline - tail)))
		line++;
	else
		line = tail;
	if (seal_line_read(&s, line, newline - line, reason) < 0) {
		snprintf(why, SEAL_WHY_SIZE, "%.60s/%s: the last line is no seal: %.60s", p->dir,
			 p->last_name, reason);
		return -EBADMSG;
	}
	p->last_number = s.number;
	memcpy(p->last_hash, s.hash, sizeof(s.hash));
	return 1;
}

static int last_find(struct sealer_publish *p, char why[SEAL_WHY_SIZE])
{
	char tail[TAIL_SIZE], name[32], below[32] = "", torn[SEAL_LINE_SIZE];
	size_t n_torn = 0;
	int rc, found = 0;
	ssize_t n = 0;

	p->last_number = 0;
	p->last_name[0] = '\0';
	p->n_torn = 0;
	/* A file may hold the beginning of its first line only: then the last line is in the one
	 * before it. */
	while (!found) {
		rc = file_find(p->dir, below, name);
		if (rc == 0 && !name[0])
			break;
		if (rc == 0) {
			if (!p->last_name[0])
				osmo_strlcpy(p->last_name, name, sizeof(p->last_name));
			n = tail_read(p->dir, name, tail, &rc);
		}
		if (rc < 0) {
			snprintf(why, SEAL_WHY_SIZE, "%.120s: %s", p->dir, strerror(-rc));
			return rc;
		}
		found = tail_take(p, tail, n, why);
		if (found < 0)
			return found;
		if (!n_torn && !*below) {
			n_torn = p->n_torn;
			memcpy(torn, p->torn, n_torn);
		}
		osmo_strlcpy(below, name, sizeof(below));
	}
	memcpy(p->torn, torn, n_torn);
	p->n_torn = n_torn;
	return 0;
}

int sealer_publish_open(struct sealer_publish *p, char why[SEAL_WHY_SIZE])
{
	int rc = 0;

	OSMO_ASSERT(p->lock_fd < 0);
	p->lock_fd = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->lock_fd < 0 || flock(p->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		rc = -errno;
		snprintf(why, SEAL_WHY_SIZE, "%.120s: %s", p->dir,
			 rc == -EWOULDBLOCK ? "another process is publishing there"
					    : strerror(-rc));
	} else {
		rc = last_find(p, why);
	}
	if (rc < 0)
		sealer_publish_close(p);
	return rc;
}

void sealer_publish_close(struct sealer_publish *p)
{
	if (p->lock_fd >= 0)
		close(p->lock_fd);
	p->lock_fd = -1;
}

static int write_all(int fd, const char *octets, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, octets, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			octets += n;
			len -= n;
		}
	}
	return 0;
}

/* Seals of one month; the first line without what of it is there already. */
static int month_add(struct sealer_publish *p, const char *name, const struct seal *seals, size_t n,
		     char why[SEAL_WHY_SIZE])
{
	bool is_new = strcmp(name, p->last_name) != 0;
	char path[SEALER_PATH_SIZE], line[SEAL_LINE_SIZE];
	size_t i, len, skip;
	int rc = 0, fd;

	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		rc = -errno;
	for (i = 0; rc == 0 && i < n; i++) {
		len = seal_line_write(line, &seals[i]);
		skip = i == 0 ? p->n_torn : 0;
		if (skip && (is_new || skip > len || memcmp(line, p->torn, skip))) {
			snprintf(why, SEAL_WHY_SIZE,
				 "%s/%s ends with a part of a line that is not seal %lld's", p->dir,
				 p->last_name, (long long)seals[i].number);
			close(fd);
			return -EBADMSG;
		}
		rc = write_all(fd, line + skip, len - skip);
	}
	if (rc == 0 && fdatasync(fd) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	if (rc == 0 && is_new && fsync(p->lock_fd) < 0)
		rc = -errno;
	if (rc < 0) {
		snprintf(why, SEAL_WHY_SIZE, "%.120s: %s", path, strerror(-rc));
		return rc;
	}
	osmo_strlcpy(p->last_name, name, sizeof(p->last_name));
	p->n_torn = 0;
	p->last_number = seals[n - 1].number;
	memcpy(p->last_hash, seals[n - 1].hash, sizeof(p->last_hash));
	return 0;
}

static void name_of(char name[32], const struct seal *s)
{
	char time[SEAL_TIME_STR_SIZE];

	snprintf(name, 32, "seals-%.7s.jsonl", seal_time_format(time, s->sealed_at_us));
}

int sealer_publish_add(struct sealer_publish *p, const struct seal *seals, size_t n,
		       char why[SEAL_WHY_SIZE])
{
	char name[32], next[32];
	size_t i, first = 0;
	int rc = 0;

	OSMO_ASSERT(p->lock_fd >= 0);
	for (i = 1; rc == 0 && i <= n; i++) {
		name_of(name, &seals[first]);
		if (i < n)
			name_of(next, &seals[i]);
		if (i < n && strcmp(name, next) == 0)
			continue;
		/* By a clock that was set back: files stay in the order of the seals. */
		if (p->last_name[0] && strcmp(name, p->last_name) < 0)
			osmo_strlcpy(name, p->last_name, sizeof(name));
		rc = month_add(p, name, seals + first, i - first, why);
		first = i;
	}
	return rc;
}
