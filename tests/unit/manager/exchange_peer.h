/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The other end of a GSUP link in tests: sends what it is told to, right or
 * wrong, and keeps what it gets.  After exchange_fakes.h.
 */
#include <osmocom/gsm/gsup.h>

#include "lib/gsup_msg.h"
#include "lib/ipa_frame.h"
#include "lib/stream.h"
#include "lib/ussd_ss.h"

#define PEER_MSGS_MAX 256

static const struct stream_limits peer_limits = { .in_max = 65536,
						  .out_max = 8 << 20,
						  .connect_timeout_ms = 2000 };

struct peer {
	struct stream *s;
	bool answers_ping, echoes_ack, is_server;
	bool up, down;
	int n_ccm[16]; /* by type */
	char name[IPA_NAME_SIZE]; /* server: what the client said */
	int n_msgs;
	struct {
		struct gsup_msg msg;
		struct ussd_ss ss;
	} got[PEER_MSGS_MAX];
	/* Takes a message in place of the list; true: taken. */
	bool (*hook)(struct peer *p, const struct gsup_msg *msg, const uint8_t *raw, size_t len);
	void *data;
};

static inline void peer_write(struct peer *p, const void *octets, size_t len)
{
	if (p->s)
		assert_int_equal(stream_write(p->s, octets, len), 0);
}

static inline void peer_ccm(struct peer *p, enum ipa_ccm_type type)
{
	uint8_t frame[64];
	int len = ipa_ccm_build_simple(frame, sizeof(frame), type);

	assert_true(len > 0);
	peer_write(p, frame, (size_t)len);
}

static inline void peer_id_get(struct peer *p)
{
	uint8_t frame[128];
	int len = ipa_ccm_build_id_get(frame, sizeof(frame));

	assert_true(len > 0);
	peer_write(p, frame, (size_t)len);
}

static inline void peer_id_resp(struct peer *p, const char *name)
{
	uint8_t frame[512];
	int len = ipa_ccm_build_id_resp(frame, sizeof(frame), name);

	assert_true(len > 0);
	peer_write(p, frame, (size_t)len);
}

static inline void peer_send(struct peer *p, const struct gsup_msg *msg)
{
	uint8_t frame[GSUP_MSG_MAX_SIZE];
	int len = gsup_msg_encode(frame, sizeof(frame), msg);

	assert_true(len > 0);
	peer_write(p, frame, (size_t)len);
}

/* A PROC_SS_REQUEST with a component. */
static inline void peer_send_ss(struct peer *p, const char *imsi, uint32_t id,
				enum gsup_session session, enum ussd_ss_kind kind, uint8_t op,
				uint8_t invoke_id, const char *text)
{
	struct ussd_ss ss = { .kind = kind, .op = op, .invoke_id = invoke_id, .has_text = true };
	struct gsup_msg msg = { .type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
				.session_id = id,
				.session = session,
				.message_class = 3 };
	uint8_t component[256];
	int len;

	OSMO_STRLCPY_ARRAY(ss.text, text);
	OSMO_STRLCPY_ARRAY(msg.imsi, imsi);
	len = ussd_ss_encode(component, sizeof(component), &ss, 160);
	assert_true(len > 0);
	msg.ss_info = component;
	msg.ss_info_len = (size_t)len;
	peer_send(p, &msg);
}

static inline void peer_begin(struct peer *p, const char *imsi, uint32_t id, const char *text)
{
	peer_send_ss(p, imsi, id, GSUP_SESSION_BEGIN, USSD_SS_INVOKE,
		     USSD_OP_PROCESS_UNSTRUCTURED_SS, 11, text);
}

static inline void peer_answer(struct peer *p, const char *imsi, uint32_t id, uint8_t invoke_id,
			       const char *text)
{
	peer_send_ss(p, imsi, id, GSUP_SESSION_CONTINUE, USSD_SS_RETURN_RESULT,
		     USSD_OP_UNSTRUCTURED_SS_REQUEST, invoke_id, text);
}

static inline void peer_take_ccm(struct peer *p, const struct ipa_frame *f)
{
	assert_true(f->payload_len > 0 && f->payload[0] < ARRAY_SIZE(p->n_ccm));
	p->n_ccm[f->payload[0]]++;
	switch (f->payload[0]) {
	case IPA_CCM_PING:
		if (p->answers_ping)
			peer_ccm(p, IPA_CCM_PONG);
		break;
	case IPA_CCM_ID_RESP:
		assert_int_equal(ipa_ccm_parse_name(p->name, f->payload + 1, f->payload_len - 1),
				 0);
		break;
	case IPA_CCM_ID_ACK:
		if (p->is_server && p->echoes_ack)
			peer_ccm(p, IPA_CCM_ID_ACK);
		break;
	default:
		break;
	}
}

static inline void peer_take_gsup(struct peer *p, const struct ipa_frame *f)
{
	uint8_t copy[GSUP_MSG_MAX_SIZE + 1] = { 0 };
	struct gsup_msg msg;

	assert_true(f->payload_len < sizeof(copy));
	memcpy(copy, f->payload, f->payload_len);
	assert_int_equal(gsup_msg_decode(&msg, copy, f->payload_len), 0);
	if (p->hook && p->hook(p, &msg, f->payload, f->payload_len))
		return;
	assert_true(p->n_msgs < PEER_MSGS_MAX);
	p->got[p->n_msgs].msg = msg;
	if (msg.ss_info_len > 0)
		assert_int_equal(
			ussd_ss_decode(&p->got[p->n_msgs].ss, msg.ss_info, msg.ss_info_len), 0);
	p->n_msgs++;
}

static int peer_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct peer *p = data;
	struct ipa_frame f;
	size_t taken = 0;

	while (ipa_frame_take(&f, in + taken, len - taken, 4096) == 1) {
		if (f.proto == IPA_PROTO_CCM)
			peer_take_ccm(p, &f);
		else
			peer_take_gsup(p, &f);
		taken += f.frame_len;
	}
	return (int)taken;
}

static void peer_up(void *data, struct stream *s)
{
	struct peer *p = data;

	p->up = true;
}

static void peer_down(void *data, struct stream *s, int error, const char *why)
{
	struct peer *p = data;

	p->down = true;
	if (p->s == s)
		p->s = NULL;
	stream_close(s);
}

static const struct stream_handler peer_handler = { .up = peer_up,
						    .received = peer_received,
						    .down = peer_down };

static inline void peer_close(struct peer *p)
{
	stream_close(p->s);
	p->s = NULL;
}

/* As client of a server at address, from an address of one's own. */
static inline void peer_dial(struct peer *p, void *ctx, const char *address, const char *local)
{
	int error;

	memset(p, 0, sizeof(*p));
	p->answers_ping = true;
	p->s = stream_connect(ctx, address, local, NULL, &peer_limits, &peer_handler, p, &error);
	assert_non_null(p->s);
	loop_until(p->up || p->down);
}

/* As server: a connection that was accepted. */
static inline void peer_accept(struct peer *p, struct stream *s)
{
	*p = (struct peer){ .s = s,
			    .up = true,
			    .is_server = true,
			    .answers_ping = p->answers_ping,
			    .echoes_ack = p->echoes_ack,
			    .hook = p->hook,
			    .data = p->data };
	stream_set_data(s, &peer_handler, p);
}

/* The client's side of the handshake, to its end. */
static inline void peer_join(struct peer *p, const char *name)
{
	loop_until(p->n_ccm[IPA_CCM_ID_GET] == 1 || p->down);
	peer_id_resp(p, name);
	peer_ccm(p, IPA_CCM_ID_ACK);
	loop_until(p->n_ccm[IPA_CCM_ID_ACK] == 1 || p->down);
}
