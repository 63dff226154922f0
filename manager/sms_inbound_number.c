/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is a text to the service's address? */
#include <string.h>

#include "manager/dialogue.h"
#include "manager/sms_inbound_priv.h"

/* In one form, or as it is. */
static const char *normal(char number[NUMBER_SIZE], const char *text,
			  const struct number_plan *plan)
{
	enum number_kind kind;

	if (number_parse(number, &kind, text, strlen(text), plan) < 0)
		return text;
	return number;
}

bool sms_inbound_is_ours(const struct sms_inbound *si, const struct sms_in *in)
{
	const struct number_plan *plan = dialogues_number_plan(si->dialogues);
	char to[NUMBER_SIZE], ours[NUMBER_SIZE];
	const char *dialled;
	size_t i;

	/* An SMSC that has one address for us need not say it. */
	if (!in->to[0])
		return true;
	dialled = normal(to, in->to, plan);
	if (in->source && strcmp(dialled, normal(ours, in->source, plan)) == 0)
		return true;
	for (i = 0; i < si->settings.n_numbers; i++)
		if (strcmp(dialled, normal(ours, si->settings.numbers[i], plan)) == 0)
			return true;
	return false;
}
