/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Request ids: UUIDs.  The manager mints version 7 (RFC 9562 section 5.7: time
 * in milliseconds first), so that the rows of one terminal stand in the order
 * of time in the key of table request.
 */
#include <stdint.h>

#define REQUEST_ID_SIZE 16
#define REQUEST_ID_STR_SIZE 37

struct request_id {
	uint8_t octets[REQUEST_ID_SIZE];
};

/* -EIO where the random source failed. */
int request_id_mint(struct request_id *id) __attribute__((warn_unused_result));

/* Lower case, with hyphens; returns buf. */
char *request_id_format(char buf[REQUEST_ID_STR_SIZE], const struct request_id *id);

/* The 36-character form, either case.  -EINVAL for anything else. */
int request_id_parse(struct request_id *id, const char *text) __attribute__((warn_unused_result));
