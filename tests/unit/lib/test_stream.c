/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "tests/lib/loop.h"
#include "tests/lib/test_dir.h"

static const struct stream_limits limits = { .in_max = 300000,
					     .out_max = 1 << 20,
					     .connect_timeout_ms = 3000 };

/* One end of a connection: takes messages of 4 octets of length (big-endian) and what follows. */
struct end {
	struct stream *s;
	int n_up, n_down, n_received, n_messages;
	int error;
	bool close_in_received, close_in_up, close_in_down, refuse, echo;
	size_t message_len;
	uint32_t sum;
};

struct pair {
	void *ctx;
	struct stream_listener *l;
	struct end client, server;
	int n_accepted;
	bool close_in_accept;
};

static void end_up(void *data, struct stream *s)
{
	struct end *e = data;

	e->n_up++;
	assert_true(stream_is_up(s));
	if (e->close_in_up) {
		e->s = NULL;
		stream_close(s);
	}
}

static int end_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct end *e = data;
	size_t at = 0, need, i;

	e->n_received++;
	for (i = 0; i < 16; i++)
		assert_int_equal(in[len + i], 0); /* the slack is there */
	if (e->close_in_received) {
		e->s = NULL;
		stream_close(s);
		return 0;
	}
	if (e->refuse)
		return -EBADMSG;
	while (len - at >= 4) {
		need = 4 + ((size_t)in[at] << 24 | in[at + 1] << 16 | in[at + 2] << 8 | in[at + 3]);
		if (len - at < need)
			break;
		for (i = 4; i < need; i++)
			e->sum = e->sum * 31 + in[at + i];
		if (e->echo)
			assert_int_equal(stream_write(s, in + at, need), 0);
		e->n_messages++;
		e->message_len = need - 4;
		at += need;
	}
	return at;
}

static void end_down(void *data, struct stream *s, int error, const char *why)
{
	struct end *e = data;

	assert_non_null(why);
	assert_false(stream_is_up(s));
	assert_int_equal(stream_write(s, "x", 1), -ENOTCONN);
	e->n_down++;
	e->error = error;
	if (e->close_in_down) {
		e->s = NULL;
		stream_close(s);
	}
}

static const struct stream_handler handler = { end_up, end_received, end_down };

static void pair_accept(void *data, struct stream *s)
{
	struct pair *p = data;

	p->n_accepted++;
	if (p->close_in_accept) {
		stream_close(s);
		return;
	}
	assert_true(stream_is_up(s));
	p->server.s = s;
	stream_set_data(s, &handler, &p->server);
}

static struct pair *pair_new(const char *address)
{
	struct pair *p = talloc_zero(NULL, struct pair);
	int error = 0;

	p->ctx = p;
	p->l = stream_listen(p, address, 0600, NULL, &limits, pair_accept, p, &error);
	assert_non_null(p->l);
	return p;
}

static void pair_connect(struct pair *p)
{
	int error = 0;

	p->client.s = stream_connect(p, stream_listener_address(p->l), NULL, NULL, &limits,
				     &handler, &p->client, &error);
	assert_non_null(p->client.s);
	assert_int_equal(error, 0);
	assert_int_equal(p->client.n_up + p->client.n_down, 0); /* nothing is called inline */
	assert_int_equal(stream_write(p->client.s, "x", 1), -ENOTCONN);
	loop_until(p->client.n_up && p->n_accepted);
}

static struct pair *pair_up(void)
{
	struct pair *p = pair_new("127.0.0.1:0");

	pair_connect(p);
	return p;
}

static void send_message(struct stream *s, size_t len)
{
	uint8_t *m = calloc(1, len + 4);
	size_t i;

	m[0] = len >> 24, m[1] = len >> 16, m[2] = len >> 8, m[3] = len;
	for (i = 0; i < len; i++)
		m[4 + i] = i;
	assert_int_equal(stream_write(s, m, len + 4), 0);
	free(m);
}

static char *unix_address(void *ctx, const char *name)
{
	return talloc_asprintf(ctx, "unix:%s/%s", test_dir, name);
}

/* --- addresses ------------------------------------------------------------------ */

static void addresses_that_are_none(void **state)
{
	static const char *const bad[] = {
		"",
		"localhost:80",
		"127.0.0.1",
		"127.0.0.1:",
		"127.0.0.1:65536",
		"127.0.0.1:8x",
		"127.0.0.1: 8",
		"127.1:80",
		"[::1]",
		"[::1:80",
		"::1:80:",
		"[127.0.0.1]:80",
		"unix:",
		"1.2.3.4:000080",
		"1.2.3.4:-1",
		"[::1]x:80",
	};
	char path[200] = "unix:/";
	int error;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		error = 0;
		assert_null(
			stream_connect(NULL, bad[i], NULL, NULL, &limits, &handler, NULL, &error));
		assert_int_equal(error, -EINVAL);
		assert_null(stream_listen(NULL, bad[i], 0600, NULL, &limits, pair_accept, NULL,
					  &error));
		assert_int_equal(error, -EINVAL);
	}
	memset(path + 6, 'a', sizeof(path) - 7);
	assert_null(stream_connect(NULL, path, NULL, NULL, &limits, &handler, NULL, &error));
	assert_int_equal(error, -EINVAL);
	assert_null(
		stream_connect(NULL, "127.0.0.1:0", NULL, NULL, &limits, &handler, NULL, &error));
	assert_null(
		stream_connect(NULL, "127.0.0.1:9", "::1", NULL, &limits, &handler, NULL, &error));
	assert_int_equal(error, -EINVAL);
}

static void addresses_private_or_not(void **state)
{
	static const char *const private[] = {
		"127.0.0.1",	 "127.9.9.9:1",	    "10.0.0.1:80",
		"172.16.0.1",	 "172.31.255.255",  "192.168.1.1",
		"169.254.1.1:9", "unix:/run/x",	    "::1",
		"[::1]:80",	 "fe80::1",	    "[fc00::1]:1",
		"fdff::1",	 "::ffff:10.0.0.1",
	};
	static const char *const public[] = {
		"0.0.0.0",    "0.0.0.0:80",	"::",	    "[::]:80",	 "172.15.0.1",
		"172.32.0.1", "192.169.0.1",	"11.0.0.1", "8.8.8.8:1", "2001:db8::1",
		"fec0::1",    "::ffff:8.8.8.8", "nonsense", "",		 "9.255.255.255",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(private); i++)
		assert_true(stream_address_is_private(private[i]));
	for (i = 0; i < ARRAY_SIZE(public); i++)
		assert_false(stream_address_is_private(public[i]));
}

/* --- coming up and going down ------------------------------------------------------ */

static void refused_is_told_later(void **state)
{
	struct pair *p = pair_new("127.0.0.1:0");
	char *address = talloc_strdup(p, stream_listener_address(p->l));
	int error = 0;

	stream_listener_close(p->l);
	p->client.s = stream_connect(p, address, NULL, NULL, &limits, &handler, &p->client, &error);
	assert_non_null(p->client.s);
	assert_int_equal(p->client.n_down, 0);
	loop_until(p->client.n_down);
	assert_int_equal(p->client.error, -ECONNREFUSED);
	assert_int_equal(p->client.n_up, 0);
	loop_turns(5);
	assert_int_equal(p->client.n_down, 1);
	talloc_free(p);
}

static void unix_refused_is_told_later(void **state)
{
	struct end e = { .close_in_down = true };
	void *ctx = talloc_new(NULL);
	int error = 0;

	e.s = stream_connect(ctx, unix_address(ctx, "nobody"), NULL, NULL, &limits, &handler, &e,
			     &error);
	assert_non_null(e.s);
	assert_int_equal(e.n_down, 0);
	loop_until(e.n_down);
	assert_int_equal(e.error, -ENOENT);
	assert_null(e.s);
	assert_int_equal(talloc_total_blocks(ctx), 2);
	talloc_free(ctx);
}

/* A full backlog drops the SYN: nobody answers. */
static void connect_times_out(void **state)
{
	struct stream_limits soon = limits;
	struct pair *p = pair_new("127.0.0.1:0");
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	socklen_t len = sizeof(sin);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), fds[8], error = 0;
	size_t i;

	assert_int_equal(bind(l, (void *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(l, 0), 0);
	assert_int_equal(getsockname(l, (void *)&sin, &len), 0);
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(fds[i], (void *)&sin, sizeof(sin));
	}
	soon.connect_timeout_ms = 50;
	p->client.s = stream_connect(p, talloc_asprintf(p, "127.0.0.1:%u", ntohs(sin.sin_port)),
				     NULL, NULL, &soon, &handler, &p->client, &error);
	assert_non_null(p->client.s);
	loop_until(p->client.n_down);
	assert_int_equal(p->client.error, -ETIMEDOUT);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	close(l);
	talloc_free(p);
}

static void both_ends_know_each_other(void **state)
{
	struct pair *p = pair_up();

	assert_string_equal(stream_peer_name(p->client.s), stream_listener_address(p->l));
	assert_string_equal(stream_peer_ip(p->server.s), "127.0.0.1");
	assert_null(stream_peer_cn(p->server.s));
	stream_close(p->client.s);
	loop_until(p->server.n_down);
	assert_int_equal(p->server.error, 0);
	assert_false(stream_is_up(p->server.s));
	talloc_free(p);
}

static void local_address_is_used(void **state)
{
	struct pair *p = pair_new("[::1]:0");
	int error = 0;

	stream_listener_close(p->l);
	p->l = stream_listen(p, "127.0.0.1:0", 0, NULL, &limits, pair_accept, p, &error);
	p->client.s = stream_connect(p, stream_listener_address(p->l), "127.0.0.77", NULL, &limits,
				     &handler, &p->client, &error);
	assert_non_null(p->client.s);
	loop_until(p->n_accepted);
	assert_string_equal(stream_peer_ip(p->server.s), "127.0.0.77");
	talloc_free(p);
}

static void closing_from_inside_a_callback(void **state)
{
	struct pair *p = pair_new("127.0.0.1:0");

	p->client.close_in_up = true;
	pair_connect(p);
	assert_null(p->client.s);
	loop_until(p->server.n_down);
	talloc_free(p);

	p = pair_up();
	p->server.close_in_received = true;
	send_message(p->client.s, 5);
	loop_until(p->client.n_down);
	assert_int_equal(p->server.n_received, 1);
	assert_int_equal(p->server.n_down, 0); /* no callback after the close */
	talloc_free(p);

	p = pair_new("127.0.0.1:0");
	p->close_in_accept = true;
	pair_connect(p);
	loop_until(p->client.n_down);
	talloc_free(p);
}

static void refused_input_brings_it_down(void **state)
{
	struct pair *p = pair_up();

	p->server.refuse = true;
	send_message(p->client.s, 5);
	loop_until(p->server.n_down);
	assert_int_equal(p->server.error, -EBADMSG);
	loop_until(p->client.n_down);
	talloc_free(p);
}

static void half_closed_peer_gets_what_was_queued(void **state)
{
	struct pair *p = pair_new("127.0.0.1:0");
	const char *port = strchr(stream_listener_address(p->l), ':') + 1;
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(0x7f000001),
				   .sin_port = htons(atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char buf[32];

	p->server.echo = true;
	assert_int_equal(connect(fd, (void *)&sin, sizeof(sin)), 0);
	assert_int_equal(send(fd, "\0\0\0\2hi\0\0", 8, 0), 8);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	loop_until(p->server.n_down);
	assert_int_equal(p->server.error, 0);
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), 6);
	assert_memory_equal(buf, "\0\0\0\2hi", 6);
	close(fd);
	talloc_free(p);
}

/* --- data --------------------------------------------------------------------------- */

static void a_message_octet_by_octet(void **state)
{
	static const char message[] = "\0\0\0\5hello\0\0\0\0\0\0\0\1x";
	struct pair *p = pair_up();
	size_t i;

	for (i = 0; i < sizeof(message) - 1; i++) {
		assert_int_equal(stream_write(p->client.s, message + i, 1), 0);
		loop_turns(3);
	}
	loop_until(p->server.n_messages == 3);
	assert_true(p->server.n_received > 3);
	assert_int_equal(p->server.message_len, 1);
	talloc_free(p);
}

static void large_messages_both_ways(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 65535, 65536, 65537, 200000 };
	struct pair *p = pair_up();
	size_t i;

	p->server.echo = true;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		send_message(p->client.s, sizes[i]);
		loop_until(p->client.n_messages == (int)i + 1);
		assert_int_equal(p->client.message_len, sizes[i]);
		assert_true(p->client.sum == p->server.sum);
	}
	loop_until(!stream_pending(p->client.s));
	talloc_free(p);
}

static void writes_of_one_turn_are_one(void **state)
{
	struct pair *p = pair_up();
	int i;

	for (i = 0; i < 1000; i++)
		send_message(p->client.s, 10);
	assert_int_equal(stream_pending(p->client.s), 14000);
	loop_until(p->server.n_messages == 1000);
	assert_true(p->server.n_received <= 3);
	talloc_free(p);
}

static void held_until_pushed_written_to_or_closed(void **state)
{
	struct pair *p = pair_up();

	assert_int_equal(stream_write_held(p->client.s, "\0\0\0\1x", 5), 0);
	assert_int_equal(stream_write_held(p->client.s, "\0\0\0\1x", 5), 0);
	assert_true(stream_is_held(p->client.s));
	/* What comes meanwhile lets nothing go. */
	send_message(p->server.s, 1);
	loop_until(p->client.n_messages == 1);
	loop_turns(10);
	assert_int_equal(p->server.n_received, 0);
	assert_int_equal(stream_pending(p->client.s), 10);
	stream_push(p->client.s);
	loop_until(p->server.n_messages == 2);
	assert_int_equal(p->server.n_received, 1);

	assert_int_equal(stream_write_held(p->client.s, "\0\0\0\1x", 5), 0);
	send_message(p->client.s, 1);
	assert_false(stream_is_held(p->client.s));
	assert_int_equal(stream_write_held(p->client.s, "\0\0\0\1x", 5), 0);
	loop_until(p->server.n_messages == 5);
	assert_int_equal(stream_pending(p->client.s), 0);

	assert_int_equal(stream_write_held(p->client.s, "\0\0\0\1x", 5), 0);
	stream_acknowledge(p->client.s);
	stream_close(p->client.s);
	loop_until(p->server.n_down);
	assert_int_equal(p->server.n_messages, 6);
	talloc_free(p);
}

static void idle_stream_holds_no_buffers(void **state)
{
	struct pair *p = pair_up();
	size_t before = talloc_total_size(p->server.s);

	p->server.echo = true;
	send_message(p->client.s, 100000);
	loop_until(p->client.n_messages == 1 && !stream_pending(p->server.s));
	assert_int_equal(talloc_total_size(p->server.s), before);
	assert_int_equal(talloc_total_size(p->client.s) < 2048, 1);
	talloc_free(p);
}

static void too_long_a_message(void **state)
{
	struct pair *p = pair_up();
	uint8_t start[4] = { 0x7f, 0xff, 0xff, 0xff };
	uint8_t *rest = calloc(1, limits.in_max);

	assert_int_equal(stream_write(p->client.s, start, 4), 0);
	assert_int_equal(stream_write(p->client.s, rest, limits.in_max), 0);
	loop_until(p->server.n_down);
	assert_int_equal(p->server.error, -EMSGSIZE);
	free(rest);
	talloc_free(p);
}

static void a_peer_that_never_reads(void **state)
{
	struct pair *p = pair_new("127.0.0.1:0");
	const char *port = strchr(stream_listener_address(p->l), ':') + 1;
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(0x7f000001),
				   .sin_port = htons(atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), i, rc = 0;
	uint8_t chunk[65536] = { 0 };

	assert_int_equal(connect(fd, (void *)&sin, sizeof(sin)), 0);
	loop_until(p->n_accepted);
	for (i = 0; i < 1000 && !rc; i++) {
		rc = stream_write(p->server.s, chunk, sizeof(chunk));
		assert_true(stream_pending(p->server.s) <= limits.out_max);
		if (!rc)
			loop_turns(2);
	}
	assert_int_equal(rc, -ENOBUFS);
	assert_int_equal(p->server.n_down, 0); /* not inline */
	assert_int_equal(stream_write(p->server.s, chunk, 1), -ENOTCONN);
	loop_until(p->server.n_down);
	assert_int_equal(p->server.error, -ENOBUFS);
	close(fd);
	talloc_free(p);
}

/* A peer that is gone must not end the process by SIGPIPE, whose action is the default here. */
static void writing_to_one_who_left(void **state)
{
	struct pair *p = pair_up();

	p->client.close_in_down = true;
	stream_close(p->client.s);
	p->client.s = NULL;
	usleep(1000);
	if (stream_is_up(p->server.s))
		(void)!stream_write(p->server.s, "abc", 3);
	loop_until(p->server.n_down);
	talloc_free(p);
}

/* --- Unix sockets ---------------------------------------------------------------------- */

static void unix_socket_carries_messages(void **state)
{
	char *address = unix_address(NULL, "a.sock");
	struct pair *p = pair_new(address);
	char expected[32];
	struct stat st;

	assert_int_equal(stat(address + 5, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	pair_connect(p);
	snprintf(expected, sizeof(expected), "unix:uid=%u", getuid());
	assert_string_equal(stream_peer_name(p->server.s), expected);
	assert_string_equal(stream_peer_name(p->client.s), address);
	assert_string_equal(stream_peer_ip(p->server.s), "");
	p->server.echo = true;
	send_message(p->client.s, 150000);
	loop_until(p->client.n_messages == 1);
	talloc_free(p);
	assert_int_equal(stat(address + 5, &st), -1); /* removed with its listener */
	talloc_free(address);
}

static void unix_file_stale_live_or_another(void **state)
{
	char *address = unix_address(NULL, "b.sock"), *path = address + 5;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct pair *p;
	struct stat st;
	int fd, error = 0;

	/* stale: bound by a process that is gone */
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (void *)&sun, sizeof(sun)), 0);
	close(fd);
	p = pair_new(address);
	/* live: the second listener is refused, the first goes on */
	assert_null(stream_listen(p, address, 0600, NULL, &limits, pair_accept, p, &error));
	assert_int_equal(error, -EADDRINUSE);
	pair_connect(p);
	/* replaced by another's file: not removed by us */
	assert_int_equal(unlink(path), 0);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	talloc_free(p);
	assert_int_equal(stat(path, &st), 0);
	/* not a socket: left alone */
	assert_null(stream_listen(NULL, address, 0600, NULL, &limits, pair_accept, NULL, &error));
	assert_int_equal(error, -EADDRINUSE);
	assert_int_equal(stat(path, &st), 0);
	unlink(path);
	talloc_free(address);
}

static void port_in_use(void **state)
{
	struct pair *p = pair_new("127.0.0.1:0");
	int error = 0;

	assert_null(stream_listen(p, stream_listener_address(p->l), 0, NULL, &limits, pair_accept,
				  p, &error));
	assert_int_equal(error, -EADDRINUSE);
	talloc_free(p);
}

static int setup(void **state)
{
	osmo_init_logging2(talloc_named_const(NULL, 0, "logging"), &tegata_log_info);
	return test_dir_make();
}

static int teardown(void **state)
{
	return test_dir_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_that_are_none),
		cmocka_unit_test(addresses_private_or_not),
		cmocka_unit_test(refused_is_told_later),
		cmocka_unit_test(unix_refused_is_told_later),
		cmocka_unit_test(connect_times_out),
		cmocka_unit_test(both_ends_know_each_other),
		cmocka_unit_test(local_address_is_used),
		cmocka_unit_test(closing_from_inside_a_callback),
		cmocka_unit_test(refused_input_brings_it_down),
		cmocka_unit_test(half_closed_peer_gets_what_was_queued),
		cmocka_unit_test(a_message_octet_by_octet),
		cmocka_unit_test(large_messages_both_ways),
		cmocka_unit_test(writes_of_one_turn_are_one),
		cmocka_unit_test(held_until_pushed_written_to_or_closed),
		cmocka_unit_test(idle_stream_holds_no_buffers),
		cmocka_unit_test(too_long_a_message),
		cmocka_unit_test(a_peer_that_never_reads),
		cmocka_unit_test(writing_to_one_who_left),
		cmocka_unit_test(unix_socket_carries_messages),
		cmocka_unit_test(unix_file_stale_live_or_another),
		cmocka_unit_test(port_in_use),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
