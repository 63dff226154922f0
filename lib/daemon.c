/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/daemon.h"

#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/fsm.h>
#include <osmocom/core/msgb.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/select.h>
#include <osmocom/core/stats.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/ctrl/control_if.h>
#include <osmocom/ctrl/control_vty.h>
#include <osmocom/ctrl/ports.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/logging.h>
#include <osmocom/vty/misc.h>
#include <osmocom/vty/stats.h>
#include <osmocom/vty/telnet_interface.h>

#include "lib/config_text.h"
#include "lib/daemon_check.h"
#include "lib/daemon_ctrl.h"
#include "lib/daemon_vty.h"
#include "lib/log_category.h"
#include "lib/log_json.h"
#include "lib/log_lines.h"
#include "lib/metrics_http.h"
#include "lib/monotonic.h"
#include "lib/notify.h"
#include "lib/process_guard.h"

#define DRAIN_POLL_US (50 * 1000)
#define READY_POLL_US (200 * 1000)

/* One daemon a process: signals and libosmovty's state are the process's too. */
static struct daemon_run {
	struct daemon *daemon;
	struct daemon_settings settings;
	const char *config;
	bool check_only;
	struct ctrl_handle *ctrl;
	struct metrics_http *metrics;
	struct log_target *json;
	struct osmo_timer_list drain_timer, ready_timer;
	int64_t drain_end_s;
	bool draining, ready, stopping;
	struct daemon_check check; /* tries the configuration */
	bool check_again;
	char *log_json_path, *metrics_address; /* in force; NULL: off */
} run;

static struct vty_app_info vty_info = {
	.version = TEGATA_VERSION,
	.copyright = "Tegata, electronic value for mobile carriers\r\n"
		     "License AGPL-3.0-or-later: you may change and share it on its terms.\r\n"
		     "There is no warranty, to the extent that the law permits.\r\n",
};

void *daemon_init(struct daemon *d)
{
	run.daemon = d;
	d->ctx = talloc_named_const(NULL, 0, d->name);
	msgb_talloc_ctx_init(d->ctx, 0);
	osmo_init_logging2(d->ctx, &tegata_log_info);
	log_set_print_category_hex(osmo_stderr_target, 0);
	log_set_use_color(osmo_stderr_target, isatty(STDERR_FILENO));
	log_set_print_category(osmo_stderr_target, 1);
	log_set_print_level(osmo_stderr_target, 1);
	log_set_print_filename2(osmo_stderr_target, LOG_FILENAME_NONE);
	rate_ctr_init(d->ctx);
	osmo_stats_init(d->ctx);
	osmo_fsm_log_addr(false);
	osmo_fsm_log_timeouts(true);
	osmo_fsm_term_safely(true);
	osmo_fsm_set_dealloc_ctx(OTC_SELECT);
	vty_info.name = d->name;
	vty_info.tall_ctx = d->ctx;
	vty_init(&vty_info);
	logging_vty_add_cmds();
	osmo_stats_vty_add_cmds();
	osmo_talloc_vty_add_cmds();
	osmo_fsm_vty_add_cmds();
	ctrl_vty_init(d->ctx);
	return d->ctx;
}

void daemon_vty_init(struct daemon *d, int node)
{
	daemon_settings_init(d->ctx, &run.settings);
	daemon_settings_vty_init(&run.settings, node);
}

void daemon_vty_write(struct vty *vty)
{
	daemon_settings_vty_write(&run.settings, vty);
}

/* --- ready ------------------------------------------------------------------ */

static bool daemon_ready(void *data)
{
	return !run.draining && run.daemon->handler->ready(run.daemon->data);
}

static void ready_poll(void *data)
{
	bool ready = daemon_ready(NULL);

	if (ready != run.ready) {
		LOGP(DMAIN, LOGL_NOTICE, ready ? "ready\n" : "not ready\n");
		notify_send(ready ? "STATUS=ready" : "STATUS=not ready");
		run.ready = ready;
	}
	osmo_timer_schedule(&run.ready_timer, 0, READY_POLL_US);
}

/* --- end -------------------------------------------------------------------- */

static void stop_now(void)
{
	if (run.stopping)
		return;
	run.stopping = true;
	run.daemon->handler->stop(run.daemon->data);
	osmo_select_shutdown_request();
}

static void drain_poll(void *data)
{
	if (run.daemon->handler->drained(run.daemon->data)) {
		LOGP(DMAIN, LOGL_NOTICE, "drained\n");
		stop_now();
	} else if (monotonic_s() >= run.drain_end_s) {
		LOGP(DMAIN, LOGL_ERROR, "not drained after %u s, stopping all the same\n",
		     run.settings.drain_timeout_s);
		stop_now();
	} else {
		osmo_timer_schedule(&run.drain_timer, 0, DRAIN_POLL_US);
	}
}

static void drain_start(void)
{
	run.draining = true;
	LOGP(DMAIN, LOGL_NOTICE, "draining\n");
	notify_send("STOPPING=1");
	run.daemon->handler->drain(run.daemon->data);
	run.drain_end_s = monotonic_s() + run.settings.drain_timeout_s;
	osmo_timer_schedule(&run.drain_timer, 0, 0);
}

/* --- configuration ------------------------------------------------------------ */

static bool text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static int log_json_apply(const char *path)
{
	int rc;

	if (text_equal(path, run.log_json_path))
		return 0;
	if (run.json)
		log_json_close(run.json);
	run.json = NULL;
	TALLOC_FREE(run.log_json_path);
	if (!path)
		return 0;
	run.json = log_json_open(run.daemon->ctx, path);
	if (!run.json) {
		rc = -errno;
		LOGP(DMAIN, LOGL_ERROR, "log json %s: %s\n", path, strerror(-rc));
		return rc;
	}
	run.log_json_path = talloc_strdup(run.daemon->ctx, path);
	log_add_target(run.json);
	log_set_all_filter(run.json, 1);
	return 0;
}

static int metrics_apply(const char *address)
{
	if (text_equal(address, run.metrics_address))
		return 0;
	metrics_http_stop(run.metrics);
	run.metrics = NULL;
	TALLOC_FREE(run.metrics_address);
	if (!address)
		return 0;
	run.metrics = metrics_http_start(run.daemon->ctx, address, daemon_ready, NULL);
	if (!run.metrics)
		return -EADDRNOTAVAIL;
	run.metrics_address = talloc_strdup(run.daemon->ctx, address);
	return 0;
}

/* Log and metrics follow the settings, at start and at each reload. */
static int settings_apply(void)
{
	int json = log_json_apply(run.settings.log_json_path);
	int metrics = metrics_apply(run.settings.metrics_address);
	int guard = process_guard_core_dumps(run.settings.core_dumps);

	log_lines_adopt(run.daemon->ctx);
	if (guard < 0)
		LOGP(DMAIN, LOGL_ERROR, "core-dumps: %s\n", strerror(-guard));
	if (json < 0)
		return json;
	return metrics < 0 ? metrics : guard;
}

/* The file as it was tried: what it does not say has its default. */
static void reload(FILE *config)
{
	daemon_settings_default(&run.settings);
	run.daemon->handler->reset(run.daemon->data);
	if (vty_read_config_filep(config, NULL) < 0) {
		LOGP(DMAIN, LOGL_ERROR, "%s: read only in part, though it was good when tried\n",
		     run.config);
		return;
	}
	if (settings_apply() < 0)
		LOGP(DMAIN, LOGL_ERROR, "%s: log json or metrics are not as it says\n", run.config);
	run.daemon->handler->reload(run.daemon->data);
	LOGP(DMAIN, LOGL_NOTICE, "%s is in force\n", run.config);
}

/* Further SIGHUPs that come while a file is checked are one. */
static void reload_begin(void)
{
	int rc;

	log_lines_release();
	log_targets_reopen();
	log_lines_adopt(run.daemon->ctx);
	if (run.json && log_json_reopen(run.json) < 0)
		LOGP(DMAIN, LOGL_ERROR, "log json: cannot be opened again, the old file stays\n");
	run.check_again = run.check.pid > 0;
	if (run.check_again)
		return;
	LOGP(DMAIN, LOGL_NOTICE, "reading %s again\n", run.config);
	notify_send("RELOADING=1");
	rc = daemon_check_start(&run.check, run.daemon->name, run.config);
	if (rc < 0) {
		LOGP(DMAIN, LOGL_ERROR, "%s cannot be checked, what was in force stays: %s\n",
		     run.config, strerror(-rc));
		notify_send("READY=1");
	}
}

static void reload_checked(void)
{
	int good = run.check.pid > 0 ? daemon_check_result(&run.check) : -EAGAIN;

	if (good == -EAGAIN)
		return;
	if (good && !run.draining)
		reload(run.check.copy);
	else if (!run.draining)
		LOGP(DMAIN, LOGL_ERROR, "%s has an error, see stderr; what was in force stays\n",
		     run.config);
	daemon_check_end(&run.check);
	if (run.draining)
		return;
	notify_send("READY=1");
	if (run.check_again)
		reload_begin();
}

static void signal_arrived(struct osmo_signalfd *osfd, const struct signalfd_siginfo *info)
{
	switch (info->ssi_signo) {
	case SIGHUP:
		if (!run.draining)
			reload_begin();
		break;
	case SIGCHLD:
		reload_checked();
		break;
	case SIGUSR1:
		talloc_report(run.daemon->ctx, stderr);
		break;
	default:
		if (run.draining)
			stop_now();
		else
			drain_start();
	}
}

static int signals_init(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return osmo_signalfd_setup(run.daemon->ctx, set, signal_arrived, NULL) ? 0 : -EIO;
}

/* --- options ------------------------------------------------------------------ */

static void usage(const struct daemon *d)
{
	printf("Usage: %s [OPTION]...\n"
	       "%s\n\n"
	       "  -c, --config FILE  configuration (default %s)\n"
	       "      --check        read the configuration and the files it names, say what is\n"
	       "                     wrong, end\n"
	       "  -V, --version\n"
	       "  -h, --help\n\n"
	       "SIGHUP reads the configuration again, SIGTERM drains and ends.\n",
	       d->name, d->description, d->default_config);
}

/* 1: go on; else the exit code is in *code. */
static int options_parse(struct daemon *d, int argc, char **argv, int *code)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	run.config = d->default_config;
	*code = 0;
	while ((opt = getopt_long(argc, argv, "c:Vh", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			run.config = optarg;
			break;
		case 'k':
			run.check_only = true;
			break;
		case 'V':
			printf("%s %s\n", d->name, TEGATA_VERSION);
			return 0;
		case 'h':
			usage(d);
			return 0;
		default:
			*code = 2;
			return 0;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: '%s' is not an option\n", d->name, argv[optind]);
		*code = 2;
		return 0;
	}
	return 1;
}

static int listeners_start(struct daemon *d)
{
	if (telnet_init_default(d->ctx, NULL, d->vty_port) < 0) {
		LOGP(DMAIN, LOGL_FATAL, "VTY: cannot listen (see 'line vty', 'bind')\n");
		return -EADDRINUSE;
	}
	run.ctrl =
		ctrl_interface_setup_dynip(d->data, ctrl_vty_get_bind_addr(), d->ctrl_port, NULL);
	if (!run.ctrl || daemon_ctrl_init(daemon_ready) != 0) {
		LOGP(DMAIN, LOGL_FATAL, "CTRL: cannot listen on %s:%d\n", ctrl_vty_get_bind_addr(),
		     d->ctrl_port);
		return -EADDRINUSE;
	}
	return 0;
}

/* libosmovty does not say why it cannot open a file. */
static int config_open_check(const struct daemon *d)
{
	const struct passwd *user = getpwuid(geteuid());
	FILE *f = fopen(run.config, "r");
	int error = f ? 0 : errno;
	char why[CONFIG_TEXT_WHY_SIZE];
	int rc = 0;

	/* A directory is opened, and not read. */
	if (f && ungetc(getc(f), f) == EOF && ferror(f))
		error = errno;
	else if (f)
		rc = config_text_check(f, why);
	if (f)
		fclose(f);
	if (error)
		fprintf(stderr, "%s: cannot read the configuration %s as user %s: %s\n", d->name,
			run.config, user ? user->pw_name : "?", strerror(error));
	else if (rc < 0)
		fprintf(stderr, "%s: cannot use the configuration %s: %s\n", d->name, run.config,
			why);
	return error ? -error : rc;
}

static int settings_check(void)
{
	const char *json = run.settings.log_json_path, *metrics = run.settings.metrics_address;
	int rc = json ? log_json_check(json) : 0;

	if (rc < 0)
		LOGP(DMAIN, LOGL_ERROR, "log json %s: %s\n", json, strerror(-rc));
	if (metrics && metrics_http_check(metrics) < 0)
		rc = -EINVAL;
	if (daemon_consoles_check() < 0)
		rc = -EPERM;
	return rc;
}

/* Without a socket: what start() would find too, all of it. */
static int config_check(const struct daemon *d)
{
	int settings = settings_check(), handler = d->handler->check(d->data);

	if (settings == 0 && handler == 0)
		return 0;
	fprintf(stderr, "%s: %s cannot be used, see above\n", d->name, run.config);
	return -EINVAL;
}

static void loop(void)
{
	osmo_timer_setup(&run.drain_timer, drain_poll, NULL);
	osmo_timer_setup(&run.ready_timer, ready_poll, NULL);
	osmo_timer_schedule(&run.ready_timer, 0, 0);
	/* After a request to shut down, the loop turns until nothing waits to be written. */
	while (!osmo_select_shutdown_done())
		osmo_select_main_ctx(0);
}

int daemon_run(struct daemon *d, int argc, char **argv)
{
	int code;

	code = process_guard_begin();
	if (code < 0) {
		fprintf(stderr, "%s: core files cannot be refused: %s\n", d->name, strerror(-code));
		return 1;
	}
	if (options_parse(d, argc, argv, &code) != 1)
		return code;
	if (config_open_check(d) < 0)
		return 1;
	if (vty_read_config_file(run.config, NULL) < 0) {
		fprintf(stderr, "%s: cannot use the configuration %s, see above\n", d->name,
			run.config);
		return 1;
	}
	if (config_check(d) < 0)
		return 1;
	if (run.check_only) {
		printf("%s: %s can be used\n", d->name, run.config);
		return 0;
	}
	if (signals_init() < 0 || settings_apply() < 0 || listeners_start(d) < 0)
		return 1;
	if (d->handler->start(d->data) < 0) {
		LOGP(DMAIN, LOGL_FATAL, "%s does not start, see above\n", d->name);
		return 1;
	}
	LOGP(DMAIN, LOGL_NOTICE, "%s %s started%s\n", d->name, TEGATA_VERSION,
	     geteuid() == 0 ? ", as root, which it need not be" : "");
	/* To the service manager a standby, or who waits for the database, has started too. */
	notify_send("READY=1\nSTATUS=not ready");
	loop();
	metrics_http_stop(run.metrics);
	LOGP(DMAIN, LOGL_NOTICE, "%s ended\n", d->name);
	if (run.json)
		log_json_close(run.json);
	log_lines_release();
	return 0;
}
