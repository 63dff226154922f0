/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A bad network between two programs of this machine, for tests.
 *
 *   proxy --listen ADDRESS --target ADDRESS [--control PATH] [--seed N]
 *
 * Addresses are "127.0.0.1:5432" (port 0: any) or "unix:/path"; it dials from
 * the address at which it listens.  Says "listening ADDRESS" first.  Then each
 * line of standard input, or of connections to the Unix socket PATH, is a
 * command, answered by a line that begins with "ok" or "error".  It ends with
 * its input, or with the program that started it.  Faults add up until "pass".
 *
 *   pass                     all is well again; what was held goes on; a stream of which octets
 *                            were lost or changed is reset
 *   refuse                   nobody listens, as after a crash of the server's program
 *   cut rst|fin [client|server]   ends every connection, or one side of it: then the other side
 *                            does not know it, and talks to nobody
 *   hold WAY                 nothing gets through; it comes late, when all is well again
 *   swallow WAY              nothing gets through, ever
 *   blackhole                hold both, and connections cannot be made: no answer to their SYN
 *   delay WAY MS [JITTER]    each octet comes so much later
 *   flip WAY N, double WAY N  one octet of N has a bit flipped, or comes twice
 *   throttle WAY N           octets a second and connection
 *   target ADDRESS           where the connections that come will go
 *   status                   what was done since the beginning
 *
 * WAY is "up" (from who dialled), "down" or "both".
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/fault/proxy_conn.h"
#include "tests/fault/proxy_control.h"

#define BACKLOG 128
#define LOOK_FOR_PARENT_US 1000000
#define WORDS_MAX 4
#define FILLERS_MAX 8

static struct conns conns;
static int listener = -1;
static bool deaf; /* nothing is accepted */
/* Connections of our own, which leave no place in the listener's queue: so the kernel drops SYNs.
 */
static int fillers[FILLERS_MAX];
static size_t n_fillers;

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* --- the listener ---------------------------------------------------------- */

static int listener_open(void)
{
	int on = 1;
	int fd = socket(conns.local.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (stream_addr_is_unix(&conns.local))
		unlink(conns.local.un.sun_path);
	if (bind(fd, &conns.local.sa, conns.local.len) < 0 || listen(fd, BACKLOG) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	/* With the port that was given for port 0, so that it is the same when opened again. */
	if (!stream_addr_is_unix(&conns.local))
		(void)getsockname(fd, &conns.local.sa, &conns.local.len);
	listener = fd;
	return 0;
}

static void listener_close(void)
{
	if (listener >= 0)
		close(listener);
	listener = -1;
	if (stream_addr_is_unix(&conns.local))
		unlink(conns.local.un.sun_path);
}

static bool is_established(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 20) == 1;
}

/* Ours come before whoever dials from now on, and wait in the queue until the end of the fault. */
static void listener_stuff(void)
{
	deaf = true;
	if (listener < 0 || listen(listener, 0) < 0)
		return;
	while (n_fillers < FILLERS_MAX) {
		int fd = socket(conns.local.sa.sa_family,
				SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (fd < 0)
			return;
		fillers[n_fillers++] = fd;
		if (connect(fd, &conns.local.sa, conns.local.len) < 0 &&
		    (errno != EINPROGRESS || !is_established(fd)))
			return;
	}
}

static bool is_filler(const struct sockaddr *peer)
{
	struct sockaddr_storage ours;
	socklen_t len;

	if (peer->sa_family == AF_UNIX)
		return false;
	for (size_t i = 0; i < n_fillers; i++) {
		len = sizeof(ours);
		if (getsockname(fillers[i], (struct sockaddr *)&ours, &len) == 0 &&
		    memcmp(&ours, peer, len) == 0)
			return true;
	}
	return false;
}

static void accept_all(void)
{
	struct sockaddr_storage peer;
	socklen_t len;
	int fd;

	while (conns.n < CONN_MAX) {
		len = sizeof(peer);
		fd = accept4(listener, (struct sockaddr *)&peer, &len,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		if (is_filler((struct sockaddr *)&peer))
			close(fd);
		else
			conns_add(&conns, fd);
	}
}

static int listener_heal(void)
{
	int rc = 0;

	if (listener < 0)
		rc = listener_open();
	else if (deaf && listen(listener, BACKLOG) < 0)
		rc = -errno;
	deaf = false;
	if (rc < 0)
		return rc;
	accept_all();
	while (n_fillers > 0)
		close(fillers[--n_fillers]);
	return 0;
}

/* --- commands --------------------------------------------------------------- */

static int do_pass(char **words)
{
	memset(conns.fault, 0, sizeof(conns.fault));
	conns_heal(&conns);
	return listener_heal();
}

static int do_refuse(char **words)
{
	listener_close();
	return 0;
}

static int do_cut(char **words)
{
	bool reset = strcmp(words[1], "rst") == 0;
	bool client = !words[2] || strcmp(words[2], "client") == 0;
	bool server = !words[2] || strcmp(words[2], "server") == 0;

	if (!reset && strcmp(words[1], "fin") != 0)
		return -EINVAL;
	if (!client && !server)
		return -EINVAL;
	conns_cut(&conns, client, server, reset);
	return 0;
}

static int do_blackhole(char **words)
{
	conns.fault[UP].hold = conns.fault[DOWN].hold = true;
	listener_stuff();
	return 0;
}

static int do_target(char **words)
{
	return stream_addr_parse(&conns.target, words[1], true);
}

/* One setting of one direction. */
static int way_set(struct pipe_fault *f, char **words)
{
	unsigned int n = words[2] ? strtoul(words[2], NULL, 10) : 0;

	if (strcmp(words[0], "hold") == 0) {
		f->hold = true;
	} else if (strcmp(words[0], "swallow") == 0) {
		f->swallow = true;
	} else if (!words[2]) {
		return -EINVAL;
	} else if (strcmp(words[0], "delay") == 0) {
		f->delay_ms = n;
		f->jitter_ms = words[3] ? strtoul(words[3], NULL, 10) : 0;
	} else if (strcmp(words[0], "flip") == 0) {
		f->flip_one_of = n;
	} else if (strcmp(words[0], "double") == 0) {
		f->double_one_of = n;
	} else if (strcmp(words[0], "throttle") == 0) {
		f->octets_per_s = n;
	} else {
		return -EINVAL;
	}
	return 0;
}

static int do_way(char **words)
{
	bool both = strcmp(words[1], "both") == 0;
	int rc = -EINVAL;

	if (both || strcmp(words[1], "up") == 0)
		rc = way_set(&conns.fault[UP], words);
	if (both || strcmp(words[1], "down") == 0)
		rc = way_set(&conns.fault[DOWN], words);
	return rc;
}

static void status_format(char text[CONTROL_ANSWER_SIZE])
{
	const struct pipe_stats *up = &conns.stats[UP], *down = &conns.stats[DOWN];

	snprintf(text, CONTROL_ANSWER_SIZE,
		 "ok connections %zu accepted %llu cut %llu up %llu down %llu flipped %llu"
		 " doubled %llu swallowed %llu",
		 conns.n, (unsigned long long)conns.accepted, (unsigned long long)conns.cut,
		 (unsigned long long)up->octets, (unsigned long long)down->octets,
		 (unsigned long long)(up->flipped + down->flipped),
		 (unsigned long long)(up->doubled + down->doubled),
		 (unsigned long long)(up->swallowed + down->swallowed));
}

static const struct command {
	const char *name;
	size_t arguments; /* at least */
	int (*run)(char **words);
} commands[] = {
	{ "pass", 0, do_pass },		  { "refuse", 0, do_refuse }, { "cut", 1, do_cut },
	{ "blackhole", 0, do_blackhole }, { "target", 1, do_target }, { "hold", 1, do_way },
	{ "swallow", 1, do_way },	  { "delay", 2, do_way },     { "flip", 2, do_way },
	{ "double", 2, do_way },	  { "throttle", 2, do_way },
};

static int words_run(char **words, size_t n)
{
	for (size_t i = 0; n > 0 && i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(words[0], commands[i].name) == 0)
			return n > commands[i].arguments ? commands[i].run(words) : -EINVAL;
	}
	return -EINVAL;
}

static void command_run(char *line, char text[CONTROL_ANSWER_SIZE])
{
	char *words[WORDS_MAX + 1] = { NULL }, *save = NULL;
	size_t n = 0;
	int rc;

	for (char *w = strtok_r(line, " ", &save); w && n < WORDS_MAX;
	     w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	if (n == 1 && strcmp(words[0], "status") == 0) {
		status_format(text);
		return;
	}
	rc = words_run(words, n);
	if (rc < 0)
		snprintf(text, CONTROL_ANSWER_SIZE, "error %s", strerror(-rc));
	else
		strcpy(text, "ok");
}

/* --- the loop ---------------------------------------------------------------- */

static void loop(pid_t parent)
{
	static struct pollfd fds[1 + CONTROL_FDS_MAX + SIDES * CONN_MAX];
	bool goes_on = true;

	while (goes_on && getppid() == parent) {
		int64_t now = now_us(), due = now + LOOK_FOR_PARENT_US;
		bool accepts = listener >= 0 && !deaf && conns.n < CONN_MAX;
		size_t n_control = control_poll(fds + 1);
		struct pollfd *of_conns = fds + 1 + n_control;
		size_t n_conns = conns_poll(&conns, of_conns, &due, now);

		fds[0] = (struct pollfd){ .fd = accepts ? listener : -1, .events = POLLIN };
		if (poll(fds, 1 + n_control + n_conns, (int)((due - now + 999) / 1000)) < 0)
			continue;
		conns_run(&conns, of_conns, now_us());
		if (fds[0].revents)
			accept_all();
		goes_on = control_run(fds + 1);
	}
}

static int usage(void)
{
	fprintf(stderr,
		"usage: proxy --listen ADDRESS --target ADDRESS [--control PATH] [--seed N]\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "target", required_argument, NULL, 't' },
		{ "control", required_argument, NULL, 'c' },
		{ "seed", required_argument, NULL, 's' },
		{ 0 },
	};
	char text[STREAM_ADDR_STR_SIZE];
	const char *control = NULL;
	pid_t parent = getppid();
	int c, rc = 0;

	pipe_random_seed(1);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1 && rc == 0) {
		if (c == 'l')
			rc = stream_addr_parse(&conns.local, optarg, true);
		else if (c == 't')
			rc = stream_addr_parse(&conns.target, optarg, true);
		else if (c == 's')
			pipe_random_seed(strtoull(optarg, NULL, 10));
		else if (c == 'c')
			control = optarg;
		else
			return usage();
	}
	if (rc < 0 || !conns.local.len || !conns.target.len)
		return usage();
	signal(SIGPIPE, SIG_IGN);
	rc = listener_open();
	if (rc == 0)
		rc = control_open(control, command_run);
	if (rc < 0) {
		fprintf(stderr, "proxy: %s\n", strerror(-rc));
		return 1;
	}
	printf("listening %s\n", stream_addr_format(text, &conns.local));
	fflush(stdout);
	loop(parent);
	listener_close();
	control_close();
	return 0;
}
