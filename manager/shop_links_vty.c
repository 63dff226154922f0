/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration node "gateway NAME" and "show gateways". */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "lib/link_peer.h"
#include "manager/shop_links.h"
#include "manager/shop_links_priv.h"
#include "manager/vty_nodes.h"

#define TLS_STR "TLS 1.3 with certificates on both sides; needed for every address but unix:\n"

static struct shop_links *links;

static struct cmd_node gateway_node = { GATEWAY_NODE, "%s(config-gateway)# ", 1 };

/* The name stands in labels of metrics and in logs. */
static bool name_is_fit(const char *name)
{
	const char *c;

	for (c = name; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			return false;
	}
	return c > name && c - name < GATEWAY_NAME_SIZE;
}

DEFUN(cfg_gateway, cfg_gateway_cmd, "gateway NAME",
      "A gateway of Internet shops, which the manager dials\n"
      "Its name in logs and counters: up to 32 letters, digits, '-', '_', '.'\n")
{
	if (!name_is_fit(argv[0])) {
		vty_out(vty, "%% %s: not 1 to %d letters, digits, '-', '_', '.'%s", argv[0],
			GATEWAY_NAME_SIZE - 1, VTY_NEWLINE);
		return CMD_WARNING;
	}
	if (!shop_links_name(links, argv[0])) {
		vty_out(vty, "%% at most %d gateways%s", SHOP_GATEWAYS_MAX, VTY_NEWLINE);
		return CMD_WARNING;
	}
	/* The name: a reload, or another session, may take the gateway away meanwhile. */
	vty->node = GATEWAY_NODE;
	vty->index = talloc_strdup(vty, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_no_gateway, cfg_no_gateway_cmd, "no gateway NAME",
      NO_STR "Take a gateway out of service\nIts name\n")
{
	struct shop_gateway *g = shop_links_find(links, argv[0]);

	if (!g) {
		vty_out(vty, "%% no gateway %s%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	shop_links_remove(g);
	return CMD_SUCCESS;
}

/* The gateway of this node; NULL (told) where it was removed meanwhile. */
static struct shop_gateway *gateway_of(struct vty *vty)
{
	struct shop_gateway *g = shop_links_find(links, vty->index);

	if (!g)
		vty_out(vty, "%% gateway %s was removed%s", (const char *)vty->index, VTY_NEWLINE);
	return g;
}

static int changed(const struct vty *vty)
{
	if (vty->type != VTY_FILE)
		shop_links_apply_soon(links);
	return CMD_SUCCESS;
}

static int text_set(struct vty *vty, char *to, size_t size, const char *text)
{
	if (strlen(text) >= size) {
		vty_out(vty, "%% longer than %zu characters%s", size - 1, VTY_NEWLINE);
		return CMD_WARNING;
	}
	/* All of it, because settings are compared as octets. */
	memset(to, 0, size);
	memcpy(to, text, strlen(text));
	return changed(vty);
}

DEFUN(cfg_address, cfg_address_cmd, "address ADDRESS",
      "Where the gateway listens for managers; must be set\n"
      "192.0.2.1:4300, [2001:db8::1]:4300 or unix:/path\n")
{
	struct shop_gateway *g = gateway_of(vty);
	struct stream_addr a;

	if (!g)
		return CMD_WARNING;
	if (stream_addr_parse(&a, argv[0], true) ||
	    (!stream_addr_is_unix(&a) && !stream_addr_port(&a))) {
		vty_out(vty, "%% %s: not an IP address with a port, nor unix:/path%s", argv[0],
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	return text_set(vty, g->wanted.address, sizeof(g->wanted.address), argv[0]);
}

static int file_set(struct vty *vty, size_t offset, const char *text)
{
	struct shop_gateway *g = gateway_of(vty);

	if (!g)
		return CMD_WARNING;
	return text_set(vty, (char *)&g->wanted + offset, GATEWAY_FILE_SIZE, text);
}

DEFUN(cfg_tls_certificate, cfg_tls_certificate_cmd, "tls certificate FILE",
      TLS_STR "The manager's own certificate, with its chain\nPEM file\n")
{
	return file_set(vty, offsetof(struct gateway_settings, certificate_file), argv[0]);
}

DEFUN(cfg_tls_key, cfg_tls_key_cmd, "tls key FILE",
      TLS_STR "The certificate's private key, without passphrase\n"
	      "PEM file of mode 0600; root's of mode 0640 if the daemon's own group reads it\n")
{
	return file_set(vty, offsetof(struct gateway_settings, key_file), argv[0]);
}

DEFUN(cfg_tls_ca, cfg_tls_ca_cmd, "tls ca FILE",
      TLS_STR "Who must have signed the gateway's certificate\nPEM file\n")
{
	return file_set(vty, offsetof(struct gateway_settings, ca_file), argv[0]);
}

DEFUN(cfg_tls_peer_cn, cfg_tls_peer_cn_cmd, "tls peer-cn NAME",
      TLS_STR "Who this gateway must be; must be set\n"
	      "Common name (subject CN) of its certificate\n")
{
	struct shop_gateway *g = gateway_of(vty);

	if (!g)
		return CMD_WARNING;
	return text_set(vty, g->wanted.peer_cn, sizeof(g->wanted.peer_cn), argv[0]);
}

DEFUN(cfg_ping_interval, cfg_ping_interval_cmd, "ping-interval <1-60>",
      "How often the gateway is asked for a sign of life; after three without one the link is "
      "closed and dialled again\n"
      "Seconds, default 1\n")
{
	struct shop_gateway *g = gateway_of(vty);

	if (!g)
		return CMD_WARNING;
	g->wanted.ping_interval_s = atoi(argv[0]);
	return changed(vty);
}

/* --- write, show ---------------------------------------------------------------------- */

static void write_text(struct vty *vty, const char *command, const char *text)
{
	if (text[0])
		vty_out(vty, " %s %s%s", command, text, VTY_NEWLINE);
}

static int config_write_gateways(struct vty *vty)
{
	const struct gateway_settings *s;
	struct shop_gateway *g;

	llist_for_each_entry (g, &links->gateways, entry) {
		s = &g->wanted;
		vty_out(vty, "gateway %s%s", g->name, VTY_NEWLINE);
		write_text(vty, "address", s->address);
		write_text(vty, "tls certificate", s->certificate_file);
		write_text(vty, "tls key", s->key_file);
		write_text(vty, "tls ca", s->ca_file);
		write_text(vty, "tls peer-cn", s->peer_cn);
		vty_out(vty, " ping-interval %u%s", s->ping_interval_s, VTY_NEWLINE);
	}
	return CMD_SUCCESS;
}

static unsigned long long counter(const struct shop_gateway *g, enum link_ctr ctr)
{
	return rate_ctr_group_get_ctr(g->ctrs, ctr)->current;
}

DEFUN(show_gateways, show_gateways_cmd, "show gateways",
      SHOW_STR "Links to gateways: state, since when, questions, last ping, peer\n")
{
	struct shop_gateway *g;
	time_t now = time(NULL);

	vty_out(vty, "%-20s %-9s %9s %10s %10s %8s  %s%s", "gateway", "state", "since/s",
		"questions", "items now", "ping/us", "address", VTY_NEWLINE);
	llist_for_each_entry (g, &links->gateways, entry) {
		vty_out(vty, "%-20s %-9s %9lld %10llu %10zu %8u  %s", g->name,
			shop_gateway_state(g), (long long)(now - g->since),
			counter(g, LINK_CTR_CHECK), g->items_outstanding,
			g->peer ? link_peer_ping_us(g->peer) : 0,
			g->peer ? link_peer_address(g->peer) : g->used.address);
		vty_out(vty, "%s%s%s",
			g->is_up || !g->why[0] ? "" : "  last: ", g->is_up ? "" : g->why,
			VTY_NEWLINE);
	}
	return CMD_SUCCESS;
}

void shop_links_vty_init(struct shop_links *sl)
{
	links = sl;
	install_element(CONFIG_NODE, &cfg_gateway_cmd);
	install_element(CONFIG_NODE, &cfg_no_gateway_cmd);
	install_node(&gateway_node, config_write_gateways);
	install_element(GATEWAY_NODE, &cfg_address_cmd);
	install_element(GATEWAY_NODE, &cfg_tls_certificate_cmd);
	install_element(GATEWAY_NODE, &cfg_tls_key_cmd);
	install_element(GATEWAY_NODE, &cfg_tls_ca_cmd);
	install_element(GATEWAY_NODE, &cfg_tls_peer_cn_cmd);
	install_element(GATEWAY_NODE, &cfg_ping_interval_cmd);
	install_element_ve(&show_gateways_cmd);
}
