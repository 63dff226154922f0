/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "handset-sim/json.h"
#include "lib/utf8.h"

static void json_quote(FILE *out, const char *value)
{
	fputc('"', out);
	while (*value) {
		uint32_t code_point;
		int len = utf8_take(&code_point, value, strlen(value));
		unsigned char c = *value;

		if (len < 0) {
			fputs("\\ufffd", out);
			value++;
			continue;
		}
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fwrite(value, 1, len, out);
		value += len;
	}
	fputc('"', out);
}

static void member(struct json *j, const char *name)
{
	if (j->filled[j->depth])
		fputc(',', j->out);
	j->filled[j->depth] = true;
	if (name) {
		json_quote(j->out, name);
		fputc(':', j->out);
	}
}

static void level_open(struct json *j, const char *name, char bracket)
{
	OSMO_ASSERT(j->depth + 1 < JSON_DEPTH_MAX);
	member(j, name);
	fputc(bracket, j->out);
	j->filled[++j->depth] = false;
}

static void level_close(struct json *j, char bracket)
{
	OSMO_ASSERT(j->depth > 0);
	fputc(bracket, j->out);
	j->depth--;
}

void json_begin(struct json *j, FILE *out)
{
	memset(j, 0, sizeof(*j));
	j->out = out;
}

void json_object(struct json *j, const char *name)
{
	level_open(j, name, '{');
}

void json_object_end(struct json *j)
{
	level_close(j, '}');
}

void json_array(struct json *j, const char *name)
{
	level_open(j, name, '[');
}

void json_array_end(struct json *j)
{
	level_close(j, ']');
}

void json_string(struct json *j, const char *name, const char *value)
{
	member(j, name);
	if (value)
		json_quote(j->out, value);
	else
		fputs("null", j->out);
}

void json_int(struct json *j, const char *name, int64_t value)
{
	member(j, name);
	fprintf(j->out, "%" PRId64, value);
}

void json_double(struct json *j, const char *name, double value)
{
	member(j, name);
	fprintf(j->out, "%.3f", value);
}

void json_bool(struct json *j, const char *name, bool value)
{
	member(j, name);
	fputs(value ? "true" : "false", j->out);
}

void json_end(struct json *j)
{
	fputc('\n', j->out);
	fflush(j->out);
}
