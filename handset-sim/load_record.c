/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "handset-sim/load_record.h"
#include "lib/ussd_ss.h"

/* Escaping doubles a text at most. */
#define LINE_SIZE (2 * USSD_TEXT_SIZE + 128)

struct load_record {
	int fd;
	int error;
	uint32_t n_dialogues;
	struct osmo_timer_list sync;
	uint32_t *held;
	uint32_t n_held;
	void (*durable)(void *data, uint32_t phone);
	void *data;
};

static void on_sync(void *data)
{
	struct load_record *r = data;
	uint32_t i, n = r->n_held;

	if (fdatasync(r->fd) < 0 && r->error == 0)
		r->error = -errno;
	if (r->error < 0)
		return;
	r->n_held = 0; /* whoever is held again in here takes a place that was read before */
	for (i = 0; i < n; i++)
		r->durable(r->data, r->held[i]);
}

static int record_destroy(struct load_record *r)
{
	osmo_timer_del(&r->sync);
	close(r->fd);
	return 0;
}

struct load_record *load_record_open(void *ctx, const char *path, uint32_t n_phones,
				     void (*durable)(void *data, uint32_t phone), void *data,
				     int *error)
{
	struct load_record *r = talloc_zero(ctx, struct load_record);

	OSMO_ASSERT(r);
	r->held = talloc_array(r, uint32_t, n_phones);
	OSMO_ASSERT(r->held);
	r->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (r->fd < 0) {
		*error = -errno;
		talloc_free(r);
		return NULL;
	}
	r->durable = durable;
	r->data = data;
	osmo_timer_setup(&r->sync, on_sync, r);
	talloc_set_destructor(r, record_destroy);
	return r;
}

/* 0: stands for itself */
static char escape_of(char c)
{
	return c == '\n' ? 'n' : c == '\t' ? 't' : c == '\\' ? c : 0;
}

static size_t text_put(char *out, const char *text)
{
	size_t n = 0;

	for (; *text; text++) {
		char escape = escape_of(*text);

		if (escape)
			out[n++] = '\\';
		out[n++] = escape ? escape : *text;
	}
	return n;
}

/* a and b: fields in front of the text, or NULL. */
static void line_write(struct load_record *r, char type, uint32_t no, const char *a, const char *b,
		       const char *text)
{
	struct timespec now;
	char line[LINE_SIZE];
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	len = snprintf(line, sizeof(line), "%c\t%" PRIu32 "\t%" PRIu64 "%s%s%s%s\t", type, no,
		       (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, a ? "\t" : "",
		       a ? a : "", b ? "\t" : "", b ? b : "");
	OSMO_ASSERT(len < sizeof(line) - 2 * USSD_TEXT_SIZE && strlen(text) < USSD_TEXT_SIZE);
	len += text_put(line + len, text);
	line[len++] = '\n';
	if (r->error == 0 && write(r->fd, line, len) != (ssize_t)len)
		r->error = errno ? -errno : -EIO;
}

uint32_t load_record_begin(struct load_record *r, const char *number, const char *op,
			   const char *code)
{
	line_write(r, 'B', ++r->n_dialogues, number, op, code);
	return r->n_dialogues;
}

void load_record_answer(struct load_record *r, uint32_t no, const char *text)
{
	line_write(r, 'A', no, NULL, NULL, text);
}

void load_record_question(struct load_record *r, uint32_t no, const char *text)
{
	line_write(r, 'Q', no, NULL, NULL, text);
}

void load_record_final(struct load_record *r, uint32_t no, const char *kind, const char *text)
{
	line_write(r, 'F', no, kind, NULL, text);
}

void load_record_end(struct load_record *r, uint32_t no, const char *why)
{
	line_write(r, 'X', no, NULL, NULL, why);
}

void load_record_push(struct load_record *r, const char *number, const char *text)
{
	line_write(r, 'P', 0, number, NULL, text);
}

void load_record_hold(struct load_record *r, uint32_t phone)
{
	r->held[r->n_held++] = phone;
	if (!osmo_timer_pending(&r->sync))
		osmo_timer_schedule(&r->sync, 0, LOAD_RECORD_SYNC_MS * 1000);
}

int load_record_error(const struct load_record *r)
{
	return r->error;
}
