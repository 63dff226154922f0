/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/dialogue_page.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/gsm_text.h"

/* A cut at a line's end or a space may leave at most half of a page empty. */
#define FILL_MIN(len) ((len) / 2)

static bool put(char *out, size_t *at, const char *text, size_t len)
{
	if (len >= PAGE_SIZE_MAX - *at)
		return false;
	memcpy(out + *at, text, len);
	*at += len;
	out[*at] = '\0';
	return true;
}

static bool put_text(char *out, size_t *at, const char *text)
{
	return put(out, at, text, strlen(text));
}

/* The lines below a page: how to turn it, and the foot. */
static bool put_below(char *out, size_t *at, const struct page_frame *f, bool first, bool last)
{
	bool more = !last || f->more_behind, previous = !first || f->more_before;

	if ((more || previous) && !put(out, at, "\n", 1))
		return false;
	if (more && !put_text(out, at, f->more))
		return false;
	if (more && previous && !put(out, at, " ", 1))
		return false;
	if (previous && !put_text(out, at, f->previous))
		return false;
	return !last || !f->foot || (put(out, at, "\n", 1) && put_text(out, at, f->foot));
}

/* Puts a page together: part of the body and the lines below.  False: it does not fit.  Without
 * printf(): for most dialogues this is done twice. */
static bool compose(char *out, const struct page_frame *f, const char *part, size_t len, bool first,
		    bool last)
{
	size_t at = 0;
	uint8_t dcs;
	int n;

	while (len > 0 && part[len - 1] == '\n')
		len--;
	if (!put(out, &at, part, len) || !put_below(out, &at, f, first, last))
		return false;
	n = gsm_text_ussd_octets(out, at, &dcs);
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
	const char *text = frame->body;
	struct page page;
	size_t taken;
	unsigned int n;

	page.last = false;
	for (n = 0; n < PAGES_MAX && !page.last; n++) {
		page.first = n == 0;
		if (make_at(&page, frame, text, &taken) < 0)
			break;
		text += taken;
	}
	return n > 0 ? n : 1;
}
