/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tegata-manager: puts its parts together; see manager.h for the order of their life. */
#include <errno.h>

#include <osmocom/core/talloc.h>

#include "lib/daemon.h"
#include "lib/log_category.h"
#include "manager/dialogue.h"
#include "manager/exchanges.h"
#include "manager/ledger.h"
#include "manager/main_vty.h"
#include "manager/manager.h"
#include "manager/manager_ctrl.h"
#include "manager/sealer.h"
#include "manager/shop_links.h"
#include "manager/sms_service.h"

#define VTY_PORT 4270
#define CTRL_PORT 4271

/* All that is wrong is told. */
static int manager_check(void *data)
{
	struct manager *m = data;
	int ledger = ledger_config_check(m->ledger), links = shop_links_check(m->shop_links);
	int exchanges = exchanges_check(m->exchanges), dialogues = dialogues_check(m->dialogues);
	int sealer = sealer_check(m->sealer), sms = sms_service_check(m->sms);

	return ledger < 0 || links < 0 || exchanges < 0 || dialogues < 0 || sealer < 0 || sms < 0
		       ? -EINVAL
		       : 0;
}

static int manager_start(void *data)
{
	struct manager *m = data;

	if (ledger_start(m->ledger) < 0 || dialogues_start(m->dialogues) < 0 ||
	    shop_links_start(m->shop_links) < 0 || exchanges_start(m->exchanges) < 0 ||
	    sealer_start(m->sealer) < 0 || sms_service_start(m->sms) < 0)
		return -1;
	return manager_ctrl_init(m);
}

/* The exchanges make a new configuration from nothing each time they read one. */
static void manager_reset(void *data)
{
	struct manager *m = data;

	ledger_reset(m->ledger);
	dialogues_reset(m->dialogues);
	shop_links_reset(m->shop_links);
	sealer_reset(m->sealer);
	sms_service_reset(m->sms);
}

static void manager_reload(void *data)
{
	struct manager *m = data;

	ledger_reload(m->ledger);
	/* What the catalogues lack is logged there; the old ones stay in use. */
	if (dialogues_reload(m->dialogues) < 0)
		LOGP(DMAIN, LOGL_ERROR, "texts were not loaded again\n");
	shop_links_reload(m->shop_links);
	exchanges_reload(m->exchanges);
	sealer_reload(m->sealer);
	sms_service_reload(m->sms);
}

static void manager_drain(void *data)
{
	struct manager *m = data;

	exchanges_drain(m->exchanges);
	dialogues_drain(m->dialogues);
	shop_links_drain(m->shop_links);
	sealer_drain(m->sealer);
	sms_service_drain(m->sms);
}

static bool manager_drained(void *data)
{
	struct manager *m = data;

	return dialogues_open_count(m->dialogues) == 0 && ledger_in_flight(m->ledger) == 0 &&
	       shop_links_in_flight(m->shop_links) == 0 && sealer_drained(m->sealer) &&
	       sms_service_drained(m->sms) && exchanges_sms_in_flight(m->exchanges) == 0 &&
	       ledger_leave(m->ledger);
}

static void manager_stop(void *data)
{
	struct manager *m = data;

	/* While there are links to say it over. */
	dialogues_stop(m->dialogues);
	exchanges_stop(m->exchanges);
	shop_links_stop(m->shop_links);
	sealer_stop(m->sealer);
	sms_service_stop(m->sms);
}

static bool manager_ready(void *data)
{
	struct manager *m = data;

	shop_links_say_ready(m->shop_links);
	return ledger_ready(m->ledger) &&
	       (exchanges_ready(m->exchanges) || sms_service_ready(m->sms));
}

static const struct daemon_handler handler = {
	.check = manager_check,
	.start = manager_start,
	.reset = manager_reset,
	.reload = manager_reload,
	.drain = manager_drain,
	.drained = manager_drained,
	.stop = manager_stop,
	.ready = manager_ready,
};

int main(int argc, char **argv)
{
	struct daemon daemon = {
		.name = "tegata-manager",
		.description = "Issues value to terminals and records who owns it.",
		.default_config = TEGATA_SYSCONFDIR "/tegata/manager.cfg",
		.vty_port = VTY_PORT,
		.ctrl_port = CTRL_PORT,
		.handler = &handler,
	};
	void *ctx = daemon_init(&daemon);
	struct manager *m = talloc_zero(ctx, struct manager);

	daemon.data = m;
	m->ledger = ledger_new(ctx);
	m->dialogues = dialogues_new(ctx, m->ledger);
	m->exchanges = exchanges_new(ctx, m->dialogues, m->ledger);
	m->shop_links = shop_links_new(ctx, m->ledger);
	m->sealer = sealer_new(ctx, m->ledger);
	m->sms = sms_service_new(ctx, m->ledger, m->dialogues);
	exchanges_set_sms(m->exchanges, sms_service_route(m->sms));
	manager_vty_init(&daemon);
	ledger_vty_init(m->ledger);
	dialogues_vty_init(m->dialogues);
	exchanges_vty_init(m->exchanges);
	shop_links_vty_init(m->shop_links);
	sealer_vty_init(m->sealer);
	sms_service_vty_init(m->sms);
	return daemon_run(&daemon, argc, argv);
}
