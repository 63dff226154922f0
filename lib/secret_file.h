/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Files that hold a secret: keys, passwords.  One that others could read is
 * refused, because by then it may have been read: only its owner may, or its
 * group too where it is root's file and the group is one of this process (mode
 * 0640 root:tegata-manager, as a package installs it).
 */
#include <stddef.h>

/* Opens it for reading.  A descriptor; negative errno, and why then says which file and for what
 * reason (-EPERM: others can read it, or it is no regular file). */
int secret_file_open(const char *path, char *why, size_t size) __attribute__((warn_unused_result));

/* Its first line without the line break, with NUL, in a buffer of line_size octets.  0; negative
 * errno as above; -EINVAL: the line is empty; -EMSGSIZE: it is longer. */
int secret_file_line(char *line, size_t line_size, const char *path, char *why, size_t size)
	__attribute__((warn_unused_result));
