/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/link_msg.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/ipa_frame.h"
#include "lib/outcome.h"
#include "lib/value_state.h"

static uint8_t frame[LINK_FRAME_SIZE];

/* The message in the frame, as a peer takes it out. */
static struct link_msg taken(int len)
{
	struct ipa_frame ipa;
	struct link_msg msg;

	assert_true(len > 0);
	assert_int_equal(ipa_frame_take(&ipa, frame, len, LINK_FRAME_MAX), 1);
	assert_int_equal(ipa.frame_len, len);
	assert_int_equal(ipa.proto, IPA_PROTO_OSMO);
	assert_int_equal(ipa.ext, IPA_EXT_TEGATA);
	assert_int_equal(link_msg_decode(&msg, ipa.payload, ipa.payload_len), 0);
	return msg;
}

static struct link_check *check_of(size_t n)
{
	struct link_check *c = calloc(1, sizeof(*c));
	size_t i;

	memset(c->asker.key_digest, 0xa5, sizeof(c->asker.key_digest));
	memset(c->asker.request_id.octets, 0x5a, REQUEST_ID_SIZE);
	c->n_items = n;
	for (i = 0; i < n; i++)
		c->value_ids[i] = INT64_MAX - i;
	return c;
}

static struct link_check_result *result_of(size_t n, bool owned)
{
	struct link_check_result *r = calloc(1, sizeof(*r));
	size_t i;

	r->outcome = OUTCOME_OK;
	r->rate_per_s = 4000000000u;
	r->rate_burst = 7;
	strcpy(r->shop_code, "999999");
	r->n_items = n;
	for (i = 0; i < n; i++)
		r->items[i] = !(owned || i % 2) ? (struct link_check_item){}
						: (struct link_check_item){
							  .owner = true,
							  .spendable = i % 3,
							  .state = VALUE_STATE_REVOKED,
							  .currency = "JPY",
							  .amount_minor = INT64_MAX - i,
							  .expires_at = i,
							  .owner_since = 1600000000 + i,
						  };
	return r;
}

static void hello_round_trip(void **state)
{
	struct link_hello in = { .version = 0x1234 }, out;
	struct link_msg msg;

	memset(in.name, 'n', sizeof(in.name) - 1);
	msg = taken(link_hello_encode(frame, sizeof(frame), &in));
	assert_int_equal(msg.type, LINK_HELLO);
	assert_int_equal(link_hello_decode(&out, &msg), 0);
	assert_int_equal(out.version, in.version);
	assert_string_equal(out.name, in.name);
}

static void simple_round_trip(void **state)
{
	struct link_msg msg =
		taken(link_simple_encode(frame, sizeof(frame), LINK_PONG, 0xfedcba98));

	assert_int_equal(msg.type, LINK_PONG);
	assert_int_equal(msg.number, 0xfedcba98);
	assert_int_equal(msg.body_len, 0);
}

static void ready_round_trip(void **state)
{
	bool ready = true;
	struct link_msg msg = taken(link_ready_encode(frame, sizeof(frame), false));

	assert_int_equal(msg.type, LINK_READY);
	assert_int_equal(link_ready_decode(&ready, &msg), 0);
	assert_false(ready);
	msg = taken(link_ready_encode(frame, sizeof(frame), true));
	assert_int_equal(link_ready_decode(&ready, &msg), 0);
	assert_true(ready);
}

static void check_round_trip(void **state)
{
	static const size_t sizes[] = { 1, 2, 999, LINK_CHECK_ITEMS_MAX };
	struct link_check *in, out;
	struct link_msg msg;
	size_t i;

	for (i = 0; i < 4; i++) {
		in = check_of(sizes[i]);
		msg = taken(link_check_encode(frame, sizeof(frame), 77 + i, in));
		assert_int_equal(msg.type, LINK_CHECK);
		assert_int_equal(msg.number, 77 + i);
		memset(&out, 0xff, sizeof(out));
		assert_int_equal(link_check_decode(&out, &msg), 0);
		assert_memory_equal(&out.asker, &in->asker, sizeof(out.asker));
		assert_int_equal(out.n_items, in->n_items);
		assert_memory_equal(out.value_ids, in->value_ids, 8 * in->n_items);
		free(in);
	}
}

static void assert_same_result(const struct link_check_result *a, const struct link_check_result *b)
{
	size_t i;

	assert_int_equal(a->outcome, b->outcome);
	assert_int_equal(a->test, b->test);
	assert_string_equal(a->shop_code, b->shop_code);
	assert_int_equal(a->rate_per_s, b->rate_per_s);
	assert_int_equal(a->rate_burst, b->rate_burst);
	assert_int_equal(a->n_items, b->n_items);
	for (i = 0; i < a->n_items; i++) {
		assert_int_equal(a->items[i].owner, b->items[i].owner);
		assert_int_equal(a->items[i].spendable, b->items[i].spendable);
		assert_int_equal(a->items[i].state, b->items[i].state);
		assert_string_equal(a->items[i].currency, b->items[i].currency);
		assert_true(a->items[i].amount_minor == b->items[i].amount_minor);
		assert_true(a->items[i].expires_at == b->items[i].expires_at);
		assert_true(a->items[i].owner_since == b->items[i].owner_since);
	}
}

static void result_round_trip(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, LINK_CHECK_ITEMS_MAX };
	struct link_check_result *in, *out = malloc(sizeof(*out));
	struct link_msg msg;
	size_t i;

	for (i = 0; i < 8; i++) {
		in = result_of(sizes[i % 4], i >= 4);
		in->test = i % 2;
		if (i == 0)
			*in = (struct link_check_result){ .outcome = OUTCOME_UNAUTHENTICATED };
		msg = taken(link_check_result_encode(frame, sizeof(frame), i, in));
		assert_int_equal(msg.type, LINK_CHECK_RESULT);
		memset(out, 0xff, sizeof(*out));
		assert_int_equal(link_check_result_decode(out, &msg), 0);
		assert_same_result(in, out);
		free(in);
	}
	free(out);
}

static void too_little_room(void **state)
{
	struct link_hello hello = { .version = 1, .name = "n" };
	struct link_check_result *r = result_of(3, true);
	struct link_check *c = check_of(3);
	uint8_t small[512];
	int full, i;

	full = link_hello_encode(small, sizeof(small), &hello);
	for (i = 0; i < full; i++)
		assert_int_equal(link_hello_encode(small, i, &hello), -EMSGSIZE);
	full = link_ready_encode(small, sizeof(small), true);
	for (i = 0; i < full; i++)
		assert_int_equal(link_ready_encode(small, i, true), -EMSGSIZE);
	full = link_check_encode(small, sizeof(small), 1, c);
	for (i = 0; i < full; i++)
		assert_int_equal(link_check_encode(small, i, 1, c), -EMSGSIZE);
	full = link_check_result_encode(small, sizeof(small), 1, r);
	for (i = 0; i < full; i++)
		assert_int_equal(link_check_result_encode(small, i, 1, r), -EMSGSIZE);
	free(r);
	free(c);
}

/* --- what a peer could send ------------------------------------------------------ */

/* A copy in memory of its own size, so that the sanitizer sees a read past the end. */
static int decode_copy(int (*decode)(void *, const struct link_msg *), void *out,
		       const struct link_msg *msg, size_t body_len)
{
	uint8_t *copy = malloc(body_len ? body_len : 1);
	struct link_msg cut = { msg->type, msg->number, copy, body_len };
	int rc;

	memcpy(copy, msg->body, body_len);
	rc = decode(out, &cut);
	free(copy);
	return rc;
}

static int hello_any(void *out, const struct link_msg *msg)
{
	return link_hello_decode(out, msg);
}

static int ready_any(void *out, const struct link_msg *msg)
{
	return link_ready_decode(out, msg);
}

static int check_any(void *out, const struct link_msg *msg)
{
	return link_check_decode(out, msg);
}

static int result_any(void *out, const struct link_msg *msg)
{
	return link_check_result_decode(out, msg);
}

static void truncated_at_every_length(void **state)
{
	struct link_hello hello = { .version = 1, .name = "gateway" };
	struct link_check_result *r = result_of(5, false), *out = malloc(sizeof(*out));
	struct link_check *c = check_of(5);
	struct link_msg msg;
	size_t i;

	msg = taken(link_hello_encode(frame, sizeof(frame), &hello));
	for (i = 0; i < msg.body_len; i++)
		assert_int_equal(decode_copy(hello_any, out, &msg, i), -EBADMSG);
	msg = taken(link_ready_encode(frame, sizeof(frame), true));
	for (i = 0; i < msg.body_len; i++)
		assert_int_equal(decode_copy(ready_any, out, &msg, i), -EBADMSG);
	msg = taken(link_check_encode(frame, sizeof(frame), 1, c));
	for (i = 0; i < msg.body_len; i++)
		assert_int_equal(decode_copy(check_any, out, &msg, i), -EBADMSG);
	msg = taken(link_check_result_encode(frame, sizeof(frame), 1, r));
	for (i = 0; i < msg.body_len; i++)
		assert_int_equal(decode_copy(result_any, out, &msg, i), -EBADMSG);
	for (i = 0; i < 5; i++)
		assert_int_equal(link_msg_decode(&msg, frame, i), -EBADMSG);
	free(r);
	free(c);
	free(out);
}

/* Every octet set to every value: any answer is right but a crash or a value out of range. */
static void every_octet_changed(void **state)
{
	struct link_check_result *r = result_of(2, true), *out = malloc(sizeof(*out));
	struct link_msg msg = taken(link_check_result_encode(frame, sizeof(frame), 1, r));
	uint8_t *body = (uint8_t *)msg.body, kept;
	size_t i, j;
	int v;

	for (i = 0; i < msg.body_len; i++) {
		kept = body[i];
		for (v = 0; v < 256; v++) {
			body[i] = v;
			if (decode_copy(result_any, out, &msg, msg.body_len))
				continue;
			assert_true(out->n_items <= LINK_CHECK_ITEMS_MAX);
			for (j = 0; j < out->n_items; j++) {
				if (!out->items[j].owner)
					continue;
				assert_non_null(value_state_name(out->items[j].state));
				assert_true(out->items[j].amount_minor >= 0);
				assert_int_equal(strlen(out->items[j].currency), 3);
			}
		}
		body[i] = kept;
	}
	free(r);
	free(out);
}

static int decode_octets(int (*decode)(void *, const struct link_msg *), const char *octets,
			 size_t len)
{
	static struct link_check_result out; /* the largest */
	struct link_msg msg = { 0, 0, (const uint8_t *)octets, len };

	return decode_copy(decode, &out, &msg, len);
}
#define DECODE(decode, octets) decode_octets(decode, octets, sizeof(octets) - 1)

#define HELLO_1 "\x01\0\x02\0\x01"
#define NAME_A       \
	"\x02\0\x01" \
	"a"
#define OUTCOME_0 "\x06\0\x01\0"
#define RATE_0 "\x09\0\x08\0\0\0\0\0\0\0\0"
#define ITEMS_0 "\x0a\0\0"
#define OWNED(state, currency, amount)                  \
	"\x01" state currency amount "\0\0\0\0\0\0\0\0" \
	"\0\0\0\0\0\0\0\0"

static void elements_wrong(void **state)
{
	assert_int_equal(DECODE(hello_any, HELLO_1 NAME_A), 0);
	assert_int_equal(DECODE(hello_any, NAME_A HELLO_1), 0); /* any order */
	assert_int_equal(DECODE(hello_any, HELLO_1 "\xee\0\x02xx" NAME_A), 0); /* unknown tag */
	assert_int_equal(DECODE(hello_any, HELLO_1), -EBADMSG);
	assert_int_equal(DECODE(hello_any, NAME_A), -EBADMSG);
	assert_int_equal(DECODE(hello_any, HELLO_1 NAME_A NAME_A), -EBADMSG); /* twice */
	assert_int_equal(DECODE(hello_any, HELLO_1 "\x02\0\0"), -EBADMSG); /* empty name */
	assert_int_equal(DECODE(hello_any, HELLO_1 "\x02\0\x02"
						   "a\n"),
			 -EBADMSG);
	assert_int_equal(DECODE(hello_any, HELLO_1 "\x02\0\x02"
						   "a\0"),
			 -EBADMSG);
	assert_int_equal(DECODE(hello_any, HELLO_1 "\x02\0\x01\xe9"), -EBADMSG);
	assert_int_equal(DECODE(hello_any, "\x01\0\x01\x01" NAME_A), -EBADMSG);
	assert_int_equal(DECODE(hello_any, HELLO_1 NAME_A "\x01"), -EBADMSG);
	assert_int_equal(DECODE(hello_any, HELLO_1 NAME_A "\xee\xff\xff"), -EBADMSG);
	assert_int_equal(DECODE(ready_any, "\x0b\0\x01\x02"), -EBADMSG);
	assert_int_equal(DECODE(ready_any, "\x0b\0\x02\0\0"), -EBADMSG);
	assert_int_equal(DECODE(ready_any, "\x0b\0\x01\0" HELLO_1), 0);
}

static void results_out_of_range(void **state)
{
#define RESULT(items) DECODE(result_any, OUTCOME_0 RATE_0 items)
#define AMOUNT_1 "\0\0\0\0\0\0\0\x01"
	assert_int_equal(RESULT(ITEMS_0), 0);
	assert_int_equal(RESULT("\x0a\0\x1d" OWNED("\x01", "JPY", AMOUNT_1)), 0);
	assert_int_equal(RESULT("\x0a\0\x1d" OWNED("\x06", "JPY", AMOUNT_1)), -EBADMSG);
	assert_int_equal(RESULT("\x0a\0\x1d" OWNED("\x01", "JpY", AMOUNT_1)), -EBADMSG);
	assert_int_equal(RESULT("\x0a\0\x1d" OWNED("\x01", "JP\0", AMOUNT_1)), -EBADMSG);
	assert_int_equal(RESULT("\x0a\0\x1d" OWNED("\x01", "JPY", "\x80\0\0\0\0\0\0\0")), -EBADMSG);
	assert_int_equal(RESULT("\x0a\0\x01\x02"), -EBADMSG); /* spendable, not the owner */
	assert_int_equal(RESULT("\x0a\0\x1d\x05" OWNED("", "\x01JPY", AMOUNT_1)), -EBADMSG);
	assert_int_equal(RESULT(ITEMS_0 "\x08\0\x04"
					"12a4"),
			 -EBADMSG);
	assert_int_equal(RESULT(ITEMS_0 "\x08\0\x08"
					"12345678"),
			 -EBADMSG);
	assert_int_equal(RESULT(ITEMS_0 "\x08\0\x04"
					"1234"),
			 0);
	/* an outcome of a newer manager is its reader's business */
	assert_int_equal(DECODE(result_any, "\x06\0\x01\xfe" RATE_0 ITEMS_0), 0);
}

static void too_many_items(void **state)
{
	struct link_check *c = check_of(LINK_CHECK_ITEMS_MAX);
	struct link_msg msg = taken(link_check_encode(frame, sizeof(frame), 1, c));
	uint8_t body[16384];
	size_t head = msg.body_len - 8 * LINK_CHECK_ITEMS_MAX;
	struct link_msg more = { LINK_CHECK, 1, body, msg.body_len + 8 };

	memset(body, 0, sizeof(body));
	memcpy(body, msg.body, msg.body_len);
	body[head - 2] = (8 * (LINK_CHECK_ITEMS_MAX + 1)) >> 8;
	body[head - 1] = (8 * (LINK_CHECK_ITEMS_MAX + 1)) & 0xff;
	assert_int_equal(link_check_decode(c, &more), -EBADMSG);
	body[head - 2] = 0;
	body[head - 1] = 0;
	more.body_len = head;
	assert_int_equal(link_check_decode(c, &more), -EBADMSG); /* none at all */
	body[head - 1] = 8;
	more.body_len = head + 8;
	assert_int_equal(link_check_decode(c, &more), 0);
	body[head] = 0x80; /* more than 63 bits */
	assert_int_equal(link_check_decode(c, &more), -EBADMSG);
	free(c);

	/* 1,001 items that are not the asker's */
	memset(body, 0, sizeof(body));
	memcpy(body, OUTCOME_0 RATE_0 "\x0a\x03\xe9", 18);
	more.body_len = 18 + 1001;
	assert_int_equal(decode_octets(result_any, (const char *)body, more.body_len), -EBADMSG);
	assert_int_equal(decode_octets(result_any, (const char *)body, more.body_len - 1),
			 -EBADMSG); /* the length says one more */
	body[17] = 0xe8;
	assert_int_equal(decode_octets(result_any, (const char *)body, more.body_len - 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truncated_at_every_length),
		cmocka_unit_test(every_octet_changed),
		cmocka_unit_test(elements_wrong),
		cmocka_unit_test(results_out_of_range),
		cmocka_unit_test(too_many_items),
		cmocka_unit_test(too_little_room),
		cmocka_unit_test(hello_round_trip),
		cmocka_unit_test(simple_round_trip),
		cmocka_unit_test(ready_round_trip),
		cmocka_unit_test(check_round_trip),
		cmocka_unit_test(result_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
