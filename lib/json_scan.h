/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The tokens of RFC 8259, for json_reader.c.  Each call begins at `at` and
 * leaves it behind what it took; on a fault it stays at the octet at fault and
 * -EBADMSG is returned.
 */
#include <stddef.h>

#include "lib/json_reader.h"

struct json_scan {
	char *text;
	size_t len, at;
	enum json_fault_kind fault;
};

/* Skips white space; the octet behind it, or -1 at the end of the text. */
int json_scan_peek(struct json_scan *s);
/* Takes this octet, behind white space. */
int json_scan_octet(struct json_scan *s, char octet);
/* At the quotation mark: decodes in place. */
int json_scan_string(struct json_scan *s, struct json_text *out);
int json_scan_number(struct json_scan *s, struct json_text *out);
/* "true", "false" */
int json_scan_boolean(struct json_scan *s, bool *out);
