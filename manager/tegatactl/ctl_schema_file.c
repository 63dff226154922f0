/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>
#include <osmocom/core/talloc.h>

#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_schema.h"

#define FILE_MAX (4 * 1024 * 1024)

static void digest_hex(char out[65], const char *text, size_t len)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0, i;

	out[0] = '\0';
	if (!EVP_Digest(text, len, md, &n, EVP_sha256(), NULL))
		return;
	for (i = 0; i < n; i++)
		sprintf(out + 2 * i, "%02x", md[i]);
}

static bool file_read(void *ctx, struct schema_file *f)
{
	FILE *in = fopen(f->path, "re");
	size_t n;

	if (!in) {
		ctl_error("%s: %s", f->path, strerror(errno));
		return false;
	}
	f->text = talloc_size(ctx, FILE_MAX + 1);
	n = fread(f->text, 1, FILE_MAX + 1, in);
	fclose(in);
	if (n > FILE_MAX) {
		ctl_error("%s: larger than %d octets", f->path, FILE_MAX);
		return false;
	}
	f->text[n] = '\0';
	f->text = talloc_realloc(ctx, f->text, char, n + 1);
	digest_hex(f->digest, f->text, n);
	return true;
}

static int is_sql(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && entry->d_name[0] != '.' && !strcmp(entry->d_name + len - 4, ".sql");
}

static bool patch_number(struct schema_file *f, int wanted)
{
	f->number = atoi(f->name);
	if (f->number == wanted && strlen(f->name) > 9 && strlen(f->name) < 64 && f->name[4] == '-')
		return true;
	ctl_error("%s: patch %04d is expected here", f->path, wanted);
	return false;
}

static bool directory_read(struct schema_files *files, const char *path, bool patches)
{
	struct dirent **entry;
	int n = scandir(path, &entry, is_sql, alphasort), i;
	bool ok = n >= 0;

	if (n < 0) {
		ctl_error("%s: %s (see --sql-dir)", path, strerror(errno));
		return false;
	}
	files->file = talloc_zero_array(files, struct schema_file, n);
	for (i = 0; i < n; i++) {
		struct schema_file *f = &files->file[i];

		if (ok) {
			f->name = talloc_strdup(files, entry[i]->d_name);
			f->path = talloc_asprintf(files, "%s/%s", path, f->name);
			ok = file_read(files, f) && (!patches || patch_number(f, i + 1));
			files->n += ok;
		}
		free(entry[i]);
	}
	free(entry);
	return ok;
}

struct schema_files *schema_files_read(void *ctx, const char *dir, const char *sub)
{
	struct schema_files *files = talloc_zero(ctx, struct schema_files);
	char *path = talloc_asprintf(files, "%s/%s", dir, sub);
	struct stat st;
	bool ok;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		files->file = talloc_zero(files, struct schema_file);
		files->n = 1;
		files->file->name = talloc_strdup(files, sub);
		files->file->path = path;
		ok = file_read(files, files->file);
	} else {
		ok = directory_read(files, path, !strcmp(sub, "patch"));
	}
	if (ok)
		return files;
	talloc_free(files);
	return NULL;
}
