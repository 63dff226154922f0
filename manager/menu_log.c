/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/menu_log.h"

#include <inttypes.h>

#include "lib/log_category.h"
#include "lib/value_id.h"
#include "manager/dialogue_priv.h"

static enum dialogue_ctr counter_of(enum operation operation, enum outcome outcome)
{
	bool issue = operation == OPERATION_ISSUE;

	switch (outcome) {
	case OUTCOME_OK:
		return issue ? DIALOGUE_CTR_ISSUE_OK : DIALOGUE_CTR_TRANSFER_OK;
	case OUTCOME_PENDING:
	case OUTCOME_UNCERTAIN:
		return issue ? DIALOGUE_CTR_ISSUE_UNKNOWN : DIALOGUE_CTR_TRANSFER_UNKNOWN;
	default:
		return issue ? DIALOGUE_CTR_ISSUE_REFUSED : DIALOGUE_CTR_TRANSFER_REFUSED;
	}
}

void menu_log_operation(struct dialogue *d, enum operation operation, enum outcome outcome,
			int64_t value_id)
{
	char id[REQUEST_ID_STR_SIZE], amount[AMOUNT_STR_SIZE], value[VALUE_ID_STR_SIZE];
	char masked_value[MASKED_SIZE], masked_address[MASKED_SIZE];
	const char *name = outcome_name(outcome);

	dialogues_count(d->ds, counter_of(operation, outcome));
	LOGP(DOP, LOGL_INFO,
	     "request %s: %s %s %s by terminal %" PRId64 " (%s) over %s, value %s: %s\n",
	     request_id_format(id, &d->op.request_id),
	     operation == OPERATION_ISSUE ? "issue" : "transfer",
	     amount_format(amount, d->op.amount_minor, d->op.currency), d->op.currency,
	     d->terminal_id, mask_digits(masked_address, d->address), d->link,
	     value_id ? mask_digits(masked_value, value_id_format(value, value_id)) : "-",
	     name ? name : "?");
}
