/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What texts from terminals may do: commands of node "sms" (sms_vty.c). */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "manager/sms_inbound_priv.h"
#include "manager/vty_nodes.h"

/* VTY commands have no data of their own. */
static struct sms_inbound *vty_inbound;

#define RATE_STR "Texts of one sender; what is past it is dropped (default 10, 10)\n"

DEFUN(cfg_rate, cfg_rate_cmd, "sender-rate <1-6000> burst <1-1000>",
      RATE_STR "Texts a minute\nHow many at once\nTexts\n")
{
	vty_inbound->settings.rate_per_min = atoi(argv[0]);
	vty_inbound->settings.rate_burst = atoi(argv[1]);
	return CMD_SUCCESS;
}

DEFUN(cfg_no_rate, cfg_no_rate_cmd, "no sender-rate", NO_STR RATE_STR)
{
	vty_inbound->settings.rate_per_min = 0;
	return CMD_SUCCESS;
}

DEFUN(cfg_answer_time, cfg_answer_time_cmd, "answer-time <60-86400>",
      "How long a question waits for its answer (default 600)\nSeconds\n")
{
	vty_inbound->settings.answer_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

#define NUMBER_STR "Address to which subscribers may text, beside the source of each link\n"

DEFUN(cfg_number, cfg_number_cmd, "service-number NUMBER",
      NUMBER_STR "Short code or number, as it arrives, up to 20 characters; up to 8 lines\n")
{
	struct sms_inbound_settings *s = &vty_inbound->settings;
	size_t i;

	if (strlen(argv[0]) >= sizeof(s->numbers[0])) {
		vty_out(vty, "%% longer than %zu characters%s", sizeof(s->numbers[0]) - 1,
			VTY_NEWLINE);
		return CMD_WARNING;
	}
	for (i = 0; i < s->n_numbers; i++)
		if (strcmp(s->numbers[i], argv[0]) == 0)
			return CMD_SUCCESS;
	if (s->n_numbers == SMS_NUMBERS_MAX) {
		vty_out(vty, "%% at most %d%s", SMS_NUMBERS_MAX, VTY_NEWLINE);
		return CMD_WARNING;
	}
	OSMO_STRLCPY_ARRAY(s->numbers[s->n_numbers], argv[0]);
	s->n_numbers++;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_number, cfg_no_number_cmd, "no service-number NUMBER", NO_STR NUMBER_STR "Which one\n")
{
	struct sms_inbound_settings *s = &vty_inbound->settings;
	size_t i;

	for (i = 0; i < s->n_numbers && strcmp(s->numbers[i], argv[0]) != 0; i++)
		;
	if (i == s->n_numbers) {
		vty_out(vty, "%% no such address%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	s->n_numbers--;
	memmove(s->numbers[i], s->numbers[i + 1], (s->n_numbers - i) * sizeof(s->numbers[0]));
	return CMD_SUCCESS;
}

#define REFERENCE_STR \
	"BUY with a reference of its author's needs no code, on links whose origin is trusted\n"

DEFUN(cfg_reference, cfg_reference_cmd, "purchase-by-reference", REFERENCE_STR)
{
	vty_inbound->settings.direct_purchase = true;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_reference, cfg_no_reference_cmd, "no purchase-by-reference", NO_STR REFERENCE_STR)
{
	vty_inbound->settings.direct_purchase = false;
	return CMD_SUCCESS;
}

void sms_inbound_config_write(struct vty *vty)
{
	const struct sms_inbound_settings *s = &vty_inbound->settings;
	size_t i;

	for (i = 0; i < s->n_numbers; i++)
		vty_out(vty, " service-number %s%s", s->numbers[i], VTY_NEWLINE);
	if (s->rate_per_min)
		vty_out(vty, " sender-rate %u burst %u%s", s->rate_per_min, s->rate_burst,
			VTY_NEWLINE);
	else
		vty_out(vty, " no sender-rate%s", VTY_NEWLINE);
	vty_out(vty, " answer-time %u%s", s->answer_s, VTY_NEWLINE);
	vty_out(vty, " %spurchase-by-reference%s", s->direct_purchase ? "" : "no ", VTY_NEWLINE);
}

void sms_inbound_vty_init(struct sms_inbound *si)
{
	static struct cmd_element *const commands[] = {
		&cfg_rate_cmd,	       &cfg_no_rate_cmd, &cfg_answer_time_cmd, &cfg_reference_cmd,
		&cfg_no_reference_cmd, &cfg_number_cmd,	 &cfg_no_number_cmd,
	};

	vty_inbound = si;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(SMS_NODE, commands[i]);
}
