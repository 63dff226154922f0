/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/random.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#define RANDOM_POOL_SIZE 4096

/* One pool a thread: no lock, and no octet is ever handed out twice. */
static __thread uint8_t pool[RANDOM_POOL_SIZE];
static __thread size_t pool_left;

static pthread_once_t fork_guard_once = PTHREAD_ONCE_INIT;

static void pool_drop(void)
{
	pool_left = 0;
}

static void fork_guard_install(void)
{
	/* A child must not draw the ids that its parent draws. */
	pthread_atfork(NULL, NULL, pool_drop);
}

static int kernel_fill(uint8_t *out, size_t len)
{
	while (len > 0) {
		ssize_t n = getrandom(out, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		out += n;
		len -= (size_t)n;
	}
	return 0;
}

static int pool_refill(void)
{
	pthread_once(&fork_guard_once, fork_guard_install);
	if (kernel_fill(pool, sizeof(pool)) < 0)
		return -EIO;
	pool_left = sizeof(pool);
	return 0;
}

int random_fill(void *buf, size_t len)
{
	uint8_t *out = buf;

	if (len > sizeof(pool))
		return kernel_fill(out, len);
	if (len > pool_left && pool_refill() < 0)
		return -EIO;
	pool_left -= len;
	memcpy(out, pool + pool_left, len);
	/* What was handed out stays with whom it was handed to. */
	memset(pool + pool_left, 0, len);
	return 0;
}
