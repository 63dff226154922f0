/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <osmocom/core/talloc.h>

#include "handset-sim/file.h"
#include "handset-sim/script_report.h"

static char *escaped(const char *text)
{
	static char buf[256];
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	xml_text(f, text);
	fclose(f);
	strncpy(buf, out, sizeof(buf) - 1);
	free(out);
	return buf;
}

static void test_xml(void **state)
{
	assert_string_equal(escaped("a<b>&\"c\"\n"), "a&lt;b&gt;&amp;&quot;c&quot;&#10;");
	assert_string_equal(escaped("\x01\x1b[31m\t"), "??[31m\t");
	assert_string_equal(escaped("円\xff\xc3"), "円??");
	assert_string_equal(escaped("\xef\xbf\xbf"), "?");
	assert_string_equal(escaped("]]>"), "]]&gt;");
}

static struct script_report *report_fill(void *ctx, FILE *out, bool tap)
{
	struct script_report *r = script_report_new(ctx, out, tap, false);
	struct script_result good = { .file = "a.hs", .test = "buys \"it\"", .passed = true };
	struct script_result bad = {
		.file = "a.hs",
		.test = "fails",
		.line = 7,
		.why = "alice: <other>",
		.expected = "one\ntwo",
		.actual = "one\nthree & four\nfive",
	};

	script_report_add(r, &good);
	script_report_add(r, &bad);
	script_report_end(r);
	return r;
}

static void test_tap(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct script_report *r = report_fill(NULL, out, true);

	fclose(out);
	assert_string_equal(text, "TAP version 13\n"
				  "ok 1 - a.hs: buys \"it\"\n"
				  "not ok 2 - a.hs: fails\n"
				  "# a.hs:7: alice: <other>\n"
				  "#   one\n"
				  "# - two\n"
				  "# + three & four\n"
				  "# + five\n"
				  "1..2\n");
	free(text);
	talloc_free(r);
}

static void test_junit(void **state)
{
	char path[] = "/tmp/tegata-junit-XXXXXX", *content, *text = NULL;
	size_t len, text_len;
	FILE *out = open_memstream(&text, &text_len);
	struct script_report *r = report_fill(NULL, out, false);
	int error, fd = mkstemp(path);

	fclose(out);
	close(fd);
	assert_int_equal(script_report_junit(r, path), 0);
	content = file_read(NULL, path, 65536, &len, &error);
	assert_non_null(strstr(content, "tests=\"2\" failures=\"1\""));
	assert_non_null(strstr(content, "name=\"buys &quot;it&quot;\" time=\"0.000\"/>"));
	assert_non_null(strstr(content, "<failure message=\"alice: &lt;other&gt;\">a.hs:7"));
	assert_non_null(strstr(content, "three &amp; four"));
	assert_true(script_report_junit(r, "/nonexistent/dir/x") < 0);
	talloc_free(content);
	talloc_free(r);
	free(text);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xml),
		cmocka_unit_test(test_tap),
		cmocka_unit_test(test_junit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
