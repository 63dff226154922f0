/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/dialogue_page.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/gsm_text.h"

/* A cut at a line's end or a space may leave at most half of a page empty. */
#define FILL_MIN(len) ((len) / 2)

/* Puts a page together: part of the body and the lines below.  False: it does not fit. */
static bool compose(char *out, const struct page_frame *f, const char *part, size_t len, bool first,
		    bool last)
{
	bool more = !last || f->more_behind, previous = !first || f->more_before;
	const char *foot = last ? f->foot : NULL;
	uint8_t dcs;
	int n;

	while (len > 0 && part[len - 1] == '\n')
		len--;
	n = snprintf(out, PAGE_SIZE_MAX, "%.*s%s%s%s%s%s%s", (int)len, part,
		     more || previous ? "\n" : "", more ? f->more : "", more && previous ? " " : "",
		     previous ? f->previous : "", foot ? "\n" : "", foot ? foot : "");
	if (n < 0 || n >= PAGE_SIZE_MAX)
		return false;
	n = gsm_text_ussd_octets(out, n, &dcs);
	return n >= 0 && (size_t)n <= f->max_octets;
}

static size_t character_start(const char *text, size_t at)
{
	while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	return at;
}

/* The longest part (whole characters, at most len octets) that fits; 0: none. */
static size_t longest_fit(char *out, const struct page_frame *f, const char *part, size_t len,
			  bool first)
{
	size_t fits = 0, too_long = len + 1;

	/* What a page needs only grows with its text, so that halving finds the edge. */
	while (too_long - fits > 1) {
		size_t middle = fits + (too_long - fits) / 2;
		size_t try = middle < len ? character_start(part, middle) : len;

		if (try <= fits) {
			/* No character ends between fits and middle: look above. */
			try = middle;
			while (try < len && ((unsigned char)part[try] & 0xc0) == 0x80)
				try++;
			if (try >= too_long)
				break;
		}
		if (compose(out, f, part, try, first, false))
			fits = try;
		else
			too_long = try;
	}
	return fits;
}

/* A line's end, a sentence's end where no spaces are written, a space: in this order. */
static size_t nice_cut(const char *part, size_t fits)
{
	static const char *const marks[] = { "\n", "\xe3\x80\x82", " " };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		size_t len = strlen(marks[i]);

		if (part[fits] == marks[i][0] && len == 1)
			return fits;
		for (size_t at = fits; at > FILL_MIN(fits) && at >= len; at--) {
			if (memcmp(part + at - len, marks[i], len) == 0)
				return at;
		}
	}
	return fits;
}

/* Makes the page that starts at text; *taken is how much of it stands there. */
static int make_at(struct page *page, const struct page_frame *f, const char *text, size_t *taken)
{
	size_t whole = strcspn(text, "\f");
	size_t fits;

	page->last = text[whole] == '\0';
	*taken = whole + !page->last;
	if (compose(page->text, f, text, whole, page->first, page->last))
		return 0;
	fits = longest_fit(page->text, f, text, whole, page->first);
	if (fits == 0)
		return -EMSGSIZE;
	page->last = false;
	/* Where only the foot did not fit, something must go to the next page with it. */
	*taken = nice_cut(text, fits < whole ? fits : character_start(text, whole - 1));
	if (*taken == 0 || !compose(page->text, f, text, *taken, page->first, false))
		return -EMSGSIZE;
	*taken += strspn(text + *taken, "\n ");
	return 0;
}

int page_make(struct page *page, const struct page_frame *frame, unsigned int n)
{
	const char *text = frame->body;

	for (unsigned int i = 0; i < PAGES_MAX; i++) {
		size_t taken;
		int rc;

		page->first = i == 0;
		rc = make_at(page, frame, text, &taken);
		if (rc < 0)
			return rc;
		if (i == n)
			return 0;
		if (page->last)
			return -ENOENT;
		text += taken;
	}
	return -ENOENT;
}

unsigned int page_count(const struct page_frame *frame)
{
	struct page page;
	unsigned int n = 0;

	while (n < PAGES_MAX && page_make(&page, frame, n) == 0)
		n++;
	return n > 0 ? n : 1;
}
