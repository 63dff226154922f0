/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/menu_log.h"

#include "lib/log_category.h"
#include "lib/log_lines.h"
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
	char masked[MASKED_SIZE];
	const char *name = outcome_name(outcome);
	struct log_line l;

	dialogues_count(d->ds, counter_of(operation, outcome));
	if (!log_check_level(DOP, LOGL_INFO))
		return;
	log_line_begin(&l);
	log_line_field(&l, "request ", request_id_format(id, &d->op.request_id));
	log_line_put(&l, operation == OPERATION_ISSUE ? ": issue " : ": transfer ");
	log_line_put(&l, amount_format(amount, d->op.amount_minor, d->op.currency));
	log_line_field(&l, " ", d->op.currency);
	log_line_number(&l, " by terminal ", d->terminal_id);
	log_line_field(&l, " (", mask_digits(masked, d->address));
	log_line_field(&l, ") over ", d->link);
	log_line_field(&l, ", value ",
		       value_id ? mask_digits(masked, value_id_format(value, value_id)) : "-");
	log_line_field(&l, ": ", name ? name : "?");
	log_lines_put(DOP, LOGL_INFO, &l);
}
