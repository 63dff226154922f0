/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two peers over a Unix socket; and one against octets that are none of SMPP's. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>

#include "lib/log_category.h"
#include "lib/smpp_peer.h"
#include "lib/stream.h"
#include "tests/lib/loop.h"

#define REMEMBERED 2048

static char dir[] = "/tmp/test_smpp_peer.XXXXXX";

struct end {
	struct smpp_peer *p;
	int n_up, n_down, n_requests, n_answers, n_unknown;
	uint32_t last_command, last_status;
	char why[128];
	char last_id[SMPP_MESSAGE_ID_SIZE];
	uint32_t sequences[REMEMBERED]; /* of requests not answered yet */
	int n_kept;
	bool keep, close_in_request, close_in_answer;
};

struct pair {
	void *ctx;
	struct stream_listener *l;
	struct end client, server;
	struct smpp_peer_times times;
};

static void end_up(void *data, struct smpp_peer *p)
{
	((struct end *)data)->n_up++;
}

static void end_close(struct end *e)
{
	smpp_peer_close(e->p);
	e->p = NULL;
}

static void end_request(void *data, struct smpp_peer *p, const struct smpp_pdu *pdu)
{
	struct end *e = data;
	struct smpp_pdu response = { .command = pdu->command | SMPP_RESPONSE,
				     .sequence = pdu->sequence };

	e->n_requests++;
	e->last_command = pdu->command;
	if (e->close_in_request) {
		end_close(e);
		return;
	}
	if (e->keep) {
		e->sequences[e->n_kept++] = pdu->sequence;
		return;
	}
	snprintf(response.message_id, sizeof(response.message_id), "%u", pdu->sequence);
	smpp_peer_respond(p, &response);
}

static void end_down(void *data, struct smpp_peer *p, const char *why)
{
	struct end *e = data;

	e->n_down++;
	snprintf(e->why, sizeof(e->why), "%s", why);
	end_close(e);
}

static void end_answered(void *data, const struct smpp_pdu *response)
{
	struct end *e = data;

	if (!response) {
		e->n_unknown++;
		return;
	}
	e->n_answers++;
	e->last_status = response->status;
	if (response->command == (SMPP_SUBMIT_SM | SMPP_RESPONSE))
		strcpy(e->last_id, response->message_id);
	if (e->close_in_answer)
		end_close(e);
}

static const struct smpp_peer_handler handler = { end_up, end_request, end_down };

static void on_accept(void *data, struct stream *s)
{
	struct pair *pair = data;

	pair->server.p = smpp_peer_take(pair->ctx, s, &pair->times, &handler, &pair->server);
}

static const char *address(void)
{
	static char a[64];

	snprintf(a, sizeof(a), "unix:%s/s", dir);
	return a;
}

static struct pair *pair_open(uint32_t enquire_ms, uint32_t response_ms, bool client)
{
	struct pair *pair = talloc_zero(NULL, struct pair);
	int error;

	pair->ctx = talloc_named_const(pair, 0, "peers");
	pair->times = (struct smpp_peer_times){ 1000, enquire_ms, response_ms };
	pair->l = stream_listen(pair, address(), 0600, NULL, &smpp_peer_limits, on_accept, pair,
				&error);
	assert_non_null(pair->l);
	if (!client)
		return pair;
	pair->client.p = smpp_peer_dial(pair->ctx, address(), NULL, NULL, &pair->times, &handler,
					&pair->client, &error);
	assert_non_null(pair->client.p);
	loop_until(pair->client.n_up && pair->server.p);
	return pair;
}

static void pair_close(struct pair *pair)
{
	smpp_peer_close(pair->client.p);
	smpp_peer_close(pair->server.p);
	stream_listener_close(pair->l);
	loop_turns(2);
	talloc_free(pair);
}

static int submit(struct end *e)
{
	struct smpp_pdu pdu = { .command = SMPP_SUBMIT_SM };

	pdu.sm.octets = (const uint8_t *)"";
	return smpp_peer_request(e->p, &pdu, end_answered, e);
}

static void test_requests(void **state)
{
	struct pair *pair = pair_open(10000, 10000, true);
	int i;

	for (i = 0; i < 100; i++)
		assert_int_equal(submit(&pair->client), 0);
	assert_int_equal(smpp_peer_outstanding(pair->client.p), 100);
	loop_until(pair->client.n_answers == 100);
	assert_int_equal(smpp_peer_outstanding(pair->client.p), 0);
	assert_int_equal(pair->server.n_requests, 100);
	assert_string_equal(pair->client.last_id, "100");
	pair_close(pair);
}

/* Responses in another order, a full window, and places that are taken when numbers come round. */
static void test_window(void **state)
{
	struct pair *pair = pair_open(10000, 10000, true);
	struct end *server = &pair->server, *client = &pair->client;
	int i;

	server->keep = true;
	for (i = 0; i < SMPP_WINDOW_MAX; i++)
		assert_int_equal(submit(client), 0);
	assert_int_equal(submit(client), -EBUSY);
	loop_until(server->n_kept == SMPP_WINDOW_MAX);
	/* all but the first, backwards */
	for (i = SMPP_WINDOW_MAX - 1; i > 0; i--) {
		struct smpp_pdu response = { .command = SMPP_SUBMIT_SM | SMPP_RESPONSE,
					     .sequence = server->sequences[i] };

		smpp_peer_respond(server->p, &response);
	}
	loop_until(client->n_answers == SMPP_WINDOW_MAX - 1);
	server->keep = false;
	for (i = 0; i < SMPP_WINDOW_MAX - 1; i++)
		assert_int_equal(submit(client), 0);
	assert_int_equal(submit(client), -EBUSY);
	loop_until(client->n_answers == 2 * (SMPP_WINDOW_MAX - 1));
	assert_int_equal(smpp_peer_outstanding(client->p), 1);
	pair_close(pair);
}

static void test_other_side_gone(void **state)
{
	struct pair *pair = pair_open(10000, 10000, true);

	pair->server.close_in_request = true;
	assert_int_equal(submit(&pair->client), 0);
	assert_int_equal(submit(&pair->client), 0);
	loop_until(pair->client.n_down);
	assert_int_equal(pair->client.n_unknown, 2);
	assert_int_equal(pair->client.n_answers, 0);
	pair_close(pair);
}

static void test_closed_in_answer(void **state)
{
	struct pair *pair = pair_open(10000, 10000, true);

	pair->client.close_in_answer = true;
	assert_int_equal(submit(&pair->client), 0);
	assert_int_equal(submit(&pair->client), 0);
	loop_until(pair->client.n_answers);
	loop_turns(5);
	assert_int_equal(pair->client.n_answers, 1);
	assert_int_equal(pair->client.n_unknown, 0);
	assert_int_equal(pair->client.n_down, 0);
	pair_close(pair);
}

static void test_no_response(void **state)
{
	struct pair *pair = pair_open(10000, 100, true);

	pair->server.keep = true;
	assert_int_equal(submit(&pair->client), 0);
	loop_until(pair->client.n_down);
	assert_int_equal(pair->client.n_unknown, 1);
	pair_close(pair);
}

static void test_signs_of_life(void **state)
{
	struct pair *pair = pair_open(30, 200, true);
	time_t end = time(NULL) + 2;

	/* both ask and answer; nobody comes down */
	while (time(NULL) < end)
		loop_turn();
	assert_int_equal(pair->client.n_down + pair->server.n_down, 0);
	assert_int_equal(submit(&pair->client), 0);
	loop_until(pair->client.n_answers == 1);
	pair_close(pair);
}

/* A client that speaks octets. */
static int raw_connect(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/s", dir);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static size_t raw_read(int fd, uint8_t *in, size_t size)
{
	ssize_t n = 0;

	loop_until((n = read(fd, in, size)) > 0 || (n == 0));
	return n;
}

static void raw_send(struct pair *pair, int fd, const void *octets, size_t n)
{
	assert_int_equal(write(fd, octets, n), n);
	loop_turns(1);
	loop_until(pair->server.p || pair->server.n_down);
}

static void test_octets(void **state)
{
	static const uint8_t unknown[] = { 0, 0, 0, 16, 0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 9 };
	static const uint8_t stray[] = { 0, 0, 0, 16, 0x80, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 9 };
	static const uint8_t strange[] = { 0, 0, 0, 16, 0x80, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 1 };
	static const uint8_t torn[] = { 0, 0, 0, 17, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 10, 'x' };
	static const uint8_t endless[] = { 0xff, 0xff, 0xff, 0xff };
	struct pair *pair = pair_open(10000, 10000, false);
	uint8_t in[256];
	int fd = raw_connect();

	/* octet by octet: one answer */
	raw_send(pair, fd, unknown, 5);
	loop_turns(3);
	raw_send(pair, fd, unknown + 5, 11);
	assert_int_equal(raw_read(fd, in, sizeof(in)), 16);
	assert_memory_equal(in + 4, "\x80\0\0\0\0\0\0\3\0\0\0\x09", 12);
	raw_send(pair, fd, stray, sizeof(stray));
	/* of a kind that nobody asked for, under the number of what somebody waits for */
	assert_int_equal(submit(&pair->server), 0);
	assert_int_equal(raw_read(fd, in, sizeof(in)), 33);
	raw_send(pair, fd, strange, sizeof(strange));
	raw_send(pair, fd, torn, sizeof(torn));
	assert_int_equal(raw_read(fd, in, sizeof(in)), 16);
	assert_memory_equal(in + 4, "\x80\0\0\4\0\0\0\2\0\0\0\x0a", 12);
	assert_int_equal(pair->server.n_down, 0);
	raw_send(pair, fd, endless, sizeof(endless));
	assert_int_equal(raw_read(fd, in, sizeof(in)), 16);
	assert_memory_equal(in + 4, "\x80\0\0\0\0\0\0\2", 8);
	assert_int_equal(raw_read(fd, in, sizeof(in)), 0);
	loop_until(pair->server.n_down == 1);
	close(fd);
	pair_close(pair);
}

/* Who asks without waiting for answers is throttled. */
static void test_flood(void **state)
{
	struct pair *pair = pair_open(10000, 10000, false);
	uint8_t unbind[] = { 0, 0, 0, 16, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 1 }, in[64];
	int fd, i;

	pair->server.keep = true;
	fd = raw_connect();
	for (i = 0; i <= SMPP_WINDOW_MAX; i++) {
		unbind[14] = i >> 8;
		unbind[15] = i;
		raw_send(pair, fd, unbind, sizeof(unbind));
	}
	assert_int_equal(raw_read(fd, in, sizeof(in)), 16);
	assert_memory_equal(in + 4, "\x80\0\0\6\0\0\0\x58", 8);
	assert_int_equal(pair->server.n_kept, SMPP_WINDOW_MAX);
	close(fd);
	pair_close(pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),	cmocka_unit_test(test_window),
		cmocka_unit_test(test_other_side_gone), cmocka_unit_test(test_closed_in_answer),
		cmocka_unit_test(test_no_response),	cmocka_unit_test(test_signs_of_life),
		cmocka_unit_test(test_octets),		cmocka_unit_test(test_flood),
	};
	int rc;

	osmo_init_logging2(talloc_named_const(NULL, 0, "log"), &tegata_log_info);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	assert(mkdtemp(dir));
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return rc;
}
