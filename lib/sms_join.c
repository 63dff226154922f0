/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/sms_join.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

struct sender {
	struct lru_entry lru;
	struct llist_head waiting; /* least recently heard of first */
	size_t n_waiting, n_whole;
};

struct message {
	struct lru_entry lru;
	struct llist_head entry; /* in its sender's, while it waits */
	struct sender *sender;
	uint64_t serial; /* 0: it waits */
	int64_t heard_ms;
	uint8_t charset;
	uint8_t n_parts; /* there so far */
	uint8_t lengths[SMS_JOIN_PARTS_MAX]; /* 0: not there */
	uint8_t octets[SMS_JOIN_PARTS_MAX][SMS_PART_SIZE];
};

struct table {
	struct sms_join *join;
	struct lru *messages; /* in the order in which they were heard of */
	unsigned int timeout_ms;
	struct osmo_timer_list timer; /* since one was heard of */
};

struct sms_join {
	struct table waiting, whole;
	struct lru *senders; /* that have a message */
	uint64_t last_serial;
};

/* --- what goes -------------------------------------------------------------------- */

static void message_drop(struct sms_join *j, struct message *m)
{
	struct sender *s = m->sender;

	if (m->serial) {
		s->n_whole--;
	} else {
		llist_del(&m->entry);
		s->n_waiting--;
	}
	explicit_bzero(m->octets, sizeof(m->octets)); /* there may be a PIN in it */
	lru_remove(m->serial ? j->whole.messages : j->waiting.messages, m);
	if (s->n_waiting == 0 && s->n_whole == 0)
		lru_remove(j->senders, s);
}

static void table_clear(void *data)
{
	struct table *t = data;
	struct message *m;

	while ((m = lru_first(t->messages)))
		message_drop(t->join, m);
}

static void table_expire(struct table *t, int64_t now_ms)
{
	struct message *m;

	while ((m = lru_oldest(t->messages)) && now_ms - m->heard_ms > t->timeout_ms)
		message_drop(t->join, m);
}

static void table_heard(struct table *t, struct message *m, int64_t now_ms)
{
	m->heard_ms = now_ms;
	/* When it fires nothing was heard of since, so all of them are too old. */
	osmo_timer_schedule(&t->timer, t->timeout_ms / 1000, t->timeout_ms % 1000 * 1000);
}

/* --- life ------------------------------------------------------------------------- */

static int join_destroy(struct sms_join *j)
{
	osmo_timer_del(&j->waiting.timer);
	osmo_timer_del(&j->whole.timer);
	table_clear(&j->waiting);
	table_clear(&j->whole);
	return 0;
}

static struct lru *table_init(struct sms_join *j, struct table *t, size_t max,
			      unsigned int timeout_ms)
{
	t->join = j;
	t->timeout_ms = timeout_ms;
	osmo_timer_setup(&t->timer, table_clear, t);
	t->messages = lru_new(j, max, sizeof(struct message));
	return t->messages;
}

struct sms_join *sms_join_new(void *ctx, unsigned int timeout_ms)
{
	struct sms_join *j = talloc_zero(ctx, struct sms_join);

	if (!j)
		return NULL;
	j->senders = lru_new(j, SMS_JOIN_MAX + SMS_JOIN_WHOLE_MAX + 1, sizeof(struct sender));
	if (!j->senders || !table_init(j, &j->waiting, SMS_JOIN_MAX, timeout_ms) ||
	    !table_init(j, &j->whole, SMS_JOIN_WHOLE_MAX, SMS_JOIN_WHOLE_MS)) {
		talloc_free(j);
		return NULL;
	}
	talloc_set_destructor(j, join_destroy);
	return j;
}

/* --- one message ------------------------------------------------------------------ */

/* Total and reference belong to what a message is known by. */
static void key_make(uint8_t key[LRU_KEY_SIZE], const struct sms_join_part *part)
{
	uint8_t *p = key + SMS_JOIN_SENDER_SIZE + SMS_JOIN_RECEIVER_SIZE;

	memset(key, 0, LRU_KEY_SIZE);
	memcpy(key, part->sender, SMS_JOIN_SENDER_SIZE);
	memcpy(key + SMS_JOIN_SENDER_SIZE, part->receiver, SMS_JOIN_RECEIVER_SIZE);
	p[0] = part->concat.reference >> 8;
	p[1] = part->concat.reference;
	p[2] = part->concat.total;
}

static bool has_part(const struct message *m, const struct sms_join_part *part)
{
	const int i = part->concat.number - 1;

	return m->charset == part->charset && m->lengths[i] == part->n_octets &&
	       memcmp(m->octets[i], part->octets, part->n_octets) == 0;
}

static bool is_other(const struct message *m, const struct sms_join_part *part)
{
	return m->n_parts > 0 && (m->charset != part->charset ||
				  (m->lengths[part->concat.number - 1] && !has_part(m, part)));
}

static void message_reset(struct message *m)
{
	m->n_parts = 0;
	memset(m->lengths, 0, sizeof(m->lengths));
	explicit_bzero(m->octets, sizeof(m->octets));
}

static bool is_last(const struct message *m, const struct sms_join_part *part)
{
	return m->n_parts + (m->lengths[part->concat.number - 1] == 0) == part->concat.total;
}

static void part_take(struct message *m, const struct sms_join_part *part)
{
	const int i = part->concat.number - 1;

	m->charset = part->charset;
	if (m->lengths[i] == 0)
		m->n_parts++;
	m->lengths[i] = part->n_octets;
	memcpy(m->octets[i], part->octets, part->n_octets);
}

static int message_join(const struct message *m, uint8_t *out)
{
	int i, n = 0;

	for (i = 0; i < m->n_parts; i++) {
		memcpy(out + n, m->octets[i], m->lengths[i]);
		n += m->lengths[i];
	}
	return n;
}

/* --- those that wait -------------------------------------------------------------- */

static struct sender *sender_of(struct sms_join *j, const struct sms_join_part *part)
{
	uint8_t key[LRU_KEY_SIZE] = { 0 };
	struct sender *s;

	memcpy(key, part->sender, SMS_JOIN_SENDER_SIZE);
	s = lru_find(j->senders, key);
	if (!s) {
		s = lru_put(j->senders, key);
		INIT_LLIST_HEAD(&s->waiting);
	}
	return s;
}

static struct message *waiting_new(struct sms_join *j, const uint8_t key[LRU_KEY_SIZE],
				   const struct sms_join_part *part)
{
	struct sender *s;
	struct message *m;

	if (lru_count(j->waiting.messages) == SMS_JOIN_MAX)
		message_drop(j, lru_oldest(j->waiting.messages));
	s = sender_of(j, part);
	m = lru_put(j->waiting.messages, key);
	m->sender = s;
	llist_add_tail(&m->entry, &s->waiting);
	if (s->n_waiting++ == SMS_JOIN_SENDER_MAX)
		message_drop(j, llist_first_entry(&s->waiting, struct message, entry));
	return m;
}

static struct message *waiting_of(struct sms_join *j, const uint8_t key[LRU_KEY_SIZE],
				  const struct sms_join_part *part)
{
	struct message *m = lru_find(j->waiting.messages, key);

	if (!m)
		return waiting_new(j, key, part);
	llist_move_tail(&m->entry, &m->sender->waiting);
	if (is_other(m, part))
		message_reset(m);
	return m;
}

/* --- whole ones ------------------------------------------------------------------- */

static bool may_keep(struct sms_join *j, const struct sender *s)
{
	return s->n_whole < SMS_JOIN_SENDER_MAX &&
	       lru_count(j->whole.messages) < SMS_JOIN_WHOLE_MAX;
}

static struct message *keep(struct sms_join *j, const struct message *m)
{
	struct message *whole = lru_put(j->whole.messages, m->lru.key);

	whole->sender = m->sender;
	whole->sender->n_whole++;
	whole->serial = ++j->last_serial;
	whole->charset = m->charset;
	whole->n_parts = m->n_parts;
	memcpy(whole->lengths, m->lengths, sizeof(m->lengths));
	memcpy(whole->octets, m->octets, sizeof(m->octets));
	return whole;
}

static int whole_give(struct sms_join *j, uint8_t *out, struct sms_join_ticket *ticket,
		      struct message *whole, int64_t now_ms)
{
	table_heard(&j->whole, whole, now_ms);
	memcpy(ticket->key, whole->lru.key, LRU_KEY_SIZE);
	ticket->serial = whole->serial;
	return message_join(whole, out);
}

/* Its last part is there. */
static int complete(struct sms_join *j, uint8_t *out, struct sms_join_ticket *ticket,
		    struct message *m, int64_t now_ms)
{
	const int n = ticket ? whole_give(j, out, ticket, keep(j, m), now_ms)
			     : message_join(m, out);

	message_drop(j, m);
	return n;
}

static bool makes_sense(const struct sms_join_part *part)
{
	const struct sms_concat *c = &part->concat;

	return c->total >= 2 && c->total <= SMS_JOIN_PARTS_MAX && c->number >= 1 &&
	       c->number <= c->total && part->n_octets > 0 && part->n_octets <= SMS_PART_SIZE;
}

int sms_join_add(struct sms_join *j, uint8_t out[SMS_JOIN_OCTETS_MAX],
		 struct sms_join_ticket *ticket, const struct sms_join_part *part, int64_t now_ms)
{
	uint8_t key[LRU_KEY_SIZE];
	struct message *m, *whole;

	if (!makes_sense(part))
		return -EINVAL;
	key_make(key, part);
	table_expire(&j->waiting, now_ms);
	table_expire(&j->whole, now_ms);
	whole = lru_find(j->whole.messages, key);
	if (ticket && whole && has_part(whole, part))
		return whole_give(j, out, ticket, whole, now_ms);
	m = waiting_of(j, key, part);
	table_heard(&j->waiting, m, now_ms);
	if (!is_last(m, part)) {
		part_take(m, part);
		return 0;
	}
	if (whole) /* its author has gone on under the same reference */
		message_drop(j, whole);
	if (ticket && !may_keep(j, m->sender))
		return -EBUSY;
	part_take(m, part);
	return complete(j, out, ticket, m, now_ms);
}

void sms_join_drop(struct sms_join *j, const struct sms_join_ticket *ticket)
{
	struct message *m = ticket->serial ? lru_find(j->whole.messages, ticket->key) : NULL;

	if (m && m->serial == ticket->serial)
		message_drop(j, m);
}

size_t sms_join_count(const struct sms_join *j)
{
	return lru_count(j->waiting.messages);
}

size_t sms_join_count_whole(const struct sms_join *j)
{
	return lru_count(j->whole.messages);
}
