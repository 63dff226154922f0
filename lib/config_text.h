/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What libosmovty 1.7 would read wrongly of a configuration file, or never end
 * reading, is found before it does:
 *
 *  - a first command that is indented (one that is not, further on, makes it
 *    look for the parent of the topmost node for ever);
 *  - a line longer than its buffer, whose rest it takes for a line of its own,
 *    also where the line was a comment;
 *  - a NUL, behind which it reads nothing of the line, and other control
 *    characters.
 */
#include <stddef.h>
#include <stdio.h>

#define CONFIG_TEXT_LINE_MAX 510 /* octets; VTY_BUFSIZ with line end and NUL */
#define CONFIG_TEXT_WHY_SIZE 96

/* Reads to the end.  0; -EINVAL with why ("line 3: ..."); negative errno of reading. */
int config_text_check(FILE *file, char why[CONFIG_TEXT_WHY_SIZE])
	__attribute__((warn_unused_result));
