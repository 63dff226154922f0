/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What libmicrohttpd can do by itself: a server that reads a request and answers
 * with a constant, under the gateway's own TLS settings and on the same loop.
 *
 *   mhd_hello ADDRESS:PORT CERTIFICATE KEY FILE...
 *
 * The path /0 is answered with the first FILE, /1 with the second.  Ends when
 * it is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "gateway/gateway_config.h"
#include "gateway/http_tls.h"
#include "lib/log_category.h"
#include "lib/mhd_loop.h"
#include "lib/stream_addr.h"

#define ANSWERS_MAX 8
#define ANSWER_SIZE_MAX 65536
#define BACKLOG 1024

static struct MHD_Response *answers[ANSWERS_MAX];
static int n_answers;

static enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd, const char *url,
				  const char *method, const char *version, const char *octets,
				  size_t *n_octets, void **context)
{
	static int begun;
	int i = url[0] == '/' ? url[1] - '0' : -1;

	/* At first only the header fields are there. */
	if (!*context) {
		*context = &begun;
		return MHD_YES;
	}
	if (*n_octets > 0) {
		*n_octets = 0;
		return MHD_YES;
	}
	*context = NULL;
	return i >= 0 && i < n_answers ? MHD_queue_response(mhd, MHD_HTTP_OK, answers[i]) : MHD_NO;
}

static int answer_read(const char *path)
{
	static char octets[ANSWER_SIZE_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, octets, sizeof(octets));

	if (n < 0 || n_answers == ANSWERS_MAX) {
		fprintf(stderr, "mhd_hello: %s: %s\n", path, strerror(n < 0 ? errno : E2BIG));
		return -1;
	}
	close(fd);
	answers[n_answers] = MHD_create_response_from_buffer(n, octets, MHD_RESPMEM_MUST_COPY);
	MHD_add_response_header(answers[n_answers++], MHD_HTTP_HEADER_CONTENT_TYPE,
				"application/json");
	return 0;
}

static int socket_listen(const char *address)
{
	struct stream_addr a;
	int on = 1, fd;

	if (stream_addr_parse(&a, address, true) < 0)
		return -1;
	fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, &a.sa, a.len) < 0 || listen(fd, BACKLOG) < 0)
		return -1;
	return fd;
}

static struct MHD_Daemon *daemon_start(const struct gateway_config *config, int fd)
{
	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TLS, 0, NULL, NULL, on_request,
		NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)config->limits.connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)config->limits.connection_memory, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_HTTPS_CERT_CALLBACK, http_tls_retrieve, MHD_OPTION_HTTPS_PRIORITIES,
		config->tls_priorities, MHD_OPTION_END);
}

int main(int argc, char **argv)
{
	struct gateway_config *config;
	struct MHD_Daemon *mhd;
	char why[256];
	int i, fd;

	if (argc < 5) {
		fprintf(stderr, "usage: mhd_hello ADDRESS:PORT CERTIFICATE KEY FILE...\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	osmo_init_logging2(NULL, &tegata_log_info);
	config = gateway_config_new(NULL);
	for (i = 4; i < argc; i++)
		if (answer_read(argv[i]) < 0)
			return 1;
	if (http_tls_load(config, argv[2], argv[3], why, sizeof(why)) < 0) {
		fprintf(stderr, "mhd_hello: %s\n", why);
		return 1;
	}
	fd = socket_listen(argv[1]);
	mhd = fd < 0 ? NULL : daemon_start(config, fd);
	if (!mhd || !mhd_loop_start(config, mhd)) {
		fprintf(stderr, "mhd_hello: %s: cannot be listened on\n", argv[1]);
		return 1;
	}
	for (;;)
		osmo_select_main_ctx(0);
}
