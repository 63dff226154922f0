/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "handset-sim/script_shell.h"
#include "handset-sim/script_vars.h"

#define POLL_US 5000

struct script_shell {
	pid_t pid; /* 0: it has ended */
	int output; /* a file in memory: a child in the background may hold it as long as it likes
		     */
	struct osmo_timer_list poll;
	void (*ended)(void *data, int status);
	void *data;
};

static void on_poll(void *data)
{
	struct script_shell *s = data;
	int status;
	pid_t pid = waitpid(s->pid, &status, WNOHANG);

	if (pid == 0 || (pid < 0 && errno == EINTR)) {
		osmo_timer_schedule(&s->poll, 0, POLL_US);
		return;
	}
	s->pid = 0;
	s->ended(s->data, pid < 0 ? -1 : status);
}

static int shell_destroy(struct script_shell *s)
{
	osmo_timer_del(&s->poll);
	if (s->pid > 0) {
		kill(-s->pid, SIGKILL);
		while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (s->output >= 0)
		close(s->output);
	return 0;
}

static void child_run(const struct script_shell *s, const char *command,
		      const struct script_vars *vars)
{
	size_t i;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a script that is interrupted leaves nothing behind */
	signal(SIGPIPE, SIG_DFL);
	for (i = 0; i < vars->n; i++)
		setenv(vars->vars[i].name, vars->vars[i].value, 1);
	if (dup2(s->output, STDOUT_FILENO) < 0)
		_exit(126);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

struct script_shell *script_shell_start(void *ctx, const char *command,
					const struct script_vars *vars,
					void (*ended)(void *data, int status), void *data,
					int *error)
{
	struct script_shell *s = talloc_zero(ctx, struct script_shell);

	OSMO_ASSERT(s);
	s->ended = ended;
	s->data = data;
	osmo_timer_setup(&s->poll, on_poll, s);
	s->output = memfd_create("shell", MFD_CLOEXEC);
	talloc_set_destructor(s, shell_destroy);
	fflush(NULL);
	s->pid = s->output < 0 ? -1 : fork();
	if (s->pid == 0)
		child_run(s, command, vars);
	if (s->pid < 0) {
		*error = -errno;
		talloc_free(s);
		return NULL;
	}
	setpgid(s->pid, s->pid);
	osmo_timer_schedule(&s->poll, 0, POLL_US);
	return s;
}

char *script_shell_output(void *ctx, struct script_shell *s)
{
	char *out = talloc_size(ctx, SHELL_OUTPUT_MAX + 1);
	ssize_t n = pread(s->output, out, SHELL_OUTPUT_MAX, 0);

	if (n < 0)
		n = 0;
	while (n > 0 && out[n - 1] == '\n')
		n--;
	out[n] = '\0';
	return out;
}

void script_shell_free(struct script_shell *s)
{
	talloc_free(s);
}
