/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/tegatactl/ctl_sort.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/utils.h>

struct run {
	off_t at, end; /* what is left of it in the file */
	char *block; /* or what is left in memory */
	size_t n, next; /* records in block */
};

struct sort {
	const char *dir;
	size_t record_size, key_size;
	char *records;
	size_t n, max; /* in memory */
	int fd;
	off_t end;
	struct run *runs;
	size_t n_runs;
	size_t *heap; /* runs with a record, the smallest first */
	size_t n_heap;
	bool taken; /* the first of the heap was given out */
};

struct sort *sort_new(const char *dir, size_t record_size, size_t key_size, size_t run_size)
{
	struct sort *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->dir = dir;
	s->record_size = record_size;
	s->key_size = key_size;
	s->max = run_size / record_size;
	s->fd = -1;
	s->records = malloc(s->max * record_size);
	if (s->records)
		return s;
	free(s);
	return NULL;
}

void sort_free(struct sort *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->n_runs; i++) {
		if (s->runs[i].block != s->records)
			free(s->runs[i].block);
	}
	if (s->fd >= 0)
		close(s->fd);
	free(s->runs);
	free(s->heap);
	free(s->records);
	free(s);
}

static int record_cmp(const void *a, const void *b, void *data)
{
	const struct sort *s = data;

	return memcmp(a, b, s->key_size);
}

static int write_all(struct sort *s, const char *octets, size_t len)
{
	while (len > 0) {
		ssize_t n = pwrite(s->fd, octets, len, s->end);

		if (n < 0)
			return -errno;
		octets += n;
		len -= n;
		s->end += n;
	}
	return 0;
}

static struct run *run_new(struct sort *s)
{
	struct run *runs = realloc(s->runs, (s->n_runs + 1) * sizeof(*runs));

	if (!runs)
		return NULL;
	s->runs = runs;
	runs[s->n_runs] = (struct run){ 0 };
	return &runs[s->n_runs++];
}

static int run_write(struct sort *s)
{
	struct run *run;

	if (s->n_runs == SORT_RUNS_MAX)
		return -E2BIG;
	if (s->fd < 0)
		s->fd = open(s->dir, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return -errno;
	run = run_new(s);
	if (!run)
		return -ENOMEM;
	qsort_r(s->records, s->n, s->record_size, record_cmp, s);
	run->at = s->end;
	run->end = s->end + s->n * s->record_size;
	return write_all(s, s->records, s->n * s->record_size);
}

int sort_add(struct sort *s, const void *record)
{
	int rc = 0;

	if (s->n == s->max) {
		rc = run_write(s);
		s->n = 0;
	}
	if (rc == 0)
		memcpy(s->records + s->n++ * s->record_size, record, s->record_size);
	return rc;
}

static const char *run_first(const struct sort *s, size_t run)
{
	return s->runs[run].block + s->runs[run].next * s->record_size;
}

/* Reads the next block; 1: there is a record, 0: the run is at its end. */
static int run_fill(struct sort *s, struct run *run)
{
	size_t want = SORT_BLOCK_SIZE / s->record_size * s->record_size;
	ssize_t n;

	if (run->next < run->n)
		return 1;
	if (run->at == run->end)
		return 0;
	want = OSMO_MIN(want, (size_t)(run->end - run->at));
	n = pread(s->fd, run->block, want, run->at);
	if (n < 0)
		return -errno;
	if ((size_t)n != want)
		return -EIO;
	run->at += n;
	run->n = n / s->record_size;
	run->next = 0;
	return 1;
}

static void heap_sink(struct sort *s, size_t i)
{
	for (;;) {
		size_t least = i, child, k;

		for (child = 2 * i + 1; child <= 2 * i + 2 && child < s->n_heap; child++) {
			if (memcmp(run_first(s, s->heap[child]), run_first(s, s->heap[least]),
				   s->key_size) < 0)
				least = child;
		}
		if (least == i)
			return;
		k = s->heap[i];
		s->heap[i] = s->heap[least];
		s->heap[least] = k;
		i = least;
	}
}

/* Everything in memory is one run that was not written. */
static int memory_run(struct sort *s)
{
	struct run *run = run_new(s);

	if (!run)
		return -ENOMEM;
	qsort_r(s->records, s->n, s->record_size, record_cmp, s);
	run->block = s->records;
	run->n = s->n;
	return 0;
}

int sort_finish(struct sort *s)
{
	int rc = s->n_runs == 0 ? memory_run(s) : run_write(s);
	size_t i;

	s->heap = calloc(s->n_runs + 1, sizeof(*s->heap));
	if (rc == 0 && !s->heap)
		rc = -ENOMEM;
	if (rc == 0 && s->fd >= 0) {
		free(s->records);
		s->records = NULL;
	}
	for (i = 0; rc >= 0 && i < s->n_runs; i++) {
		struct run *run = &s->runs[i];

		if (!run->block)
			run->block = malloc(SORT_BLOCK_SIZE);
		rc = run->block ? run_fill(s, run) : -ENOMEM;
		if (rc == 1)
			s->heap[s->n_heap++] = i;
	}
	for (i = s->n_heap; rc >= 0 && i-- > 0;)
		heap_sink(s, i);
	return rc < 0 ? rc : 0;
}

const void *sort_next(struct sort *s, int *error)
{
	struct run *run;
	int rc;

	*error = 0;
	if (s->taken) {
		run = &s->runs[s->heap[0]];
		run->next++;
		rc = run_fill(s, run);
		if (rc < 0) {
			*error = rc;
			return NULL;
		}
		if (rc == 0)
			s->heap[0] = s->heap[--s->n_heap];
		heap_sink(s, 0);
	}
	s->taken = s->n_heap > 0;
	return s->taken ? run_first(s, s->heap[0]) : NULL;
}

uint64_t sort_key_of(int64_t v)
{
	return htobe64((uint64_t)v ^ (1ULL << 63));
}

int64_t sort_key_value(uint64_t key)
{
	return be64toh(key) ^ (1ULL << 63);
}
