/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * JSON (RFC 8259) into one bounded buffer: the caller's, or a talloc'd one that
 * grows up to a maximum.  Commas and escapes by themselves, no white space, no
 * other allocation.
 *
 *   struct json_writer w;
 *   json_writer_init(&w, buf, sizeof(buf));
 *   json_write_object(&w, NULL);
 *   json_write_bool(&w, "owner", true);
 *   json_write_string(&w, "state", "active");
 *   json_write_object_end(&w);
 *   len = json_writer_finish(&w);         octets, or -EMSGSIZE
 *
 * name is that of a member, NULL in an array and for the outermost value.  What
 * does not fit is left out, and told once, by json_writer_finish().  Unbalanced
 * calls assert.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_WRITER_DEPTH_MAX 16

struct json_writer {
	char *buf; /* no NUL behind len */
	size_t size, len;
	size_t max; /* of a growing buffer; 0: the buffer is the caller's */
	void *ctx;
	int error; /* what json_writer_finish() will return */
	unsigned int depth;
	uint32_t filled; /* bit n: depth n has a member or element already */
};

void json_writer_init(struct json_writer *w, char *buf, size_t size);
/* The buffer is allocated from ctx with the first octet, and is the caller's after finish. */
void json_writer_init_growing(struct json_writer *w, void *ctx, size_t max);

void json_write_object(struct json_writer *w, const char *name);
void json_write_object_end(struct json_writer *w);
void json_write_array(struct json_writer *w, const char *name);
void json_write_array_end(struct json_writer *w);
/* What is not UTF-8 is written as U+FFFD; value NULL as null. */
void json_write_string(struct json_writer *w, const char *name, const char *value);
void json_write_octets(struct json_writer *w, const char *name, const char *value, size_t len);
void json_write_int(struct json_writer *w, const char *name, int64_t value);
void json_write_bool(struct json_writer *w, const char *name, bool value);
void json_write_null(struct json_writer *w, const char *name);

/* Octets in w->buf; -EMSGSIZE: more than the size or the maximum; -ENOMEM. */
int json_writer_finish(struct json_writer *w) __attribute__((warn_unused_result));
