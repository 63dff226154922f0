/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any octets as the manager's configuration file. */
#include "fuzz_config.h"

#include <osmocom/core/application.h>

#include "lib/daemon.h"
#include "manager/dialogue.h"
#include "manager/exchanges.h"
#include "manager/exchanges_priv.h"
#include "manager/ledger.h"
#include "manager/main_vty.h"
#include "manager/shop_links.h"
#include "manager/shop_links_priv.h"

static struct daemon the_daemon = { .name = "fuzz" };
static struct ledger *ledger;
static struct dialogues *dialogues;
static struct exchanges *exchanges;
static struct shop_links *links;

static void reset(void)
{
	exchanges->is_reading = false;
	ledger_reset(ledger);
	dialogues_reset(dialogues);
	shop_links_reset(links);
}

/* As a reload does, without opening what was configured. */
static void commit(void)
{
	struct shop_gateway *g, *next;

	if (exchanges->is_reading) {
		exchanges->config = exchanges->reading;
	} else {
		memset(&exchanges->config, 0, sizeof(exchanges->config));
		exchange_direct_config_default(&exchanges->config.direct);
	}
	exchanges->is_reading = false;
	osmo_timer_del(&exchanges->reading_timer);
	llist_for_each_entry_safe (g, next, &links->gateways, entry)
		if (!g->named)
			shop_links_remove(g);
}

/* Mostly it lacks something; what it says is read and written all the same.  Texts are a target of
 * their own. */
static int check(void)
{
	(void)!ledger_config_check(ledger);
	(void)!shop_links_check(links);
	(void)!exchanges_check(exchanges);
	return 0;
}

static const struct fuzz_config config = { reset, commit, check };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	void *ctx = daemon_init(&the_daemon);

	log_target_destroy(osmo_stderr_target);
	fuzz_quiet_output();
	ledger = ledger_new(ctx);
	dialogues = dialogues_new(ctx, ledger);
	exchanges = exchanges_new(ctx, dialogues, ledger);
	links = shop_links_new(ctx, ledger);
	manager_vty_init(&the_daemon);
	ledger_vty_init(ledger);
	dialogues_vty_init(dialogues);
	exchanges_vty_init(exchanges);
	shop_links_vty_init(links);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	fuzz_config_try(&config, in, len);
	return 0;
}
