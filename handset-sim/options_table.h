/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What options there are: one table from which parsing, environment and --help come. */
#include <stddef.h>
#include <stdint.h>

enum option_type { OPTION_STRING, OPTION_FLAG, OPTION_NUMBER, OPTION_DURATION, OPTION_LIST };

struct option_def {
	const char *section; /* heading of --help; NULL: the same as before */
	const char *name;
	enum option_type type;
	size_t offset; /* in struct options */
	size_t has_offset; /* bool that is set with it; 0: none */
	const char *argument;
	const char *help;
	uint32_t min, max; /* of numbers */
};

extern const struct option_def option_table[];
extern const size_t option_table_size;
