/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The shop's key as it travels in `Authorization: Bearer tgk_live_...`
 * (RFC 6750 section 2.1).  Only its form is looked at here; whose it is, the
 * manager says, who is sent nothing but its SHA-256.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/link_msg.h"

/* "tgk_live_" or "tgk_test_", then letters, digits, '-' and '_'. */
#define BEARER_PREFIX_LEN 9
/* What every key begins with: where it stands in the wrong place it is not logged. */
#define BEARER_MARK "tgk_"
#define BEARER_SECRET_MIN 16
#define BEARER_SECRET_MAX 128

struct bearer {
	uint8_t digest[LINK_KEY_DIGEST_SIZE]; /* over the whole key, prefix included */
	bool test;
};

/* authorization: the field's value or NULL.  -ENOENT: there is none; -EINVAL: it is not a bearer
 * key of this form; -EIO: no digest could be made. */
int bearer_parse(struct bearer *b, const char *authorization) __attribute__((warn_unused_result));
