/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What was completed in an earlier dialogue whose end nobody can be sure was seen. */
#include <stddef.h>

struct dialogue;

/* "Done 10:02: bought 500 JPY, value 0712 3456 ..." in the dialogue's language. */
void menu_unseen_text(const struct dialogue *d, char *out, size_t size);
