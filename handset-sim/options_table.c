/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <osmocom/core/utils.h>

#include "handset-sim/options.h"
#include "handset-sim/options_table.h"

#define AT(member) offsetof(struct options, member)
#define STRING(name, member, argument, help)                                   \
	{                                                                      \
		NULL, name, OPTION_STRING, AT(member), 0, argument, help, 0, 0 \
	}
#define FLAG(name, member, help)                                         \
	{                                                                \
		NULL, name, OPTION_FLAG, AT(member), 0, NULL, help, 0, 0 \
	}
#define DURATION(name, member, help)                                           \
	{                                                                      \
		NULL, name, OPTION_DURATION, AT(member), 0, "TIME", help, 0, 0 \
	}
#define NUMBER(name, member, min, max, help)                                  \
	{                                                                     \
		NULL, name, OPTION_NUMBER, AT(member), 0, "N", help, min, max \
	}
#define LIMIT(name, member, help)                                                                 \
	{                                                                                         \
		NULL, name, OPTION_NUMBER, AT(member), AT(has_##member), "N", help, 0, UINT32_MAX \
	}
#define LIST(name, member, argument, help)                                   \
	{                                                                    \
		NULL, name, OPTION_LIST, AT(member), 0, argument, help, 0, 0 \
	}
#define SECTION(heading)                                           \
	{                                                          \
		heading, NULL, OPTION_FLAG, 0, 0, NULL, NULL, 0, 0 \
	}

const struct option_def option_table[] = {
	SECTION("The phone and its exchange"),
	STRING("imsi", imsi, "DIGITS", "who the phone is to the network (6 to 15 digits)"),
	STRING("msisdn", msisdn, "DIGITS",
	       "its number, E.164 without '+'; with --via hlr the HLR tells it"),
	STRING("via", via, "direct|hlr",
	       "to the manager's GSUP port, or to an OsmoHLR with location update (direct)"),
	STRING("address", address, "ADDRESS",
	       "of the other side, host:port or unix:PATH (127.0.0.1:4222)"),
	STRING("local-address", local_address, "ADDRESS", "to connect from (the system chooses)"),
	STRING("name", name, "NAME", "our IPA name, by which peers are configured (MSC-1)"),
	DURATION("connect-timeout", connect_timeout_ms, "for one try to make the link (5s)"),
	DURATION("network-timeout", network_timeout_ms,
		 "how long a dial waits for the link to be there (10s)"),
	DURATION("answer-timeout", answer_timeout_ms, "how long a dial waits for a text (20s)"),
	STRING("country-code", country_code, "DIGITS",
	       "completes national numbers for the wallet (none)"),
	STRING("national-prefix", national_prefix, "DIGITS", "that marks national numbers (0)"),
	STRING("service-code", service_code, "CODE", "what `transfer' and `load' dial (*188)"),

	SECTION("SMS"),
	STRING("smsc", smsc, "ADDRESS",
	       "be the SMSC: listen here for SMPP (SMS by GSUP, over the link above)"),
	STRING("sms-faults", sms_faults, "NAME=VALUE,...",
	       "of the SMSC: delay=TIME, throttle=N a second, refuse=STATUS, drop=N, redeliver=N, "
	       "receipts=lost|early|late|twice (none)"),
	STRING("sms-name", sms_name, "NAME",
	       "with --via hlr: the IPA name to which texts are addressed (EUSE-carrier)"),
	STRING("to", to, "DIGITS", "whom `sms' writes to: the service's number (188)"),
	DURATION("wait", wait_ms, "how long `sms' waits for the reply; 0s: not at all (20s)"),

	SECTION("Output"),
	FLAG("json", json, "one JSON object instead of text for people"),
	FLAG("no-color", no_color, "no colours on a terminal (also by NO_COLOR)"),
	STRING("log", log, "MASK",
	       "libosmocore log mask on stderr, as DSIM,1:DIPA,3 or 1 for all (errors only)"),
	STRING("refused-pattern", patterns.refused, "REGEX", "last texts that say no"),
	STRING("busy-pattern", patterns.busy, "REGEX", "last texts that say: try later"),
	STRING("unsure-pattern", patterns.unsure, "REGEX", "last texts that say: not known yet"),
	STRING("received-pattern", patterns.received, "REGEX", "last texts that bring values"),
	STRING("confirm-pattern", patterns.confirm, "REGEX", "questions to which 1 is `go on'"),

	SECTION("Wallet"),
	STRING("wallet-dir", wallet_dir, "DIR",
	       "where the wallets are ($XDG_STATE_HOME/tegata-handset)"),

	SECTION("dial"),
	LIST("answer", answers, "TEXT", "to the next question; may be given several times"),

	SECTION("transfer"),
	STRING("reference", reference, "TEXT", "the shop's order (up to 64 characters)"),
	STRING("shop-url", shop_url, "URL", "where the shop takes what is handed over"),
	STRING("ca", ca, "FILE", "PEM of who signed the shop's certificate (the system's)"),
	DURATION("shop-timeout", shop_timeout_ms, "for the shop's answer (10s)"),

	SECTION("run"),
	FLAG("update", update, "write the texts that came into the file as those expected"),
	STRING("junit", junit, "FILE", "report for a build server"),
	FLAG("tap", tap, "report as TAP on standard output"),
	LIST("set", sets, "NAME=VALUE", "a variable; wins over the file's `let'"),

	SECTION("load"),
	NUMBER("terminals", terminals, 1, 10000000, "how many phones (1000)"),
	STRING("imsi-base", imsi_base, "DIGITS", "IMSI of the first (001010000000000)"),
	STRING("msisdn-base", msisdn_base, "DIGITS", "number of the first (819000000000)"),
	NUMBER("window", window, 1, 1000000, "closed loop: dialogues open at once (64)"),
	NUMBER("rate", rate, 1, 10000000, "open loop: dialogues a second, on schedule"),
	NUMBER("seconds", seconds, 1, 86400, "how long, after the warm-up (10)"),
	NUMBER("warmup", warmup_s, 0, 3600, "seconds before counting begins (0)"),
	STRING("mix", mix, "NAME=SHARE,...",
	       "of issue, transfer, pay, list, balance, check, log, help (issue=100)"),
	STRING("amount", amount, "AMOUNT,...", "what is bought: one of up to 8 (500)"),
	STRING("shop", shop, "CODE", "who is paid"),
	NUMBER("decline", decline_permille, 0, 1000, "per mille of confirmations that are 0 (0)"),
	NUMBER("seed", seed, 0, UINT32_MAX, "of all choices (1)"),
	STRING("record", record, "FILE", "a new file: what each phone said and was told"),
	STRING("faults", faults, "NAME=N,...",
	       "of what is sent, twice, late, reorder per mille; late-ms (none)"),
	LIMIT("max-p99-ms", max_p99_ms, "fail when p99 is above (no limit)"),
	LIMIT("max-errors", max_errors, "fail when more dialogues got no good text (no limit)"),

	SECTION("Help"),
	FLAG("help", help, "this"),
	FLAG("version", version, "of the program"),
};

const size_t option_table_size = ARRAY_SIZE(option_table);
