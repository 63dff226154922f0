/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* UTF-8 as RFC 3629 has it: shortest forms only, no surrogates, up to U+10FFFF. */
#include <stddef.h>
#include <stdint.h>

#define UTF8_MAX_SIZE 4

/* Takes one character from the front of in (len >= 1).  Octets taken, or -EILSEQ. */
int utf8_take(uint32_t *code_point, const char *in, size_t len) __attribute__((warn_unused_result));

/* Writes one character (a Unicode scalar value), no NUL.  Octets written. */
int utf8_put(char out[UTF8_MAX_SIZE], uint32_t code_point);
