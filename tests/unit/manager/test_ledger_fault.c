/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Connections that break while value is issued: backends killed in the middle
 * of a batch, a server that is restarted, one that is not there.  Whatever
 * happens: each request has one answer, and one effect where the answer says so.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <osmocom/core/application.h>

#include "tests/unit/manager/cutting_proxy.h"
#include "tests/unit/manager/ledger_fixture.h"

#define WINDOW 400

static unsigned int counts[256];
static unsigned int n_asked, n_answered, n_repeated, n_wanted;

static void ask_one(void);

static void issued(void *data, const struct issue_result *result)
{
	bool *answered = data;

	assert_false(*answered); /* exactly once */
	*answered = true;
	counts[result->outcome]++;
	n_repeated += result->repeated;
	n_answered++;
	if (n_asked < n_wanted)
		ask_one();
}

static bool answered[20000];

static void ask_one(void)
{
	struct issue_args args;

	fixture_issue_args(&args, n_asked % FIXTURE_TERMINALS);
	ledger_issue(ledger, &args, issued, &answered[n_asked++]);
}

static void load_begin(unsigned int n)
{
	memset(counts, 0, sizeof(counts));
	memset(answered, 0, sizeof(answered));
	n_asked = n_answered = n_repeated = 0;
	n_wanted = n;
	while (n_asked < WINDOW && n_asked < n)
		ask_one();
}

static long values_before;

static long values(void)
{
	return private_pg_number("SELECT count(*) FROM tegata.value");
}

/* Of the database's own view nothing may be wrong, and it must have what we were told. */
static void assert_one_effect_each(void)
{
	long made;

	assert_int_equal(ledger_in_flight(ledger), 0);
	made = values() - values_before;
	print_message("%u asked, %u ok (%u of them repeated), %u uncertain, %ld made\n", n_asked,
		      counts[OUTCOME_OK], n_repeated, counts[OUTCOME_UNCERTAIN], made);
	assert_true(made >= counts[OUTCOME_OK]);
	assert_true(made <= counts[OUTCOME_OK] + counts[OUTCOME_UNCERTAIN]);
	assert_int_equal(private_pg_number("SELECT count(*) FROM audit.violations"), 0);
}

static long backend_of_a_lane(void)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		 "SELECT pid FROM pg_stat_activity WHERE application_name = '%s'"
		 " AND query LIKE '%%value_issue%%' ORDER BY random() LIMIT 1",
		 ledger_instance(ledger));
	return private_pg_number(sql);
}

/* kill -9 of a backend: the server ends all others and starts anew by itself. */
static void test_backend_killed(void **state)
{
	long pid;

	values_before = values();
	load_begin(8000);
	loop_until(n_answered > 1000);
	pid = backend_of_a_lane(); /* the loop stands still meanwhile, batches do not */
	assert_true(pid > 1);
	loop_turns(5);
	assert_int_equal(kill(pid, SIGKILL), 0);
	loop_until(n_answered == n_wanted);
	assert_int_equal(counts[OUTCOME_OK], n_wanted);
	loop_until(ledger_ready(ledger));
	assert_one_effect_each();
}

/* Backends that are told to go, many times, at any moment of a batch. */
static void test_backends_terminated(void **state)
{
	unsigned int n = 0;
	pid_t pid;

	values_before = values();
	load_begin(15000);
	loop_until(n_answered > 500);
	pid = private_pg_begin(
		"for i in 1 2 3 4 5 6 7 8; do q -c \"SELECT pg_terminate_backend(pid)"
		" FROM pg_stat_activity WHERE usename = 'tegata_ledger'\" >/dev/null;"
		" sleep 0.05; done");
	while (n_answered < n_wanted) {
		loop_turns(1);
		n++;
	}
	assert_int_equal(private_pg_end(pid), 0);
	assert_int_equal(counts[OUTCOME_OK], n_wanted);
	loop_until(ledger_ready(ledger));
	assert_one_effect_each();
}

static void test_server_restarted(void **state)
{
	pid_t pid;
	int status;

	values_before = values();
	load_begin(8000);
	loop_until(n_answered > 1000);
	pid = private_pg_begin("pg_restart $D");
	loop_until(waitpid(pid, &status, WNOHANG) == pid);
	assert_int_equal(status, 0);
	loop_until(n_answered == n_wanted);
	assert_int_equal(counts[OUTCOME_OK], n_wanted);
	loop_until(ledger_ready(ledger));
	assert_one_effect_each();
}

/* The commit is done, its answer gets lost: the batch that is sent again is told the first answer.
 */
static void test_answers_lost(void **state)
{
	char *address = talloc_strdup(ledger, ledger->config.db.address);
	pid_t proxy = cutting_proxy_start(private_pg_address + 5, 7);

	osmo_talloc_replace_string(ledger, &ledger->config.db.address, cutting_proxy_address);
	ledger_settings_apply(ledger);
	loop_turns(2);
	loop_until(ledger_ready(ledger));
	values_before = values();
	load_begin(8000);
	loop_until(n_answered == n_wanted);
	assert_int_equal(counts[OUTCOME_OK], n_wanted);
	assert_true(n_repeated > 0);
	assert_one_effect_each();
	cutting_proxy_stop(proxy);
	osmo_talloc_replace_string(ledger, &ledger->config.db.address, address);
	ledger_settings_apply(ledger);
	loop_turns(2);
	loop_until(ledger_ready(ledger));
}

/* A crash while everything waits for a lock, and nobody there until the deadline has passed. */
static void test_server_gone(void **state)
{
	pid_t psql;

	values_before = values();
	psql = private_pg_begin("! q -c 'BEGIN; LOCK TABLE tegata.setting; SELECT pg_sleep(30)'");
	loop_until(private_pg_number("SELECT count(*) FROM pg_stat_activity"
				     " WHERE wait_event = 'PgSleep'") == 1);
	ledger->config.deadline_ms = 600;
	load_begin(WINDOW);
	loop_turns(20);
	private_pg_run("pg_kill $D");
	n_wanted = 0; /* ask no more */
	loop_until(n_answered == n_asked);
	assert_int_equal(counts[OUTCOME_UNCERTAIN] + counts[OUTCOME_UNAVAILABLE] +
				 counts[OUTCOME_AGAIN],
			 n_asked);
	assert_int_equal(ledger_in_flight(ledger), 0);
	assert_false(ledger_ready(ledger));
	assert_int_equal(private_pg_end(psql), 0);
	ledger->config.deadline_ms = 5000;
	private_pg_run("pg_start $D");
	loop_until(ledger_ready(ledger));
	assert_one_effect_each();
	load_begin(100);
	loop_until(n_answered == 100);
	assert_int_equal(counts[OUTCOME_OK], 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backend_killed),	 cmocka_unit_test(test_backends_terminated),
		cmocka_unit_test(test_server_restarted), cmocka_unit_test(test_answers_lost),
		cmocka_unit_test(test_server_gone),
	};

	osmo_init_logging2(NULL, &tegata_log_info);
	log_set_category_filter(osmo_stderr_target, DOP, 1, LOGL_NOTICE);
	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
