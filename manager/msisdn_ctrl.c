/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/msisdn_ctrl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/gsup_msg.h"
#include "lib/ipa_frame.h"
#include "lib/log_category.h"
#include "lib/number.h"
#include "lib/stream.h"
#include "manager/exchange_util.h"

#define REPLY_MAX_SIZE 4096
#define PAUSE_FIRST_MS 250
#define PAUSE_LAST_MS 5000

static const struct stream_limits limits = {
	.in_max = 65536,
	.out_max = 1024 * 1024,
	.connect_timeout_ms = 2000,
};

struct msisdn_ctrl {
	const struct msisdn_ctrl_handler *handler;
	void *data;
	char *address;
	struct stream *stream;
	struct osmo_timer_list redial_timer;
	unsigned int pause_ms;
};

static void redial_later(struct msisdn_ctrl *c)
{
	unsigned int ms = exchange_backoff_ms(&c->pause_ms, PAUSE_FIRST_MS, PAUSE_LAST_MS);

	osmo_timer_schedule(&c->redial_timer, ms / 1000, (ms % 1000) * 1000);
}

/* Cuts the next word off *rest; NULL where there is none. */
static char *word_next(char **rest)
{
	char *word = strsep(rest, " ");

	return word && *word ? word : NULL;
}

static bool id_parse(uint32_t *id, const char *word)
{
	uint64_t n = 0;
	const char *p;

	for (p = word; *p >= '0' && *p <= '9' && n <= UINT32_MAX; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	*id = (uint32_t)n;
	return p != word && *p == '\0' && n <= UINT32_MAX;
}

/* "none", or what is no E.164 number, is no number. */
static const char *number_of(const char *value)
{
	if (!value)
		return NULL;
	if (*value == '+')
		value++;
	return number_is_e164(value) ? value : NULL;
}

static void reply_take(struct msisdn_ctrl *c, char *text)
{
	char *rest = text, *verb = word_next(&rest), *id_text = word_next(&rest);
	uint32_t id;

	/* TRAPs, and errors about what nobody asked ("ERROR err ..."), are none of our business. */
	if (!verb || !id_text || !id_parse(&id, id_text))
		return;
	if (strcmp(verb, "GET_REPLY") == 0) {
		word_next(&rest); /* the variable: known by its id */
		c->handler->answer(c->data, id, number_of(word_next(&rest)));
	} else if (strcmp(verb, "ERROR") == 0) {
		c->handler->answer(c->data, id, NULL);
	}
}

static int ctrl_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct msisdn_ctrl *c = data;
	size_t taken = 0;
	struct ipa_frame f;
	int rc;

	while ((rc = ipa_frame_take(&f, in + taken, len - taken, REPLY_MAX_SIZE)) == 1) {
		char text[REPLY_MAX_SIZE + 1];

		taken += f.frame_len;
		if (f.proto != IPA_PROTO_OSMO || f.ext != IPA_EXT_CTRL ||
		    memchr(f.payload, '\0', f.payload_len))
			continue;
		memcpy(text, f.payload, f.payload_len);
		text[f.payload_len] = '\0';
		reply_take(c, text);
		if (c->stream != s)
			return 0;
	}
	return rc < 0 ? rc : (int)taken;
}

static void ctrl_up(void *data, struct stream *s)
{
	struct msisdn_ctrl *c = data;

	LOGP(DMSISDN, LOGL_NOTICE, "%s: connected, numbers are looked up there\n", c->address);
	c->pause_ms = 0;
	c->handler->up(c->data);
}

static void ctrl_down(void *data, struct stream *s, int error, const char *why)
{
	struct msisdn_ctrl *c = data;

	/* Once, not at every try until it is back. */
	LOGP(DMSISDN, c->pause_ms == 0 ? LOGL_NOTICE : LOGL_INFO, "%s: no connection: %s\n",
	     c->address, why);
	stream_close(c->stream);
	c->stream = NULL;
	redial_later(c);
	c->handler->down(c->data);
}

static const struct stream_handler stream_handler = {
	.up = ctrl_up,
	.received = ctrl_received,
	.down = ctrl_down,
};

static void ctrl_dial(void *data)
{
	struct msisdn_ctrl *c = data;
	int error;

	c->stream = stream_connect(c, c->address, NULL, NULL, &limits, &stream_handler, c, &error);
	if (c->stream)
		return;
	LOGP(DMSISDN, LOGL_ERROR, "%s: cannot be dialled: %s\n", c->address, strerror(-error));
	redial_later(c);
}

struct msisdn_ctrl *msisdn_ctrl_new(void *ctx, const char *address,
				    const struct msisdn_ctrl_handler *handler, void *data)
{
	struct msisdn_ctrl *c = talloc_zero(ctx, struct msisdn_ctrl);

	c->handler = handler;
	c->data = data;
	c->address = talloc_strdup(c, address);
	osmo_timer_setup(&c->redial_timer, ctrl_dial, c);
	ctrl_dial(c);
	return c;
}

int msisdn_ctrl_ask(struct msisdn_ctrl *c, uint32_t id, const char *imsi)
{
	char text[96];
	uint8_t frame[sizeof(text) + 4];
	size_t head;
	int len;

	if (!c->stream || !stream_is_up(c->stream))
		return -ENOTCONN;
	len = snprintf(text, sizeof(text), "GET %" PRIu32 " subscriber.by-imsi-%s.msisdn", id,
		       imsi);
	OSMO_ASSERT(len > 0 && (size_t)len < sizeof(text));
	head = ipa_frame_header(frame, IPA_PROTO_OSMO, IPA_EXT_CTRL, (size_t)len);
	memcpy(frame + head, text, (size_t)len);
	return stream_write(c->stream, frame, head + (size_t)len);
}

bool msisdn_ctrl_is_up(const struct msisdn_ctrl *c)
{
	return c->stream && stream_is_up(c->stream);
}

void msisdn_ctrl_restart(struct msisdn_ctrl *c)
{
	stream_close(c->stream);
	c->stream = NULL;
	osmo_timer_schedule(&c->redial_timer, 0, PAUSE_FIRST_MS * 1000);
}

void msisdn_ctrl_free(struct msisdn_ctrl *c)
{
	osmo_timer_del(&c->redial_timer);
	stream_close(c->stream);
	talloc_free(c);
}
