/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts from terminals, against a ledger that is played: who is answered, what becomes of what, and
 * that nothing is acknowledged before it is durable. */
#include "dialogue_fake.h"

#include "manager/sms_inbound_priv.h"

#define PIN "4973"
#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"

struct fixture {
	struct fake *f;
	struct ledger *l;
	struct sms_inbound *si;
	unsigned int n_verdicts;
	enum sms_verdict verdict;
	bool receiving; /* a verdict now would be inline */
	uint8_t identity;
	bool trusted;
	const char *imsi;
	unsigned int n_written;
};

static struct fixture t;

static void written(void *data)
{
	t.n_written++;
}

static void key_load(struct fake *f)
{
	char path[] = "/tmp/tegata-pin-XXXXXX", why[256];
	int fd = mkstemp(path);

	assert_int_equal(write(fd, KEY, strlen(KEY)), strlen(KEY));
	close(fd);
	f->ds->pin_key = pin_key_load(f->ds, path, why, sizeof(why));
	unlink(path);
	assert_non_null(f->ds->pin_key);
}

static int setup(void **state)
{
	struct question *q;

	assert_int_equal(fake_setup(state), 0);
	t = (struct fixture){ .f = *state, .imsi = "" };
	t.l = &t.f->ledger;
	t.si = sms_inbound_new(t.f->ctx, t.l, t.f->ds);
	t.si->settings.rate_per_min = 0;
	sms_inbound_on_reply(t.si, written, NULL);
	key_load(t.f);
	t.l->sms_seen.outcome = OUTCOME_NOT_FOUND;
	t.l->number = (struct number_result){ .terminal_id = 77, .address = "819012345678" };
	t.l->put = (struct sms_put_result){ .message_id = 9 };
	q = &t.l->open.question;
	*q = (struct question){ .question_id = 5, .code = "7F3A", .deadline = NOON };
	memset(q->request_id.octets, 7, sizeof(q->request_id.octets));
	q->subject = (struct question_subject){ .kind = QUESTION_BUY,
						.product = "prepaid",
						.amount_minor = 500,
						.fee_minor = 5,
						.currency = "JPY" };
	t.l->questions.n = 1;
	t.l->questions.questions[0] = *q;
	t.l->answer.question = *q;
	t.l->answer.question.state = QUESTION_YES;
	return 0;
}

static int teardown(void **state)
{
	talloc_free(t.si);
	return fake_teardown(state);
}

static void told(void *data, enum sms_verdict verdict)
{
	assert_false(t.receiving);
	t.n_verdicts++;
	t.verdict = verdict;
}

static void receive_from(const char *msisdn, const char *text)
{
	struct sms_in in = {
		.link = "smpp:one",
		.trusted_origin = t.trusted,
		.imsi = t.imsi,
		.msisdn = msisdn,
		.from = msisdn,
		.to = "188",
		.text = text,
	};

	in.identity[0] = t.identity;
	t.n_verdicts = 0;
	t.receiving = true;
	sms_inbound_receive(t.si, &in, told, NULL);
	t.receiving = false;
}

/* The ledger answers, and the loop turns. */
static void settle(void)
{
	fake_run(t.l);
	osmo_timers_prepare();
	osmo_timers_update();
}

static void text(const char *words)
{
	t.identity++;
	t.l->reply[0] = '\0';
	memset(&t.l->reply_args, 0, sizeof(t.l->reply_args));
	receive_from("819012345678", words);
	settle();
	assert_int_equal(t.n_verdicts, 1);
	assert_int_equal(sms_inbound_in_flight(t.si), 0);
}

static void expect_reply(const char *part)
{
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	assert_int_equal(t.l->reply_args.terminal_id, 77);
	if (!strstr(t.l->reply, part))
		fail_msg("\"%s\" is not in \"%s\"", part, t.l->reply);
	assert_null(strchr(t.l->reply, '{'));
}

static bool has_request_id(const struct request_id *id)
{
	static const struct request_id none;

	return memcmp(id, &none, sizeof(none)) != 0;
}

static void expect_receipt(void)
{
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	assert_string_equal(t.l->reply, "");
	assert_memory_equal(&t.l->reply_args.request_id, &t.l->open.question.request_id,
			    sizeof(struct request_id));
}

static unsigned int calls(enum fake_call call)
{
	return t.l->n_calls[call];
}

/* --- who is answered ------------------------------------------------------------------- */

static void strangers(void **state)
{
	receive_from("", "LIST"); /* a name, a short code */
	settle();
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	assert_int_equal(calls(FAKE_NUMBER), 0);
	t.l->number = (struct number_result){ .outcome = OUTCOME_TERMINAL_UNKNOWN };
	text("LIST");
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	assert_string_equal(t.l->number_asked, "819012345678");
	assert_int_equal(calls(FAKE_REPLY), 0);
	t.imsi = "001010000000001";
	t.l->enter = (struct enter_result){ .outcome = OUTCOME_TERMINAL_UNKNOWN };
	text("LIST");
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	assert_int_equal(calls(FAKE_ENTER), 1);
	assert_int_equal(calls(FAKE_REPLY), 0);
	assert_int_equal(rate_ctr_group_get_ctr(t.si->counters, SMS_CTR_STRANGER)->current, 3);
}

static void by_imsi(void **state)
{
	t.imsi = "001010000000001";
	text("BALANCE");
	expect_reply("no account");
	assert_string_equal(t.l->enter_args.imsi, t.imsi);
	assert_int_equal(calls(FAKE_NUMBER), 0);
}

static void blocked_is_said_once_an_hour(void **state)
{
	t.l->number.outcome = OUTCOME_TERMINAL_BLOCKED;
	text("BUY 500");
	expect_reply("is blocked");
	text("LIST");
	assert_string_equal(t.l->reply, "");
	pass_seconds(3601);
	text("LIST");
	expect_reply("is blocked");
	assert_int_equal(calls(FAKE_OPEN) + calls(FAKE_LIST), 0);
}

static void quarantined_may_ask_but_not_move(void **state)
{
	t.l->number.outcome = OUTCOME_TERMINAL_QUARANTINED;
	text("BALANCE");
	expect_reply("no account");
	text("BUY 500");
	expect_reply("has a new SIM");
	text("YES 7F3A");
	expect_reply("has a new SIM");
	assert_int_equal(calls(FAKE_OPEN) + calls(FAKE_QUESTIONS), 0);
}

static void each_in_his_language(void **state)
{
	OSMO_STRLCPY_ARRAY(t.l->number.language, "de");
	text("LIST");
	expect_reply("Sie haben keine Werte");
	OSMO_STRLCPY_ARRAY(t.l->number.language, "xx");
	text("LISTE");
	expect_reply("You have no values");
}

/* --- help, and machines ---------------------------------------------------------------------- */

static void help_once_an_hour(void **state)
{
	text("Hello there");
	expect_reply("BUY amount");
	for (int i = 0; i < 5; i++) {
		text("I am on holiday until Monday");
		assert_int_equal(t.verdict, SMS_ACCEPTED);
	}
	assert_int_equal(calls(FAKE_REPLY), 1);
	assert_int_equal(calls(FAKE_NUMBER), 1);
	text("HELP"); /* who asks gets it */
	expect_reply("BUY amount");
	t.identity++;
	receive_from("819099999999", "what?");
	settle();
	assert_int_equal(calls(FAKE_REPLY), 3);
	pass_seconds(3601);
	text("Hello again");
	expect_reply("BUY amount");
}

/* What could not be written counts as not sent. */
static void help_that_was_not_written(void **state)
{
	t.l->put.outcome = OUTCOME_UNAVAILABLE;
	text("Hello");
	assert_int_equal(t.verdict, SMS_TRY_AGAIN);
	t.l->put.outcome = OUTCOME_OK;
	text("Hello");
	expect_reply("BUY amount");
}

static void who_sends_too_much_is_dropped(void **state)
{
	t.si->settings.rate_per_min = 10;
	t.si->settings.rate_burst = 3;
	for (int i = 0; i < 10; i++) {
		text("LIST");
		assert_int_equal(t.verdict, SMS_ACCEPTED);
	}
	assert_int_equal(calls(FAKE_LIST), 3);
	t.identity++;
	receive_from("819099999999", "LIST");
	settle();
	assert_int_equal(calls(FAKE_LIST), 4);
}

static void too_many_under_way(void **state)
{
	/* What the ledger owes is not answered here. */
	for (unsigned int i = 0; i < SMS_INBOUND_MAX; i++) {
		t.l->n_pending = 0;
		receive_from("819012345678", "LIST");
	}
	assert_int_equal(sms_inbound_in_flight(t.si), SMS_INBOUND_MAX);
	receive_from("819012345678", "LIST");
	osmo_timers_prepare();
	osmo_timers_update();
	assert_int_equal(t.n_verdicts, 1);
	assert_int_equal(t.verdict, SMS_TRY_AGAIN);
}

static void draining(void **state)
{
	sms_inbound_drain(t.si);
	receive_from("819012345678", "LIST");
	assert_int_equal(sms_inbound_in_flight(t.si), 1);
	settle();
	assert_int_equal(t.verdict, SMS_TRY_AGAIN);
	assert_int_equal(sms_inbound_in_flight(t.si), 0);
}

/* --- delivered again ----------------------------------------------------------------------------
 */

static void delivered_again(void **state)
{
	t.l->sms_seen = (struct sms_seen_result){ .message_id = 9 };
	text("LIST");
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	text("YES 7F3A");
	assert_int_equal(t.verdict, SMS_ACCEPTED);
	assert_int_equal(calls(FAKE_LIST) + calls(FAKE_QUESTIONS) + calls(FAKE_REPLY), 0);
}

/* The same words a minute later are meant; within it the SMSC delivers again. */
static void the_same_words_again(void **state)
{
	uint8_t first[SMS_IDENTITY_SIZE];

	text("LIST");
	memcpy(first, t.l->reply_args.identity, sizeof(first));
	t.l->sms_seen.outcome = OUTCOME_OK;
	t.identity--;
	pass_seconds(5);
	text("LIST");
	assert_int_equal(calls(FAKE_REPLY), 1);
	t.identity--;
	pass_seconds(60);
	text("LIST");
	assert_int_equal(calls(FAKE_REPLY), 2);
	assert_memory_not_equal(first, t.l->reply_args.identity, sizeof(first));
	t.identity--;
	pass_seconds(5);
	text("LIST");
	assert_int_equal(calls(FAKE_REPLY), 2);
}

/* While the question is open it is the same, and so is its reply; then it is another. */
static void buying_again(void **state)
{
	uint8_t first[SMS_IDENTITY_SIZE];

	text("BUY 500");
	memcpy(first, t.l->reply_args.identity, sizeof(first));
	t.identity--;
	t.l->sms_seen.outcome = OUTCOME_OK;
	t.l->open.repeated = true;
	text("BUY 500");
	assert_memory_equal(first, t.l->reply_args.identity, sizeof(first));
	t.identity--;
	t.l->open.repeated = false;
	t.l->open.question.question_id++;
	text("BUY 500");
	assert_memory_not_equal(first, t.l->reply_args.identity, sizeof(first));
}

/* Whatever step finds the database gone: the SMSC shall come again. */
static void the_database_is_gone(void **state)
{
	static const enum outcome outcomes[] = { OUTCOME_UNAVAILABLE, OUTCOME_AGAIN, OUTCOME_BUSY,
						 OUTCOME_UNCERTAIN };

	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		enum outcome *const steps[] = {
			&t.l->number.outcome, &t.l->sms_seen.outcome, &t.l->questions.outcome,
			&t.l->answer.outcome, &t.l->issue.outcome,    &t.l->put.outcome,
		};

		for (size_t j = 0; j < ARRAY_SIZE(steps); j++) {
			enum outcome before = *steps[j];

			*steps[j] = outcomes[i];
			text("YES 7F3A");
			assert_int_equal(t.verdict, SMS_TRY_AGAIN);
			*steps[j] = before;
		}
	}
	text("YES 7F3A");
	expect_receipt();
}

/* --- asking -------------------------------------------------------------------------------------
 */

static void buy_asks(void **state)
{
	text("BUY 500");
	expect_reply("Buy 500 JPY? Fee 5 JPY, 505 JPY in all\nTo agree answer YES 7F3A, else NO "
		     "7F3A. Until ");
	assert_int_equal(t.l->open_args.subject.kind, QUESTION_BUY);
	assert_string_equal(t.l->open_args.subject.product, "prepaid");
	assert_int_equal(t.l->open_args.subject.amount_minor, 500);
	assert_int_equal(t.l->open_args.subject.fee_minor, 5);
	assert_string_equal(t.l->open_args.code, "");
	assert_int_equal(t.l->open_args.valid_s, 600);
	assert_string_equal(t.l->open_args.link, "smpp:one");
	assert_true(has_request_id(&t.l->open_args.request_id));
	assert_int_equal(calls(FAKE_ISSUE), 0);
	assert_int_equal(t.n_written, 1);
}

static void buy_what_cannot_be_bought(void **state)
{
	text("BUY 7");
	expect_reply("not on sale");
	text("BUY vouchers 500");
	expect_reply("This is not on sale");
	text("BUY 5,0");
	expect_reply("not an amount");
	text("BUY tegata 1,000");
	expect_reply("Buy 500 JPY?"); /* the scripted question */
	assert_int_equal(t.l->open_args.subject.amount_minor, 1000);
	t.l->n_products = 0;
	text("BUY 500");
	expect_reply("Nothing is on sale");
	t.l->maintenance = true;
	text("BUY 500");
	expect_reply("Maintenance");
	text("YES 7F3A");
	expect_reply("Maintenance");
	text("LIST");
	expect_reply("no values");
	assert_int_equal(calls(FAKE_OPEN), 1);
}

static void send_asks(void **state)
{
	char words[128];

	snprintf(words, sizeof(words), "SEND %s 090 8765 4321", fake_value_digits(1));
	t.l->open.question.subject = (struct question_subject){ .kind = QUESTION_TRANSFER,
								.amount_minor = 500,
								.currency = "JPY",
								.transferee = "819087654321" };
	text(words);
	expect_reply("Send 500 JPY to +819087654321?\nTo agree answer YES 7F3A");
	assert_int_equal(t.l->open_args.subject.kind, QUESTION_TRANSFER);
	assert_int_equal(t.l->open_args.subject.value_id, fake_value(1));
	assert_int_equal(t.l->open_args.subject.transferee_id, 78);
	assert_string_equal(t.l->quote_args.transferee, "819087654321");
	assert_int_equal(calls(FAKE_TRANSFER), 0);
	t.l->quote.outcome = OUTCOME_NOT_OWNER;
	text(words);
	expect_reply("do not own");
	t.l->quote = (struct quote_result){ .outcome = OUTCOME_REPEAT_SUSPECTED, .at = NOON };
	text(words);
	expect_reply("was handed on to +819087654321");
	snprintf(words, sizeof(words), "SEND %s 12", fake_value_digits(1));
	text(words);
	expect_reply("not a number");
}

static void pay_asks(void **state)
{
	char words[128];

	fake_shop(t.l);
	snprintf(words, sizeof(words), "PAY %s 4711 order-9", fake_value_digits(1));
	t.l->open.question.subject = (struct question_subject){ .kind = QUESTION_TRANSFER,
								.amount_minor = 500,
								.currency = "JPY",
								.transferee = "4711",
								.reference = "order-9" };
	text(words);
	expect_reply("Pay 500 JPY to Book shop (4711)?\nReference order-9\nTo agree");
	assert_string_equal(t.l->open_args.subject.reference, "order-9");
}

/* --- answering
 * ------------------------------------------------------------------------------------ */

static void yes_does_it(void **state)
{
	text("yes 7f3a");
	expect_receipt();
	assert_string_equal(t.l->questions_code, "7F3A");
	assert_memory_equal(&t.l->issue_args.request_id, &t.l->open.question.request_id,
			    sizeof(struct request_id));
	assert_int_equal(t.l->issue_args.amount_minor, 500);
	assert_int_equal(t.l->issue_args.fee_minor, 5);
	assert_int_equal(t.l->issue_args.guard_s, 0);
	assert_int_equal(t.l->answer_args.question_id, 5);
	t.l->issue.outcome = OUTCOME_FUNDS_INSUFFICIENT;
	text("YES 7F3A");
	expect_reply("balance is too small");
}

static void no_does_nothing(void **state)
{
	t.l->answer.question.state = QUESTION_NO;
	text("NO 7F3A");
	expect_reply("Nothing was bought");
	assert_false(t.l->answer_args.yes);
	assert_int_equal(calls(FAKE_ISSUE), 0);
}

static void answered_before(void **state)
{
	struct question *q = &t.l->questions.questions[0];

	q->state = QUESTION_YES;
	q->answered_at = NOON;
	text("YES 7F3A"); /* one effect, the same receipt */
	expect_receipt();
	assert_int_equal(calls(FAKE_ANSWER), 0);
	text("NO 7F3A");
	expect_reply("You said yes");
	q->state = QUESTION_NO;
	text("YES 7F3A");
	expect_reply("You said no");
	q->state = QUESTION_EXPIRED;
	text("YES 7F3A");
	expect_reply("is over");
	q->state = QUESTION_SUPERSEDED;
	text("YES 7F3A");
	expect_reply("not count any more");
	assert_int_equal(calls(FAKE_ISSUE), 1);
}

/* The display was faster, between our look and our answer. */
static void the_other_channel_wins(void **state)
{
	t.l->answer.repeated = true;
	t.l->answer.question.state = QUESTION_NO;
	t.l->answer.question.answered_at = NOON;
	text("YES 7F3A");
	expect_reply("You said no to this");
	assert_int_equal(calls(FAKE_ISSUE), 0);
}

static void no_such_code(void **state)
{
	t.l->questions = (struct questions_result){ .outcome = OUTCOME_NOT_FOUND };
	text("YES 9999");
	expect_reply("code 9999");
	assert_int_equal(calls(FAKE_ANSWER) + calls(FAKE_ISSUE), 0);
}

static void a_transfer_is_looked_at_again(void **state)
{
	struct question_subject *s = &t.l->questions.questions[0].subject;

	*s = (struct question_subject){ .kind = QUESTION_TRANSFER,
					.value_id = fake_value(1),
					.transferee_id = 78,
					.transferee = "819087654321" };
	t.l->answer.question.subject = *s;
	text("YES 7F3A");
	expect_receipt();
	assert_int_equal(t.l->transfer_args.value_id, fake_value(1));
	assert_int_equal(t.l->transfer_args.transferee_id, 78);
	t.l->quote.outcome = OUTCOME_TRANSFEREE_BLOCKED;
	text("YES 7F3A");
	expect_reply("cannot take value");
	assert_int_equal(calls(FAKE_TRANSFER), 1);
}

/* --- the author's reference
 * ------------------------------------------------------------------------ */

static void by_reference(void **state)
{
	text("BUY 500 #7F3A"); /* not from such a link */
	expect_reply("To agree answer YES");
	assert_string_equal(t.l->open_args.code, "");
	t.trusted = true;
	text("BUY 500 #7F3A"); /* not allowed */
	expect_reply("To agree answer YES");
	t.si->settings.direct_purchase = true;
	t.trusted = false;
	text("BUY 500 #7F3A");
	expect_reply("To agree answer YES");
	assert_int_equal(calls(FAKE_ISSUE), 0);
	t.trusted = true;
	text("BUY 500 #7F3A");
	expect_receipt();
	assert_string_equal(t.l->open_args.code, "7F3A");
	text("BUY 500"); /* without one */
	expect_reply("To agree answer YES");
	/* Used for something else. */
	text("BUY 1000 #7F3A");
	expect_reply("7F3A was used before");
	t.l->open.question.state = QUESTION_NO;
	t.l->answer.question.state = QUESTION_NO;
	text("BUY 500 #7F3A");
	expect_reply("You said no");
	assert_int_equal(calls(FAKE_ISSUE), 1);
}

/* --- the PIN
 * ----------------------------------------------------------------------------------------- */

static void needs_pin(void)
{
	t.l->products[0].asks_pin = true;
	t.l->asks_pin = true;
	t.l->pin_check.tries_left = 2;
}

static void a_pin_is_asked_for(void **state)
{
	struct pin_digest digest = { 0 };

	needs_pin();
	t.trusted = t.si->settings.direct_purchase = true;
	text("BUY 500 #7F3A"); /* a reference is no PIN */
	expect_reply("YES 7F3A and, behind it, your PIN");
	text("YES 7F3A");
	expect_reply("This needs your PIN: YES 7F3A and");
	assert_int_equal(calls(FAKE_PIN_CHECK) + calls(FAKE_ANSWER), 0);
	text("YES 7F3A " PIN);
	expect_receipt();
	assert_int_equal(pin_key_digest(t.f->ds->pin_key, 77, PIN, &digest), 0);
	assert_memory_equal(&t.l->checked_pin, &digest, sizeof(digest));
	/* It was asked for then. */
	t.l->questions.questions[0].state = QUESTION_YES;
	text("YES 7F3A");
	expect_receipt();
	assert_int_equal(calls(FAKE_PIN_CHECK), 1);
}

static void wrong_pins(void **state)
{
	static const struct {
		enum pin_verdict verdict;
		const char *said;
	} cases[] = {
		{ PIN_WRONG, "Tries left: 2" },
		{ PIN_BLOCKED, "is blocked" },
		{ PIN_NONE, "*188*9#" },
		{ PIN_OTHER_KEY, "cannot be used" },
	};

	needs_pin();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		t.l->pin_check.verdict = cases[i].verdict;
		text("YES 7F3A " PIN);
		expect_reply(cases[i].said);
	}
	TALLOC_FREE(t.f->ds->pin_key);
	text("YES 7F3A " PIN);
	expect_reply("cannot be used");
	assert_int_equal(calls(FAKE_ANSWER), 0);
}

static void a_transfer_may_need_one(void **state)
{
	struct question_subject *s = &t.l->questions.questions[0].subject;

	*s = (struct question_subject){ .kind = QUESTION_TRANSFER, .transferee = "819087654321" };
	t.l->quote.needs_pin = true;
	text("YES 7F3A");
	expect_reply("This needs your PIN");
	t.l->pin_check.verdict = PIN_WRONG;
	text("YES 7F3A " PIN);
	expect_reply("Wrong PIN");
	assert_int_equal(calls(FAKE_ANSWER) + calls(FAKE_TRANSFER), 0);
}

/* What is stored of the text is not the adapter's digest of it, from which a PIN of four digits
 * could be found by trying; another PIN is another text, the same one the same. */
static void the_pin_is_kept_nowhere(void **state)
{
	uint8_t with[3][SMS_IDENTITY_SIZE], plain[SMS_IDENTITY_SIZE] = { 0 };
	static const char *const texts[] = { "YES 7F3A " PIN, "YES 7F3A " PIN, "YES 7F3A 5555" };

	needs_pin();
	t.l->pin_check.verdict = PIN_WRONG;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		t.identity = 40;
		text(texts[i]);
		memcpy(with[i], t.l->reply_args.identity, SMS_IDENTITY_SIZE);
	}
	plain[0] = 41;
	assert_memory_not_equal(with[0], plain, SMS_IDENTITY_SIZE);
	assert_memory_equal(with[0], with[1], SMS_IDENTITY_SIZE);
	assert_memory_not_equal(with[0], with[2], SMS_IDENTITY_SIZE);
	t.identity++;
	receive_from("819012345678", "YES 7F3A " PIN);
	for (size_t i = 0; i < t.l->n_pending; i++)
		assert_null(memmem(t.l->pending[i].data, sizeof(struct sms_job), "5555", 4));
	t.l->n_pending = 0;
	((ledger_number_cb)t.l->pending[0].done)(t.l->pending[0].data, &t.l->number);
	assert_null(memmem(t.l->pending[0].data, sizeof(struct sms_job), PIN, strlen(PIN)));
	settle();
	assert_int_equal(t.n_verdicts, 1);
}

/* What people say behind a yes is no PIN, however short, and no reason to stop. */
static void what_is_no_pin(void **state)
{
	static const char *const texts[] = {
		"Yes sure do", "Yes sure 1", "YES 7F3A 497",   "YES 7F3A 1234567890123",
		"YES 7F3A a",  "NO 7F3A 12", "YES 7F3A 49 73",
	};

	needs_pin();
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		text(texts[i]);
		assert_int_equal(t.verdict, SMS_ACCEPTED);
	}
	assert_int_equal(calls(FAKE_REPLY), 1); /* help, once */
	assert_int_equal(calls(FAKE_PIN_CHECK), 0);
}

/* --- what changes nothing
 * ------------------------------------------------------------------------------ */

static void reading(void **state)
{
	char words[64];

	fake_values(t.l, 12);
	text("LIST");
	expect_reply(fake_value_digits(1) + 16);
	expect_reply("*188*2#");
	snprintf(words, sizeof(words), "OWNER %s", fake_value_digits(3));
	text(words);
	expect_reply("Yes, you own it: 500 JPY");
	assert_int_equal(t.l->check_asker.terminal_id, 77);
	t.l->check_item.owner = false;
	text(words);
	expect_reply("No. You do not own");
	t.l->history.n_items = 1;
	t.l->history.items[0] = (struct operation_record){ .operation = OPERATION_ISSUE,
							   .at = NOON,
							   .value_id = fake_value(9),
							   .amount_minor = 700,
							   .currency = "JPY" };
	text("HISTORY");
	expect_reply("bought 700 JPY");
	text("RECEIPTS OFF");
	expect_reply("no more texts");
	assert_false(t.l->receipts);
	text("RECEIPTS ON");
	assert_true(t.l->receipts);
}

/* Every outcome of every command leads to a verdict, and to a text where one is written. */
static void every_outcome(void **state)
{
	static const char *const commands[] = { "BUY 500",  "LIST",    "BALANCE",    "HISTORY",
						"YES 7F3A", "NO 7F3A", "RECEIPTS ON" };

	for (int outcome = 1; outcome < 100; outcome++) {
		if (!outcome_name(outcome) || outcome == OUTCOME_TERMINAL_BLOCKED)
			continue;
		t.l->open.outcome = t.l->list_outcome = t.l->balance.outcome = outcome;
		t.l->history.outcome = t.l->questions.outcome = outcome;
		t.l->receipts_outcome = outcome;
		for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
			text(commands[i]);
			if (t.verdict == SMS_ACCEPTED)
				assert_true(strlen(t.l->reply) > 10);
		}
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(strangers),
		TEST(by_imsi),
		TEST(blocked_is_said_once_an_hour),
		TEST(quarantined_may_ask_but_not_move),
		TEST(each_in_his_language),
		TEST(help_once_an_hour),
		TEST(help_that_was_not_written),
		TEST(who_sends_too_much_is_dropped),
		TEST(too_many_under_way),
		TEST(draining),
		TEST(delivered_again),
		TEST(the_same_words_again),
		TEST(buying_again),
		TEST(the_database_is_gone),
		TEST(buy_asks),
		TEST(buy_what_cannot_be_bought),
		TEST(send_asks),
		TEST(pay_asks),
		TEST(yes_does_it),
		TEST(no_does_nothing),
		TEST(answered_before),
		TEST(the_other_channel_wins),
		TEST(no_such_code),
		TEST(a_transfer_is_looked_at_again),
		TEST(by_reference),
		TEST(a_pin_is_asked_for),
		TEST(wrong_pins),
		TEST(a_transfer_may_need_one),
		TEST(the_pin_is_kept_nowhere),
		TEST(what_is_no_pin),
		TEST(reading),
		TEST(every_outcome),
	};

	fake_init();
	log_set_category_filter(osmo_stderr_target, DSMPP, 0, LOGL_FATAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
