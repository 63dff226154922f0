/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/talloc.h>

#include "lib/smpp_piece.h"
#include "lib/sms_whole.h"

static char text[SMS_TEXT_SIZE];

static int setup(void **state)
{
	*state = sms_join_new(NULL, 1000);
	memset(text, 'x', sizeof(text));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static int add_as(struct sms_join *j, const char *from, const char *to, int charset,
		  struct sms_concat concat, const void *octets, size_t n)
{
	const struct sms_piece piece = { concat, octets, n };

	return sms_whole_add(j, text, NULL, from, to, charset, &piece, 1);
}

static int add(struct sms_join *j, uint8_t total, uint8_t number, const char *octets)
{
	return add_as(j, "81901", "188", SMS_CHARSET_GSM7, (struct sms_concat){ 7, total, number },
		      octets, strlen(octets));
}

static bool nothing_left(const char *octets, size_t n)
{
	return !memmem(text, sizeof(text), octets, n);
}

static void nobody_can_read_it(void **state)
{
	static const uint8_t large[SMS_JOIN_OCTETS_MAX + 1] = { 'a' };
	const struct sms_concat whole = { 0 };

	assert_int_equal(add_as(*state, "1", "2", -ENOTSUP, whole, "a", 1), -ENOTSUP);
	assert_string_equal(text, "");
	assert_int_equal(add_as(*state, "1", "2", SMS_CHARSET_LATIN1, whole, large, sizeof(large)),
			 -EMSGSIZE);
	assert_string_equal(text, "");
	/* what was read before the octet that is none is gone too */
	assert_int_equal(add_as(*state, "1", "2", SMS_CHARSET_ASCII, whole, "4973\xff", 5),
			 -EILSEQ);
	assert_string_equal(text, "");
	assert_true(nothing_left("973", 3));
	assert_int_equal(add_as(*state, "1", "2", SMS_CHARSET_UCS2, whole, "\0a\0", 3), -EILSEQ);
	assert_string_equal(text, "");
}

static void parts_that_make_no_sense(void **state)
{
	static char large[SMS_PART_SIZE + 2];

	memset(large, 'a', sizeof(large) - 1);
	assert_int_equal(add(*state, 2, 0, "a"), -EINVAL);
	assert_int_equal(add(*state, 2, 3, "a"), -EINVAL);
	assert_int_equal(add(*state, SMS_JOIN_PARTS_MAX + 1, 1, "a"), -EINVAL);
	assert_int_equal(add(*state, 2, 1, ""), -EINVAL);
	assert_int_equal(add(*state, 2, 1, large), -EINVAL);
	assert_string_equal(text, "");
	assert_int_equal(sms_join_count(*state), 0);
}

/* Each part can be read, and all of them cannot. */
static void a_whole_that_nobody_can_read(void **state)
{
	const struct sms_concat first = { 7, 2, 1 }, second = { 7, 2, 2 };

	assert_int_equal(add_as(*state, "1", "2", SMS_CHARSET_ASCII, first, "4973", 4), 0);
	assert_string_equal(text, "");
	assert_int_equal(add_as(*state, "1", "2", SMS_CHARSET_ASCII, second, "\xff", 1), -EILSEQ);
	assert_string_equal(text, "");
	assert_true(nothing_left("973", 3));
	assert_int_equal(sms_join_count(*state), 0);
}

/* As long as nobody has taken it, and what nobody can read is not kept. */
static void whole_again(void **state)
{
	const struct sms_piece first = { { 7, 2, 1 }, (const uint8_t *)"BUY", 3 },
			       second = { { 7, 2, 2 }, (const uint8_t *)" 500", 4 },
			       bad = { { 8, 2, 2 }, (const uint8_t *)"\xff", 1 },
			       other = { { 8, 2, 1 }, (const uint8_t *)"BUY", 3 };
	struct sms_join_ticket ticket;
	int i;

	assert_int_equal(sms_whole_add(*state, text, &ticket, "1", "2", 0, &first, 1), 0);
	for (i = 0; i < 3; i++) {
		memset(text, 'x', sizeof(text));
		assert_int_equal(sms_whole_add(*state, text, &ticket, "1", "2", 0,
					       i == 1 ? &first : &second, 1),
				 1);
		assert_string_equal(text, "BUY 500");
	}
	sms_join_drop(*state, &ticket);
	assert_int_equal(sms_join_count_whole(*state), 0);
	assert_int_equal(sms_whole_add(*state, text, &ticket, "1", "2", 0, &other, 1), 0);
	assert_int_equal(sms_whole_add(*state, text, &ticket, "1", "2", 0, &bad, 1), -EILSEQ);
	assert_int_equal(sms_join_count_whole(*state), 0);
}

static void others_parts_do_not_mix(void **state)
{
	const struct sms_concat first = { 7, 2, 1 }, second = { 7, 2, 2 };

	assert_int_equal(add_as(*state, "1", "23", SMS_CHARSET_GSM7, first, "a", 1), 0);
	assert_int_equal(add_as(*state, "12", "3", SMS_CHARSET_GSM7, second, "b", 1), 0);
	assert_int_equal(add_as(*state, "1", "24", SMS_CHARSET_GSM7, second, "c", 1), 0);
	assert_int_equal(add_as(*state, "1", "23", SMS_CHARSET_GSM7, second, "d", 1), 1);
	assert_string_equal(text, "ad");
}

static void wholes(void **state)
{
	const struct sms_concat whole = { 0 };
	const char umlaut[] = { 0x7b };

	assert_int_equal(add_as(*state, "1", "2", SMS_CHARSET_GSM7, whole, umlaut, 1), 1);
	assert_string_equal(text, "ä");
	assert_int_equal(add_as(*state, "1", "2", SMS_CHARSET_UCS2, whole, "\x4f\xa1", 2), 1);
	assert_string_equal(text, "価");
	assert_int_equal(add_as(*state, "1", "2", SMS_CHARSET_GSM7, whole, NULL, 0), 1);
	assert_string_equal(text, "");
	assert_int_equal(add(*state, 1, 1, "one of one"), 1);
	assert_string_equal(text, "one of one");
	assert_int_equal(add(*state, 3, 2, " 500"), 0);
	assert_int_equal(add(*state, 3, 2, " 500"), 0);
	assert_int_equal(add(*state, 3, 3, " #A7"), 0);
	assert_string_equal(text, "");
	assert_int_equal(add(*state, 3, 1, "BUY"), 1);
	assert_string_equal(text, "BUY 500 #A7");
	assert_int_equal(sms_join_count(*state), 0);
}

/* --- what SMPP says ------------------------------------------------------------- */

static struct smpp_sm sm_of(uint8_t esm_class, const char *octets, size_t n)
{
	return (struct smpp_sm){ .esm_class = esm_class,
				 .octets = (const uint8_t *)octets,
				 .n_octets = n };
}

static void a_header_that_is_cut_short(void **state)
{
	struct sms_piece piece;
	struct smpp_sm sm = sm_of(SMPP_ESM_UDHI, "\5\0\3\7\2", 5);

	assert_int_equal(smpp_piece_read(&piece, &sm), -EBADMSG);
	sm = sm_of(SMPP_ESM_UDHI, "", 0);
	assert_int_equal(smpp_piece_read(&piece, &sm), -EBADMSG);
	sm = sm_of(SMPP_ESM_UDHI, "\5\0\4\7\2\1a", 7);
	assert_int_equal(smpp_piece_read(&piece, &sm), -EBADMSG);
}

static void headers_and_tlvs(void **state)
{
	struct smpp_sm sm = sm_of(SMPP_ESM_UDHI, "\5\0\3\7\2\1a", 7);
	struct sms_piece piece;

	sm.has_sar = true; /* the header counts */
	sm.sar_reference = 300;
	sm.sar_total = 3;
	sm.sar_number = 2;
	assert_int_equal(smpp_piece_read(&piece, &sm), 0);
	assert_int_equal(piece.concat.reference, 7);
	assert_int_equal(piece.concat.total, 2);
	assert_int_equal(piece.concat.number, 1);
	assert_int_equal(piece.n_octets, 1);
	assert_memory_equal(piece.octets, "a", 1);
	sm.esm_class = 0; /* the TLVs do */
	assert_int_equal(smpp_piece_read(&piece, &sm), 0);
	assert_int_equal(piece.concat.reference, 300);
	assert_int_equal(piece.concat.total, 3);
	assert_int_equal(piece.concat.number, 2);
	assert_int_equal(piece.n_octets, 7);
	sm.has_sar = false;
	assert_int_equal(smpp_piece_read(&piece, &sm), 0);
	assert_int_equal(piece.concat.total, 0);
	assert_int_equal(piece.n_octets, 7);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_can_read_it),
		TEST(parts_that_make_no_sense),
		TEST(a_whole_that_nobody_can_read),
		TEST(whole_again),
		TEST(others_parts_do_not_mix),
		TEST(wholes),
		cmocka_unit_test(a_header_that_is_cut_short),
		cmocka_unit_test(headers_and_tlvs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
