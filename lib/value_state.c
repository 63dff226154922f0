/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/value_state.h"

#include <stddef.h>

const char *value_state_name(int state)
{
	switch (state) {
	case VALUE_STATE_PENDING:
		return "pending";
	case VALUE_STATE_ACTIVE:
		return "active";
	case VALUE_STATE_RESERVED:
		return "reserved";
	case VALUE_STATE_CONVERTED:
		return "converted";
	case VALUE_STATE_EXPIRED:
		return "expired";
	case VALUE_STATE_REVOKED:
		return "revoked";
	}
	return NULL;
}
