/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Values as PostgreSQL writes them in text, and as the canonical octets of
 * lib/seal_row.h.  All parsers take len octets without NUL, all of them, and
 * return -EINVAL for anything else.
 */
#include <stddef.h>
#include <stdint.h>

#define SEAL_TIME_STR_SIZE 40

int seal_int_parse(int64_t *value, const char *text, size_t len)
	__attribute__((warn_unused_result));
/* "2026-05-01 12:00:00.5+09", also with 'T' and 'Z', " BC", "infinity"; microseconds since 1970. */
int seal_time_parse(int64_t *us, const char *text, size_t len) __attribute__((warn_unused_result));
/* "2026-05-01T03:00:00.500000Z", of years 0001 to 9999; returns buf. */
char *seal_time_format(char buf[SEAL_TIME_STR_SIZE], int64_t us);
int seal_uuid_parse(uint8_t out[16], const char *text, size_t len)
	__attribute__((warn_unused_result));
/* "\x00ff" into out, (len - 2) / 2 octets at most; returns their number. */
long seal_octets_parse(uint8_t *out, const char *text, size_t len)
	__attribute__((warn_unused_result));

/* Most significant octet first; each returns the place behind. */
uint8_t *seal_put16(uint8_t *p, uint16_t v);
uint8_t *seal_put32(uint8_t *p, uint32_t v);
uint8_t *seal_put64(uint8_t *p, uint64_t v);
uint16_t seal_get16(const uint8_t *p);
uint32_t seal_get32(const uint8_t *p);
uint64_t seal_get64(const uint8_t *p);
