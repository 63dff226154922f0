/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* States of a value; the numbers are those of the column value.state. */

enum value_state {
	VALUE_STATE_PENDING = 0, /* its charge is under way at an external system */
	VALUE_STATE_ACTIVE = 1,
	VALUE_STATE_RESERVED = 2, /* a confirmed transfer runs */
	VALUE_STATE_CONVERTED = 3, /* given back for money */
	VALUE_STATE_EXPIRED = 4,
	VALUE_STATE_REVOKED = 5,
};

/* "pending", "active", ...; NULL for another number. */
const char *value_state_name(int state);
