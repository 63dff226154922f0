/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One connection on a real server: results after their commit, big statements, sessions that end.
 */
#include "manager/db_conn.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/bits.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/db_params.h"
#include "tests/lib/loop.h"
#include "tests/unit/manager/private_pg.h"

enum statement { SUM, FAILS_AT_COMMIT, FAILS, SLEEP, PID, NOTICE };

static const struct db_statement statements[] = {
	[SUM] = { "sum", "SELECT sum(v)::bigint, count(*) FROM unnest($1) v",
		  (Oid[]){ DB_OID_INT8_ARRAY }, 1 },
	[FAILS_AT_COMMIT] = { "commit", "SELECT test.late()", NULL, 0 },
	[FAILS] = { "fails", "SELECT 1 / $1", (Oid[]){ DB_OID_INT4 }, 1 },
	[SLEEP] = { "sleep", "SELECT pg_sleep($1)", (Oid[]){ DB_OID_INT4 }, 1 },
	[PID] = { "pid", "SELECT pg_backend_pid()", NULL, 0 },
	[NOTICE] = { "notice", "SELECT test.note()", NULL, 0 },
};

static struct db_settings settings;
static struct db_session session = { .application_name = "test-conn",
				     .statement_timeout_ms = 4000,
				     .lock_timeout_ms = 200 };
static struct db_conn *conn;
static struct db_params *params;
static unsigned int n_up, n_down, n_result;
static char sqlstate[6];
static int64_t first_int8;
static int32_t first_int4;
static bool had_rows;

static void on_up(void *data)
{
	n_up++;
}

static void on_down(void *data)
{
	n_down++;
}

static void on_result(void *data, const struct db_result *result)
{
	n_result++;
	had_rows = result->rows != NULL;
	osmo_strlcpy(sqlstate, result->sqlstate, sizeof(sqlstate));
	if (!result->rows)
		return;
	if (PQgetlength(result->rows, 0, 0) == 8)
		first_int8 = osmo_load64be(PQgetvalue(result->rows, 0, 0));
	if (PQgetlength(result->rows, 0, 0) == 4)
		first_int4 = osmo_load32be(PQgetvalue(result->rows, 0, 0));
}

static const struct db_conn_handler handler = {
	.up = on_up,
	.result = on_result,
	.down = on_down,
};

static int group_setup(void **state)
{
	if (private_pg_start() < 0)
		return -1;
	private_pg_run("q <<'SQL'\n"
		       "CREATE SCHEMA test; GRANT USAGE ON SCHEMA test TO PUBLIC;\n"
		       "CREATE TABLE test.t (k int UNIQUE DEFERRABLE INITIALLY DEFERRED);\n"
		       "GRANT SELECT ON test.t TO PUBLIC;\n"
		       "CREATE FUNCTION test.late() RETURNS int LANGUAGE sql SECURITY DEFINER AS\n"
		       " 'INSERT INTO test.t VALUES (1), (1); SELECT 1';\n"
		       "CREATE FUNCTION test.note() RETURNS int LANGUAGE plpgsql AS\n"
		       " 'BEGIN RAISE WARNING ''careful''; RETURN 1; END';\n"
		       "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA test TO PUBLIC;\n"
		       "SQL\n");
	settings = (struct db_settings){ .address = private_pg_address,
					 .name = (char *)"tegata",
					 .user = (char *)"tegata_ledger" };
	params = db_params_new(NULL);
	return 0;
}

static int group_teardown(void **state)
{
	talloc_free(params);
	private_pg_stop();
	return 0;
}

static int setup(void **state)
{
	n_up = n_down = n_result = 0;
	conn = db_conn_new(NULL, "test", &settings, &session, statements, ARRAY_SIZE(statements),
			   &handler, NULL);
	db_conn_start(conn);
	assert_int_equal(n_up, 0);
	loop_until(n_up == 1);
	return 0;
}

static int teardown(void **state)
{
	talloc_free(conn);
	return 0;
}

static int send(enum statement statement)
{
	return db_conn_send(conn, statement, params);
}

static void send_and_wait(enum statement statement)
{
	unsigned int before = n_result;

	assert_int_equal(send(statement), 0);
	assert_int_equal(n_result, before); /* never inline */
	loop_until(n_result == before + 1);
}

static void params_int4(int32_t v)
{
	db_params_reset(params);
	db_param_int4(params, v);
}

static void params_none(void)
{
	db_params_reset(params);
}

static void test_result(void **state)
{
	db_params_reset(params);
	db_array_begin(params, DB_OID_INT8, 3);
	db_array_int8(params, 1);
	db_array_null(params);
	db_array_int8(params, INT64_C(-5000000000));
	send_and_wait(SUM);
	assert_true(had_rows);
	assert_int_equal(first_int8, INT64_C(-4999999999));
	assert_string_equal(sqlstate, "");
}

static void test_one_at_a_time(void **state)
{
	params_none();
	assert_int_equal(send(PID), 0);
	assert_int_equal(send(PID), -EBUSY);
	loop_until(n_result == 1);
	assert_int_equal(send(PID), 0);
	loop_until(n_result == 2);
}

/* More than any socket's buffer: sent by and by, while the loop turns. */
static void test_big_statement(void **state)
{
	const size_t n = 500000;
	size_t i;

	db_params_reset(params);
	db_array_begin(params, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(params, i);
	send_and_wait(SUM);
	assert_int_equal(first_int8, (int64_t)n * (n - 1) / 2);
}

static void test_error_keeps_the_session(void **state)
{
	params_int4(0);
	send_and_wait(FAILS);
	assert_false(had_rows);
	assert_string_equal(sqlstate, "22012");
	params_int4(1);
	send_and_wait(FAILS);
	assert_true(had_rows);
	assert_int_equal(n_down, 0);
}

/* The rows are on their way before the commit is tried: they must not count. */
static void test_commit_fails_behind_its_rows(void **state)
{
	params_none();
	send_and_wait(FAILS_AT_COMMIT);
	assert_false(had_rows);
	assert_string_equal(sqlstate, "23505");
	assert_true(db_conn_is_up(conn));
}

static void test_notice_is_no_result(void **state)
{
	params_none();
	send_and_wait(NOTICE);
	assert_true(had_rows);
	assert_int_equal(n_result, 1);
}

static void terminate(void)
{
	private_pg_run("q -c \"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
		       " WHERE application_name = 'test-conn'\" >/dev/null");
}

static void test_terminated_while_idle(void **state)
{
	terminate();
	loop_until(n_down == 1);
	assert_int_equal(n_result, 0);
	assert_string_not_equal(db_conn_last_error(conn), "");
	loop_until(n_up == 2);
	params_none();
	send_and_wait(PID);
	assert_true(had_rows);
}

static void test_terminated_while_busy(void **state)
{
	params_int4(30);
	assert_int_equal(send(SLEEP), 0);
	loop_turns(3);
	terminate();
	loop_until(n_down == 1);
	assert_int_equal(n_result, 0); /* either or, never both */
	loop_until(n_up == 2);
}

static void test_reset(void **state)
{
	int32_t pid;

	params_none();
	send_and_wait(PID);
	pid = first_int4;
	db_conn_reset(conn, "test");
	assert_int_equal(n_down, 0); /* never inline */
	loop_until(n_up == 2);
	assert_int_equal(n_down, 1);
	send_and_wait(PID);
	assert_int_not_equal(first_int4, pid);
	assert_string_equal(db_conn_last_error(conn), "test");
}

static void test_freed_at_any_moment(void **state)
{
	int turns;

	for (turns = 0; turns < 12; turns++) {
		struct db_conn *c = db_conn_new(NULL, "short", &settings, &session, statements,
						ARRAY_SIZE(statements), &handler, NULL);

		db_conn_start(c);
		loop_turns(turns);
		talloc_free(c);
	}
	params_int4(5);
	assert_int_equal(send(SLEEP), 0);
}

/* The first address leads nowhere, the second to a server that takes writes. */
static void test_next_server(void **state)
{
	struct db_settings two = settings;
	struct db_conn *c;
	unsigned int before = n_up;

	two.address = talloc_asprintf(NULL, "unix:/nowhere %s", private_pg_address);
	c = db_conn_new(NULL, "two", &two, &session, statements, ARRAY_SIZE(statements), &handler,
			NULL);
	assert_string_equal(db_conn_server_name(c), "");
	db_conn_start(c);
	loop_until(n_up == before + 1);
	assert_non_null(strstr(db_conn_server_name(c), private_pg_address + 5));
	/* The one that it came from is the first to be tried, unless it is to be left. */
	db_conn_reset(c, "test");
	loop_until(n_up == before + 2);
	assert_string_equal(db_conn_last_error(c), "test");
	db_conn_leave(c, "test");
	loop_until(n_up == before + 3);
	assert_non_null(strstr(db_conn_last_error(c), "/nowhere"));
	talloc_free(c);
	talloc_free(two.address);
}

/* A session that must have a standby is not up before there is one. */
static void test_guard(void **state)
{
	struct db_settings demanding = settings;
	struct db_session guarded = session;
	struct db_conn *c;
	unsigned int before = n_up;

	demanding.require_synchronous_standby = true;
	guarded.guard_sql = "SELECT count(*) > 0 FROM test.t";
	guarded.guard_why = "no standby";
	c = db_conn_new(NULL, "guarded", &demanding, &guarded, statements, ARRAY_SIZE(statements),
			&handler, NULL);
	db_conn_start(c);
	loop_until(strcmp(db_conn_last_error(c), "no standby") == 0);
	loop_turns(20);
	assert_int_equal(n_up, before);
	assert_int_equal(n_down, 0);
	private_pg_run("q -c 'INSERT INTO test.t VALUES (7)'");
	loop_until(n_up == before + 1);
	private_pg_run("q -c 'DELETE FROM test.t'");
	talloc_free(c);
	/* Where it is not required nobody asks. */
	demanding.require_synchronous_standby = false;
	c = db_conn_new(NULL, "careless", &demanding, &guarded, statements, ARRAY_SIZE(statements),
			&handler, NULL);
	db_conn_start(c);
	loop_until(n_up == before + 2);
	talloc_free(c);
}

static void never_up(const struct db_settings *s, const struct db_statement *st, size_t n)
{
	struct db_conn *c = db_conn_new(NULL, "never", s, &session, st, n, &handler, NULL);
	unsigned int before = n_up;

	db_conn_start(c);
	loop_until(*db_conn_last_error(c));
	loop_turns(20);
	assert_int_equal(n_up, before);
	assert_int_equal(n_down, 0); /* it never was */
	assert_false(db_conn_is_up(c));
	params_none();
	assert_int_equal(db_conn_send(c, 0, params), -ENOTCONN);
	db_conn_reset(c, "nothing to reset");
	talloc_free(c);
}

static void test_never_up(void **state)
{
	static const struct db_statement missing[] = {
		{ "missing", "SELECT test.not_there()", NULL, 0 },
	};
	struct db_settings other = settings;

	never_up(&settings, missing, 1);
	other.name = (char *)"not_there";
	never_up(&other, statements, 1);
	other = settings;
	other.address = (char *)"unix:/tmp";
	never_up(&other, statements, 1);
	other.address = (char *)"127.0.0.1:1";
	never_up(&other, statements, 1);
	other = settings;
	other.password_file = (char *)"/not/there";
	never_up(&other, statements, 1);
}

static struct db_conn *tls_conn(struct db_settings *s)
{
	struct db_conn *c = db_conn_new(NULL, "tls", s, &session, statements, 1, &handler, NULL);

	db_conn_start(c);
	return c;
}

/* Over TCP: the server's certificate must be signed by our CA and carry the name we ask for. */
static void test_tls(void **state)
{
	char address[32], ca[128], script[1024];
	struct db_settings s = settings;
	struct db_conn *c;

	snprintf(address, sizeof(address), "127.%u.%u.%u", 20 + getpid() % 200,
		 getpid() / 200 % 250, 1 + getpid() / 50000);
	snprintf(ca, sizeof(ca), "%s/server.crt", private_pg_dir);
	snprintf(script, sizeof(script),
		 "cd $D; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
		 " -keyout server.key -out server.crt -days 2 -subj /CN=db.test"
		 " -addext subjectAltName=DNS:db.test 2>/dev/null; chmod 600 server.key;"
		 " chmod 644 server.crt; cp -p server.crt server.key pg/data/;"
		 " [ $(id -u) != 0 ] || chown postgres: pg/data/server.*;"
		 " printf \"listen_addresses = '%s'\\nssl = on\\n\" >>pg/data/postgresql.conf;"
		 " echo 'hostssl all all 127.0.0.0/8 trust' >>pg/data/pg_hba.conf; pg_restart $D",
		 address);
	private_pg_run(script);
	s.address = address;
	s.tls_ca_file = ca;
	s.tls_name = (char *)"db.test";
	c = tls_conn(&s);
	loop_until(db_conn_is_up(c));
	assert_int_equal(private_pg_number("SELECT count(*) FROM pg_stat_ssl WHERE ssl"
					   " AND version = 'TLSv1.3'"),
			 1);
	talloc_free(c);
	s.tls_name = (char *)"other.test";
	c = tls_conn(&s);
	loop_until(*db_conn_last_error(c));
	talloc_free(c);
	s.tls_name = (char *)"db.test";
	s.tls_ca_file = (char *)"/etc/ssl/certs/ca-certificates.crt";
	c = tls_conn(&s);
	loop_until(*db_conn_last_error(c));
	loop_turns(50);
	assert_false(db_conn_is_up(c));
	talloc_free(c);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_result),
		test(test_one_at_a_time),
		test(test_big_statement),
		test(test_error_keeps_the_session),
		test(test_commit_fails_behind_its_rows),
		test(test_notice_is_no_result),
		test(test_terminated_while_idle),
		test(test_terminated_while_busy),
		test(test_reset),
		test(test_next_server),
		test(test_guard),
		test(test_freed_at_any_moment),
		test(test_never_up),
		test(test_tls),
	};

	osmo_init_logging2(NULL, &tegata_log_info);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
