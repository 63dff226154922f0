/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any octets as the body of a route: what is taken is within the text and can be written again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/json_reader.h"
#include "lib/json_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

struct item {
	struct json_text id;
	struct json_flag urgent;
};

struct body {
	struct json_text s, n;
	struct json_flag b;
	struct json_list a, o;
	struct json_text strings[4];
	struct item items[4];
};

static const struct json_field item_fields[] = {
	JSON_FIELD_STRING("id", struct item, id, 16, JSON_REQUIRED),
	JSON_FIELD_BOOLEAN("urgent", struct item, urgent, JSON_OPTIONAL),
};
static const struct json_schema item_schema = JSON_SCHEMA(struct item, item_fields);

static const struct json_field fields[] = {
	JSON_FIELD_STRING("s", struct body, s, 64, JSON_OPTIONAL),
	JSON_FIELD_NUMBER("n", struct body, n, 32, JSON_OPTIONAL),
	JSON_FIELD_BOOLEAN("b", struct body, b, JSON_OPTIONAL),
	JSON_FIELD_STRINGS("a", struct body, a, strings, 16, JSON_OPTIONAL),
	JSON_FIELD_OBJECTS("o", struct body, o, items, &item_schema, JSON_OPTIONAL),
};
static const struct json_schema schema = JSON_SCHEMA(struct body, fields);

static void write_strings(struct json_writer *w, const struct body *body)
{
	json_write_object(w, NULL);
	if (body->s.octets)
		json_write_octets(w, "s", body->s.octets, body->s.len);
	json_write_array(w, "a");
	for (size_t i = 0; i < body->a.n; i++)
		json_write_octets(w, NULL, body->strings[i].octets, body->strings[i].len);
	json_write_array_end(w);
	json_write_array(w, "o");
	for (size_t i = 0; i < body->o.n; i++) {
		json_write_object(w, NULL);
		json_write_octets(w, "id", body->items[i].id.octets, body->items[i].id.len);
		json_write_object_end(w);
	}
	json_write_array_end(w);
	json_write_object_end(w);
}

static bool same(const struct json_text *a, const struct json_text *b)
{
	if (!a->octets || !b->octets)
		return a->octets == b->octets;
	return a->len == b->len && memcmp(a->octets, b->octets, a->len) == 0;
}

static void write_and_read(const struct body *body)
{
	char buf[4096];
	struct json_fault fault;
	struct json_writer w;
	struct body back;
	int n;

	json_writer_init(&w, buf, sizeof(buf));
	write_strings(&w, body);
	n = json_writer_finish(&w);
	OSMO_ASSERT(n > 0);
	OSMO_ASSERT(json_read(&back, &schema, buf, (size_t)n, &fault) == 0);
	OSMO_ASSERT(same(&body->s, &back.s) && body->a.n == back.a.n && body->o.n == back.o.n);
	for (size_t i = 0; i < body->a.n; i++)
		OSMO_ASSERT(same(&body->strings[i], &back.strings[i]));
	for (size_t i = 0; i < body->o.n; i++)
		OSMO_ASSERT(same(&body->items[i].id, &back.items[i].id));
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	char *text = malloc(len + !len);
	struct json_fault fault;
	struct body body;

	memcpy(text, in, len);
	if (json_read(&body, &schema, text, len, &fault) == 0) {
		write_and_read(&body);
	} else {
		OSMO_ASSERT(fault.offset <= len);
		OSMO_ASSERT(fault.pointer[0] == '\0' || fault.pointer[0] == '/');
		OSMO_ASSERT(strlen(fault.pointer) < sizeof(fault.pointer));
	}
	free(text);
	return 0;
}
