/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once

struct options;

/* The phone in a tester's hand; until /quit or the end of the input. */
int interactive_main(void *ctx, const struct options *o);
