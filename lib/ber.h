/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * As much of BER (ITU-T X.690) as supplementary services need: tags of one
 * octet, definite lengths (short, 0x81, 0x82).  Reading never goes past what
 * was given; writing goes backwards, so that lengths are known when their turn
 * comes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ber_in {
	const uint8_t *octets;
	size_t left;
};

/* Takes one element from the front.  -EBADMSG: not one, or longer than what is left. */
int ber_take(struct ber_in *in, uint8_t *tag, struct ber_in *content)
	__attribute__((warn_unused_result));

/* The same where one tag and a content of one octet are expected. */
int ber_take_octet(struct ber_in *in, uint8_t tag, uint8_t *value)
	__attribute__((warn_unused_result));

/* The same where one tag is expected. */
int ber_take_tagged(struct ber_in *in, uint8_t tag, struct ber_in *content)
	__attribute__((warn_unused_result));

/* Writes into buf from its end towards its front.  A write that does not fit is left out and
 * remembered: look at overflow once, at the end. */
struct ber_out {
	uint8_t *buf;
	size_t room; /* octets free in front */
	size_t len; /* octets written behind them */
	bool overflow;
};

void ber_out_init(struct ber_out *out, uint8_t *buf, size_t size);
void ber_put(struct ber_out *out, const uint8_t *octets, size_t len);
void ber_put_octet(struct ber_out *out, uint8_t tag, uint8_t value);
/* Tag and length in front of the last len octets written (at most 65535). */
void ber_put_header(struct ber_out *out, uint8_t tag, size_t len);
