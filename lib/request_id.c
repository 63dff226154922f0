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
#define RISING_BITS 30 /* of rand_b, in front of the 32 of the source */
#define STEP_BITS 10
#define RAND_A_MASK ((1u << RAND_A_BITS) - 1)
#define RISING_MASK ((1u << RISING_BITS) - 1)
#define STEP_MASK ((1u << STEP_BITS) - 1)

/* The newest id of this thread, in the parts of RFC 9562 section 5.7. */
static __thread struct {
	uint64_t unix_ms;
	uint32_t rand_a;
	uint32_t rising;
} newest;

/* A process draws it before it has a second thread that mints. */
static struct {
	bool drawn;
	uint32_t number;
} source;

int request_id_source(uint32_t *number)
{
	if (!source.drawn && random_fill(&source.number, sizeof(source.number)) < 0)
		return -EIO;
	source.drawn = true;
	*number = source.number;
	return 0;
}

/* A new millisecond starts in the lower half of rand_a, so that there is room to count up. */
static int start_millisecond(uint64_t unix_ms)
{
	uint32_t tail[2];

	if (random_fill(tail, sizeof(tail)) < 0)
		return -EIO;
	newest.unix_ms = unix_ms;
	newest.rand_a = tail[0] & (RAND_A_MASK >> 1);
	newest.rising = tail[1] & RISING_MASK;
	return 0;
}

/* Same millisecond, or the clock was set back: RFC 9562 section 6.2 method 2, the random part is
 * a number that rises by a random step. */
static int step_within_millisecond(void)
{
	uint32_t step;

	if (random_fill(&step, sizeof(step)) < 0)
		return -EIO;
	newest.rising += 1 + (step & STEP_MASK);
	if (newest.rising > RISING_MASK) {
		newest.rising &= RISING_MASK;
		newest.rand_a++;
	}
	/* 2,048 carries of 2^20 steps each: no process mints so many. */
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
	uint32_t number;
	int rc = request_id_source(&number);

	if (rc < 0)
		return rc;
	rc = unix_ms > newest.unix_ms ? start_millisecond(unix_ms) : step_within_millisecond();
	if (rc < 0)
		return rc;
	put_be(id->octets, 6, newest.unix_ms);
	put_be(id->octets + 6, 2, 0x7000 | newest.rand_a);
	put_be(id->octets + 8, 4, 0x80000000u | newest.rising);
	put_be(id->octets + 12, 4, number);
	return 0;
}

/* A hyphen stands behind each group of octets but the last. */
static const size_t group_ends[] = { 4, 6, 8, 10, REQUEST_ID_SIZE };

char *request_id_format(char buf[REQUEST_ID_STR_SIZE], const struct request_id *id)
{
	char *out = buf;
	size_t from = 0;

	for (size_t g = 0; g < ARRAY_SIZE(group_ends); g++) {
		if (g > 0)
			*out++ = '-';
		out = hex_put(out, &id->octets[from], group_ends[g] - from);
		from = group_ends[g];
	}
	*out = '\0';
	return buf;
}

int request_id_parse(struct request_id *id, const char *text)
{
	size_t i = 0;

	for (size_t g = 0; g < ARRAY_SIZE(group_ends); g++) {
		if (g > 0 && *text++ != '-')
			return -EINVAL;
		for (; i < group_ends[g]; i++) {
			/* The NUL of a short text is no digit: nothing behind it is read. */
			if (hex_digit(text[0]) < 0 || hex_digit(text[1]) < 0)
				return -EINVAL;
			id->octets[i] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
			text += 2;
		}
	}
	return *text == '\0' ? 0 : -EINVAL;
}
