/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The seals in order.  Of each number there is what the database has and what was
 * published; by the one that a trusted key has signed the rows are judged.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/utils.h>

#include "lib/hex.h"
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_verify.h"

/* A sorted source of seals with the next one in front. */
struct stream {
	struct sort *sort;
	bool any;
	struct seal next;
};

struct chain {
	struct verify *v;
	struct stream stored, published;
	const struct list_record *list; /* the next piece; NULL: none is left */
	bool any; /* what follows is the seal before this one */
	struct seal last;
	/* Of the last epoch that said so: published seals up to this one are gone. */
	int64_t lost_number;
	int32_t lost_epoch;
	uint8_t lost_hash[SEAL_HASH_SIZE];
};

static void stream_step(struct verify *v, struct stream *s)
{
	int error;
	const struct seal_record *rec = sort_next(s->sort, &error);

	s->any = rec != NULL;
	if (rec)
		s->next = rec->seal;
	if (error < 0)
		verify_break(v, "sorted seals: %s", strerror(-error));
}

static void list_step(struct chain *c)
{
	int error;

	c->list = sort_next(c->v->lists, &error);
	if (error < 0)
		verify_break(c->v, "sorted lists: %s", strerror(-error));
}

/* --- one seal ------------------------------------------------------------------------ */

static const struct db_key *db_key_find(const struct verify *v, const uint8_t *id)
{
	size_t i;

	for (i = 0; i < v->n_db_keys; i++) {
		if (memcmp(v->db_keys[i].id, id, SEAL_KEY_ID_SIZE) == 0)
			return &v->db_keys[i];
	}
	return NULL;
}

/* Is it what a trusted key has signed?  What is wrong is told. */
static bool seal_check(struct verify *v, const struct seal *s)
{
	const struct seal_public_key *key = seal_public_key_find(&v->keys, s->key_id);
	char hex[2 * SEAL_KEY_ID_SIZE + 1];
	uint8_t hash[SEAL_HASH_SIZE];

	seal_hash(s, v->hasher, hash);
	hex_format(hex, s->key_id, sizeof(s->key_id));
	if (memcmp(hash, s->hash, sizeof(hash)))
		verify_find_text(v, s->number,
				 "the seal itself was changed: its hash is not its own");
	else if (!key)
		verify_find_text(v, s->number, "it is by key %s, which was not given", hex);
	else if (!seal_signature_fits(s, key))
		verify_find_text(v, s->number, "its signature is not that of key %s", hex);
	else if (s->format != SEAL_FORMAT)
		verify_find_text(v, s->number, "its format %d is not known to this program",
				 s->format);
	else
		return true;
	return false;
}

static void key_check(struct verify *v, const struct seal *s)
{
	const struct db_key *k = db_key_find(v, s->key_id);
	char hex[2 * SEAL_KEY_ID_SIZE + 1];

	hex_format(hex, s->key_id, sizeof(s->key_id));
	if (!k)
		verify_find_text(v, s->number, "its key %s is no longer in table signing_key", hex);
	else if (s->sealed_at_us < k->from_us || s->sealed_at_us >= k->until_us)
		verify_find_text(v, s->number, "its key %s was not valid at that time", hex);
}

static void link_check(struct chain *c, const struct seal *s)
{
	const struct seal *last = &c->last;
	struct verify *v = c->v;

	if (!c->any) {
		if (s->from_xact != 0)
			verify_find_text(v, s->number,
					 "it is the first, and does not begin with the "
					 "first transaction");
		return;
	}
	if (memcmp(s->previous, last->hash, sizeof(s->previous)))
		verify_find_text(v, s->number,
				 "it names another seal before it than %" PRId64 " as it is here",
				 last->number);
	if (s->from_xact != last->to_xact)
		verify_find_text(v, s->number, "it does not begin where the one before it ended");
	if (s->epoch != last->epoch && s->epoch != last->epoch + 1)
		verify_find_text(v, s->number, "epoch %d after epoch %d", s->epoch, last->epoch);
	if (s->epoch == last->epoch &&
	    (s->timeline != last->timeline || s->system_identifier != last->system_identifier))
		verify_find_text(v, s->number, "another cluster or timeline in the same epoch");
	if (s->epoch > last->epoch && s->lost_number) {
		c->lost_number = s->lost_number;
		c->lost_epoch = s->epoch;
		memcpy(c->lost_hash, s->lost_hash, sizeof(c->lost_hash));
	}
}

/* --- what was published of a number ------------------------------------------------------ */

/* Gone, and a later epoch says so. */
static bool is_declared_lost(const struct chain *c, const struct seal *p)
{
	return p->epoch < c->lost_epoch && p->number <= c->lost_number &&
	       (p->number < c->lost_number || memcmp(p->hash, c->lost_hash, sizeof(p->hash)) == 0);
}

/* Compares, and gives the published one of the same place in the chain where there is one. */
static bool published_check(struct chain *c, int64_t number, const struct seal *stored,
			    struct seal *found)
{
	struct verify *v = c->v;
	bool any = false, differs = false;

	for (; c->published.any && c->published.next.number <= number && !v->broken;
	     stream_step(v, &c->published)) {
		const struct seal *p = &c->published.next;

		if (p->number < number)
			continue; /* before what --after trusts */
		if (stored && memcmp(p->hash, stored->hash, sizeof(p->hash)) == 0) {
			any = true;
			differs = false;
			*found = *p;
		} else if (is_declared_lost(c, p)) {
			v->n_lost++;
			v->n_lost_rows += p->row_count;
		} else if (!any) {
			any = differs = true;
			*found = *p;
		}
	}
	if (differs && stored)
		verify_find_text(v, number, "it is not the seal that was published");
	else if (differs && number <= v->until)
		verify_find_text(v, number, "removed: it was published, and is not there");
	return any;
}

/* --- its list -------------------------------------------------------------------------------- */

/* The pieces of a number in one; *n entries.  NULL: there is none. */
static uint8_t *list_read(struct chain *c, int64_t number, size_t *n)
{
	struct verify *v = c->v;
	uint8_t *octets = NULL, *more;
	size_t len = 0;

	while (c->list && sort_key_value(c->list->number) < number)
		list_step(c);
	for (; c->list && sort_key_value(c->list->number) == number; list_step(c)) {
		more = realloc(octets, len + c->list->len + 1);
		if (!more ||
		    pread(v->spool_fd, more + len, c->list->len, c->list->offset) != c->list->len) {
			verify_break(v, "the list of seal %" PRId64 " cannot be read back", number);
			free(more ? more : octets);
			return NULL;
		}
		octets = more;
		len += c->list->len;
	}
	*n = len / SEAL_ENTRY_SIZE;
	return octets;
}

static bool rows_check(struct chain *c, const struct seal *s)
{
	uint8_t digest[SEAL_HASH_SIZE];
	size_t n = 0;
	uint8_t *entries = list_read(c, s->number, &n);
	bool ok, good;

	seal_hash_begin(c->v->hasher);
	seal_hash_add(c->v->hasher, entries ? entries : (uint8_t *)"", n * SEAL_ENTRY_SIZE);
	seal_hash_end(c->v->hasher, digest);
	good = memcmp(digest, s->list, sizeof(digest)) == 0;
	ok = !c->v->broken && verify_interval(c->v, s, entries, n, good);
	free(entries);
	return ok;
}

/* --- all of them ----------------------------------------------------------------------------- */

/* One number; stored NULL: the database has none. */
static bool number_check(struct chain *c, int64_t number, const struct seal *stored)
{
	struct verify *v = c->v;
	struct seal published, judge = { 0 };
	bool is_published, gap, good = false;
	uint64_t n_lost;

	if (stored && seal_check(v, stored)) {
		good = true;
		judge = *stored;
		key_check(v, stored);
		link_check(c, stored);
	}
	n_lost = v->n_lost;
	is_published = published_check(c, number, good ? stored : NULL, &published);
	/* Not where it was lost in a restore, and the new epoch has not come to this number yet. */
	if (!stored && !is_published && v->n_lost == n_lost && number <= v->until)
		verify_find_text(v, number, "removed: it is not there");
	if (!good && !is_published) {
		/* What it sealed cannot be judged, but what follows can. */
		c->any = stored != NULL || c->any;
		if (stored)
			c->last = *stored;
		return true;
	}
	if (!good)
		judge = published;
	gap = c->any && judge.from_xact > c->last.to_xact;
	c->last = judge;
	c->any = true;
	if (!stored && number > v->until)
		return true;
	/* Rows of a seal that is gone cannot be judged by the next one. */
	return (!gap || verify_rows_skip(v, judge.from_xact)) && rows_check(c, &judge);
}

/* --after: what is up to it is trusted, if it is what was said. */
static bool after_skip(struct chain *c)
{
	struct verify *v = c->v;
	bool found = false;

	if (!v->after)
		return true;
	for (; c->stored.any && c->stored.next.number <= v->after; stream_step(v, &c->stored)) {
		if (c->stored.next.number != v->after)
			continue;
		found = memcmp(c->stored.next.hash, v->after_hash, sizeof(v->after_hash)) == 0;
		c->last = c->stored.next;
		c->any = true;
	}
	while (c->published.any && c->published.next.number <= v->after)
		stream_step(v, &c->published);
	if (found)
		return true;
	verify_find_text(v, v->after, "it is not the one that was given with --after");
	return c->any;
}

static bool rows_skip(struct chain *c)
{
	struct seal trusted = c->last;

	/* Only to leave them behind. */
	return !c->v->after || verify_rows_skip(c->v, trusted.to_xact);
}

/* Nothing is there of this number: that is told of all up to the next that has something, and the
 * last of them is the answer. */
static int64_t numbers_skip(struct chain *c, int64_t number)
{
	int64_t last = INT64_MAX;

	if (c->stored.any)
		last = c->stored.next.number - 1;
	if (c->published.any)
		last = OSMO_MIN(last, c->published.next.number - 1);
	if (number == last && number <= c->v->until)
		verify_find_text(c->v, number, "removed: it is not there");
	else if (number <= c->v->until)
		verify_find_text(c->v, number, "removed: it is not there, and none up to %" PRId64,
				 last);
	return last;
}

bool verify_chain(struct verify *v)
{
	struct chain c = { .v = v, .stored.sort = v->seals, .published.sort = v->published };
	int64_t number;

	stream_step(v, &c.stored);
	stream_step(v, &c.published);
	list_step(&c);
	if (v->broken || !after_skip(&c) || !rows_skip(&c))
		return !v->broken;
	if (!c.stored.any && !c.published.any && !c.any)
		verify_find_text(v, 0, "history is not sealed: there are no seals");
	for (number = v->after + 1; (c.stored.any || c.published.any) && !v->broken; number++) {
		struct seal stored = c.stored.next;
		bool is_stored;

		/* One that was inserted below what is already judged. */
		if (c.stored.any && stored.number < number) {
			verify_find_text(v, stored.number, "there are several of this number");
			stream_step(v, &c.stored);
			number--;
			continue;
		}
		is_stored = c.stored.any && stored.number == number;
		if (!is_stored && !(c.published.any && c.published.next.number <= number)) {
			number = numbers_skip(&c, number);
			continue;
		}
		if (is_stored)
			stream_step(v, &c.stored);
		if (!number_check(&c, number, is_stored ? &stored : NULL))
			return false;
		if (number == INT64_MAX)
			break;
	}
	return !v->broken && verify_unsealed(v);
}
