/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Terminal, exchange and link against a manager in the same process. */
#include "tests/unit/handset/fake_manager.h"

#include <errno.h>
#include <time.h>

#include <osmocom/core/application.h>

#include "handset-sim/terminal.h"
#include "lib/log_category.h"

struct phone {
	void *ctx;
	struct fake_manager *manager;
	struct exchange *exchange;
	struct terminal *terminal;
	bool came; /* an event that is not a push */
	struct terminal_event event;
	char text[USSD_TEXT_SIZE];
	char pushed[USSD_TEXT_SIZE];
};

static void on_event(void *data, struct terminal *t, const struct terminal_event *event)
{
	struct phone *p = data;

	if (event->kind == TERMINAL_PUSH) {
		OSMO_STRLCPY_ARRAY(p->pushed, event->text);
		return;
	}
	p->came = true;
	p->event = *event;
	OSMO_STRLCPY_ARRAY(p->text, event->text);
}

static const struct terminal_handler handler = { .event = on_event };
static const struct exchange_handler exchange_handler = { 0 };

static void phone_open(struct phone *p, enum exchange_via via, const char *imsi)
{
	struct exchange_config config = {
		.via = via,
		.name = "MSC-test",
		.connect_timeout_ms = 2000,
		.answer_timeout_ms = 300,
	};
	int error;

	memset(p, 0, sizeof(*p));
	p->ctx = talloc_named_const(NULL, 0, "test");
	p->manager = fake_manager_new(p->ctx);
	config.address = fake_manager_address(p->manager);
	p->exchange = exchange_open(p->ctx, &config, &exchange_handler, NULL, &error);
	assert_non_null(p->exchange);
	p->terminal = terminal_open(p->ctx, p->exchange, imsi,
				    via == EXCHANGE_VIA_DIRECT ? "819012345678" : NULL, 1000,
				    &handler, p, &error);
	assert_non_null(p->terminal);
}

static void phone_close(struct phone *p)
{
	terminal_close(p->terminal);
	exchange_close(p->exchange);
	fake_manager_free(p->manager);
	talloc_free(p->ctx);
}

static void dial(struct phone *p, const char *text)
{
	p->came = false;
	assert_int_equal(terminal_dial(p->terminal, text), 0);
	assert_true(run_until(&p->came));
}

static void answer(struct phone *p, const char *text)
{
	p->came = false;
	assert_int_equal(terminal_answer(p->terminal, text), 0);
	assert_true(run_until(&p->came));
}

static void test_dialogue(void **state)
{
	struct phone p;

	phone_open(&p, EXCHANGE_VIA_DIRECT, "001010000000001");
	dial(&p, "*188*1*500#");
	assert_int_equal(p.event.kind, TERMINAL_QUESTION);
	assert_string_equal(p.text, "Buy 500 JPY? Fee 0 JPY, 500 JPY in all\n1 Yes 0 No");
	assert_int_equal(p.terminal->state, TERMINAL_ASKED);
	answer(&p, "1");
	assert_int_equal(p.event.kind, TERMINAL_FINAL);
	assert_memory_equal(p.text, "Bought 500 JPY, value ", 22);
	assert_int_equal(p.terminal->state, TERMINAL_IDLE);
	assert_string_equal(p.manager->last_msisdn, "819012345678");
	assert_string_equal(p.manager->peer_name, "MSC-test");
	phone_close(&p);
}

static void test_answers_of_any_length(void **state)
{
	char text[161] = "?";
	struct phone p;
	size_t len;

	phone_open(&p, EXCHANGE_VIA_DIRECT, "001010000000001");
	dial(&p, "?go on");
	for (len = 1; len < 30; len++) {
		text[len] = '0' + len % 10;
		text[len + 1] = '\0';
		answer(&p, text);
		assert_int_equal(p.event.kind, TERMINAL_QUESTION);
		assert_string_equal(p.manager->last_answer, text);
		assert_string_equal(p.text, text + 1);
	}
	phone_close(&p);
}

static void test_ucs2(void **state)
{
	struct phone p;

	phone_open(&p, EXCHANGE_VIA_DIRECT, "001010000000001");
	dial(&p, "=500円を送りました");
	assert_string_equal(p.text, "500円を送りました");
	phone_close(&p);
}

static void failure_expect(const char *dialled, enum terminal_failure failure, int code)
{
	struct phone p;

	phone_open(&p, EXCHANGE_VIA_DIRECT, "001010000000001");
	dial(&p, dialled);
	assert_int_equal(p.event.kind, TERMINAL_FAILED);
	assert_int_equal(p.event.failure, failure);
	assert_int_equal(p.event.code, code);
	assert_int_equal(p.terminal->state, TERMINAL_IDLE);
	/* and the phone can dial again */
	dial(&p, "=still here");
	assert_string_equal(p.text, "still here");
	phone_close(&p);
}

static void test_failures(void **state)
{
	failure_expect("error", TERMINAL_ERROR, 34);
	failure_expect("reject", TERMINAL_REJECTED, 34);
	failure_expect("release", TERMINAL_RELEASED, 0);
	failure_expect("garbage", TERMINAL_MALFORMED, 0);
	failure_expect("silent", TERMINAL_TIMEOUT, 0);
	failure_expect("down", TERMINAL_NO_NETWORK, 0);
}

static void test_timeout_sends_end(void **state)
{
	struct phone p;

	phone_open(&p, EXCHANGE_VIA_DIRECT, "001010000000001");
	dial(&p, "silent");
	assert_int_equal(p.event.failure, TERMINAL_TIMEOUT);
	dial(&p, "=x");
	assert_int_equal(p.manager->n_ends, 1);
	phone_close(&p);
}

static void test_hangup(void **state)
{
	struct phone p;

	phone_open(&p, EXCHANGE_VIA_DIRECT, "001010000000001");
	assert_int_equal(terminal_hangup(p.terminal), -EBUSY);
	dial(&p, "?first");
	assert_int_equal(terminal_dial(p.terminal, "=x"), -EBUSY);
	assert_int_equal(terminal_hangup(p.terminal), 0);
	assert_int_equal(terminal_answer(p.terminal, "1"), -EBUSY);
	dial(&p, "=second");
	assert_string_equal(p.text, "second");
	assert_int_equal(p.manager->n_ends, 1);
	phone_close(&p);
}

static void loop_ms(unsigned int ms)
{
	struct timespec nap = { .tv_nsec = 1000000 };

	while (ms-- > 0) {
		osmo_select_main_ctx(1);
		nanosleep(&nap, NULL);
	}
}

/* What was given up while the location update ran is not dialled when it is through. */
static void test_hangup_while_attaching(void **state)
{
	struct phone p;

	phone_open(&p, EXCHANGE_VIA_HLR, "001010000000001");
	loop_ms(50);
	assert_int_equal(terminal_dial(p.terminal, "=given up"), 0);
	assert_int_equal(p.terminal->state, TERMINAL_ATTACHING);
	assert_int_equal(terminal_hangup(p.terminal), 0);
	loop_ms(50);
	assert_int_equal(p.manager->n_begins, 0);
	assert_false(p.came);
	dial(&p, "=now");
	assert_string_equal(p.text, "now");
	/* and what is dialled while an update that was given up still runs is dialled behind it */
	p.terminal->line.attached = false;
	assert_int_equal(terminal_dial(p.terminal, "=given up"), 0);
	assert_int_equal(terminal_hangup(p.terminal), 0);
	dial(&p, "=later");
	assert_string_equal(p.text, "later");
	phone_close(&p);
}

/* Each waits for its own time, not for that of who waits longest. */
static void test_timeouts_are_each_ones_own(void **state)
{
	struct phone p, late = { 0 };
	int error;

	phone_open(&p, EXCHANGE_VIA_DIRECT, "001010000000001");
	dial(&p, "=up");
	p.came = false;
	assert_int_equal(terminal_dial(p.terminal, "silent"), 0);
	late.terminal = terminal_open(p.ctx, p.exchange, "001010000000002", NULL, 1000, &handler,
				      &late, &error);
	loop_ms(150);
	assert_int_equal(terminal_dial(late.terminal, "silent"), 0);
	assert_true(run_until(&p.came));
	assert_int_equal(p.event.failure, TERMINAL_TIMEOUT);
	assert_false(late.came);
	assert_true(run_until(&late.came));
	terminal_close(late.terminal);
	phone_close(&p);
}

static void test_push_and_stale(void **state)
{
	struct phone p;

	phone_open(&p, EXCHANGE_VIA_DIRECT, "001010000000001");
	dial(&p, "push");
	assert_string_equal(p.pushed, "pushed");
	assert_string_equal(p.text, "after the push");
	dial(&p, "other");
	assert_string_equal(p.text, "for this dialogue");
	phone_close(&p);
}

static void test_network_asks(void **state)
{
	struct phone p;

	phone_open(&p, EXCHANGE_VIA_DIRECT, "001010000000001");
	dial(&p, "ask");
	if (p.event.kind == TERMINAL_FINAL) {
		p.came = false;
		assert_true(run_until(&p.came));
	}
	assert_int_equal(p.event.kind, TERMINAL_QUESTION);
	assert_string_equal(p.text, "network asks");
	answer(&p, "=thanks");
	assert_string_equal(p.text, "thanks");
	phone_close(&p);
}

static void test_no_network(void **state)
{
	struct exchange_config config = {
		.address = "127.0.0.1:1",
		.name = "MSC-test",
		.connect_timeout_ms = 200,
		.answer_timeout_ms = 200,
	};
	struct phone p = { .ctx = talloc_named_const(NULL, 0, "test") };
	int error;

	p.exchange = exchange_open(p.ctx, &config, &exchange_handler, NULL, &error);
	assert_non_null(p.exchange);
	p.terminal = terminal_open(p.ctx, p.exchange, "001010000000001", NULL, 200, &handler, &p,
				   &error);
	dial(&p, "=x");
	assert_int_equal(p.event.failure, TERMINAL_NO_NETWORK);
	terminal_close(p.terminal);
	exchange_close(p.exchange);
	talloc_free(p.ctx);
}

static void test_unsendable(void **state)
{
	char text[400];
	struct phone p;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	phone_open(&p, EXCHANGE_VIA_DIRECT, "001010000000001");
	dial(&p, "=up");
	assert_int_equal(terminal_dial(p.terminal, text), -EMSGSIZE);
	assert_int_equal(terminal_dial(p.terminal, "\xff\xfe"), -EILSEQ);
	assert_int_equal(terminal_dial(p.terminal, ""), -EINVAL);
	dial(&p, "=still here");
	phone_close(&p);
}

static void test_numbers(void **state)
{
	struct phone p;
	int error;

	phone_open(&p, EXCHANGE_VIA_DIRECT, "001010000000001");
	assert_null(
		terminal_open(p.ctx, p.exchange, "001010000000001", NULL, 1, &handler, &p, &error));
	assert_int_equal(error, -EEXIST);
	assert_null(terminal_open(p.ctx, p.exchange, "12x", NULL, 1, &handler, &p, &error));
	assert_int_equal(error, -EINVAL);
	assert_null(
		terminal_open(p.ctx, p.exchange, "001010000000002", "12", 1, &handler, &p, &error));
	assert_int_equal(error, -EINVAL);
	phone_close(&p);
}

static void test_location_update(void **state)
{
	struct phone p;

	phone_open(&p, EXCHANGE_VIA_HLR, "001010000000001");
	assert_string_equal(terminal_number(p.terminal), "");
	dial(&p, "=hello");
	assert_string_equal(p.text, "hello");
	assert_string_equal(terminal_number(p.terminal), "819000000001");
	assert_string_equal(p.manager->last_msisdn, "");
	phone_close(&p);

	phone_open(&p, EXCHANGE_VIA_HLR, "001010000000001");
	p.came = false;
	assert_int_equal(terminal_attach(p.terminal), 0);
	assert_true(run_until(&p.came));
	assert_int_equal(p.event.kind, TERMINAL_READY);
	assert_string_equal(terminal_number(p.terminal), "819000000001");
	phone_close(&p);
}

static void test_location_refused(void **state)
{
	struct phone p;

	phone_open(&p, EXCHANGE_VIA_HLR, "001010000000009");
	dial(&p, "=hello");
	assert_int_equal(p.event.kind, TERMINAL_FAILED);
	assert_int_equal(p.event.failure, TERMINAL_NOT_ADMITTED);
	assert_int_equal(p.event.code, 2);
	assert_int_equal(p.manager->n_begins, 0);
	phone_close(&p);
}

static void test_long_text_through_hlr(void **state)
{
	char text[160];
	struct phone p;

	phone_open(&p, EXCHANGE_VIA_HLR, "001010000000001");
	dial(&p, "=hello");
	memset(text, 'x', sizeof(text));
	text[129] = '\0';
	assert_int_equal(terminal_dial(p.terminal, text), -EMSGSIZE);
	phone_close(&p);
}

/* Many phones on one link, all of them in a dialogue at once. */
#define MANY 500

static void test_many(void **state)
{
	struct phone p;
	struct phone *many = calloc(MANY, sizeof(*many));
	int i, error;

	phone_open(&p, EXCHANGE_VIA_DIRECT, "001010000000001");
	dial(&p, "=up");
	for (i = 0; i < MANY; i++) {
		char imsi[32], text[32];

		snprintf(imsi, sizeof(imsi), "00101000001%04d", i);
		snprintf(text, sizeof(text), "?number %d", i);
		many[i].terminal = terminal_open(p.ctx, p.exchange, imsi, NULL, 1000, &handler,
						 &many[i], &error);
		assert_non_null(many[i].terminal);
		assert_int_equal(terminal_dial(many[i].terminal, text), 0);
	}
	for (i = 0; i < MANY; i++) {
		char text[32];

		snprintf(text, sizeof(text), "number %d", i);
		assert_true(run_until(&many[i].came));
		assert_int_equal(many[i].event.kind, TERMINAL_QUESTION);
		assert_string_equal(many[i].text, text);
		terminal_close(many[i].terminal);
	}
	free(many);
	phone_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogue),
		cmocka_unit_test(test_answers_of_any_length),
		cmocka_unit_test(test_ucs2),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_timeout_sends_end),
		cmocka_unit_test(test_hangup),
		cmocka_unit_test(test_hangup_while_attaching),
		cmocka_unit_test(test_timeouts_are_each_ones_own),
		cmocka_unit_test(test_push_and_stale),
		cmocka_unit_test(test_network_asks),
		cmocka_unit_test(test_no_network),
		cmocka_unit_test(test_unsendable),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_location_update),
		cmocka_unit_test(test_location_refused),
		cmocka_unit_test(test_long_text_through_hlr),
		cmocka_unit_test(test_many),
	};

	log_init(&tegata_log_info, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
