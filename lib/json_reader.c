/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/json_reader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/json_scan.h"

/* One step from the whole to a value: a member's name, or an index where name is NULL. */
struct step {
	struct json_text name;
	size_t index;
};

struct reader {
	struct json_scan scan;
	struct step path[2 * JSON_DEPTH_MAX];
	size_t depth;
	struct json_fault *fault;
};

static int read_object(struct reader *r, const struct json_schema *schema, uint8_t *out);

/* --- where it went wrong --------------------------------------------------- */

/* Adds "/" and a name with RFC 6901's escapes; false where it does not fit. */
static bool pointer_add(char *pointer, size_t *len, const struct json_text *name)
{
	size_t n = *len;

	if (n + 1 >= JSON_POINTER_SIZE)
		return false;
	pointer[n++] = '/';
	for (size_t i = 0; i < name->len; i++) {
		char c = name->octets[i];

		if (n + 2 >= JSON_POINTER_SIZE)
			return false;
		if (c == '~' || c == '/')
			pointer[n++] = '~';
		pointer[n++] = c == '~' ? '0' : c == '/' ? '1' : c;
	}
	*len = n;
	return true;
}

static int fault_at(struct reader *r, enum json_fault_kind kind, size_t offset)
{
	struct json_fault *f = r->fault;
	size_t len = 0;

	f->kind = kind;
	f->offset = offset;
	for (size_t i = 0; i < r->depth; i++) {
		struct json_text name = r->path[i].name;
		char index[24];

		if (!name.octets) {
			name.len = (size_t)snprintf(index, sizeof(index), "%zu", r->path[i].index);
			name.octets = index;
		}
		if (!pointer_add(f->pointer, &len, &name))
			break;
	}
	f->pointer[len] = '\0';
	return -EBADMSG;
}

/* A fault of the scanner, at the place where it stopped. */
static int fault_of_scan(struct reader *r)
{
	return fault_at(r, r->scan.fault, r->scan.at);
}

static int fault_here(struct reader *r, enum json_fault_kind kind)
{
	return fault_at(r, kind, r->scan.at);
}

static struct step *step_in(struct reader *r)
{
	struct step *step = &r->path[r->depth];

	OSMO_ASSERT(r->depth < ARRAY_SIZE(r->path));
	r->depth++;
	*step = (struct step){ 0 };
	return step;
}

static void step_out(struct reader *r)
{
	r->depth--;
}

/* --- values ---------------------------------------------------------------- */

/* The value has another type, or is none at all. */
static int wrong_value(struct reader *r)
{
	int c = json_scan_peek(&r->scan);

	if (c > 0 && strchr("\"{[-0123456789tfn", c))
		return fault_here(r, JSON_FAULT_TYPE);
	return fault_here(r, JSON_FAULT_SYNTAX);
}

static int read_string(struct reader *r, size_t octets_max, struct json_text *out)
{
	size_t begin;

	if (json_scan_peek(&r->scan) != '"')
		return wrong_value(r);
	begin = r->scan.at;
	if (json_scan_string(&r->scan, out) < 0)
		return fault_of_scan(r);
	if (out->len > octets_max)
		return fault_at(r, JSON_FAULT_TOO_LONG, begin);
	return 0;
}

static int read_number(struct reader *r, size_t octets_max, struct json_text *out)
{
	int c = json_scan_peek(&r->scan);
	size_t begin = r->scan.at;

	if (c != '-' && (c < '0' || c > '9'))
		return wrong_value(r);
	if (json_scan_number(&r->scan, out) < 0)
		return fault_of_scan(r);
	if (out->len > octets_max)
		return fault_at(r, JSON_FAULT_TOO_LONG, begin);
	return 0;
}

static int read_boolean(struct reader *r, struct json_flag *out)
{
	int c = json_scan_peek(&r->scan);

	if (c != 't' && c != 'f')
		return wrong_value(r);
	if (json_scan_boolean(&r->scan, &out->value) < 0)
		return fault_of_scan(r);
	out->present = true;
	return 0;
}

static int read_element(struct reader *r, const struct json_field *field, uint8_t *out,
			size_t index)
{
	uint8_t *elements = out + field->elements_place;
	struct json_text *texts = (struct json_text *)elements;

	if (field->type == JSON_STRINGS)
		return read_string(r, field->octets_max, &texts[index]);
	return read_object(r, field->element, elements + index * field->element->size);
}

static int read_list(struct reader *r, const struct json_field *field, uint8_t *out)
{
	struct json_list *list = (struct json_list *)(out + field->place);
	struct step *step;
	int rc = 0;

	if (json_scan_peek(&r->scan) != '[')
		return wrong_value(r);
	r->scan.at++;
	list->present = true;
	if (json_scan_peek(&r->scan) == ']') {
		r->scan.at++;
		return 0;
	}
	step = step_in(r);
	for (;;) {
		step->index = list->n;
		if (list->n == field->elements_max)
			return fault_here(r, JSON_FAULT_TOO_MANY);
		rc = read_element(r, field, out, list->n);
		if (rc < 0)
			return rc;
		list->n++;
		if (json_scan_peek(&r->scan) != ',')
			break;
		r->scan.at++;
		json_scan_peek(&r->scan); /* an offset is that of a value, not of a space */
	}
	step_out(r);
	return json_scan_octet(&r->scan, ']') < 0 ? fault_of_scan(r) : 0;
}

/* --- objects --------------------------------------------------------------- */

static void clear_fields(const struct json_schema *schema, uint8_t *out)
{
	for (size_t i = 0; i < schema->n_fields; i++) {
		uint8_t *place = out + schema->fields[i].place;

		switch (schema->fields[i].type) {
		case JSON_STRING:
		case JSON_NUMBER:
			*(struct json_text *)place = (struct json_text){ 0 };
			break;
		case JSON_BOOLEAN:
			*(struct json_flag *)place = (struct json_flag){ 0 };
			break;
		case JSON_STRINGS:
		case JSON_OBJECTS:
			*(struct json_list *)place = (struct json_list){ 0 };
			break;
		}
	}
}

static int read_value(struct reader *r, const struct json_field *field, uint8_t *out)
{
	uint8_t *place = out + field->place;

	switch (field->type) {
	case JSON_STRING:
		return read_string(r, field->octets_max, (struct json_text *)place);
	case JSON_NUMBER:
		return read_number(r, field->octets_max, (struct json_text *)place);
	case JSON_BOOLEAN:
		return read_boolean(r, (struct json_flag *)place);
	case JSON_STRINGS:
	case JSON_OBJECTS:
		break;
	}
	return read_list(r, field, out);
}

/* Index of the field of this name, or -ENOENT; the table has at most JSON_FIELDS_MAX. */
static int find_field(const struct json_schema *schema, const struct json_text *name)
{
	for (size_t i = 0; i < schema->n_fields; i++) {
		const char *known = schema->fields[i].name;

		if (strlen(known) == name->len && memcmp(known, name->octets, name->len) == 0)
			return (int)i;
	}
	return -ENOENT;
}

/* A name, a colon and a value. */
static int read_member(struct reader *r, const struct json_schema *schema, uint8_t *out,
		       uint32_t *seen)
{
	struct json_text name;
	size_t begin;
	int field, rc;

	if (json_scan_peek(&r->scan) != '"')
		return fault_here(r, JSON_FAULT_SYNTAX);
	begin = r->scan.at;
	if (json_scan_string(&r->scan, &name) < 0)
		return fault_of_scan(r);
	step_in(r)->name = name;
	field = find_field(schema, &name);
	if (field < 0)
		return fault_at(r, JSON_FAULT_UNKNOWN, begin);
	if (*seen & 1u << field)
		return fault_at(r, JSON_FAULT_DUPLICATE, begin);
	*seen |= 1u << field;
	if (json_scan_octet(&r->scan, ':') < 0)
		return fault_of_scan(r);
	rc = read_value(r, &schema->fields[field], out);
	if (rc == 0)
		step_out(r);
	return rc;
}

/* At the end of an object. */
static int check_required(struct reader *r, const struct json_schema *schema, uint32_t seen)
{
	for (size_t i = 0; i < schema->n_fields; i++) {
		const struct json_field *field = &schema->fields[i];

		if (field->presence == JSON_OPTIONAL || seen & 1u << i)
			continue;
		step_in(r)->name = (struct json_text){ field->name, strlen(field->name) };
		return fault_here(r, JSON_FAULT_MISSING);
	}
	return 0;
}

static int read_object(struct reader *r, const struct json_schema *schema, uint8_t *out)
{
	uint32_t seen = 0;
	int rc;

	OSMO_ASSERT(schema->n_fields <= JSON_FIELDS_MAX);
	clear_fields(schema, out);
	if (json_scan_peek(&r->scan) != '{')
		return wrong_value(r);
	r->scan.at++;
	if (json_scan_peek(&r->scan) != '}') {
		for (;;) {
			rc = read_member(r, schema, out, &seen);
			if (rc < 0)
				return rc;
			if (json_scan_peek(&r->scan) != ',')
				break;
			r->scan.at++;
		}
	}
	if (json_scan_peek(&r->scan) != '}')
		return fault_here(r, JSON_FAULT_SYNTAX);
	rc = check_required(r, schema, seen);
	if (rc == 0)
		r->scan.at++;
	return rc;
}

int json_read(void *out, const struct json_schema *schema, char *text, size_t len,
	      struct json_fault *fault)
{
	struct reader r = { .scan = { .text = text, .len = len }, .fault = fault };
	int rc = read_object(&r, schema, out);

	if (rc == 0 && json_scan_peek(&r.scan) != -1)
		return fault_here(&r, JSON_FAULT_SYNTAX);
	return rc;
}

const char *json_fault_text(enum json_fault_kind kind)
{
	switch (kind) {
	case JSON_FAULT_SYNTAX:
		return "this is not JSON";
	case JSON_FAULT_UTF8:
		return "this is not a character, or one that is not taken";
	case JSON_FAULT_TYPE:
		return "the value has another type here";
	case JSON_FAULT_UNKNOWN:
		return "the member is not known here";
	case JSON_FAULT_DUPLICATE:
		return "the member is there twice";
	case JSON_FAULT_MISSING:
		return "the member is missing";
	case JSON_FAULT_TOO_LONG:
		return "the value is too long";
	case JSON_FAULT_TOO_MANY:
		return "there are too many elements";
	}
	return "the value is not taken here";
}
