/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "lib/monotonic.h"
#include "manager/dialogue_priv.h"
#include "manager/menu_nav.h"
#include "manager/vty_nodes.h"

#define TEXTS_DIR_DEFAULT TEGATA_DATADIR "/texts"

static struct dialogues *the_dialogues;

static struct cmd_node dialogue_node = { DIALOGUE_NODE, "%s(config-dialogue)# ", 1 };

static bool all_digits(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

/* Copies a setting; a complaint on the VTY where it is too long or not digits. */
static int set_digits(struct vty *vty, char *setting, size_t size, const char *text)
{
	if (!all_digits(text) || strlen(text) >= size) {
		vty_out(vty, "%% not 1 to %zu digits: %s%s", size - 1, text, VTY_NEWLINE);
		return CMD_WARNING;
	}
	osmo_strlcpy(setting, text, size);
	return CMD_SUCCESS;
}

static int set_word(struct vty *vty, char *setting, size_t size, const char *text)
{
	if (strlen(text) >= size) {
		vty_out(vty, "%% longer than %zu characters: %s%s", size - 1, text, VTY_NEWLINE);
		return CMD_WARNING;
	}
	osmo_strlcpy(setting, text, size);
	return CMD_SUCCESS;
}

DEFUN(cfg_dialogue, cfg_dialogue_cmd, "dialogue", "What subscribers dial, read and may do\n")
{
	vty->node = DIALOGUE_NODE;
	return CMD_SUCCESS;
}

DEFUN(cfg_service_code, cfg_service_code_cmd, "service-code CODE",
      "Service code: subscribers dial *CODE# (default 188)\n"
      "1 to 7 digits, as the exchange routes them here\n")
{
	return set_digits(vty, the_dialogues->settings.service_code, SERVICE_CODE_SIZE, argv[0]);
}

#define ENROL_STR "Enrol a terminal when it dials for the first time and its number is known\n"

DEFUN(cfg_enrol, cfg_enrol_cmd, "enrol", ENROL_STR)
{
	the_dialogues->settings.enrol = true;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_enrol, cfg_no_enrol_cmd, "no enrol",
      NO_STR "Only terminals that were imported or provisioned are served (default)\n")
{
	the_dialogues->settings.enrol = false;
	return CMD_SUCCESS;
}

DEFUN(cfg_default_language, cfg_default_language_cmd, "default-language LANGUAGE",
      "Language of terminals that have none of their own (default en)\n"
      "Name of a catalogue in texts-dir, without .txt\n")
{
	return set_word(vty, the_dialogues->settings.default_language, LANGUAGE_SIZE, argv[0]);
}

DEFUN(cfg_texts_dir, cfg_texts_dir_cmd, "texts-dir DIRECTORY",
      "Where the text catalogues (*.txt) are; read again at reload\n"
      "Directory (default " TEXTS_DIR_DEFAULT ")\n")
{
	osmo_talloc_replace_string(the_dialogues, &the_dialogues->settings.texts_dir, argv[0]);
	return CMD_SUCCESS;
}

#define PIN_KEY_STR "Key under which digests of PINs are stored (default: none, and no PINs)\n"

DEFUN(cfg_pin_key, cfg_pin_key_cmd, "pin-key FILE",
      PIN_KEY_STR "File with 64 hexadecimal digits, of this user and readable by nobody else\n")
{
	return set_word(vty, the_dialogues->settings.pin_key_file, PIN_KEY_FILE_SIZE, argv[0]);
}

DEFUN(cfg_no_pin_key, cfg_no_pin_key_cmd, "no pin-key", NO_STR PIN_KEY_STR)
{
	the_dialogues->settings.pin_key_file[0] = '\0';
	return CMD_SUCCESS;
}

DEFUN(cfg_idle_timeout, cfg_idle_timeout_cmd, "idle-timeout <5-300>",
      "How long a terminal may take to answer; below the exchange's own guard timer (default 25)\n"
      "Seconds\n")
{
	osmo_tdef_set(the_dialogues->timers, DIALOGUE_X_IDLE, atoi(argv[0]), OSMO_TDEF_S);
	return CMD_SUCCESS;
}

DEFUN(cfg_max_open, cfg_max_open_cmd, "max-open <1-1000000>",
      "How many dialogues may be open; the next is told to dial again (default 20000)\n"
      "Dialogues, of 4 KiB each\n")
{
	the_dialogues->settings.max_open = atoi(argv[0]);
	return CMD_SUCCESS;
}

#define RATE_STR \
	"How often one terminal may dial; past it, it is told to dial again (default 30, 20)\n"

DEFUN(cfg_terminal_rate, cfg_terminal_rate_cmd, "terminal-rate <1-6000> burst <1-1000>",
      RATE_STR "Dialogues a minute\nHow many at once\nDialogues\n")
{
	the_dialogues->settings.rate_per_min = atoi(argv[0]);
	the_dialogues->settings.rate_burst = atoi(argv[1]);
	return CMD_SUCCESS;
}

DEFUN(cfg_no_terminal_rate, cfg_no_terminal_rate_cmd, "no terminal-rate", NO_STR RATE_STR)
{
	the_dialogues->settings.rate_per_min = 0;
	return CMD_SUCCESS;
}

DEFUN(cfg_repeat_guard, cfg_repeat_guard_cmd, "repeat-guard <0-86400>",
      "Who asks the same within this time is asked whether he means it (default 600)\n"
      "Seconds; 0 never asks\n")
{
	the_dialogues->settings.repeat_guard_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_confirm_oneshot, cfg_confirm_oneshot_cmd, "confirm-oneshot (always|never)",
      "Does a one-shot code that moves value ask before it does so (default always)\n"
      "Shows whom and how much, and asks\n"
      "Does it at once; only a suspected repeat asks\n")
{
	the_dialogues->settings.confirm_oneshot = strcmp(argv[0], "always") == 0;
	return CMD_SUCCESS;
}

#define COUNTRY_STR "Country code that completes national numbers (default: none, only E.164)\n"

DEFUN(cfg_country_code, cfg_country_code_cmd, "country-code CODE",
      COUNTRY_STR "1 to 3 digits, as 81\n")
{
	return set_digits(vty, the_dialogues->settings.plan.country_code,
			  sizeof(the_dialogues->settings.plan.country_code), argv[0]);
}

DEFUN(cfg_no_country_code, cfg_no_country_code_cmd, "no country-code", NO_STR COUNTRY_STR)
{
	the_dialogues->settings.plan.country_code[0] = '\0';
	return CMD_SUCCESS;
}

#define NATIONAL_STR                                                                           \
	"What national numbers begin with; replaced by the country code (default 0). Without " \
	"one, "                                                                                \
	"numbers without + or the international prefix are national\n"

DEFUN(cfg_national_prefix, cfg_national_prefix_cmd, "national-prefix PREFIX",
      NATIONAL_STR "1 to 3 digits, as 0\n")
{
	return set_digits(vty, the_dialogues->settings.plan.national_prefix,
			  sizeof(the_dialogues->settings.plan.national_prefix), argv[0]);
}

DEFUN(cfg_no_national_prefix, cfg_no_national_prefix_cmd, "no national-prefix", NO_STR NATIONAL_STR)
{
	the_dialogues->settings.plan.national_prefix[0] = '\0';
	return CMD_SUCCESS;
}

#define INTERNATIONAL_STR "What international numbers begin with, apart from + (default 00)\n"

DEFUN(cfg_international_prefix, cfg_international_prefix_cmd, "international-prefix PREFIX",
      INTERNATIONAL_STR "1 to 5 digits, as 00 or 010\n")
{
	return set_digits(vty, the_dialogues->settings.plan.international_prefix,
			  sizeof(the_dialogues->settings.plan.international_prefix), argv[0]);
}

DEFUN(cfg_no_international_prefix, cfg_no_international_prefix_cmd, "no international-prefix",
      NO_STR INTERNATIONAL_STR)
{
	the_dialogues->settings.plan.international_prefix[0] = '\0';
	return CMD_SUCCESS;
}

#define PRODUCT_STR "Which product *CODE*1*amount# buys (default: the first on the menu)\n"

DEFUN(cfg_default_product, cfg_default_product_cmd, "default-product PRODUCT",
      PRODUCT_STR "Its code\n")
{
	return set_word(vty, the_dialogues->settings.default_product, PRODUCT_CODE_SIZE, argv[0]);
}

DEFUN(cfg_no_default_product, cfg_no_default_product_cmd, "no default-product", NO_STR PRODUCT_STR)
{
	the_dialogues->settings.default_product[0] = '\0';
	return CMD_SUCCESS;
}

/* "+09:00", "-03:30". */
static bool parse_offset(int *offset_s, const char *text)
{
	int hours, minutes;

	if (strlen(text) != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
		return false;
	for (int i = 1; i < 6; i++) {
		if (i != 3 && !isdigit((unsigned char)text[i]))
			return false;
	}
	hours = (text[1] - '0') * 10 + text[2] - '0';
	minutes = (text[4] - '0') * 10 + text[5] - '0';
	if (hours > 14 || minutes > 59)
		return false;
	*offset_s = (hours * 3600 + minutes * 60) * (text[0] == '-' ? -1 : 1);
	return true;
}

DEFUN(cfg_timezone, cfg_timezone_cmd, "timezone ZONE",
      "In which time subscribers read when something was done (default local)\n"
      "local (as TZ of this process says), or hours and minutes east of UTC, as +09:00\n")
{
	struct dialogue_settings *s = &the_dialogues->settings;

	if (strcmp(argv[0], "local") == 0) {
		s->clock = DIALOGUE_CLOCK_LOCAL;
		return CMD_SUCCESS;
	}
	if (!parse_offset(&s->clock_offset_s, argv[0])) {
		vty_out(vty, "%% neither local nor +HH:MM or -HH:MM: %s%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	s->clock = DIALOGUE_CLOCK_OFFSET;
	return CMD_SUCCESS;
}

static void write_prefix(struct vty *vty, const char *name, const char *value)
{
	if (value[0])
		vty_out(vty, " %s %s%s", name, value, VTY_NEWLINE);
	else
		vty_out(vty, " no %s%s", name, VTY_NEWLINE);
}

static int config_write_dialogue(struct vty *vty)
{
	const struct dialogue_settings *s = &the_dialogues->settings;
	int minutes = abs(s->clock_offset_s) / 60;

	vty_out(vty, "dialogue%s", VTY_NEWLINE);
	vty_out(vty, " service-code %s%s", s->service_code, VTY_NEWLINE);
	vty_out(vty, " %senrol%s", s->enrol ? "" : "no ", VTY_NEWLINE);
	vty_out(vty, " default-language %s%s", s->default_language, VTY_NEWLINE);
	vty_out(vty, " texts-dir %s%s", s->texts_dir, VTY_NEWLINE);
	write_prefix(vty, "pin-key", s->pin_key_file);
	vty_out(vty, " idle-timeout %lu%s",
		osmo_tdef_get(the_dialogues->timers, DIALOGUE_X_IDLE, OSMO_TDEF_S, -1),
		VTY_NEWLINE);
	vty_out(vty, " max-open %u%s", s->max_open, VTY_NEWLINE);
	if (s->rate_per_min)
		vty_out(vty, " terminal-rate %u burst %u%s", s->rate_per_min, s->rate_burst,
			VTY_NEWLINE);
	else
		vty_out(vty, " no terminal-rate%s", VTY_NEWLINE);
	vty_out(vty, " repeat-guard %u%s", s->repeat_guard_s, VTY_NEWLINE);
	vty_out(vty, " confirm-oneshot %s%s", s->confirm_oneshot ? "always" : "never", VTY_NEWLINE);
	write_prefix(vty, "country-code", s->plan.country_code);
	write_prefix(vty, "national-prefix", s->plan.national_prefix);
	write_prefix(vty, "international-prefix", s->plan.international_prefix);
	write_prefix(vty, "default-product", s->default_product);
	if (s->clock == DIALOGUE_CLOCK_LOCAL)
		vty_out(vty, " timezone local%s", VTY_NEWLINE);
	else
		vty_out(vty, " timezone %c%02d:%02d%s", s->clock_offset_s < 0 ? '-' : '+',
			minutes / 60, minutes % 60, VTY_NEWLINE);
	return CMD_SUCCESS;
}

/* --- show ------------------------------------------------------------------ */

DEFUN(show_dialogues, show_dialogues_cmd, "show dialogues",
      SHOW_STR "Dialogues with terminals: how many, by state, and the newest\n")
{
	const struct dialogues *ds = the_dialogues;
	const struct dialogue *d;
	int64_t now_s = monotonic_s();
	unsigned int n = 0;
	char imsi[MASKED_SIZE];

	vty_out(vty, "%zu open of at most %u%s%s", ds->n_open, ds->settings.max_open,
		ds->draining ? ", no new ones: shutting down" : "", VTY_NEWLINE);
	for (int state = 0; state < DIALOGUE_STATES; state++)
		vty_out(vty, " %-8s %zu%s", dialogue_state_name(state), ds->n_state[state],
			VTY_NEWLINE);
	llist_for_each_entry (d, &ds->open, entry) {
		if (n++ == DIALOGUE_SHOWN_MAX)
			break;
		vty_out(vty, "  %u: %s over %s, %lld s, %s at %s%s", d->serial,
			mask_digits(imsi, d->imsi), d->link, (long long)(now_s - d->opened_s),
			dialogue_state_of(d), menu_node_name(d), VTY_NEWLINE);
	}
	return CMD_SUCCESS;
}

void dialogues_vty_init(struct dialogues *ds)
{
	static struct cmd_element *const settings[] = {
		&cfg_service_code_cmd,
		&cfg_enrol_cmd,
		&cfg_no_enrol_cmd,
		&cfg_default_language_cmd,
		&cfg_texts_dir_cmd,
		&cfg_pin_key_cmd,
		&cfg_no_pin_key_cmd,
		&cfg_idle_timeout_cmd,
		&cfg_max_open_cmd,
		&cfg_terminal_rate_cmd,
		&cfg_no_terminal_rate_cmd,
		&cfg_repeat_guard_cmd,
		&cfg_confirm_oneshot_cmd,
		&cfg_country_code_cmd,
		&cfg_no_country_code_cmd,
		&cfg_national_prefix_cmd,
		&cfg_no_national_prefix_cmd,
		&cfg_international_prefix_cmd,
		&cfg_no_international_prefix_cmd,
		&cfg_default_product_cmd,
		&cfg_no_default_product_cmd,
		&cfg_timezone_cmd,
	};

	the_dialogues = ds;
	install_element(CONFIG_NODE, &cfg_dialogue_cmd);
	install_node(&dialogue_node, config_write_dialogue);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		install_element(DIALOGUE_NODE, settings[i]);
	install_element_ve(&show_dialogues_cmd);
}
