/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Sorts more records than fit into memory: runs of SORT_RUN_SIZE are sorted and
 * written to a file without a name, and merged when they are read.
 *
 *   sort_new() -> sort_add() ... -> sort_finish() -> sort_next() ... -> sort_free()
 *
 * Records have one size; they begin with their key, which is compared as octets
 * (sort_key_*() make such keys of numbers).  What does not fill one run needs no
 * file.  Memory: one run, or SORT_BLOCK_SIZE for each run while they are merged.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SORT_RUN_SIZE (64 * 1024 * 1024)
#define SORT_BLOCK_SIZE (64 * 1024)
#define SORT_RUNS_MAX 4096 /* 256 GiB of records */

struct sort;

/* The file is made in dir when it is needed.  NULL: no memory. */
struct sort *sort_new(const char *dir, size_t record_size, size_t key_size, size_t run_size);
void sort_free(struct sort *s);
/* Negative errno: the file cannot be written; -E2BIG: SORT_RUNS_MAX. */
int sort_add(struct sort *s, const void *record) __attribute__((warn_unused_result));
int sort_finish(struct sort *s) __attribute__((warn_unused_result));
/* The next record, which lives until the following call; NULL at the end, or where *error is
 * negative. */
const void *sort_next(struct sort *s, int *error);

/* Octets in whose order signed numbers are sorted. */
uint64_t sort_key_of(int64_t v);
int64_t sort_key_value(uint64_t key);
