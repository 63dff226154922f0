/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was published: a file, or the *.jsonl of a directory by name. */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <osmocom/core/utils.h>

#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_verify.h"

static int line_add(struct verify *v, const char *path, char *line, size_t len)
{
	struct seal_record rec = { .place = htobe64(v->n_published) };
	uint8_t hash[SEAL_HASH_SIZE];
	char why[SEAL_WHY_SIZE];
	const struct seal_public_key *key;

	if (seal_line_read(&rec.seal, line, len, why) < 0) {
		verify_break(v, "%s: line %llu of the published is no seal: %s", path,
			     (unsigned long long)v->n_published + 1, why);
		return -EINVAL;
	}
	v->n_published++;
	v->published_last = OSMO_MAX(v->published_last, rec.seal.number);
	seal_hash(&rec.seal, v->hasher, hash);
	key = seal_public_key_find(&v->keys, rec.seal.key_id);
	/* It would be no witness. */
	if (!key || memcmp(hash, rec.seal.hash, sizeof(hash)) ||
	    !seal_signature_fits(&rec.seal, key)) {
		verify_find_text(v, rec.seal.number,
				 "what was published of it is not signed by a key"
				 " that was given");
		return 0;
	}
	rec.number = sort_key_of(rec.seal.number);
	return sort_add(v->published, &rec);
}

/* A last line without its end was being written. */
static bool file_read(struct verify *v, const char *path)
{
	FILE *f = fopen(path, "re");
	size_t size = 0;
	char *line = NULL;
	ssize_t len = 0;
	int rc = 0;

	if (!f) {
		verify_break(v, "%s: %s", path, strerror(errno));
		return false;
	}
	while (rc == 0 && (len = getline(&line, &size, f)) > 0 && line[len - 1] == '\n')
		rc = line_add(v, path, line, len - 1);
	if (rc < 0 && !v->broken)
		verify_break(v, "%s: %s", path, strerror(-rc));
	free(line);
	fclose(f);
	return rc == 0;
}

/* An archive that is empty, or not mounted, would be a witness that never contradicts. */
static bool any_read(struct verify *v, const char *path)
{
	if (!v->n_published)
		verify_break(v, "%s: there are no seals in it", path);
	return v->n_published > 0;
}

static int is_lines(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return len > 6 && !strcmp(e->d_name + len - 6, ".jsonl");
}

bool verify_published_read(struct verify *v, const char *path)
{
	struct dirent **names;
	char file[4096];
	struct stat st;
	bool ok = true;
	int i, n;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return file_read(v, path) && any_read(v, path);
	n = scandir(path, &names, is_lines, alphasort);
	if (n < 0) {
		verify_break(v, "%s: %s", path, strerror(errno));
		return false;
	}
	for (i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%.3800s/%s", path, names[i]->d_name);
		ok = ok && file_read(v, file);
		free(names[i]);
	}
	free(names);
	return ok && any_read(v, path);
}
