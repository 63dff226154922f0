/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/daemon_vty.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/ctrl/control_vty.h>
#include <osmocom/vty/command.h>

#include "lib/log_category.h"
#include "lib/stream.h"

#define DRAIN_TIMEOUT_DEFAULT_S 20

#define METRICS_STR "Prometheus page /metrics, with /healthz and /readyz, over plain HTTP\n"
#define LOG_STR "Log of this daemon\n"
#define JSON_STR "One JSON object a line (default: off)\n"

static struct daemon_settings *the_settings;

void daemon_settings_init(void *ctx, struct daemon_settings *settings)
{
	settings->ctx = ctx;
	daemon_settings_default(settings);
}

void daemon_settings_default(struct daemon_settings *settings)
{
	settings->drain_timeout_s = DRAIN_TIMEOUT_DEFAULT_S;
	settings->core_dumps = false;
	TALLOC_FREE(settings->metrics_address);
	TALLOC_FREE(settings->log_json_path);
}

static void text_set(char **text, const char *value)
{
	osmo_talloc_replace_string(the_settings->ctx, text, value);
}

DEFUN(cfg_drain_timeout, cfg_drain_timeout_cmd, "drain-timeout <0-3600>",
      "How long SIGTERM waits for what is under way (default 20)\n"
      "Seconds\n")
{
	the_settings->drain_timeout_s = atoi(argv[0]);
	return CMD_SUCCESS;
}

#define CORE_STR "A crash leaves a core file, which holds what was in memory, keys of shops too\n"

DEFUN(cfg_core_dumps, cfg_core_dumps_cmd, "core-dumps", CORE_STR)
{
	the_settings->core_dumps = true;
	return CMD_SUCCESS;
}

DEFUN(cfg_no_core_dumps, cfg_no_core_dumps_cmd, "no core-dumps",
      NO_STR "No core file, and no debugger of the same user (default)\n")
{
	the_settings->core_dumps = false;
	return CMD_SUCCESS;
}

DEFUN(cfg_metrics, cfg_metrics_cmd, "metrics bind ADDRESS",
      METRICS_STR "Listen on a private address (default: off)\n"
		  "Address and port, as 127.0.0.1:9470 or [::1]:9470\n")
{
	/* It tells how much is sold, and asks nobody who he is. */
	if (!stream_address_is_private(argv[0])) {
		vty_out(vty, "%% %s is not a private address with a port%s", argv[0], VTY_NEWLINE);
		return CMD_WARNING;
	}
	text_set(&the_settings->metrics_address, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_no_metrics, cfg_no_metrics_cmd, "no metrics", NO_STR METRICS_STR)
{
	text_set(&the_settings->metrics_address, NULL);
	return CMD_SUCCESS;
}

DEFUN(cfg_log_json, cfg_log_json_cmd, "log json PATH",
      LOG_STR JSON_STR "File, opened again at SIGHUP; or stderr\n")
{
	text_set(&the_settings->log_json_path, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(cfg_no_log_json, cfg_no_log_json_cmd, "no log json", NO_STR LOG_STR JSON_STR)
{
	text_set(&the_settings->log_json_path, NULL);
	return CMD_SUCCESS;
}

void daemon_settings_vty_init(struct daemon_settings *settings, int node)
{
	the_settings = settings;
	install_element(node, &cfg_drain_timeout_cmd);
	install_element(node, &cfg_core_dumps_cmd);
	install_element(node, &cfg_no_core_dumps_cmd);
	install_element(node, &cfg_metrics_cmd);
	install_element(node, &cfg_no_metrics_cmd);
	install_element(node, &cfg_log_json_cmd);
	install_element(node, &cfg_no_log_json_cmd);
}

void daemon_settings_vty_write(const struct daemon_settings *settings, struct vty *vty)
{
	vty_out(vty, " drain-timeout %u%s", settings->drain_timeout_s, VTY_NEWLINE);
	vty_out(vty, " %score-dumps%s", settings->core_dumps ? "" : "no ", VTY_NEWLINE);
	if (settings->metrics_address)
		vty_out(vty, " metrics bind %s%s", settings->metrics_address, VTY_NEWLINE);
	if (settings->log_json_path)
		vty_out(vty, " log json %s%s", settings->log_json_path, VTY_NEWLINE);
}

/* Who reaches VTY or CTRL may change everything, and is not asked who he is. */
static int console_check(const char *setting, const char *ip)
{
	char address[64];

	snprintf(address, sizeof(address), strchr(ip, ':') ? "[%s]:1" : "%s:1", ip);
	if (stream_address_is_private(address))
		return 0;
	LOGP(DMAIN, LOGL_ERROR, "%s: bind %s: not a loopback or private address\n", setting, ip);
	return -EPERM;
}

int daemon_consoles_check(void)
{
	int vty = console_check("line vty", vty_get_bind_addr());
	int ctrl = console_check("ctrl", ctrl_vty_get_bind_addr());

	return vty < 0 ? vty : ctrl;
}
