/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configuration node "smsc NAME". */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "lib/stream_addr.h"
#include "manager/smscs_priv.h"
#include "manager/vty_nodes.h"

#define TLS_STR "TLS in front of SMPP: nothing is said to an SMSC that is not verified\n"
#define SOURCE_STR "Address that texts to subscribers come from; must be set\n"

static struct smscs *smscs;

static struct cmd_node smsc_node = { SMSC_NODE, "%s(config-smsc)# ", 1 };

static const struct value_string id_forms[] = {
	{ SMPP_ID_AS_IS, "as-is" },
	{ SMPP_ID_NO_CASE, "no-case" },
	{ SMPP_ID_HEX_THEN_DECIMAL, "hex-then-decimal" },
	{ SMPP_ID_DECIMAL_THEN_HEX, "decimal-then-hex" },
	{ 0, NULL },
};

/* The name stands in labels of metrics, in logs and in the journal. */
static bool name_is_fit(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			return false;
	return c > name && c - name < SMSC_NAME_SIZE;
}

DEFUN(cfg_smsc, cfg_smsc_cmd, "smsc NAME",
      "An SMSC, to which the manager binds as ESME by SMPP 3.4\n"
      "Its name in logs, counters and the journal (smpp:NAME): up to 32 letters, digits, '-', '_', "
      "'.'\n")
{
	if (!name_is_fit(argv[0])) {
		vty_out(vty, "%% %s: not 1 to %d letters, digits, '-', '_', '.'%s", argv[0],
			SMSC_NAME_SIZE - 1, VTY_NEWLINE);
		return CMD_WARNING;
	}
	if (!smscs_name(smscs, argv[0])) {
		vty_out(vty, "%% at most %d SMSCs%s", SMSCS_MAX, VTY_NEWLINE);
		return CMD_WARNING;
	}
	/* The name: a reload, or another session, may take the SMSC away meanwhile. */
	vty->node = SMSC_NODE;
	vty->index = talloc_strdup(vty, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_no_smsc, cfg_no_smsc_cmd, "no smsc NAME",
      NO_STR "Take an SMSC out of service\nIts name\n")
{
	struct smsc_slot *slot = smscs_find(smscs, argv[0]);

	if (!slot) {
		vty_out(vty, "%% no SMSC %s%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	smscs_remove(smscs, slot);
	return CMD_SUCCESS;
}

/* The settings of this node; NULL (told) where the SMSC was removed meanwhile. */
static struct exchange_smpp_config *config_of(struct vty *vty)
{
	struct smsc_slot *slot = smscs_find(smscs, vty->index);

	if (!slot)
		vty_out(vty, "%% SMSC %s was removed%s", (const char *)vty->index, VTY_NEWLINE);
	return slot ? &slot->wanted : NULL;
}

static int changed(const struct vty *vty)
{
	if (vty->type != VTY_FILE)
		smscs_apply_soon(smscs);
	return CMD_SUCCESS;
}

/* A text of the settings; all of its octets, because settings are compared as such. */
static int text_set(struct vty *vty, size_t offset, size_t size, const char *text)
{
	struct exchange_smpp_config *c = config_of(vty);

	if (!c)
		return CMD_WARNING;
	if (strlen(text) >= size) {
		vty_out(vty, "%% longer than %zu characters%s", size - 1, VTY_NEWLINE);
		return CMD_WARNING;
	}
	memset((char *)c + offset, 0, size);
	memcpy((char *)c + offset, text, strlen(text));
	return changed(vty);
}

#define TEXT_SET(vty, member, text)                                  \
	text_set(vty, offsetof(struct exchange_smpp_config, member), \
		 sizeof(((struct exchange_smpp_config *)0)->member), text)

static int number_set(struct vty *vty, size_t offset, unsigned int value)
{
	struct exchange_smpp_config *c = config_of(vty);

	if (!c)
		return CMD_WARNING;
	memcpy((char *)c + offset, &value, sizeof(value));
	return changed(vty);
}

#define NUMBER_SET(vty, member, value) \
	number_set(vty, offsetof(struct exchange_smpp_config, member), value)

DEFUN(cfg_address, cfg_address_cmd, "address ADDRESS",
      "Where the SMSC listens; must be set\nIP address and port, e.g. 192.0.2.1:2775\n")
{
	struct stream_addr a;

	if (stream_addr_parse(&a, argv[0], true) ||
	    (!stream_addr_is_unix(&a) && !stream_addr_port(&a))) {
		vty_out(vty, "%% %s: not an IP address with a port%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	return TEXT_SET(vty, address, argv[0]);
}

DEFUN(cfg_local, cfg_local_cmd, "local-address ADDRESS",
      "Own address of the connection; default: the kernel's choice\nIP address\n")
{
	struct stream_addr a;

	if (stream_addr_parse(&a, argv[0], false)) {
		vty_out(vty, "%% %s: not an IP address%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	return TEXT_SET(vty, local_address, argv[0]);
}

DEFUN(cfg_system_id, cfg_system_id_cmd, "system-id NAME",
      "Who we are to the SMSC; must be set\nUp to 15 characters\n")
{
	return TEXT_SET(vty, system_id, argv[0]);
}

DEFUN(cfg_password_file, cfg_password_file_cmd, "password-file FILE",
      "The password of the bind stands in the first line of this file; default: none\n"
      "File of mode 0600; root's of mode 0640 if the daemon's own group reads it\n")
{
	return TEXT_SET(vty, password_file, argv[0]);
}

DEFUN(cfg_system_type, cfg_system_type_cmd, "system-type TYPE",
      "What the SMSC wants to see there; default: nothing\nUp to 12 characters\n")
{
	return TEXT_SET(vty, system_type, argv[0]);
}

DEFUN(cfg_address_range, cfg_address_range_cmd, "address-range RANGE",
      "Addresses for which texts are to come to us; default: as the SMSC has it\n"
      "As the SMSC wants it, up to 40 characters\n")
{
	return TEXT_SET(vty, address_range, argv[0]);
}

DEFUN(cfg_source, cfg_source_cmd, "source ADDRESS <0-6> <0-18>",
      SOURCE_STR "Short code, number without '+', or name, up to 20 characters\n"
		 "Type of number: 0 unknown, 1 international, 3 network specific, 5 a name\n"
		 "Numbering plan: 0 unknown, 1 E.164\n")
{
	struct exchange_smpp_config *c = config_of(vty);

	if (!c || TEXT_SET(vty, source, argv[0]) != CMD_SUCCESS)
		return CMD_WARNING;
	c->source_ton = atoi(argv[1]);
	c->source_npi = atoi(argv[2]);
	return CMD_SUCCESS;
}

DEFUN(cfg_bind, cfg_bind_cmd, "bind (transceiver|separate)",
      "Which binds there are; default transceiver\n"
      "One, for both directions\nOne that transmits and one that receives\n")
{
	return NUMBER_SET(vty, mode,
			  strcmp(argv[0], "separate") == 0 ? SMSC_SEPARATE : SMSC_TRANSCEIVER);
}

DEFUN(cfg_message_ids, cfg_message_ids_cmd,
      "message-ids (as-is|no-case|hex-then-decimal|decimal-then-hex)",
      "How ids in receipts are written, seen from those in responses; default as-is\n"
      "Alike\nAlike but for capitals\nResponses hexadecimal, receipts decimal\n"
      "Responses decimal, receipts hexadecimal\n")
{
	return NUMBER_SET(vty, id_form, get_string_value(id_forms, argv[0]));
}

DEFUN(cfg_id_space, cfg_id_space_cmd, "message-id-space NAME",
      "Binds of one SMSC that share its message ids have the same; default: the SMSC's own name\n"
      "Up to 32 characters; the name of one of them will do\n")
{
	return TEXT_SET(vty, id_space, argv[0]);
}

DEFUN(cfg_trusted_origin, cfg_trusted_origin_cmd, "trusted-origin",
      "The sender of a text is who the network knows him to be: this SMSC lets nobody, no other "
      "network and no other ESME, send under a subscriber's number.  Without it what moves value "
      "needs a code of its own\n")
{
	struct exchange_smpp_config *c = config_of(vty);

	if (!c)
		return CMD_WARNING;
	c->trusted_origin = true;
	return changed(vty);
}

DEFUN(cfg_no_trusted_origin, cfg_no_trusted_origin_cmd, "no trusted-origin",
      NO_STR "Senders may be forged (default)\n")
{
	struct exchange_smpp_config *c = config_of(vty);

	if (!c)
		return CMD_WARNING;
	c->trusted_origin = false;
	return changed(vty);
}

static const struct value_string long_names[] = {
	{ SMSC_LONG_PARTS, "parts" },
	{ SMSC_LONG_SAR, "sar" },
	{ SMSC_LONG_PAYLOAD, "payload" },
	{ 0, NULL },
};

DEFUN(cfg_long_texts, cfg_long_texts_cmd, "long-texts (parts|sar|payload)",
      "How texts above 160 characters are sent; default parts\n"
      "In parts, each with its header\n"
      "In parts, said by TLVs, from which the SMSC makes the headers\n"
      "Whole, as message_payload; the SMSC cuts them\n")
{
	struct exchange_smpp_config *c = config_of(vty);

	if (!c)
		return CMD_WARNING;
	c->long_texts = get_string_value(long_names, argv[0]);
	return changed(vty);
}

DEFUN(cfg_priority, cfg_priority_cmd, "priority <0-255>",
      "Texts go by the SMSC of the lowest number that is bound and has room; default 10\n"
      "Several of one number share\n")
{
	return NUMBER_SET(vty, priority, atoi(argv[0]));
}

DEFUN(cfg_window, cfg_window_cmd, "window <1-500>",
      "Parts of texts that may be without a response; default 10\nParts\n")
{
	return NUMBER_SET(vty, window, atoi(argv[0]));
}

DEFUN(cfg_rate, cfg_rate_cmd, "rate <0-100000>",
      "Parts of texts a second; default 0, no limit\nParts a second; 0: no limit\n")
{
	return NUMBER_SET(vty, rate_per_s, atoi(argv[0]));
}

DEFUN(cfg_throttle_pause, cfg_throttle_pause_cmd, "throttle-pause <10-60000>",
      "Pause after the SMSC said \"throttled\"; it doubles up to a minute.  Default 1000\n"
      "Milliseconds\n")
{
	return NUMBER_SET(vty, throttle_ms, atoi(argv[0]));
}

DEFUN(cfg_enquire, cfg_enquire_cmd, "enquire-interval <1-3600>",
      "After so long a silence the SMSC is asked for a sign of life; default 15\nSeconds\n")
{
	return NUMBER_SET(vty, times.enquire_ms, atoi(argv[0]) * 1000);
}

DEFUN(cfg_response_timeout, cfg_response_timeout_cmd, "response-timeout <1-120>",
      "A response that does not come in this time ends the bind; default 10\nSeconds\n")
{
	return NUMBER_SET(vty, times.response_ms, atoi(argv[0]) * 1000);
}

DEFUN(cfg_tls_certificate, cfg_tls_certificate_cmd, "tls certificate FILE",
      TLS_STR
      "The manager's own certificate, with its chain, where the SMSC asks for one; default: "
      "none\nPEM file\n")
{
	return TEXT_SET(vty, tls_certificate_file, argv[0]);
}

DEFUN(cfg_tls_key, cfg_tls_key_cmd, "tls key FILE",
      TLS_STR "The certificate's private key, without passphrase\n"
	      "PEM file of mode 0600; root's of mode 0640 if the daemon's own group reads it\n")
{
	return TEXT_SET(vty, tls_key_file, argv[0]);
}

DEFUN(cfg_tls_ca, cfg_tls_ca_cmd, "tls ca FILE",
      TLS_STR
      "Who must have signed the SMSC's certificate, or that certificate itself; needed with "
      "TLS\nPEM file\n")
{
	return TEXT_SET(vty, tls_ca_file, argv[0]);
}

DEFUN(cfg_tls_peer_cn, cfg_tls_peer_cn_cmd, "tls peer-cn NAME",
      TLS_STR "Common name (subject CN) of the SMSC's certificate, where it has no other name\n"
	      "The name\n")
{
	return TEXT_SET(vty, tls_peer_cn, argv[0]);
}

/* Whatever else would be in no certificate, and a pattern would be too much. */
static bool is_host(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-.:", *c))
			return false;
	return c > name;
}

DEFUN(cfg_tls_peer_name, cfg_tls_peer_name_cmd, "tls peer-name NAME",
      TLS_STR
      "Name of the SMSC that its certificate must be for (subject alternative name); this, or "
      "peer-cn, is needed with TLS\nDNS name or IP address\n")
{
	if (!is_host(argv[0])) {
		vty_out(vty, "%% %s: neither a DNS name nor an IP address%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	return TEXT_SET(vty, tls_peer_name, argv[0]);
}

DEFUN(cfg_tls_minimum, cfg_tls_minimum_cmd, "tls minimum (1.2|1.3)",
      TLS_STR "The lowest version of TLS that is taken; default 1.3\n"
	      "TLS 1.2, with ECDHE and authenticated ciphers\nTLS 1.3\n")
{
	struct exchange_smpp_config *c = config_of(vty);

	if (!c)
		return CMD_WARNING;
	c->tls_1_2 = strcmp(argv[0], "1.2") == 0;
	return changed(vty);
}

DEFUN(cfg_no_tls, cfg_no_tls_cmd, "no tls",
      NO_STR
      "Without TLS: all of its settings are forgotten, and passwords go in clear (default)\n")
{
	struct exchange_smpp_config *c = config_of(vty);

	if (!c)
		return CMD_WARNING;
	memset(c->tls_ca_file, 0, sizeof(c->tls_ca_file));
	memset(c->tls_peer_name, 0, sizeof(c->tls_peer_name));
	memset(c->tls_peer_cn, 0, sizeof(c->tls_peer_cn));
	memset(c->tls_certificate_file, 0, sizeof(c->tls_certificate_file));
	memset(c->tls_key_file, 0, sizeof(c->tls_key_file));
	c->tls_1_2 = false;
	return changed(vty);
}

DEFUN(cfg_plaintext, cfg_plaintext_cmd, "allow-plaintext",
      "Without TLS to an address that is neither loopback nor private too: something else, a "
      "tunnel "
      "or IPsec, protects passwords and texts\n")
{
	struct exchange_smpp_config *c = config_of(vty);

	if (!c)
		return CMD_WARNING;
	c->allow_plaintext = true;
	return changed(vty);
}

DEFUN(cfg_no_plaintext, cfg_no_plaintext_cmd, "no allow-plaintext",
      NO_STR "In clear on loopback and private addresses only (default)\n")
{
	struct exchange_smpp_config *c = config_of(vty);

	if (!c)
		return CMD_WARNING;
	c->allow_plaintext = false;
	return changed(vty);
}

/* --- write ---------------------------------------------------------------------------- */

static void write_text(struct vty *vty, const char *command, const char *text)
{
	if (text[0])
		vty_out(vty, " %s %s%s", command, text, VTY_NEWLINE);
}

static void write_smsc(struct vty *vty, const struct smsc_slot *slot)
{
	const struct exchange_smpp_config *c = &slot->wanted;

	vty_out(vty, "smsc %s%s", slot->name, VTY_NEWLINE);
	write_text(vty, "address", c->address);
	write_text(vty, "local-address", c->local_address);
	write_text(vty, "system-id", c->system_id);
	write_text(vty, "password-file", c->password_file);
	write_text(vty, "system-type", c->system_type);
	write_text(vty, "address-range", c->address_range);
	if (c->source[0])
		vty_out(vty, " source %s %u %u%s", c->source, c->source_ton, c->source_npi,
			VTY_NEWLINE);
	vty_out(vty, " bind %s%s", c->mode == SMSC_SEPARATE ? "separate" : "transceiver",
		VTY_NEWLINE);
	vty_out(vty, " message-ids %s%s", get_value_string(id_forms, c->id_form), VTY_NEWLINE);
	write_text(vty, "message-id-space", c->id_space);
	if (c->trusted_origin)
		vty_out(vty, " trusted-origin%s", VTY_NEWLINE);
	vty_out(vty, " long-texts %s%s", get_value_string(long_names, c->long_texts), VTY_NEWLINE);
	vty_out(vty, " priority %u%s", c->priority, VTY_NEWLINE);
	vty_out(vty, " window %u%s", c->window, VTY_NEWLINE);
	vty_out(vty, " rate %u%s", c->rate_per_s, VTY_NEWLINE);
	vty_out(vty, " throttle-pause %u%s", c->throttle_ms, VTY_NEWLINE);
	vty_out(vty, " enquire-interval %u%s", c->times.enquire_ms / 1000, VTY_NEWLINE);
	vty_out(vty, " response-timeout %u%s", c->times.response_ms / 1000, VTY_NEWLINE);
	write_text(vty, "tls ca", c->tls_ca_file);
	write_text(vty, "tls peer-name", c->tls_peer_name);
	write_text(vty, "tls peer-cn", c->tls_peer_cn);
	write_text(vty, "tls certificate", c->tls_certificate_file);
	write_text(vty, "tls key", c->tls_key_file);
	if (c->tls_1_2)
		vty_out(vty, " tls minimum 1.2%s", VTY_NEWLINE);
	if (c->allow_plaintext)
		vty_out(vty, " allow-plaintext%s", VTY_NEWLINE);
}

static int config_write_smscs(struct vty *vty)
{
	struct smsc_slot *slot;

	llist_for_each_entry (slot, &smscs->slots, entry)
		write_smsc(vty, slot);
	return CMD_SUCCESS;
}

void smscs_vty_init(struct smscs *ss)
{
	static struct cmd_element *const commands[] = {
		&cfg_address_cmd,	   &cfg_local_cmd,
		&cfg_system_id_cmd,	   &cfg_password_file_cmd,
		&cfg_system_type_cmd,	   &cfg_address_range_cmd,
		&cfg_source_cmd,	   &cfg_bind_cmd,
		&cfg_message_ids_cmd,	   &cfg_id_space_cmd,
		&cfg_trusted_origin_cmd,   &cfg_no_trusted_origin_cmd,
		&cfg_long_texts_cmd,	   &cfg_priority_cmd,
		&cfg_window_cmd,	   &cfg_rate_cmd,
		&cfg_throttle_pause_cmd,   &cfg_enquire_cmd,
		&cfg_response_timeout_cmd, &cfg_tls_certificate_cmd,
		&cfg_tls_key_cmd,	   &cfg_tls_ca_cmd,
		&cfg_tls_peer_cn_cmd,	   &cfg_tls_peer_name_cmd,
		&cfg_tls_minimum_cmd,	   &cfg_no_tls_cmd,
		&cfg_plaintext_cmd,	   &cfg_no_plaintext_cmd,
	};
	size_t i;

	smscs = ss;
	install_element(CONFIG_NODE, &cfg_smsc_cmd);
	install_element(CONFIG_NODE, &cfg_no_smsc_cmd);
	install_node(&smsc_node, config_write_smscs);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(SMSC_NODE, commands[i]);
	smscs_show_init(ss);
}
