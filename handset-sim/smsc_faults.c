/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "handset-sim/smsc_faults.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "handset-sim/duration.h"

#define FAULTS_TEXT_SIZE 256
#define COUNT_MAX 1000000

static int count_parse(void *field, const char *value)
{
	unsigned long n;
	char *end;

	n = strtoul(value, &end, 0);
	if (!isdigit((unsigned char)*value) || *end || n > COUNT_MAX)
		return -EINVAL;
	*(uint32_t *)field = n;
	return 0;
}

static int delay_parse(void *field, const char *value)
{
	return duration_parse(field, value);
}

static int receipts_parse(void *field, const char *value)
{
	static const struct value_string names[] = {
		{ SMSC_RECEIPTS_ON, "on" },	  { SMSC_RECEIPTS_EARLY, "early" },
		{ SMSC_RECEIPTS_LATE, "late" },	  { SMSC_RECEIPTS_LOST, "lost" },
		{ SMSC_RECEIPTS_TWICE, "twice" }, { 0, NULL }
	};
	const int found = get_string_value(names, value);

	if (found < 0)
		return -EINVAL;
	*(enum smsc_receipts *)field = found;
	return 0;
}

static const struct {
	const char *name;
	size_t field;
	int (*parse)(void *field, const char *value);
} faults_known[] = {
	{ "delay", offsetof(struct smsc_faults, delay_ms), delay_parse },
	{ "throttle", offsetof(struct smsc_faults, throttle_per_s), count_parse },
	{ "refuse", offsetof(struct smsc_faults, refuse_status), count_parse },
	{ "drop", offsetof(struct smsc_faults, drop_every), count_parse },
	{ "redeliver", offsetof(struct smsc_faults, redeliver), count_parse },
	{ "receipts", offsetof(struct smsc_faults, receipts), receipts_parse },
};

static int fault_parse(struct smsc_faults *faults, char *word, unsigned int *seen)
{
	char *value = strchr(word, '=');
	size_t i;

	if (!value)
		return -EINVAL;
	*value++ = '\0';
	for (i = 0; i < ARRAY_SIZE(faults_known); i++) {
		if (strcmp(word, faults_known[i].name) != 0)
			continue;
		if (*seen & 1u << i)
			return -EINVAL;
		*seen |= 1u << i;
		return faults_known[i].parse((char *)faults + faults_known[i].field, value);
	}
	return -EINVAL;
}

int smsc_faults_parse(struct smsc_faults *faults, const char *text)
{
	char copy[FAULTS_TEXT_SIZE], *save = NULL, *word;
	unsigned int seen = 0;

	memset(faults, 0, sizeof(*faults));
	if (OSMO_STRLCPY_ARRAY(copy, text) >= sizeof(copy))
		return -EINVAL;
	for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save))
		if (fault_parse(faults, word, &seen) < 0)
			return -EINVAL;
	return 0;
}
