/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What became of the tests of the scripts: for people, as TAP (version 13), as
 * JUnit XML for build servers.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct script_report;

struct script_result {
	const char *file, *test;
	double seconds;
	bool passed;
	bool updated; /* passed because the file was changed */
	unsigned int line; /* of what failed */
	const char *why;
	const char *expected, *actual; /* NULL: not a matter of texts */
};

/* tap: results as TAP on out, else lines for people.  color only for those. */
struct script_report *script_report_new(void *ctx, FILE *out, bool tap, bool color);
/* Told at once, and kept for the end. */
void script_report_add(struct script_report *r, const struct script_result *result);
/* The plan of TAP, or the sum for people. */
void script_report_end(struct script_report *r);
size_t script_report_failures(const struct script_report *r);
/* Negative errno. */
int script_report_junit(const struct script_report *r, const char *path)
	__attribute__((warn_unused_result));

/* Character data and attribute values of XML 1.0: escaped; what XML cannot hold becomes '?'. */
void xml_text(FILE *out, const char *text);
