/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Stands between the manager and PostgreSQL, on a Unix socket, as a process of
 * its own: of every so many batches of value_issue it takes the server's answer
 * (by then the batch is committed) and closes both sides instead of passing it
 * on.  To be included once in a program, after <cmocka.h>.
 */
#include <poll.h>
#include <stdbool.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROXY_PAIRS_MAX 64

static char cutting_proxy_dir[] = "/tmp/test-proxy-XXXXXX";
static char cutting_proxy_address[64];

struct proxy_pair {
	int client, server;
	bool cut; /* at the next answer */
};

static inline void proxy_sockaddr(struct sockaddr_un *sun, const char *dir)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	snprintf(sun->sun_path, sizeof(sun->sun_path), "%.80s/.s.PGSQL.5432", dir);
}

static inline void proxy_accept(struct proxy_pair *pair, int listener, const char *server_dir)
{
	struct sockaddr_un sun;

	proxy_sockaddr(&sun, server_dir);
	pair->cut = false;
	pair->client = accept(listener, NULL, NULL);
	pair->server = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(pair->server, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		_exit(1);
}

/* One read and write; false: the pair is to be closed. */
static inline bool proxy_pass(struct proxy_pair *pair, bool from_client, unsigned int every)
{
	static char buf[1 << 20];
	static unsigned int n_batches;
	ssize_t len = read(from_client ? pair->client : pair->server, buf, sizeof(buf));
	ssize_t sent = 0, n;

	if (len <= 0 || (!from_client && pair->cut))
		return false;
	/* Bind: no portal's name, then the statement's */
	if (from_client && len > 12 && buf[0] == 'B' && memcmp(buf + 5, "\0issue", 7) == 0)
		pair->cut = ++n_batches % every == 0;
	for (; sent < len; sent += n) {
		n = write(from_client ? pair->server : pair->client, buf + sent, len - sent);
		if (n <= 0)
			return false;
	}
	return true;
}

static inline void proxy_run(int listener, const char *server_dir, unsigned int every)
{
	static struct proxy_pair pairs[PROXY_PAIRS_MAX];
	struct pollfd fds[1 + 2 * PROXY_PAIRS_MAX];
	int n = 0, i;

	for (;;) {
		fds[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
		for (i = 0; i < n; i++) {
			fds[1 + 2 * i] = (struct pollfd){ .fd = pairs[i].client, .events = POLLIN };
			fds[2 + 2 * i] = (struct pollfd){ .fd = pairs[i].server, .events = POLLIN };
		}
		if (poll(fds, 1 + 2 * n, -1) < 0)
			_exit(1);
		for (i = n - 1; i >= 0; i--) {
			if ((!fds[1 + 2 * i].revents || proxy_pass(&pairs[i], true, every)) &&
			    (!fds[2 + 2 * i].revents || proxy_pass(&pairs[i], false, every)))
				continue;
			close(pairs[i].client);
			close(pairs[i].server);
			pairs[i] = pairs[--n];
		}
		if (fds[0].revents && n < PROXY_PAIRS_MAX)
			proxy_accept(&pairs[n++], listener, server_dir);
	}
}

static inline pid_t cutting_proxy_start(const char *server_dir, unsigned int every)
{
	struct sockaddr_un sun;
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	assert_non_null(mkdtemp(cutting_proxy_dir));
	snprintf(cutting_proxy_address, sizeof(cutting_proxy_address), "unix:%s",
		 cutting_proxy_dir);
	proxy_sockaddr(&sun, cutting_proxy_dir);
	assert_int_equal(bind(listener, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(listener, PROXY_PAIRS_MAX), 0);
	pid = fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_IGN);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		proxy_run(listener, server_dir, every);
	}
	close(listener);
	return pid;
}

static inline void cutting_proxy_stop(pid_t pid)
{
	struct sockaddr_un sun;

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	proxy_sockaddr(&sun, cutting_proxy_dir);
	unlink(sun.sun_path);
	rmdir(cutting_proxy_dir);
}
