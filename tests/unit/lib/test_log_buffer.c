/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_buffer.h"
#include "lib/log_category.h"
#include "lib/log_lines.h"

#define N_LINES 500

static void *ctx;
static char path[64], moved[80];

static int make_file(void **state)
{
	snprintf(path, sizeof(path), "/tmp/tegata-lines-XXXXXX");
	close(mkstemp(path));
	snprintf(moved, sizeof(moved), "%s.1", path);
	return 0;
}

static int remove_file(void **state)
{
	unlink(path);
	unlink(moved);
	return 0;
}

static int file_open(void)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	assert_true(fd >= 0);
	return fd;
}

static size_t size_of(const char *name)
{
	int fd = open(name, O_RDONLY);
	off_t size = lseek(fd, 0, SEEK_END);

	assert_true(fd >= 0);
	close(fd);
	return size;
}

/* Lines 0 to n - 1, one after the other, and nothing else. */
static void assert_lines(const char *name, int n)
{
	FILE *f = fopen(name, "r");
	char line[64], wanted[64];
	int i;

	assert_non_null(f);
	for (i = 0; i < n; i++) {
		snprintf(wanted, sizeof(wanted), "line %d\n", i);
		assert_non_null(fgets(line, sizeof(line), f));
		assert_string_equal(line, wanted);
	}
	assert_null(fgets(line, sizeof(line), f));
	fclose(f);
}

static void put_lines(struct log_buffer *b, int from, int to)
{
	char line[64];

	for (; from < to; from++)
		log_buffer_put(b, line, snprintf(line, sizeof(line), "line %d\n", from));
}

/* --- a descriptor that takes everything ------------------------------------------- */

static void lines_of_a_turn_are_one_write(void **state)
{
	struct log_buffer *b = log_buffer_new(ctx, file_open());

	put_lines(b, 0, N_LINES);
	assert_int_equal(size_of(path), 0);
	osmo_select_main(1);
	assert_lines(path, N_LINES);
	log_buffer_free(b);
}

static void a_long_turn_does_not_wait_for_its_end(void **state)
{
	struct log_buffer *b = log_buffer_new(ctx, file_open());

	put_lines(b, 0, 10 * N_LINES);
	assert_true(size_of(path) >= LOG_BUFFER_WRITE);
	log_buffer_free(b);
	assert_lines(path, 10 * N_LINES);
}

static void there_are_so_many_buffers(void **state)
{
	struct log_buffer *all[LOG_BUFFERS_MAX];
	int i, fd;

	for (i = 0; i < LOG_BUFFERS_MAX; i++)
		assert_non_null(all[i] = log_buffer_new(ctx, file_open()));
	fd = file_open();
	assert_null(log_buffer_new(ctx, fd));
	close(fd);
	for (i = 0; i < LOG_BUFFERS_MAX; i++)
		log_buffer_free(all[i]);
}

/* --- one that does not ------------------------------------------------------------ */

static void a_full_disk_keeps_lines_waiting(void **state)
{
	int full = open("/dev/full", O_WRONLY);
	struct log_buffer *b = log_buffer_new(ctx, full);

	put_lines(b, 0, N_LINES);
	osmo_select_main(1);
	put_lines(b, N_LINES, 2 * N_LINES);
	log_buffer_flush(b);
	/* There is room again. */
	log_buffer_set_fd(b, file_open());
	log_buffer_free(b);
	assert_lines(path, 2 * N_LINES);
}

static void what_is_too_much_is_counted(void **state)
{
	static char line[1024 + 1];
	struct log_buffer *b = log_buffer_new(ctx, open("/dev/full", O_WRONLY));
	unsigned int i;

	memset(line, 'x', 1024);
	for (i = 0; i < LOG_BUFFER_MAX / 1024 + 7; i++)
		log_buffer_put(b, line, 1024);
	/* There is no room to say so. */
	assert_int_equal(log_buffer_take_dropped(b), 0);
	log_buffer_set_fd(b, file_open());
	assert_int_equal(log_buffer_take_dropped(b), 7);
	assert_int_equal(log_buffer_take_dropped(b), 0);
	assert_int_equal(size_of(path), LOG_BUFFER_MAX);
	log_buffer_free(b);
}

static void a_pipe_that_nobody_reads_holds_up_nothing(void **state)
{
	char octets[4096];
	int ends[2], i, out;
	struct log_buffer *b;
	ssize_t n;

	assert_int_equal(pipe(ends), 0); /* its writes wait */
	b = log_buffer_new(ctx, ends[1]);
	put_lines(b, 0, 40 * N_LINES);
	log_buffer_flush(b);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	out = file_open();
	for (i = 0; i < 200; i++) {
		while ((n = read(ends[0], octets, sizeof(octets))) > 0)
			assert_int_equal(write(out, octets, n), n);
		log_buffer_flush(b);
	}
	close(out);
	assert_lines(path, 40 * N_LINES);
	close(ends[0]);
	log_buffer_free(b);
}

/* --- the end of the process --------------------------------------------------------- */

/* A child writes lines and ends in its way. */
static void ends_by(int how)
{
	struct rlimit no_core = { 0, 0 };
	pid_t child = fork();
	int status;

	if (child == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		/* cmocka has its own, and would go on with the next test. */
		signal(SIGSEGV, SIG_DFL);
		signal(SIGABRT, SIG_DFL);
		put_lines(log_buffer_new(ctx, file_open()), 0, N_LINES);
		if (!how)
			exit(0);
		if (how == SIGABRT)
			abort();
		raise(how);
		_exit(9);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 9);
	assert_lines(path, N_LINES);
}

static void at_exit_nothing_is_lost(void **state)
{
	ends_by(0);
}

static void nor_when_it_aborts(void **state)
{
	ends_by(SIGABRT);
}

static void nor_when_it_crashes(void **state)
{
	ends_by(SIGSEGV);
}

/* --- targets of libosmocore --------------------------------------------------------- */

static void files_are_taken_over_and_rotated(void **state)
{
	struct log_target *target = log_target_create_file(path);
	int i;

	assert_non_null(target);
	log_set_print_category(target, 0);
	log_set_print_category_hex(target, 0);
	log_set_print_filename2(target, LOG_FILENAME_NONE);
	log_set_use_color(target, 0);
	log_set_all_filter(target, 1);
	log_add_target(target);
	log_lines_adopt(ctx);
	for (i = 0; i < N_LINES; i++)
		LOGP(DMAIN, LOGL_NOTICE, "line %d\n", i);
	assert_int_equal(size_of(path), 0);
	/* As SIGHUP does. */
	assert_int_equal(rename(path, moved), 0);
	log_lines_release();
	log_targets_reopen();
	log_lines_adopt(ctx);
	assert_lines(moved, N_LINES);
	LOGP(DMAIN, LOGL_NOTICE, "line 0\n");
	LOGP(DMAIN, LOGL_ERROR, "line 1\n");
	assert_lines(path, 2); /* an error does not wait */
	LOGP(DMAIN, LOGL_NOTICE, "line 2\n");
	log_lines_release();
	LOGP(DMAIN, LOGL_NOTICE, "line 3\n");
	osmo_select_main(1);
	assert_lines(path, 4);
	log_target_destroy(target);
}

/* --- lines without printf() ----------------------------------------------------------- */

static struct log_target *plain_target(void)
{
	struct log_target *target = log_target_create_file(path);

	assert_non_null(target);
	log_set_print_category(target, 1);
	log_set_print_level(target, 1);
	log_set_print_category_hex(target, 0);
	log_set_print_filename2(target, LOG_FILENAME_NONE);
	log_set_use_color(target, 0);
	log_set_all_filter(target, 1);
	log_add_target(target);
	return target;
}

/* Two lines that are the same octets; that one is in line. */
static void assert_twice(char line[LOG_LINE_SIZE + 64])
{
	char second[LOG_LINE_SIZE + 64];
	FILE *f = fopen(path, "r");

	assert_non_null(fgets(line, LOG_LINE_SIZE + 64, f));
	assert_non_null(fgets(second, sizeof(second), f));
	assert_string_equal(line, second);
	assert_null(fgets(second, sizeof(second), f));
	fclose(f);
	assert_int_equal(truncate(path, 0), 0);
}

static void put_both_ways(unsigned int level, const char *text)
{
	struct log_line l;

	log_line_begin(&l);
	log_line_put(&l, text);
	LOGP(DOP, level, "%s\n", l.text);
	log_lines_put(DOP, level, &l);
}

static void they_look_as_those_of_libosmocore(void **state)
{
	static const unsigned int levels[] = { LOGL_INFO, LOGL_NOTICE, LOGL_ERROR, LOGL_FATAL };
	char line[LOG_LINE_SIZE + 64], longest[LOG_LINE_SIZE];
	struct log_target *target;
	size_t form, i;

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	log_del_target(osmo_stderr_target);
	target = plain_target();
	log_lines_adopt(ctx);
	for (form = 0; form < 32; form++) {
		log_set_print_category(target, form & 1);
		log_set_print_level(target, form >> 1 & 1);
		log_set_print_category_hex(target, form >> 2 & 1);
		log_set_use_color(target, form >> 3 & 1);
		log_set_print_tid(target, form >> 4 & 1);
		for (i = 0; i < ARRAY_SIZE(levels); i++) {
			put_both_ways(levels[i], "100 % of it");
			/* An error does not wait for the end of the turn. */
			if (levels[i] < LOGL_ERROR)
				osmo_select_main(1);
			assert_twice(line);
			assert_non_null(strstr(line, "100 % of it"));
		}
	}
	log_set_use_color(target, 0);
	log_set_print_tid(target, 0);
	put_both_ways(LOGL_ERROR, longest);
	assert_twice(line);
	assert_non_null(strstr(line, longest));
	log_lines_release();
	log_target_destroy(target);
	log_add_target(osmo_stderr_target);
}

/* The one line that is there begins with it. */
static void assert_begins(const char *wanted)
{
	char line[256];
	FILE *f = fopen(path, "r");

	assert_non_null(fgets(line, sizeof(line), f));
	assert_memory_equal(line, wanted, strlen(wanted));
	assert_null(fgets(line, sizeof(line), f));
	fclose(f);
	assert_int_equal(truncate(path, 0), 0);
}

/* Of the form "category level line" nothing is in front. */
static void assert_something_in_front(void)
{
	char line[256];
	FILE *f = fopen(path, "r");

	assert_non_null(fgets(line, sizeof(line), f));
	assert_non_null(strstr(line, " DOP ERROR line\n"));
	fclose(f);
	assert_int_equal(truncate(path, 0), 0);
}

static void other_forms_are_libosmocores(void **state)
{
	struct log_target *target;
	struct log_line l;

	log_line_begin(&l);
	log_line_put(&l, "line");
	log_del_target(osmo_stderr_target);
	target = plain_target();
	/* Nobody has taken it over yet. */
	log_lines_put(DOP, LOGL_ERROR, &l);
	osmo_select_main(1);
	assert_begins("DOP ERROR line\n");
	log_lines_adopt(ctx);
	/* Where a line comes from is where it was put, not where it was put together. */
	log_set_print_filename2(target, LOG_FILENAME_BASENAME);
	log_lines_put(DOP, LOGL_ERROR, &l);
	assert_begins("DOP ERROR test_log_buffer.c:");
	log_set_print_filename2(target, LOG_FILENAME_PATH);
	log_lines_put(DOP, LOGL_ERROR, &l);
	assert_begins("DOP ERROR tests/unit/lib/test_log_buffer.c:");
	log_set_print_filename2(target, LOG_FILENAME_NONE);
	log_set_print_timestamp(target, 1);
	log_lines_put(DOP, LOGL_ERROR, &l);
	assert_something_in_front();
	log_set_print_timestamp(target, 0);
	log_set_print_extended_timestamp(target, 1);
	log_lines_put(DOP, LOGL_ERROR, &l);
	assert_something_in_front();
	log_lines_release();
	log_target_destroy(target);
	log_add_target(osmo_stderr_target);
}

static void each_of_two_targets_has_them(void **state)
{
	struct log_target *target, *second;
	char line[LOG_LINE_SIZE + 64];
	FILE *f;
	int n;

	log_del_target(osmo_stderr_target);
	target = plain_target();
	second = plain_target();
	log_lines_adopt(ctx);
	put_both_ways(LOGL_NOTICE, "line");
	log_lines_release();
	log_target_destroy(second);
	log_lines_adopt(ctx);
	put_both_ways(LOGL_NOTICE, "line");
	log_lines_release();
	f = fopen(path, "r");
	/* Both targets write to the one file: twice two, and two of the one that is left. */
	for (n = 0; fgets(line, sizeof(line), f); n++)
		assert_string_equal(line, "DOP NOTICE line\n");
	assert_int_equal(n, 6);
	fclose(f);
	log_target_destroy(target);
	log_add_target(osmo_stderr_target);
}

#define ON_FILE(test) cmocka_unit_test_setup_teardown(test, make_file, remove_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First, since the handlers of signals are set with the first buffer. */
		ON_FILE(at_exit_nothing_is_lost),
		ON_FILE(nor_when_it_aborts),
		ON_FILE(nor_when_it_crashes),
		ON_FILE(lines_of_a_turn_are_one_write),
		ON_FILE(a_long_turn_does_not_wait_for_its_end),
		ON_FILE(there_are_so_many_buffers),
		ON_FILE(a_full_disk_keeps_lines_waiting),
		ON_FILE(what_is_too_much_is_counted),
		ON_FILE(a_pipe_that_nobody_reads_holds_up_nothing),
		ON_FILE(files_are_taken_over_and_rotated),
		ON_FILE(they_look_as_those_of_libosmocore),
		ON_FILE(other_forms_are_libosmocores),
		ON_FILE(each_of_two_targets_has_them),
	};

	ctx = talloc_named_const(NULL, 0, "test");
	osmo_init_logging2(ctx, &tegata_log_info);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
