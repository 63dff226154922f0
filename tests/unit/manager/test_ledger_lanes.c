/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which lane takes a request. */
#include "ledger_request_fixture.h"

/* --- which lane writes --------------------------------------------------------------- */

static struct db_conn *second_writer;

static int setup_two_writers(void **state)
{
	memset(waiters, 0, sizeof(waiters));
	n_told_all = 0;
	ledger = ledger_new(NULL);
	ledger->config.n_write = 2;
	ledger->config.n_read = 1;
	assert_int_equal(ledger_start(ledger), 0);
	write_conn = fake_conn("write-0");
	second_writer = fake_conn("write-1");
	fake_up(write_conn);
	fake_up(second_writer);
	return 0;
}

static void enter_told(void *data, const struct enter_result *result)
{
	told(data, result->outcome);
}

static void transfer_told(void *data, const struct transfer_result *result)
{
	told(data, result->outcome);
}

static void enter(const char *imsi, struct waiter *w)
{
	struct enter_args args = { .msisdn = "819000000001" };

	OSMO_STRLCPY_ARRAY(args.imsi, imsi);
	ledger_enter(ledger, &args, enter_told, w);
}

static void transfer(int64_t value_id, struct waiter *w)
{
	struct transfer_args args = { .terminal_id = 64, .value_id = value_id };

	ledger_transfer(ledger, &args, transfer_told, w);
}

static void issue_to(int64_t terminal_id, struct waiter *w)
{
	struct issue_args args = { .terminal_id = terminal_id, .product = "p", .amount_minor = 5 };

	assert_int_equal(request_id_mint(&args.request_id), 0);
	ledger_issue(ledger, &args, issue_told, w);
}

static void test_writers_share_what_waits(void **state)
{
	issue_to(64, &waiters[0]);
	loop_turns(2);
	assert_int_equal(write_conn->n_sent, 1);
	issue_to(128, &waiters[1]); /* both of one home */
	loop_turns(2);
	assert_int_equal(second_writer->n_sent, 1);
	fake_answer(second_writer, issue_rows(1, OUTCOME_OK));
	fake_answer(write_conn, issue_rows(1, OUTCOME_OK));
	assert_told(0, OUTCOME_OK);
	assert_told(1, OUTCOME_OK);
}

/* Two issues to one account, that SQL has locked for the first: the second would be told "again".
 */
static void test_one_account_in_one_lane(void **state)
{
	issue_to(64, &waiters[0]);
	loop_turns(2);
	issue_to(64, &waiters[1]);
	loop_turns(2);
	assert_int_equal(second_writer->n_sent, 0);
	fake_answer(write_conn, issue_rows(1, OUTCOME_OK));
	assert_int_equal(write_conn->n_sent, 2);
	fake_answer(write_conn, issue_rows(1, OUTCOME_OK));
	assert_told(1, OUTCOME_OK);
}

static void test_one_value_in_one_lane(void **state)
{
	transfer(INT64_C(2500) << 48, &waiters[0]);
	loop_turns(2);
	transfer(INT64_C(2500) << 48, &waiters[1]);
	transfer((INT64_C(2500) << 48) + 1, &waiters[2]);
	loop_turns(2);
	assert_int_equal(second_writer->n_sent, 1);
	fake_answer(second_writer, op_rows(&ledger_transfer_op, 1, OUTCOME_NOT_OWNER));
	assert_told(2, OUTCOME_NOT_OWNER);
	fake_answer(write_conn, op_rows(&ledger_transfer_op, 1, OUTCOME_NOT_OWNER));
	fake_answer(write_conn, op_rows(&ledger_transfer_op, 1, OUTCOME_NOT_OWNER));
	assert_told(1, OUTCOME_NOT_OWNER);
}

/* The dial before marked something as seen: the next one must not be told it once more. */
static void test_a_dial_waits_for_what_is_marked(void **state)
{
	struct request_id id = { { 1 } };

	ledger_seen(ledger, "001010000000005", 5, &id);
	loop_turns(2);
	assert_int_equal(write_conn->n_sent, 1);
	enter("001010000000005", &waiters[0]);
	enter("001010000000006", &waiters[1]);
	loop_turns(2);
	assert_int_equal(second_writer->n_sent, 1);
	fake_answer(second_writer, op_rows(&ledger_enter_op, 1, OUTCOME_OK));
	assert_told(1, OUTCOME_OK);
	assert_int_equal(second_writer->n_sent, 1);
	fake_answer(write_conn, fake_rows(ledger_seen_op.db.columns, 1));
	assert_int_equal(write_conn->n_sent, 2);
	fake_answer(write_conn, op_rows(&ledger_enter_op, 1, OUTCOME_OK));
	assert_told(0, OUTCOME_OK);
}

/* Nor where that is not sent yet, though dials have their turn before it. */
static void test_a_dial_waits_for_what_will_be_marked(void **state)
{
	struct request_id id = { { 1 } };

	fake_down(second_writer);
	transfer(INT64_C(2500) << 48, &waiters[0]);
	loop_turns(2);
	enter("001010000000005", &waiters[1]);
	enter("001010000000006", &waiters[2]);
	ledger_seen(ledger, "001010000000005", 5, &id);
	fake_answer(write_conn, op_rows(&ledger_transfer_op, 1, OUTCOME_NOT_OWNER));
	assert_string_equal(write_conn->statements[write_conn->statement].name, "enter");
	fake_answer(write_conn, op_rows(&ledger_enter_op, 1, OUTCOME_OK));
	assert_told(2, OUTCOME_OK);
	assert_int_equal(waiters[1].n_told, 0);
	fake_answer(write_conn, fake_rows(ledger_seen_op.db.columns, 1));
	fake_answer(write_conn, op_rows(&ledger_enter_op, 1, OUTCOME_OK));
	assert_told(1, OUTCOME_OK);
}

static void ask_pin_check(int64_t id)
{
	struct pin_check_args args = { .terminal_id = id };

	ledger_pin_check(ledger, &args, NULL, NULL);
}

static void ask_pin_set(int64_t id)
{
	struct pin_digest digest = { 0 };

	ledger_pin_set(ledger, id, &digest, NULL, NULL, NULL);
}

static void ask_question_open(int64_t id)
{
	struct question_open_args args = { .terminal_id = id };

	ledger_question_open(ledger, &args, NULL, NULL);
}

static void ask_question_answer(int64_t id)
{
	struct question_answer_args args = { .terminal_id = id };

	ledger_question_answer(ledger, &args, NULL, NULL);
}

static void ask_questions(int64_t id)
{
	ledger_questions(ledger, id, NULL, NULL, NULL);
}

static void ask_receipts(int64_t id)
{
	ledger_receipts_set(ledger, id, true, NULL, NULL);
}

static void ask_reply(int64_t id)
{
	struct sms_reply_args args = { .terminal_id = id };

	ledger_sms_reply(ledger, &args, NULL, NULL);
}

static void ask_tell(int64_t id)
{
	struct request_id request_id = { { 1 } };

	ledger_outbox_tell(ledger, id, &request_id, NULL, NULL);
}

static void ask_renew(int64_t id)
{
	ledger_outbox_renew(ledger, id, 1000, NULL, NULL);
}

static void ask_heard(int64_t id)
{
	ledger_outbox_heard(ledger, id, NULL, NULL);
}

static void ask_result(int64_t id)
{
	struct outbox_result_args args = { .message_id = id };

	ledger_outbox_result(ledger, &args, NULL, NULL);
}

/* Of a terminal, or of a message. */
static void test_what_belongs_together_in_one_lane(void **state)
{
	static void (*const ask[])(int64_t id) = {
		ask_pin_check, ask_pin_set,  ask_question_open, ask_question_answer,
		ask_questions, ask_receipts, ask_reply,		ask_tell,
		ask_renew,     ask_heard,    ask_result,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ask); i++) {
		ask[i](64);
		loop_turns(2);
		assert_int_equal(write_conn->n_sent, 1);
		ask[i](64);
		loop_turns(2);
		assert_int_equal(second_writer->n_sent, 0);
		ask[i](128);
		loop_turns(2);
		assert_int_equal(second_writer->n_sent, 1);
		teardown(state);
		setup_two_writers(state);
	}
}

/* Both are counted from 1. */
static void test_a_message_is_no_terminal(void **state)
{
	ask_renew(64);
	loop_turns(2);
	ask_receipts(64);
	loop_turns(2);
	assert_int_equal(second_writer->n_sent, 1);
}

/* --- which lane reads ---------------------------------------------------------------- */

/* At a time that stands still. */
static int setup_two_readers(void **state)
{
	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	*osmo_clock_override_gettimespec(CLOCK_MONOTONIC) = (struct timespec){ .tv_sec = 1000 };
	setup_lanes(2);
	fake_up(read_conn);
	fake_up(fake_conn("read-1"));
	return 0;
}

static int teardown_two_readers(void **state)
{
	osmo_clock_override_enable(CLOCK_MONOTONIC, false);
	return teardown(state);
}

static void list_and_turn(size_t i)
{
	list(&waiters[i]);
	loop_turns(2);
}

static void test_reads_gather_behind_a_short_batch(void **state)
{
	struct db_conn *second = fake_conn("read-1");

	ledger->config.limits.batch_max = 3;
	list_and_turn(0);
	list_and_turn(1);
	list_and_turn(2);
	assert_int_equal(read_conn->n_sent, 1);
	assert_int_equal(second->n_sent, 0);
	/* More than fit into its next batch: the other lane begins. */
	list_and_turn(3);
	assert_int_equal(second->n_sent, 0);
	list_and_turn(4);
	assert_int_equal(second->n_sent, 1);
	fake_answer(second, op_rows(&ledger_list_op, 1, OUTCOME_OK));
	assert_told(4, OUTCOME_OK);
	fake_answer(read_conn, op_rows(&ledger_list_op, 1, OUTCOME_OK));
	assert_int_equal(read_conn->n_sent, 2);
	fake_answer(read_conn, op_rows(&ledger_list_op, 3, OUTCOME_OK));
	assert_told(1, OUTCOME_OK);
	assert_told(3, OUTCOME_OK);
}

static void test_reads_do_not_gather_behind_a_long_one(void **state)
{
	struct db_conn *second = fake_conn("read-1");

	list_and_turn(0);
	osmo_clock_override_add(CLOCK_MONOTONIC, 0, 1900000);
	list_and_turn(1);
	assert_int_equal(second->n_sent, 0);
	osmo_clock_override_add(CLOCK_MONOTONIC, 0, 200000);
	list_and_turn(2);
	assert_int_equal(second->n_sent, 1);
	fake_answer(second, op_rows(&ledger_list_op, 1, OUTCOME_OK));
	assert_told(2, OUTCOME_OK);
	assert_int_equal(waiters[0].n_told, 0);
	fake_answer(read_conn, op_rows(&ledger_list_op, 1, OUTCOME_OK));
	assert_told(0, OUTCOME_OK);
}

/* One in which every statement fails at once, and that the server does not close. */
static void test_reads_leave_a_lane_that_fails(void **state)
{
	struct db_conn *second = fake_conn("read-1");

	ledger->config.deadline_ms = 5000;
	list_and_turn(0);
	fake_error(read_conn, "53200"); /* out of memory: to be tried again, later */
	list_and_turn(1);
	assert_int_equal(second->n_sent, 1);
	fake_answer(second, op_rows(&ledger_list_op, 1, OUTCOME_OK));
	assert_told(1, OUTCOME_OK);
	/* It was tried again and is well: the first lane gathers. */
	osmo_clock_override_add(CLOCK_MONOTONIC, 0, 250000000);
	loop_until(read_conn->n_sent == 2);
	fake_answer(read_conn, op_rows(&ledger_list_op, 1, OUTCOME_OK));
	list_and_turn(2);
	assert_int_equal(second->n_sent, 1);
	assert_int_equal(read_conn->n_sent, 3);
}

/* The one that hangs is filled with nothing, however much the other has. */
static void test_reads_are_not_spread_over_one_that_hangs(void **state)
{
	size_t i;

	list_and_turn(0);
	osmo_clock_override_add(CLOCK_MONOTONIC, 1, 0);
	for (i = 1; i < 10; i++)
		list(&waiters[i]);
	loop_turns(2);
	fake_answer(fake_conn("read-1"), op_rows(&ledger_list_op, 9, OUTCOME_OK));
	for (i = 1; i < 10; i++)
		assert_told(i, OUTCOME_OK);
}

static void test_reads_are_refused_by_none_while_one_has_room(void **state)
{
	size_t i;

	ledger->config.limits.queue_max = 4;
	list_and_turn(0);
	for (i = 1; i <= 6; i++)
		list(&waiters[i]);
	loop_turns(2);
	for (i = 0; i <= 6; i++)
		assert_int_equal(waiters[i].n_told, 0);
	fake_answer(fake_conn("read-1"), op_rows(&ledger_list_op, 2, OUTCOME_OK));
	assert_told(6, OUTCOME_OK);
}

static void check_told(void *data, const struct check_result *result)
{
	told(data, result->outcome);
}

/* Four fill a batch by their items. */
static void test_large_questions_use_all_lanes(void **state)
{
	static const int64_t ids[LEDGER_CHECK_MAX] = { 64 };
	struct check_asker asker = { .terminal_id = 64 };
	struct request_id id = { { 0 } };
	size_t i;

	for (i = 0; i < 20; i++)
		ledger_check(ledger, &asker, ids, LEDGER_CHECK_MAX, &id, check_told, &waiters[i]);
	loop_turns(2);
	assert_int_equal(read_conn->n_sent, 1);
	assert_int_equal(fake_conn("read-1")->n_sent, 1);
}

static void test_reads_go_where_a_server_is(void **state)
{
	struct db_conn *second = fake_conn("read-1");

	fake_down(read_conn);
	list_and_turn(0);
	assert_int_equal(second->n_sent, 1);
	fake_answer(second, op_rows(&ledger_list_op, 1, OUTCOME_OK));
	assert_told(0, OUTCOME_OK);
}

#define two_readers(name) \
	cmocka_unit_test_setup_teardown(name, setup_two_readers, teardown_two_readers)
#define two_writers(name) cmocka_unit_test_setup_teardown(name, setup_two_writers, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		two_writers(test_writers_share_what_waits),
		two_writers(test_one_account_in_one_lane),
		two_writers(test_one_value_in_one_lane),
		two_writers(test_a_dial_waits_for_what_is_marked),
		two_writers(test_a_dial_waits_for_what_will_be_marked),
		two_writers(test_what_belongs_together_in_one_lane),
		two_writers(test_a_message_is_no_terminal),
		two_readers(test_reads_gather_behind_a_short_batch),
		two_readers(test_reads_do_not_gather_behind_a_long_one),
		two_readers(test_reads_leave_a_lane_that_fails),
		two_readers(test_reads_are_not_spread_over_one_that_hangs),
		two_readers(test_reads_are_refused_by_none_while_one_has_room),
		two_readers(test_large_questions_use_all_lanes),
		two_readers(test_reads_go_where_a_server_is),
	};

	osmo_init_logging2(NULL, &tegata_log_info);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
