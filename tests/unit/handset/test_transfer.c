/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Handing over to a shop: an HTTP server and a manager in the test's process. */
#include "tests/unit/handset/fake_manager.h"

#include <stdlib.h>
#include <time.h>

#include <osmocom/core/application.h>

#include "handset-sim/options.h"
#include "handset-sim/terminal.h"
#include "handset-sim/transfer.h"
#include "handset-sim/wallet.h"
#include "lib/log_category.h"

#define ID 703687441776641234LL

struct shop {
	struct stream_listener *listener;
	struct stream *peer;
	char request[4096];
	size_t len;
	const char *answer; /* NULL: none, the connection is closed */
};

struct kit {
	void *ctx;
	struct fake_manager *manager;
	struct shop shop;
	struct exchange *exchange;
	struct terminal *terminal;
	struct options options;
	struct text_rules *rules;
	struct purse purse;
	struct transfer *transfer;
	struct transfer_order order;
	bool done;
	int exit_code;
	char text[USSD_TEXT_SIZE], progress[4096], url[64], dir[32];
};

static int shop_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct shop *shop = data;

	assert_true(shop->len + len < sizeof(shop->request));
	memcpy(shop->request + shop->len, in, len);
	shop->len += len;
	if (!strchr(shop->request, '}')) /* the body is one object */
		return len;
	if (shop->answer)
		assert_int_equal(stream_write(s, shop->answer, strlen(shop->answer)), 0);
	else
		stream_close(s);
	return len;
}

static void shop_up(void *data, struct stream *s)
{
}

static void shop_down(void *data, struct stream *s, int error, const char *why)
{
	stream_close(s);
}

static void shop_accept(void *data, struct stream *s)
{
	static const struct stream_handler handler = {
		.up = shop_up,
		.received = shop_received,
		.down = shop_down,
	};

	stream_set_data(s, &handler, data);
}

static void on_event(void *data, struct terminal *t, const struct terminal_event *event)
{
	struct kit *k = data;

	if (k->transfer)
		transfer_event(k->transfer, event);
}

static void on_progress(void *data, const char *line)
{
	struct kit *k = data;

	strncat(k->progress, line, sizeof(k->progress) - strlen(k->progress) - 2);
	strcat(k->progress, "\n");
}

static void on_done(void *data, int exit_code, const char *text)
{
	struct kit *k = data;

	k->transfer = NULL;
	k->done = true;
	k->exit_code = exit_code;
	OSMO_STRLCPY_ARRAY(k->text, text);
}

static void kit_wallet(struct kit *k)
{
	struct wallet *w = purse_wallet(&k->purse, k->terminal);

	assert_non_null(w);
	assert_int_equal(wallet_receive(w, ID, "500", "JPY", ""), 0);
}

static void kit_shop(struct kit *k)
{
	static const struct stream_limits limits = { .in_max = 65536,
						     .out_max = 65536,
						     .connect_timeout_ms = 2000 };
	int error;

	k->shop.listener = stream_listen(k->ctx, "127.0.0.1:0", 0, NULL, &limits, shop_accept,
					 &k->shop, &error);
	assert_non_null(k->shop.listener);
	snprintf(k->url, sizeof(k->url), "http://%s/hand-over",
		 stream_listener_address(k->shop.listener));
	k->shop.answer = "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}";
}

static int setup(void **state)
{
	static const struct terminal_handler handler = { .event = on_event };
	static const struct exchange_handler no_handler = { 0 };
	static const struct text_patterns defaults = { 0 };
	struct exchange_config config = {
		.name = "MSC-test",
		.connect_timeout_ms = 2000,
		.answer_timeout_ms = 500,
	};
	struct kit *k = calloc(1, sizeof(*k));
	int error;

	k->ctx = talloc_named_const(NULL, 0, "test");
	strcpy(k->dir, "/tmp/tegata-transfer-XXXXXX");
	assert_non_null(mkdtemp(k->dir));
	k->manager = fake_manager_new(k->ctx);
	kit_shop(k);
	k->options = (struct options){
		.shop_timeout_ms = 1000,
		.service_code = "*188",
		.country_code = "81",
		.national_prefix = "0",
	};
	config.address = fake_manager_address(k->manager);
	k->exchange = exchange_open(k->ctx, &config, &no_handler, NULL, &error);
	k->terminal = terminal_open(k->ctx, k->exchange, "001010000000001", "819012345678", 1000,
				    &handler, k, &error);
	assert_non_null(k->terminal);
	k->rules = text_rules_new(k->ctx, &defaults);
	k->purse = (struct purse){ .ctx = k->ctx, .dir = k->dir, .rules = k->rules };
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	struct kit *k = *state;
	char command[64];

	transfer_cancel(k->transfer);
	terminal_close(k->terminal);
	exchange_close(k->exchange);
	purse_close(&k->purse);
	fake_manager_free(k->manager);
	stream_listener_close(k->shop.listener);
	talloc_free(k->ctx);
	snprintf(command, sizeof(command), "rm -rf %s", k->dir);
	free(k);
	return system(command);
}

static void hand_over(struct kit *k, const char *to, const char *reference, const char *url)
{
	static const struct transfer_handler handler = { on_progress, on_done };
	char id[VALUE_ID_STR_SIZE];

	k->order.reference = reference;
	k->order.shop_url = url;
	assert_null(transfer_order_parse(&k->order, value_id_format(id, ID), to, &k->options));
	k->done = false;
	k->transfer =
		transfer_start(k->ctx, k->terminal, &k->purse, &k->options, &k->order, &handler, k);
	assert_false(k->done);
	assert_true(run_until(&k->done));
}

static enum wallet_state state_of(struct kit *k)
{
	const struct wallet_note *note = wallet_find(purse_wallet(&k->purse, k->terminal), ID);

	assert_non_null(note);
	return note->state;
}

static void test_to_shop(void **state)
{
	struct kit *k = *state;
	char expected[300], id[VALUE_ID_STR_SIZE];

	kit_wallet(k);
	hand_over(k, "1234", "order-7", k->url);
	assert_int_equal(k->exit_code, EXIT_OK);
	assert_int_equal(state_of(k), WALLET_CONFIRMED);
	assert_non_null(strstr(k->shop.request, "POST /hand-over HTTP/1.1"));
	assert_non_null(strstr(k->shop.request, "Content-Type: application/json"));
	snprintf(expected, sizeof(expected),
		 "{\"value_id\":\"%s\",\"amount\":\"500\",\"currency\":\"JPY\","
		 "\"reference\":\"order-7\",\"transferor\":\"+819012345678\","
		 "\"transferee\":\"1234\"}",
		 value_id_format(id, ID));
	assert_non_null(strstr(k->shop.request, expected));
	snprintf(expected, sizeof(expected), "*188*4*%s*1234*order-7#", id);
	assert_string_equal(k->manager->dialled, expected);
}

/* Who was not handed the value is not named to the manager. */
static void not_delivered(struct kit *k, const char *url)
{
	hand_over(k, "1234", "", url);
	assert_int_equal(k->exit_code, EXIT_DELIVERY);
	assert_int_equal(state_of(k), WALLET_RECEIVED);
	assert_int_equal(k->manager->n_begins, 0);
}

static void test_shop_refuses(void **state)
{
	struct kit *k = *state;

	kit_wallet(k);
	k->shop.answer = "HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nfault";
	not_delivered(k, k->url);
	assert_non_null(strstr(k->progress, "HTTP status 500: fault"));
}

static void test_shop_redirects(void **state)
{
	struct kit *k = *state;

	kit_wallet(k);
	k->shop.answer = "HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: "
			 "0\r\n\r\n";
	not_delivered(k, k->url);
}

static void test_shop_closes(void **state)
{
	struct kit *k = *state;

	kit_wallet(k);
	k->shop.answer = NULL;
	not_delivered(k, k->url);
}

static void test_shop_is_not_there(void **state)
{
	struct kit *k = *state;

	kit_wallet(k);
	not_delivered(k, "http://127.0.0.1:1/");
	not_delivered(k, "nonsense://x/");
}

static void test_shop_says_too_much(void **state)
{
	struct kit *k = *state;
	char *answer = talloc_zero_size(k->ctx, 40000);

	kit_wallet(k);
	sprintf(answer, "HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n");
	memset(answer + strlen(answer), 'x', 30000);
	k->shop.answer = answer;
	not_delivered(k, k->url);
}

static void test_shop_is_silent(void **state)
{
	struct kit *k = *state;

	kit_wallet(k);
	k->options.shop_timeout_ms = 100;
	k->shop.answer = "";
	not_delivered(k, k->url);
}

static void test_manager_refuses(void **state)
{
	struct kit *k = *state;

	kit_wallet(k);
	hand_over(k, "9999", "", k->url);
	assert_int_equal(k->exit_code, EXIT_REFUSED);
	assert_int_equal(state_of(k), WALLET_REFUSED);
}

/* A text that does not name the value says nothing about it. */
static void test_manager_is_vague(void **state)
{
	struct kit *k = *state;

	kit_wallet(k);
	hand_over(k, "8888", "", NULL);
	assert_int_equal(k->exit_code, EXIT_UNSURE);
	assert_int_equal(state_of(k), WALLET_HANDED_OVER);
}

/* Only what asks for a confirmation is confirmed. */
static void test_other_question(void **state)
{
	struct kit *k = *state;

	kit_wallet(k);
	k->options.service_code = "?1 Buy\n2 My values";
	hand_over(k, "819012345679", "", NULL);
	assert_int_equal(k->exit_code, EXIT_DIALOGUE);
	assert_string_equal(k->manager->last_answer, "");
	assert_int_equal(k->terminal->state, TERMINAL_IDLE);
}

static void test_not_in_wallet(void **state)
{
	struct kit *k = *state;

	hand_over(k, "1234", "", k->url);
	assert_int_equal(k->exit_code, EXIT_LOCAL);
	assert_int_equal(k->shop.len, 0);
}

static void test_to_phone(void **state)
{
	struct kit *k = *state;
	char why[WALLET_WHY_SIZE];
	struct wallet *theirs;
	int error;

	kit_wallet(k);
	wallet_close(wallet_open(k->ctx, k->dir, "819012345679", true, &error, why));
	hand_over(k, "090-1234-5679", "", NULL);
	assert_int_equal(k->exit_code, EXIT_OK);
	theirs = wallet_open(k->ctx, k->dir, "819012345679", true, &error, why);
	assert_string_equal(wallet_find(theirs, ID)->from, "819012345678");
	wallet_close(theirs);
}

static void test_order(void **state)
{
	struct kit *k = *state;
	struct transfer_order o = { .reference = "" };
	char id[VALUE_ID_STR_SIZE], reference[80];

	value_id_format(id, ID);
	assert_non_null(transfer_order_parse(&o, "123", "1234", &k->options));
	assert_non_null(transfer_order_parse(&o, id, "12", &k->options));
	assert_null(transfer_order_parse(&o, id, "1234", &k->options));
	assert_true(o.to_shop);
	o.reference = "x";
	assert_non_null(transfer_order_parse(&o, id, "819012345679", &k->options));
	memset(reference, 'x', 65);
	reference[65] = '\0';
	o.reference = reference;
	assert_non_null(transfer_order_parse(&o, id, "1234", &k->options));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_to_shop),
		TEST(test_shop_refuses),
		TEST(test_shop_redirects),
		TEST(test_shop_closes),
		TEST(test_shop_is_not_there),
		TEST(test_shop_says_too_much),
		TEST(test_shop_is_silent),
		TEST(test_manager_refuses),
		TEST(test_manager_is_vague),
		TEST(test_other_question),
		TEST(test_not_in_wallet),
		TEST(test_to_phone),
		TEST(test_order),
	};

	log_init(&tegata_log_info, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
