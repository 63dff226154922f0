/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/daemon_ctrl.h"

#include <stdbool.h>

#include <osmocom/core/talloc.h>
#include <osmocom/ctrl/control_cmd.h>

static bool (*ready)(void *data);

CTRL_CMD_DEFINE_RO(version, "version");
static int get_version(struct ctrl_cmd *cmd, void *data)
{
	cmd->reply = talloc_strdup(cmd, TEGATA_VERSION);
	return CTRL_CMD_REPLY;
}

CTRL_CMD_DEFINE_RO(ready, "ready");
static int get_ready(struct ctrl_cmd *cmd, void *data)
{
	cmd->reply = ready(NULL) ? "1" : "0";
	return CTRL_CMD_REPLY;
}

int daemon_ctrl_init(bool (*ready_cb)(void *data))
{
	ready = ready_cb;
	return ctrl_cmd_install(CTRL_NODE_ROOT, &cmd_version) |
	       ctrl_cmd_install(CTRL_NODE_ROOT, &cmd_ready);
}
