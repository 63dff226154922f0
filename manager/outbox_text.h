/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What a row of the outbox says to its reader. */
#include <stddef.h>

#include "manager/ledger_sms.h"
#include "manager/text_writer.h"

/* In the reader's language; returns octets without NUL, 0: there is no text of this key. */
size_t outbox_text(char *out, size_t size, const struct text_style *style,
		   const struct outbox_message *m);
