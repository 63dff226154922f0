/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "lib/log_category.h"
#include "lib/log_json.h"

#define UUID "01920000-0000-7000-8000-000000000001"

static void *ctx;
static char path[64], moved[80];
static struct log_target *target;

static int open_log(void **state)
{
	int fd;

	snprintf(path, sizeof(path), "/tmp/tegata-log-XXXXXX");
	fd = mkstemp(path);
	close(fd);
	snprintf(moved, sizeof(moved), "%s.1", path);
	target = log_json_open(ctx, path);
	log_add_target(target);
	log_set_all_filter(target, 1);
	return target ? 0 : -1;
}

static int close_log(void **state)
{
	log_json_close(target);
	unlink(path);
	unlink(moved);
	return 0;
}

static char *content(const char *name)
{
	static char text[2 * LOG_JSON_BUFFER];
	FILE *f;
	size_t n;
	int i;

	for (i = 0; i < 4; i++)
		osmo_select_main(1);
	f = fopen(name, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static void test_line(void **state)
{
	char *text;

	LOGP(DOP, LOGL_NOTICE, "issue \"ok\"\\ \x01 request=" UUID " amount=500\n");
	text = content(path);
	assert_non_null(strstr(text, "\"level\":\"NOTICE\",\"category\":\"DOP\",\"request\":\"" UUID
				     "\",\"message\":\"issue \\\"ok\\\"\\\\ \\u0001 request=" UUID
				     " amount=500\",\"file\":"));
	assert_memory_equal(text, "{\"time\":\"20", 11);
	assert_string_equal(text + strlen(text) - 2, "}\n");
}

static void test_no_request(void **state)
{
	LOGP(DMAIN, LOGL_ERROR, "request=short 0192-0000 -7000- 01920000-0000-7000-8000-0000000\n");
	assert_null(strstr(content(path), "\"request\""));
}

/* Whatever a message holds, a line stays one line of JSON and bounded. */
static void test_long_and_hostile(void **state)
{
	char big[3 * LOG_JSON_LINE], *text;

	memset(big, '\x02', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	LOGP(DMAIN, LOGL_ERROR, "%s\n", big);
	LOGP(DMAIN, LOGL_ERROR, "a\n{\"forged\":1}\n");
	text = content(path);
	assert_true(strlen(text) < 2 * LOG_JSON_LINE);
	assert_null(strstr(text, "\n{\"forged"));
	assert_non_null(strstr(text, "a\\u000a{\\\"forged\\\":1}\",\"file\""));
	assert_int_equal(strchr(text, '\n') - text < LOG_JSON_LINE, 1);
}

static void test_reopen(void **state)
{
	LOGP(DMAIN, LOGL_ERROR, "before\n");
	content(path);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(log_json_reopen(target), 0);
	LOGP(DMAIN, LOGL_ERROR, "after\n");
	assert_non_null(strstr(content(path), "after"));
	assert_null(strstr(content(path), "before"));
	assert_non_null(strstr(content(moved), "before"));
}

/* Into a pipe that nobody reads, more than the buffer holds: dropped, and said so. */
static void test_dropped(void **state)
{
	static char text[2 * LOG_JSON_BUFFER];
	char big[1500];
	size_t n = 0;
	ssize_t got;
	int i, fd;

	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	assert_int_equal(log_json_reopen(target), 0);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (i = 0; i < 1000; i++)
		LOGP(DMAIN, LOGL_ERROR, "%s\n", big);
	for (i = 0; i < 400 && !strstr(text, "\"message\":\"last\""); i++) {
		while ((got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
			n += got;
		if (i == 100)
			LOGP(DMAIN, LOGL_ERROR, "last\n");
		usleep(10000);
		osmo_select_main(1);
	}
	close(fd);
	assert_non_null(strstr(text, " lines dropped\""));
	assert_non_null(strstr(text, "\"message\":\"last\""));
}

static void test_no_such_directory(void **state)
{
	log_json_close(target);
	assert_null(log_json_open(ctx, "/nonexistent/x/y.json"));
	target = log_json_open(ctx, path);
	assert_non_null(target);
	log_add_target(target);
}

static void test_check(void **state)
{
	assert_int_equal(log_json_check("stderr"), 0);
	assert_int_equal(log_json_check("/tmp/a-log-that-is-not-there"), 0);
	assert_int_not_equal(access("/tmp/a-log-that-is-not-there", F_OK), 0); /* nor is made */
	assert_int_equal(log_json_check("/nowhere/log"), -ENOENT);
	assert_int_equal(log_json_check("/dev/null/log"), -ENOTDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_line, open_log, close_log),
		cmocka_unit_test_setup_teardown(test_no_request, open_log, close_log),
		cmocka_unit_test_setup_teardown(test_long_and_hostile, open_log, close_log),
		cmocka_unit_test_setup_teardown(test_reopen, open_log, close_log),
		cmocka_unit_test_setup_teardown(test_dropped, open_log, close_log),
		cmocka_unit_test_setup_teardown(test_no_such_directory, open_log, close_log),
		cmocka_unit_test(test_check),
	};

	ctx = talloc_named_const(NULL, 0, "test");
	osmo_init_logging2(ctx, &tegata_log_info);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
