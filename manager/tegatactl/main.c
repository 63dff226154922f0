/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

const struct ctl_command ctl_commands[] = {
	{ "db install", "", "make the schema in an empty database", 0, 0, ctl_db_install },
	{ "db upgrade", "", "bring the schema to this program's level", 0, 0, ctl_db_upgrade },
	{ "db status", "", "which patches are applied, which are not", 0, 0, ctl_db_status },
	{ "terminal import", "FILE.csv", "make terminals (number,imsi,...)", 1, 1,
	  ctl_terminal_import },
	{ "terminal feed", "FILE.csv", "apply a provisioning feed (action,number,imsi,...)", 1, 1,
	  ctl_terminal_feed },
	{ "terminal block", "NUMBER", "no value moves from or to it", 1, 1, ctl_terminal_block },
	{ "terminal unblock", "NUMBER", "undo a block", 1, 1, ctl_terminal_unblock },
	{ "terminal retire", "NUMBER", "the subscription has ended", 1, 1, ctl_terminal_retire },
	{ "terminal swap", "NUMBER [IMSI]", "a new SIM of the same person", 1, 2,
	  ctl_terminal_swap },
	{ "terminal recycle", "NUMBER OLD-IMSI", "the number has a new subscriber", 2, 2,
	  ctl_terminal_recycle },
	{ "terminal settle", "NUMBER [OLD-IMSI]", "pay balance back, give debt up (--reference)", 1,
	  2, ctl_terminal_settle },
	{ "terminal top-up", "NUMBER AMOUNT CURRENCY", "credit a prepaid account (--reference)", 3,
	  3, ctl_terminal_top_up },
	{ "terminal top-up-reverse", "REFERENCE", "take a wrong top-up back, once", 1, 1,
	  ctl_terminal_top_up_reverse },
	{ "terminal report", "NUMBER SINCE [UNTIL]",
	  "everything about a number in a period (auditors)", 2, 3, ctl_terminal_report },
	{ "terminal show", "NUMBER", "identity, accounts, what it owns", 1, 1, ctl_terminal_show },
	{ "product set", "CODE KEY=VALUE...", "make or change a product", 1, 32, ctl_product_set },
	{ "product list", "", "all products", 0, 0, ctl_product_list },
	{ "shop add", "CODE NAME", "make a shop (--rate, --burst)", 2, 2, ctl_shop_add },
	{ "shop show", "CODE", "identity, keys, what it owns", 1, 1, ctl_terminal_show },
	{ "key add", "SHOP LABEL", "make a key and print it, once (--test, --scopes, --expires)", 2,
	  2, ctl_key_add },
	{ "key revoke", "SHOP LABEL", "from the next check on", 2, 2, ctl_key_revoke },
	{ "value show", "VALUE", "one value and its whole life", 1, 1, ctl_value_show },
	{ "value owners", "VALUE", "who owned it, from the first to the last (auditors)", 1, 1,
	  ctl_value_owners },
	{ "value owner-at", "VALUE TIME", "who owned it then (auditors)", 2, 2,
	  ctl_value_owner_at },
	{ "maintenance on", "", "no value is moved; checks go on", 0, 0, ctl_maintenance_on },
	{ "maintenance off", "", "value is moved again", 0, 0, ctl_maintenance_off },
	{ "maintenance show", "", "is it on?", 0, 0, ctl_maintenance_show },
	{ "setting", "NAME VALUE", "a switch, hours, or a limit (approval_JPY, top_up_max_JPY)", 2,
	  2, ctl_setting },
	{ "approvals", "", "what waits for a second operator", 0, 0, ctl_approvals },
	{ "approve", "ID", "approve what another operator asked for: it is done", 1, 1,
	  ctl_approve },
	{ "reject", "ID", "reject it, or withdraw what you asked for", 1, 1, ctl_reject },
	{ "outbox", "[NUMBER]", "texts to terminals, the newest (--dead: that never arrived)", 0, 1,
	  ctl_outbox },
	{ "receipts", "NUMBER on|off|default", "a text after each operation", 2, 2, ctl_receipts },
	{ "pin unblock", "NUMBER", "its PIN can be tried again", 1, 1, ctl_pin_unblock },
	{ "pin clear", "NUMBER", "it has no PIN any more, and may set one", 1, 1, ctl_pin_clear },
	{ "explain", "VALUE",
	  "one value's whole life in order: who, what, when, how sealed (auditors: owners, texts)",
	  1, 1, ctl_explain },
	{ "verify", "", "is history what was sealed? (--public-key, --seals, --dump)", 0, 0,
	  ctl_verify, .offline = true },
	{ "seal-key make", "FILE", "a new key pair: FILE and FILE.pub", 1, 1, ctl_seal_key_make,
	  .offline = true },
	{ "seal-key add", "FILE.pub LABEL", "history may be sealed by this key", 2, 2,
	  ctl_seal_key_add },
	{ "seal-key end", "KEY-ID", "from now on it may not", 1, 1, ctl_seal_key_end },
	{ "leases", "", "which manager holds which name", 0, 0, ctl_leases },
	{ "audit", "[SINCE]", "every rule of the ledger that is broken (no row = good)", 0, 1,
	  ctl_audit },
	{ "watch", "", "what breaks no rule, but wants somebody to look at it", 0, 0, ctl_watch },
	{ "totals", "[DAY]", "what a day came to, in each currency (auditors)", 0, 1, ctl_totals },
	{ "reconcile", "", "values, money and answers against each other (--record)", 0, 0,
	  ctl_reconcile, .offline = true },
	{ NULL },
};

static const struct option options[] = {
	{ "db", required_argument, NULL, 'd' },
	{ "sql-dir", required_argument, NULL, 'D' },
	{ "json", no_argument, NULL, 'j' },
	{ "csv", no_argument, NULL, 'c' },
	{ "reason", required_argument, NULL, 'r' },
	{ "reference", required_argument, NULL, 'R' },
	{ "scopes", required_argument, NULL, 's' },
	{ "expires", required_argument, NULL, 'e' },
	{ "rate", required_argument, NULL, 'q' },
	{ "burst", required_argument, NULL, 'b' },
	{ "public-key", required_argument, NULL, 'k' },
	{ "seals", required_argument, NULL, 'S' },
	{ "dump", required_argument, NULL, 'f' },
	{ "after", required_argument, NULL, 'a' },
	{ "until", required_argument, NULL, 'u' },
	{ "test", no_argument, NULL, 't' },
	{ "record", no_argument, NULL, 'w' },
	{ "dead", no_argument, NULL, 'x' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void usage(void)
{
	const struct ctl_command *c;

	printf("Usage: tegatactl [OPTION]... COMMAND [ARGUMENT]...\n\n");
	for (c = ctl_commands; c->words; c++)
		printf("  %-23s %-23s %s\n", c->words, c->args, c->help);
	printf("\n"
	       "  --db CONNINFO     PostgreSQL connection, \"host=/run/postgresql "
	       "dbname=tegata\";\n"
	       "                    the PG* environment variables count too\n"
	       "  --sql-dir DIR     where patches and functions are (default " TEGATA_DATADIR
	       "/sql)\n"
	       "  --json, --csv     instead of a table\n"
	       "  --reason TEXT     why; is stored with what is done\n"
	       "  --reference TEXT  of a top-up or settlement: the same reference has one effect\n"
	       "  --scopes LIST, --expires DATE, --test   of a key (default: check, no end, live)\n"
	       "  --rate N, --burst N   checks a second a shop may ask\n"
	       "  --record          of reconcile: keep the result for the managers' metrics\n"
	       "  --dead            of outbox: only what will never be sent\n"
	       "  --public-key FILE of verify: the keys that may have sealed, PEM\n"
	       "  --seals PATH      of verify: what was published, a file or its directory\n"
	       "  --dump FILE       of verify: of pg_dump, plain; - is standard input\n"
	       "  --after NUMBER:HASH   of verify: begin behind this seal, which is trusted\n"
	       "  --until NUMBER    of verify: seals above are not expected to be there\n"
	       "  -h, --help, -V, --version\n\n"
	       "You act under your own PostgreSQL role; what you do is recorded with it.\n"
	       "SINCE and TIME: \"2026-11-22 12:00\", or an age: \"2 hours\".\n"
	       "Exit code: 0 done, 1 refused, 2 usage, 3 database; of reconcile 0 agrees, 1 "
	       "differs,\n"
	       "2 could not.\n");
}

static void option_take(struct ctl *ctl, int opt)
{
	switch (opt) {
	case 'd':
		ctl->conninfo = optarg;
		break;
	case 'D':
		ctl->sql_dir = optarg;
		break;
	case 'j':
		ctl->format = CTL_JSON;
		break;
	case 'c':
		ctl->format = CTL_CSV;
		break;
	case 'r':
		ctl->reason = optarg;
		break;
	case 'R':
		ctl->reference = optarg;
		break;
	case 's':
		ctl->scopes = optarg;
		break;
	case 'e':
		ctl->expires = optarg;
		break;
	case 'q':
		ctl->rate = optarg;
		break;
	case 'b':
		ctl->burst = optarg;
		break;
	case 'k':
		ctl->public_key = optarg;
		break;
	case 'S':
		ctl->seals = optarg;
		break;
	case 'f':
		ctl->dump = optarg;
		break;
	case 'a':
		ctl->after = optarg;
		break;
	case 'u':
		ctl->until = optarg;
		break;
	case 't':
		ctl->test = true;
		break;
	case 'w':
		ctl->record = true;
		break;
	case 'x':
		ctl->dead = true;
		break;
	}
}

/* How many of argv are the words of c; 0 where they are not. */
static int command_match(const struct ctl_command *c, int argc, char **argv)
{
	const char *space = strchr(c->words, ' ');
	size_t first = space ? (size_t)(space - c->words) : strlen(c->words);

	if (argc < 1 || strlen(argv[0]) != first || strncmp(argv[0], c->words, first))
		return 0;
	if (!space)
		return 1;
	return argc >= 2 && !strcmp(argv[1], space + 1) ? 2 : 0;
}

static int command_run(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_command *c;
	int n = 0, rc;

	for (c = ctl_commands; c->words && !n; c++) {
		n = command_match(c, argc, argv);
		if (n)
			break;
	}
	if (!c->words) {
		ctl_error("no such command; 'tegatactl --help' lists them");
		return CTL_USAGE;
	}
	ctl->argc = argc - n;
	ctl->argv = argv + n;
	if (ctl->argc < c->min_args || ctl->argc > c->max_args) {
		ctl_error("usage: tegatactl %s %s", c->words, c->args);
		return CTL_USAGE;
	}
	if (!c->offline && !ctl_connect(ctl))
		return CTL_DATABASE;
	rc = c->run(ctl);
	PQfinish(ctl->db);
	return rc;
}

int main(int argc, char **argv)
{
	struct ctl ctl = {
		.conninfo = "",
		.sql_dir = TEGATA_DATADIR "/sql",
		.reason = "not given",
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		if (opt == 'h') {
			usage();
			return CTL_OK;
		}
		if (opt == 'V') {
			printf("tegatactl %s\n", TEGATA_VERSION);
			return CTL_OK;
		}
		if (opt == '?')
			return CTL_USAGE;
		option_take(&ctl, opt);
	}
	if (optind == argc) {
		usage();
		return CTL_USAGE;
	}
	return command_run(&ctl, argc - optind, argv + optind);
}
