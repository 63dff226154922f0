/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Addresses of short messages: 3GPP TS 23.040 clause 9.1.2.5. */
#include <stddef.h>
#include <stdint.h>

#include "lib/sms_tpdu.h"

#define SMS_NUMBER_MAX_SIZE 12

/* Octets taken from the front of in; -EBADMSG. */
int sms_number_take(struct sms_number *number, const uint8_t *in, size_t len)
	__attribute__((warn_unused_result));
/* Octets written; -EINVAL: more than 20 digits or 11 characters, or others than there are. */
int sms_number_put(uint8_t out[SMS_NUMBER_MAX_SIZE], const struct sms_number *number)
	__attribute__((warn_unused_result));
