/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any octets as the gateway's configuration file. */
#include "fuzz_config.h"

#include <osmocom/core/application.h>

#include "gateway/gateway.h"
#include "gateway/gateway_vty.h"
#include "lib/daemon.h"

static struct daemon the_daemon = { .name = "fuzz" };
static struct gateway *gw;

static void reset(void)
{
	gateway_reset(gw);
}

static void commit(void)
{
}

/* Mostly it lacks certificates; what it says is read and written all the same. */
static int check(void)
{
	(void)!gateway_check(gw);
	return 0;
}

static const struct fuzz_config config = { reset, commit, check };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	gw = gateway_new(daemon_init(&the_daemon));
	log_target_destroy(osmo_stderr_target);
	fuzz_quiet_output();
	gateway_vty_init(&the_daemon, gw);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	fuzz_config_try(&config, in, len);
	return 0;
}
