/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* VTY of the sealer: its node, "show sealer", "sealer new-epoch". */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "lib/log_category.h"
#include "lib/seal_text.h"
#include "manager/sealer_loop.h"
#include "manager/sealer_publish.h"
#include "manager/vty_nodes.h"

#define KEY_STR "Private key that seals history, Ed25519 in PEM, readable by its owner only\n"
#define PASSWORD_STR "File with the role's password in its first line (default: none)\n"
#define SEALER_STR "Sealing of history\n"

/* VTY commands have no data of their own. */
static struct sealer *vty_sealer;

static struct cmd_node sealer_node = { SEALER_NODE, "%s(config-sealer)# ", 1 };

DEFUN(cfg_sealer, cfg_sealer_cmd, "sealer", SEALER_STR)
{
	vty->node = SEALER_NODE;
	return CMD_SUCCESS;
}

/* Settings take effect when the file was read, or with the next reload. */
static int text_set(char **field, const char *value)
{
	osmo_talloc_replace_string(vty_sealer, field, value);
	return CMD_SUCCESS;
}

DEFUN(cfg_key, cfg_key_cmd, "key FILE",
      KEY_STR "Path (default: none, this manager does not seal)\n")
{
	return text_set(&vty_sealer->config.key_file, argv[0]);
}

DEFUN(cfg_no_key, cfg_no_key_cmd, "no key", NO_STR KEY_STR)
{
	return text_set(&vty_sealer->config.key_file, NULL);
}

DEFUN(cfg_user, cfg_user_cmd, "user NAME",
      "Role to connect as\nIts name; needs no more than tegata_sealer's rights (default"
      " tegata_sealer)\n")
{
	return text_set(&vty_sealer->config.user, argv[0]);
}

DEFUN(cfg_password, cfg_password_cmd, "password-file FILE", PASSWORD_STR "Path\n")
{
	return text_set(&vty_sealer->config.password_file, argv[0]);
}

DEFUN(cfg_no_password, cfg_no_password_cmd, "no password-file", NO_STR PASSWORD_STR)
{
	return text_set(&vty_sealer->config.password_file, NULL);
}

DEFUN(cfg_publish, cfg_publish_cmd, "publish directory DIR",
      "Where seals are told to the world\nFiles seals-YYYY-MM.jsonl, appended to\n"
      "Path; needed with a key\n")
{
	if (strlen(argv[0]) > SEALER_PATH_SIZE - 64) {
		vty_out(vty, "%% the path is too long%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	return text_set(&vty_sealer->config.publish_dir, argv[0]);
}

DEFUN(cfg_interval, cfg_interval_cmd, "interval <1-60>",
      "How often history is sealed\nSeconds (default 5)\n")
{
	vty_sealer->config.interval_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_rows_max, cfg_rows_max_cmd, "rows max <1-10000000>",
      "Rows of one seal\nAt most; a transaction is never cut\nRows (default 1000000)\n")
{
	vty_sealer->config.rows_max = atoi(argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_lease_ttl, cfg_lease_ttl_cmd, "lease-ttl <3-600>",
      "How long the right to seal lasts without renewal; the same in all managers\n"
      "Seconds (default 10)\n")
{
	vty_sealer->config.lease_ttl_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

static int config_write_sealer(struct vty *vty)
{
	const struct sealer_config *c = &vty_sealer->config;

	if (!c->key_file)
		return CMD_SUCCESS;
	vty_out(vty, "sealer%s", VTY_NEWLINE);
	vty_out(vty, " key %s%s", c->key_file, VTY_NEWLINE);
	vty_out(vty, " user %s%s", c->user, VTY_NEWLINE);
	if (c->password_file)
		vty_out(vty, " password-file %s%s", c->password_file, VTY_NEWLINE);
	if (c->publish_dir)
		vty_out(vty, " publish directory %s%s", c->publish_dir, VTY_NEWLINE);
	vty_out(vty, " interval %u%s", c->interval_s, VTY_NEWLINE);
	vty_out(vty, " rows max %u%s", c->rows_max, VTY_NEWLINE);
	vty_out(vty, " lease-ttl %u%s", c->lease_ttl_s, VTY_NEWLINE);
	return CMD_SUCCESS;
}

static const char *state_name(const struct sealer *s)
{
	const struct sealer_status *st = &s->status;

	if (!s->config.key_file)
		return "off: no key is configured";
	if (!s->held)
		return "standing by: another manager has the lease";
	if (st->lost)
		return "STOPPED: sealed history is gone, see the log";
	if (!st->connected)
		return "not connected";
	return st->sealing ? "sealing" : "waiting: 'tegatactl setting sealing on'";
}

DEFUN(show_sealer, show_sealer_cmd, "show sealer", SHOW_STR SEALER_STR)
{
	const struct sealer_status *st = &vty_sealer->status;
	char time[SEAL_TIME_STR_SIZE];

	vty_out(vty, "%s%s", state_name(vty_sealer), VTY_NEWLINE);
	vty_out(vty, "  seals %llu, rows %llu, failures %llu%s", (unsigned long long)st->seals,
		(unsigned long long)st->rows, (unsigned long long)st->failures, VTY_NEWLINE);
	if (st->number)
		vty_out(vty, "  last seal %lld of %s%s", (long long)st->number,
			seal_time_format(time, st->sealed_at_us), VTY_NEWLINE);
	if (st->published)
		vty_out(vty, "  published up to %lld%s", (long long)st->published, VTY_NEWLINE);
	if (st->sealing && st->horizon_since_us)
		vty_out(vty, "  horizon moved at %s%s",
			seal_time_format(time, st->horizon_since_us), VTY_NEWLINE);
	return CMD_SUCCESS;
}

DEFUN(sealer_new_epoch, sealer_new_epoch_cmd, "sealer new-epoch .REASON",
      SEALER_STR "Sealed history was lost in a restore: go on from what is left\n"
		 "Why; it is stored and signed with the next seal\n")
{
	char *reason;

	if (!vty_sealer->worker || !vty_sealer->held || !vty_sealer->status.lost) {
		vty_out(vty, "%% nothing is lost that this manager knows of%s", VTY_NEWLINE);
		return CMD_WARNING;
	}
	reason = argv_concat(argv, argc, 0);
	LOGP(DSEAL, LOGL_NOTICE, "new epoch, said at the VTY: %s\n", reason);
	sealer_worker_new_epoch(vty_sealer->worker, reason);
	talloc_free(reason);
	return CMD_SUCCESS;
}

void sealer_vty_init(struct sealer *s)
{
	vty_sealer = s;
	install_element(CONFIG_NODE, &cfg_sealer_cmd);
	install_node(&sealer_node, config_write_sealer);
	install_element(SEALER_NODE, &cfg_key_cmd);
	install_element(SEALER_NODE, &cfg_no_key_cmd);
	install_element(SEALER_NODE, &cfg_user_cmd);
	install_element(SEALER_NODE, &cfg_password_cmd);
	install_element(SEALER_NODE, &cfg_no_password_cmd);
	install_element(SEALER_NODE, &cfg_publish_cmd);
	install_element(SEALER_NODE, &cfg_interval_cmd);
	install_element(SEALER_NODE, &cfg_rows_max_cmd);
	install_element(SEALER_NODE, &cfg_lease_ttl_cmd);
	install_element_ve(&show_sealer_cmd);
	install_element(ENABLE_NODE, &sealer_new_epoch_cmd);
}
