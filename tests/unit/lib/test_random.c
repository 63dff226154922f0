/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/random.h"

/* Stands in front of libc's, so that the kernel can be made to fail. */
static int n_calls;
static int fail_with; /* errno */
static int interrupt_times;
static size_t at_most = SIZE_MAX;

ssize_t getrandom(void *buf, size_t len, unsigned int flags)
{
	n_calls++;
	if (interrupt_times > 0) {
		interrupt_times--;
		errno = EINTR;
		return -1;
	}
	if (fail_with) {
		errno = fail_with;
		return -1;
	}
	return syscall(SYS_getrandom, buf, len < at_most ? len : at_most, flags);
}

static int reset(void **state)
{
	n_calls = fail_with = interrupt_times = 0;
	at_most = SIZE_MAX;
	return 0;
}

static void test_one_call_serves_many(void **state)
{
	uint64_t ids[512];

	for (size_t i = 0; i < 512; i++)
		assert_int_equal(random_fill(&ids[i], sizeof(ids[i])), 0);
	assert_in_range(n_calls, 0, 2);
	for (size_t i = 0; i < 512; i++) {
		for (size_t j = 0; j < i; j++)
			assert_true(ids[i] != ids[j]);
	}
}

static void test_any_length(void **state)
{
	static uint8_t buf[10000], zero[10000];

	for (size_t len = 0; len <= 9000; len = len * 3 / 2 + 1) {
		memset(buf, 0, sizeof(buf));
		assert_int_equal(random_fill(buf, len), 0);
		/* Nothing behind len was touched, and of what was filled the last 16 octets are
		 * not all zero. */
		assert_memory_equal(buf + len, zero, sizeof(buf) - len);
		if (len >= 16)
			assert_memory_not_equal(buf + len - 16, zero, 16);
	}
}

static void test_short_and_interrupted_reads(void **state)
{
	uint8_t a[5000] = { 0 }, zero[16] = { 0 };

	at_most = 7;
	interrupt_times = 3;
	assert_int_equal(random_fill(a, sizeof(a)), 0);
	assert_memory_not_equal(a, zero, 16);
	assert_memory_not_equal(a + sizeof(a) - 16, zero, 16);
}

static void test_failure_is_told_and_passes(void **state)
{
	uint8_t buf[4096];
	int rc = 0;

	fail_with = ENOSYS;
	for (int i = 0; i < 3 && rc == 0; i++)
		rc = random_fill(buf, sizeof(buf)); /* what is left of the pool may still serve */
	assert_int_equal(rc, -EIO);
	assert_int_equal(random_fill(buf, sizeof(buf)), -EIO);
	fail_with = 0;
	assert_int_equal(random_fill(buf, sizeof(buf)), 0);
}

static void test_a_child_draws_its_own(void **state)
{
	uint8_t ours[16], theirs[16];
	int fds[2], status;
	pid_t pid;

	assert_int_equal(random_fill(ours, 1), 0); /* the pool is filled before the fork */
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		bool ok = random_fill(theirs, sizeof(theirs)) == 0 &&
			  write(fds[1], theirs, sizeof(theirs)) == sizeof(theirs);

		_exit(ok ? 0 : 1);
	}
	assert_int_equal(random_fill(ours, sizeof(ours)), 0);
	assert_int_equal(read(fds[0], theirs, sizeof(theirs)), sizeof(theirs));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_memory_not_equal(ours, theirs, sizeof(ours));
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_call_serves_many, reset),
		cmocka_unit_test_setup(test_any_length, reset),
		cmocka_unit_test_setup(test_short_and_interrupted_reads, reset),
		cmocka_unit_test_setup(test_failure_is_told_and_passes, reset),
		cmocka_unit_test_setup(test_a_child_draws_its_own, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
