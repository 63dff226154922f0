/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/seal_chain.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/hex.h"
#include "lib/json_reader.h"
#include "lib/json_writer.h"
#include "lib/seal_text.h"

#define CHAIN_PREFIX 0x02

enum type { INT16, INT32, INT64, TIME, OCTETS, TEXT };
enum presence { ALWAYS, UNLESS_FIRST, IF_LOST, IF_SAID };

/* In the order of SEAL_COLUMNS. */
static const struct column {
	const char *name;
	enum type type;
	size_t place, size;
	enum presence presence;
} columns[SEAL_N_COLUMNS] = {
#define COLUMN(type, name, presence)                                                        \
	{                                                                                   \
#name, type, offsetof(struct seal, name), sizeof(((struct seal *)0)->name), \
			presence                                                            \
	}
	COLUMN(INT64, number, ALWAYS),
	COLUMN(INT64, system_identifier, ALWAYS),
	COLUMN(INT64, from_xact, ALWAYS),
	COLUMN(INT64, to_xact, ALWAYS),
	COLUMN(INT64, row_count, ALWAYS),
	{ "sealed_at", TIME, offsetof(struct seal, sealed_at_us), 8, ALWAYS },
	COLUMN(INT64, lost_number, IF_LOST),
	COLUMN(INT32, epoch, ALWAYS),
	COLUMN(INT32, timeline, ALWAYS),
	COLUMN(INT16, format, ALWAYS),
	COLUMN(OCTETS, root, ALWAYS),
	COLUMN(OCTETS, list, ALWAYS),
	COLUMN(OCTETS, previous, UNLESS_FIRST),
	COLUMN(OCTETS, key_id, ALWAYS),
	COLUMN(OCTETS, lost_hash, IF_LOST),
	COLUMN(TEXT, reason, IF_SAID),
	COLUMN(OCTETS, hash, ALWAYS),
	COLUMN(OCTETS, signature, ALWAYS),
#undef COLUMN
};

/* Those that are hashed, in the order of their names' octets. */
static const uint8_t hashed[] = { 7 /* epoch */,       9 /* format */,
				  2 /* from_xact */,   13 /* key_id */,
				  11 /* list */,       14 /* lost_hash */,
				  6 /* lost_number */, 0 /* number */,
				  12 /* previous */,   15 /* reason */,
				  10 /* root */,       4 /* row_count */,
				  5 /* sealed_at */,   1 /* system_identifier */,
				  8 /* timeline */,    3 /* to_xact */ };

int seal_column_find(const char *name)
{
	int i;

	for (i = 0; i < SEAL_N_COLUMNS; i++) {
		if (!strcmp(columns[i].name, name))
			return i;
	}
	return -ENOENT;
}

static bool is_there(const struct seal *s, const struct column *c)
{
	switch (c->presence) {
	case UNLESS_FIRST:
		return s->number != 1;
	case IF_LOST:
		return s->lost_number != 0;
	case IF_SAID:
		return s->reason[0] != '\0';
	default:
		return true;
	}
}

static int64_t int_get(const struct seal *s, const struct column *c)
{
	const char *place = (const char *)s + c->place;

	switch (c->type) {
	case INT16:
		return *(const int16_t *)place;
	case INT32:
		return *(const int32_t *)place;
	default:
		return *(const int64_t *)place;
	}
}

static int int_set(struct seal *s, const struct column *c, int64_t v)
{
	char *place = (char *)s + c->place;

	switch (c->type) {
	case INT16:
		*(int16_t *)place = v;
		return v == (int16_t)v ? 0 : -EINVAL;
	case INT32:
		*(int32_t *)place = v;
		return v == (int32_t)v ? 0 : -EINVAL;
	default:
		*(int64_t *)place = v;
		return 0;
	}
}

/* --- the hash --------------------------------------------------------------------- */

static void string_add(struct seal_hasher *h, const void *octets, size_t len)
{
	uint8_t prefix[4];

	seal_put32(prefix, len);
	seal_hash_add(h, prefix, sizeof(prefix));
	seal_hash_add(h, octets, len);
}

void seal_hash(const struct seal *s, struct seal_hasher *h, uint8_t hash[SEAL_HASH_SIZE])
{
	const uint8_t prefix[] = { CHAIN_PREFIX, SEAL_FORMAT };
	uint8_t octets[8];
	size_t i;

	seal_hash_begin(h);
	seal_hash_add(h, prefix, sizeof(prefix));
	string_add(h, "seal", 4);
	for (i = 0; i < ARRAY_SIZE(hashed); i++) {
		const struct column *c = &columns[hashed[i]];
		const char *place = (const char *)s + c->place;

		if (!is_there(s, c))
			continue;
		string_add(h, c->name, strlen(c->name));
		if (c->type == TEXT) {
			string_add(h, place, strlen(place));
		} else if (c->type == OCTETS) {
			string_add(h, place, c->size);
		} else {
			seal_put64(octets, int_get(s, c));
			string_add(h, octets, sizeof(octets));
		}
	}
	seal_hash_end(h, hash);
}

/* --- a row of the table ------------------------------------------------------------- */

void seal_values(const struct seal *s, struct seal_values *v)
{
	size_t i;

	for (i = 0; i < SEAL_N_COLUMNS; i++) {
		const struct column *c = &columns[i];
		const uint8_t *place = (const uint8_t *)s + c->place;
		char *text = v->text[i];

		v->value[i] = is_there(s, c) ? text : NULL;
		if (!v->value[i])
			continue;
		switch (c->type) {
		case TEXT:
			v->value[i] = (const char *)place;
			break;
		case OCTETS:
			text[0] = '\\';
			text[1] = 'x';
			hex_format(text + 2, place, c->size);
			break;
		case TIME:
			seal_time_format(text, s->sealed_at_us);
			break;
		default:
			snprintf(text, sizeof(v->text[i]), "%lld", (long long)int_get(s, c));
		}
	}
}

static int column_parse(struct seal *s, const struct column *c, const struct seal_field *f)
{
	uint8_t *place = (uint8_t *)s + c->place;
	int64_t v = 0;

	switch (c->type) {
	case TEXT:
		if (f->len >= c->size)
			return -EINVAL;
		memcpy(place, f->text, f->len);
		place[f->len] = '\0';
		return 0;
	case OCTETS:
		if (f->len != 2 * c->size + 2)
			return -EINVAL;
		return seal_octets_parse(place, f->text, f->len) < 0 ? -EINVAL : 0;
	case TIME:
		return seal_time_parse(&s->sealed_at_us, f->text, f->len);
	default:
		return seal_int_parse(&v, f->text, f->len) < 0 ? -EINVAL : int_set(s, c, v);
	}
}

int seal_parse(struct seal *s, const struct seal_field fields[SEAL_N_COLUMNS],
	       char why[SEAL_WHY_SIZE])
{
	size_t i;

	*s = (struct seal){ 0 };
	for (i = 0; i < SEAL_N_COLUMNS; i++) {
		const struct column *c = &columns[i];
		bool there = fields[i].text != NULL;

		if (there ? column_parse(s, c, &fields[i]) < 0 : c->presence == ALWAYS) {
			snprintf(why, SEAL_WHY_SIZE, "seal.%s: '%.*s' is not what it holds",
				 c->name, there ? (int)OSMO_MIN(fields[i].len, 40) : 4,
				 there ? fields[i].text : "NULL");
			return -EINVAL;
		}
	}
	return 0;
}

/* --- a line of what is published ------------------------------------------------------ */

size_t seal_line_write(char line[SEAL_LINE_SIZE], const struct seal *s)
{
	struct seal_values v;
	struct json_writer w;
	size_t i;
	int len;

	seal_values(s, &v);
	json_writer_init(&w, line, SEAL_LINE_SIZE - 2);
	json_write_object(&w, NULL);
	for (i = 0; i < SEAL_N_COLUMNS; i++) {
		const struct column *c = &columns[i];

		if (!v.value[i])
			continue;
		/* Above 2^53, what most readers would take for a number is another one. */
		if (c->type == TIME || c->type == TEXT ||
		    c->place == offsetof(struct seal, system_identifier))
			json_write_string(&w, c->name, v.value[i]);
		else if (c->type == OCTETS)
			json_write_string(&w, c->name, v.value[i] + 2);
		else
			json_write_int(&w, c->name, int_get(s, c));
	}
	json_write_object_end(&w);
	len = json_writer_finish(&w);
	OSMO_ASSERT(len > 0); /* of a reason each octet takes six at most */
	line[len++] = '\n';
	line[len] = '\0';
	return len;
}

struct line {
	struct json_text text[SEAL_N_COLUMNS];
};

#define LINE(place, name, type, presence)                                                  \
	{                                                                                  \
		name, type, presence, offsetof(struct line, text[place]), SEAL_REASON_SIZE \
	}

static const struct json_field line_fields[SEAL_N_COLUMNS] = {
	LINE(0, "number", JSON_NUMBER, JSON_REQUIRED),
	LINE(1, "system_identifier", JSON_STRING, JSON_REQUIRED),
	LINE(2, "from_xact", JSON_NUMBER, JSON_REQUIRED),
	LINE(3, "to_xact", JSON_NUMBER, JSON_REQUIRED),
	LINE(4, "row_count", JSON_NUMBER, JSON_REQUIRED),
	LINE(5, "sealed_at", JSON_STRING, JSON_REQUIRED),
	LINE(6, "lost_number", JSON_NUMBER, JSON_OPTIONAL),
	LINE(7, "epoch", JSON_NUMBER, JSON_REQUIRED),
	LINE(8, "timeline", JSON_NUMBER, JSON_REQUIRED),
	LINE(9, "format", JSON_NUMBER, JSON_REQUIRED),
	LINE(10, "root", JSON_STRING, JSON_REQUIRED),
	LINE(11, "list", JSON_STRING, JSON_REQUIRED),
	LINE(12, "previous", JSON_STRING, JSON_OPTIONAL),
	LINE(13, "key_id", JSON_STRING, JSON_REQUIRED),
	LINE(14, "lost_hash", JSON_STRING, JSON_OPTIONAL),
	LINE(15, "reason", JSON_STRING, JSON_OPTIONAL),
	LINE(16, "hash", JSON_STRING, JSON_REQUIRED),
	LINE(17, "signature", JSON_STRING, JSON_REQUIRED),
};
static const struct json_schema line_schema = JSON_SCHEMA(struct line, line_fields);

int seal_line_read(struct seal *s, char *line, size_t len, char why[SEAL_WHY_SIZE])
{
	char octets[SEAL_N_COLUMNS][2 * SEAL_SIGNATURE_SIZE + 3];
	struct seal_field fields[SEAL_N_COLUMNS];
	struct json_fault fault;
	struct line l;
	size_t i;

	if (json_read(&l, &line_schema, line, len, &fault) < 0) {
		snprintf(why, SEAL_WHY_SIZE, "%.64s: %s", fault.pointer,
			 json_fault_text(fault.kind));
		return -EBADMSG;
	}
	for (i = 0; i < SEAL_N_COLUMNS; i++) {
		fields[i] = (struct seal_field){ l.text[i].octets, l.text[i].len };
		if (!l.text[i].octets || columns[i].type != OCTETS)
			continue;
		if (l.text[i].len > 2 * SEAL_SIGNATURE_SIZE) {
			snprintf(why, SEAL_WHY_SIZE, "%s is too long", columns[i].name);
			return -EBADMSG;
		}
		memcpy(octets[i], "\\x", 2);
		memcpy(octets[i] + 2, l.text[i].octets, l.text[i].len);
		fields[i] = (struct seal_field){ octets[i], l.text[i].len + 2 };
	}
	return seal_parse(s, fields, why) < 0 ? -EBADMSG : 0;
}
