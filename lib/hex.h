/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Octets as hexadecimal digits, for ids, digests and keys. */
#include <stddef.h>
#include <stdint.h>

/* 0..15 for a digit of either case, else -1. */
int hex_digit(char c);

/* Writes 2 * len lower case digits, no NUL; returns the place behind them. */
char *hex_put(char *out, const uint8_t *in, size_t len);

/* The same with NUL; returns buf, which holds 2 * len + 1. */
char *hex_format(char *buf, const uint8_t *in, size_t len);

/* Exactly 2 * len digits of either case; text_len bytes, no NUL needed.  -EINVAL: anything else. */
int hex_parse(uint8_t *out, size_t len, const char *text, size_t text_len)
	__attribute__((warn_unused_result));
