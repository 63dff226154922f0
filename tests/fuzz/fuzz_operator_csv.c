/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Any octets as a file of `tegatactl terminal import' (first octet even) and
 * `terminal feed' (odd): each array that goes to the database is one, of as many
 * elements as the others, and holds the text of the file and nothing else.
 */
#include "fuzz.h"

#include <libpq-fe.h>

#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

static const char *file_text;
static size_t file_len;

/* PostgreSQL's array_in(): '"' and '\' behind a '\', or NULL.  The place behind the element. */
static const char *element_take(const char *p, char *out, size_t *len)
{
	*len = 0;
	if (strncmp(p, "NULL", 4) == 0)
		return p + 4;
	OSMO_ASSERT(*p++ == '"');
	while (*p != '"') {
		if (*p == '\\')
			p++;
		OSMO_ASSERT(*p);
		out[(*len)++] = *p++;
	}
	return p + 1;
}

static size_t array_read(const char *array)
{
	char *out = malloc(strlen(array) + 1);
	const char *p = array;
	size_t n = 0, len;

	OSMO_ASSERT(*p++ == '{');
	while (*p != '}') {
		if (n++)
			OSMO_ASSERT(*p++ == ',');
		p = element_take(p, out, &len);
		/* Fields without quotes in them stand in the file as they are. */
		if (len > 0 && !memchr(out, '"', len) && !memchr(out, '\n', len) &&
		    strspn(out, "0123456789") < len)
			OSMO_ASSERT(memmem(file_text, file_len, out, len));
	}
	OSMO_ASSERT(p[1] == '\0');
	free(out);
	return n;
}

/* libpq's, without a server. */
PGresult *PQexecParams(PGconn *conn, const char *sql, int n, const Oid *types,
		       const char *const *values, const int *lengths, const int *formats,
		       int format)
{
	size_t rows = array_read(values[0]);

	for (int i = 1; i < n - 1; i++)
		OSMO_ASSERT(array_read(values[i]) == rows);
	OSMO_ASSERT(rows > 0 && rows <= 1000);
	return PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	fuzz_quiet();
	fuzz_dir_make();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	char path[FUZZ_PATH_SIZE];
	char *words[] = { path };
	struct ctl ctl = { .argc = 1, .argv = words };
	int rc;

	if (len < 1)
		return 0;
	file_text = (const char *)in + 1;
	file_len = len - 1;
	osmo_strlcpy(path, fuzz_file("rows.csv", file_text, file_len), sizeof(path));
	rc = in[0] & 1 ? ctl_terminal_feed(&ctl) : ctl_terminal_import(&ctl);
	OSMO_ASSERT(rc == CTL_OK || rc == CTL_REFUSED);
	return 0;
}
