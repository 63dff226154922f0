/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration node "hlr NAME". */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "manager/exchange_vty.h"
#include "manager/vty_nodes.h"

static struct exchanges *exchanges;

static struct cmd_node hlr_node = { HLR_NODE, "%s(config-hlr)# ", 1 };

DEFUN(cfg_hlr, cfg_hlr_cmd, "hlr NAME",
      "Link to an OsmoHLR as External USSD Entity\n"
      "Name of the link, in logs, counters and the journal as hlr:NAME\n")
{
	struct exchanges_config *c = exchange_vty_config(vty);
	struct hlr_slot *n;

	if (strlen(argv[0]) >= EXCHANGE_HLR_NAME_SIZE) {
		vty_out(vty, "%% %s: longer than %d characters%s", argv[0],
			EXCHANGE_HLR_NAME_SIZE - 1, VTY_NEWLINE);
		return CMD_WARNING;
	}
	n = exchanges_hlr_find(c, argv[0]);
	if (!n)
		n = exchanges_hlr_add(c, argv[0]);
	if (!n) {
		vty_out(vty, "%% at most %d HLRs%s", EXCHANGE_HLRS_MAX, VTY_NEWLINE);
		return CMD_WARNING;
	}
	/* The name: a reload may put another HLR into the slot. */
	vty->node = HLR_NODE;
	vty->index = talloc_strdup(vty, n->name);
	return CMD_SUCCESS;
}

DEFUN(cfg_no_hlr, cfg_no_hlr_cmd, "no hlr NAME",
      NO_STR "Take a link to an OsmoHLR out of service\nName of the link\n")
{
	struct hlr_slot *n = exchanges_hlr_find(exchange_vty_config(vty), argv[0]);

	if (!n) {
		vty_out(vty, "%% no HLR %s%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	n->used = false;
	return exchange_vty_changed(vty);
}

/* The HLR of this node; NULL (told) where it was removed meanwhile. */
static struct hlr_slot *hlr_of(struct vty *vty)
{
	struct hlr_slot *n = exchanges_hlr_find(exchange_vty_config(vty), vty->index);

	if (!n)
		vty_out(vty, "%% HLR %s was removed%s", (const char *)vty->index, VTY_NEWLINE);
	return n;
}

static int address_set(struct vty *vty, char *address, const char *text)
{
	if (!exchange_vty_address_check(vty, text))
		return CMD_WARNING;
	osmo_strlcpy(address, text, EXCHANGE_ADDRESS_SIZE);
	return exchange_vty_changed(vty);
}

DEFUN(cfg_hlr_address, cfg_hlr_address_cmd, "address ADDRESS:PORT",
      "GSUP server of the HLR; must be set\nIP address and port, e.g. 192.0.2.1:4222\n")
{
	struct hlr_slot *n = hlr_of(vty);

	if (!n)
		return CMD_WARNING;
	return address_set(vty, n->config.address, argv[0]);
}

DEFUN(cfg_hlr_local, cfg_hlr_local_cmd, "local-address ADDRESS",
      "Own address of the GSUP connection; default: the kernel's choice\nIP address\n")
{
	struct hlr_slot *n = hlr_of(vty);

	if (!n)
		return CMD_WARNING;
	if (!exchange_vty_ip_check(vty, n->config.local_address, argv[0]))
		return CMD_WARNING;
	return exchange_vty_changed(vty);
}

DEFUN(cfg_hlr_no_local, cfg_hlr_no_local_cmd, "no local-address",
      NO_STR "Own address of the GSUP connection: the kernel's choice\n")
{
	struct hlr_slot *n = hlr_of(vty);

	if (!n)
		return CMD_WARNING;
	n->config.local_address[0] = '\0';
	return exchange_vty_changed(vty);
}

DEFUN(cfg_hlr_euse, cfg_hlr_euse_cmd, "euse-name NAME",
      "Name of this EUSE in the HLR's configuration (\"euse NAME\"); must be set. "
      "Managers with the same name stand by for each other\n"
      "The name, without EUSE-\n")
{
	struct hlr_slot *n = hlr_of(vty);

	if (!n)
		return CMD_WARNING;
	if (strlen(argv[0]) >= sizeof(n->config.euse_name)) {
		vty_out(vty, "%% %s: too long%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	OSMO_STRLCPY_ARRAY(n->config.euse_name, argv[0]);
	return exchange_vty_changed(vty);
}

DEFUN(cfg_hlr_ctrl, cfg_hlr_ctrl_cmd, "ctrl-address ADDRESS:PORT",
      "Control interface of the HLR, where numbers of subscribers are looked up; default: they "
      "are not\n"
      "IP address and port, e.g. 192.0.2.1:4259\n")
{
	struct hlr_slot *n = hlr_of(vty);

	if (!n)
		return CMD_WARNING;
	return address_set(vty, n->config.msisdn.address, argv[0]);
}

DEFUN(cfg_hlr_no_ctrl, cfg_hlr_no_ctrl_cmd, "no ctrl-address",
      NO_STR "Do not look up numbers of subscribers\n")
{
	struct hlr_slot *n = hlr_of(vty);

	if (!n)
		return CMD_WARNING;
	n->config.msisdn.address[0] = '\0';
	return exchange_vty_changed(vty);
}

#define CACHE_STR "Numbers of subscribers that are remembered\n"

DEFUN(cfg_hlr_cache_s, cfg_hlr_cache_s_cmd, "msisdn-cache seconds <1-86400>",
      CACHE_STR "How long a number is believed\nSeconds, default 300\n")
{
	struct hlr_slot *n = hlr_of(vty);

	if (!n)
		return CMD_WARNING;
	n->config.msisdn.cache_s = (uint32_t)atoi(argv[0]);
	return exchange_vty_changed(vty);
}

DEFUN(cfg_hlr_absent_s, cfg_hlr_absent_s_cmd, "msisdn-cache absent-seconds <1-86400>",
      CACHE_STR "How long it is believed that a subscriber has none\nSeconds, default 10\n")
{
	struct hlr_slot *n = hlr_of(vty);

	if (!n)
		return CMD_WARNING;
	n->config.msisdn.absent_s = (uint32_t)atoi(argv[0]);
	return exchange_vty_changed(vty);
}

DEFUN(cfg_hlr_cache_max, cfg_hlr_cache_max_cmd, "msisdn-cache max <1-10000000>",
      CACHE_STR "How many; the one not asked for longest makes room\n"
		"Subscribers (about 200 octets each), default 100000\n")
{
	struct hlr_slot *n = hlr_of(vty);

	if (!n)
		return CMD_WARNING;
	n->config.msisdn.cache_max = (uint32_t)atoi(argv[0]);
	return exchange_vty_changed(vty);
}

DEFUN(cfg_hlr_probe, cfg_hlr_probe_cmd, "probe-interval <1-3600>",
      "How often it is checked that the HLR still routes to this link\n"
      "Seconds, default 10\n")
{
	struct hlr_slot *n = hlr_of(vty);

	if (!n)
		return CMD_WARNING;
	n->config.probe_interval_ms = (uint32_t)atoi(argv[0]) * 1000;
	return exchange_vty_changed(vty);
}

DEFUN(cfg_hlr_lease, cfg_hlr_lease_cmd, "lease-ttl <3-600>",
      "How long the right to the EUSE name lasts without renewal: a standby takes over that long "
      "after this process died. The same for all managers of one name\n"
      "Seconds, default 6\n")
{
	struct hlr_slot *n = hlr_of(vty);

	if (!n)
		return CMD_WARNING;
	n->config.lease_ttl_ms = (uint32_t)atoi(argv[0]) * 1000;
	return exchange_vty_changed(vty);
}

DEFUN(cfg_hlr_sessions, cfg_hlr_sessions_cmd, "max-sessions <1-1000000>", SESSIONS_STR)
{
	struct hlr_slot *n = hlr_of(vty);

	if (!n)
		return CMD_WARNING;
	n->config.max_sessions = (size_t)atoi(argv[0]);
	return exchange_vty_changed(vty);
}

DEFUN(cfg_hlr_sms, cfg_hlr_sms_cmd, "sms source NUMBER", SMS_STR SMS_SOURCE_STR)
{
	struct hlr_slot *n = hlr_of(vty);

	if (!n || !exchange_vty_source_check(vty, n->config.sms_source, argv[0]))
		return CMD_WARNING;
	return exchange_vty_changed(vty);
}

DEFUN(cfg_hlr_no_sms, cfg_hlr_no_sms_cmd, "no sms", NO_STR "No SMS through this HLR\n")
{
	struct hlr_slot *n = hlr_of(vty);

	if (!n)
		return CMD_WARNING;
	n->config.sms_source[0] = '\0';
	return exchange_vty_changed(vty);
}

static void write_hlr(struct vty *vty, const struct hlr_slot *n)
{
	const struct exchange_hlr_config *c = &n->config;

	vty_out(vty, "hlr %s%s", n->name, VTY_NEWLINE);
	if (c->address[0])
		vty_out(vty, " address %s%s", c->address, VTY_NEWLINE);
	if (c->local_address[0])
		vty_out(vty, " local-address %s%s", c->local_address, VTY_NEWLINE);
	if (c->euse_name[0])
		vty_out(vty, " euse-name %s%s", c->euse_name, VTY_NEWLINE);
	if (c->msisdn.address[0])
		vty_out(vty, " ctrl-address %s%s", c->msisdn.address, VTY_NEWLINE);
	vty_out(vty, " msisdn-cache seconds %" PRIu32 "%s", c->msisdn.cache_s, VTY_NEWLINE);
	vty_out(vty, " msisdn-cache absent-seconds %" PRIu32 "%s", c->msisdn.absent_s, VTY_NEWLINE);
	vty_out(vty, " msisdn-cache max %" PRIu32 "%s", c->msisdn.cache_max, VTY_NEWLINE);
	vty_out(vty, " probe-interval %" PRIu32 "%s", c->probe_interval_ms / 1000, VTY_NEWLINE);
	vty_out(vty, " lease-ttl %" PRIu32 "%s", c->lease_ttl_ms / 1000, VTY_NEWLINE);
	vty_out(vty, " max-sessions %zu%s", c->max_sessions, VTY_NEWLINE);
	if (c->sms_source[0])
		vty_out(vty, " sms source %s%s", c->sms_source, VTY_NEWLINE);
}

static int config_write_hlr(struct vty *vty)
{
	for (size_t i = 0; i < EXCHANGE_HLRS_MAX; i++) {
		if (exchanges->config.hlrs[i].used)
			write_hlr(vty, &exchanges->config.hlrs[i]);
	}
	return CMD_SUCCESS;
}

void exchange_hlr_vty_init(struct exchanges *x)
{
	exchanges = x;
	install_element(CONFIG_NODE, &cfg_hlr_cmd);
	install_element(CONFIG_NODE, &cfg_no_hlr_cmd);
	install_node(&hlr_node, config_write_hlr);
	install_element(HLR_NODE, &cfg_hlr_address_cmd);
	install_element(HLR_NODE, &cfg_hlr_local_cmd);
	install_element(HLR_NODE, &cfg_hlr_no_local_cmd);
	install_element(HLR_NODE, &cfg_hlr_euse_cmd);
	install_element(HLR_NODE, &cfg_hlr_ctrl_cmd);
	install_element(HLR_NODE, &cfg_hlr_no_ctrl_cmd);
	install_element(HLR_NODE, &cfg_hlr_cache_s_cmd);
	install_element(HLR_NODE, &cfg_hlr_absent_s_cmd);
	install_element(HLR_NODE, &cfg_hlr_cache_max_cmd);
	install_element(HLR_NODE, &cfg_hlr_probe_cmd);
	install_element(HLR_NODE, &cfg_hlr_lease_cmd);
	install_element(HLR_NODE, &cfg_hlr_sessions_cmd);
	install_element(HLR_NODE, &cfg_hlr_sms_cmd);
	install_element(HLR_NODE, &cfg_hlr_no_sms_cmd);
}
