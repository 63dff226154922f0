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
	if (i < c->n_peers) {
		/* Who it speaks for stands on lines of its own. */
		memcpy(peer.prefixes, c->peers[i].prefixes, sizeof(peer.prefixes));
		peer.n_prefixes = c->peers[i].n_prefixes;
	}
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

#define PREFIX_STR "IMSIs that it speaks for; up to 8 prefixes (default: all IMSIs)\n"
#define DIGITS_STR "1 to 15 digits that they begin with, as 44010\n"

static size_t prefix_index(const struct direct_peer_config *p, const char *digits)
{
	size_t i;

	for (i = 0; i < p->n_prefixes; i++) {
		if (strcmp(p->prefixes[i], digits) == 0)
			break;
	}
	return i;
}

/* NULL, with a word on the VTY, where there is no such peer. */
static struct direct_peer_config *peer_named(struct vty *vty, const char *name)
{
	struct exchange_direct_config *c = &exchange_vty_config(vty)->direct;
	size_t i = peer_index(c, name);

	if (i < c->n_peers)
		return &c->peers[i];
	vty_out(vty, "%% no peer %s%s", name, VTY_NEWLINE);
	return NULL;
}

DEFUN(cfg_direct_prefix, cfg_direct_prefix_cmd, "peer NAME imsi-prefix DIGITS",
      PEER_STR PEER_NAME_STR PREFIX_STR DIGITS_STR)
{
	struct direct_peer_config *p = peer_named(vty, argv[0]);

	if (!p)
		return CMD_WARNING;
	if (argv[1][strspn(argv[1], "0123456789")] || strlen(argv[1]) >= DIRECT_PREFIX_SIZE) {
		vty_out(vty, "%% not 1 to %d digits: %s%s", DIRECT_PREFIX_SIZE - 1, argv[1],
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	if (prefix_index(p, argv[1]) < p->n_prefixes)
		return CMD_SUCCESS;
	if (p->n_prefixes == DIRECT_PREFIXES_MAX) {
		vty_out(vty, "%% at most %d prefixes%s", DIRECT_PREFIXES_MAX, VTY_NEWLINE);
		return CMD_WARNING;
	}
	OSMO_STRLCPY_ARRAY(p->prefixes[p->n_prefixes], argv[1]);
	p->n_prefixes++;
	return exchange_vty_changed(vty);
}

DEFUN(cfg_direct_no_prefix, cfg_direct_no_prefix_cmd, "no peer NAME imsi-prefix DIGITS",
      NO_STR PEER_STR PEER_NAME_STR PREFIX_STR DIGITS_STR)
{
	struct direct_peer_config *p = peer_named(vty, argv[0]);
	size_t i;

	if (!p)
		return CMD_WARNING;
	i = prefix_index(p, argv[1]);
	if (i == p->n_prefixes) {
		vty_out(vty, "%% no such prefix: %s%s", argv[1], VTY_NEWLINE);
		return CMD_WARNING;
	}
	p->n_prefixes--;
	memmove(p->prefixes[i], p->prefixes[i + 1], (p->n_prefixes - i) * sizeof(p->prefixes[0]));
	return exchange_vty_changed(vty);
}

DEFUN(cfg_direct_sessions, cfg_direct_sessions_cmd, "max-sessions <1-1000000>", SESSIONS_STR)
{
	exchange_vty_config(vty)->direct.max_sessions = (size_t)atoi(argv[0]);
	return exchange_vty_changed(vty);
}

DEFUN(cfg_direct_sms, cfg_direct_sms_cmd, "sms source NUMBER", SMS_STR SMS_SOURCE_STR)
{
	if (!exchange_vty_source_check(vty, exchange_vty_config(vty)->direct.sms_source, argv[0]))
		return CMD_WARNING;
	return exchange_vty_changed(vty);
}

DEFUN(cfg_direct_no_sms, cfg_direct_no_sms_cmd, "no sms", NO_STR "No SMS with direct peers\n")
{
	exchange_vty_config(vty)->direct.sms_source[0] = '\0';
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
	for (size_t i = 0; i < c->n_peers; i++) {
		const struct direct_peer_config *p = &c->peers[i];

		vty_out(vty, " peer %s address %s%s%s", p->name, p->ip,
			p->trust_msisdn ? " trust-msisdn" : "", VTY_NEWLINE);
		for (size_t n = 0; n < p->n_prefixes; n++)
			vty_out(vty, " peer %s imsi-prefix %s%s", p->name, p->prefixes[n],
				VTY_NEWLINE);
	}
	vty_out(vty, " max-sessions %zu%s", c->max_sessions, VTY_NEWLINE);
	if (c->sms_source[0])
		vty_out(vty, " sms source %s%s", c->sms_source, VTY_NEWLINE);
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
	install_element(DIRECT_NODE, &cfg_direct_prefix_cmd);
	install_element(DIRECT_NODE, &cfg_direct_no_prefix_cmd);
	install_element(DIRECT_NODE, &cfg_direct_sessions_cmd);
	install_element(DIRECT_NODE, &cfg_direct_sms_cmd);
	install_element(DIRECT_NODE, &cfg_direct_no_sms_cmd);
}
