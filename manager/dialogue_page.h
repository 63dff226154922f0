/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Cuts a text into pages that a link takes, in whatever coding each page gets.
 *
 *   +--------------------+      +--------------------+
 *   | first part of body |      | last part of body  |
 *   | * More             | ---> | # Previous         |
 *   +--------------------+      | 0 Back 00 End      |
 *                               +--------------------+
 *
 * Cuts at a line's or a sentence's end where one is near enough, else at a space, else between two
 * characters.  A form feed in the body is a page's end wherever it stands.
 */
#include <stdbool.h>
#include <stddef.h>

#define PAGE_SIZE_MAX 640 /* UTF-8 of a page, with NUL */
#define PAGES_MAX 64 /* of one body */

struct page_frame {
	const char *body; /* UTF-8 */
	const char *foot; /* on the last page; NULL: none */
	const char *more, *previous; /* how to turn the page */
	bool more_behind; /* there is more than this body: the last page has "more" too */
	bool more_before; /* the first page has "previous" too */
	size_t max_octets; /* of a ussd-String */
};

struct page {
	char text[PAGE_SIZE_MAX];
	bool first, last; /* of the body */
};

/* Page number n, from 0.  -ENOENT: there is none; -EMSGSIZE: what must stand on every page
 * leaves no room for a character. */
int page_make(struct page *page, const struct page_frame *frame, unsigned int n)
	__attribute__((warn_unused_result));
/* How many pages there are, 1..PAGES_MAX. */
unsigned int page_count(const struct page_frame *frame);
