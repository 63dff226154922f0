/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "handset-sim/duration.h"
#include "handset-sim/options.h"
#include "handset-sim/options_table.h"

#define GETOPT_MAX 64

static const char intro[] =
	"tegata-handset: a mobile phone for testers of Tegata, with its exchange and its wallet\n"
	"\n"
	"usage: tegata-handset [OPTION...]                          interactive\n"
	"       tegata-handset [OPTION...] dial CODE [--answer TEXT...]\n"
	"       tegata-handset [OPTION...] sms TEXT [--to DIGITS] [--wait TIME]\n"
	"       tegata-handset [OPTION...] wallet list\n"
	"       tegata-handset [OPTION...] wallet show [VALUE]\n"
	"       tegata-handset [OPTION...] transfer VALUE TO [--reference TEXT] [--shop-url URL]\n"
	"       tegata-handset [OPTION...] run FILE...\n"
	"       tegata-handset [OPTION...] load\n"
	"\n"
	"Times are 200ms, 5s, 2m, 1h.  Defaults in parentheses.  Every option with an argument\n"
	"can be set in the environment: --wallet-dir as TEGATA_HANDSET_WALLET_DIR.\n";

static const char outro[] =
	"\n"
	"Exit codes:\n"
	"  0  done; the last text was not a refusal\n"
	"  1  the answer was no; a script did not get what it expects; a load limit was passed\n"
	"  2  the command line or a script cannot be understood\n"
	"  3  no network: no link, or the HLR does not admit the subscriber\n"
	"  4  no answer in time\n"
	"  5  the dialogue ended with an error, or a question was left open\n"
	"  6  a local fault: wallet, file, memory\n"
	"  7  the shop or phone did not take what was handed over; the manager was not told\n"
	"  8  it is not known yet whether it was done; look at the last operations\n"
	"  9  busy: nothing was done, the same may succeed later\n"
	"\n"
	"The manual is docs/handset.md.\n";

static void *member(struct options *o, const struct option_def *def)
{
	return (char *)o + def->offset;
}

void options_help(void)
{
	size_t i;

	fputs(intro, stdout);
	for (i = 0; i < option_table_size; i++) {
		const struct option_def *def = &option_table[i];
		char left[64];

		if (def->section) {
			printf("\n%s:\n", def->section);
			continue;
		}
		snprintf(left, sizeof(left), "--%s%s%s", def->name, def->argument ? " " : "",
			 def->argument ? def->argument : "");
		if (strlen(left) > 27)
			printf("  %s\n  %-27s %s\n", left, "", def->help);
		else
			printf("  %-27s %s\n", left, def->help);
	}
	fputs(outro, stdout);
}

static int number_set(uint32_t *n, const struct option_def *def, const char *value)
{
	unsigned long long parsed;
	char *end;

	errno = 0;
	parsed = strtoull(value, &end, 10);
	if (errno || !isdigit((unsigned char)*value) || *end || parsed < def->min ||
	    parsed > def->max)
		return -EINVAL;
	*n = parsed;
	return 0;
}

static int option_set(struct options *o, const struct option_def *def, const char *value)
{
	struct option_list *list;
	int rc = 0;

	switch (def->type) {
	case OPTION_FLAG:
		*(bool *)member(o, def) = true;
		break;
	case OPTION_STRING:
		*(const char **)member(o, def) = value;
		break;
	case OPTION_NUMBER:
		rc = number_set(member(o, def), def, value);
		break;
	case OPTION_DURATION:
		rc = duration_parse(member(o, def), value);
		break;
	case OPTION_LIST:
		list = member(o, def);
		if (list->n == OPTIONS_LIST_MAX)
			rc = -ENOSPC;
		else
			list->items[list->n++] = value;
		break;
	}
	if (def->has_offset)
		*(bool *)((char *)o + def->has_offset) = true;
	if (rc < 0)
		fprintf(stderr, "tegata-handset: --%s cannot be %s\n", def->name, value);
	return rc < 0 ? -EINVAL : 0;
}

static void options_default(struct options *o)
{
	*o = (struct options){
		.via = "direct",
		.address = "127.0.0.1:4222",
		.name = "MSC-1",
		.connect_timeout_ms = 5000,
		.network_timeout_ms = 10000,
		.answer_timeout_ms = 20000,
		.national_prefix = "0",
		.country_code = "",
		.service_code = "*188",
		.to = "188",
		.sms_name = "EUSE-carrier",
		.wait_ms = 20000,
		.shop_timeout_ms = 10000,
		.imsi_base = "001010000000000",
		.msisdn_base = "819000000000",
		.mix = "issue=100",
		.amount = "500",
		.shop = "",
		.terminals = 1000,
		.window = 64,
		.seconds = 10,
		.seed = 1,
	};
}

static int environment_read(struct options *o)
{
	size_t i, j;

	for (i = 0; i < option_table_size; i++) {
		const struct option_def *def = &option_table[i];
		char name[64];
		const char *value;

		if (!def->name || def->type == OPTION_FLAG)
			continue;
		snprintf(name, sizeof(name), "TEGATA_HANDSET_%s", def->name);
		for (j = 0; name[j]; j++)
			name[j] = name[j] == '-' ? '_' : toupper((unsigned char)name[j]);
		value = getenv(name);
		if (value && option_set(o, def, value) < 0)
			return -EINVAL;
	}
	return 0;
}

static int options_check(const struct options *o)
{
	if (strcmp(o->via, "direct") != 0 && strcmp(o->via, "hlr") != 0) {
		fprintf(stderr, "tegata-handset: --via cannot be %s\n", o->via);
		return -EINVAL;
	}
	if (o->sms_faults && !o->smsc) {
		fprintf(stderr, "tegata-handset: --sms-faults is for --smsc\n");
		return -EINVAL;
	}
	return 0;
}

int options_parse(struct options *o, int argc, char **argv)
{
	struct option longs[GETOPT_MAX] = { 0 };
	size_t i, n = 0;
	int c;

	OSMO_ASSERT(option_table_size < GETOPT_MAX);
	options_default(o);
	if (environment_read(o) < 0)
		return -EINVAL;
	for (i = 0; i < option_table_size; i++) {
		if (!option_table[i].name)
			continue;
		longs[n].name = option_table[i].name;
		longs[n].has_arg = option_table[i].type != OPTION_FLAG;
		longs[n++].val = 256 + i;
	}
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'h')
			o->help = true;
		else if (c < 256 || option_set(o, &option_table[c - 256], optarg) < 0)
			return -EINVAL;
	}
	o->args = argv + optind;
	o->n_args = argc - optind;
	return options_check(o);
}
