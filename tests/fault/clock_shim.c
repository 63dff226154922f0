/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A host's clock that can be set while programs run, for tests: preloaded into
 * the programs of one "host", it adds so many seconds to the time of day as the
 * file TEGATA_CLOCK_FILE says, an int64_t in the machine's own form, at each
 * look.  The monotonic clock goes on, as that of a host whose clock is set.
 *
 * Not libfaketime, because that keeps semaphores that a killed program leaves
 * behind and another user cannot open, and reads its file at each look.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int (*real_clock_gettime)(clockid_t clock, struct timespec *ts);
static const volatile int64_t *ahead_s;

static __attribute__((constructor)) void shim_init(void)
{
	const char *path = getenv("TEGATA_CLOCK_FILE");
	void *map;
	int fd;

	real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*ahead_s), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map != MAP_FAILED)
		ahead_s = map;
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int rc;

	if (!real_clock_gettime)
		shim_init(); /* some other library's constructor was faster */
	rc = real_clock_gettime(clock, ts);
	if (rc == 0 && ahead_s && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ts->tv_sec += *ahead_s;
	return rc;
}

/* tv is never NULL where it is used as it should be; libc's own header says so. */
int gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
		return -1;
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *t)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
		return -1;
	if (t)
		*t = ts.tv_sec;
	return ts.tv_sec;
}
