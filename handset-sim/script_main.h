/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once

struct options;

/* "run FILE...": 0, 1 where a test failed, 2 where a file is not a script. */
int script_main(void *ctx, const struct options *o);
