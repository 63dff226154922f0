/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A shell command of a script, run beside the select loop, so that phones go on
 * being served.  The script's variables are its environment; what it writes is
 * kept up to a bound.  It runs in a process group of its own, which is killed
 * when it is given up.
 */
#include <stddef.h>

struct script_shell;
struct script_vars;

#define SHELL_OUTPUT_MAX 65536

/* ended is called once, from the select loop; status as of waitpid(2).  NULL with *error. */
struct script_shell *script_shell_start(void *ctx, const char *command,
					const struct script_vars *vars,
					void (*ended)(void *data, int status), void *data,
					int *error) __attribute__((warn_unused_result));
/* What it wrote to its standard output, without the line ends behind; after ended().  talloc'd. */
char *script_shell_output(void *ctx, struct script_shell *s);
/* Kills it where it still runs. */
void script_shell_free(struct script_shell *s);
