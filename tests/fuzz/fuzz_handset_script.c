/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any octets as a transcript: what parses has its steps in order, each within a test and of a phone
 * that there is, and its texts can be matched and expanded. */
#include "fuzz.h"

#include <osmocom/core/talloc.h>

#include "handset-sim/script.h"
#include "handset-sim/script_pattern.h"
#include "handset-sim/script_vars.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	fuzz_quiet();
	return 0;
}

/* What a regular expression costs is the C library's; these are a tester's own. */
static void match(void *ctx, struct script_vars *vars, const char *text)
{
	char why[SCRIPT_WHY_SIZE];

	if (strstr(text, ":/"))
		return;
	script_pattern_match(vars, text, "500 JPY, value 0708 6446 3809 4485 5501", why);
	script_pattern_match(vars, text, text, why);
	talloc_free(script_vars_expand(ctx, vars, text, why));
}

static void look_at_steps(const struct script *s)
{
	struct script_vars *vars = talloc_zero(s, struct script_vars);
	unsigned int line = 0;

	for (size_t i = 0; i < s->n_steps; i++) {
		const struct script_step *step = &s->steps[i];

		OSMO_ASSERT(step->line >= line && step->phone >= -1);
		OSMO_ASSERT(step->phone < (int)s->n_phones);
		line = step->line;
		if (step->text)
			match((void *)s, vars, step->text);
		for (size_t a = 0; a < ARRAY_SIZE(step->args); a++)
			if (step->args[a])
				match((void *)s, vars, step->args[a]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct script_error error = { 0 };
	char *text = fuzz_text(in, len);
	void *ctx = talloc_new(NULL);
	struct script *s = script_parse(ctx, "fuzz.hs", text, len, &error);
	size_t steps = 0;

	if (s) {
		OSMO_ASSERT(s->n_tests > 0 && s->n_phones <= SCRIPT_PHONES_MAX);
		for (size_t i = 0; i < s->n_tests; i++) {
			OSMO_ASSERT(s->tests[i].first_step == steps);
			steps += s->tests[i].n_steps;
		}
		OSMO_ASSERT(steps == s->n_steps);
		look_at_steps(s);
	} else {
		OSMO_ASSERT(memchr(error.why, '\0', sizeof(error.why)) && error.why[0]);
	}
	talloc_free(ctx);
	free(text);
	return 0;
}
