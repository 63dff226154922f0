/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is written and read. */
#include "stream_pair.h"

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

static void much_of_a_turn_goes_before_its_end(void **state)
{
	struct pair *p = pair_new("127.0.0.1:0");
	int i;

	p->of_client.out_early = 100;
	pair_connect(p);
	send_message(p->client.s, 50);
	assert_int_equal(stream_pending(p->client.s), 54);
	send_message(p->client.s, 50);
	assert_int_equal(stream_pending(p->client.s), 0);
	send_message(p->client.s, 10);
	assert_int_equal(stream_pending(p->client.s), 14);
	loop_until(p->server.n_messages == 3);

	/* That the peer is gone is told from the loop, also where a write found it out. */
	p->server.close_in_down = p->client.close_in_down = true;
	stream_close(p->server.s);
	p->server.s = NULL;
	for (i = 0; i < 3; i++) {
		send_message(p->client.s, 200);
		assert_int_equal(p->client.n_down, 0);
		usleep(1000);
	}
	loop_until(p->client.n_down);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_octet_by_octet),
		cmocka_unit_test(large_messages_both_ways),
		cmocka_unit_test(writes_of_one_turn_are_one),
		cmocka_unit_test(much_of_a_turn_goes_before_its_end),
		cmocka_unit_test(held_until_pushed_written_to_or_closed),
		cmocka_unit_test(idle_stream_holds_no_buffers),
		cmocka_unit_test(too_long_a_message),
		cmocka_unit_test(a_peer_that_never_reads),
		cmocka_unit_test(writing_to_one_who_left),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
