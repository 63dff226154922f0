/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is written and read over TLS. */
#include "stream_tls_pair.h"

static void megabytes_both_ways(void **state)
{
	struct pair *p = pair_up();
	size_t len = 3 << 20, i;
	uint8_t *data = malloc(len);
	uint32_t sum = 0;

	for (i = 0; i < len; i++) {
		data[i] = i * 7 + i / 251;
		sum = sum * 31 + data[i];
	}
	p->server.echo = true;
	assert_int_equal(stream_write(p->client.s, data, len), 0);
	loop_until(p->client.n_octets == len);
	assert_true(p->client.sum == sum);
	assert_int_equal(stream_pending(p->client.s), 0);
	free(data);
	talloc_free(p);
}

/* More than one read's worth in one turn: the socket will not report what OpenSSL holds. */
static void nothing_stays_in_the_session(void **state)
{
	struct pair *p = pair_up();
	static const size_t sizes[] = {
		1, 16384, 16385, 65535, 65536, 65537, 65600, 80000, 200000
	};
	uint8_t *data = calloc(1, 200000);
	size_t total = 0, i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_int_equal(stream_write(p->client.s, data, sizes[i]), 0);
		total += sizes[i];
		loop_until(p->server.n_octets == total);
	}
	/* a record of 100 first, so that the end of the read falls inside of one: the client's fd
	 * is the older and sends before the server has its turn */
	assert_int_equal(stream_write(p->client.s, data, 100), 0);
	osmo_select_main_ctx(0);
	assert_int_equal(stream_pending(p->client.s), 0);
	assert_int_equal(stream_write(p->client.s, data, 65536), 0);
	total += 65636;
	loop_until(p->server.n_octets == total);
	free(data);
	talloc_free(p);
}

static void writes_of_one_turn_are_one_record(void **state)
{
	struct pair *p = pair_up();
	int i;

	for (i = 0; i < 1000; i++)
		assert_int_equal(stream_write(p->client.s, "0123456789", 10), 0);
	loop_until(p->server.n_octets == 10000);
	assert_int_equal(p->server.n_received, 1);
	talloc_free(p);
}

static void much_of_a_turn_goes_before_its_end(void **state)
{
	struct pair *p = pair_up();
	struct stream *s = p->client.s;
	static const uint8_t chunk[1000];
	int i;

	p->client.s = NULL;
	stream_close(s);
	loop_until(p->server.n_down);
	p->n_accepted = 0;
	p->of_client.out_early = 1500;
	pair_dial(p);
	loop_until(p->client.n_up && p->n_accepted);
	p->server = (struct end){ .s = p->server.s };
	assert_int_equal(stream_write(p->client.s, chunk, sizeof(chunk)), 0);
	assert_int_equal(stream_pending(p->client.s), 1000);
	assert_int_equal(stream_write(p->client.s, chunk, sizeof(chunk)), 0);
	assert_int_equal(stream_pending(p->client.s), 0);
	/* More than the socket takes: the rest waits until it does. */
	for (i = 0; i < 900; i++)
		assert_int_equal(stream_write(p->client.s, chunk, sizeof(chunk)), 0);
	loop_until(p->server.n_octets == 902000);
	assert_int_equal(stream_pending(p->client.s), 0);
	talloc_free(p);
}

static void held_until_pushed(void **state)
{
	struct pair *p = pair_up();
	int i;

	for (i = 0; i < 10; i++)
		assert_int_equal(stream_write_held(p->client.s, "0123456789", 10), 0);
	assert_int_equal(stream_write(p->server.s, "0123456789", 10), 0);
	loop_until(p->client.n_octets == 10);
	loop_turns(10);
	assert_int_equal(p->server.n_octets, 0);
	stream_push(p->client.s);
	loop_until(p->server.n_octets == 100);
	assert_int_equal(p->server.n_received, 1);
	talloc_free(p);
}

static void closing_from_inside_a_callback(void **state)
{
	struct pair *p = talloc_zero(NULL, struct pair);

	p->server_tls = tls_new(p, "gateway-1", "ca", "manager-1", true);
	p->client_tls = tls_new(p, "manager-1", "ca", "gateway-1", false);
	p->client.close_in_up = true;
	pair_listen(p);
	pair_dial(p);
	loop_until(p->server.n_down);
	assert_null(p->client.s);
	talloc_free(p);

	p = pair_up();
	p->server.close_in_received = true;
	assert_int_equal(stream_write(p->client.s, "x", 1), 0);
	loop_until(p->client.n_down);
	assert_int_equal(p->client.error, 0);
	talloc_free(p);
}

static void a_cut_connection_is_an_error(void **state)
{
	struct pair *p = pair_up();
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	int fd;

	/* the newest fd that is a socket is the server's; the kernel cuts it without goodbye */
	for (fd = 1023; fd > 2; fd--) {
		if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0)
			break;
	}
	assert_int_equal(shutdown(fd, SHUT_RDWR), 0);
	loop_until(p->client.n_down);
	assert_true(p->client.error < 0);
	talloc_free(p);
}

static void a_peer_that_never_reads(void **state)
{
	struct pair *p = pair_up();
	uint8_t *chunk = calloc(1, 1 << 20);
	struct stream *s = p->client.s;
	int i, rc = 0;

	/* the server is not given its turn: everything is written in one */
	for (i = 0; i < 10 && !rc; i++)
		rc = stream_write(s, chunk, 1 << 20);
	assert_int_equal(rc, -ENOBUFS);
	loop_until(p->client.n_down);
	assert_int_equal(p->client.error, -ENOBUFS);
	free(chunk);
	talloc_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(megabytes_both_ways),
		cmocka_unit_test(nothing_stays_in_the_session),
		cmocka_unit_test(writes_of_one_turn_are_one_record),
		cmocka_unit_test(much_of_a_turn_goes_before_its_end),
		cmocka_unit_test(held_until_pushed),
		cmocka_unit_test(closing_from_inside_a_callback),
		cmocka_unit_test(a_cut_connection_is_an_error),
		cmocka_unit_test(a_peer_that_never_reads),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
