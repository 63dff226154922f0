/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/sms_service.h"

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "manager/dialogue.h"
#include "manager/outbox.h"
#include "manager/sms_inbound.h"
#include "manager/sms_route.h"
#include "manager/sms_vty.h"
#include "manager/smscs.h"

struct sms_service {
	struct sms_route *route;
	struct smscs *smscs;
	struct sms_inbound *inbound;
	struct outbox *outbox;
};

static void receive(void *data, const struct sms_in *in, sms_received_cb done, void *done_data)
{
	struct sms_service *ss = data;

	sms_inbound_receive(ss->inbound, in, done, done_data);
}

static void receipt(void *data, const struct sms_receipt *receipt, sms_receipt_cb done,
		    void *done_data)
{
	struct sms_service *ss = data;

	outbox_receipt(ss->outbox, receipt, done, done_data);
}

static void has_room(void *data)
{
	struct sms_service *ss = data;

	outbox_room(ss->outbox);
}

static void heard(void *data, const char *imsi)
{
	struct sms_service *ss = data;

	outbox_heard(ss->outbox, imsi);
}

static const struct sms_sink sink = {
	.receive = receive, .receipt = receipt, .room = has_room, .heard = heard
};

static const struct sms_replies replies = { .reserve = outbox_reserve, .written = outbox_written };

struct sms_service *sms_service_new(void *ctx, struct ledger *ledger, struct dialogues *dialogues)
{
	struct sms_service *ss = talloc_zero(ctx, struct sms_service);

	OSMO_ASSERT(ss);
	ss->route = sms_route_new(ss);
	ss->smscs = smscs_new(ss, ss->route, dialogues_number_plan(dialogues));
	ss->inbound = sms_inbound_new(ss, ledger, dialogues);
	ss->outbox = outbox_new(ss, ledger, ss->route, dialogues);
	sms_inbound_set_replies(ss->inbound, &replies, ss->outbox);
	sms_route_set_sink(ss->route, &sink, ss);
	return ss;
}

struct sms_route *sms_service_route(const struct sms_service *ss)
{
	return ss->route;
}

void sms_service_vty_init(struct sms_service *ss)
{
	smscs_vty_init(ss->smscs);
	sms_vty_init(ss->outbox, ss->inbound);
}

int sms_service_check(const struct sms_service *ss)
{
	return smscs_check(ss->smscs);
}

int sms_service_start(struct sms_service *ss)
{
	outbox_start(ss->outbox);
	return smscs_start(ss->smscs);
}

void sms_service_reset(struct sms_service *ss)
{
	smscs_reset(ss->smscs);
	sms_inbound_reset(ss->inbound);
	outbox_reset(ss->outbox);
}

void sms_service_reload(struct sms_service *ss)
{
	smscs_reload(ss->smscs);
}

void sms_service_drain(struct sms_service *ss)
{
	sms_inbound_drain(ss->inbound);
	outbox_drain(ss->outbox);
	/* What it still owes are answers; these and what was sent come in before it unbinds. */
	smscs_drain(ss->smscs);
}

bool sms_service_drained(const struct sms_service *ss)
{
	return sms_inbound_in_flight(ss->inbound) == 0 && outbox_in_flight(ss->outbox) == 0 &&
	       smscs_in_flight(ss->smscs) == 0;
}

void sms_service_stop(struct sms_service *ss)
{
	smscs_stop(ss->smscs);
}

bool sms_service_ready(const struct sms_service *ss)
{
	return smscs_is_bound(ss->smscs);
}
