/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/sms_join.h"
#include "manager/sms_route.h"
#include "manager/sms_settled.h"

#define JOIN_TIMEOUT_MS (10 * 60 * 1000)

struct sms_link {
	struct llist_head entry; /* by priority, then as registered */
	struct sms_route *route;
	char *label;
	unsigned int priority;
	const struct sms_link_ops *ops;
	void *data;
};

struct sms_route {
	struct llist_head links;
	const struct sms_sink *sink;
	void *sink_data;
	struct sms_settled *settled;
	struct sms_join *join[2]; /* of untrusted, trusted origin */
};

struct sms_route *sms_route_new(void *ctx)
{
	struct sms_route *r = talloc_zero(ctx, struct sms_route);

	OSMO_ASSERT(r);
	INIT_LLIST_HEAD(&r->links);
	r->settled = sms_settled_new(r);
	r->join[0] = sms_join_new(r, JOIN_TIMEOUT_MS);
	r->join[1] = sms_join_new(r, JOIN_TIMEOUT_MS);
	OSMO_ASSERT(r->join[0] && r->join[1]);
	return r;
}

void sms_route_set_sink(struct sms_route *r, const struct sms_sink *sink, void *data)
{
	r->sink = sink;
	r->sink_data = data;
}

struct sms_link *sms_link_register(struct sms_route *r, const char *label, unsigned int priority,
				   const struct sms_link_ops *ops, void *data)
{
	struct sms_link *l = talloc_zero(r, struct sms_link), *other;
	struct llist_head *behind = &r->links;

	OSMO_ASSERT(l);
	l->route = r;
	l->label = talloc_strdup(l, label);
	l->priority = priority;
	l->ops = ops;
	l->data = data;
	llist_for_each_entry (other, &r->links, entry) {
		if (other->priority > priority)
			break;
		behind = &other->entry;
	}
	llist_add(&l->entry, behind);
	return l;
}

void sms_link_unregister(struct sms_link *l)
{
	llist_del(&l->entry);
	talloc_free(l);
}

size_t sms_route_room(const struct sms_route *r)
{
	const struct sms_link *l, *first = NULL;
	size_t room = 0;

	llist_for_each_entry (l, &r->links, entry) {
		if (!l->ops->is_up(l->data))
			continue;
		if (!first)
			first = l;
		if (l->priority == first->priority)
			room += l->ops->room(l->data);
	}
	return room;
}

/* Links of one priority take turns: whoever was used goes behind its likes. */
static void link_used(struct sms_link *l)
{
	struct sms_link *other = l;
	struct llist_head *behind = &l->entry;

	llist_for_each_entry_continue(other, &l->route->links, entry)
	{
		if (other->priority != l->priority)
			break;
		behind = &other->entry;
	}
	if (behind == &l->entry)
		return;
	llist_del(&l->entry);
	llist_add(&l->entry, behind);
}

int sms_route_send(struct sms_route *r, const struct sms_out *out, sms_sent_cb sent, void *data)
{
	struct sms_link *l;
	int rc, why = -ENOTCONN;

	llist_for_each_entry (l, &r->links, entry) {
		if (!l->ops->is_up(l->data))
			continue;
		rc = l->ops->send(l->data, out, sent, data);
		if (rc == 0)
			link_used(l);
		if (rc != -EBUSY && rc != -EHOSTUNREACH && rc != -ENOTCONN)
			return rc;
		if (why != -EBUSY && rc != -ENOTCONN)
			why = rc;
	}
	return why;
}

void sms_route_receive(struct sms_route *r, const struct sms_in *in, sms_received_cb done,
		       void *data)
{
	OSMO_ASSERT(r->sink);
	r->sink->receive(r->sink_data, in, done, data);
}

void sms_route_receipt(struct sms_route *r, const struct sms_receipt *receipt, sms_receipt_cb done,
		       void *data)
{
	OSMO_ASSERT(r->sink);
	r->sink->receipt(r->sink_data, receipt, done, data);
}

void sms_route_has_room(struct sms_route *r)
{
	if (r->sink)
		r->sink->room(r->sink_data);
}

void sms_route_heard(struct sms_route *r, const char *imsi)
{
	if (r->sink && r->sink->heard)
		r->sink->heard(r->sink_data, imsi);
}

struct sms_settled *sms_route_settled(struct sms_route *r)
{
	return r->settled;
}

struct sms_join *sms_route_join(struct sms_route *r, bool trusted_origin)
{
	return r->join[trusted_origin];
}
