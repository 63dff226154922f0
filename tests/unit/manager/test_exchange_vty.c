/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Exchanges as a whole: configured from a file, read again, written, shown. */
#include "manager/exchanges.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/vty/buffer.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "manager/exchanges_priv.h"
#include "tests/unit/manager/exchange_fakes.h"
#include "tests/unit/manager/exchange_peer.h"

static struct vty_app_info app = { .name = "test", .version = "0" };

/* The VTY library has one tree of commands a process: one set of exchanges, made empty each time.
 */
static struct exchanges *x;
static struct dialogues ds;
static struct ledger db = { .name = "me" };

static int read_config(const char *text)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	int rc;

	assert_non_null(in);
	rc = vty_read_config_filep(in, NULL);
	fclose(in);
	return rc;
}

static struct vty *terminal(int node)
{
	struct vty *vty = vty_new();

	vty->type = VTY_TERM;
	vty->node = node;
	return vty;
}

static char output[8192];

/* Runs commands, one a line, and keeps what was said. */
static int run(int node, const char *commands)
{
	char copy[1024], *rest = copy, *line, *said;
	struct vty *vty = terminal(node);
	int rc = CMD_SUCCESS;

	OSMO_STRLCPY_ARRAY(copy, commands);
	while (rc == CMD_SUCCESS && (line = strsep(&rest, "\n"))) {
		vector v = cmd_make_strvec(line);

		rc = cmd_execute_command(v, vty, NULL, 0);
		cmd_free_strvec(v);
	}
	said = buffer_getstr(vty->obuf);
	OSMO_STRLCPY_ARRAY(output, said);
	talloc_free(said);
	vty_close(vty);
	return rc;
}

static const char *written(void)
{
	assert_int_equal(run(ENABLE_NODE, "show running-config"), CMD_SUCCESS);
	return output;
}

/* Is text, with its lines as a terminal has them, part of what was said? */
static void assert_said(const char *text)
{
	char wanted[2048];
	size_t n = 0;

	for (; *text; text++) {
		if (*text == '\n')
			wanted[n++] = '\r';
		wanted[n++] = *text;
		assert_true(n < sizeof(wanted) - 2);
	}
	wanted[n] = '\0';
	if (!strstr(output, wanted))
		fail_msg("not said:\n%s\nbut:\n%s", wanted, output);
}

static void reload(const char *text)
{
	assert_int_equal(read_config(text), 0);
	exchanges_reload(x);
}

static int teardown(void **state)
{
	memset(&fake_lease, 0, sizeof(fake_lease));
	x->draining = false;
	reload("line vty\n");
	assert_false(exchanges_ready(x));
	loop_turns(5);
	return 0;
}

static const char hlr_config[] = "hlr carrier\n"
				 " address 127.0.0.1:4222\n"
				 " local-address 127.0.0.1\n"
				 " euse-name carrier\n"
				 " ctrl-address 127.0.0.1:4259\n"
				 " msisdn-cache seconds 60\n"
				 " msisdn-cache absent-seconds 5\n"
				 " msisdn-cache max 1000\n"
				 " probe-interval 20\n"
				 " lease-ttl 9\n"
				 " max-sessions 500\n";
static const char direct_config[] = "direct\n"
				    " bind 127.0.0.1:0\n"
				    " bind [::1]:0\n"
				    " no allow-insecure\n"
				    " peer msc-1 address 127.0.0.1\n"
				    " peer msc-2 address ::1 trust-msisdn\n"
				    " peer msc-2 imsi-prefix 44010\n"
				    " peer msc-2 imsi-prefix 001010000000001\n"
				    " max-sessions 700\n";

static void test_config_is_written_as_it_was_read(void **state)
{
	char config[2048];

	snprintf(config, sizeof(config), "%s%s", hlr_config, direct_config);
	reload(config);
	written();
	assert_said(hlr_config);
	assert_said(direct_config);
	/* Again: the same, once. */
	reload(config);
	written();
	assert_said(direct_config);
}

static void test_defaults(void **state)
{
	reload("hlr h\ndirect\n bind 127.0.0.1:0\n");
	written();
	assert_said("hlr h\n"
		    " msisdn-cache seconds 300\n"
		    " msisdn-cache absent-seconds 10\n"
		    " msisdn-cache max 100000\n"
		    " probe-interval 10\n"
		    " lease-ttl 6\n"
		    " max-sessions 30000\n");
	assert_said("direct\n bind 127.0.0.1:0\n no allow-insecure\n max-sessions 30000\n");
}

static void test_what_is_not_taken(void **state)
{
	static const char *const bad[] = {
		"hlr h\n address localhost:4222\n",
		"hlr h\n address 127.0.0.1\n",
		"hlr h\n address unix:/tmp/x\n",
		"hlr h\n address 127.0.0.1:99999\n",
		"hlr h\n local-address 127.0.0\n",
		"hlr h\n lease-ttl 2\n",
		"hlr h\n probe-interval 0\n",
		"hlr h\n msisdn-cache max 0\n",
		"hlr h\n euse-name "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		"hlr aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		"direct\n bind 127.0.0.1\n",
		"direct\n bind 0.0.0.0:65536\n",
		"direct\n peer a address example.org\n",
		"direct\n max-sessions 0\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (read_config(bad[i]) == 0)
			fail_msg("taken: %s", bad[i]);
		loop_turns(2);
	}
}

static void test_incomplete_hlr_does_not_start(void **state)
{
	assert_int_equal(read_config("hlr h\n address 127.0.0.1:1\n"), 0);
	assert_int_equal(exchanges_start(x), -EINVAL);
	assert_int_equal(read_config("hlr h\n euse-name carrier\n"), 0);
	assert_int_equal(exchanges_start(x), -EINVAL);
}

static void test_public_address_does_not_start(void **state)
{
	assert_int_equal(read_config("direct\n bind 0.0.0.0:0\n"), 0);
	assert_int_equal(exchanges_start(x), -EPERM);
	assert_false(exchanges_ready(x));
	assert_int_equal(read_config("direct\n bind 0.0.0.0:0\n allow-insecure\n"), 0);
	assert_int_equal(exchanges_start(x), 0);
	assert_true(exchanges_ready(x));
}

static void test_reload_leaves_alone_what_stayed(void **state)
{
	char address[64];
	struct peer one, two;

	assert_int_equal(read_config("direct\n bind 127.0.0.1:0\n"
				     " peer one address 127.0.0.1\n peer two address 127.0.0.1\n"),
			 0);
	assert_int_equal(exchanges_start(x), 0);
	OSMO_STRLCPY_ARRAY(address, exchange_direct_address(x->direct, 0));
	peer_dial(&one, NULL, address, NULL);
	peer_join(&one, "one");
	peer_dial(&two, NULL, address, NULL);
	peer_join(&two, "two");
	assert_int_equal(run(ENABLE_NODE, "show links"), CMD_SUCCESS);
	assert_said("direct:one");
	assert_said("direct:two");
	assert_said(address);
	/* Peer two is not in the file any more. */
	assert_int_equal(read_config("direct\n bind 127.0.0.1:0\n peer one address 127.0.0.1\n"),
			 0);
	exchanges_reload(x);
	loop_until(two.down);
	loop_turns(5);
	assert_false(one.down);
	assert_string_equal(exchange_direct_address(x->direct, 0), address);
	/* Nor is anything. */
	assert_int_equal(read_config("line vty\n"), 0);
	exchanges_reload(x);
	loop_until(one.down);
	assert_false(exchanges_ready(x));
}

static void test_reload_of_hlrs(void **state)
{
	static const char both[] = "hlr a\n address 127.0.0.1:1\n euse-name carrier\n"
				   "hlr b\n address 127.0.0.1:2\n euse-name carrier\n";
	struct exchange_hlr *running;

	assert_int_equal(read_config(both), 0);
	assert_int_equal(exchanges_start(x), 0);
	loop_until(fake_lease.holder == &db);
	running = exchanges_link_find(x, "a")->hlr;
	assert_int_equal(run(ENABLE_NODE, "show leases"), CMD_SUCCESS);
	assert_said("this process: me\n");
	assert_said("euse:carrier");
	assert_int_equal(run(ENABLE_NODE, "show links"), CMD_SUCCESS);
	assert_said("hlr:a");
	assert_said("hlr:b");
	/* The same again, with another probe interval: the link stays. */
	assert_int_equal(read_config("hlr a\n address 127.0.0.1:1\n euse-name carrier\n"
				     " probe-interval 30\n"),
			 0);
	exchanges_reload(x);
	assert_ptr_equal(exchanges_link_find(x, "a")->hlr, running);
	assert_null(exchanges_link_find(x, "b"));
	/* Its lease is still needed by the one that stayed. */
	assert_int_equal(fake_lease.n_released, 0);
	/* Another name: another link, and the lease of the old is given back. */
	assert_int_equal(read_config("hlr a\n address 127.0.0.1:1\n euse-name other\n"), 0);
	exchanges_reload(x);
	assert_int_equal(fake_lease.n_released, 1);
	loop_until(strcmp(fake_lease.resource, "euse:other") == 0);
}

/* A terminal stands in a node while files come and go. */
static void test_a_terminal_stays_with_its_hlr(void **state)
{
	struct vty *vty = terminal(CONFIG_NODE);
	vector enter = cmd_make_strvec("hlr b"), change = cmd_make_strvec("probe-interval 77");

	reload("hlr a\n address 127.0.0.1:1\n euse-name x\n"
	       "hlr b\n address 127.0.0.1:2\n euse-name x\n probe-interval 30\n");
	assert_int_equal(cmd_execute_command(enter, vty, NULL, 0), CMD_SUCCESS);
	reload("hlr c\n address 127.0.0.1:3\n euse-name x\n"
	       "hlr d\n address 127.0.0.1:4\n euse-name x\n");
	assert_int_equal(cmd_execute_command(change, vty, NULL, 0), CMD_WARNING);
	written();
	assert_null(strstr(output, "probe-interval 77"));
	/* It is back, in another place, with what the file says. */
	reload("hlr b\n address 127.0.0.1:2\n euse-name x\n"
	       "hlr a\n address 127.0.0.1:1\n euse-name x\n");
	assert_int_equal(exchanges_hlr_find(&x->config, "b")->config.probe_interval_ms, 10000);
	assert_int_equal(cmd_execute_command(change, vty, NULL, 0), CMD_SUCCESS);
	assert_int_equal(exchanges_hlr_find(&x->config, "b")->config.probe_interval_ms, 77000);
	assert_int_equal(exchanges_hlr_find(&x->config, "a")->config.probe_interval_ms, 10000);
	cmd_free_strvec(enter);
	cmd_free_strvec(change);
	vty_close(vty);
}

/* Lines that a file has no more, and what was typed and is not in it. */
static void test_reload_is_the_defaults(void **state)
{
	reload("hlr a\n address 127.0.0.1:1\n euse-name x\n lease-ttl 9\n max-sessions 7\n"
	       "direct\n bind 127.0.0.1:0\n peer one address 127.0.0.1\n max-sessions 7\n");
	assert_int_equal(run(CONFIG_NODE, "direct\nallow-insecure"), CMD_SUCCESS);
	reload("hlr a\n address 127.0.0.1:1\n euse-name x\ndirect\n bind 127.0.0.1:0\n");
	written();
	assert_said(" lease-ttl 6\n max-sessions 30000\n");
	assert_said("direct\n bind 127.0.0.1:0\n no allow-insecure\n max-sessions 30000\n");
}

static void test_check_finds_what_would_not_start(void **state)
{
	static const char *const bad[] = {
		"hlr h\n address 127.0.0.1:1\n",
		"hlr h\n euse-name x\n",
		"direct\n bind 0.0.0.0:0\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(read_config(bad[i]), 0);
		assert_true(exchanges_check(x) < 0);
		loop_turns(2);
	}
	assert_int_equal(read_config("direct\n bind 0.0.0.0:0\n allow-insecure\n"), 0);
	assert_int_equal(exchanges_check(x), 0);
	loop_turns(2);
}

static void test_file_with_an_error_changes_nothing(void **state)
{
	assert_int_equal(read_config("direct\n bind 127.0.0.1:0\n peer one address 127.0.0.1\n"),
			 0);
	assert_int_equal(exchanges_start(x), 0);
	assert_int_not_equal(read_config("hlr h\ndirect\n bind 127.0.0.2:0\n nonsense\n"), 0);
	loop_turns(2);
	written();
	assert_said("direct\n bind 127.0.0.1:0\n no allow-insecure\n peer one address 127.0.0.1\n");
	/* Nor does what is typed afterwards bring it in, nor the next file that is whole. */
	assert_int_equal(run(CONFIG_NODE, "direct\npeer two address 127.0.0.1"), CMD_SUCCESS);
	loop_until(!osmo_timer_pending(&x->apply_timer));
	reload("direct\n bind 127.0.0.1:0\n");
	written();
	assert_null(strstr(output, "hlr h"));
	assert_null(strstr(output, "127.0.0.2"));
	assert_null(strstr(output, "peer"));
}

static void test_typed_changes_take_effect(void **state)
{
	struct peer one;

	assert_int_equal(read_config("direct\n bind 127.0.0.1:0\n"), 0);
	assert_int_equal(exchanges_start(x), 0);
	assert_int_equal(run(CONFIG_NODE, "direct\npeer one address 127.0.0.1"), CMD_SUCCESS);
	loop_until(!osmo_timer_pending(&x->apply_timer));
	peer_dial(&one, NULL, exchange_direct_address(x->direct, 0), NULL);
	peer_join(&one, "one");
	assert_false(one.down);
	assert_int_equal(run(CONFIG_NODE, "direct\nno peer one"), CMD_SUCCESS);
	loop_until(one.down);
	assert_int_equal(run(CONFIG_NODE, "direct\nno peer one"), CMD_WARNING);
	assert_int_equal(run(CONFIG_NODE, "direct\nno bind 127.0.0.1:0"), CMD_SUCCESS);
	loop_until(!exchanges_ready(x));
	assert_int_equal(run(CONFIG_NODE, "direct\nno bind 127.0.0.1:0"), CMD_WARNING);
	assert_int_equal(run(CONFIG_NODE, "hlr h\naddress 127.0.0.1:1\neuse-name carrier"),
			 CMD_SUCCESS);
	loop_until(exchanges_link_find(x, "h"));
	assert_int_equal(run(CONFIG_NODE, "no hlr h"), CMD_SUCCESS);
	loop_until(!exchanges_link_find(x, "h"));
	assert_int_equal(run(CONFIG_NODE, "no hlr h"), CMD_WARNING);
}

static void test_bounds(void **state)
{
	char line[64];

	for (int i = 0; i < EXCHANGE_HLRS_MAX + 1; i++) {
		snprintf(line, sizeof(line), "hlr h%d", i);
		assert_int_equal(run(CONFIG_NODE, line),
				 i < EXCHANGE_HLRS_MAX ? CMD_SUCCESS : CMD_WARNING);
	}
	for (int i = 0; i < DIRECT_PEERS_MAX + 1; i++) {
		snprintf(line, sizeof(line), "direct\npeer p%d address 127.0.0.1", i);
		assert_int_equal(run(CONFIG_NODE, line),
				 i < DIRECT_PEERS_MAX ? CMD_SUCCESS : CMD_WARNING);
	}
	for (int i = 0; i < DIRECT_BINDS_MAX + 1; i++) {
		snprintf(line, sizeof(line), "direct\nbind 127.0.0.1:%d", i + 1);
		assert_int_equal(run(CONFIG_NODE, line),
				 i < DIRECT_BINDS_MAX ? CMD_SUCCESS : CMD_WARNING);
	}
	/* One that is there may be changed. */
	assert_int_equal(run(CONFIG_NODE, "direct\npeer p3 address 127.0.0.3 trust-msisdn"),
			 CMD_SUCCESS);
	written();
	assert_said(" peer p3 address 127.0.0.3 trust-msisdn\n");
	for (int i = 0; i < DIRECT_PREFIXES_MAX + 1; i++) {
		snprintf(line, sizeof(line), "direct\npeer p3 imsi-prefix 4401%d", i);
		assert_int_equal(run(CONFIG_NODE, line),
				 i < DIRECT_PREFIXES_MAX ? CMD_SUCCESS : CMD_WARNING);
	}
	/* They outlive a changed address; each can be taken away. */
	assert_int_equal(run(CONFIG_NODE, "direct\npeer p3 address 127.0.0.4\n"
					  "no peer p3 imsi-prefix 44010"),
			 CMD_SUCCESS);
	written();
	assert_said(" peer p3 address 127.0.0.4\n peer p3 imsi-prefix 44011\n");
	assert_int_equal(run(CONFIG_NODE, "direct\nno peer p3 imsi-prefix 44010"), CMD_WARNING);
	assert_int_equal(run(CONFIG_NODE, "direct\npeer p3 imsi-prefix 4x"), CMD_WARNING);
	assert_int_equal(run(CONFIG_NODE, "direct\npeer p3 imsi-prefix 0123456789012345"),
			 CMD_WARNING);
	assert_int_equal(run(CONFIG_NODE, "direct\npeer nobody imsi-prefix 4"), CMD_WARNING);
}

static void test_drain_and_stop(void **state)
{
	assert_int_equal(read_config("direct\n bind 127.0.0.1:0\n"
				     "hlr a\n address 127.0.0.1:1\n euse-name carrier\n"),
			 0);
	assert_int_equal(exchanges_start(x), 0);
	loop_until(fake_lease.holder == &db);
	exchanges_drain(x);
	assert_false(exchanges_ready(x));
	assert_int_equal(fake_lease.n_released, 1);
	/* A reload meanwhile opens nothing again. */
	exchanges_reload(x);
	assert_false(exchanges_ready(x));
}

static int start_vty(void **state)
{
	void *ctx = talloc_named_const(NULL, 0, "vty");

	app.tall_ctx = ctx;
	vty_init(&app);
	x = exchanges_new(ctx, &ds, &db);
	exchanges_vty_init(x);
	return 0;
}

static int stop_vty(void **state)
{
	exchanges_stop(x);
	assert_int_equal(run(ENABLE_NODE, "show links"), CMD_SUCCESS);
	assert_int_equal(run(ENABLE_NODE, "show leases"), CMD_SUCCESS);
	loop_turns(5);
	return 0;
}

int main(void)
{
#define T(name) cmocka_unit_test_teardown(name, teardown)
	const struct CMUnitTest tests[] = {
		T(test_config_is_written_as_it_was_read),
		T(test_defaults),
		T(test_what_is_not_taken),
		T(test_incomplete_hlr_does_not_start),
		T(test_public_address_does_not_start),
		T(test_reload_leaves_alone_what_stayed),
		T(test_reload_of_hlrs),
		T(test_a_terminal_stays_with_its_hlr),
		T(test_reload_is_the_defaults),
		T(test_check_finds_what_would_not_start),
		T(test_file_with_an_error_changes_nothing),
		T(test_typed_changes_take_effect),
		T(test_bounds),
		T(test_drain_and_stop),
	};

	fake_init();
	return cmocka_run_group_tests(tests, start_vty, stop_vty);
}
