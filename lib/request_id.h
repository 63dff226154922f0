/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Request ids: UUIDs.  The manager mints version 7 (RFC 9562 section 5.7: time
 * in milliseconds first), so that the rows of one terminal stand in the order
 * of time in the key of table request.
 *
 *   48 bits milliseconds | 12 + 30 that rise, random | 32 the process, random
 *
 * By its end the record knows which process minted an id, at no cost.
 */
#include <stdint.h>

#define REQUEST_ID_SIZE 16
#define REQUEST_ID_STR_SIZE 37

struct request_id {
	uint8_t octets[REQUEST_ID_SIZE];
};

/* What the ids of this process end with: the last eight digits of their text.  Drawn once.  -EIO
 * where the random source failed. */
int request_id_source(uint32_t *source) __attribute__((warn_unused_result));

/* -EIO where the random source failed. */
int request_id_mint(struct request_id *id) __attribute__((warn_unused_result));

/* Lower case, with hyphens; returns buf. */
char *request_id_format(char buf[REQUEST_ID_STR_SIZE], const struct request_id *id);

/* The 36-character form, either case.  -EINVAL for anything else. */
int request_id_parse(struct request_id *id, const char *text) __attribute__((warn_unused_result));
