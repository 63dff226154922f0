/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Location update of the circuit-switched domain (3GPP TS 29.002 clause 8.1.2, as GSUP). */
#include <errno.h>

#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>

#include "handset-sim/exchange_private.h"
#include "lib/log_category.h"
#include "lib/number.h"

int line_attach(struct line *line)
{
	struct gsup_msg msg = {
		.type = OSMO_GSUP_MSGT_UPDATE_LOCATION_REQUEST,
		.message_class = OSMO_GSUP_MESSAGE_CLASS_SUBSCRIBER_MANAGEMENT,
		.cn_domain = OSMO_GSUP_CN_DOMAIN_CS,
	};
	int rc;

	if (line->state != LINE_IDLE)
		return -EBUSY;
	OSMO_STRLCPY_ARRAY(msg.imsi, line->imsi);
	rc = exchange_link_send(line->exchange->link, &msg);
	if (rc < 0)
		return rc;
	line_wait(line, LINE_ATTACHING);
	return 0;
}

static void reply(struct line *line, const struct gsup_msg *to, uint8_t type)
{
	struct gsup_msg msg = {
		.type = type,
		.message_class = to->message_class,
	};
	int rc;

	OSMO_STRLCPY_ARRAY(msg.imsi, to->imsi);
	OSMO_STRLCPY_ARRAY(msg.destination_name, to->source_name);
	rc = exchange_link_send(line->exchange->link, &msg);
	if (rc < 0)
		LOGP(DSIM, LOGL_ERROR, "reply 0x%02x cannot be sent: %s\n", type, strerror(-rc));
}

static void attach_ended(struct line *line, int cause)
{
	if (line->state != LINE_ATTACHING)
		return;
	line_rest(line, LINE_IDLE);
	line->attached = cause == 0;
	line->handler->attached(line, cause);
}

bool location_received(struct line *line, const struct gsup_msg *msg)
{
	switch (msg->type) {
	case OSMO_GSUP_MSGT_INSERT_DATA_REQUEST:
		if (number_is_e164(msg->msisdn))
			OSMO_STRLCPY_ARRAY(line->msisdn, msg->msisdn);
		reply(line, msg, OSMO_GSUP_MSGT_INSERT_DATA_RESULT);
		return true;
	case OSMO_GSUP_MSGT_UPDATE_LOCATION_RESULT:
		attach_ended(line, 0);
		return true;
	case OSMO_GSUP_MSGT_UPDATE_LOCATION_ERROR:
		attach_ended(line, msg->cause ? msg->cause : -EPROTO);
		return true;
	case OSMO_GSUP_MSGT_LOCATION_CANCEL_REQUEST:
		line->attached = false;
		reply(line, msg, OSMO_GSUP_MSGT_LOCATION_CANCEL_RESULT);
		return true;
	default:
		return false;
	}
}
