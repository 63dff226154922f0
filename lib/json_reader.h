/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * JSON of an open port (RFC 8259, strict) into a struct, by a table: one pass,
 * no allocation, and what does not fit the table is refused with its place.
 *
 *   struct payment {
 *           struct json_text shop;
 *           struct json_list notes;
 *           struct json_text note[100];
 *   };
 *   static const struct json_field payment_fields[] = {
 *           JSON_FIELD_STRING("shop", struct payment, shop, 6, JSON_REQUIRED),
 *           JSON_FIELD_STRINGS("notes", struct payment, notes, note, 400, JSON_OPTIONAL),
 *   };
 *   static const struct json_schema payment_schema = JSON_SCHEMA(struct payment, payment_fields);
 *
 *   struct payment p;
 *   struct json_fault fault;
 *   if (json_read(&p, &payment_schema, body, len, &fault) < 0)
 *           ... fault.pointer "/notes/17", json_fault_text(fault.kind), fault.offset
 *
 * Strings are decoded in place: the text is altered, and what was read points
 * into it.  Numbers stay text, so that no amount becomes a float.  Refused are,
 * beside everything that is not JSON in UTF-8: members that the table does not
 * know, members that come twice, other types (null is one), more octets or
 * elements than the table allows, U+0000, a missing member, a byte order mark.
 * What nests deeper than the table is of a wrong type and is not entered, so
 * that the depth is the table's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_FIELDS_MAX 32 /* of one object */
#define JSON_DEPTH_MAX 8 /* of a table */
#define JSON_POINTER_SIZE 128

/* A string, decoded, without NUL; or a number as it was written.  octets NULL: it was not there. */
struct json_text {
	const char *octets;
	size_t len;
};

struct json_flag {
	bool present;
	bool value;
};

/* Of an array; its elements stand in an array of their own. */
struct json_list {
	bool present;
	size_t n;
};

enum json_type {
	JSON_STRING, /* struct json_text */
	JSON_NUMBER, /* struct json_text */
	JSON_BOOLEAN, /* struct json_flag */
	JSON_STRINGS, /* struct json_list and struct json_text[] */
	JSON_OBJECTS, /* struct json_list and an array of the struct of its schema */
};

enum json_presence { JSON_OPTIONAL, JSON_REQUIRED };

struct json_schema;

struct json_field {
	const char *name;
	enum json_type type;
	enum json_presence presence;
	size_t place; /* offset in the struct */
	size_t octets_max; /* of a string or number */
	size_t elements_place; /* offset of the array of elements */
	size_t elements_max;
	const struct json_schema *element; /* of JSON_OBJECTS */
};

struct json_schema {
	const struct json_field *fields;
	size_t n_fields;
	size_t size; /* of the struct */
};

#define JSON_SCHEMA(structure, fields)                                          \
	{                                                                       \
		fields, sizeof(fields) / sizeof((fields)[0]), sizeof(structure) \
	}

#define JSON_FIELD_STRING(name, structure, member, octets_max, presence)                         \
	{                                                                                        \
		name, JSON_STRING, presence, offsetof(structure, member), octets_max, 0, 0, NULL \
	}
#define JSON_FIELD_NUMBER(name, structure, member, octets_max, presence)                         \
	{                                                                                        \
		name, JSON_NUMBER, presence, offsetof(structure, member), octets_max, 0, 0, NULL \
	}
#define JSON_FIELD_BOOLEAN(name, structure, member, presence)                            \
	{                                                                                \
		name, JSON_BOOLEAN, presence, offsetof(structure, member), 0, 0, 0, NULL \
	}
/* elements: a member that is an array of struct json_text; its size is the most that is taken. */
#define JSON_FIELD_STRINGS(name, structure, list, elements, octets_max, presence)    \
	{                                                                            \
		name, JSON_STRINGS, presence, offsetof(structure, list), octets_max, \
			offsetof(structure, elements),                               \
			sizeof(((structure *)0)->elements) /                         \
				sizeof(((structure *)0)->elements[0]),               \
			NULL                                                         \
	}
/* elements: a member that is an array of the struct of schema. */
#define JSON_FIELD_OBJECTS(name, structure, list, elements, schema, presence) \
	{                                                                     \
		name, JSON_OBJECTS, presence, offsetof(structure, list), 0,   \
			offsetof(structure, elements),                        \
			sizeof(((structure *)0)->elements) /                  \
				sizeof(((structure *)0)->elements[0]),        \
			schema                                                \
	}

enum json_fault_kind {
	JSON_FAULT_SYNTAX,
	JSON_FAULT_UTF8, /* not UTF-8, half a surrogate pair, or U+0000 */
	JSON_FAULT_TYPE,
	JSON_FAULT_UNKNOWN,
	JSON_FAULT_DUPLICATE,
	JSON_FAULT_MISSING,
	JSON_FAULT_TOO_LONG, /* a string or number */
	JSON_FAULT_TOO_MANY, /* elements */
};

struct json_fault {
	enum json_fault_kind kind;
	size_t offset; /* in octets, from the front of the text as it came */
	/* RFC 6901, to the value at fault, "" for the whole; to the object around it where a
	 * member's name is too long to be told. */
	char pointer[JSON_POINTER_SIZE];
};

/* Reads an object.  0, or -EBADMSG with *fault set; *out is then half filled.  The struct need not
 * be cleared before.  A schema with more than the maxima above asserts. */
int json_read(void *out, const struct json_schema *schema, char *text, size_t len,
	      struct json_fault *fault) __attribute__((warn_unused_result));

/* For people, without the place: "the member is not known here". */
const char *json_fault_text(enum json_fault_kind kind);
