/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Addresses, and streams that come and go. */
#include "stream_pair.h"

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
		cmocka_unit_test(unix_socket_carries_messages),
		cmocka_unit_test(unix_file_stale_live_or_another),
		cmocka_unit_test(port_in_use),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
