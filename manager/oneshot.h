/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What a terminal dials: *188# for the menu, *188*3*value*number# for all at once,
 * and anything between, which enters the menu where something is still missing.
 *
 *   *188*1*amount#                   *188*5*value#     *188*0#  help
 *   *188*3*value*number#             *188*6#           *188*7#
 *   *188*4*value*shop*reference#     *188*2#           *188*9#  PIN, which is never
 *                                                              part of a code
 */
#include <stddef.h>

#define ONESHOT_TEXT_SIZE 184 /* a ussd-String has at most 182 characters */
#define ONESHOT_FIELDS_MAX 3 /* behind the action */
#define SERVICE_CODE_SIZE 8

enum oneshot_kind {
	ONESHOT_OURS,
	ONESHOT_OTHER, /* a code of another service */
	ONESHOT_WRONG, /* not a code, or one that we do not know */
};

struct oneshot {
	enum oneshot_kind kind;
	char action; /* '0'..'7', '9'; NUL: the menu */
	unsigned int n_fields; /* given, an empty last one of *188*4 included */
	const char *fields[ONESHOT_FIELDS_MAX]; /* into text */
	char text[ONESHOT_TEXT_SIZE];
};

/* Never fails: what cannot be understood is ONESHOT_WRONG.  The fields are not looked into.  The
 * reference, being last, may have '*' and '#' in it; "*188*4*value*shop*#" says there is none. */
void oneshot_parse(struct oneshot *code, const char *dialled, const char *service_code);
