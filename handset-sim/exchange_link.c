/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "handset-sim/exchange_link.h"
#include "handset-sim/link_faults.h"
#include "lib/ipa_frame.h"
#include "lib/log_category.h"
#include "lib/stream.h"

#define PROBE_INTERVAL_MS 10000
#define RETRY_MIN_MS 100
#define RETRY_MAX_MS 2000
#define LINK_IN_MAX (256 * 1024)
#define LINK_OUT_MAX (4 * 1024 * 1024)

struct exchange_link {
	struct exchange_link_config config;
	const struct exchange_link_handler *handler;
	void *data;
	struct stream *stream;
	struct link_faults *faults; /* or NULL */
	struct osmo_timer_list timer; /* handshake, then probe, then retry */
	unsigned int retry_ms;
	bool connected; /* the handshake is still to come */
	bool up;
	bool heard; /* since the last probe */
	bool probing; /* a PING is out */
	bool *closed; /* of the frame loop that is running, to be told of a close */
	uint8_t frame[GSUP_MSG_MAX_SIZE + 1]; /* one octet of slack for the decoder */
};

static int link_dial(struct exchange_link *link);

static void timer_start(struct exchange_link *link, unsigned int ms)
{
	osmo_timer_schedule(&link->timer, ms / 1000, (ms % 1000) * 1000);
}

/* The owner may close the link in here: nothing of it is touched afterwards. */
static void link_lost(struct exchange_link *link, int error, const char *why)
{
	stream_close(link->stream);
	link->stream = NULL;
	link->connected = false;
	link->up = false;
	timer_start(link, link->retry_ms);
	link->retry_ms = OSMO_MIN(link->retry_ms * 2, RETRY_MAX_MS);
	link->handler->down(link->data, error, why);
}

static int ccm_send(struct exchange_link *link, enum ipa_ccm_type type)
{
	uint8_t out[16];
	int len = ipa_ccm_build_simple(out, sizeof(out), type);

	return len < 0 ? len : stream_write(link->stream, out, len);
}

static int identity_send(struct exchange_link *link)
{
	uint8_t out[IPA_NAME_SIZE * 8];
	int len, rc;

	len = ipa_ccm_build_id_resp(out, sizeof(out), link->config.name);
	if (len < 0)
		return len;
	rc = stream_write(link->stream, out, len);
	return rc < 0 ? rc : ccm_send(link, IPA_CCM_ID_ACK);
}

static int ccm_received(struct exchange_link *link, const struct ipa_frame *frame)
{
	if (frame->payload_len < 1)
		return -EBADMSG;
	switch (frame->payload[0]) {
	case IPA_CCM_PING:
		return ccm_send(link, IPA_CCM_PONG);
	case IPA_CCM_ID_GET:
		return identity_send(link);
	case IPA_CCM_ID_ACK:
		if (link->up)
			return 0;
		link->up = true;
		link->retry_ms = RETRY_MIN_MS;
		link->heard = true;
		link->probing = false;
		timer_start(link, PROBE_INTERVAL_MS);
		link->handler->up(link->data);
		return 0;
	default: /* PONG, and what we do not know */
		return 0;
	}
}

static int gsup_received(struct exchange_link *link, const struct ipa_frame *frame)
{
	struct gsup_msg msg;
	int rc;

	if (frame->payload_len > GSUP_MSG_MAX_SIZE) {
		LOGP(DIPA, LOGL_ERROR, "GSUP message of %zu octets ignored\n", frame->payload_len);
		return 0;
	}
	memcpy(link->frame, frame->payload, frame->payload_len);
	link->frame[frame->payload_len] = 0;
	rc = gsup_msg_decode(&msg, link->frame, frame->payload_len);
	if (rc < 0) {
		LOGP(DIPA, LOGL_ERROR, "GSUP message ignored: %s\n", strerror(-rc));
		return 0;
	}
	link->handler->message(link->data, &msg);
	return 0;
}

static int frame_received(struct exchange_link *link, const struct ipa_frame *frame)
{
	if (frame->proto == IPA_PROTO_CCM)
		return ccm_received(link, frame);
	if (frame->proto == IPA_PROTO_OSMO && frame->ext == IPA_EXT_GSUP && link->up)
		return gsup_received(link, frame);
	LOGP(DIPA, LOGL_NOTICE, "frame of protocol 0x%02x/0x%02x ignored\n", frame->proto,
	     frame->ext);
	return 0;
}

static int on_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct exchange_link *link = data;
	bool closed = false;
	size_t taken = 0;

	link->heard = true;
	link->probing = false;
	link->closed = &closed;
	while (taken < len) {
		struct ipa_frame frame;
		int rc = ipa_frame_take(&frame, in + taken, len - taken, IPA_PAYLOAD_MAX);

		if (rc == 1) {
			taken += frame.frame_len;
			rc = frame_received(link, &frame);
			if (closed)
				return taken;
			if (rc == 0)
				continue;
		} else if (rc == 0) {
			break;
		}
		link->closed = NULL;
		return rc;
	}
	link->closed = NULL;
	return taken;
}

static void on_up(void *data, struct stream *s)
{
	struct exchange_link *link = data;

	link->connected = true;
	LOGP(DIPA, LOGL_INFO, "connected to %s, waiting for ID_GET\n", link->config.address);
}

static void on_down(void *data, struct stream *s, int error, const char *why)
{
	struct exchange_link *link = data;
	bool closed = error == 0 || error == -ECONNRESET || error == -EPIPE;
	char words[256];

	/* So does who does not know us: nothing of IPA says it. */
	if (closed && link->connected && !link->up) {
		snprintf(words, sizeof(words),
			 "%s closed the connection during the handshake; does it know our address "
			 "%s%s%sand our name %s?",
			 link->config.address, link->config.local ? "(" : "",
			 link->config.local ? link->config.local : "",
			 link->config.local ? ") " : "", link->config.name);
		why = words;
	}
	link_lost(link, error, why);
}

static const struct stream_handler stream_handler = {
	.up = on_up,
	.received = on_received,
	.down = on_down,
};

static void on_timer(void *data)
{
	struct exchange_link *link = data;

	if (!link->stream) {
		int rc = link_dial(link);
		if (rc < 0)
			link_lost(link, rc, strerror(-rc));
		return;
	}
	if (!link->up) {
		link_lost(link, -ETIMEDOUT,
			  link->connected ? "connected, but no IPA handshake in time"
					  : "no connection in time");
		return;
	}
	if (!link->heard && link->probing) {
		link_lost(link, -ETIMEDOUT, "no answer to PING");
		return;
	}
	if (!link->heard) {
		link->probing = true;
		/* A full queue brings the stream down by itself. */
		if (ccm_send(link, IPA_CCM_PING) < 0)
			LOGP(DIPA, LOGL_NOTICE, "PING could not be queued\n");
	}
	link->heard = false;
	timer_start(link, PROBE_INTERVAL_MS);
}

static int link_dial(struct exchange_link *link)
{
	const struct stream_limits limits = {
		.in_max = LINK_IN_MAX,
		.out_max = LINK_OUT_MAX,
		.connect_timeout_ms = link->config.connect_timeout_ms,
	};
	int error = 0;

	link->stream = stream_connect(link, link->config.address, link->config.local, NULL, &limits,
				      &stream_handler, link, &error);
	if (!link->stream)
		return error;
	timer_start(link, link->config.connect_timeout_ms);
	return 0;
}

static int octets_send(void *data, const uint8_t *gsup, size_t len)
{
	struct exchange_link *link = data;

	return link->up ? stream_write(link->stream, gsup, len) : -ENOTCONN;
}

struct exchange_link *exchange_link_open(void *ctx, const struct exchange_link_config *config,
					 const struct exchange_link_handler *handler, void *data,
					 int *error)
{
	struct exchange_link *link = talloc_zero(ctx, struct exchange_link);

	OSMO_ASSERT(link);
	link->config = *config;
	link->handler = handler;
	link->data = data;
	link->retry_ms = RETRY_MIN_MS;
	osmo_timer_setup(&link->timer, on_timer, link);
	if (config->faults)
		link->faults = link_faults_new(link, config->faults, config->faults_seed,
					       octets_send, link);
	*error = config->faults && !link->faults ? -EINVAL : link_dial(link);
	if (*error < 0) {
		talloc_free(link);
		return NULL;
	}
	return link;
}

bool exchange_link_is_up(const struct exchange_link *link)
{
	return link->up;
}

int exchange_link_send(struct exchange_link *link, const struct gsup_msg *msg)
{
	uint8_t out[GSUP_MSG_MAX_SIZE];
	int len;

	if (!link->up)
		return -ENOTCONN;
	len = gsup_msg_encode(out, sizeof(out), msg);
	if (len < 0)
		return len;
	return link->faults ? link_faults_send(link->faults, out, len)
			    : octets_send(link, out, len);
}

void exchange_link_close(struct exchange_link *link)
{
	if (!link)
		return;
	if (link->closed)
		*link->closed = true;
	osmo_timer_del(&link->timer);
	stream_close(link->stream);
	talloc_free(link);
}
