/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Command line and environment of tegata-handset.  Each option that takes an
 * argument may also be set as TEGATA_HANDSET_<NAME> in the environment
 * ("--wallet-dir" as TEGATA_HANDSET_WALLET_DIR); the command line wins.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "handset-sim/text_rules.h"

#define OPTIONS_LIST_MAX 64

/* Exit codes, documented in docs/handset.md; they never change their meaning. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_REFUSED = 1, /* the answer was no; a script did not get what it expects */
	EXIT_USAGE = 2, /* command line or script cannot be understood */
	EXIT_NO_NETWORK = 3, /* no link, or the HLR does not know the subscriber */
	EXIT_TIMEOUT = 4,
	EXIT_DIALOGUE = 5, /* the dialogue ended with an error, or was left with a question open */
	EXIT_LOCAL = 6, /* wallet, files, memory */
	EXIT_DELIVERY = 7, /* the transferee did not take it; the manager was not told */
	EXIT_UNSURE = 8, /* it is not known yet whether it was done */
	EXIT_BUSY = 9, /* nothing was done; the same may succeed later */
};

struct option_list {
	const char *items[OPTIONS_LIST_MAX];
	size_t n;
};

struct options {
	/* the phone and its exchange */
	const char *imsi, *msisdn;
	const char *via, *address, *local_address, *name;
	uint32_t connect_timeout_ms, network_timeout_ms, answer_timeout_ms;
	const char *country_code, *national_prefix;
	const char *service_code; /* "*188" */
	/* SMS */
	const char *smsc, *sms_faults; /* NULL: no SMSC here; it does as it should */
	const char *to, *sms_name;
	uint32_t wait_ms;
	/* output */
	bool json, no_color, help, version;
	const char *log;
	struct text_patterns patterns;
	/* wallet */
	const char *wallet_dir;
	/* dial */
	struct option_list answers;
	/* transfer */
	const char *reference, *shop_url, *ca;
	uint32_t shop_timeout_ms;
	/* run */
	bool update, tap;
	const char *junit;
	struct option_list sets;
	/* load */
	const char *imsi_base, *msisdn_base, *mix, *amount, *shop, *record, *faults;
	uint32_t terminals, window, rate, seconds, warmup_s, seed, decline_permille;
	uint32_t max_p99_ms, max_errors;
	bool has_max_p99_ms, has_max_errors;
	/* mode and its arguments */
	int n_args;
	char **args;
};

/* Defaults, environment, command line.  0, or -EINVAL after a line on stderr said what is wrong. */
int options_parse(struct options *o, int argc, char **argv) __attribute__((warn_unused_result));
void options_help(void);
