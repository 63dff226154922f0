/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>

#include "handset-sim/exchange_private.h"
#include "lib/log_category.h"
#include "lib/monotonic.h"
#include "lib/number.h"
#include "lib/random.h"

static uint32_t imsi_hash(const char *imsi)
{
	uint64_t n = 0;

	while (*imsi)
		n = n * 10 + (*imsi++ - '0');
	return hash_64(n, EXCHANGE_HASH_BITS);
}

static struct line *line_find(struct exchange *x, const char *imsi)
{
	struct line *line;

	hlist_for_each_entry(line, &x->lines[imsi_hash(imsi)],
			     by_imsi) if (strcmp(line->imsi, imsi) == 0) return line;
	return NULL;
}

static void timer_start(struct exchange *x, uint64_t now_ms)
{
	struct line *first;
	uint64_t ms;

	if (llist_empty(&x->waiting)) {
		osmo_timer_del(&x->timer);
		return;
	}
	first = llist_entry(x->waiting.next, struct line, waiting);
	ms = first->deadline_ms > now_ms ? first->deadline_ms - now_ms : 1;
	osmo_timer_schedule(&x->timer, ms / 1000, (ms % 1000) * 1000);
}

void line_rest(struct line *line, enum line_state state)
{
	line->state = state;
	llist_del_init(&line->waiting);
}

/* The timer is left running: when it fires too early it is only set again, which is cheaper than
 * setting it for each of many messages. */
void line_wait(struct line *line, enum line_state state)
{
	struct exchange *x = line->exchange;
	uint64_t now_ms = monotonic_ms();

	line_rest(line, state);
	line->deadline_ms = now_ms + x->config.answer_timeout_ms;
	llist_add_tail(&line->waiting, &x->waiting);
	if (!osmo_timer_pending(&x->timer))
		timer_start(x, now_ms);
}

static void on_timer(void *data)
{
	struct exchange *x = data;
	uint64_t now_ms = monotonic_ms();

	while (!llist_empty(&x->waiting)) {
		struct line *line = llist_entry(x->waiting.next, struct line, waiting);

		if (line->deadline_ms > now_ms)
			break;
		if (line->state == LINE_ATTACHING) {
			line_rest(line, LINE_IDLE);
			line->handler->attached(line, -ETIMEDOUT);
			continue;
		}
		if (line_hangup(line) < 0)
			line_rest(line, LINE_IDLE);
		line->handler->ended(line, LINE_END_TIMEOUT, 0);
	}
	timer_start(x, now_ms);
}

static void lines_tell(struct exchange *x, bool up)
{
	struct hlist_node *next;
	struct line *line;
	unsigned int i;

	hash_for_each_safe(x->lines, i, next, line, by_imsi)
	{
		enum line_state state = line->state;

		if (!up)
			sms_link_down(line);
		line->attached = false;
		line_rest(line, LINE_IDLE);
		if (state == LINE_ATTACHING)
			line->handler->attached(line, -ENOTCONN);
		else if (state != LINE_IDLE)
			line->handler->ended(line, LINE_END_LINK, 0);
		else if (line->handler->link)
			line->handler->link(line, up);
	}
}

static void on_link_up(void *data)
{
	struct exchange *x = data;

	x->why[0] = '\0';
	lines_tell(x, true);
	if (x->handler->up)
		x->handler->up(x->data);
}

static void on_link_down(void *data, int error, const char *why)
{
	struct exchange *x = data;

	LOGP(DSIM, LOGL_NOTICE, "link to %s: %s\n", x->config.address, why);
	OSMO_STRLCPY_ARRAY(x->why, why);
	lines_tell(x, false);
	if (x->handler->down)
		x->handler->down(x->data, error, why);
}

static void on_link_message(void *data, const struct gsup_msg *msg)
{
	struct line *line = line_find(data, msg->imsi);
	char masked[MASKED_SIZE];

	if (!line) {
		LOGP(DSIM, LOGL_NOTICE, "message 0x%02x for IMSI %s, which is not here\n",
		     msg->type, mask_digits(masked, msg->imsi));
		return;
	}
	if (location_received(line, msg) || sms_received(line, msg))
		return;
	switch (msg->type) {
	case OSMO_GSUP_MSGT_PROC_SS_REQUEST:
	case OSMO_GSUP_MSGT_PROC_SS_RESULT:
	case OSMO_GSUP_MSGT_PROC_SS_ERROR:
	case OSMO_GSUP_MSGT_ROUTING_ERROR:
		ussd_received(line, msg);
		return;
	default:
		LOGP(DSIM, LOGL_NOTICE, "message 0x%02x ignored\n", msg->type);
	}
}

static const struct exchange_link_handler link_handler = {
	.up = on_link_up,
	.message = on_link_message,
	.down = on_link_down,
};

struct exchange *exchange_open(void *ctx, const struct exchange_config *config,
			       const struct exchange_handler *handler, void *data, int *error)
{
	const struct exchange_link_config link_config = {
		.address = config->address,
		.local = config->local,
		.name = config->name,
		.connect_timeout_ms = config->connect_timeout_ms,
		.faults = config->faults,
		.faults_seed = config->faults_seed,
	};
	struct exchange *x = talloc_zero(ctx, struct exchange);

	OSMO_ASSERT(x);
	x->config = *config;
	x->handler = handler;
	x->data = data;
	INIT_LLIST_HEAD(&x->waiting);
	hash_init(x->lines);
	osmo_timer_setup(&x->timer, on_timer, x);
	sms_init(x);
	/* An exchange that was started again must not be taken for its predecessor, whose sessions
	 * the HLR may still keep. */
	*error = random_fill(&x->next_session_id, sizeof(x->next_session_id));
	if (*error == 0)
		x->link = exchange_link_open(x, &link_config, &link_handler, x, error);
	if (!x->link) {
		talloc_free(x);
		return NULL;
	}
	return x;
}

bool exchange_is_up(const struct exchange *x)
{
	return exchange_link_is_up(x->link);
}

const char *exchange_why(const struct exchange *x)
{
	return x->why;
}

enum exchange_via exchange_via(const struct exchange *x)
{
	return x->config.via;
}

void exchange_close(struct exchange *x)
{
	if (!x)
		return;
	osmo_timer_del(&x->timer);
	exchange_link_close(x->link);
	talloc_free(x);
}

bool line_imsi_is_one(const char *imsi)
{
	size_t len = strspn(imsi, "0123456789");

	return imsi[len] == '\0' && len >= 6 && len <= 15;
}

int line_open(struct line *line, struct exchange *x, const char *imsi, const char *msisdn,
	      const struct line_handler *handler)
{
	if (!line_imsi_is_one(imsi) || (msisdn && !number_is_e164(msisdn)))
		return -EINVAL;
	if (line_find(x, imsi))
		return -EEXIST;
	memset(line, 0, sizeof(*line));
	line->exchange = x;
	line->handler = handler;
	INIT_LLIST_HEAD(&line->waiting);
	OSMO_STRLCPY_ARRAY(line->imsi, imsi);
	OSMO_STRLCPY_ARRAY(line->msisdn, msisdn ? msisdn : "");
	hlist_add_head(&line->by_imsi, &x->lines[imsi_hash(line->imsi)]);
	return 0;
}

void line_close(struct line *line)
{
	if (!line->exchange)
		return;
	if (line->state != LINE_IDLE && line->state != LINE_ATTACHING && line_hangup(line) < 0)
		LOGP(DSIM, LOGL_INFO, "dialogue left open: the link is down\n");
	line_rest(line, LINE_IDLE);
	line_sms_cancel(line);
	hlist_del(&line->by_imsi);
	line->exchange = NULL;
}
