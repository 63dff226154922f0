/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Any octets as lines of a text catalogue, in front of those lines of
 * etc/texts/en.txt whose keys they do not name, so that a whole catalogue comes
 * of it: what is taken renders within its room, as UTF-8.
 */
#include "fuzz.h"

#include <osmocom/core/talloc.h>

#include "lib/utf8.h"
#include "manager/catalogue_file.h"

#define ROOM 64

static char *english;

static void *whole_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "re");
	char *text = calloc(1, CATALOGUE_FILE_MAX_SIZE + 1);

	OSMO_ASSERT(file && text);
	*len = fread(text, 1, CATALOGUE_FILE_MAX_SIZE, file);
	fclose(file);
	return text;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	size_t len;

	fuzz_quiet();
	fuzz_dir_make();
	english = whole_file("etc/texts/en.txt", &len);
	return 0;
}

static bool is_named(const char *text, size_t text_len, const char *line)
{
	size_t len = strcspn(line, " =\n");

	return len > 0 && memmem(text, text_len, line, len);
}

/* The input, then what of English it leaves. */
static void file_write(const uint8_t *in, size_t len)
{
	size_t n = len;
	char *all = malloc(len + strlen(english) + 2);

	memcpy(all, in, len);
	if (n > 0 && all[n - 1] != '\n')
		all[n++] = '\n';
	for (const char *line = english; *line;) {
		size_t line_len = strcspn(line, "\n");

		line_len += line[line_len] == '\n';
		if (!is_named((const char *)in, len, line)) {
			memcpy(all + n, line, line_len);
			n += line_len;
		}
		line += line_len;
	}
	fuzz_file("en.txt", all, n);
	free(all);
}

static void render(const char *text)
{
	static const struct text_var vars[] = {
		{ "amount", "1\r\n2" },
		{ "value", "0712 3456 7890 1234 5678" },
		{ "to", "\xe6\x9d\xb1\xe4\xba\xac" },
		{ "n", "" },
		{ NULL, NULL },
	};
	char out[ROOM];
	size_t len = text_render(out, sizeof(out), text, vars), at = 0;
	uint32_t c;

	OSMO_ASSERT(len < sizeof(out) && strlen(out) == len);
	while (at < len) {
		int n = utf8_take(&c, out + at, len - at);

		OSMO_ASSERT(n > 0);
		at += n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	char path[FUZZ_PATH_SIZE + 8];
	struct language *language;

	file_write(in, len);
	snprintf(path, sizeof(path), "%s/en.txt", fuzz_dir);
	if (catalogue_file_read(&language, NULL, path) < 0)
		return 0;
	for (int id = 0; id < TEXT_COUNT; id++)
		render(language_text(language, id));
	OSMO_ASSERT(language->n_currencies <= CATALOGUE_CURRENCIES_MAX);
	for (size_t i = 0; i < language->n_currencies; i++)
		render(language->currencies[i].text);
	talloc_free(language);
	return 0;
}
