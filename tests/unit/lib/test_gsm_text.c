/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsm_utils.h>

#include "lib/gsm_alphabet.h"
#include "lib/gsm_text.h"
#include "lib/utf8.h"

#define SEPTETS_MAX 182 /* of a ussd-String */
#define OCTETS_MAX 160
#define TEXT_MAX (2 * SEPTETS_MAX + 4)

/* Encoded and decoded in buffers of exactly the size needed. */
static int round_trip(char *back, size_t size, const char *utf8, size_t len)
{
	uint8_t dcs, dcs_foreseen, *octets;
	int foreseen = gsm_text_ussd_octets(utf8, len, &dcs_foreseen), n;

	assert_true(foreseen >= 0);
	octets = malloc((size_t)foreseen + !foreseen);
	if (foreseen > 0)
		assert_int_equal(gsm_text_ussd_encode(octets, (size_t)foreseen - 1, &dcs, utf8,
						      len),
				 -EMSGSIZE);
	assert_int_equal(gsm_text_ussd_encode(octets, (size_t)foreseen, &dcs, utf8, len), foreseen);
	assert_int_equal(dcs, dcs_foreseen);
	n = gsm_text_ussd_decode(back, size, dcs, octets, (size_t)foreseen);
	free(octets);
	return n;
}

/* TS 23.038 clause 6.1.2.3.1: a CR that ends on an octet boundary is sent twice. */
static void assert_round_trip(const char *utf8, size_t len, size_t n_septets)
{
	bool doubled = len > 0 && utf8[len - 1] == '\r' && n_septets % 8 == 0;
	char back[TEXT_MAX + 1];
	int n = round_trip(back, sizeof(back), utf8, len);

	assert_int_equal(gsm_text_septets(utf8, len), n_septets);
	assert_int_equal(n, len + doubled);
	assert_memory_equal(back, utf8, len);
	if (doubled)
		assert_int_equal(back[len], '\r');
	assert_int_equal(back[n], '\0');
}

/* Characters of the alphabet, those of the extension table behind them. */
static size_t all_characters(uint32_t characters[], size_t cost[])
{
	size_t n = 0;

	for (uint32_t c = 0; c < 0x3000; c++) {
		int septet = gsm_alphabet_septet(c);

		if (septet < 0)
			continue;
		characters[n] = c;
		cost[n++] = septet & GSM_ALPHABET_EXTENSION ? 2 : 1;
	}
	return n;
}

static void test_every_character_at_every_length(void **state)
{
	uint32_t characters[160];
	size_t cost[160], n_characters = all_characters(characters, cost);

	assert_int_equal(n_characters, 137);
	for (size_t c = 0; c < n_characters; c++) {
		char text[TEXT_MAX];
		size_t len = 0;

		for (size_t n = 0; n <= SEPTETS_MAX; n += cost[c]) {
			assert_round_trip(text, len, n);
			len += (size_t)utf8_put(text + len, characters[c]);
		}
	}
}

static void test_every_character_last_at_every_length(void **state)
{
	uint32_t characters[160];
	size_t cost[160], n_characters = all_characters(characters, cost);

	for (size_t c = 0; c < n_characters; c++) {
		char text[TEXT_MAX];

		for (size_t n = 0; n + cost[c] <= SEPTETS_MAX; n++) {
			size_t len = n;

			memset(text, '1', n);
			len += (size_t)utf8_put(text + len, characters[c]);
			assert_round_trip(text, len, n + cost[c]);
		}
	}
}

/* Where eight characters of one septet each follow, they are packed at once: not where those before
 * them end within an octet. */
static void test_two_septets_at_every_place(void **state)
{
	static const char *const wide[] = { "{", "\xe2\x82\xac", "\xc3\xa9" };

	for (size_t k = 0; k < ARRAY_SIZE(wide); k++) {
		for (int at = 0; at < 40; at++) {
			static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789ABCD";
			char text[64];
			uint8_t septets[64], packed[64], octets[64], dcs;
			int len = snprintf(text, sizeof(text), "%.*s%s%.*s", at, letters, wide[k],
					   40 - at, letters);
			int n = gsm_text_to_septets(septets, sizeof(septets), text, (size_t)len);
			int wanted = gsm_text_pack(packed, sizeof(packed), septets, (size_t)n);

			assert_true(n >= 41 && n % 8 != 7);
			assert_int_equal(gsm_text_ussd_encode(octets, sizeof(octets), &dcs, text,
							      (size_t)len),
					 wanted);
			assert_memory_equal(octets, packed, (size_t)wanted);
		}
	}
}

/* Replies of people: each is read as it was typed, whatever its length. */
static void test_every_number_of_up_to_four_digits(void **state)
{
	for (int width = 1; width <= 4; width++) {
		for (int number = 0, end = width == 1	? 10
					   : width == 2 ? 100
					   : width == 3 ? 1000
							: 10000;
		     number < end; number++) {
			char text[5];

			for (int i = width - 1, rest = number; i >= 0; i--, rest /= 10)
				text[i] = (char)('0' + rest % 10);
			assert_round_trip(text, (size_t)width, (size_t)width);
		}
	}
}

static void test_octets_by_length(void **state)
{
	char text[SEPTETS_MAX + 1];
	uint8_t dcs;

	memset(text, 'a', sizeof(text));
	for (size_t n = 0; n <= SEPTETS_MAX; n++) {
		assert_int_equal(gsm_text_ussd_octets(text, n, &dcs), (n * 7 + 7) / 8);
		assert_int_equal(dcs, GSM_DCS_DEFAULT);
	}
	assert_int_equal(gsm_text_ussd_octets(text, 182, &dcs), OCTETS_MAX);
	assert_int_equal(gsm_text_ussd_octets(text, 183, &dcs), OCTETS_MAX + 1);
	assert_int_equal(gsm_text_ussd_octets(text, 128, &dcs), 112);
	text[127] = '\r';
	assert_int_equal(gsm_text_ussd_octets(text, 128, &dcs), 113);
}

struct vector {
	const char *utf8;
	const char *octets;
	size_t len;
};

#define VECTOR(utf8, octets)                     \
	{                                        \
		utf8, octets, sizeof(octets) - 1 \
	}

static void test_packing_by_hand(void **state)
{
	static const struct vector vectors[] = {
		VECTOR("", ""),
		VECTOR("1", "\x31"),
		VECTOR("*188#", "\xaa\x18\x0e\x37\x02"),
		VECTOR("hellohello", "\xe8\x32\x9b\xfd\x46\x97\xd9\xec\x37"),
		VECTOR("1234567", "\x31\xd9\x8c\x56\xb3\xdd\x1a"), /* seven: CR in the spare bits */
		VECTOR("1234567@", "\x31\xd9\x8c\x56\xb3\xdd\x00"), /* eight: the @ is meant */
		VECTOR("1234567\r", "\x31\xd9\x8c\x56\xb3\xdd\x1a\x0d"), /* and so is the CR */
		VECTOR("123456\r", "\x31\xd9\x8c\x56\xb3\x35\x1a"),
		VECTOR("@", "\x00"),
		VECTOR("€", "\x9b\x32"),
	};
	uint8_t out[16], dcs;

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct vector *v = &vectors[i];

		assert_int_equal(gsm_text_ussd_encode(out, sizeof(out), &dcs, v->utf8,
						      strlen(v->utf8)),
				 v->len);
		assert_int_equal(dcs, GSM_DCS_DEFAULT);
		assert_memory_equal(out, v->octets, v->len);
	}
}

/* libosmogsm packs ASCII as we do. */
static void test_packing_as_libosmogsm_does(void **state)
{
	char text[SEPTETS_MAX + 1];

	for (size_t n = 1; n <= SEPTETS_MAX; n++) {
		uint8_t ours[OCTETS_MAX], theirs[OCTETS_MAX + 2], dcs;
		int octets, len;

		for (size_t i = 0; i < n; i++)
			text[i] = (char)('A' + (i * 7 + n) % 26);
		text[n] = '\0';
		gsm_7bit_encode_n_ussd(theirs, sizeof(theirs), text, &octets);
		len = gsm_text_ussd_encode(ours, sizeof(ours), &dcs, text, n);
		assert_int_equal(len, octets);
		assert_memory_equal(ours, theirs, (size_t)len);
	}
}

/* Unpacked, a bit at a time. */
static void test_pack_and_unpack(void **state)
{
	uint8_t septets[SEPTETS_MAX], packed[OCTETS_MAX], back[SEPTETS_MAX];

	for (size_t i = 0; i < SEPTETS_MAX; i++)
		septets[i] = (uint8_t)((i * 37 + 11) % 128);
	for (size_t n = 0; n <= SEPTETS_MAX; n++) {
		size_t len = (n * 7 + 7) / 8;

		assert_int_equal(gsm_text_pack(packed, len, septets, n), len);
		for (size_t bit = 0; bit < len * 8; bit++) {
			int wanted = bit < n * 7 ? septets[bit / 7] >> (bit % 7) & 1 : 0;

			assert_int_equal(packed[bit / 8] >> (bit % 8) & 1, wanted);
		}
		assert_int_equal(gsm_text_unpack(back, n, packed, len, n), n);
		assert_memory_equal(back, septets, n);
		if (n > 0) {
			assert_int_equal(gsm_text_pack(packed, len - 1, septets, n), -EMSGSIZE);
			assert_int_equal(gsm_text_unpack(back, n - 1, packed, len, n), -EMSGSIZE);
			assert_int_equal(gsm_text_unpack(back, n, packed, len - 1, n), -EMSGSIZE);
		}
	}
}

static void test_septets_and_back(void **state)
{
	static const uint8_t expected[] = { 'A', 0x1b, 0x3c, 'B', 0x1b, 0x3e, 0x00 };
	uint8_t septets[7];
	char back[9];

	assert_int_equal(gsm_text_to_septets(septets, 7, "A[B]@", 5), 7);
	assert_memory_equal(septets, expected, 7);
	assert_int_equal(gsm_text_from_septets(back, 6, septets, 7), 5);
	assert_string_equal(back, "A[B]@");
	for (size_t size = 0; size < 7; size++)
		assert_int_equal(gsm_text_to_septets(septets, size, "A[B]@", 5), -EMSGSIZE);
	for (size_t size = 0; size < 6; size++)
		assert_int_equal(gsm_text_from_septets(back, size, expected, 7), -EMSGSIZE);
	assert_int_equal(gsm_text_to_septets(septets, 7, "\xe6\x97\xa5", 3), -EILSEQ);
}

/* TS 23.038 clauses 6.2.1 and 6.2.1.1: what a receiver shows for codes that are not there. */
static void test_escapes_that_lead_nowhere(void **state)
{
	static const uint8_t unknown[] = { 'a', 0x1b, 'b' }, twice[] = { 'a', 0x1b, 0x1b, 'b' },
			     last[] = { 'a', 0x1b };
	char text[16];

	assert_int_equal(gsm_text_from_septets(text, sizeof(text), unknown, 3), 2);
	assert_string_equal(text, "ab");
	assert_int_equal(gsm_text_from_septets(text, sizeof(text), twice, 4), 3);
	assert_string_equal(text, "a b");
	assert_int_equal(gsm_text_from_septets(text, sizeof(text), last, 2), 2);
	assert_string_equal(text, "a ");
	assert_int_equal(gsm_text_from_septets(text, 2, last, 2), -EMSGSIZE);
}

static void test_every_character_of_ucs2(void **state)
{
	for (uint32_t c = 1; c <= 0x10ffff; c++) {
		char text[2 * UTF8_MAX_SIZE], back[2 * UTF8_MAX_SIZE];
		int len;

		if (c == 0xd800)
			c = 0xe000;
		/* With a character before it that GSM 7-bit has not. */
		len = utf8_put(text, 0x5186);
		len += utf8_put(text + len, c);
		assert_int_equal(round_trip(back, sizeof(back), text, (size_t)len), len);
		assert_memory_equal(back, text, (size_t)len);
	}
}

static void test_ucs2_octets(void **state)
{
	uint8_t out[8], dcs;

	assert_int_equal(gsm_text_ussd_encode(out, 8, &dcs, "円a", 4), 4);
	assert_int_equal(dcs, GSM_DCS_UCS2);
	assert_memory_equal(out, "\x51\x86\x00\x61", 4);
	assert_int_equal(gsm_text_ussd_encode(out, 8, &dcs, "\xf0\x9f\x98\x80", 4), 4);
	assert_memory_equal(out, "\xd8\x3d\xde\x00", 4);
	assert_int_equal(gsm_text_ussd_encode(out, 3, &dcs, "円a", 4), -EMSGSIZE);
}

static void test_text_that_is_not_utf8(void **state)
{
	static const char *const bad[] = { "\x80", "a\xc3", "\xed\xa0\x80", "円\xff", "\xc0\xaf" };
	uint8_t out[16], dcs;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(gsm_text_septets(bad[i], strlen(bad[i])), -EILSEQ);
		assert_int_equal(gsm_text_ussd_octets(bad[i], strlen(bad[i]), &dcs), -EILSEQ);
		assert_int_equal(gsm_text_ussd_encode(out, sizeof(out), &dcs, bad[i],
						      strlen(bad[i])),
				 -EILSEQ);
	}
	assert_int_equal(gsm_text_septets("円", 3), -EILSEQ);
}

struct received {
	uint8_t dcs;
	const char *octets;
	size_t len;
	int rc;
	const char *utf8;
};

#define RECEIVED(dcs, octets, rc, utf8)                   \
	{                                                 \
		dcs, octets, sizeof(octets) - 1, rc, utf8 \
	}

static void test_what_others_send(void **state)
{
	static const struct received cases[] = {
		RECEIVED(0x48, "\x51", -EILSEQ, NULL), /* half a character */
		RECEIVED(0x48, "\xd8\x3d", -EILSEQ, NULL), /* half a pair */
		RECEIVED(0x48, "\xd8\x3d\x00\x61", -EILSEQ, NULL),
		RECEIVED(0x48, "\xde\x00\xd8\x3d", -EILSEQ, NULL), /* the wrong way round */
		RECEIVED(0x48, "\x00\x61\x00\x00\x00\x62", -EILSEQ, NULL), /* NUL hides a tail */
		RECEIVED(0x48, "\x00\x61", 1, "a"), RECEIVED(0x48, "", 0, ""),
		RECEIVED(0x44, "*188#", 5, "*188#"), /* 8-bit */
		RECEIVED(0xf4, "*188#", 5, "*188#"), RECEIVED(0x44, "a\x80", -EILSEQ, NULL),
		RECEIVED(0x44, "a\0b", -EILSEQ, NULL), RECEIVED(0x00, "\x31", 1, "1"), /* German */
		RECEIVED(0x01, "\x31", 1, "1"), RECEIVED(0x0f, "\x31", 1, "1"),
		RECEIVED(0x0f, "", 0, ""), RECEIVED(0x20, "\x31", 1, "1"), /* Czech */
		RECEIVED(0x3f, "\x31", 1, "1"), /* reserved: as 0x0f */
		RECEIVED(0x12, "\x31", 1, "1"), RECEIVED(0x4c, "\x31", 1, "1"),
		RECEIVED(0x80, "\x31", 1, "1"), RECEIVED(0xa0, "\x31", 1, "1"),
		RECEIVED(0x40, "\x31", 1, "1"),
		RECEIVED(0x50, "\x31", 1, "1"), /* with a message class */
		RECEIVED(0x58, "\x00\x61", 1, "a"), RECEIVED(0xf0, "\x31", 1, "1"),
		RECEIVED(0x10, "\x65\x77\x23\x06", 1, "1"), /* "en" CR "1" */
		RECEIVED(0x10, "\x65", 0, ""), RECEIVED(0x11, "\x65\x37\x00\x61", 1, "a"),
		RECEIVED(0x11, "\x65", -EILSEQ, NULL),
		RECEIVED(0x60, "\x31", -ENOTSUP, NULL), /* compressed */
		RECEIVED(0x68, "\x00\x61", -ENOTSUP, NULL),
		RECEIVED(0x90, "\x31", -ENOTSUP, NULL), /* user data header */
		RECEIVED(0xd0, "\x31", -ENOTSUP, NULL), RECEIVED(0xe0, "\x31", -ENOTSUP, NULL),
		/* Zero bits that are left over are none of the text ... */
		RECEIVED(0x0f, "\x31\x19", 2, "12"),
		/* ... seven of them are '@', without CR: the sender did not pad. */
		RECEIVED(0x0f, "\x31\xd9\x8c\x56\xb3\xdd\x00", 8, "1234567@"),
		RECEIVED(0x0f, "\x0d", 1, "\r"), /* one septet: no padding */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct received *r = &cases[i];
		uint8_t *copy = malloc(r->len + !r->len);
		char text[32];
		int rc;

		memcpy(copy, r->octets, r->len);
		rc = gsm_text_ussd_decode(text, sizeof(text), r->dcs, copy, r->len);
		free(copy);
		assert_int_equal(rc, r->rc);
		if (rc >= 0)
			assert_string_equal(text, r->utf8);
	}
}

static void test_decoding_into_every_size(void **state)
{
	static const char text[] = "Rp 5.000 für Ä€@";
	uint8_t octets[32], dcs;
	int len = gsm_text_ussd_encode(octets, sizeof(octets), &dcs, text, strlen(text));

	assert_true(len > 0);
	for (size_t size = 0; size <= sizeof(text); size++) {
		char *out = malloc(size + !size);
		int rc = gsm_text_ussd_decode(out, size, dcs, octets, (size_t)len);

		assert_int_equal(rc, size == sizeof(text) ? (int)strlen(text) : -EMSGSIZE);
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_character_at_every_length),
		cmocka_unit_test(test_every_character_last_at_every_length),
		cmocka_unit_test(test_two_septets_at_every_place),
		cmocka_unit_test(test_every_number_of_up_to_four_digits),
		cmocka_unit_test(test_octets_by_length),
		cmocka_unit_test(test_packing_by_hand),
		cmocka_unit_test(test_packing_as_libosmogsm_does),
		cmocka_unit_test(test_pack_and_unpack),
		cmocka_unit_test(test_septets_and_back),
		cmocka_unit_test(test_escapes_that_lead_nowhere),
		cmocka_unit_test(test_every_character_of_ucs2),
		cmocka_unit_test(test_ucs2_octets),
		cmocka_unit_test(test_text_that_is_not_utf8),
		cmocka_unit_test(test_what_others_send),
		cmocka_unit_test(test_decoding_into_every_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
