/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/manager_ctrl.h"

#include <osmocom/core/talloc.h>
#include <osmocom/ctrl/control_cmd.h>

#include "manager/dialogue.h"
#include "manager/exchanges.h"
#include "manager/ledger.h"
#include "manager/manager.h"

static int reply_number(struct ctrl_cmd *cmd, size_t n)
{
	cmd->reply = talloc_asprintf(cmd, "%zu", n);
	return cmd->reply ? CTRL_CMD_REPLY : CTRL_CMD_ERROR;
}

/* data is the manager: daemon_run() hands it to the CTRL interface. */
CTRL_CMD_DEFINE_RO(dialogues_open, "dialogues-open");
static int get_dialogues_open(struct ctrl_cmd *cmd, void *data)
{
	const struct manager *m = data;

	return reply_number(cmd, dialogues_open_count(m->dialogues));
}

CTRL_CMD_DEFINE_RO(requests_in_flight, "requests-in-flight");
static int get_requests_in_flight(struct ctrl_cmd *cmd, void *data)
{
	const struct manager *m = data;

	return reply_number(cmd, ledger_in_flight(m->ledger));
}

CTRL_CMD_DEFINE_RO(maintenance, "maintenance");
static int get_maintenance(struct ctrl_cmd *cmd, void *data)
{
	const struct manager *m = data;

	return reply_number(cmd, ledger_maintenance(m->ledger));
}

CTRL_CMD_DEFINE_RO(exchange_ready, "exchange-ready");
static int get_exchange_ready(struct ctrl_cmd *cmd, void *data)
{
	const struct manager *m = data;

	return reply_number(cmd, exchanges_ready(m->exchanges));
}

CTRL_CMD_DEFINE_RO(database_ready, "database-ready");
static int get_database_ready(struct ctrl_cmd *cmd, void *data)
{
	const struct manager *m = data;

	return reply_number(cmd, ledger_ready(m->ledger));
}

int manager_ctrl_init(struct manager *m)
{
	return ctrl_cmd_install(CTRL_NODE_ROOT, &cmd_dialogues_open) |
	       ctrl_cmd_install(CTRL_NODE_ROOT, &cmd_requests_in_flight) |
	       ctrl_cmd_install(CTRL_NODE_ROOT, &cmd_maintenance) |
	       ctrl_cmd_install(CTRL_NODE_ROOT, &cmd_exchange_ready) |
	       ctrl_cmd_install(CTRL_NODE_ROOT, &cmd_database_ready);
}
