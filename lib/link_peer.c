/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/link_peer.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/ipa_frame.h"
#include "lib/log_category.h"

#define BUCKETS 1024 /* a power of two; numbers are consecutive, so they spread evenly */
#define SIMPLE_SIZE 64

/* Out: every answer or question that may be outstanding, one item each, with its overhead. */
const struct stream_limits link_stream_limits = {
	.in_max = LINK_FRAME_SIZE + 1,
	.out_max = 8 * 1024 * 1024,
	.connect_timeout_ms =
		2000, /* the kernel repeats a lost SYN after 1 s, then after 2 s more */
};

/* Who connects is asked (a manager): of a batch of answers each eight or so are on their way while
 * the next are made.  Questions gather, since each batch of them costs the database. */
#define ANSWERS_EARLY 600

struct link_peer {
	struct stream *s;
	const struct link_peer_handler *handler;
	void *data;
	bool dialled, up, draining;
	bool ready; /* it can answer */
	bool ready_wanted, ready_said; /* what we say of ourselves; READY was not sent: both true */
	bool hello_said;
	bool *gone;
	char *address;
	char name[LINK_NAME_SIZE]; /* ours */
	char peer_name[LINK_NAME_SIZE];
	unsigned int ping_interval_s;
	struct osmo_timer_list timer; /* for HELLO, then for pings */
	unsigned int pings_missed;
	uint32_t ping_number;
	struct timespec ping_sent;
	uint32_t ping_us;
	uint32_t next_number;
	size_t items_outstanding;
	struct llist_head buckets[BUCKETS];
};

static void peer_tick(void *data);

/* --- who waits -------------------------------------------------------------------- */

static struct llist_head *bucket_of(struct link_peer *p, uint32_t number)
{
	return &p->buckets[number % BUCKETS];
}

static struct link_wait *wait_find(struct link_peer *p, uint32_t number)
{
	struct link_wait *w;

	llist_for_each_entry (w, bucket_of(p, number), bucket) {
		if (w->number == number)
			return w;
	}
	return NULL;
}

void link_peer_ask(struct link_peer *p, struct link_wait *w, size_t n_items)
{
	OSMO_ASSERT(p->up && !w->peer);
	/* After four thousand million questions a number may still be in use. */
	do
		w->number = p->next_number++;
	while (wait_find(p, w->number));
	w->peer = p;
	w->n_items = n_items;
	p->items_outstanding += n_items;
	llist_add_tail(&w->bucket, bucket_of(p, w->number));
}

void link_peer_forget(struct link_wait *w)
{
	if (!w->peer)
		return;
	llist_del(&w->bucket);
	w->peer->items_outstanding -= w->n_items;
	w->peer = NULL;
}

void link_peer_lose(struct link_peer *p)
{
	struct link_wait *w;
	size_t i;

	for (i = 0; i < BUCKETS; i++) {
		while (!llist_empty(&p->buckets[i])) {
			w = llist_first_entry(&p->buckets[i], struct link_wait, bucket);
			link_peer_forget(w);
			w->lost(w);
		}
	}
}

/* --- sending ---------------------------------------------------------------------- */

int link_peer_send(struct link_peer *p, const uint8_t *frame, size_t len)
{
	return stream_write(p->s, frame, len);
}

/* Where the queue is full the stream comes down by itself. */
static void send_simple(struct link_peer *p, enum link_msg_type type, uint32_t number)
{
	uint8_t frame[SIMPLE_SIZE];
	int len = link_simple_encode(frame, sizeof(frame), type, number);

	OSMO_ASSERT(len > 0);
	if (link_peer_send(p, frame, len))
		LOGP(DLINK, LOGL_NOTICE, "%s: queue is full\n", link_peer_address(p));
}

static void send_ready(struct link_peer *p)
{
	uint8_t frame[SIMPLE_SIZE];
	int len = link_ready_encode(frame, sizeof(frame), p->ready_wanted);

	OSMO_ASSERT(len > 0);
	p->ready_said = p->ready_wanted;
	if (link_peer_send(p, frame, len))
		LOGP(DLINK, LOGL_NOTICE, "%s: queue is full\n", link_peer_address(p));
}

static void send_hello(struct link_peer *p)
{
	struct link_hello hello = { .version = LINK_VERSION };
	uint8_t frame[SIMPLE_SIZE + LINK_NAME_SIZE];
	int len;

	OSMO_STRLCPY_ARRAY(hello.name, p->name);
	len = link_hello_encode(frame, sizeof(frame), &hello);
	OSMO_ASSERT(len > 0);
	if (link_peer_send(p, frame, len))
		LOGP(DLINK, LOGL_NOTICE, "%s: queue is full\n", link_peer_address(p));
	p->hello_said = true;
	if (p->ready_said != p->ready_wanted)
		send_ready(p);
}

void link_peer_say_ready(struct link_peer *p, bool ready)
{
	p->ready_wanted = ready;
	if (p->hello_said && p->ready_said != ready && p->s)
		send_ready(p);
}

void link_peer_drain(struct link_peer *p)
{
	if (p->up)
		send_simple(p, LINK_DRAIN, 0);
}

/* --- pings ------------------------------------------------------------------------- */

static void come_down(struct link_peer *p, int error, const char *why)
{
	bool gone = false;

	osmo_timer_del(&p->timer);
	p->up = false;
	stream_close(p->s);
	p->s = NULL;
	p->gone = &gone;
	link_peer_lose(p);
	OSMO_ASSERT(!gone);
	p->gone = NULL;
	p->handler->down(p->data, p, error, why);
}

static void ping(struct link_peer *p)
{
	if (p->pings_missed >= LINK_PINGS_MISSED_MAX) {
		come_down(p, -ETIMEDOUT, "three pings without an answer");
		return;
	}
	p->pings_missed++;
	osmo_clock_gettime(CLOCK_MONOTONIC, &p->ping_sent);
	send_simple(p, LINK_PING, ++p->ping_number);
	osmo_timer_schedule(&p->timer, p->ping_interval_s, 0);
}

static void peer_tick(void *data)
{
	struct link_peer *p = data;

	if (p->up)
		ping(p);
	else
		come_down(p, -ETIMEDOUT, "no HELLO came");
}

static void pong(struct link_peer *p, uint32_t number)
{
	struct timespec now;

	if (number != p->ping_number)
		return;
	osmo_clock_gettime(CLOCK_MONOTONIC, &now);
	p->ping_us = (now.tv_sec - p->ping_sent.tv_sec) * 1000000 +
		     (now.tv_nsec - p->ping_sent.tv_nsec) / 1000;
}

/* --- receiving --------------------------------------------------------------------- */

static int hello_received(struct link_peer *p, const struct link_msg *msg)
{
	struct link_hello hello;
	int rc = link_hello_decode(&hello, msg);

	if (rc)
		return rc;
	if (!p->dialled)
		send_hello(p);
	if (hello.version != LINK_VERSION) {
		LOGP(DLINK, LOGL_ERROR, "%s: '%s' speaks version %u of the link, we speak %u\n",
		     link_peer_address(p), hello.name, hello.version, LINK_VERSION);
		return -EPROTONOSUPPORT;
	}
	OSMO_STRLCPY_ARRAY(p->peer_name, hello.name);
	p->up = true;
	osmo_timer_schedule(&p->timer, p->ping_interval_s, 0);
	p->handler->up(p->data, p);
	return 0;
}

static int ready_received(struct link_peer *p, const struct link_msg *msg)
{
	bool ready;
	int rc = link_ready_decode(&ready, msg);

	if (rc)
		return rc;
	if (ready != p->ready)
		LOGP(DLINK, LOGL_NOTICE, "'%s' (%s) %s\n", p->peer_name, link_peer_address(p),
		     ready ? "can answer" : "cannot answer now");
	p->ready = ready;
	return 0;
}

static int answer_received(struct link_peer *p, const struct link_msg *msg)
{
	struct link_wait *w = wait_find(p, msg->number);

	if (!w) {
		LOGP(DLINK, LOGL_INFO, "%s: an answer that nobody waits for\n",
		     link_peer_address(p));
		return 0;
	}
	return w->answered(w, msg);
}

static int message_received(struct link_peer *p, const struct link_msg *msg)
{
	if (!p->up)
		return msg->type == LINK_HELLO ? hello_received(p, msg) : -EBADMSG;
	p->pings_missed = 0;
	switch (msg->type) {
	case LINK_HELLO:
		return -EBADMSG;
	case LINK_PING:
		send_simple(p, LINK_PONG, msg->number);
		return 0;
	case LINK_PONG:
		pong(p, msg->number);
		return 0;
	case LINK_DRAIN:
		p->draining = true;
		if (p->handler->draining)
			p->handler->draining(p->data, p);
		return 0;
	case LINK_READY:
		return ready_received(p, msg);
	case LINK_CHECK_RESULT:
		return answer_received(p, msg);
	default:
		return p->handler->asked(p->data, p, msg);
	}
}

static int frame_received(struct link_peer *p, const struct ipa_frame *frame)
{
	struct link_msg msg;

	if (frame->proto != IPA_PROTO_OSMO || frame->ext != IPA_EXT_TEGATA ||
	    link_msg_decode(&msg, frame->payload, frame->payload_len))
		return -EBADMSG;
	return message_received(p, &msg);
}

static int peer_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct link_peer *p = data;
	struct ipa_frame frame;
	bool gone = false;
	size_t taken = 0;
	int rc;

	p->gone = &gone;
	while ((rc = ipa_frame_take(&frame, in + taken, len - taken, LINK_FRAME_MAX)) > 0) {
		rc = frame_received(p, &frame);
		if (gone)
			return 0;
		if (rc < 0)
			break;
		taken += frame.frame_len;
	}
	p->gone = NULL;
	return rc < 0 ? rc : (int)taken;
}

static void peer_up(void *data, struct stream *s)
{
	struct link_peer *p = data;

	talloc_free(p->address);
	p->address = talloc_strdup(p, stream_peer_name(s));
	OSMO_ASSERT(p->address);
	osmo_timer_schedule(&p->timer, LINK_HELLO_TIMEOUT_MS / 1000,
			    LINK_HELLO_TIMEOUT_MS % 1000 * 1000);
	if (p->dialled)
		send_hello(p);
}

static void peer_down(void *data, struct stream *s, int error, const char *why)
{
	struct link_peer *p = data;

	if (error == -EBADMSG)
		why = "a message that cannot be read";
	else if (error == -EPROTONOSUPPORT)
		why = "it speaks another version";
	come_down(p, error, why);
}

static const struct stream_handler stream_handler = { peer_up, peer_received, peer_down };

/* --- life --------------------------------------------------------------------------- */

static int peer_destructor(struct link_peer *p)
{
	if (p->gone)
		*p->gone = true;
	osmo_timer_del(&p->timer);
	stream_close(p->s);
	return 0;
}

static struct link_peer *peer_new(void *ctx, const char *name, unsigned int ping_interval_s,
				  const struct link_peer_handler *handler, void *data)
{
	struct link_peer *p = talloc_zero(ctx, struct link_peer);
	size_t i;

	OSMO_ASSERT(p);
	p->handler = handler;
	p->data = data;
	p->ping_interval_s = ping_interval_s;
	p->next_number = 1;
	p->ready = p->ready_wanted = p->ready_said = true;
	OSMO_STRLCPY_ARRAY(p->name, name);
	for (i = 0; i < BUCKETS; i++)
		INIT_LLIST_HEAD(&p->buckets[i]);
	osmo_timer_setup(&p->timer, peer_tick, p);
	talloc_set_destructor(p, peer_destructor);
	return p;
}

struct link_peer *link_peer_connect(void *ctx, const char *name, const char *address,
				    struct stream_tls *tls, unsigned int ping_interval_s,
				    const struct link_peer_handler *handler, void *data, int *error)
{
	struct link_peer *p = peer_new(ctx, name, ping_interval_s, handler, data);
	struct stream_limits limits = link_stream_limits;

	limits.out_early = ANSWERS_EARLY;
	p->dialled = true;
	p->address = talloc_strdup(p, address);
	p->s = stream_connect(p, address, NULL, tls, &limits, &stream_handler, p, error);
	if (!p->s)
		TALLOC_FREE(p);
	return p;
}

struct link_peer *link_peer_accept(void *ctx, const char *name, struct stream *s,
				   unsigned int ping_interval_s,
				   const struct link_peer_handler *handler, void *data)
{
	struct link_peer *p = peer_new(ctx, name, ping_interval_s, handler, data);

	p->s = talloc_steal(p, s);
	stream_set_data(s, &stream_handler, p);
	peer_up(p, s);
	return p;
}

void link_peer_free(struct link_peer *p)
{
	talloc_free(p);
}

bool link_peer_is_up(const struct link_peer *p)
{
	return p->up && stream_is_up(p->s);
}

bool link_peer_is_draining(const struct link_peer *p)
{
	return p->draining;
}

bool link_peer_is_ready(const struct link_peer *p)
{
	return p->ready;
}

const char *link_peer_name(const struct link_peer *p)
{
	return p->peer_name;
}

const char *link_peer_address(const struct link_peer *p)
{
	return p->address;
}

size_t link_peer_items_outstanding(const struct link_peer *p)
{
	return p->items_outstanding;
}

uint32_t link_peer_ping_us(const struct link_peer *p)
{
	return p->ping_us;
}

void link_peer_set_ping_interval(struct link_peer *p, unsigned int ping_interval_s)
{
	p->ping_interval_s = ping_interval_s;
	if (p->up)
		osmo_timer_schedule(&p->timer, ping_interval_s, 0);
}
