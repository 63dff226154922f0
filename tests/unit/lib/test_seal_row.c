/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Canonical octets and trees, against values that were computed by another program (Python). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <osmocom/core/utils.h>

#include "lib/hex.h"
#include "lib/seal_hash.h"
#include "lib/seal_row.h"
#include "lib/seal_text.h"

struct pair {
	const char *name, *value;
};

static const struct pair journal[] = {
	{ "value_id", "708644638094485550" },
	{ "owner_id", "103" },
	{ "actor_id", "103" },
	{ "request_id", "019073a1-b2c3-7def-8123-456789abcdef" },
	{ "at", "2026-05-01 12:00:00.5+09" },
	{ "xact", "4294967297" },
	{ "version", "1" },
	{ "home", "39" },
	{ "operation", "1" },
	{ "state", "1" },
	{ "digest", "\\x00ff10" },
	{ "link", "direct:MSC-1" },
	{ "reference", NULL },
};
static const struct pair charge[] = {
	{ "cause_id", "708644638094485550" },
	{ "debit_account", "103" },
	{ "credit_account", "-2" },
	{ "amount", "10" },
	{ "at", "2026-05-01 03:00:00.5+00" },
	{ "xact", "9" },
	{ "version", "1" },
	{ "home", "39" },
	{ "kind", "2" },
	{ "currency", "JPY" },
};
static const struct pair act[] = {
	{ "act_id", "7" },	 { "at", "1969-12-31 23:59:59.999999+00" },
	{ "operator", "alice" }, { "approver", NULL },
	{ "act", "top_up" },	 { "arguments", "{\"name\": \"\xe5\x96\xab\xe8\x8c\xb6\"}" },
	{ "reason", "" },	 { "outcome", "0" },
	{ "terminal_id", NULL }, { "cause_id", NULL },
	{ "reference", NULL },	 { "xact", "0" },
};

/* The leaf of a row in hexadecimal; turned: the source has its columns the other way round. */
static int leaf_of(char hex[65], struct seal_row *row, enum seal_table table,
		   const struct pair *pairs, size_t n, bool turned)
{
	struct seal_hasher *h = seal_hasher_new();
	const char *names[SEAL_COLUMNS_MAX];
	struct seal_field fields[SEAL_COLUMNS_MAX];
	uint8_t leaf[SEAL_HASH_SIZE];
	char why[SEAL_WHY_SIZE];
	struct seal_layout layout;
	size_t i;
	int rc;

	for (i = 0; i < n; i++) {
		const struct pair *p = &pairs[turned ? n - 1 - i : i];

		names[i] = p->name;
		fields[i].text = p->value;
		fields[i].len = p->value ? strlen(p->value) : 0;
	}
	rc = seal_layout_init(&layout, table, names, n, why);
	if (rc == 0)
		rc = seal_row_encode(row, &layout, fields, why);
	if (rc == 0) {
		seal_row_leaf(row, h, leaf);
		hex_format(hex, leaf, sizeof(leaf));
	}
	seal_hasher_free(h);
	return rc;
}

static void test_known_rows(void **state)
{
	struct seal_row row = { 0 };
	char hex[65];

	for (int turned = 0; turned < 2; turned++) {
		assert_int_equal(
			leaf_of(hex, &row, SEAL_JOURNAL, journal, ARRAY_SIZE(journal), turned), 0);
		assert_string_equal(
			hex, "c3fdf204241cc158b7e31d404a7faa705ebcd225875fa9ba96b66bf0af07b012");
		assert_int_equal(row.len, 287);
		assert_int_equal(row.xact, 4294967297);
		assert_int_equal(row.ref.id, 708644638094485550);
		assert_int_equal(row.ref.version, 1);
		assert_int_equal(row.ref.home, 39);
		assert_int_equal(
			leaf_of(hex, &row, SEAL_CHARGE, charge, ARRAY_SIZE(charge), turned), 0);
		assert_string_equal(
			hex, "66ec94ca9d216257cb2e1833dee2dafc924aa94890d37f006c91c74399b0429d");
		assert_int_equal(row.ref.kind, 2);
		assert_int_equal(
			leaf_of(hex, &row, SEAL_OPERATOR_ACT, act, ARRAY_SIZE(act), turned), 0);
		assert_string_equal(
			hex, "096b71152461652f0165a9d1197ff3f083adb1eb8445670cb940ce83137b0381");
		assert_int_equal(row.ref.id, 7);
	}
	seal_row_free(&row);
}

/* Whatever changes in a row changes its hash, "" and NULL too. */
static void test_every_column_counts(void **state)
{
	struct pair changed[ARRAY_SIZE(journal)];
	struct seal_row row = { 0 };
	char hex[65], other[65];
	size_t i;

	assert_int_equal(leaf_of(hex, &row, SEAL_JOURNAL, journal, ARRAY_SIZE(journal), false), 0);
	for (i = 0; i < ARRAY_SIZE(journal); i++) {
		memcpy(changed, journal, sizeof(changed));
		changed[i].value = NULL;
		if (!journal[i].value)
			changed[i].value = "";
		assert_int_equal(
			leaf_of(other, &row, SEAL_JOURNAL, changed, ARRAY_SIZE(journal), false), 0);
		assert_string_not_equal(hex, other);
	}
	seal_row_free(&row);
}

static void test_rows_that_are_refused(void **state)
{
	static const struct pair unknown[] = { { "value_id", "1" }, { "colour", "red" } };
	static const char *const bad[] = { "", "x", "1 ", "9223372036854775808", "-", "+1" };
	struct pair changed[ARRAY_SIZE(charge)];
	struct seal_row row = { 0 };
	char hex[65];
	size_t i;

	assert_int_equal(leaf_of(hex, &row, SEAL_CHARGE, unknown, 2, false), -ENOENT);
	assert_int_equal(leaf_of(hex, &row, SEAL_CHARGE, charge, 4, false), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memcpy(changed, charge, sizeof(changed));
		changed[3].value = bad[i];
		assert_int_equal(leaf_of(hex, &row, SEAL_CHARGE, changed, ARRAY_SIZE(charge),
					 false),
				 -EINVAL);
	}
	seal_row_free(&row);
}

static void test_names_of_tables(void **state)
{
	assert_int_equal(seal_table_parse("journal"), SEAL_JOURNAL);
	assert_int_equal(seal_table_parse("journal_2026_05"), SEAL_JOURNAL);
	assert_int_equal(seal_table_parse("charge_default"), SEAL_CHARGE);
	assert_int_equal(seal_table_parse("operator_act"), SEAL_OPERATOR_ACT);
	assert_int_equal(seal_table_parse("operator_act_default"), -ENOENT);
	assert_int_equal(seal_table_parse("journal_2026_5"), -ENOENT);
	assert_int_equal(seal_table_parse("journal_2026_051"), -ENOENT);
	assert_int_equal(seal_table_parse("charge_kind"), -ENOENT);
	assert_int_equal(seal_table_parse(""), -ENOENT);
}

static void test_roots(void **state)
{
	static const struct {
		int n;
		const char *root;
	} known[] = {
		{ 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ 1, "db3426e878068d28d269b6c87172322ce5372b65756d0789001d34835f601c03" },
		{ 2, "cb00989d94a569c0a678ae042b63dcd4625db96440517f37a6eb7976ea24ed4b" },
		{ 3, "725d5230db68f557470dc35f1d8865813acd7ebb07ad152774141decbae71327" },
		{ 4, "9f4a3fc20d4162dc37d4e23d907848731a76043ffff6d69288bf1abfbcff478e" },
		{ 5, "b6748f6ed7a99de7da84fd97e1a3bac6fab8999f4a43695cab9528a2de431147" },
		{ 7, "a3e23b32ccb6bf96d092d165d8aa546e09829de8f03b0e8957581d1e16b92bdf" },
		{ 8, "3b85a9626c1ccb64c6b95ec7fa64888defe2cf12e39e77e10812ce5fcb9cb58e" },
		{ 13, "2520e1f2087a43eef012fea4774dc1568c8710a9cfa7f7e5094725f9e7ea19a2" },
		{ 1000, "638afa98022925bacfddadb15ef22fd0199c1ac99c2973b6158243d13fce05c2" },
	};
	struct seal_hasher *h = seal_hasher_new();
	uint8_t leaf[SEAL_HASH_SIZE], root[SEAL_HASH_SIZE];
	char hex[65], octets[16];
	struct seal_tree tree;
	size_t k;

	for (k = 0; k < ARRAY_SIZE(known); k++) {
		seal_tree_init(&tree, h);
		for (int i = 0; i < known[k].n; i++) {
			int len = snprintf(octets, sizeof(octets), "%c%d", 0, i);

			seal_hash_begin(h);
			seal_hash_add(h, octets, len);
			seal_hash_end(h, leaf);
			seal_tree_add(&tree, leaf);
		}
		seal_tree_root(&tree, root);
		assert_string_equal(hex_format(hex, root, sizeof(root)), known[k].root);
	}
	seal_hasher_free(h);
}

/* Two leaves, and one whose "row" is what their node hashes: other roots, because a row begins with
 * another octet than a node. */
static void test_a_node_is_no_row(void **state)
{
	struct seal_hasher *h = seal_hasher_new();
	uint8_t leaf[2][SEAL_HASH_SIZE] = { { 1 }, { 2 } }, root[SEAL_HASH_SIZE],
		forged[SEAL_HASH_SIZE];
	struct seal_tree tree;

	seal_tree_init(&tree, h);
	seal_tree_add(&tree, leaf[0]);
	seal_tree_add(&tree, leaf[1]);
	seal_tree_root(&tree, root);
	seal_hash_begin(h);
	seal_hash_add(h, "\0", 1);
	seal_hash_add(h, leaf, sizeof(leaf));
	seal_hash_end(h, forged);
	assert_memory_not_equal(root, forged, SEAL_HASH_SIZE);
	/* And the last of an odd number is not the same as that one twice. */
	seal_tree_add(&tree, leaf[0]);
	seal_tree_root(&tree, root);
	seal_tree_add(&tree, leaf[0]);
	seal_tree_root(&tree, forged);
	assert_memory_not_equal(root, forged, SEAL_HASH_SIZE);
	seal_hasher_free(h);
}

static void test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} good[] = {
		{ "1970-01-01 00:00:00+00", 0 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31 23:59:59.999999+00", -1 },
		{ "2026-05-01 12:00:00.5+09", 1777604400500000 },
		{ "2026-05-01 03:00:00.500000+00", 1777604400500000 },
		{ "2026-04-30 23:30:00.5-03:30", 1777604400500000 },
		{ "2024-02-29 00:00:00+00", 1709164800000000 },
		{ "0001-01-01 00:00:00+00 BC", -62167219200000000 },
		{ "0001-01-01 00:00:00+00", -62135596800000000 },
		{ "10000-01-01 00:00:00+00", 253402300800000000 },
		{ "infinity", INT64_MAX },
		{ "-infinity", INT64_MIN },
	};
	static const char *const bad[] = { "",
					   "2026-05-01",
					   "2026-05-01 12:00:00",
					   "2026-05-01 12:00:00.+00",
					   "2026-05-01 12:00:00.1234567+00",
					   "2026-13-01 12:00:00+00",
					   "2026-05-01 12:60:00+00",
					   "2026-05-01 12:00:00+9",
					   "2026-05-01 12:00:00+09 ",
					   "2026-05-01 12:00:00+09 AD",
					   "26-05-01 12:00:00+09",
					   "infinit" };
	char text[SEAL_TIME_STR_SIZE];
	int64_t us;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(seal_time_parse(&us, good[i].text, strlen(good[i].text)), 0);
		assert_int_equal(us, good[i].us);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(seal_time_parse(&us, bad[i], strlen(bad[i])), -EINVAL);
	assert_string_equal(seal_time_format(text, 1777604400500000),
			    "2026-05-01T03:00:00.500000Z");
	assert_string_equal(seal_time_format(text, -1), "1969-12-31T23:59:59.999999Z");
}

static void test_integers(void **state)
{
	int64_t v;

	assert_int_equal(seal_int_parse(&v, "9223372036854775807", 19), 0);
	assert_int_equal(v, INT64_MAX);
	assert_int_equal(seal_int_parse(&v, "-9223372036854775808", 20), 0);
	assert_int_equal(v, INT64_MIN);
	assert_int_equal(seal_int_parse(&v, "9223372036854775808", 19), -EINVAL);
	assert_int_equal(seal_int_parse(&v, "-9223372036854775809", 20), -EINVAL);
	assert_int_equal(seal_int_parse(&v, "-", 1), -EINVAL);
	assert_int_equal(seal_int_parse(&v, "", 0), -EINVAL);
}

static void test_entries(void **state)
{
	struct seal_ref ref = { .id = INT64_MAX, .version = 7, .kind = 9, .home = 63, .table = 1 };
	uint8_t entry[SEAL_ENTRY_SIZE], leaf[SEAL_HASH_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	char text[SEAL_REF_TEXT_SIZE];
	struct seal_ref got;

	seal_entry_put(entry, &ref, leaf);
	seal_entry_get(entry, &got);
	assert_int_equal(seal_ref_cmp(&ref, &got), 0);
	assert_true(seal_entry_fits(entry, leaf));
	leaf[7] ^= 1;
	assert_false(seal_entry_fits(entry, leaf));
	got.kind--;
	assert_true(seal_ref_cmp(&ref, &got) > 0);
	ref = (struct seal_ref){ .id = 708644638094485550, .version = 2 };
	assert_string_equal(seal_ref_format(text, &ref),
			    "journal of value 0708 6446 3809 4485 5501 version 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_rows),
		cmocka_unit_test(test_every_column_counts),
		cmocka_unit_test(test_rows_that_are_refused),
		cmocka_unit_test(test_names_of_tables),
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_a_node_is_no_row),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
