/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The node "database": what is written is read again as it was; what is wrong changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/vty/buffer.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "lib/log_category.h"
#include "manager/ledger.h"
#include "manager/ledger_priv.h"
#include "manager/vty_nodes.h"
#include "tests/lib/loop.h"
#include "tests/unit/manager/fake_db_conn.h"

static struct ledger *ledger;
static struct vty *vty;
static char *out;

/* What it printed is in out until the next call. */
static int run(int node, const char *line)
{
	vector words = cmd_make_strvec(line);
	int rc;

	talloc_free(out);
	buffer_reset(vty->obuf);
	vty->node = node;
	rc = cmd_execute_command(words, vty, NULL, 0);
	cmd_free_strvec(words);
	out = buffer_getstr(vty->obuf);
	return rc;
}

static void expect(const char *text)
{
	if (!strstr(out, text))
		fail_msg("\"%s\" is not in \"%s\"", text, out);
}

static void expect_not(const char *text)
{
	if (strstr(out, text))
		fail_msg("\"%s\" is in \"%s\"", text, out);
}

/* Commands are installed once in a process, so all tests share one ledger. */
static int group_setup(void **state)
{
	static struct vty_app_info app = { .name = "test", .version = "0" };

	app.tall_ctx = talloc_named_const(NULL, 1, "vty");
	vty_init(&app);
	vty = vty_new();
	vty->type = VTY_TERM;
	ledger = ledger_new(NULL);
	ledger_vty_init(ledger);
	return 0;
}

static int group_teardown(void **state)
{
	talloc_free(out);
	talloc_free(ledger);
	return 0;
}

static void written(void)
{
	assert_int_equal(run(ENABLE_NODE, "show running-config"), CMD_SUCCESS);
}

static void test_defaults(void **state)
{
	written();
	expect("database\r\n address unix:/run/postgresql\r\n name tegata\r\n user "
	       "tegata_ledger\r\n"
	       " lanes write 2\r\n lanes read 2\r\n batch max 256\r\n queue max 8192\r\n"
	       " linger-us 0\r\n latency-goal 50\r\n deadline-ms 5000\r\n");
}

static void test_settings_round_trip(void **state)
{
	static const char *const settings[] = {
		"address 127.0.0.1:6000",
		"address [::1]:1",
		"address 127.0.0.1:1 127.0.0.2:2 [::1]:3 unix:/tmp/y",
		"address unix:/tmp/x",
		"name other",
		"user me",
		"password-file /etc/p",
		"tls ca /etc/ca",
		"tls name db.example",
		"tls certificate /etc/c",
		"tls key /etc/k",
		"allow-plaintext",
		"require synchronous-standby",
		"lanes write 16",
		"lanes read 1",
		"batch max 1",
		"batch max 1024",
		"queue max 16",
		"linger-us 10000",
		"latency-goal 0",
		"latency-goal 5000",
		"deadline-ms 500",
	};
	char line[80];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		assert_int_equal(run(DATABASE_NODE, settings[i]), CMD_SUCCESS);
		snprintf(line, sizeof(line), "\r\n %s\r\n", settings[i]);
		written();
		expect(line);
		assert_int_equal(run(DATABASE_NODE, settings[i]), CMD_SUCCESS);
	}
}

static void test_settings_taken_back(void **state)
{
	static const char *const settings[] = { "password-file /etc/p", "tls ca /a", "tls name b",
						"tls certificate /c", "tls key /d" };
	char line[80];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		assert_int_equal(run(DATABASE_NODE, settings[i]), CMD_SUCCESS);
		snprintf(line, sizeof(line), "no %.*s", (int)strcspn(settings[i], "/") - 1,
			 settings[i]);
		if (i == 2)
			snprintf(line, sizeof(line), "no tls name");
		assert_int_equal(run(DATABASE_NODE, line), CMD_SUCCESS);
		assert_int_equal(run(DATABASE_NODE, line), CMD_SUCCESS);
		written();
		expect_not(settings[i]);
	}
	run(DATABASE_NODE, "allow-plaintext");
	run(DATABASE_NODE, "no allow-plaintext");
	run(DATABASE_NODE, "no require synchronous-standby");
	written();
	expect_not("allow-plaintext");
}

static void test_wrong_changes_nothing(void **state)
{
	static const char *const wrong[] = {
		"address localhost", "address db.example:5432", "address unix:x",  "lanes write 0",
		"lanes read 17",     "batch max 1025",		"batch max 0",	   "queue max 15",
		"linger-us 10001",   "latency-goal 5001",	"deadline-ms 499", "tls password x"
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_not_equal(run(DATABASE_NODE, wrong[i]), CMD_SUCCESS);
	test_defaults(state);
}

static void set_all_again(const char *address)
{
	char line[80];

	snprintf(line, sizeof(line), "address %s", address);
	run(DATABASE_NODE, line);
	run(DATABASE_NODE, "name tegata");
	run(DATABASE_NODE, "no password-file");
	run(DATABASE_NODE, "no tls ca");
	run(DATABASE_NODE, "lanes write 2");
	run(DATABASE_NODE, "lanes read 2");
}

static void read_file(const char *text)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");

	ledger_reset(ledger);
	assert_int_equal(vty_read_config_filep(in, NULL), 0);
	fclose(in);
	ledger_reload(ledger);
}

/* What a file does not say has its default; connections are broken once, and only if theirs did. */
static void test_reset_is_the_defaults(struct db_conn *conn)
{
	read_file("database\n address unix:/run/other\n user me\n password-file /p\n tls ca /c\n"
		  " allow-plaintext\n batch max 7\n queue max 77\n linger-us 7\n"
		  " deadline-ms 700\n lanes write 7\n");
	assert_int_equal(conn->n_reset, 2);
	read_file("database\n address unix:/run/other\n user me\n password-file /p\n tls ca /c\n"
		  " allow-plaintext\n");
	assert_int_equal(conn->n_reset, 2);
	assert_int_equal(ledger->config.limits.batch_max, 256);
	read_file("database\n");
	assert_int_equal(conn->n_reset, 3);
	test_defaults(NULL);
	expect_not("password-file");
	expect_not("tls");
	expect_not("allow-plaintext");
	read_file("line vty\n");
	assert_int_equal(conn->n_reset, 3);
	ledger_reset(ledger);
	ledger->config.db.address[0] = 'x';
	assert_int_equal(ledger_config_check(ledger), -EINVAL);
	ledger_reset(ledger);
	assert_int_equal(ledger_config_check(ledger), 0);
}

/* The same file again breaks no connection; another address does. */
static void test_reload_and_show(void **state)
{
	struct db_conn *conn;

	assert_int_equal(run(VIEW_NODE, "show lanes"), CMD_SUCCESS);
	expect("not ready");
	assert_int_equal(run(VIEW_NODE, "show products"), CMD_SUCCESS);
	set_all_again("unix:/run/postgresql");
	assert_int_equal(ledger_start(ledger), 0);
	conn = fake_conn("write-0");
	set_all_again("unix:/run/postgresql");
	assert_int_equal(conn->n_reset, 0);
	set_all_again("unix:/run/other");
	assert_int_equal(conn->n_reset, 1);
	test_reset_is_the_defaults(conn);
	ledger->state.n_products = 1;
	ledger->state.products[0] = (struct product){
		.code = "basic",
		.name = "Basic",
		.currency = "EUR",
		.n_amounts = 1,
		.amounts_minor = { 500 },
		.min_minor = 100,
		.max_minor = 100000,
		.step_minor = 100,
		.fee_fixed_minor = 10,
	};
	assert_int_equal(run(VIEW_NODE, "show lanes"), CMD_SUCCESS);
	expect("control-0");
	expect("write-1");
	expect("read-1");
	assert_int_equal(run(VIEW_NODE, "show products"), CMD_SUCCESS);
	expect("5.00 or 1.00 to 1000.00 in steps of 1.00 EUR, fee 0.10 and 0 per mille");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_wrong_changes_nothing),
		cmocka_unit_test(test_settings_round_trip),
		cmocka_unit_test(test_settings_taken_back),
		cmocka_unit_test(test_reload_and_show),
	};

	osmo_init_logging2(NULL, &tegata_log_info);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
