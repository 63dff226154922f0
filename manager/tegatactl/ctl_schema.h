/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The schema's files: role.sql, patch/NNNN-*.sql, function/, view/, grant.sql.
 *
 *   install, upgrade:  BEGIN; lock the registry; role.sql;
 *                      patches that are not registered, in order;
 *                      function/, view/, grant.sql; COMMIT
 *
 * One transaction: a failed upgrade leaves the old schema as it was.  A patch
 * that is registered with another digest than its file has is refused: a patch
 * never changes once it was applied.
 */
#include <stddef.h>

struct schema_file {
	char *path;
	char *name; /* "0001-base.sql" */
	int number; /* of a patch, else 0 */
	char *text;
	char digest[65]; /* SHA-256, hexadecimal */
};

struct schema_files {
	size_t n;
	struct schema_file *file;
};

/* All *.sql of dir/sub in the order of their names; talloc'd from ctx.  NULL where dir cannot be
 * read, or patches are not numbered 1, 2, 3... (printed). */
struct schema_files *schema_files_read(void *ctx, const char *dir, const char *sub);
