/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* An SMSC of the test's own, which answers as it is told to, the ESME that binds to it, and who
 * takes what that receives.  After <cmocka.h>. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/fsm.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/stream.h"
#include "manager/exchange_smpp.h"
#include "tests/lib/loop.h"

#define BINDS_MAX 8
#define KEPT_MAX 64

static char dir[] = "/tmp/smpp_world.XXXXXX";

struct smsc {
	void *ctx;
	struct stream_listener *l;
	struct smpp_peer *peers[BINDS_MAX]; /* NULL: gone */
	uint32_t bound[BINDS_MAX]; /* by which command */
	int n_peers, n_binds, n_submits, n_unbinds, n_deliver_resps;
	uint32_t bind_status, submit_status; /* what is answered */
	int throttle_first; /* so many submits are throttled */
	bool keep; /* submits are not answered */
	struct smpp_bind last_bind;
	uint32_t last_deliver_status;
	struct {
		uint32_t sequence;
		uint8_t octets[256];
		size_t n_octets;
		uint8_t esm_class, data_coding, registered;
		bool as_payload, has_sar;
		uint16_t sar_reference;
		uint8_t sar_total, sar_number;
		char to[SMPP_ADDRESS_SIZE], validity[SMPP_TIME_SIZE];
	} kept[KEPT_MAX];
};

struct world {
	struct smsc smsc;
	struct sms_route *route;
	struct exchange_smpp_config config;
	struct exchange_smpp *esme;
	/* sent */
	bool held_too_long; /* no text may go any more */
	int n_sent;
	enum sms_sent last_sent;
	uint32_t last_status;
	size_t n_ids;
	char last_id[SMS_MESSAGE_ID_SIZE];
	/* received */
	int n_received, n_receipts;
	char text[SMS_TEXT_SIZE], msisdn[NUMBER_SIZE], from[32], to[32];
	uint8_t identity[SMS_IDENTITY_SIZE];
	char receipt_id[SMS_MESSAGE_ID_SIZE], receipt_link[32], last_link[32];
	enum smpp_state receipt_state;
	sms_received_cb done;
	void *done_data;
};

static const struct number_plan plan = { .country_code = "81",
					 .national_prefix = "0",
					 .international_prefix = "00" };

/* --- the SMSC ------------------------------------------------------------------ */

static inline int index_of(struct smsc *s, const struct smpp_peer *p)
{
	int i;

	for (i = 0; s->peers[i] != p; i++)
		;
	return i;
}

static inline void smsc_submit(struct smsc *s, struct smpp_peer *p, const struct smpp_pdu *pdu)
{
	struct smpp_pdu response = { .command = SMPP_SUBMIT_SM | SMPP_RESPONSE,
				     .sequence = pdu->sequence,
				     .status = s->submit_status };
	int i = s->n_submits++ % KEPT_MAX;

	s->kept[i].sequence = pdu->sequence;
	s->kept[i].n_octets = pdu->sm.n_octets;
	memcpy(s->kept[i].octets, pdu->sm.octets, OSMO_MIN(pdu->sm.n_octets, 256));
	s->kept[i].esm_class = pdu->sm.esm_class;
	s->kept[i].data_coding = pdu->sm.data_coding;
	s->kept[i].registered = pdu->sm.registered_delivery;
	s->kept[i].as_payload = pdu->sm.as_payload;
	s->kept[i].has_sar = pdu->sm.has_sar;
	s->kept[i].sar_reference = pdu->sm.sar_reference;
	s->kept[i].sar_total = pdu->sm.sar_total;
	s->kept[i].sar_number = pdu->sm.sar_number;
	strcpy(s->kept[i].to, pdu->sm.destination.digits);
	strcpy(s->kept[i].validity, pdu->sm.validity_period);
	if (s->keep)
		return;
	if (s->throttle_first > 0) {
		s->throttle_first--;
		response.status = SMPP_RTHROTTLED;
	}
	snprintf(response.message_id, sizeof(response.message_id), "ID%X", s->n_submits);
	smpp_peer_respond(p, &response);
}

static inline void smsc_request(void *data, struct smpp_peer *p, const struct smpp_pdu *pdu)
{
	struct smsc *s = data;
	struct smpp_pdu response = { .command = pdu->command | SMPP_RESPONSE,
				     .sequence = pdu->sequence,
				     .status = s->bind_status };

	switch (pdu->command) {
	case SMPP_BIND_TRANSCEIVER:
	case SMPP_BIND_TRANSMITTER:
	case SMPP_BIND_RECEIVER:
		s->n_binds++;
		s->last_bind = pdu->bind;
		s->bound[index_of(s, p)] = pdu->command;
		smpp_peer_respond(p, &response);
		break;
	case SMPP_SUBMIT_SM:
		smsc_submit(s, p, pdu);
		break;
	default:
		s->n_unbinds++;
		smpp_peer_respond_status(p, pdu->command, pdu->sequence, SMPP_OK);
	}
}

static inline void smsc_down(void *data, struct smpp_peer *p, const char *why)
{
	struct smsc *s = data;

	s->peers[index_of(s, p)] = NULL;
	smpp_peer_close(p);
}

static const struct smpp_peer_handler smsc_handler = { .request = smsc_request, .down = smsc_down };

static inline void smsc_accept(void *data, struct stream *stream)
{
	struct smsc *s = data;

	assert_true(s->n_peers < BINDS_MAX);
	s->peers[s->n_peers++] =
		smpp_peer_take(s->ctx, stream, &smpp_peer_times_default, &smsc_handler, s);
}

static inline void smsc_cut(struct smsc *s)
{
	int i;

	for (i = 0; i < s->n_peers; i++) {
		smpp_peer_close(s->peers[i]);
		s->peers[i] = NULL;
	}
}

static inline void on_delivered(void *data, const struct smpp_pdu *response)
{
	struct smsc *s = data;

	if (!response)
		return;
	s->n_deliver_resps++;
	s->last_deliver_status = response->status;
}

static inline void smsc_deliver(struct smsc *s, struct smpp_sm *sm)
{
	struct smpp_pdu pdu = { .command = SMPP_DELIVER_SM, .sm = *sm };
	int i = s->n_peers - 1;

	/* the latest that receives */
	while (i > 0 && (!s->peers[i] || s->bound[i] == SMPP_BIND_TRANSMITTER))
		i--;
	assert_int_equal(smpp_peer_request(s->peers[i], &pdu, on_delivered, s), 0);
}

static inline struct smpp_sm sm_of(const void *octets, size_t n)
{
	struct smpp_sm sm = { .source = { 1, 1, "819012345671" },
			      .destination = { 0, 1, "188" },
			      .octets = octets,
			      .n_octets = n };

	return sm;
}

/* --- the sink ------------------------------------------------------------------ */

static inline void sink_receive(void *data, const struct sms_in *in, sms_received_cb done,
				void *done_data)
{
	struct world *w = data;

	w->n_received++;
	OSMO_STRLCPY_ARRAY(w->text, in->text);
	OSMO_STRLCPY_ARRAY(w->msisdn, in->msisdn);
	OSMO_STRLCPY_ARRAY(w->from, in->from);
	OSMO_STRLCPY_ARRAY(w->to, in->to);
	memcpy(w->identity, in->identity, sizeof(w->identity));
	w->done = done;
	w->done_data = done_data;
}

static inline void sink_receipt(void *data, const struct sms_receipt *r, sms_receipt_cb done,
				void *done_data)
{
	struct world *w = data;

	w->n_receipts++;
	OSMO_STRLCPY_ARRAY(w->receipt_id, r->id);
	OSMO_STRLCPY_ARRAY(w->receipt_link, r->link);
	w->receipt_state = r->state;
	w->done = done;
	w->done_data = done_data;
}

static inline void sink_room(void *data)
{
}

static const struct sms_sink sink = { sink_receive, sink_receipt, sink_room };

static inline void verdict(struct world *w, enum sms_verdict v)
{
	sms_received_cb done = w->done;

	w->done = NULL;
	done(w->done_data, v);
}

static inline void on_sent(void *data, const struct sms_sent_result *r)
{
	struct world *w = data;

	w->n_sent++;
	w->last_sent = r->sent;
	w->last_status = r->status;
	OSMO_STRLCPY_ARRAY(w->last_link, r->link);
	w->n_ids = r->n_ids;
	if (r->n_ids)
		OSMO_STRLCPY_ARRAY(w->last_id, r->ids[r->n_ids - 1]);
}

static inline bool may_go(void *data)
{
	const struct world *w = data;

	return !w->held_too_long;
}

static inline int send_text(struct world *w, const char *text)
{
	const struct sms_out out = { .message_id = 1,
				     .msisdn = "819012345672",
				     .imsi = "",
				     .text = text,
				     .wants_receipt = true,
				     .may_go = may_go };

	return sms_route_send(w->route, &out, on_sent, w);
}

/* Valid until the next call. */
static inline const char *long_text(int n)
{
	static char text[2048];

	memset(text, 'a', n);
	text[n] = '\0';
	return text;
}

/* --- a world -------------------------------------------------------------------- */

static inline struct world *world_new(void)
{
	struct world *w = talloc_zero(NULL, struct world);
	int error;

	w->smsc.ctx = w;
	w->route = sms_route_new(w);
	sms_route_set_sink(w->route, &sink, w);
	exchange_smpp_config_default(&w->config);
	snprintf(w->config.address, sizeof(w->config.address), "unix:%s/s", dir);
	strcpy(w->config.system_id, "tegata");
	strcpy(w->config.source, "188");
	w->config.throttle_ms = 50;
	w->smsc.l = stream_listen(w, w->config.address, 0600, NULL, &smpp_peer_limits, smsc_accept,
				  &w->smsc, &error);
	assert_non_null(w->smsc.l);
	return w;
}

static inline void esme_start(struct world *w)
{
	w->esme = exchange_smpp_new(w, "smpp:test", &w->config, &plan, w->route);
	assert_non_null(w->esme);
}

static inline struct world *world_bound(void)
{
	struct world *w = world_new();

	esme_start(w);
	loop_until(exchange_smpp_is_bound(w->esme));
	return w;
}

static inline void world_free(struct world *w)
{
	if (w->esme)
		exchange_smpp_free(w->esme);
	smsc_cut(&w->smsc);
	stream_listener_close(w->smsc.l);
	loop_turns(2);
	talloc_free(w);
}

/* --- around all tests --------------------------------------------------------------- */

static inline int world_begin(void **state)
{
	osmo_init_logging2(talloc_named_const(NULL, 0, "log"), &tegata_log_info);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	osmo_fsm_set_dealloc_ctx(OTC_SELECT);
	osmo_fsm_term_safely(true);
	return mkdtemp(dir) ? 0 : -1;
}

static inline int world_end(void **state)
{
	return rmdir(dir);
}
