/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/catalogue.h"
#include "manager/text_writer.h"

#define TEXTS_DIR "etc/texts"

struct fixture {
	void *ctx;
	char dir[64];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->ctx = talloc_named_const(NULL, 0, "test");
	OSMO_STRLCPY_ARRAY(f->dir, "/tmp/tegata-texts-XXXXXX");
	*state = f;
	return mkdtemp(f->dir) ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", f->dir);
	talloc_free(f->ctx);
	int rc = system(command);
	free(f);
	return rc;
}

static void put(struct fixture *f, const char *name, const char *text, size_t len)
{
	char path[160];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* Every key with its placeholders; without is left out, with is put behind. */
static char *complete(const struct fixture *f, const char *without, const char *with)
{
	char *text = talloc_strdup(f->ctx, "# all there is\n\n");

	for (int id = 0; id < TEXT_COUNT; id++) {
		const char *at = catalogue_placeholders(id);

		if (without && strcmp(catalogue_key(id), without) == 0)
			continue;
		text = talloc_asprintf_append(text, "%s = x", catalogue_key(id));
		while (*at) {
			size_t len = strcspn(at, " ");

			text = talloc_asprintf_append(text, " {%.*s}", (int)len, at);
			at += len + strspn(at + len, " ");
		}
		text = talloc_asprintf_append(text, "\n");
	}
	return talloc_asprintf_append(text, "%s", with);
}

static int load(struct fixture *f, struct catalogue **c)
{
	return catalogue_load(c, f->ctx, f->dir);
}

static void complete_file(void **state)
{
	struct fixture *f = *state;
	struct catalogue *c;
	const char *text = complete(f, "buy.done",
				    "buy.done =  a\\n{value}\\\\ {amount}  \r\n"
				    "currency.KWD = KD {amount}");

	put(f, "pt-br.txt", text, strlen(text));
	put(f, "readme", "no catalogue", 12);
	assert_int_equal(load(f, &c), 0);
	assert_int_equal(catalogue_count(c), 1);
	assert_non_null(catalogue_language(c, "pt-br"));
	assert_null(catalogue_language(c, "pt"));
	assert_null(catalogue_language(c, ""));
	assert_string_equal(language_text(catalogue_at(c, 0), TEXT_BUY_DONE),
			    "a\n{value}\\ {amount}");
	assert_string_equal(language_currency(catalogue_at(c, 0), "KWD"), "KD {amount}");
	assert_null(language_currency(catalogue_at(c, 0), "JPY"));
}

static void nothing_to_load(void **state)
{
	struct fixture *f = *state;
	struct catalogue *c;

	assert_int_equal(load(f, &c), -ENOENT);
	assert_int_equal(catalogue_load(&c, f->ctx, "/nonexistent"), -ENOENT);
}

static void missing_keys(void **state)
{
	struct fixture *f = *state;
	struct catalogue *c;

	for (int id = 0; id < TEXT_COUNT; id++) {
		const char *text = complete(f, catalogue_key(id), "");

		put(f, "en.txt", text, strlen(text));
		assert_int_equal(load(f, &c), -EINVAL);
	}
}

static void wrong_lines(void **state)
{
	static const char *const lines[] = {
		"no equals sign",
		"= no key",
		"buy.done =",
		"buy.done =   ",
		"buy.done = {amount}", /* {value} is missing */
		"buy.done = {amount} {value} {price}",
		"buy.done = {amount} {value} {",
		"buy.done = {amount} {value} }",
		"buy.done = {amount} {value} {}",
		"buy.done = {amount} {value {amount}}",
		"buy.done = {amount} {value} \\t",
		"buy.done = {amount} {value} \\",
		"buy.done = {amount} {value} \xff",
		"buy.done = {amount} {value} \xe8\xb3",
		"buy.done = {amount} {value} \xed\xa0\x80",
		"buy.done = {amount} {value}\nbuy.done = {amount} {value}",
		"buy.done = {amount} {value}\nbuy.unknown = x",
		"buy.done = {amount} {value}\ncurrency.JPY = x",
		"buy.done = {amount} {value}\ncurrency.XXQ = {amount}",
		"buy.done = {amount} {value}\ncurrency. = {amount}",
		"buy.done = {amount} {value}\ncurrency.JPY = {amount}\ncurrency.JPY = {amount}",
	};
	struct fixture *f = *state;
	struct catalogue *c;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const char *text = complete(f, "buy.done", lines[i]);

		put(f, "en.txt", text, strlen(text));
		if (load(f, &c) != -EINVAL)
			fail_msg("\"%s\" was taken", lines[i]);
	}
}

static void wrong_time_formats(void **state)
{
	static const char *const lines[] = { "format.time = %s", "format.time = %",
					     "format.time = %n", "format.time = %H%E",
					     "format.time = %10Y" };
	struct fixture *f = *state;
	struct catalogue *c;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const char *text = complete(f, "format.time", lines[i]);

		put(f, "en.txt", text, strlen(text));
		assert_int_equal(load(f, &c), -EINVAL);
	}
}

static void bounds(void **state)
{
	struct fixture *f = *state;
	struct catalogue *c;
	char long_text[CATALOGUE_LINE_MAX_SIZE + 64];
	char *text;

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	for (size_t len = CATALOGUE_TEXT_MAX_SIZE - 1; len < sizeof(long_text) - 1; len++) {
		text = talloc_asprintf(f->ctx, "buy.nothing = %.*s", (int)len, long_text);
		text = complete(f, "buy.nothing", text);
		put(f, "en.txt", text, strlen(text));
		assert_int_equal(load(f, &c), len == CATALOGUE_TEXT_MAX_SIZE - 1 ? 0 : -EINVAL);
		talloc_free(text);
	}
	text = complete(f, NULL, "");
	while (strlen(text) <= CATALOGUE_FILE_MAX_SIZE)
		text = talloc_asprintf_append(text, "# %.1000s\n", long_text);
	put(f, "en.txt", text, strlen(text));
	assert_int_equal(load(f, &c), -EINVAL);
}

static void nul_in_a_line(void **state)
{
	struct fixture *f = *state;
	struct catalogue *c;
	char *text = complete(f, NULL, "# a comment\n");
	size_t len = strlen(text);

	text[len - 5] = '\0';
	put(f, "en.txt", text, len);
	assert_int_equal(load(f, &c), -EINVAL);
}

static void names_of_languages(void **state)
{
	static const char *const names[] = { "EN.txt", "en_GB.txt", "toolongname.txt", "e n.txt" };
	struct fixture *f = *state;
	const char *text = complete(f, NULL, "");
	struct catalogue *c;
	char path[160];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		put(f, names[i], text, strlen(text));
		assert_int_equal(load(f, &c), -EINVAL);
		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		unlink(path);
	}
	for (unsigned int i = 0; i <= CATALOGUE_LANGUAGES_MAX; i++) {
		char name[16];

		snprintf(name, sizeof(name), "l%u.txt", i);
		put(f, name, text, strlen(text));
		assert_int_equal(load(f, &c), i < CATALOGUE_LANGUAGES_MAX ? 0 : -E2BIG);
	}
}

static void truncated_at_every_length(void **state)
{
	struct fixture *f = *state;
	char *text = complete(f, NULL, "");
	struct catalogue *c;
	int rc;

	for (size_t len = 0; len < strlen(text); len += 7) {
		put(f, "en.txt", text, len);
		rc = load(f, &c);
		assert_true(rc == -EINVAL || (rc == 0 && len + 1 >= strlen(text)));
	}
}

/* --- the catalogues that are installed ------------------------------------- */

static void installed_catalogues(void **state)
{
	struct fixture *f = *state;
	struct catalogue *c;
	const char *dir = access(TEXTS_DIR, R_OK) == 0 ? TEXTS_DIR : "../../../../" TEXTS_DIR;

	/* Loading compares the keys and placeholders of each with catalogue_keys.def. */
	assert_int_equal(catalogue_load(&c, f->ctx, dir), 0);
	assert_non_null(catalogue_language(c, "en"));
	assert_non_null(catalogue_language(c, "ja"));
	for (size_t i = 0; i < catalogue_count(c); i++) {
		const struct language *l = catalogue_at(c, i);

		assert_non_null(language_currency(l, "JPY"));
		assert_non_null(language_currency(l, "EUR"));
	}
}

/* Translators find every key, with its placeholders, in the manual. */
static void keys_are_documented(void **state)
{
	struct fixture *f = *state;
	const char *path = access("docs/dialogue.md", R_OK) == 0 ? "docs/dialogue.md"
								 : "../../../../docs/dialogue.md";
	char *manual = talloc_zero_size(f->ctx, 65536), key[64];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_in_range(fread(manual, 1, 65535, file), 1000, 65534);
	fclose(file);
	for (int id = 0; id < TEXT_COUNT; id++) {
		const char *name = catalogue_key(id);

		snprintf(key, sizeof(key), "`%s`", name);
		if (strncmp(name, "value.state.", 12) == 0)
			snprintf(key, sizeof(key), ".%s`", name + 12);
		if (!strstr(manual, key))
			fail_msg("%s is not in docs/dialogue.md", name);
	}
}

static void outcomes_have_texts(void **state)
{
	for (int code = 1; code < 80; code++) {
		const char *name = outcome_name(code);

		if (name)
			assert_string_equal(catalogue_key(catalogue_outcome_text(code)) +
						    strlen("outcome."),
					    name);
	}
	assert_int_equal(catalogue_outcome_text(OUTCOME_UNAUTHENTICATED), TEXT_OUTCOME_INTERNAL);
	assert_int_equal(catalogue_outcome_text(-1), TEXT_OUTCOME_INTERNAL);
	assert_int_equal(catalogue_outcome_text(100000), TEXT_OUTCOME_INTERNAL);
}

/* --- filling in ------------------------------------------------------------ */

static void rendering(void **state)
{
	const struct text_var vars[] = { { "a", "1{b}" }, { "b", "x\ny\x01" }, { 0 } };
	char out[64];

	assert_int_equal(text_render(out, sizeof(out), "{a} {b} {c}{a}", vars), 14);
	assert_string_equal(out, "1{b} x y  1{b}");
	text_render(out, sizeof(out), "{b} {a", vars);
	assert_string_equal(out, "x y  {a");
	text_render(out, sizeof(out), "{b}} { {", vars);
	assert_string_equal(out, "x y } { {");
}

/* E.164 numbers have fifteen digits at most. */
static void the_longest_number_is_whole(void **state)
{
	char number[NUMBER_SIZE + 1], peer[PEER_STR_SIZE];

	assert_string_equal(number_international(number, "819012345678901"), "+819012345678901");
	assert_string_equal(peer_format(peer, "819012345678901", ""), "+819012345678901");
}

/* Whatever fits, never half a character. */
static void rendering_cuts_between_characters(void **state)
{
	static const char text[] = "a\xc3\xa9\xe3\x81\x82\xf0\x9f\x98\x80{v}";
	static const size_t ends[] = { 0, 1, 3, 6, 10, 11, 14 };
	const struct text_var vars[] = { { "v", "b\xe3\x81\x82" }, { 0 } };
	char out[32];

	for (size_t size = 1; size <= 15; size++) {
		size_t n = text_render(out, size, text, vars), best = 0;

		for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
			if (ends[i] < size)
				best = ends[i];
		}
		assert_int_equal(n, best);
		assert_int_equal(strlen(out), n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(complete_file, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_to_load, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_time_formats, setup, teardown),
		cmocka_unit_test_setup_teardown(bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(nul_in_a_line, setup, teardown),
		cmocka_unit_test_setup_teardown(names_of_languages, setup, teardown),
		cmocka_unit_test_setup_teardown(truncated_at_every_length, setup, teardown),
		cmocka_unit_test_setup_teardown(installed_catalogues, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_are_documented, setup, teardown),
		cmocka_unit_test(outcomes_have_texts),
		cmocka_unit_test(the_longest_number_is_whole),
		cmocka_unit_test(rendering),
		cmocka_unit_test(rendering_cuts_between_characters),
	};
	void *ctx = talloc_named_const(NULL, 0, "logging");

	osmo_init_logging2(ctx, &tegata_log_info);
	log_set_category_filter(osmo_stderr_target, DDLG, 0, LOGL_FATAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
