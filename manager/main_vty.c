/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/main_vty.h"

#include <osmocom/vty/command.h>

#include "lib/daemon.h"
#include "manager/vty_nodes.h"

static struct cmd_node manager_node = { MANAGER_NODE, "%s(config-manager)# ", 1 };

DEFUN(cfg_manager, cfg_manager_cmd, "manager", "The manager as a process\n")
{
	vty->node = MANAGER_NODE;
	return CMD_SUCCESS;
}

static int config_write_manager(struct vty *vty)
{
	vty_out(vty, "manager%s", VTY_NEWLINE);
	daemon_vty_write(vty);
	return CMD_SUCCESS;
}

void manager_vty_init(struct daemon *d)
{
	install_element(CONFIG_NODE, &cfg_manager_cmd);
	install_node(&manager_node, config_write_manager);
	daemon_vty_init(d, MANAGER_NODE);
}
