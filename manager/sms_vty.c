/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/sms_vty.h"

#include <inttypes.h>
#include <stdlib.h>

#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "manager/outbox.h"
#include "manager/sms_inbound.h"
#include "manager/vty_nodes.h"

/* VTY commands have no data of their own. */
static struct outbox *vty_outbox;

static struct cmd_node sms_node = { SMS_NODE, "%s(config-sms)# ", 1 };

DEFUN(cfg_sms, cfg_sms_cmd, "sms", "Texts from and to terminals, by whatever link\n")
{
	vty->node = SMS_NODE;
	return CMD_SUCCESS;
}

DEFUN(cfg_interval, cfg_interval_cmd, "outbox-interval <20-10000>",
      "Between two looks at what is to be sent; default 200\nMilliseconds\n")
{
	outbox_settings(vty_outbox)->interval_ms = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_lease, cfg_lease_cmd, "outbox-lease <5-600>",
      "How long a text is this manager's before another one may send it; default 60\nSeconds\n")
{
	outbox_settings(vty_outbox)->lease_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_window, cfg_window_cmd, "outbox-window <1-10000>",
      "Texts that this manager has under way at most; default 500\nHow many\n")
{
	outbox_settings(vty_outbox)->window = atoi(argv[0]);
	return CMD_SUCCESS;
}

static int config_write_sms(struct vty *vty)
{
	const struct outbox_settings *s = outbox_settings(vty_outbox);

	vty_out(vty, "sms%s", VTY_NEWLINE);
	vty_out(vty, " outbox-interval %u%s", s->interval_ms, VTY_NEWLINE);
	vty_out(vty, " outbox-lease %u%s", s->lease_s, VTY_NEWLINE);
	vty_out(vty, " outbox-window %u%s", s->window, VTY_NEWLINE);
	sms_inbound_config_write(vty);
	return CMD_SUCCESS;
}

DEFUN(show_outbox, show_outbox_cmd, "show outbox",
      SHOW_STR "Texts to terminals: what is under way, and what waits\n")
{
	struct outbox_status s;

	outbox_status(vty_outbox, &s);
	vty_out(vty, "here    sending %zu, recording %zu%s%s", s.n_sending, s.n_recording,
		s.draining ? ", draining" : "", VTY_NEWLINE);
	if (s.state_age_ms < 0)
		vty_out(vty, "table   not known yet%s", VTY_NEWLINE);
	else
		vty_out(vty,
			"table   waiting %" PRId64 " (the oldest for %" PRId64 " s), dead %" PRId64
			", %" PRId64 " s ago%s",
			s.waiting, s.oldest_s, s.dead, s.state_age_ms / 1000, VTY_NEWLINE);
	return CMD_SUCCESS;
}

void sms_vty_init(struct outbox *ob, struct sms_inbound *si)
{
	vty_outbox = ob;
	install_element(CONFIG_NODE, &cfg_sms_cmd);
	install_node(&sms_node, config_write_sms);
	install_element(SMS_NODE, &cfg_interval_cmd);
	install_element(SMS_NODE, &cfg_lease_cmd);
	install_element(SMS_NODE, &cfg_window_cmd);
	sms_inbound_vty_init(si);
	install_element_ve(&show_outbox_cmd);
}
