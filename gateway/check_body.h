/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The body of POST /v1/ownership-checks:
 *
 *   {"value_id": "07123456789012345678"}
 *   {"checks": [{"value_id": "0712 3456 7890 1234 5678"}, ...]}      1 to 1,000
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/json_reader.h"
#include "lib/link_msg.h"
#include "lib/outcome.h"

struct check_body_fault {
	enum outcome outcome; /* BODY_MALFORMED, BATCH_TOO_LARGE, VALUE_ID_MALFORMED */
	char pointer[JSON_POINTER_SIZE]; /* RFC 6901, "" for the whole */
	char detail[96]; /* for people */
};

/* text is altered.  Sets n_items and value_ids of check; *single tells which form it was.
 * -EBADMSG with *fault set. */
int check_body_read(struct link_check *check, bool *single, char *text, size_t len,
		    struct check_body_fault *fault) __attribute__((warn_unused_result));
