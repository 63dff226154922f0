/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration node "direct". */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "manager/exchange_vty.h"
#include "manager/vty_nodes.h"

static struct exchanges *exchanges;

static struct cmd_node direct_node = { DIRECT_NODE, "%s(config-direct)# ", 1 };

DEFUN(cfg_direct, cfg_direct_cmd, "direct", "GSUP server for peers that reach us without an HLR\n")
{
	vty->node = DIRECT_NODE;
	return CMD_SUCCESS;
}

static size_t bind_index(const struct exchange_direct_config *c, const char *address)
{
	size_t i;

	for (i = 0; i < c->n_binds; i++) {
		if (strcmp(c->binds[i], address) == 0)
			break;
	}
	return i;
}

DEFUN(cfg_direct_bind, cfg_direct_bind_cmd, "bind ADDRESS:PORT",
      "Listen; may be given up to 8 times\n"
      "IP address and port, e.g. 127.0.0.1:4222; port 0: any free one\n")
{
	struct exchange_direct_config *c = &exchange_vty_config(vty)->direct;

	if (!exchange_vty_address_check(vty, argv[0]))
		return CMD_WARNING;
	if (bind_index(c, argv[0]) < c->n_binds)
		return CMD_SUCCESS;
	if (c->n_binds >= DIRECT_BINDS_MAX) {
		vty_out(vty, "%% at most %d addresses%s", DIRECT_BINDS_MAX, VTY_NEWLINE);
		return CMD_WARNING;
	}
	OSMO_STRLCPY_ARRAY(c->binds[c->n_binds], argv[0]);
	c->n_binds++;
	return exchange_vty_changed(vty);
}

DEFUN(cfg_direct_no_bind, cfg_direct_no_bind_cmd, "no bind ADDRESS:PORT",
      NO_STR "Do not listen there; links that are up stay\nIP address and port\n")
{
	struct exchange_direct_config *c = &exchange_vty_config(vty)->direct;
	size_t i = bind_index(c, argv[0]);

	if (i == c->n_binds) {
		vty_out(vty, "%% not bound to %s%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	c->n_binds--;
	memmove(c->binds[i], c->binds[i + 1], (c->n_binds - i) * sizeof(c->binds[0]));
	return exchange_vty_changed(vty);
}

DEFUN(cfg_direct_insecure, cfg_direct_insecure_cmd, "allow-insecure",
      "Listen on public addresses too: GSUP is neither encrypted nor authenticated. Only behind "
      "IPsec or a firewall. Default: refused\n")
{
	exchange_vty_config(vty)->direct.allow_insecure = true;
	return exchange_vty_changed(vty);
}

DEFUN(cfg_direct_no_insecure, cfg_direct_no_insecure_cmd, "no allow-insecure",
      NO_STR "Listen on loopback and private addresses only\n")
{
	exchange_vty_config(vty)->direct.allow_insecure = false;
	return exchange_vty_changed(vty);
}

static size_t peer_index(const struct exchange_direct_config *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n_peers; i++) {
		if (strcmp(c->peers[i].name, name) == 0)
			break;
	}
	return i;
}

#define PEER_STR "Peer that may connect; up to 64\n"
#define PEER_NAME_STR "Its IPA name (unit name or serial number in ID_RESP)\n"

static int peer_set(struct vty *vty, const char *name, const char *ip, bool trust_msisdn)
{
	struct exchange_direct_config *c = &exchange_vty_config(vty)->direct;
	struct direct_peer_config peer = { .trust_msisdn = trust_msisdn };
	size_t i = peer_index(c, name);

	if (strlen(name) >= sizeof(peer.name)) {
		vty_out(vty, "%% %s: too long%s", name, VTY_NEWLINE);
		return CMD_WARNING;
	}
	OSMO_STRLCPY_ARRAY(peer.name, name);
	if (!exchange_vty_ip_check(vty, peer.ip, ip))
		return CMD_WARNING;
	if (i == DIRECT_PEERS_MAX) {
		vty_out(vty, "%% at most %d peers%s", DIRECT_PEERS_MAX, VTY_NEWLINE);
		return CMD_WARNING;
	}
	c->peers[i] = peer;
	c->n_peers = OSMO_MAX(c->n_peers, i + 1);
	return exchange_vty_changed(vty);
}

DEFUN(cfg_direct_peer, cfg_direct_peer_cmd, "peer NAME address IP",
      PEER_STR PEER_NAME_STR "Address it connects from\nIP address\n")
{
	return peer_set(vty, argv[0], argv[1], false);
}

DEFUN(cfg_direct_peer_trust, cfg_direct_peer_trust_cmd, "peer NAME address IP trust-msisdn",
      PEER_STR PEER_NAME_STR "Address it connects from\nIP address\n"
			     "Believe the numbers that it tells; default: they are ignored\n")
{
	return peer_set(vty, argv[0], argv[1], true);
}

DEFUN(cfg_direct_no_peer, cfg_direct_no_peer_cmd, "no peer NAME",
      NO_STR "Close the links of a peer and let it in no more\n" PEER_NAME_STR)
{
	struct exchange_direct_config *c = &exchange_vty_config(vty)->direct;
	size_t i = peer_index(c, argv[0]);

	if (i == c->n_peers) {
		vty_out(vty, "%% no peer %s%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	c->peers[i] = c->peers[--c->n_peers];
	return exchange_vty_changed(vty);
}

DEFUN(cfg_direct_sessions, cfg_direct_sessions_cmd, "max-sessions <1-1000000>", SESSIONS_STR)
{
	exchange_vty_config(vty)->direct.max_sessions = (size_t)atoi(argv[0]);
	return exchange_vty_changed(vty);
}

static int config_write_direct(struct vty *vty)
{
	const struct exchange_direct_config *c = &exchanges->config.direct;

	if (c->n_binds == 0 && c->n_peers == 0)
		return CMD_SUCCESS;
	vty_out(vty, "direct%s", VTY_NEWLINE);
	for (size_t i = 0; i < c->n_binds; i++)
		vty_out(vty, " bind %s%s", c->binds[i], VTY_NEWLINE);
	vty_out(vty, " %sallow-insecure%s", c->allow_insecure ? "" : "no ", VTY_NEWLINE);
	for (size_t i = 0; i < c->n_peers; i++)
		vty_out(vty, " peer %s address %s%s%s", c->peers[i].name, c->peers[i].ip,
			c->peers[i].trust_msisdn ? " trust-msisdn" : "", VTY_NEWLINE);
	vty_out(vty, " max-sessions %zu%s", c->max_sessions, VTY_NEWLINE);
	return CMD_SUCCESS;
}

void exchange_direct_vty_init(struct exchanges *x)
{
	exchanges = x;
	install_element(CONFIG_NODE, &cfg_direct_cmd);
	install_node(&direct_node, config_write_direct);
	install_element(DIRECT_NODE, &cfg_direct_bind_cmd);
	install_element(DIRECT_NODE, &cfg_direct_no_bind_cmd);
	install_element(DIRECT_NODE, &cfg_direct_insecure_cmd);
	install_element(DIRECT_NODE, &cfg_direct_no_insecure_cmd);
	install_element(DIRECT_NODE, &cfg_direct_peer_cmd);
	install_element(DIRECT_NODE, &cfg_direct_peer_trust_cmd);
	install_element(DIRECT_NODE, &cfg_direct_no_peer_cmd);
	install_element(DIRECT_NODE, &cfg_direct_sessions_cmd);
}
