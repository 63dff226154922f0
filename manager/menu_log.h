/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* One log line (DOP) and one counter an operation. */
#include <stdint.h>

#include "manager/ledger.h"

struct dialogue;

/* Of d->op, under its request id.  value_id 0: none. */
void menu_log_operation(struct dialogue *d, enum operation operation, enum outcome outcome,
			int64_t value_id);
