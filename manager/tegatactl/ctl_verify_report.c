/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "lib/json_writer.h"
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_verify.h"

#define FINDING_TEXT_SIZE 384

static struct finding *finding_new(struct verify *v)
{
	if (v->n_findings++ >= VERIFY_FINDINGS_MAX)
		return NULL;
	return &v->findings[v->n_findings - 1];
}

void verify_find(struct verify *v, enum finding_kind kind, int64_t seal, const struct seal_ref *ref)
{
	struct finding *f = finding_new(v);

	if (f)
		*f = (struct finding){ .kind = kind, .seal = seal, .ref = *ref };
}

void verify_find_text(struct verify *v, int64_t seal, const char *format, ...)
{
	struct finding *f = finding_new(v);
	va_list ap;

	if (!f)
		return;
	*f = (struct finding){ .kind = FINDING_OTHER, .seal = seal };
	va_start(ap, format);
	vsnprintf(f->text, sizeof(f->text), format, ap);
	va_end(ap);
}

void verify_break(struct verify *v, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	ctl_error("cannot verify: %s", text);
	v->broken = true;
}

void verify_progress(const struct verify *v)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%" PRIu64 " rows read", v->n_rows);
}

/* A row that is missing in one place and too many in another was moved. */
static const struct finding *moved_to(const struct verify *v, const struct finding *f)
{
	uint64_t n = v->n_findings < VERIFY_FINDINGS_MAX ? v->n_findings : VERIFY_FINDINGS_MAX, i;

	for (i = 0; i < n; i++) {
		if (v->findings[i].kind == FINDING_ADDED &&
		    seal_ref_cmp(&v->findings[i].ref, &f->ref) == 0)
			return &v->findings[i];
	}
	return NULL;
}

static void finding_format(const struct verify *v, const struct finding *f,
			   char text[FINDING_TEXT_SIZE])
{
	char ref[SEAL_REF_TEXT_SIZE];
	const struct finding *to;

	if (f->kind == FINDING_OTHER) {
		snprintf(text, FINDING_TEXT_SIZE, "%s", f->text);
		return;
	}
	seal_ref_format(ref, &f->ref);
	to = f->kind == FINDING_REMOVED ? moved_to(v, f) : NULL;
	if (to && to->seal)
		snprintf(text, FINDING_TEXT_SIZE,
			 "%s: reordered: it was moved among the rows of seal %" PRId64, ref,
			 to->seal);
	else if (to)
		snprintf(text, FINDING_TEXT_SIZE,
			 "%s: reordered: it was moved among rows that are not sealed", ref);
	else
		snprintf(text, FINDING_TEXT_SIZE, "%s: %s", ref,
			 f->kind == FINDING_CHANGED   ? "changed since it was sealed"
			 : f->kind == FINDING_REMOVED ? "removed since it was sealed"
						      : "added since it was sealed");
}

static void findings_print(const struct verify *v)
{
	char text[FINDING_TEXT_SIZE];
	uint64_t i;

	for (i = 0; i < v->n_findings && i < VERIFY_PRINTED_MAX; i++) {
		const struct finding *f = &v->findings[i];

		finding_format(v, f, text);
		if (f->seal)
			printf("%sseal %" PRId64 ": %s\n", i ? "" : "FIRST: ", f->seal, text);
		else
			printf("%s%s\n", i ? "" : "FIRST: ", text);
	}
	if (v->n_findings > i)
		printf("and %" PRIu64 " more\n", v->n_findings - i);
}

static void counts_print(const struct verify *v)
{
	printf("%" PRIu64 " seals, %" PRIu64 " rows of history: %" PRIu64 " sealed, %" PRIu64
	       " not yet",
	       v->n_seals, v->n_rows, v->n_sealed, v->n_unsealed);
	printf("\n%" PRIu64 " values and %" PRIu64 " accounts against it\n", v->n_values,
	       v->n_accounts);
	if (v->n_published)
		printf("%" PRIu64 " published seals\n", v->n_published);
	if (v->n_lost)
		printf("note: %" PRIu64 " published seals, of %" PRIu64
		       " rows, were lost in a restore "
		       "that a later epoch declares; what is here of their rows was sealed again\n",
		       v->n_lost, v->n_lost_rows);
	if (!strcmp(v->sealing, "off"))
		printf("note: sealing is off\n");
}

static void report_json(const struct verify *v)
{
	char text[FINDING_TEXT_SIZE];
	struct json_writer w;
	uint64_t i;
	int len;

	json_writer_init_growing(&w, NULL, 1 << 20);
	json_write_object(&w, NULL);
	json_write_bool(&w, "verified", v->n_findings == 0);
	json_write_int(&w, "seals", v->n_seals);
	json_write_int(&w, "rows", v->n_rows);
	json_write_int(&w, "rows_sealed", v->n_sealed);
	json_write_int(&w, "rows_not_sealed", v->n_unsealed);
	json_write_int(&w, "published", v->n_published);
	json_write_int(&w, "lost", v->n_lost);
	json_write_int(&w, "found", v->n_findings);
	json_write_array(&w, "findings");
	for (i = 0; i < v->n_findings && i < VERIFY_PRINTED_MAX; i++) {
		finding_format(v, &v->findings[i], text);
		json_write_object(&w, NULL);
		json_write_int(&w, "seal", v->findings[i].seal);
		json_write_string(&w, "what", text);
		json_write_object_end(&w);
	}
	json_write_array_end(&w);
	json_write_object_end(&w);
	len = json_writer_finish(&w);
	if (len > 0)
		printf("%.*s\n", len, w.buf);
	talloc_free(w.buf);
}

void verify_report(struct verify *v)
{
	if (isatty(STDERR_FILENO) && v->n_rows >= 1000000)
		fputc('\n', stderr);
	if (v->ctl->format == CTL_JSON) {
		report_json(v);
		return;
	}
	findings_print(v);
	counts_print(v);
	printf(v->n_findings ? "NOT VERIFIED: %" PRIu64 " findings\n"
			     : "verified: history is what was sealed\n",
	       v->n_findings);
}
