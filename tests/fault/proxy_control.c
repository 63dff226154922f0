/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/fault/proxy_control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_SIZE 256

struct client {
	int in, out;
	size_t len;
	char line[LINE_SIZE];
};

static control_cb run_command;
static struct sockaddr_un address;
static int listener = -1;
static struct client clients[CONTROL_CLIENTS_MAX];
static size_t n_clients;

int control_open(const char *path, control_cb command)
{
	run_command = command;
	if (!path) {
		clients[n_clients++] = (struct client){ .in = STDIN_FILENO, .out = STDOUT_FILENO };
		return 0;
	}
	address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	unlink(path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, CONTROL_CLIENTS_MAX) < 0)
		return -errno;
	return 0;
}

void control_close(void)
{
	if (listener >= 0)
		unlink(address.sun_path);
}

size_t control_poll(struct pollfd *fds)
{
	size_t n = 0;

	if (listener >= 0)
		fds[n++] = (struct pollfd){ .fd = listener, .events = POLLIN };
	for (size_t i = 0; i < n_clients; i++)
		fds[n++] = (struct pollfd){ .fd = clients[i].in, .events = POLLIN };
	return n;
}

static void answer(struct client *c, char *line)
{
	char text[CONTROL_ANSWER_SIZE + 1];
	size_t len;

	run_command(line, text);
	len = strlen(text);
	text[len++] = '\n';
	/* Who asked and does not read is not waited for. */
	if (write(c->out, text, len) < 0)
		fprintf(stderr, "proxy: an answer that nobody wants\n");
}

/* False: it has ended, or said something longer than any command. */
static bool client_read(struct client *c)
{
	ssize_t got = read(c->in, c->line + c->len, sizeof(c->line) - c->len);
	char *end;

	if (got <= 0)
		return got < 0 && (errno == EINTR || errno == EAGAIN);
	c->len += got;
	while ((end = memchr(c->line, '\n', c->len))) {
		*end = '\0';
		answer(c, c->line);
		c->len -= end + 1 - c->line;
		memmove(c->line, end + 1, c->len);
	}
	return c->len < sizeof(c->line);
}

static void accept_one(void)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0 && n_clients < CONTROL_CLIENTS_MAX)
		clients[n_clients++] = (struct client){ .in = fd, .out = fd };
	else if (fd >= 0)
		close(fd);
}

bool control_run(const struct pollfd *fds)
{
	const struct pollfd *of_clients = fds + (listener >= 0);

	for (size_t i = n_clients; i-- > 0;) {
		if (!of_clients[i].revents || client_read(&clients[i]))
			continue;
		if (listener < 0)
			return false;
		close(clients[i].in);
		clients[i] = clients[--n_clients];
	}
	if (listener >= 0 && fds[0].revents)
		accept_one();
	return true;
}
