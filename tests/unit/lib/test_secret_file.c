/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

#include "lib/secret_file.h"

#define NOBODY 65534

static char path[] = "/tmp/test-secret-file-XXXXXX";
static char why[256];

static int set_up(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	return unlink(path);
}

static void file_make(const void *octets, size_t n, mode_t mode)
{
	FILE *f;

	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(octets, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int opened(enum secret_readers readers)
{
	int fd;

	why[0] = '\0';
	fd = secret_file_open(path, readers, why, sizeof(why));
	if (fd >= 0)
		return close(fd);
	assert_non_null(strstr(why, path));
	assert_true(strlen(why) > strlen(path) + 2);
	return fd;
}

static void assert_readers(mode_t mode, int owner, int roots_group, int group)
{
	assert_int_equal(chmod(path, mode), 0);
	assert_int_equal(opened(SECRET_OWNER), owner);
	assert_int_equal(opened(SECRET_OWNER_OR_ROOTS_GROUP), roots_group);
	assert_int_equal(opened(SECRET_OWNER_OR_GROUP), group);
}

static void what_others_can_read_is_refused(void **state)
{
	static const mode_t wrong[] = { 0604, 0602, 0601, 0660, 0620, 0644, 0666, 0777 };
	size_t i;

	file_make("x", 1, 0600);
	assert_readers(0600, 0, 0, 0);
	assert_readers(0400, 0, 0, 0);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_readers(wrong[i], -EPERM, -EPERM, -EPERM);
}

static void whose_group_counts(void **state)
{
	if (geteuid() != 0)
		skip();
	file_make("x", 1, 0600);
	assert_int_equal(chown(path, 0, getegid()), 0);
	assert_readers(0640, -EPERM, 0, 0);
	assert_readers(0650, -EPERM, -EPERM, 0);
	assert_int_equal(chown(path, 0, NOBODY), 0);
	assert_readers(0640, -EPERM, -EPERM, 0);
	assert_readers(0600, 0, 0, 0);
	assert_int_equal(chown(path, NOBODY, getegid()), 0);
	assert_readers(0640, -EPERM, -EPERM, 0);
	assert_readers(0600, 0, 0, 0);
}

static void only_files(void **state)
{
	unlink(path);
	assert_int_equal(opened(SECRET_OWNER), -ENOENT);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(opened(SECRET_OWNER_OR_GROUP), -EPERM);
	unlink(path);
	assert_int_equal(secret_file_open("/dev/null", SECRET_OWNER, why, sizeof(why)), -EPERM);
	assert_string_equal(why, "/dev/null: not a file");
}

static void a_long_path_does_not_hide_the_reason(void **state)
{
	char name[PATH_MAX - 1];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(secret_file_open(name, SECRET_OWNER, why, sizeof(why)), -ENAMETOOLONG);
	assert_int_equal(strncmp(why, "aaaa", 4), 0);
	assert_non_null(strstr(why, strerror(ENAMETOOLONG)));
}

static int line_of(const void *octets, size_t n, char *line, size_t line_size)
{
	file_make(octets, n, 0600);
	memset(line, '?', line_size);
	return secret_file_line(line, line_size, path, SECRET_OWNER, why, sizeof(why));
}

static void the_first_line(void **state)
{
	static const struct {
		const char *text, *line;
		int rc;
	} cases[] = {
		{ "secret", "secret", 0 },	     { "secret\n", "secret", 0 },
		{ "secret\r\nmore\n", "secret", 0 }, { "1234567", "1234567", 0 },
		{ "1234567\nmore", "1234567", 0 },   { "12345678", "", -EMSGSIZE },
		{ "12345678\n", "", -EMSGSIZE },     { "123456789", "", -EMSGSIZE },
		{ "\nsecret", "", -EINVAL },	     { "", "", -EINVAL },
	};
	char line[8];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(line_of(cases[i].text, strlen(cases[i].text), line, sizeof(line)),
				 cases[i].rc);
		assert_string_equal(line, cases[i].line);
		if (cases[i].rc < 0)
			assert_non_null(strstr(why, path));
	}
	assert_int_equal(line_of("ab\0cd", 5, line, sizeof(line)), 0);
	assert_string_equal(line, "ab");
	assert_int_equal(chmod(path, 0604), 0);
	assert_int_equal(secret_file_line(line, sizeof(line), path, SECRET_OWNER, why, sizeof(why)),
			 -EPERM);
}

/* Nothing of what follows the line stays in memory. */
static void the_rest_is_wiped(void **state)
{
	static const char zeros[61];
	char line[64];

	assert_int_equal(line_of("one\ntwo, which is another secret\n", 33, line, sizeof(line)), 0);
	assert_string_equal(line, "one");
	assert_memory_equal(line + 3, zeros, sizeof(zeros));
}

static void a_long_line_is_read_whole(void **state)
{
	char text[1023], line[1024];

	memset(text, 'x', sizeof(text));
	assert_int_equal(line_of(text, sizeof(text), line, sizeof(line)), 0);
	assert_int_equal(strlen(line), sizeof(text));
}

static void so_many_octets(void **state)
{
	uint8_t octets[4];

	file_make("\0\1\n\3", 4, 0640);
	assert_int_equal(
		secret_file_octets(octets, 4, path, SECRET_OWNER_OR_GROUP, why, sizeof(why)), 0);
	assert_memory_equal(octets, "\0\1\n\3", 4);
	assert_int_equal(secret_file_octets(octets, 4, path, SECRET_OWNER, why, sizeof(why)),
			 -EPERM);
	assert_int_equal(secret_file_octets(octets, 3, path, SECRET_OWNER_OR_GROUP, why,
					    sizeof(why)),
			 -EFBIG);
	assert_non_null(strstr(why, path));
	file_make("\0\1\2", 3, 0600);
	assert_int_equal(secret_file_octets(octets, 4, path, SECRET_OWNER, why, sizeof(why)),
			 -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_others_can_read_is_refused),
		cmocka_unit_test(whose_group_counts),
		cmocka_unit_test(only_files),
		cmocka_unit_test(a_long_path_does_not_hide_the_reason),
		cmocka_unit_test(the_first_line),
		cmocka_unit_test(the_rest_is_wiped),
		cmocka_unit_test(a_long_line_is_read_whole),
		cmocka_unit_test(so_many_octets),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
