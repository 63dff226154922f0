/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* A directory of a unit test, which goes with it; once in a program. */
#include <stdio.h>
#include <stdlib.h>

static char test_dir[] = "/tmp/tegata-unit-XXXXXX";

/* 0 or -1, as cmocka wants it of what prepares and tidies up. */
static inline int test_dir_make(void)
{
	return mkdtemp(test_dir) ? 0 : -1;
}

/* With what certificates.sh makes in it: keys and certificates of gateway-1, gateway-2, manager-1
 * and others, signed by ca. */
static inline int test_dir_make_certificates(void)
{
	char command[256];

	if (test_dir_make() < 0)
		return -1;
	snprintf(command, sizeof(command), "tests/lib/certificates.sh %s", test_dir);
	return system(command) == 0 ? 0 : -1;
}

/* Also what a test that failed has left in it. */
static inline int test_dir_remove(void)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf %s", test_dir);
	return system(command) == 0 ? 0 : -1;
}
