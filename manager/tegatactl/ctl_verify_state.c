/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What is stored now against history: a value is its last journal row, and worth
 * what its issue was charged; what is on an account is the sum of its movements;
 * sealing is what an operator's act last made it; keys are those that were given.
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/hex.h"
#include "lib/value_id.h"
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_verify.h"

#define POLICY_ACCOUNT 1 /* charged to an account here, at issue */
#define STATE_PENDING 0
#define STATE_REVOKED 5

/* One value, from the records of its id. */
struct value {
	int64_t id;
	struct state_record stored, last, first;
	uint32_t n_stored, n_journal;
	bool gap, charged, charge_differs, several_charges;
	struct state_record charge;
};

static void value_add(struct value *x, const struct state_record *s)
{
	switch (s->kind) {
	case STATE_VALUE:
		x->stored = *s;
		x->n_stored++;
		break;
	case STATE_JOURNAL:
		x->n_journal++;
		x->gap |= be32toh(s->version) != x->n_journal;
		if (x->n_journal == 1)
			x->first = *s;
		x->last = *s;
		break;
	case STATE_CHARGE:
		x->several_charges |= x->charged;
		x->charged = true;
		x->charge = *s;
	}
}

static const char *journal_fault(const struct value *x)
{
	const struct state_record *s = &x->stored, *l = &x->last;

	if (!x->n_stored)
		return "there is history, but no value";
	if (x->n_stored > 1)
		return "it is there more than once";
	if (!x->n_journal)
		return "it has no history";
	if (x->gap)
		return "its versions are not contiguous";
	if (s->version != l->version)
		return "it has not the version that its history ends with";
	if (s->owner_id != l->owner_id)
		return "its owner is not the one that its history ends with";
	if (s->state != l->state)
		return "its state is not the one that its history ends with";
	if (s->issuer_id != x->first.owner_id)
		return "its issuer is not the one that it was issued to";
	if (s->home != l->home)
		return "its home is another one";
	return NULL;
}

static const char *charge_fault(const struct value *x)
{
	const struct state_record *s = &x->stored, *c = &x->charge;

	/* An external system has not charged what is pending, or was refused. */
	if (!x->charged && x->n_stored &&
	    (s->policy == POLICY_ACCOUNT ||
	     (s->state != STATE_PENDING && s->state != STATE_REVOKED)))
		return "its issue was not charged";
	if (!x->charged)
		return NULL;
	if (x->several_charges)
		return "its issue was charged more than once";
	if (x->n_stored && s->amount != c->amount)
		return "its amount is not what was charged for it";
	if (x->n_stored && memcmp(s->currency, c->currency, sizeof(s->currency)))
		return "its currency is not the one that was charged";
	return NULL;
}

static void value_end(struct verify *v, const struct value *x)
{
	const char *fault = journal_fault(x);
	char id[VALUE_ID_GROUPED_SIZE];

	/* A movement of a kind that is an issue's always has a value. */
	if (!fault)
		fault = charge_fault(x);
	if (!fault)
		return;
	if (x->id > 0)
		value_id_format_grouped(id, x->id);
	else
		snprintf(id, sizeof(id), "%" PRId64, x->id);
	verify_find_text(v, 0, "value %s: %s", id, fault);
}

static bool values_check(struct verify *v)
{
	const struct state_record *s;
	struct value x = { 0 };
	bool any = false;
	int error;

	while ((s = sort_next(v->states, &error))) {
		int64_t id = sort_key_value(s->value_id);

		if (any && id != x.id)
			value_end(v, &x);
		if (!any || id != x.id)
			x = (struct value){ .id = id };
		any = true;
		value_add(&x, s);
	}
	if (error < 0)
		verify_break(v, "sorted values: %s", strerror(-error));
	else if (any)
		value_end(v, &x);
	return error == 0;
}

struct account {
	struct account_record key;
	int64_t stored, moved;
	uint8_t flags;
};

static void account_end(struct verify *v, const struct account *a)
{
	if (a->stored != a->moved)
		verify_find_text(v, 0,
				 "account %" PRId64 " %.7s: balance less debt is %" PRId64
				 ", its movements are %" PRId64 " (minor units)",
				 sort_key_value(a->key.account), a->key.currency, a->stored,
				 a->moved);
	/* What is owed is paid first, and what is there is spent first. */
	if ((a->flags & (ACCOUNT_BOTH | ACCOUNT_SWAPPED)) == ACCOUNT_BOTH)
		verify_find_text(v, 0,
				 "account %" PRId64
				 " %.7s: it has a balance and a debt, which no swap brought",
				 sort_key_value(a->key.account), a->key.currency);
}

static bool accounts_check(struct verify *v)
{
	const size_t key_size = sizeof(uint64_t) + VERIFY_CURRENCY_SIZE;
	const struct account_record *r;
	struct account a = { 0 };
	bool any = false;
	int error;

	while ((r = sort_next(v->accounts, &error))) {
		if (any && memcmp(&a.key, r, key_size))
			account_end(v, &a);
		if (!any || memcmp(&a.key, r, key_size))
			a = (struct account){ .key = *r };
		any = true;
		a.flags |= r->flags;
		/* Sums that run over are wrong all the same. */
		if (r->kind == ACCOUNT_STORED)
			a.stored = (uint64_t)a.stored + r->amount;
		else
			a.moved = (uint64_t)a.moved + r->amount;
	}
	if (error < 0)
		verify_break(v, "sorted movements: %s", strerror(-error));
	else if (any)
		account_end(v, &a);
	return error == 0;
}

static void keys_check(struct verify *v)
{
	char hex[2 * SEAL_KEY_ID_SIZE + 1];
	size_t i;

	for (i = 0; i < v->n_db_keys; i++) {
		const struct db_key *k = &v->db_keys[i];
		const struct seal_public_key *trusted = seal_public_key_find(&v->keys, k->id);
		uint8_t id[SEAL_KEY_ID_SIZE];

		seal_key_id(id, k->octets);
		hex_format(hex, k->id, sizeof(k->id));
		if (memcmp(id, k->id, sizeof(id)) ||
		    (trusted && memcmp(trusted->octets, k->octets, sizeof(k->octets))))
			verify_find_text(v, 0, "signing_key %s: its public key was replaced", hex);
	}
}

bool verify_state(struct verify *v)
{
	if (!values_check(v) || !accounts_check(v))
		return false;
	keys_check(v);
	if (v->sealing_act_id && strcmp(v->sealing, v->sealing_act))
		verify_find_text(
			v, 0,
			"setting sealing is '%s', but the last act of an operator made it '%s'",
			v->sealing, v->sealing_act);
	return true;
}
