/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Value ids: 63 bits, positive as int64_t.
 *
 *     62            48 47     42 41                     0
 *    +----------------+---------+------------------------+
 *    | day of issue   | home    | random                 |
 *    | since          | of the  | from a CSPRNG          |
 *    | 2020-01-01     | issuer  |                        |
 *    +----------------+---------+------------------------+
 *
 * To a person: 19 decimal digits and one Luhn check digit (ISO/IEC 7812-1
 * annex B), in five groups of four: "0712 3456 7890 1234 5678".
 */
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define VALUE_ID_DIGITS 20
#define VALUE_ID_STR_SIZE (VALUE_ID_DIGITS + 1) /* digits and NUL */
#define VALUE_ID_GROUPED_SIZE (VALUE_ID_STR_SIZE + 4) /* with the four spaces */
#define VALUE_ID_HOMES 64

/* Draws an id for a value issued at now (UTC) by a terminal of this home (0..63).
 * -EIO where the random source failed, -ERANGE where now is outside the 15 bits of days. */
int value_id_draw(int64_t *id, time_t now, unsigned int home) __attribute__((warn_unused_result));

unsigned int value_id_home(int64_t id);
unsigned int value_id_day(int64_t id);

/* "20 digits" and "dddd dddd dddd dddd dddd"; both return buf. */
char *value_id_format(char buf[VALUE_ID_STR_SIZE], int64_t id);
char *value_id_format_grouped(char buf[VALUE_ID_GROUPED_SIZE], int64_t id);

/* Takes what a person typed: 20 digits, spaces and '-' between them allowed, nothing else.
 * len bytes, no NUL needed.  -EINVAL: not 20 digits; -EBADMSG: the check digit is wrong;
 * -ERANGE: more than 63 bits, or 0, which stands for none. */
int value_id_parse(int64_t *id, const char *text, unsigned int len)
	__attribute__((warn_unused_result));

/* The Luhn check digit ('0'..'9') over len digits; nothing else may stand there. */
char luhn_digit(const char *digits, unsigned int len);
