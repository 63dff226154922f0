/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* "verify": options, and the order of things.  See ctl_verify.h. */
#include "manager/tegatactl/ctl_verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/hex.h"
#include "lib/seal_text.h"
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

#define SMALL_RUN_SIZE (8 * 1024 * 1024)

static bool after_parse(struct verify *v, const char *text)
{
	const char *colon = strchr(text, ':');

	if (colon && seal_int_parse(&v->after, text, colon - text) == 0 && v->after > 0 &&
	    hex_parse(v->after_hash, SEAL_HASH_SIZE, colon + 1, strlen(colon + 1)) == 0)
		return true;
	ctl_error("--after takes NUMBER:HASH, 64 hexadecimal digits");
	return false;
}

static bool options_take(struct verify *v)
{
	const struct ctl *ctl = v->ctl;
	char why[SEAL_WHY_SIZE];

	v->until = INT64_MAX;
	v->next_xact = INT64_MAX;
	if (!ctl->public_key) {
		ctl_error("verify needs --public-key: what the database says of its keys proves "
			  "nothing");
		return false;
	}
	if (seal_public_keys_load(&v->keys, ctl->public_key, why) < 0) {
		ctl_error("%s", why);
		return false;
	}
	if (ctl->until &&
	    (seal_int_parse(&v->until, ctl->until, strlen(ctl->until)) < 0 || v->until < 1)) {
		ctl_error("--until takes the number of a seal");
		return false;
	}
	return !ctl->after || after_parse(v, ctl->after);
}

static bool sorters_make(struct verify *v)
{
	const char *tmp = getenv("TMPDIR");

	v->tmp_dir = tmp && *tmp ? tmp : "/var/tmp";
	v->hasher = seal_hasher_new();
	v->rows = sort_new(v->tmp_dir, sizeof(struct row_record), 8, SORT_RUN_SIZE);
	v->states = sort_new(v->tmp_dir, sizeof(struct state_record), 16, SORT_RUN_SIZE);
	v->accounts = sort_new(v->tmp_dir, sizeof(struct account_record), 16, SORT_RUN_SIZE);
	v->seals = sort_new(v->tmp_dir, sizeof(struct seal_record), 16, SMALL_RUN_SIZE);
	v->published = sort_new(v->tmp_dir, sizeof(struct seal_record), 16, SMALL_RUN_SIZE);
	v->lists = sort_new(v->tmp_dir, sizeof(struct list_record), 16, SMALL_RUN_SIZE);
	v->spool_fd = open(v->tmp_dir, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (v->spool_fd < 0) {
		verify_break(v, "a temporary file in %s (TMPDIR): %s", v->tmp_dir, strerror(errno));
		return false;
	}
	if (v->hasher && v->rows && v->states && v->accounts && v->seals && v->published &&
	    v->lists)
		return true;
	verify_break(v, "no memory");
	return false;
}

static bool sorters_finish(struct verify *v)
{
	struct sort *const sorts[] = { v->rows,	 v->states,    v->accounts,
				       v->seals, v->published, v->lists };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < sizeof(sorts) / sizeof(sorts[0]); i++)
		rc = sort_finish(sorts[i]);
	if (rc < 0)
		verify_break(v, "sorting in %s (TMPDIR): %s", v->tmp_dir, strerror(-rc));
	return rc == 0;
}

static void verify_free(struct verify *v)
{
	sort_free(v->rows);
	sort_free(v->states);
	sort_free(v->accounts);
	sort_free(v->seals);
	sort_free(v->published);
	sort_free(v->lists);
	seal_hasher_free(v->hasher);
	seal_row_free(&v->row);
	if (v->spool_fd >= 0)
		close(v->spool_fd);
	free(v);
}

/* What was published is read first: what is published meanwhile is not asked for. */
static bool verify_run(struct verify *v)
{
	struct ctl *ctl = v->ctl;

	return sorters_make(v) && (!ctl->seals || verify_published_read(v, ctl->seals)) &&
	       (ctl->dump ? verify_dump_read(v, ctl->dump) : verify_live_read(v)) &&
	       sorters_finish(v) && verify_chain(v) && verify_state(v);
}

int ctl_verify(struct ctl *ctl)
{
	struct verify *v = calloc(1, sizeof(*v));
	int rc = CTL_USAGE;

	if (!v) {
		ctl_error("no memory");
		return CTL_DATABASE;
	}
	v->ctl = ctl;
	v->spool_fd = -1;
	if (options_take(v)) {
		rc = verify_run(v) ? CTL_OK : ctl->dump ? CTL_USAGE : CTL_DATABASE;
		if (rc == CTL_OK) {
			verify_report(v);
			rc = v->n_findings ? CTL_REFUSED : CTL_OK;
		}
	}
	verify_free(v);
	return rc;
}
