/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Files that hold a secret: keys, passwords.  One that others could read is
 * refused, because by then it may have been read.
 *
 * All functions tell in why (size octets) which file it is and what is wrong with
 * it; the end of a long path is left out, never the reason.
 */
#include <stddef.h>

enum secret_readers {
	SECRET_OWNER, /* nobody else */
	/* The group too where the file is root's and the group is one of this process: mode 0640
	 * root:tegata-manager, as packages install it. */
	SECRET_OWNER_OR_ROOTS_GROUP,
	/* The group too, whoever owns the file; it may not write. */
	SECRET_OWNER_OR_GROUP,
};

/* Opens it for reading.  A descriptor; -EPERM: others than readers can read it, or it is no regular
 * file; another negative errno. */
int secret_file_open(const char *path, enum secret_readers readers, char *why, size_t size)
	__attribute__((warn_unused_result));

/* Its first line without the line break, with NUL, in a buffer of line_size octets.  0; negative
 * errno as above; -EINVAL: the line is empty; -EMSGSIZE: it is longer. */
int secret_file_line(char *line, size_t line_size, const char *path, enum secret_readers readers,
		     char *why, size_t size) __attribute__((warn_unused_result));

/* A file of exactly n octets.  0; negative errno as above; -EFBIG: it is of another size. */
int secret_file_octets(void *octets, size_t n, const char *path, enum secret_readers readers,
		       char *why, size_t size) __attribute__((warn_unused_result));
