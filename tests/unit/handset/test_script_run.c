/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whole scripts against a manager in the same process. */
#include "tests/unit/handset/fake_manager.h"

#include <stdlib.h>
#include <time.h>

#include <osmocom/core/application.h>

#include "handset-sim/exchange.h"
#include "handset-sim/options.h"
#include "handset-sim/script_report.h"
#include "handset-sim/script_run.h"
#include "handset-sim/script_update.h"
#include "lib/log_category.h"

#define ALICE "phone alice imsi 001010000000001 msisdn 819012345678\n"
#define BOB "phone bob imsi 001010000000002 msisdn 819012345679\n"

struct played {
	size_t failures;
	char *report; /* what people read */
	char *updated; /* the file after --update */
};

static void on_ended(void *data)
{
	*(bool *)data = true;
}

static struct played play_with(void *ctx, const char *content, bool update, struct options *o)
{
	struct fake_manager *f = fake_manager_new(ctx);
	const struct exchange_config config = {
		.address = fake_manager_address(f),
		.name = "MSC-test",
		.connect_timeout_ms = 2000,
		.answer_timeout_ms = 400,
	};
	static const struct exchange_handler no_handler = { 0 };
	const struct text_patterns defaults = { 0 };
	struct script_error error;
	struct script *script = script_parse(ctx, "t.hs", content, strlen(content), &error);
	char dir[] = "/tmp/tegata-run-XXXXXX", command[64], *text = NULL;
	struct script_env env = { .options = o };
	struct played played = { 0 };
	struct script_run *run;
	bool ended = false;
	FILE *out;
	size_t len;
	int rc;

	if (!script)
		fail_msg("line %u: %s", error.line, error.why);
	assert_non_null(mkdtemp(dir));
	out = open_memstream(&text, &len);
	env.wallet_dir = dir;
	env.rules = text_rules_new(ctx, &defaults);
	env.report = script_report_new(ctx, out, false, false);
	env.edits = update ? script_edits_new(ctx) : NULL;
	env.exchange = exchange_open(ctx, &config, &no_handler, NULL, &rc);
	run = script_run_start(ctx, script, &env, on_ended, &ended);
	assert_true(run_until(&ended));
	script_run_free(run);
	exchange_close(env.exchange);
	fake_manager_free(f);
	fclose(out);
	played.failures = script_report_failures(env.report);
	played.report = talloc_strdup(ctx, text);
	played.updated = update ? script_edits_apply(ctx, env.edits, content) : NULL;
	free(text);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
	return played;
}

static struct options defaults(void)
{
	return (struct options){
		.network_timeout_ms = 2000,
		.shop_timeout_ms = 2000,
		.country_code = "81",
		.national_prefix = "0",
		.service_code = "*188",
	};
}

static struct played play(void *ctx, const char *content, bool update)
{
	struct options o = defaults();

	return play_with(ctx, content, update, &o);
}

static void passes(const char *content)
{
	void *ctx = talloc_named_const(NULL, 0, "test");
	struct played p = play(ctx, content, false);

	if (p.failures > 0)
		fail_msg("%s", p.report);
	talloc_free(ctx);
}

static void fails_with(const char *content, const char *part)
{
	void *ctx = talloc_named_const(NULL, 0, "test");
	struct played p = play(ctx, content, false);

	assert_true(p.failures > 0);
	if (!strstr(p.report, part))
		fail_msg("'%s' does not say '%s'", p.report, part);
	talloc_free(ctx);
}

static void test_buying(void **state)
{
	passes(ALICE "let amount = 500\n"
		     "test buys\n"
		     "alice> *188*1*{amount}#\n"
		     "alice< Buy {amount} JPY? Fee 0 JPY, {:amount} JPY in all\n"
		     "| 1 Yes 0 No\n"
		     "alice> 1\n"
		     "alice= Bought 500 JPY, value {id:value_id}\n"
		     "alice wallet {id} received\n"
		     "test says it again\n"
		     "alice> =value {id}\n"
		     "alice= value {id}\n"
		     "shell echo \"$id $amount\"\n"
		     "shell= {id} 500\n"
		     "alice quiet 50ms\n");
}

static void test_parallel_phones(void **state)
{
	passes(ALICE BOB "alice> silent\n"
			 "bob> =hello\n"
			 "bob= hello\n"
			 "bob> ?more\n"
			 "bob< more\n"
			 "alice~ timeout\n"
			 "bob hangup\n"
			 "alice> push\n"
			 "alice= after the push\n"
			 "alice! pushed\n"
			 "alice> error\n"
			 "alice~ error 34\n");
}

static void test_link_comes_back(void **state)
{
	passes(ALICE "alice> down\n"
		     "alice~ no-network\n"
		     "alice> =back\n"
		     "alice= back\n");
}

static void test_transfer_between_phones(void **state)
{
	passes(ALICE BOB "alice> *188*1*500#\n"
			 "alice< {:any}\n"
			 "alice> 1\n"
			 "alice= Bought 500 JPY, value {id:value_id}\n"
			 "alice transfer {id} 09012345679\n"
			 "alice wallet {id} confirmed\n"
			 "bob wallet {id} received\n"
			 "bob transfer {id} 9999\n"
			 "bob= No. You do not own such a value.\n"
			 "bob wallet {id} refused\n");
}

static void test_mismatch(void **state)
{
	fails_with(ALICE "alice> =one\\ntwo\n"
			 "alice= other\n",
		   "t.hs:3: alice: expected '=', came '=' with another text");
	fails_with(ALICE "alice> ?one\n"
			 "alice= one\n",
		   "expected '=', came '<'");
	fails_with(ALICE "alice> =one\n", "nothing expects this '='");
	fails_with(ALICE "alice> ?one\nalice< one\n", "left open");
	fails_with(ALICE "alice> ?one\nalice> 2\n", "cannot send");
	fails_with(ALICE "timeout 100ms\nalice= one\n", "nothing came in 100 ms");
	fails_with(ALICE "alice> push\nalice= {:any}\nalice quiet 100ms\n", "should be quiet");
	fails_with(ALICE "alice> {unset}\n", "not set or captured yet");
	fails_with(ALICE "shell exit 3\n", "status 3");
	fails_with(ALICE "timeout 100ms\nshell sleep 5\n", "did not end in 100 ms");
	fails_with(ALICE "shell echo a\nshell= b\n", "wrote something else");
	fails_with(ALICE "shell= b\n", "no command ran");
	fails_with(ALICE "alice hangup\n", "cannot hang up");
	fails_with(ALICE "alice wallet 12 received\n", "not a value id");
	fails_with("let i = 12\nphone a imsi {i}\n", "not an IMSI");
	fails_with(ALICE "let i = 001010000000001\nphone bob imsi {i}\n", "another phone has IMSI");
}

/* A failed test ends there; the next begins with phones that are idle. */
static void test_next_test_goes_on(void **state)
{
	void *ctx = talloc_named_const(NULL, 0, "test");
	struct played p = play(ctx,
			       ALICE "test first\n"
				     "alice> ?one\n"
				     "alice= no\n"
				     "alice> never sent\n"
				     "test second\n"
				     "alice> =fine\n"
				     "alice= fine\n",
			       false);

	assert_int_equal(p.failures, 1);
	assert_non_null(strstr(p.report, "FAIL t.hs: first"));
	assert_non_null(strstr(p.report, "ok   t.hs: second"));
	talloc_free(ctx);
}

static void test_update(void **state)
{
	static const char before[] = ALICE "# kept\n"
					   "alice> *188*1*500#\n"
					   "alice< outdated\n"
					   "| in two lines\n"
					   "alice> 1\n"
					   "alice= Old value {id:value_id}\n"
					   "\n"
					   "alice> =it is 10:02, {{id} {id}\n"
					   "alice> =recorded\n";
	static const char after[] = ALICE "# kept\n"
					  "alice> *188*1*500#\n"
					  "alice< Buy 500 JPY? Fee 0 JPY, 500 JPY in all\n"
					  "| 1 Yes 0 No\n"
					  "alice> 1\n"
					  "alice= Bought 500 JPY, value {id:value_id}\n"
					  "\n"
					  "alice> =it is 10:02, {{id} {id}\n"
					  "alice= it is {:time}, {{id} {id}\n"
					  "alice> =recorded\n"
					  "alice= recorded\n";
	void *ctx = talloc_named_const(NULL, 0, "test");
	struct played p = play(ctx, before, true);

	assert_int_equal(p.failures, 0);
	assert_string_equal(p.updated, after);
	/* what was written passes, and needs no further update */
	passes(after);
	p = play(ctx, after, true);
	assert_string_equal(p.updated, after);
	talloc_free(ctx);
}

static void test_set(void **state)
{
	void *ctx = talloc_named_const(NULL, 0, "test");
	struct options o = defaults();
	struct played p;

	o.sets.items[0] = "word=given";
	o.sets.n = 1;
	p = play_with(ctx, ALICE "let word = default\nalice> ={word}\nalice= given\n", false, &o);
	assert_int_equal(p.failures, 0);
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buying),
		cmocka_unit_test(test_parallel_phones),
		cmocka_unit_test(test_link_comes_back),
		cmocka_unit_test(test_transfer_between_phones),
		cmocka_unit_test(test_mismatch),
		cmocka_unit_test(test_next_test_goes_on),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_set),
	};

	log_init(&tegata_log_info, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
