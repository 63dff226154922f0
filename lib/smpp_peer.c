/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/smpp_peer.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/monotonic.h"
#include "lib/smpp_hold.h"
#include "lib/stream.h"

#define SEQUENCE_MAX 0x7fffffff /* SMPP 3.4 section 3.2 */
#define ENCODED_MAX 2048 /* what goes out without an allocation; more has a message_payload */

/* A request of ours; its place in the table is its sequence number modulo the table's size. */
struct waiting {
	struct llist_head entry; /* oldest first */
	uint32_t sequence, command; /* sequence 0: free */
	int64_t sent_ms;
	smpp_answer_cb answered;
	void *data;
};

struct smpp_peer {
	struct stream *stream;
	const struct smpp_peer_handler *handler;
	void *data;
	struct smpp_peer_times times;
	bool up, closed, heard;
	bool failing; /* down() comes in the next turn */
	char *name, *why;
	uint32_t last_sequence;
	size_t n_waiting, n_unanswered;
	struct llist_head waiting;
	struct osmo_timer_list life, response, fail;
	struct smpp_hold hold;
	struct waiting table[SMPP_WINDOW_MAX];
};

const struct stream_limits smpp_peer_limits = {
	.in_max = SMPP_PDU_MAX_SIZE + SMPP_HEADER_SIZE,
	.out_max = SMPP_PEER_OUT_MAX,
	.connect_timeout_ms = 5000,
};

const struct smpp_peer_times smpp_peer_times_default = {
	.connect_ms = 5000,
	.enquire_ms = 15000,
	.response_ms = 10000,
};

static void timer_set(struct osmo_timer_list *timer, int64_t ms)
{
	ms = OSMO_MAX(ms, 0);
	osmo_timer_schedule(timer, ms / 1000, ms % 1000 * 1000);
}

/* --- the end --------------------------------------------------------------- */

/* Everybody who waits is told that it is not known; they may close the peer meanwhile. */
static void waiting_tell_all(struct smpp_peer *p)
{
	while (!p->closed && !llist_empty(&p->waiting)) {
		struct waiting *w = llist_first_entry(&p->waiting, struct waiting, entry);
		const smpp_answer_cb answered = w->answered;
		void *data = w->data;

		llist_del(&w->entry);
		w->sequence = 0;
		p->n_waiting--;
		if (answered)
			answered(data, NULL);
	}
}

static void stop(struct smpp_peer *p)
{
	osmo_timer_del(&p->life);
	osmo_timer_del(&p->response);
	osmo_timer_del(&p->fail);
	smpp_hold_end(&p->hold);
	stream_close(p->stream);
	p->stream = NULL;
	p->up = false;
}

static void go_down(void *data)
{
	struct smpp_peer *p = data;

	if (p->closed)
		return;
	stop(p);
	waiting_tell_all(p);
	if (!p->closed)
		p->handler->down(p->data, p, p->why);
}

/* From inside any function: down() comes from the loop. */
static void fail(struct smpp_peer *p, const char *why)
{
	if (p->closed || p->failing)
		return;
	p->failing = true;
	p->why = talloc_strdup(p, why);
	OSMO_ASSERT(p->why);
	timer_set(&p->fail, 0);
}

void smpp_peer_close(struct smpp_peer *p)
{
	if (!p || p->closed)
		return;
	p->closed = true;
	stop(p);
	/* Whoever called us from a callback still has it in hands: it goes at the end of the turn.
	 */
	talloc_steal(OTC_SELECT, p);
}

static int peer_destructor(struct smpp_peer *p)
{
	if (!p->closed)
		stop(p);
	return 0;
}

/* --- out ------------------------------------------------------------------- */

static void leave(void *data)
{
	struct smpp_peer *p = data;

	smpp_hold_left(&p->hold);
	if (!p->up)
		return;
	if (stream_pending(p->stream))
		stream_push(p->stream);
	else if (p->n_unanswered)
		stream_acknowledge(p->stream);
}

/* Texts and their responses come in bursts, and leave in bursts; the rest leaves at once, with
 * what is held. */
static bool leaves_now(struct smpp_peer *p, uint32_t command)
{
	switch (command) {
	case SMPP_SUBMIT_SM:
	case SMPP_DELIVER_SM:
		return smpp_hold_request(&p->hold, p->n_waiting - p->hold.n_requests);
	case SMPP_SUBMIT_SM | SMPP_RESPONSE:
	case SMPP_DELIVER_SM | SMPP_RESPONSE:
		return smpp_hold_response(&p->hold);
	default:
		return true;
	}
}

static int encoded_write(struct smpp_peer *p, uint8_t *out, size_t size, const struct smpp_pdu *pdu)
{
	const int n = smpp_pdu_encode(out, size, pdu);
	const int rc = n < 0 ? n : stream_write_held(p->stream, out, n);

	if (rc == 0 && stream_is_held(p->stream) && leaves_now(p, pdu->command))
		leave(p);
	return rc;
}

static int pdu_write(struct smpp_peer *p, const struct smpp_pdu *pdu)
{
	uint8_t small[ENCODED_MAX], *large;
	int rc;

	if (!p->up || p->failing)
		return -ENOTCONN;
	rc = encoded_write(p, small, sizeof(small), pdu);
	if (rc != -EMSGSIZE)
		return rc;
	large = talloc_size(p, SMPP_PDU_MAX_SIZE);
	OSMO_ASSERT(large);
	rc = encoded_write(p, large, SMPP_PDU_MAX_SIZE, pdu);
	talloc_free(large);
	return rc;
}

/* The next number whose place is free. */
static struct waiting *place_find(struct smpp_peer *p)
{
	struct waiting *w;

	do {
		p->last_sequence = p->last_sequence % SEQUENCE_MAX + 1;
		w = &p->table[p->last_sequence % SMPP_WINDOW_MAX];
	} while (w->sequence);
	return w;
}

int smpp_peer_request(struct smpp_peer *p, struct smpp_pdu *pdu, smpp_answer_cb answered,
		      void *data)
{
	struct waiting *w;
	int rc;

	if (p->n_waiting == SMPP_WINDOW_MAX)
		return -EBUSY;
	w = place_find(p);
	pdu->sequence = p->last_sequence;
	rc = pdu_write(p, pdu);
	if (rc < 0)
		return rc;
	*w = (struct waiting){ .sequence = pdu->sequence,
			       .command = pdu->command,
			       .sent_ms = monotonic_ms(),
			       .answered = answered,
			       .data = data };
	/* It goes on for the next one where nobody waits any more: no timer for each request. */
	if (!osmo_timer_pending(&p->response))
		timer_set(&p->response, p->times.response_ms);
	llist_add_tail(&w->entry, &p->waiting);
	p->n_waiting++;
	return 0;
}

void smpp_peer_respond(struct smpp_peer *p, const struct smpp_pdu *response)
{
	if (p->n_unanswered > 0)
		p->n_unanswered--;
	/* What cannot be written brings the stream down, which tells us. */
	if (pdu_write(p, response) < 0)
		LOGP(DSMPP, LOGL_INFO, "%s: response not sent\n", p->name);
}

void smpp_peer_respond_status(struct smpp_peer *p, uint32_t command, uint32_t sequence,
			      uint32_t status)
{
	const struct smpp_pdu response = {
		.command = command == SMPP_GENERIC_NACK ? command : command | SMPP_RESPONSE,
		.status = status,
		.sequence = sequence,
	};

	smpp_peer_respond(p, &response);
}

/* --- in -------------------------------------------------------------------- */

static void response_take(struct smpp_peer *p, const struct smpp_pdu *pdu)
{
	struct waiting *w = &p->table[pdu->sequence % SMPP_WINDOW_MAX];
	smpp_answer_cb answered;

	if (!pdu->sequence || w->sequence != pdu->sequence ||
	    (pdu->command != SMPP_GENERIC_NACK && pdu->command != (w->command | SMPP_RESPONSE))) {
		LOGP(DSMPP, LOGL_NOTICE, "%s: %s to nothing that was asked, ignored\n", p->name,
		     smpp_command_name(pdu->command));
		return;
	}
	llist_del(&w->entry);
	w->sequence = 0;
	p->n_waiting--;
	answered = w->answered;
	if (answered)
		answered(w->data, pdu);
}

static void request_take(struct smpp_peer *p, const struct smpp_pdu *pdu)
{
	p->n_unanswered++;
	if (pdu->command == SMPP_ENQUIRE_LINK)
		smpp_peer_respond_status(p, pdu->command, pdu->sequence, SMPP_OK);
	else if (p->n_unanswered > SMPP_WINDOW_MAX)
		smpp_peer_respond_status(p, pdu->command, pdu->sequence, SMPP_RTHROTTLED);
	else
		p->handler->request(p->data, p, pdu);
}

/* A request that cannot be decoded is answered, a response cannot be: who waits for it times out
 * otherwise, so he is told at once that nothing is known.  Nobody waits for one of a kind that we
 * never ask for. */
static void malformed_take(struct smpp_peer *p, const struct smpp_pdu *pdu, int rc, uint32_t fault)
{
	if (rc == -ENOTSUP && pdu->command & SMPP_RESPONSE) {
		response_take(p, pdu);
		return;
	}
	LOGP(DSMPP, LOGL_NOTICE, "%s: %s that cannot be decoded: %s\n", p->name,
	     smpp_command_name(pdu->command), smpp_status_name(fault));
	if (pdu->command & SMPP_RESPONSE) {
		fail(p, "a response that cannot be decoded");
		return;
	}
	p->n_unanswered++;
	smpp_peer_respond_status(p, rc == -ENOTSUP ? SMPP_GENERIC_NACK : pdu->command,
				 pdu->sequence, fault);
}

static void pdu_take(struct smpp_peer *p, const uint8_t *in, size_t len)
{
	struct smpp_pdu pdu;
	uint32_t fault;
	const int rc = smpp_pdu_decode(&pdu, &fault, in, len);

	p->heard = true;
	if (rc < 0)
		malformed_take(p, &pdu, rc, fault);
	else if (pdu.command & SMPP_RESPONSE)
		response_take(p, &pdu);
	else
		request_take(p, &pdu);
}

/* Behind a burst of which nothing goes out at once.  Where we wait for more, that may wait for an
 * acknowledgement; what answers the requests that came is likely to come soon. */
static void acknowledge(struct smpp_peer *p)
{
	const bool held = p->up && stream_is_held(p->stream);

	if (!p->up || (stream_pending(p->stream) && !held))
		return;
	if (held || p->n_waiting)
		stream_acknowledge(p->stream);
	else if (p->n_unanswered)
		smpp_hold_wait(&p->hold);
}

static int on_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct smpp_peer *p = data;
	size_t taken = 0, pdu_len;
	int rc = 0;

	while (!p->closed && !p->failing) {
		rc = smpp_pdu_take(&pdu_len, in + taken, len - taken);
		if (rc <= 0)
			break;
		pdu_take(p, in + taken, pdu_len);
		taken += pdu_len;
	}
	if (rc < 0 && !p->closed) {
		smpp_peer_respond_status(p, SMPP_GENERIC_NACK, 0, SMPP_RINVCMDLEN);
		fail(p, "a command_length that cannot be");
		return len; /* the rest means nothing; the answer goes out before the end */
	}
	acknowledge(p);
	return p->failing ? len : taken;
}

/* --- signs of life --------------------------------------------------------- */

static void on_enquired(void *data, const struct smpp_pdu *response)
{
}

static void on_life(void *data)
{
	struct smpp_peer *p = data;
	struct smpp_pdu enquiry = { .command = SMPP_ENQUIRE_LINK };

	timer_set(&p->life, p->times.enquire_ms);
	if (!p->heard && smpp_peer_request(p, &enquiry, on_enquired, p) == -EBUSY)
		LOGP(DSMPP, LOGL_INFO, "%s: enquire_link not sent, the window is full\n", p->name);
	p->heard = false;
}

static void on_response_due(void *data)
{
	struct smpp_peer *p = data;
	const struct waiting *oldest;
	int64_t left;

	if (llist_empty(&p->waiting))
		return;
	oldest = llist_first_entry(&p->waiting, struct waiting, entry);
	left = oldest->sent_ms + p->times.response_ms - monotonic_ms();
	if (left > 0) {
		timer_set(&p->response, left);
		return;
	}
	LOGP(DSMPP, LOGL_NOTICE, "%s: no response to %s\n", p->name,
	     smpp_command_name(oldest->command));
	fail(p, "a response did not come in time");
}

/* --- life ------------------------------------------------------------------ */

static void on_up(void *data, struct stream *s)
{
	struct smpp_peer *p = data;

	p->up = true;
	timer_set(&p->life, p->times.enquire_ms);
	p->handler->up(p->data, p);
}

static void on_down(void *data, struct stream *s, int error, const char *why)
{
	struct smpp_peer *p = data;

	if (!p->failing)
		p->why = talloc_strdup(p, why);
	go_down(p);
}

static const struct stream_handler stream_handler = {
	.up = on_up,
	.received = on_received,
	.down = on_down,
};

static struct smpp_peer *peer_new(void *ctx, const struct smpp_peer_times *times,
				  const struct smpp_peer_handler *handler, void *data)
{
	struct smpp_peer *p = talloc_zero(ctx, struct smpp_peer);

	OSMO_ASSERT(p);
	p->times = *times;
	p->handler = handler;
	p->data = data;
	INIT_LLIST_HEAD(&p->waiting);
	osmo_timer_setup(&p->life, on_life, p);
	osmo_timer_setup(&p->response, on_response_due, p);
	osmo_timer_setup(&p->fail, go_down, p);
	smpp_hold_init(&p->hold, leave, p);
	talloc_set_destructor(p, peer_destructor);
	return p;
}

struct smpp_peer *smpp_peer_dial(void *ctx, const char *address, const char *local,
				 struct stream_tls *tls, const struct smpp_peer_times *times,
				 const struct smpp_peer_handler *handler, void *data, int *error)
{
	struct smpp_peer *p = peer_new(ctx, times, handler, data);
	struct stream_limits limits = smpp_peer_limits;

	limits.connect_timeout_ms = times->connect_ms;
	p->name = talloc_strdup(p, address);
	p->stream = stream_connect(p, address, local, tls, &limits, &stream_handler, p, error);
	if (!p->stream) {
		smpp_peer_close(p);
		return NULL;
	}
	return p;
}

struct smpp_peer *smpp_peer_take(void *ctx, struct stream *s, const struct smpp_peer_times *times,
				 const struct smpp_peer_handler *handler, void *data)
{
	struct smpp_peer *p = peer_new(ctx, times, handler, data);

	p->name = talloc_strdup(p, stream_peer_name(s));
	OSMO_ASSERT(p->name);
	p->stream = talloc_steal(p, s);
	stream_set_data(s, &stream_handler, p);
	p->up = true;
	timer_set(&p->life, p->times.enquire_ms);
	return p;
}

size_t smpp_peer_outstanding(const struct smpp_peer *p)
{
	return p->n_waiting;
}

const char *smpp_peer_name(const struct smpp_peer *p)
{
	return p->name;
}
