/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any octets as the notes of a wallet, with the check sum that they need: what is taken is saved,
 * and loads as the same. */
#include "fuzz.h"

#include <openssl/sha.h>

#include <osmocom/core/talloc.h>

#include "handset-sim/wallet_file.h"

#define OWNER "819012345678"

/* Nothing of this outlives a power cut. */
int fsync(int fd)
{
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	fuzz_quiet();
	fuzz_dir_make();
	return 0;
}

static void file_write(const uint8_t *in, size_t len)
{
	static const char head[] = "tegata-wallet 1 " OWNER "\n";
	uint8_t digest[SHA256_DIGEST_LENGTH];
	size_t head_len = strlen(head), n_notes = 0, n;
	char *all = malloc(head_len + len + 128);

	memcpy(all, head, head_len);
	memcpy(all + head_len, in, len);
	n = head_len + len;
	if (all[n - 1] != '\n')
		all[n++] = '\n';
	for (const char *p = all + head_len; (p = memchr(p, '\n', all + n - p)); p++)
		n_notes += p == all + head_len || p[-1] != '\n'; /* empty lines are skipped */
	SHA256((const uint8_t *)all, n, digest);
	n += sprintf(all + n, "end %zu ", n_notes);
	for (size_t i = 0; i < sizeof(digest); i++)
		n += sprintf(all + n, "%02x", digest[i]);
	all[n++] = '\n';
	fuzz_file("wallet", all, n);
	free(all);
}

static struct wallet *load(int *rc)
{
	struct wallet *w = talloc_zero(NULL, struct wallet);
	char why[WALLET_WHY_SIZE];

	INIT_LLIST_HEAD(&w->notes);
	hash_init(w->by_id);
	OSMO_STRLCPY_ARRAY(w->owner, OWNER);
	w->path = talloc_asprintf(w, "%s/wallet", fuzz_dir);
	*rc = wallet_file_load(w, why);
	return w;
}

static bool same(const struct wallet_note *a, const struct wallet_note *b)
{
	return a->value_id == b->value_id && a->state == b->state &&
	       strcmp(a->amount, b->amount) == 0 && strcmp(a->currency, b->currency) == 0 &&
	       strcmp(a->from, b->from) == 0 && strcmp(a->to, b->to) == 0 &&
	       strcmp(a->reference, b->reference) == 0 && a->received_at == b->received_at &&
	       a->handed_at == b->handed_at && a->settled_at == b->settled_at;
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct wallet *w, *back;
	struct wallet_note *note;
	int rc;

	file_write(in, len);
	w = load(&rc);
	if (rc == 0) {
		OSMO_ASSERT(wallet_file_save(w) == 0);
		back = load(&rc);
		OSMO_ASSERT(rc == 0 && back->n_notes == w->n_notes);
		llist_for_each_entry (note, &w->notes, list)
			OSMO_ASSERT(same(note, wallet_find(back, note->value_id)));
		talloc_free(back);
	}
	talloc_free(w);
	return 0;
}
