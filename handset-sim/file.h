/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Whole files: read within a bound, replaced so that a reader (or a crash) sees the old or the
 * new content and never a part. */
#include <stddef.h>

/* The content with a NUL behind it, talloc'd; NULL with *error (negative errno; -EFBIG: longer
 * than max). */
char *file_read(void *ctx, const char *path, size_t max, size_t *len, int *error)
	__attribute__((warn_unused_result));

/* Temporary file beside it, fsync, rename, fsync of the directory.  Negative errno. */
int file_replace(const char *path, const char *content, size_t len, unsigned int mode)
	__attribute__((warn_unused_result));

/* The directory and those above it, mode 0700.  Negative errno; existing is no error. */
int file_make_dir(const char *path) __attribute__((warn_unused_result));
