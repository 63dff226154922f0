/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/console.h"

#define HISTORY_LINES_MAX 1000
#define PIPE_LINE_MAX 1024

struct console {
	struct osmo_fd input;
	bool terminal;
	bool installed; /* readline's line handler */
	bool writing;
	bool in_line; /* readline shows the prompt when the line was dealt with */
	bool paused, ended; /* of a pipe */
	char *history;
	char *typed; /* while something else is written */
	int point;
	char prompt[128];
	char buf[PIPE_LINE_MAX];
	size_t len;
	void (*line)(void *data, const char *line);
	void *data;
};

static struct console *the_console;

static void line_typed(char *line)
{
	struct console *c = the_console;

	if (!line) {
		rl_callback_handler_remove();
		c->installed = false;
		putchar('\n');
	} else if (*line) {
		add_history(line);
	}
	c->in_line = true;
	c->line(c->data, line);
	c->in_line = false;
	free(line);
}

static int on_typed(struct osmo_fd *ofd, unsigned int what)
{
	struct console *c = ofd->data;

	if (c->installed)
		rl_callback_read_char();
	return 0;
}

/* Whole lines of what was read; a line that is too long is cut. */
static void lines_take(struct console *c)
{
	char *nl;

	while (!c->paused && ((nl = memchr(c->buf, '\n', c->len)) || c->len == sizeof(c->buf) ||
			      (c->ended && c->len > 0))) {
		size_t len = nl ? (size_t)(nl - c->buf) : c->len, taken = len + (nl != NULL);
		char *line = talloc_strndup(NULL, c->buf, len);

		c->len -= taken;
		memmove(c->buf, c->buf + taken, c->len);
		c->line(c->data, line);
		talloc_free(line);
	}
	if (c->ended && !c->paused && c->len == 0)
		c->line(c->data, NULL);
	else if (!c->ended)
		osmo_fd_update_when(&c->input, 0, c->len < sizeof(c->buf) ? OSMO_FD_READ : 0);
}

static int on_piped(struct osmo_fd *ofd, unsigned int what)
{
	struct console *c = ofd->data;
	ssize_t n = read(ofd->fd, c->buf + c->len, sizeof(c->buf) - c->len);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n > 0) {
		c->len += n;
	} else {
		c->ended = true;
		osmo_fd_unregister(ofd);
	}
	lines_take(c);
	return 0;
}

struct console *console_open(void *ctx, const char *history,
			     void (*line)(void *data, const char *line), void *data)
{
	struct console *c = talloc_zero(ctx, struct console);

	OSMO_ASSERT(c && !the_console);
	the_console = c;
	c->terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	c->line = line;
	c->data = data;
	osmo_fd_setup(&c->input, STDIN_FILENO, OSMO_FD_READ, c->terminal ? on_typed : on_piped, c,
		      0);
	if (osmo_fd_register(&c->input) < 0) {
		the_console = NULL;
		talloc_free(c);
		return NULL;
	}
	rl_catch_signals = 0; /* the owner does */
	if (c->terminal && history) {
		c->history = talloc_strdup(c, history);
		using_history();
		stifle_history(HISTORY_LINES_MAX);
		read_history(c->history);
	}
	return c;
}

void console_close(struct console *c)
{
	if (!c)
		return;
	if (c->installed)
		rl_callback_handler_remove();
	if (osmo_fd_is_registered(&c->input))
		osmo_fd_unregister(&c->input);
	if (c->history && write_history(c->history) == 0)
		chmod(c->history, 0600);
	the_console = NULL;
	talloc_free(c);
}

void console_pause(struct console *c, bool paused)
{
	if (c->terminal || c->paused == paused)
		return;
	c->paused = paused;
	if (!paused)
		lines_take(c);
}

bool console_is_terminal(const struct console *c)
{
	return c->terminal;
}

void console_prompt(struct console *c, const char *prompt)
{
	OSMO_STRLCPY_ARRAY(c->prompt, prompt);
	if (!c->terminal || c->writing)
		return;
	if (!c->installed) {
		rl_callback_handler_install(c->prompt, line_typed);
		c->installed = true;
		return;
	}
	rl_set_prompt(c->prompt);
	if (!c->in_line)
		rl_redisplay();
}

void console_write_begin(struct console *c)
{
	c->writing = true;
	if (!c->installed || c->in_line)
		return;
	c->point = rl_point;
	c->typed = rl_copy_text(0, rl_end);
	rl_save_prompt();
	rl_replace_line("", 0);
	rl_redisplay();
}

void console_write_end(struct console *c)
{
	fflush(stdout);
	c->writing = false;
	if (!c->installed || c->in_line)
		return;
	rl_restore_prompt();
	rl_replace_line(c->typed, 0);
	rl_point = c->point;
	free(c->typed);
	c->typed = NULL;
	rl_set_prompt(c->prompt);
	rl_on_new_line();
	rl_redisplay();
}
