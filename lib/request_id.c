/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/request_id.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include <osmocom/core/utils.h>

#include "lib/hex.h"
#include "lib/random.h"
#include "lib/wall_clock.h"

#define RAND_A_BITS 12
#define RAND_B_BITS 62
#define RAND_A_MASK ((1u << RAND_A_BITS) - 1)
#define RAND_B_MASK ((1ull << RAND_B_BITS) - 1)

/* The newest id of this thread, in the parts of RFC 9562 section 5.7. */
static __thread struct {
	uint64_t unix_ms;
	uint32_t rand_a;
	uint64_t rand_b;
} newest;

/* A new millisecond starts in the lower half of rand_a, so that there is room to count up. */
static int start_millisecond(uint64_t unix_ms)
{
	uint64_t tail[2];

	if (random_fill(tail, sizeof(tail)) < 0)
		return -EIO;
	newest.unix_ms = unix_ms;
	newest.rand_a = tail[0] & (RAND_A_MASK >> 1);
	newest.rand_b = tail[1] & RAND_B_MASK;
	return 0;
}

/* Same millisecond, or the clock was set back: RFC 9562 section 6.2 method 2, the random part is
 * a number that rises by a random step. */
static int step_within_millisecond(void)
{
	uint32_t step;

	if (random_fill(&step, sizeof(step)) < 0)
		return -EIO;
	newest.rand_b += 1 + (uint64_t)step;
	if (newest.rand_b > RAND_B_MASK) {
		newest.rand_b &= RAND_B_MASK;
		newest.rand_a++;
	}
	/* 2,048 carries of 2^30 steps each: no process mints so many. */
	OSMO_ASSERT(newest.rand_a <= RAND_A_MASK);
	return 0;
}

static void put_be(uint8_t *out, size_t len, uint64_t value)
{
	while (len-- > 0) {
		out[len] = value & 0xff;
		value >>= 8;
	}
}

int request_id_mint(struct request_id *id)
{
	uint64_t unix_ms = wall_clock_us() / 1000;
	int rc = unix_ms > newest.unix_ms ? start_millisecond(unix_ms) : step_within_millisecond();
	if (rc < 0)
		return rc;
	put_be(id->octets, 6, newest.unix_ms);
	put_be(id->octets + 6, 2, 0x7000 | newest.rand_a);
	put_be(id->octets + 8, 8, 0x8000000000000000ull | newest.rand_b);
	return 0;
}

/* Does a hyphen stand in front of this octet? */
static bool hyphen_before(size_t octet)
{
	return octet == 4 || octet == 6 || octet == 8 || octet == 10;
}

char *request_id_format(char buf[REQUEST_ID_STR_SIZE], const struct request_id *id)
{
	char *out = buf;

	for (size_t i = 0; i < REQUEST_ID_SIZE; i++) {
		if (hyphen_before(i))
			*out++ = '-';
		out = hex_put(out, &id->octets[i], 1);
	}
	*out = '\0';
	return buf;
}

int request_id_parse(struct request_id *id, const char *text)
{
	for (size_t i = 0; i < REQUEST_ID_SIZE; i++) {
		if (hyphen_before(i) && *text++ != '-')
			return -EINVAL;
		/* The NUL of a short text is no digit: nothing behind it is read. */
		if (hex_digit(text[0]) < 0 || hex_digit(text[1]) < 0)
			return -EINVAL;
		id->octets[i] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
		text += 2;
	}
	return *text == '\0' ? 0 : -EINVAL;
}
