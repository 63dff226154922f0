/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/fault_point.h"

#ifdef TEGATA_FAULT
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/utils.h>

static struct {
	bool known;
	size_t name_len;
	const char *name;
	unsigned long left; /* times until it fires; 0: it has, or none is armed */
} armed;

static void environment_read(void)
{
	const char *text = getenv("TEGATA_FAULT_POINT");
	const char *colon = text ? strchr(text, ':') : NULL;

	armed.known = true;
	if (!colon)
		return;
	armed.name = text;
	armed.name_len = colon - text;
	armed.left = strtoul(colon + 1, NULL, 10);
}

bool fault_point_hit(const char *name)
{
	if (!armed.known)
		environment_read();
	return armed.left > 0 && strlen(name) == armed.name_len &&
	       memcmp(name, armed.name, armed.name_len) == 0 && --armed.left == 0;
}

void fault_point(const char *name)
{
	if (fault_point_hit(name))
		kill(getpid(), SIGKILL);
}

void fault_point_socket_lose(int fd)
{
	int pair[2];

	OSMO_ASSERT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	OSMO_ASSERT(dup2(pair[0], fd) == fd);
	close(pair[0]);
	close(pair[1]);
}
#endif
