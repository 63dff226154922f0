/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "handset-sim/smsc.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/smsc_private.h"
#include "lib/log_category.h"
#include "lib/stream.h"

#define JOIN_TIMEOUT_MS 60000
#define RETRY_MS 1000
#define SYSTEM_ID "tegata-handset"

size_t smsc_receivers(const struct smsc *s)
{
	struct smsc_bind *b;
	size_t n = 0;

	llist_for_each_entry (b, &s->binds, entry)
		n += smsc_bind_receives(b);
	return n;
}

struct smsc_bind *smsc_receiver(struct smsc *s)
{
	struct smsc_bind *b;

	llist_for_each_entry (b, &s->binds, entry) {
		if (!smsc_bind_receives(b) || smpp_peer_outstanding(b->peer) >= SMSC_WINDOW)
			continue;
		llist_move_tail(&b->entry, &s->binds);
		return b;
	}
	return NULL;
}

static void bound_tell(struct smsc *s)
{
	if (s->handler->bound)
		s->handler->bound(s->data, smsc_receivers(s));
}

void smsc_bind_drop(struct smsc_bind *b)
{
	struct smsc *s = b->smsc;
	const bool received = smsc_bind_receives(b);

	llist_del(&b->entry);
	s->n_binds--;
	smsc_submit_unbound(b);
	smsc_deliver_unbound(b);
	smpp_peer_close(b->peer);
	talloc_free(b);
	if (received)
		bound_tell(s);
}

/* --- one connection ------------------------------------------------------------ */

static uint32_t credentials_judge(const struct smsc *s, const struct smpp_bind *bind)
{
	if (s->config.system_id && strcmp(s->config.system_id, bind->system_id) != 0)
		return SMPP_RINVSYSID;
	if (s->config.password && strcmp(s->config.password, bind->password) != 0)
		return SMPP_RINVPASWD;
	return SMPP_OK;
}

static void bind_take(struct smsc_bind *b, const struct smpp_pdu *pdu)
{
	struct smpp_pdu response = { .command = pdu->command | SMPP_RESPONSE,
				     .sequence = pdu->sequence };

	response.status = b->command ? SMPP_RALYBND : credentials_judge(b->smsc, &pdu->bind);
	OSMO_STRLCPY_ARRAY(response.system_id, SYSTEM_ID);
	smpp_peer_respond(b->peer, &response);
	if (response.status != SMPP_OK)
		return;
	LOGP(DSMPP, LOGL_INFO, "%s: %s of %s\n", smpp_peer_name(b->peer),
	     smpp_command_name(pdu->command), pdu->bind.system_id);
	b->command = pdu->command;
	if (!smsc_bind_receives(b))
		return;
	bound_tell(b->smsc);
	smsc_deliver_pump(b->smsc);
}

static void on_request(void *data, struct smpp_peer *p, const struct smpp_pdu *pdu)
{
	struct smsc_bind *b = data;

	switch (pdu->command) {
	case SMPP_BIND_RECEIVER:
	case SMPP_BIND_TRANSMITTER:
	case SMPP_BIND_TRANSCEIVER:
		bind_take(b, pdu);
		return;
	case SMPP_UNBIND:
		smpp_peer_respond_status(p, pdu->command, pdu->sequence, SMPP_OK);
		smsc_bind_drop(b);
		return;
	case SMPP_SUBMIT_SM:
		if (smsc_bind_transmits(b)) {
			smsc_submit(b, pdu);
			return;
		}
		break;
	}
	smpp_peer_respond_status(p, pdu->command, pdu->sequence, SMPP_RINVBNDSTS);
}

static void on_down(void *data, struct smpp_peer *p, const char *why)
{
	LOGP(DSMPP, LOGL_INFO, "%s: %s\n", smpp_peer_name(p), why);
	smsc_bind_drop(data);
}

static const struct smpp_peer_handler peer_handler = { .request = on_request, .down = on_down };

static void on_accept(void *data, struct stream *stream)
{
	struct smsc *s = data;
	struct smsc_bind *b;

	if (s->n_binds == SMSC_BINDS_MAX) {
		stream_close(stream);
		return;
	}
	b = talloc_zero(s, struct smsc_bind);
	OSMO_ASSERT(b);
	b->smsc = s;
	b->peer = smpp_peer_take(s, stream, &smpp_peer_times_default, &peer_handler, b);
	llist_add_tail(&b->entry, &s->binds);
	s->n_binds++;
}

/* --- life ------------------------------------------------------------------------ */

struct smsc *smsc_open(void *ctx, const struct smsc_config *config,
		       const struct smsc_handler *handler, void *data, int *error)
{
	struct smsc *s = talloc_zero(ctx, struct smsc);

	OSMO_ASSERT(s);
	s->config = *config;
	if (!s->config.retry_ms)
		s->config.retry_ms = RETRY_MS;
	s->handler = handler;
	s->data = data;
	INIT_LLIST_HEAD(&s->binds);
	INIT_LLIST_HEAD(&s->delayed);
	smsc_deliver_init(s);
	s->join = sms_join_new(s, JOIN_TIMEOUT_MS);
	s->listener = stream_listen(s, config->address, 0600, NULL, &smpp_peer_limits, on_accept, s,
				    error);
	if (!s->join || !s->listener) {
		talloc_free(s);
		return NULL;
	}
	return s;
}

const char *smsc_address(const struct smsc *s)
{
	return stream_listener_address(s->listener);
}

struct smsc_faults *smsc_faults(struct smsc *s)
{
	return &s->config.faults;
}

static void on_unbound(void *data, const struct smpp_pdu *response)
{
	if (response)
		smsc_bind_drop(data);
}

static bool is_settled(const struct smsc *s)
{
	struct smsc_bind *b;

	llist_for_each_entry (b, &s->binds, entry)
		if (smpp_peer_outstanding(b->peer) > b->unbinding)
			return false;
	return llist_empty(&s->delayed);
}

bool smsc_retire(struct smsc *s)
{
	struct smpp_pdu unbind = { .command = SMPP_UNBIND };
	struct smsc_bind *b, *next;

	stream_listener_close(s->listener);
	s->listener = NULL;
	if (!is_settled(s))
		return false;
	llist_for_each_entry_safe (b, next, &s->binds, entry) {
		if (b->unbinding)
			continue;
		b->unbinding = smpp_peer_request(b->peer, &unbind, on_unbound, b) == 0;
		if (!b->unbinding)
			smsc_bind_drop(b);
	}
	return s->n_binds == 0;
}

void smsc_cut(struct smsc *s)
{
	while (!llist_empty(&s->binds))
		smsc_bind_drop(llist_first_entry(&s->binds, struct smsc_bind, entry));
}

void smsc_close(struct smsc *s)
{
	if (!s)
		return;
	stream_listener_close(s->listener);
	smsc_cut(s);
	smsc_submit_close(s);
	smsc_deliver_close(s);
	talloc_free(s);
}
