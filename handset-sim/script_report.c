/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/file.h"
#include "handset-sim/script_report.h"
#include "lib/utf8.h"

struct report_item {
	struct llist_head list;
	struct script_result result;
};

struct script_report {
	FILE *out;
	bool tap, color;
	struct llist_head items;
	size_t n, n_failed;
	double seconds;
};

struct script_report *script_report_new(void *ctx, FILE *out, bool tap, bool color)
{
	struct script_report *r = talloc_zero(ctx, struct script_report);

	OSMO_ASSERT(r);
	INIT_LLIST_HEAD(&r->items);
	r->out = out;
	r->tap = tap;
	r->color = color;
	if (tap)
		fprintf(out, "TAP version 13\n");
	return r;
}

static void line_print(FILE *out, const char *indent, const char *sign, const char *line,
		       size_t len, const char *shade)
{
	fprintf(out, "%s%s%s %.*s%s\n", indent, shade, sign, (int)len, line,
		*shade ? "\033[0m" : "");
}

static size_t line_len(const char *text)
{
	return strcspn(text, "\n");
}

static const char *line_next(const char *text)
{
	text += line_len(text);
	return *text ? text + 1 : NULL;
}

/* Line by line, marked where they differ; indented. */
static void diff_print(FILE *out, const char *expected, const char *actual, const char *indent,
		       bool color)
{
	const char *red = color ? "\033[31m" : "", *green = color ? "\033[32m" : "";

	while (expected || actual) {
		bool same = expected && actual && line_len(expected) == line_len(actual) &&
			    memcmp(expected, actual, line_len(expected)) == 0;

		if (same) {
			line_print(out, indent, " ", expected, line_len(expected), "");
		} else {
			if (expected)
				line_print(out, indent, "-", expected, line_len(expected), red);
			if (actual)
				line_print(out, indent, "+", actual, line_len(actual), green);
		}
		expected = expected ? line_next(expected) : NULL;
		actual = actual ? line_next(actual) : NULL;
	}
}

static void failure_print(const struct script_report *r, const struct script_result *t,
			  const char *indent)
{
	fprintf(r->out, "%s%s:%u: %s\n", indent, t->file, t->line, t->why);
	if (t->expected && t->actual)
		diff_print(r->out, t->expected, t->actual, indent, r->color);
}

static void result_print(const struct script_report *r, const struct script_result *t)
{
	const char *word = !t->passed ? "FAIL" : t->updated ? "NEW " : "ok  ";
	const char *shade = !t->passed ? "\033[31m" : "\033[32m";

	if (r->tap) {
		fprintf(r->out, "%s %zu - %s: %s\n", t->passed ? "ok" : "not ok", r->n, t->file,
			t->test);
		if (!t->passed)
			failure_print(r, t, "# ");
	} else {
		fprintf(r->out, "%s%s%s %s: %s (%.2f s)\n", r->color ? shade : "", word,
			r->color ? "\033[0m" : "", t->file, t->test, t->seconds);
		if (!t->passed)
			failure_print(r, t, "    ");
	}
	fflush(r->out);
}

void script_report_add(struct script_report *r, const struct script_result *result)
{
	struct report_item *item = talloc_zero(r, struct report_item);

	OSMO_ASSERT(item);
	item->result = *result;
	item->result.file = talloc_strdup(item, result->file);
	item->result.test = talloc_strdup(item, result->test);
	item->result.why = talloc_strdup(item, result->why ? result->why : "");
	item->result.expected = result->expected ? talloc_strdup(item, result->expected) : NULL;
	item->result.actual = result->actual ? talloc_strdup(item, result->actual) : NULL;
	llist_add_tail(&item->list, &r->items);
	r->n++;
	r->n_failed += !result->passed;
	r->seconds += result->seconds;
	result_print(r, &item->result);
}

void script_report_end(struct script_report *r)
{
	if (r->tap)
		fprintf(r->out, "1..%zu\n", r->n);
	else
		fprintf(r->out, "%zu tests, %zu failed, %.2f s\n", r->n, r->n_failed, r->seconds);
	fflush(r->out);
}

size_t script_report_failures(const struct script_report *r)
{
	return r->n_failed;
}

/* XML 1.0 section 2.2: of the control characters only tab, line feed and carriage return. */
static bool is_xml(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0xfffe && c != 0xffff);
}

void xml_text(FILE *out, const char *text)
{
	while (*text) {
		uint32_t c;
		int len = utf8_take(&c, text, strlen(text));

		if (len < 0 || !is_xml(c))
			fputc('?', out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '&')
			fputs("&amp;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c == '\n')
			fputs("&#10;", out);
		else
			fwrite(text, 1, len, out);
		text += len < 0 ? 1 : len;
	}
}

static void junit_failure(FILE *out, const struct script_result *t)
{
	fputs(">\n    <failure message=\"", out);
	xml_text(out, t->why);
	fprintf(out, "\">");
	xml_text(out, t->file);
	fprintf(out, ":%u", t->line);
	if (t->expected && t->actual) {
		fputs("&#10;expected:&#10;", out);
		xml_text(out, t->expected);
		fputs("&#10;came:&#10;", out);
		xml_text(out, t->actual);
	}
	fputs("</failure>\n  </testcase>\n", out);
}

static void junit_print(const struct script_report *r, FILE *out)
{
	const struct report_item *item;

	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuite name=\"tegata-handset\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
		"time=\"%.3f\">\n",
		r->n, r->n_failed, r->seconds);
	llist_for_each_entry (item, &r->items, list) {
		const struct script_result *t = &item->result;

		fputs("  <testcase classname=\"", out);
		xml_text(out, t->file);
		fputs("\" name=\"", out);
		xml_text(out, t->test);
		fprintf(out, "\" time=\"%.3f\"", t->seconds);
		if (t->passed)
			fputs("/>\n", out);
		else
			junit_failure(out, t);
	}
	fputs("</testsuite>\n", out);
}

int script_report_junit(const struct script_report *r, const char *path)
{
	char *content = NULL;
	size_t len;
	FILE *out = open_memstream(&content, &len);
	int rc;

	if (!out)
		return -errno;
	junit_print(r, out);
	if (fclose(out) != 0)
		return -errno;
	rc = file_replace(path, content, len, 0644);
	free(content);
	return rc;
}
