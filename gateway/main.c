/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* tegata-gateway: the HTTPS server that shops ask; see gateway.h for its parts. */
#include <malloc.h>

#include "gateway/gateway.h"
#include "gateway/gateway_vty.h"
#include "lib/daemon.h"

#define VTY_PORT 4272
#define CTRL_PORT 4273

static int on_check(void *data)
{
	return gateway_check(data);
}

static int on_start(void *data)
{
	return gateway_start(data);
}

static void on_reset(void *data)
{
	gateway_reset(data);
}

static void on_reload(void *data)
{
	gateway_reload(data);
}

static void on_drain(void *data)
{
	gateway_drain(data);
}

static bool on_drained(void *data)
{
	return gateway_drained(data);
}

static void on_stop(void *data)
{
	gateway_stop(data);
}

static bool on_ready(void *data)
{
	return gateway_ready(data);
}

static const struct daemon_handler handler = {
	.check = on_check,
	.start = on_start,
	.reset = on_reset,
	.reload = on_reload,
	.drain = on_drain,
	.drained = on_drained,
	.stop = on_stop,
	.ready = on_ready,
};

/* GnuTLS takes and gives back 17 KiB for each record.  With glibc's lists of small free pieces each
 * of these would make it tidy all of them up. */
static void malloc_tune(void)
{
	mallopt(M_MXFAST, 0);
	mallopt(M_TOP_PAD, 256 * 1024);
	mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
}

int main(int argc, char **argv)
{
	struct daemon daemon = {
		.name = "tegata-gateway",
		.description = "Answers Internet shops: who owns a value?",
		.default_config = TEGATA_SYSCONFDIR "/tegata/gateway.cfg",
		.vty_port = VTY_PORT,
		.ctrl_port = CTRL_PORT,
		.handler = &handler,
	};
	struct gateway *gw;

	malloc_tune();
	gw = gateway_new(daemon_init(&daemon));
	daemon.data = gw;
	gateway_vty_init(&daemon, gw);
	return daemon_run(&daemon, argc, argv);
}
