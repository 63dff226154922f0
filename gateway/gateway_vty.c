/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/gateway_vty.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>

#include "gateway/gateway.h"
#include "gateway/http_listener.h"
#include "gateway/http_tls.h"
#include "lib/daemon.h"
#include "lib/link_msg.h"
#include "lib/stream_addr.h"

#define GATEWAY_NODE (_LAST_OSMOVTY_NODE + 1)

#define HTTPS_STR "HTTPS for shops\n"
#define HTTP_STR "Plain HTTP for a proxy on this machine that ends TLS\n"
#define TLS_STR "Certificate that shops see, and what of TLS is allowed\n"
#define LINK_STR "The link to managers, who connect here\n"
#define SANDBOX_STR "The link to managers of test keys, who connect here\n"
#define LINK_TLS_STR "TLS 1.3 with certificates on both sides, for addresses but unix:\n"
#define BIND_STR "Listen on an address of this machine; may stand several times\n"
#define IP_ADDRESS_STR "Address and port, as 192.0.2.1:443 or [2001:db8::1]:443\n"
#define LINK_ADDRESS_STR "Address and port, as 10.0.0.1:4300, or unix:/path\n"

static struct gateway *the_gateway;
static struct cmd_node gateway_node = { GATEWAY_NODE, "%s(config-gateway)# ", 1 };

static void text_set(char **text, const char *value)
{
	talloc_free(*text);
	*text = talloc_strdup(the_gateway->config, value);
}

/* --- addresses -------------------------------------------------------------- */

static int bind_change(struct vty *vty, enum gateway_bind_kind kind, const char *text, bool add)
{
	char address[STREAM_ADDR_STR_SIZE];
	struct stream_addr parsed;
	int rc;

	if (stream_addr_parse(&parsed, text, true) < 0) {
		vty_out(vty, "%% %s: not an address with a port%s", text, VTY_NEWLINE);
		return CMD_WARNING;
	}
	/* One way to write each address, so that it is found again. */
	stream_addr_format(address, &parsed);
	rc = add ? gateway_config_bind_add(the_gateway->config, kind, address)
		 : gateway_config_bind_remove(the_gateway->config, kind, address);
	if (rc < 0) {
		vty_out(vty, "%% %s: %s%s", address,
			rc == -ENOSPC ? "too many addresses" : "is not there", VTY_NEWLINE);
		return CMD_WARNING;
	}
	return CMD_SUCCESS;
}

DEFUN(cfg_https_bind, cfg_https_bind_cmd, "https bind ADDRESS", HTTPS_STR BIND_STR IP_ADDRESS_STR)
{
	if (!http_address_valid(argv[0])) {
		vty_out(vty, "%% %s: not an IP address with a port%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	return bind_change(vty, GATEWAY_BIND_HTTPS, argv[0], true);
}

DEFUN(cfg_no_https_bind, cfg_no_https_bind_cmd, "no https bind ADDRESS",
      NO_STR HTTPS_STR BIND_STR IP_ADDRESS_STR)
{
	return bind_change(vty, GATEWAY_BIND_HTTPS, argv[0], false);
}

DEFUN(cfg_http_bind, cfg_http_bind_cmd, "http bind ADDRESS", HTTP_STR BIND_STR IP_ADDRESS_STR)
{
	if (!http_address_is_loopback(argv[0])) {
		vty_out(vty, "%% %s: plain HTTP is for loopback only%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	return bind_change(vty, GATEWAY_BIND_HTTP, argv[0], true);
}

DEFUN(cfg_no_http_bind, cfg_no_http_bind_cmd, "no http bind ADDRESS",
      NO_STR HTTP_STR BIND_STR IP_ADDRESS_STR)
{
	return bind_change(vty, GATEWAY_BIND_HTTP, argv[0], false);
}

#define FORWARDED_STR                                                                     \
	"The last address in X-Forwarded-For is the shop's: only where the proxy always " \
	"writes it (default: no)\n"

DEFUN(cfg_forwarded, cfg_forwarded_cmd, "http forwarded-for", HTTP_STR FORWARDED_STR)
{
	the_gateway->config->forwarded_for = true;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_forwarded, cfg_no_forwarded_cmd, "no http forwarded-for",
      NO_STR HTTP_STR FORWARDED_STR)
{
	the_gateway->config->forwarded_for = false;
	return CMD_SUCCESS;
}

DEFUN(cfg_link_bind, cfg_link_bind_cmd, "link bind ADDRESS", LINK_STR BIND_STR LINK_ADDRESS_STR)
{
	return bind_change(vty, GATEWAY_BIND_LINK, argv[0], true);
}

DEFUN(cfg_no_link_bind, cfg_no_link_bind_cmd, "no link bind ADDRESS",
      NO_STR LINK_STR BIND_STR LINK_ADDRESS_STR)
{
	return bind_change(vty, GATEWAY_BIND_LINK, argv[0], false);
}

DEFUN(cfg_sandbox_bind, cfg_sandbox_bind_cmd, "sandbox bind ADDRESS",
      SANDBOX_STR BIND_STR LINK_ADDRESS_STR)
{
	return bind_change(vty, GATEWAY_BIND_SANDBOX, argv[0], true);
}

DEFUN(cfg_no_sandbox_bind, cfg_no_sandbox_bind_cmd, "no sandbox bind ADDRESS",
      NO_STR SANDBOX_STR BIND_STR LINK_ADDRESS_STR)
{
	return bind_change(vty, GATEWAY_BIND_SANDBOX, argv[0], false);
}

DEFUN(cfg_link_mode, cfg_link_mode_cmd, "link socket-mode MODE",
      LINK_STR "Who may connect to unix: addresses (default 0660)\n"
	       "Octal, as of chmod\n")
{
	char *end;
	unsigned long mode = strtoul(argv[0], &end, 8);

	if (*end || end == argv[0] || mode > 0777) {
		vty_out(vty, "%% %s: not an octal mode%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	the_gateway->config->link_socket_mode = mode;
	return CMD_SUCCESS;
}

/* --- texts ------------------------------------------------------------------ */

DEFUN(cfg_name, cfg_name_cmd, "name NAME",
      "What managers call this gateway in their logs (default gateway)\n"
      "Up to 63 characters\n")
{
	if (strlen(argv[0]) >= LINK_NAME_SIZE) {
		vty_out(vty, "%% the name is too long%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	text_set(&the_gateway->config->name, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_tls_certificate, cfg_tls_certificate_cmd, "tls certificate FILE",
      TLS_STR "The certificate and those that lead to the root, read again at SIGHUP\n"
	      "PEM file\n")
{
	text_set(&the_gateway->config->tls_certificate, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_tls_key, cfg_tls_key_cmd, "tls key FILE",
      TLS_STR "Its key, which others must not be able to read, read again at SIGHUP\n"
	      "PEM file\n")
{
	text_set(&the_gateway->config->tls_key, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_tls_priorities, cfg_tls_priorities_cmd, "tls priorities PRIORITIES",
      TLS_STR "Versions and ciphers; set at start (default: TLS 1.3 and 1.2, AEAD ciphers)\n"
	      "GnuTLS priority string that allows nothing below TLS 1.2\n")
{
	if (http_tls_priorities_check(argv[0]) < 0) {
		vty_out(vty, "%% %s: GnuTLS does not take it, or it allows less than TLS 1.2%s",
			argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	text_set(&the_gateway->config->tls_priorities, argv[0]);
	return CMD_SUCCESS;
}

#define TICKET_STR "Key of the tickets that resume TLS sessions (default: one of this process)\n"

DEFUN(cfg_tls_ticket_key, cfg_tls_ticket_key_cmd, "tls ticket-key FILE",
      TLS_STR TICKET_STR "64 octets that others must not be able to read, read again at SIGHUP\n")
{
	text_set(&the_gateway->config->tls_ticket_key, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_no_tls_ticket_key, cfg_no_tls_ticket_key_cmd, "no tls ticket-key",
      NO_STR TLS_STR TICKET_STR)
{
	TALLOC_FREE(the_gateway->config->tls_ticket_key);
	return CMD_SUCCESS;
}

DEFUN(cfg_link_certificate, cfg_link_certificate_cmd, "link tls certificate FILE",
      LINK_STR LINK_TLS_STR "This gateway's certificate, read again at SIGHUP\n"
			    "PEM file\n")
{
	text_set(&the_gateway->config->link_tls_certificate, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_link_key, cfg_link_key_cmd, "link tls key FILE",
      LINK_STR LINK_TLS_STR "Its key, readable by the owner only\n"
			    "PEM file\n")
{
	text_set(&the_gateway->config->link_tls_key, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_link_ca, cfg_link_ca_cmd, "link tls ca FILE",
      LINK_STR LINK_TLS_STR "Who may have signed a manager's certificate\n"
			    "PEM file\n")
{
	text_set(&the_gateway->config->link_tls_ca, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_link_peer, cfg_link_peer_cmd, "link tls peer-cn NAME",
      LINK_STR LINK_TLS_STR "Who a manager must be; must be set, and is the same for all of them\n"
			    "Common name (subject CN) of a manager's certificate\n")
{
	text_set(&the_gateway->config->link_tls_peer, argv[0]);
	return CMD_SUCCESS;
}

/* --- node ------------------------------------------------------------------- */

DEFUN(cfg_gateway, cfg_gateway_cmd, "gateway", "The gateway for shops\n")
{
	vty->node = GATEWAY_NODE;
	return CMD_SUCCESS;
}

static void text_write(struct vty *vty, const char *name, const char *value)
{
	if (value)
		vty_out(vty, " %s %s%s", name, value, VTY_NEWLINE);
}

static int config_write_gateway(struct vty *vty)
{
	static const char *const bind_names[] = {
		[GATEWAY_BIND_HTTPS] = "https bind",
		[GATEWAY_BIND_HTTP] = "http bind",
		[GATEWAY_BIND_LINK] = "link bind",
		[GATEWAY_BIND_SANDBOX] = "sandbox bind",
	};
	const struct gateway_config *c = the_gateway->config;
	size_t i;

	vty_out(vty, "gateway%s", VTY_NEWLINE);
	daemon_vty_write(vty);
	text_write(vty, "name", c->name);
	for (i = 0; i < c->n_binds; i++)
		text_write(vty, bind_names[c->binds[i].kind], c->binds[i].address);
	if (c->forwarded_for)
		vty_out(vty, " http forwarded-for%s", VTY_NEWLINE);
	text_write(vty, "tls certificate", c->tls_certificate);
	text_write(vty, "tls key", c->tls_key);
	text_write(vty, "tls priorities", c->tls_priorities);
	text_write(vty, "tls ticket-key", c->tls_ticket_key);
	vty_out(vty, " link socket-mode %04o%s", c->link_socket_mode, VTY_NEWLINE);
	text_write(vty, "link tls certificate", c->link_tls_certificate);
	text_write(vty, "link tls key", c->link_tls_key);
	text_write(vty, "link tls ca", c->link_tls_ca);
	text_write(vty, "link tls peer-cn", c->link_tls_peer);
	gateway_number_vty_write(vty);
	return CMD_SUCCESS;
}

void gateway_vty_init(struct daemon *d, struct gateway *gw)
{
	static struct cmd_element *const commands[] = {
		&cfg_name_cmd,
		&cfg_https_bind_cmd,
		&cfg_no_https_bind_cmd,
		&cfg_http_bind_cmd,
		&cfg_no_http_bind_cmd,
		&cfg_forwarded_cmd,
		&cfg_no_forwarded_cmd,
		&cfg_link_bind_cmd,
		&cfg_no_link_bind_cmd,
		&cfg_sandbox_bind_cmd,
		&cfg_no_sandbox_bind_cmd,
		&cfg_link_mode_cmd,
		&cfg_tls_certificate_cmd,
		&cfg_tls_key_cmd,
		&cfg_tls_priorities_cmd,
		&cfg_tls_ticket_key_cmd,
		&cfg_no_tls_ticket_key_cmd,
		&cfg_link_certificate_cmd,
		&cfg_link_key_cmd,
		&cfg_link_ca_cmd,
		&cfg_link_peer_cmd,
	};
	size_t i;

	the_gateway = gw;
	install_element(CONFIG_NODE, &cfg_gateway_cmd);
	install_node(&gateway_node, config_write_gateway);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(GATEWAY_NODE, commands[i]);
	gateway_number_vty_init(gw, GATEWAY_NODE);
	daemon_vty_init(d, GATEWAY_NODE);
	gateway_show_vty_init(gw);
}
