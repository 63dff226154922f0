/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Terminal addresses as people dial them.  Inside the system an address is an
 * E.164 number (ITU-T E.164: 7 to 15 digits here, no '+') or a shop code (4 to
 * 6 digits).  National forms are completed here, at entry, once.
 */
#include <stdbool.h>

#define NUMBER_SIZE 16 /* 15 digits and NUL */
#define MASKED_SIZE 24

enum number_kind { NUMBER_E164, NUMBER_SHOP };

struct number_plan {
	char country_code[4]; /* "81"; empty: only international forms are taken */
	char national_prefix[4]; /* "0"; empty: national numbers are dialled as they are */
	char international_prefix[6]; /* "00", "010" */
};

/* Takes "+819012345678", "00819012345678", "09012345678", "819012345678"; spaces, '-', '(' and
 * ')' are skipped.  4 to 6 digits without '+' or prefix are a shop code.
 * A number that starts with neither prefix is taken as E.164 without its '+'; where there is a
 * country code and no national prefix, as national.
 * -EINVAL: anything else, also '(' behind '+' and digits ("+81 (0)90...": the 0 is ambiguous),
 * and a national form where no country code is configured. */
int number_parse(char number[NUMBER_SIZE], enum number_kind *kind, const char *text,
		 unsigned int len, const struct number_plan *plan)
	__attribute__((warn_unused_result));

/* Strict: digits only, 7..15 (no country code begins with 0) or 4..6. */
bool number_is_e164(const char *number);
bool number_is_shop(const char *number);

/* For logs: first two and last two digits stay ("81********78"); shop codes stay whole.
 * Also for IMSIs and value ids; what is no digit shows as '?'.  Returns buf. */
char *mask_digits(char buf[MASKED_SIZE], const char *digits);
