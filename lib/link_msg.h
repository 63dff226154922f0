/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The link between manager and gateway: IPA frames (IPA_EXT_TEGATA) with one
 * message each.  The manager dials out, either side may ask, answers come in
 * any order and are matched by number.
 *
 *   manager                              gateway
 *     | HELLO (version, name) ---------->  |
 *     | <---------- HELLO (version, name)  |
 *     | <-- CHECK (n, key digest, ids)     |
 *     | CHECK_RESULT (n, items) -------->  |
 *     | PING <-> PONG                      |  either way; 3 unanswered: down
 *     | DRAIN -------------------------->  |  no new questions to me, please
 *
 *   +------+----------+------------------------------------+
 *   | type | number   | elements: tag (1), length (2, BE), |
 *   | (1)  | (4, BE)  | value; unknown tags are skipped    |
 *   +------+----------+------------------------------------+
 *
 * The gateway sends the SHA-256 of the shop's key, never the key, and the
 * manager decides whom it belongs to.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/request_id.h"

#define LINK_VERSION	   1
#define LINK_FRAME_MAX	   65535
#define LINK_CHECK_ITEMS_MAX 1000
#define LINK_NAME_SIZE	   64
#define LINK_KEY_DIGEST_SIZE 32

enum link_msg_type {
	LINK_HELLO = 1,
	LINK_PING = 2,
	LINK_PONG = 3,
	LINK_DRAIN = 4,
	LINK_CHECK = 16,
	LINK_CHECK_RESULT = 17,
};

/* Who asks: the same in every question of a shop. */
struct link_asker {
	uint8_t key_digest[LINK_KEY_DIGEST_SIZE];
	struct request_id request_id;
};

struct link_check {
	struct link_asker asker;
	size_t n_items;
	int64_t value_ids[LINK_CHECK_ITEMS_MAX];
};

struct link_check_item {
	bool owner;
	bool spendable; /* this and what follows only where owner */
	uint8_t state; /* enum value_state of manager's ledger, as in lib/value_state.h */
	char currency[4];
	int64_t amount_minor;
	int64_t expires_at; /* seconds since 1970; 0: never */
	int64_t owner_since;
};

struct link_check_result {
	uint8_t outcome; /* enum outcome of the whole: OK, UNAUTHENTICATED, FORBIDDEN, BUSY, ... */
	bool test; /* the key is a test key */
	char shop_code[8];
	uint32_t rate_per_s; /* the shop's token bucket, so that the gateway can keep it */
	uint32_t rate_burst;
	size_t n_items;
	struct link_check_item items[LINK_CHECK_ITEMS_MAX];
};
