/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/process_guard.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* LeakSanitizer looks into its own process with ptrace. */
#ifdef __SANITIZE_ADDRESS__
#define UNDUMPABLE 1
#else
#define UNDUMPABLE 0
#endif

static struct rlimit limit_at_start;

int process_guard_begin(void)
{
	if (getrlimit(RLIMIT_CORE, &limit_at_start) < 0)
		return -errno;
	return process_guard_core_dumps(false);
}

int process_guard_core_dumps(bool allowed)
{
	const struct rlimit limit = {
		.rlim_cur = allowed ? limit_at_start.rlim_max : 0,
		.rlim_max = limit_at_start.rlim_max,
	};

	if (setrlimit(RLIMIT_CORE, &limit) < 0 ||
	    prctl(PR_SET_DUMPABLE, allowed ? 1 : UNDUMPABLE, 0, 0, 0) < 0)
		return -errno;
	return 0;
}
