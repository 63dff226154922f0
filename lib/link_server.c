/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/link_server.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/vty.h>

#include "lib/link_peer.h"
#include "lib/log_category.h"
#include "lib/outcome.h"
#include "lib/stream.h"

struct link_server {
	char name[LINK_NAME_SIZE];
	unsigned int ping_interval_s;
	struct llist_head listeners;
	struct llist_head links; /* of struct manager_link, next to be asked first */
	size_t n_links;
	struct llist_head questions; /* under way, oldest first */
	size_t n_questions;
	struct osmo_timer_list deadline; /* of the oldest */
	struct llist_head failed; /* to be told when the loop turns */
	struct osmo_timer_list tell;
	/* What is encoded or decoded lives for one call only. */
	uint8_t frame[LINK_FRAME_SIZE];
	struct link_check_result result;
};

struct server_listener {
	struct llist_head entry;
	struct link_server *ls;
	char *address; /* as configured */
	struct stream_listener *l;
};

struct manager_link {
	struct llist_head entry;
	struct link_server *ls;
	struct link_peer *peer;
	uint64_t n_asked;
};

struct link_question {
	struct llist_head entry; /* in questions, or failed */
	struct link_wait wait;
	struct link_server *ls;
	struct timespec deadline;
	enum outcome outcome; /* of a failed one */
	link_check_cb done;
	void *data;
	size_t n_items;
	struct link_asker asker;
	int64_t value_ids[];
};

/* --- ends of a question ------------------------------------------------------------ */

static void question_end(struct link_question *q)
{
	link_peer_forget(&q->wait);
	llist_del(&q->entry);
	q->ls->n_questions--;
	talloc_free(q);
}

static void question_tell(struct link_question *q, const struct link_check_result *result)
{
	link_check_cb done = q->done;
	void *data = q->data;

	question_end(q);
	done(data, result);
}

static void question_fail(struct link_question *q, enum outcome outcome)
{
	link_peer_forget(&q->wait);
	q->outcome = outcome;
	llist_del(&q->entry);
	llist_add_tail(&q->entry, &q->ls->failed);
	osmo_timer_schedule(&q->ls->tell, 0, 0);
}

static void tell_failed(void *data)
{
	struct link_server *ls = data;
	struct link_question *q;

	/* A callback may cancel others of the list, or fail more. */
	while (!llist_empty(&ls->failed)) {
		q = llist_first_entry(&ls->failed, struct link_question, entry);
		link_check_result_begin(&ls->result, q->outcome);
		question_tell(q, &ls->result);
	}
}

static void deadline_schedule(struct link_server *ls)
{
	struct link_question *q;
	struct timespec now, left;

	if (llist_empty(&ls->questions)) {
		osmo_timer_del(&ls->deadline);
		return;
	}
	q = llist_first_entry(&ls->questions, struct link_question, entry);
	osmo_clock_gettime(CLOCK_MONOTONIC, &now);
	timespecsub(&q->deadline, &now, &left);
	if (left.tv_sec < 0)
		left = (struct timespec){};
	osmo_timer_schedule(&ls->deadline, left.tv_sec, left.tv_nsec / 1000 + 1);
}

static bool time_is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static void deadline_passed(void *data)
{
	struct link_server *ls = data;
	struct link_question *q, *next;
	struct timespec now;

	osmo_clock_gettime(CLOCK_MONOTONIC, &now);
	llist_for_each_entry_safe (q, next, &ls->questions, entry) {
		if (time_is_before(&now, &q->deadline))
			break;
		question_fail(q, OUTCOME_UNAVAILABLE);
	}
	deadline_schedule(ls);
}

/* --- asking ------------------------------------------------------------------------- */

static bool takes_questions(const struct manager_link *m)
{
	return link_peer_is_up(m->peer) && link_peer_is_ready(m->peer) &&
	       !link_peer_is_draining(m->peer);
}

/* The least busy manager that takes questions; among equals the one asked longest ago. */
static struct manager_link *link_pick(struct link_server *ls, size_t n_items, bool *busy)
{
	struct manager_link *m, *best = NULL;
	size_t outstanding, least = SIZE_MAX;

	*busy = false;
	llist_for_each_entry (m, &ls->links, entry) {
		if (!takes_questions(m))
			continue;
		outstanding = link_peer_items_outstanding(m->peer);
		if (outstanding + n_items > LINK_OUTSTANDING_ITEMS_MAX) {
			*busy = true;
		} else if (outstanding < least) {
			least = outstanding;
			best = m;
		}
	}
	return best;
}

static int question_send(struct link_question *q, struct manager_link *m)
{
	struct link_check check;
	int len;

	check.asker = q->asker;
	check.n_items = q->n_items;
	memcpy(check.value_ids, q->value_ids, q->n_items * sizeof(check.value_ids[0]));
	link_peer_ask(m->peer, &q->wait, q->n_items);
	len = link_check_encode(q->ls->frame, sizeof(q->ls->frame), q->wait.number, &check);
	OSMO_ASSERT(len > 0);
	len = link_peer_send(m->peer, q->ls->frame, len);
	if (len) {
		link_peer_forget(&q->wait);
		return len;
	}
	m->n_asked++;
	llist_move_tail(&m->entry, &q->ls->links);
	return 0;
}

/* A link whose queue is full comes down soon, so nobody else is tried for it here. */
static void question_ask(struct link_question *q)
{
	struct manager_link *m;
	bool busy;

	m = link_pick(q->ls, q->n_items, &busy);
	if (!m)
		question_fail(q, busy ? OUTCOME_BUSY : OUTCOME_UNAVAILABLE);
	else if (question_send(q, m))
		question_fail(q, OUTCOME_BUSY);
}

static int question_answered(struct link_wait *w, const struct link_msg *msg)
{
	struct link_question *q = container_of(w, struct link_question, wait);
	struct link_check_result *result = &q->ls->result;

	if (msg->type != LINK_CHECK_RESULT || link_check_result_decode(result, msg))
		return -EBADMSG;
	if (result->n_items != (result->outcome == OUTCOME_OK ? q->n_items : 0))
		return -EBADMSG;
	question_tell(q, result);
	return 0;
}

static void question_lost(struct link_wait *w)
{
	question_ask(container_of(w, struct link_question, wait));
}

struct link_question *link_server_check(struct link_server *ls, const struct link_check *check,
					link_check_cb done, void *data)
{
	size_t ids_size = check->n_items * sizeof(check->value_ids[0]);
	struct link_question *q;

	OSMO_ASSERT(check->n_items && check->n_items <= LINK_CHECK_ITEMS_MAX);
	q = talloc_size(ls, sizeof(*q) + ids_size);
	OSMO_ASSERT(q);
	*q = (struct link_question){
		.wait = { .answered = question_answered, .lost = question_lost },
		.ls = ls,
		.done = done,
		.data = data,
		.n_items = check->n_items,
		.asker = check->asker,
	};
	memcpy(q->value_ids, check->value_ids, ids_size);
	osmo_clock_gettime(CLOCK_MONOTONIC, &q->deadline);
	q->deadline.tv_sec += LINK_ANSWER_MS / 1000;
	llist_add_tail(&q->entry, &ls->questions);
	ls->n_questions++;
	if (!osmo_timer_pending(&ls->deadline))
		deadline_schedule(ls);
	question_ask(q);
	return q;
}

void link_question_cancel(struct link_question *q)
{
	question_end(q);
}

size_t link_server_in_flight(const struct link_server *ls)
{
	return ls->n_questions;
}

bool link_server_ready(const struct link_server *ls)
{
	struct manager_link *m;

	llist_for_each_entry (m, &ls->links, entry) {
		if (takes_questions(m))
			return true;
	}
	return false;
}

/* --- links -------------------------------------------------------------------------- */

static void manager_up(void *data, struct link_peer *p)
{
	LOGP(DLINK, LOGL_NOTICE, "manager '%s' (%s) is connected\n", link_peer_name(p),
	     link_peer_address(p));
}

/* Managers ask nothing yet: it is one of a later version, which will do without an answer. */
static int manager_asked(void *data, struct link_peer *p, const struct link_msg *msg)
{
	LOGP(DLINK, LOGL_INFO, "manager '%s': a message of the unknown type %u\n",
	     link_peer_name(p), msg->type);
	return 0;
}

static void manager_draining(void *data, struct link_peer *p)
{
	LOGP(DLINK, LOGL_NOTICE, "manager '%s' (%s) takes no new questions\n", link_peer_name(p),
	     link_peer_address(p));
}

static void link_remove(struct manager_link *m)
{
	llist_del(&m->entry);
	m->ls->n_links--;
	talloc_free(m);
}

static void manager_down(void *data, struct link_peer *p, int error, const char *why)
{
	LOGP(DLINK, LOGL_NOTICE, "manager '%s' (%s) is gone: %s\n", link_peer_name(p),
	     link_peer_address(p), why);
	link_remove(data);
}

static const struct link_peer_handler manager_handler = { manager_up, manager_asked,
							  manager_draining, manager_down };

static void manager_accept(void *data, struct stream *s)
{
	struct server_listener *sl = data;
	struct link_server *ls = sl->ls;
	struct manager_link *m;

	if (ls->n_links >= LINK_SERVER_LINKS_MAX) {
		LOGP(DLINK, LOGL_ERROR, "%s: more than %u links, closed\n", stream_peer_name(s),
		     LINK_SERVER_LINKS_MAX);
		stream_close(s);
		return;
	}
	m = talloc_zero(ls, struct manager_link);
	OSMO_ASSERT(m);
	m->ls = ls;
	m->peer = link_peer_accept(m, ls->name, s, ls->ping_interval_s, &manager_handler, m);
	llist_add(&m->entry, &ls->links);
	ls->n_links++;
}

/* --- listening ------------------------------------------------------------------------ */

int link_server_listen(struct link_server *ls, const char *address, unsigned int mode,
		       struct stream_tls *tls)
{
	struct server_listener *sl;
	int error = 0;

	if (!tls && !stream_address_is_private(address))
		return -EPERM;
	sl = talloc_zero(ls, struct server_listener);
	OSMO_ASSERT(sl);
	sl->ls = ls;
	sl->address = talloc_strdup(sl, address);
	sl->l = stream_listen(sl, address, mode, tls, &link_stream_limits, manager_accept, sl,
			      &error);
	if (!sl->l) {
		talloc_free(sl);
		return error;
	}
	llist_add_tail(&sl->entry, &ls->listeners);
	return 0;
}

const char *link_server_address(const struct link_server *ls, size_t i)
{
	struct server_listener *sl;

	llist_for_each_entry (sl, &ls->listeners, entry) {
		if (!i--)
			return stream_listener_address(sl->l);
	}
	return NULL;
}

int link_server_unlisten(struct link_server *ls, const char *address)
{
	struct server_listener *sl;

	llist_for_each_entry (sl, &ls->listeners, entry) {
		if (strcmp(sl->address, address) && strcmp(stream_listener_address(sl->l), address))
			continue;
		llist_del(&sl->entry);
		talloc_free(sl);
		return 0;
	}
	return -ENOENT;
}

void link_server_set_ping_interval(struct link_server *ls, unsigned int ping_interval_s)
{
	struct manager_link *m;

	if (ls->ping_interval_s == ping_interval_s)
		return;
	ls->ping_interval_s = ping_interval_s;
	llist_for_each_entry (m, &ls->links, entry)
		link_peer_set_ping_interval(m->peer, ping_interval_s);
}

void link_server_show(const struct link_server *ls, struct vty *vty)
{
	struct manager_link *m;

	vty_out(vty, "%-24s %-32s %-9s %11s %12s %8s%s", "Manager", "Address", "State",
		"Outstanding", "Asked", "Ping/us", VTY_NEWLINE);
	llist_for_each_entry (m, &ls->links, entry)
		vty_out(vty, "%-24s %-32s %-9s %11zu %12llu %8u%s", link_peer_name(m->peer),
			link_peer_address(m->peer),
			!link_peer_is_up(m->peer)	 ? "greeting"
			: link_peer_is_draining(m->peer) ? "draining"
			: !link_peer_is_ready(m->peer)	 ? "not ready"
							 : "up",
			link_peer_items_outstanding(m->peer), (unsigned long long)m->n_asked,
			link_peer_ping_us(m->peer), VTY_NEWLINE);
}

/* --- life ------------------------------------------------------------------------------ */

static int server_destructor(struct link_server *ls)
{
	osmo_timer_del(&ls->deadline);
	osmo_timer_del(&ls->tell);
	return 0;
}

struct link_server *link_server_new(void *ctx, const char *name)
{
	struct link_server *ls = talloc_zero(ctx, struct link_server);

	OSMO_ASSERT(ls);
	OSMO_STRLCPY_ARRAY(ls->name, name);
	ls->ping_interval_s = LINK_PING_INTERVAL_DEFAULT_S;
	INIT_LLIST_HEAD(&ls->listeners);
	INIT_LLIST_HEAD(&ls->links);
	INIT_LLIST_HEAD(&ls->questions);
	INIT_LLIST_HEAD(&ls->failed);
	osmo_timer_setup(&ls->deadline, deadline_passed, ls);
	osmo_timer_setup(&ls->tell, tell_failed, ls);
	talloc_set_destructor(ls, server_destructor);
	return ls;
}

void link_server_free(struct link_server *ls)
{
	struct link_question *q, *next;

	if (!ls)
		return;
	llist_for_each_entry_safe (q, next, &ls->questions, entry)
		question_fail(q, OUTCOME_UNAVAILABLE);
	while (!llist_empty(&ls->links))
		link_remove(llist_first_entry(&ls->links, struct manager_link, entry));
	tell_failed(ls);
	talloc_free(ls);
}
