/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What fuzz targets share: input as a text or as a file, quiet logs, and the
 * directory of a run, which is removed at its end.
 *
 * libFuzzer writes to descriptor 2 itself; what the product says on stdout and
 * stderr goes nowhere.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/logging.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"

#define FUZZ_PATH_SIZE 256

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static inline void fuzz_quiet_output(void)
{
	stdout = fopen("/dev/null", "w");
	stderr = stdout;
	OSMO_ASSERT(stdout);
}

/* Log categories without a target. */
static inline void fuzz_quiet(void)
{
	log_init(&tegata_log_info, NULL);
	fuzz_quiet_output();
}

/* A copy of its own size with a NUL behind it, so that one octet too far is seen. */
static inline char *fuzz_text(const uint8_t *in, size_t len)
{
	char *text = malloc(len + 1);

	OSMO_ASSERT(text);
	if (len > 0)
		memcpy(text, in, len);
	text[len] = '\0';
	return text;
}

static char fuzz_dir[FUZZ_PATH_SIZE];

static inline int fuzz_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static inline void fuzz_dir_remove(void)
{
	nftw(fuzz_dir, fuzz_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* A directory of its own for this run, in memory where that can be had: it is written to thousands
 * of times a second. */
static inline void fuzz_dir_make(void)
{
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	snprintf(fuzz_dir, sizeof(fuzz_dir), "%s/tegata-fuzz-XXXXXX", tmp);
	OSMO_ASSERT(mkdtemp(fuzz_dir));
	atexit(fuzz_dir_remove);
}

/* Writes the file name of that directory; its path. */
static inline const char *fuzz_file(const char *name, const void *octets, size_t len)
{
	static char path[2 * FUZZ_PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fuzz_dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	OSMO_ASSERT(fd >= 0 && write(fd, octets, len) == (ssize_t)len);
	close(fd);
	return path;
}
