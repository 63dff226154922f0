/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/metrics_process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static uint64_t resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long size, resident = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(f);
	return (uint64_t)resident * sysconf(_SC_PAGESIZE);
}

static unsigned int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n > 3 ? n - 3 : 0; /* ".", ".." and the directory's own */
}

/* Start of the process in clock ticks after boot: field 22 of /proc/self/stat, counted behind the
 * name, which may hold anything. */
static unsigned long long start_ticks(void)
{
	FILE *f = fopen("/proc/self/stat", "re");
	unsigned long long ticks = 0;
	char line[1024], *p;
	int i;

	if (!f)
		return 0;
	p = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	for (i = 3; p && i <= 22; i++)
		p = strchr(p + 1, ' ');
	if (p)
		ticks = strtoull(p, NULL, 10);
	fclose(f);
	return ticks;
}

/* When the machine was booted, seconds since 1970. */
static double boot_time_s(void)
{
	struct timespec now, up;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	return now.tv_sec - up.tv_sec + (now.tv_nsec - up.tv_nsec) / 1e9;
}

void metrics_process_read(struct metrics_process *p)
{
	unsigned long long ticks = start_ticks();
	struct rusage ru;

	memset(p, 0, sizeof(*p));
	if (getrusage(RUSAGE_SELF, &ru) == 0)
		p->cpu_s = ru.ru_utime.tv_sec + ru.ru_stime.tv_sec +
			   (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
	if (ticks)
		p->start_time_s = boot_time_s() + (double)ticks / sysconf(_SC_CLK_TCK);
	p->resident_bytes = resident_bytes();
	p->open_fds = open_fds();
}
