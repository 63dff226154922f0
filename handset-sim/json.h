/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* JSON as this program writes it: objects and arrays to a stream, commas by themselves. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH_MAX 16

struct json {
	FILE *out;
	unsigned int depth;
	bool filled[JSON_DEPTH_MAX]; /* this level has a member already */
};

void json_begin(struct json *j, FILE *out);
/* name: of the member; NULL in an array or at the top. */
void json_object(struct json *j, const char *name);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *name);
void json_array_end(struct json *j);
/* value NULL writes null; what is not UTF-8 is written as U+FFFD. */
void json_string(struct json *j, const char *name, const char *value);
void json_int(struct json *j, const char *name, int64_t value);
void json_double(struct json *j, const char *name, double value);
void json_bool(struct json *j, const char *name, bool value);
/* A line end after the outermost object. */
void json_end(struct json *j);
