/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Seals, published: files "seals-YYYY-MM.jsonl" of a directory, one line a seal
 * (lib/seal_chain.h), each fsynced before the next step is taken.  A file is only
 * ever appended to, so that it may lie where nothing else is possible.
 *
 * Where the process died in the middle of a line, or the disk was full, the rest
 * of that line is appended: which seal it is, the database knows.
 *
 * Two processes may have one directory: from open to close it is locked.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/seal_chain.h"

#define SEALER_PATH_SIZE 512

struct sealer_publish {
	const char *dir;
	int lock_fd; /* the directory, while it is open; else -1 */
	int64_t last_number; /* of the last line; 0: there is none */
	uint8_t last_hash[SEAL_HASH_SIZE];
	char last_name[32]; /* of the file that has it */
	char torn[SEAL_LINE_SIZE]; /* behind the last newline of that file */
	size_t n_torn;
};

/* Is it a directory that we can write to?  Negative errno, and why. */
int sealer_publish_check(const char *dir, char why[SEAL_WHY_SIZE])
	__attribute__((warn_unused_result));
/* Finds the last line.  Negative errno, and why; then it is closed. */
int sealer_publish_open(struct sealer_publish *p, char why[SEAL_WHY_SIZE])
	__attribute__((warn_unused_result));
void sealer_publish_close(struct sealer_publish *p);
/* Appends lines of these seals, which follow each other, and waits for the disk.  After an error it
 * is to be closed. */
int sealer_publish_add(struct sealer_publish *p, const struct seal *seals, size_t n,
		       char why[SEAL_WHY_SIZE]) __attribute__((warn_unused_result));
