/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/db_settings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char why[256];

static void test_addresses_taken(void **state)
{
	static const struct {
		const char *text, *host, *port;
		bool is_unix, is_loopback;
	} good[] = {
		{ "unix:/run/postgresql", "/run/postgresql", "5432", true, false },
		{ "unix:/run/pg/.s.PGSQL.5433", "/run/pg", "5433", true, false },
		{ "127.0.0.1", "127.0.0.1", "5432", false, true },
		{ "127.1.2.3:6000", "127.1.2.3", "6000", false, true },
		{ "192.0.2.1:65535", "192.0.2.1", "65535", false, false },
		{ "[::1]", "::1", "5432", false, true },
		{ "[2001:db8::1]:1", "2001:db8::1", "1", false, false },
	};
	struct db_address a;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(db_address_parse(&a, good[i].text), 0);
		assert_string_equal(a.host, good[i].host);
		assert_string_equal(a.port, good[i].port);
		assert_int_equal(a.is_unix, good[i].is_unix);
		assert_int_equal(a.is_loopback, good[i].is_loopback);
	}
}

static void test_addresses_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"localhost",
		"db.example.net:5432",
		"unix:",
		"unix:run",
		"unix:/.s.PGSQL.1",
		"unix:/a/.s.PGSQL.x",
		"127.0.0.1:",
		"127.0.0.1:0",
		"127.0.0.1:65536",
		"127.0.0.1:1x",
		"127.0.0.1:-1",
		"1.2.3",
		"[::1",
		"[::1]x",
		"::1",
		"[localhost]",
		"[]:1",
	};
	char long_path[300] = "unix:/";
	struct db_address a;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(db_address_parse(&a, bad[i]), -EINVAL);
	memset(long_path + 6, 'a', 200);
	assert_int_equal(db_address_parse(&a, long_path), -EINVAL);
	assert_int_equal(db_address_parse(&a, long_path + 6), -EINVAL);
}

static void test_another_host_needs_tls(void **state)
{
	struct db_settings s = { .address = "192.0.2.1", .name = "n", .user = "u" };

	assert_int_equal(db_settings_check(&s, why, sizeof(why)), -EINVAL);
	s.tls_ca_file = "ca";
	assert_int_equal(db_settings_check(&s, why, sizeof(why)), -EINVAL);
	s.tls_name = "db";
	assert_int_equal(db_settings_check(&s, why, sizeof(why)), 0);
	s.tls_certificate_file = "cert";
	assert_int_equal(db_settings_check(&s, why, sizeof(why)), -EINVAL);
	s = (struct db_settings){ .address = "192.0.2.1", .name = "n", .user = "u" };
	s.allow_plaintext = true;
	assert_int_equal(db_settings_check(&s, why, sizeof(why)), 0);
	s.allow_plaintext = false;
	s.address = "127.0.0.1";
	assert_int_equal(db_settings_check(&s, why, sizeof(why)), 0);
}

static const char *value_of(const struct db_keywords *kw, const char *key)
{
	size_t i;

	for (i = 0; kw->keys[i]; i++) {
		if (strcmp(kw->keys[i], key) == 0)
			return kw->values[i];
	}
	return NULL;
}

static void test_keywords(void **state)
{
	struct db_settings s = { .address = "192.0.2.1:1",
				 .name = "n",
				 .user = "u",
				 .tls_ca_file = "ca",
				 .tls_name = "db" };
	struct db_session session = { .application_name = "me", .lock_timeout_ms = 250 };
	struct db_keywords kw;

	assert_int_equal(db_keywords_make(&kw, &s, 0, &session, why, sizeof(why)), 0);
	assert_string_equal(value_of(&kw, "hostaddr"), "192.0.2.1");
	assert_string_equal(value_of(&kw, "host"), "db");
	assert_string_equal(value_of(&kw, "sslmode"), "verify-full");
	assert_string_equal(value_of(&kw, "application_name"), "me");
	assert_null(value_of(&kw, "password"));
	assert_non_null(strstr(kw.options, "synchronous_commit=on"));
	assert_non_null(strstr(kw.options, "lock_timeout=250"));
	assert_null(strstr(kw.options, "read_only"));
	session.read_only = true;
	s.address = "unix:/run/x";
	assert_int_equal(db_keywords_make(&kw, &s, 0, &session, why, sizeof(why)), 0);
	assert_string_equal(value_of(&kw, "host"), "/run/x");
	assert_null(value_of(&kw, "hostaddr"));
	assert_non_null(strstr(kw.options, "default_transaction_read_only=on"));
}

static void test_several_servers(void **state)
{
	static const char *const bad[] = { "", " ", "127.0.0.1 db", "127.0.0.1,127.0.0.2",
					   "127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5" };
	struct db_settings s = { .address = (char *)" 127.0.0.1:1  127.0.0.2 unix:/run/x",
				 .name = "n" };
	struct db_session session = { .application_name = "me" };
	struct db_keywords kw;

	assert_int_equal(db_settings_addresses(&s), 3);
	assert_int_equal(db_settings_check(&s, why, sizeof(why)), 0);
	assert_int_equal(db_keywords_make(&kw, &s, 0, &session, why, sizeof(why)), 0);
	assert_string_equal(value_of(&kw, "hostaddr"), "127.0.0.1");
	assert_string_equal(value_of(&kw, "port"), "1");
	assert_int_equal(db_keywords_make(&kw, &s, 4, &session, why, sizeof(why)), 0);
	assert_string_equal(value_of(&kw, "hostaddr"), "127.0.0.2");
	assert_string_equal(value_of(&kw, "port"), "5432");
	assert_int_equal(db_keywords_make(&kw, &s, 5, &session, why, sizeof(why)), 0);
	assert_string_equal(value_of(&kw, "host"), "/run/x");
	/* Each of them must be safe. */
	s.address = (char *)"127.0.0.1 192.0.2.1";
	assert_int_equal(db_settings_check(&s, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "192.0.2.1"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s.address = (char *)bad[i];
		assert_int_equal(db_settings_check(&s, why, sizeof(why)), -EINVAL);
	}
}

static void test_commits_locally(void **state)
{
	struct db_settings s = { .address = (char *)"127.0.0.1", .name = "n" };
	struct db_session session = { .application_name = "me", .commits_locally = true };
	struct db_keywords kw;

	assert_int_equal(db_keywords_make(&kw, &s, 0, &session, why, sizeof(why)), 0);
	assert_non_null(strstr(kw.options, "synchronous_commit=local "));
}

static void file_make(const char *path, const char *text, mode_t mode)
{
	FILE *f;

	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void test_password_file(void **state)
{
	char path[] = "/tmp/test-db-settings-XXXXXX";
	int fd = mkstemp(path);
	struct db_settings s = {
		.address = "127.0.0.1", .name = "n", .user = "u", .password_file = path
	};
	struct db_session session = { .application_name = "me" };
	struct db_keywords kw;

	assert_true(fd >= 0);
	close(fd);
	file_make(path, "secret\nmore\n", 0600);
	assert_int_equal(db_keywords_make(&kw, &s, 0, &session, why, sizeof(why)), 0);
	assert_string_equal(value_of(&kw, "password"), "secret");
	db_keywords_wipe(&kw);
	assert_string_equal(kw.password, "");
	file_make(path, "secret", 0640);
	assert_int_equal(db_keywords_make(&kw, &s, 0, &session, why, sizeof(why)), -EPERM);
	file_make(path, "\nsecret", 0600);
	assert_int_equal(db_keywords_make(&kw, &s, 0, &session, why, sizeof(why)), -EINVAL);
	unlink(path);
	assert_int_equal(db_keywords_make(&kw, &s, 0, &session, why, sizeof(why)), -ENOENT);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(db_keywords_make(&kw, &s, 0, &session, why, sizeof(why)), -EPERM);
	unlink(path);
}

static void test_files(void **state)
{
	struct db_settings s = { .address = "127.0.0.1", .tls_ca_file = "/dev/null" };

	assert_int_equal(db_settings_files_check(&s, why, sizeof(why)), 0);
	s.tls_key_file = "/nowhere/key";
	assert_int_equal(db_settings_files_check(&s, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "tls key /nowhere/key"));
	s.tls_key_file = NULL;
	s.password_file = "/dev/null"; /* others can read it, and it is no file */
	assert_int_equal(db_settings_files_check(&s, why, sizeof(why)), -EPERM);
	assert_non_null(strstr(why, "password-file /dev/null"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_taken),
		cmocka_unit_test(test_addresses_refused),
		cmocka_unit_test(test_another_host_needs_tls),
		cmocka_unit_test(test_keywords),
		cmocka_unit_test(test_several_servers),
		cmocka_unit_test(test_commits_locally),
		cmocka_unit_test(test_password_file),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
