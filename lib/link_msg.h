/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The link between manager and gateway: IPA frames (IPA_EXT_TEGATA) with one
 * message each.  The manager dials out, either side may ask, answers come in
 * any order and are matched by number.
 *
 *   manager                              gateway
 *     | HELLO (version, name) ---------->  |
 *     | READY (1 or 0) ---------------->  |  can I answer?  right behind HELLO
 *     | <---------- HELLO (version, name)  |
 *     | <-- CHECK (n, key digest, ids)     |
 *     | CHECK_RESULT (n, items) -------->  |
 *     | READY (0) --------------------->  |  not now: ask somebody else, until
 *     | READY (1) --------------------->  |  it is so again
 *     | PING <-> PONG                      |  either way; 3 unanswered: down
 *     | DRAIN -------------------------->  |  no new questions to me, please
 *
 *   +------+----------+------------------------------------+
 *   | type | number   | elements: tag (1), length (2, BE), |
 *   | (1)  | (4, BE)  | value; unknown tags are skipped    |
 *   +------+----------+------------------------------------+
 *
 * Types that one side does not know are skipped, so those that need no answer
 * may be added without another version: who never says READY is asked, and who
 * does not know it asks all the same and is told UNAVAILABLE at once.
 *
 * The gateway sends the SHA-256 of the shop's key, never the key, and the
 * manager decides whom it belongs to.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/request_id.h"

#define LINK_VERSION 1
#define LINK_FRAME_MAX 65535
#define LINK_FRAME_SIZE (LINK_FRAME_MAX + 3) /* with the header of IPA */
#define LINK_CHECK_ITEMS_MAX 1000
#define LINK_NAME_SIZE 64
#define LINK_KEY_DIGEST_SIZE 32

enum link_msg_type {
	LINK_HELLO = 1,
	LINK_PING = 2,
	LINK_PONG = 3,
	LINK_DRAIN = 4,
	LINK_READY = 5,
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
	/* enum outcome of the whole: OK, UNAUTHENTICATED, FORBIDDEN, BUSY, ...; what follows is
	 * there only where the manager knows the key (OK, FORBIDDEN), items only where OK.
	 * The decoder takes any number: a newer manager may know more outcomes. */
	uint8_t outcome;
	bool test; /* the key is a test key */
	char shop_code[8];
	uint32_t rate_per_s; /* the shop's token bucket, so that the gateway can keep it */
	uint32_t rate_burst;
	size_t n_items;
	struct link_check_item items[LINK_CHECK_ITEMS_MAX];
};

struct link_hello {
	uint16_t version;
	char name[LINK_NAME_SIZE]; /* printable ASCII, for logs */
};

/* The front of every message; body points into the payload. */
struct link_msg {
	uint8_t type; /* may be one that this version does not know */
	uint32_t number;
	const uint8_t *body;
	size_t body_len;
};

/* Each encoder writes one whole IPA frame and returns its size; -EMSGSIZE where size is too
 * small (LINK_FRAME_SIZE never is).  More items than LINK_CHECK_ITEMS_MAX is a programmer's
 * error. */
int link_hello_encode(uint8_t *out, size_t size, const struct link_hello *hello);
/* LINK_PING, LINK_PONG, LINK_DRAIN: nothing but type and number. */
int link_simple_encode(uint8_t *out, size_t size, enum link_msg_type type, uint32_t number);
int link_ready_encode(uint8_t *out, size_t size, bool ready);
int link_check_encode(uint8_t *out, size_t size, uint32_t number, const struct link_check *check);
/* An answer without items, and without what only a known key has.  The items are left as they are:
 * there is room for a thousand, and nothing reads beyond n_items. */
void link_check_result_begin(struct link_check_result *result, uint8_t outcome);
int link_check_result_encode(uint8_t *out, size_t size, uint32_t number,
			     const struct link_check_result *result);

/* Each decoder returns 0, or -EBADMSG where the octets are not such a message: cut short, an
 * element twice or missing, a length that is wrong for it, a value out of range. */
int link_msg_decode(struct link_msg *msg, const uint8_t *payload, size_t len)
	__attribute__((warn_unused_result));
int link_hello_decode(struct link_hello *hello, const struct link_msg *msg)
	__attribute__((warn_unused_result));
int link_ready_decode(bool *ready, const struct link_msg *msg) __attribute__((warn_unused_result));
int link_check_decode(struct link_check *check, const struct link_msg *msg)
	__attribute__((warn_unused_result));
int link_check_result_decode(struct link_check_result *result, const struct link_msg *msg)
	__attribute__((warn_unused_result));
