/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/exchange_gsup_link.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/tdef.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/stream.h"
#include "manager/exchange_gsup_link_priv.h"
#include "manager/exchange_metrics.h"

#define LINK_IN_MAX 65536
#define CONNECT_TIMEOUT_MS 2000

const struct stream_limits gsup_link_limits = {
	.in_max = LINK_IN_MAX,
	.out_max = GSUP_LINK_OUT_MAX,
	.connect_timeout_ms = CONNECT_TIMEOUT_MS,
};

const struct osmo_tdef gsup_link_tdefs[3] = {
	{ .T = GSUP_LINK_T_HANDSHAKE,
	  .default_val = 5000,
	  .val = 5000,
	  .unit = OSMO_TDEF_MS,
	  .desc = "IPA handshake" },
	{ .T = GSUP_LINK_T_PING,
	  .default_val = 2000,
	  .val = 2000,
	  .unit = OSMO_TDEF_MS,
	  .desc = "IPA PING where the peer is silent" },
};

/* --- out ------------------------------------------------------------------- */

void gsup_link_write_ccm(struct gsup_link *l, const uint8_t *frame, int len)
{
	OSMO_ASSERT(len > 0);
	/* What cannot be written brings the stream down, which tells us. */
	if (stream_write(l->stream, frame, (size_t)len) < 0)
		LOGPFSML(l->fi, LOGL_INFO, "IPA message not sent\n");
}

void gsup_link_send_ccm(struct gsup_link *l, enum ipa_ccm_type type)
{
	uint8_t frame[CCM_MAX_SIZE];

	gsup_link_write_ccm(l, frame, ipa_ccm_build_simple(frame, sizeof(frame), type));
}

int gsup_link_send(struct gsup_link *l, const struct gsup_msg *msg)
{
	uint8_t frame[GSUP_MSG_MAX_SIZE];
	int rc;

	if (l->closed || !l->stream)
		return -ENOTCONN;
	switch (l->fi->state) {
	case LINK_NAMED: /* answers what came before the echo */
	case LINK_UP:
	case LINK_PINGED:
		break;
	default:
		return -ENOTCONN;
	}
	rc = gsup_msg_encode(frame, sizeof(frame), msg);
	if (rc < 0)
		return rc;
	rc = stream_write(l->stream, frame, (size_t)rc);
	if (rc == 0)
		exchange_count(l->metrics, GSUP_CTR_TX);
	return rc;
}

/* --- in -------------------------------------------------------------------- */

static int ccm_take(struct gsup_link *l, const uint8_t *in, size_t len)
{
	char name[IPA_NAME_SIZE];

	if (len < 1)
		return -EBADMSG;
	switch (in[0]) {
	case IPA_CCM_PING:
		gsup_link_send_ccm(l, IPA_CCM_PONG);
		break;
	case IPA_CCM_ID_GET:
		osmo_fsm_inst_dispatch(l->fi, EV_ID_GET, NULL);
		break;
	case IPA_CCM_ID_RESP:
		if (ipa_ccm_parse_name(name, in + 1, len - 1) < 0)
			return -EBADMSG;
		osmo_fsm_inst_dispatch(l->fi, EV_ID_RESP, name);
		break;
	case IPA_CCM_ID_ACK:
		osmo_fsm_inst_dispatch(l->fi, EV_ID_ACK, NULL);
		break;
	default: /* PONG: that it came is all that it says */
		break;
	}
	return 0;
}

static int gsup_take(struct gsup_link *l, const uint8_t *in, size_t len)
{
	uint8_t copy[GSUP_MSG_MAX_SIZE + 1];
	struct gsup_msg msg;

	if (l->fi->state != LINK_UP && l->fi->state != LINK_PINGED && l->fi->state != LINK_NAMED)
		return -EBADMSG;
	exchange_count(l->metrics, GSUP_CTR_RX);
	/* A frame may end where the input buffer ends; the decoder wants slack behind it. */
	memcpy(copy, in, len);
	copy[len] = 0;
	if (gsup_msg_decode(&msg, copy, len) < 0) {
		exchange_count(l->metrics, GSUP_CTR_RX_MALFORMED);
		return 0;
	}
	l->handler->message(l->data, l, &msg);
	return 0;
}

static int frame_take(struct gsup_link *l, const struct ipa_frame *f)
{
	l->heard = true;
	if (f->proto == IPA_PROTO_CCM)
		return ccm_take(l, f->payload, f->payload_len);
	if (f->proto == IPA_PROTO_OSMO && f->ext == IPA_EXT_GSUP)
		return gsup_take(l, f->payload, f->payload_len);
	exchange_count(l->metrics, GSUP_CTR_RX_UNEXPECTED);
	return 0;
}

static int link_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct gsup_link *l = data;
	size_t taken = 0;
	struct ipa_frame f;
	int rc = 0;

	while (!l->closed && l->stream &&
	       (rc = ipa_frame_take(&f, in + taken, len - taken, GSUP_MSG_MAX_SIZE)) == 1) {
		taken += f.frame_len;
		rc = frame_take(l, &f);
		if (rc < 0)
			break;
	}
	if (!l->closed && l->stream && l->heard && l->fi->state == LINK_PINGED)
		osmo_fsm_inst_dispatch(l->fi, EV_HEARD, NULL);
	return rc < 0 ? rc : (int)taken;
}

static void link_connected(void *data, struct stream *s)
{
	struct gsup_link *l = data;

	osmo_fsm_inst_dispatch(l->fi, EV_CONNECTED, NULL);
}

static void link_down(void *data, struct stream *s, int error, const char *why)
{
	gsup_link_fail(data, why);
}

static const struct stream_handler stream_handler = {
	.up = link_connected,
	.received = link_received,
	.down = link_down,
};

/* --- life ------------------------------------------------------------------ */

static struct gsup_link *link_new(void *ctx, const struct osmo_tdef *tdefs,
				  const struct exchange_metrics *metrics,
				  const struct gsup_link_handler *handler, void *data)
{
	struct osmo_fsm_inst *fi = osmo_fsm_inst_alloc(&gsup_link_fsm, ctx, NULL, LOGL_INFO, NULL);
	struct gsup_link *l;

	OSMO_ASSERT(fi);
	l = talloc_zero(fi, struct gsup_link);
	fi->priv = l;
	l->fi = fi;
	l->tdefs = tdefs;
	l->metrics = metrics;
	l->handler = handler;
	l->data = data;
	return l;
}

struct gsup_link *gsup_link_dial(void *ctx, const char *address, const char *local,
				 const char *name, const struct osmo_tdef *tdefs,
				 const struct exchange_metrics *metrics,
				 const struct gsup_link_handler *handler, void *data, int *error)
{
	struct gsup_link *l = link_new(ctx, tdefs, metrics, handler, data);

	l->name = talloc_strdup(l, name);
	l->peer = talloc_strdup(l, address);
	l->stream = stream_connect(l, address, local, NULL, &gsup_link_limits, &stream_handler, l,
				   error);
	if (!l->stream) {
		gsup_link_close(l);
		return NULL;
	}
	gsup_link_enter(l, LINK_DIALLING);
	return l;
}

struct gsup_link *gsup_link_take(void *ctx, struct stream *s, const struct osmo_tdef *tdefs,
				 const struct exchange_metrics *metrics,
				 const struct gsup_link_handler *handler, void *data)
{
	struct gsup_link *l = link_new(ctx, tdefs, metrics, handler, data);

	l->stream = talloc_steal(l, s);
	l->peer = talloc_strdup(l, stream_peer_name(s));
	stream_set_data(s, &stream_handler, l);
	gsup_link_enter(l, LINK_ASKING);
	return l;
}

void gsup_link_set_metrics(struct gsup_link *l, const struct exchange_metrics *metrics)
{
	l->metrics = metrics;
}

const char *gsup_link_peer(const struct gsup_link *l)
{
	return l->peer;
}

void gsup_link_close(struct gsup_link *l)
{
	if (!l || l->closed)
		return;
	l->closed = true;
	stream_close(l->stream);
	l->stream = NULL;
	osmo_fsm_inst_term(l->fi, OSMO_FSM_TERM_REGULAR, NULL);
}
