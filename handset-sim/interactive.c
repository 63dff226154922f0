/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/console.h"
#include "handset-sim/file.h"
#include "handset-sim/interactive.h"
#include "handset-sim/sim.h"
#include "handset-sim/terminal.h"
#include "handset-sim/transfer.h"
#include "handset-sim/wallet_show.h"
#include "lib/value_id.h"

struct interactive {
	struct sim sim;
	struct console *console;
	struct transfer *transfer;
	bool color;
	bool input_ended; /* leaves when the dialogue is over */
	int last_exit; /* of the last dialogue: the exit code when lines come from a pipe */
};

static const char help[] =
	"Dial a code:       *188#\n"
	"Answer a question: type the answer\n"
	"/hangup            ends the dialogue\n"
	"/wallet            values that came to this phone, and what became of them\n"
	"/wallet VALUE      the progress of one\n"
	"/transfer VALUE TO [REFERENCE] [URL]\n"
	"                   hands a value over: to a shop (at its URL), or to another phone\n"
	"/sms TO TEXT       a text by SMS: to the service (188), or to another phone\n"
	"/help              this\n"
	"/quit              or the end of the input\n";

static void prompt(struct interactive *i)
{
	const struct terminal *t = i->sim.terminal;
	const char *name = terminal_number(t)[0] ? terminal_number(t) : t->line.imsi;
	const char *state = !exchange_is_up(i->sim.exchange) ? "no network"
							     : terminal_state_name(t->state);
	char text[128];

	/* \001 and \002 tell readline what takes no place. */
	if (i->sim.ended)
		return;
	snprintf(text, sizeof(text), i->color ? "\001\033[1m\002%s\001\033[0m\002 %s> " : "%s %s> ",
		 name, state);
	console_prompt(i->console, text);
	console_pause(i->console,
		      i->transfer || t->sms_state != TERMINAL_SMS_IDLE ||
			      (t->state != TERMINAL_IDLE && t->state != TERMINAL_ASKED));
}

__attribute__((format(printf, 3, 4))) static void show(struct interactive *i, const char *shade,
						       const char *format, ...)
{
	va_list ap;

	console_write_begin(i->console);
	if (i->color)
		printf("\033[%sm", shade);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("%s\n", i->color ? "\033[0m" : "");
	console_write_end(i->console);
}

static void leave_if_over(struct interactive *i)
{
	const struct terminal *t = i->sim.terminal;

	if (i->input_ended && !i->transfer && t->state == TERMINAL_IDLE &&
	    t->sms_state == TERMINAL_SMS_IDLE)
		sim_end(&i->sim, i->last_exit);
}

static void final_show(struct interactive *i, const char *text)
{
	enum text_kind kind = text_rules_kind(i->sim.rules, text);

	show(i, kind == TEXT_OK ? "32" : "31", "%s", text);
	i->last_exit = text_kind_exit(kind);
}

static void notes_show(struct interactive *i, const struct text_note *notes, size_t n_notes)
{
	char id[VALUE_ID_GROUPED_SIZE];
	size_t n;

	for (n = 0; n < n_notes; n++)
		show(i, "2", "(%s %s in the wallet: %s)", notes[n].amount, notes[n].currency,
		     value_id_format_grouped(id, notes[n].value_id));
}

static void on_event(void *data, const struct terminal_event *event, const struct text_note *notes,
		     size_t n_notes)
{
	struct interactive *i = data;

	if (i->transfer && event->kind != TERMINAL_PUSH && event->kind != TERMINAL_SMS) {
		transfer_event(i->transfer, event);
		prompt(i);
		return;
	}
	switch (event->kind) {
	case TERMINAL_QUESTION:
		show(i, "36", "%s", event->text);
		i->last_exit = EXIT_DIALOGUE;
		if (i->input_ended)
			sim_end(&i->sim, EXIT_DIALOGUE);
		break;
	case TERMINAL_FINAL:
		final_show(i, event->text);
		break;
	case TERMINAL_PUSH:
		show(i, "35", "[message] %s", event->text);
		break;
	case TERMINAL_FAILED:
		show(i, "31", "%s", event->text);
		i->last_exit = sim_failure_exit(event);
		break;
	case TERMINAL_SMS:
		show(i, "35", "[SMS from %s] %s", event->from, event->text);
		break;
	case TERMINAL_SMS_FAILED:
		show(i, "31", "SMS: %s", event->text);
		i->last_exit = sim_failure_exit(event);
		break;
	case TERMINAL_SMS_SENT:
		show(i, "2", "(SMS sent)");
		break;
	case TERMINAL_READY:
		break;
	}
	notes_show(i, notes, n_notes);
	prompt(i);
	leave_if_over(i);
}

static void on_network(void *data)
{
	prompt(data);
}

static void on_progress(void *data, const char *line)
{
	show(data, "36", "%s", line);
}

static void on_done(void *data, int exit_code, const char *text)
{
	struct interactive *i = data;

	i->transfer = NULL;
	i->last_exit = exit_code;
	show(i, exit_code == EXIT_OK ? "32" : "31", "%s", text);
	prompt(i);
	leave_if_over(i);
}

static const struct transfer_handler transfer_handler = {
	.progress = on_progress,
	.done = on_done,
};

static void wallet_command(struct interactive *i, const char *value)
{
	struct wallet *w = purse_wallet(&i->sim.purse, i->sim.terminal);
	const struct wallet_note *note;
	int64_t id;

	if (!w) {
		show(i, "31", "There is no wallet: the phone's number is not known, or see above.");
		return;
	}
	if (value && value_id_parse(&id, value, strlen(value)) < 0) {
		show(i, "31", "%s is not a value id", value);
		return;
	}
	console_write_begin(i->console);
	note = value ? wallet_find(w, id) : NULL;
	if (note)
		wallet_note_draw(stdout, note, i->color);
	else if (value)
		printf("This value is not in the wallet.\n");
	else
		wallet_list_print(stdout, w);
	console_write_end(i->console);
}

static void transfer_command(struct interactive *i, char *args)
{
	struct transfer_order order = { .reference = "", .shop_url = i->sim.options->shop_url };
	char *save = NULL, *value = strtok_r(args, " ", &save), *to = strtok_r(NULL, " ", &save);
	char *word;
	const char *wrong;

	while ((word = strtok_r(NULL, " ", &save))) {
		if (strncmp(word, "http", 4) == 0)
			order.shop_url = word;
		else
			order.reference = word;
	}
	if (!value || !to || i->transfer || i->sim.terminal->state != TERMINAL_IDLE) {
		show(i, "31",
		     !value || !to ? "/transfer VALUE TO [REFERENCE] [URL]" : "The phone is busy.");
		return;
	}
	if (strlen(to) >= 7 || to[0] == '+')
		order.shop_url = NULL;
	wrong = transfer_order_parse(&order, value, to, i->sim.options);
	if (wrong)
		show(i, "31", "%s", wrong);
	else
		i->transfer = transfer_start(i->sim.ctx, i->sim.terminal, &i->sim.purse,
					     i->sim.options, &order, &transfer_handler, i);
}

static void sms_command(struct interactive *i, char *args)
{
	char *save = NULL, *to = strtok_r(args, " ", &save), *text = to ? save : NULL;
	int rc;

	if (!text || !*text) {
		show(i, "31", "/sms TO TEXT");
		return;
	}
	rc = terminal_sms(i->sim.terminal, to, text);
	if (rc == -EBUSY)
		show(i, "31", "The SMS before is still on its way.");
	else if (rc < 0)
		show(i, "31", "This cannot be sent to %s: %s", to, strerror(-rc));
}

static void hangup_command(struct interactive *i)
{
	if (i->transfer)
		transfer_cancel(i->transfer);
	else if (terminal_hangup(i->sim.terminal) == -EBUSY)
		show(i, "31", "There is nothing to hang up.");
	i->transfer = NULL;
}

static bool is_command(const char *line, const char *name)
{
	size_t len = strlen(name);

	return strncmp(line, name, len) == 0 && (line[len] == ' ' || line[len] == '\0');
}

static void command(struct interactive *i, char *line)
{
	char *rest = line + strcspn(line, " ");

	rest += strspn(rest, " ");
	if (is_command(line, "/help"))
		show(i, "0", "%s", help);
	else if (is_command(line, "/wallet"))
		wallet_command(i, *rest ? rest : NULL);
	else if (is_command(line, "/transfer"))
		transfer_command(i, rest);
	else if (is_command(line, "/hangup"))
		hangup_command(i);
	else if (is_command(line, "/sms"))
		sms_command(i, rest);
	else if (is_command(line, "/quit"))
		sim_end(&i->sim, EXIT_OK);
	else
		show(i, "31", "There is no such command; /help tells what there is.");
}

static void send(struct interactive *i, const char *text)
{
	struct terminal *t = i->sim.terminal;
	int rc = t->state == TERMINAL_ASKED ? terminal_answer(t, text) : terminal_dial(t, text);

	if (rc == -EBUSY)
		show(i, "31", "The network has not answered yet; /hangup ends the dialogue.");
	else if (rc < 0)
		show(i, "31", "This cannot be sent: %s", strerror(-rc));
}

static void on_line(void *data, const char *line)
{
	struct interactive *i = data;
	char *copy;

	if (i->sim.ended)
		return;
	if (!line) {
		/* A person leaves when he wants; what was piped is waited for. */
		i->input_ended = true;
		if (console_is_terminal(i->console))
			sim_end(&i->sim, EXIT_OK);
		else if (i->sim.terminal->state == TERMINAL_ASKED)
			sim_end(&i->sim, EXIT_DIALOGUE);
		else
			leave_if_over(i);
		return;
	}
	copy = talloc_strdup(NULL, line + strspn(line, " "));
	if (*copy == '/')
		command(i, copy);
	else if (*copy && i->transfer)
		show(i, "31", "A transfer is under way; /hangup gives it up.");
	else if (*copy)
		send(i, copy);
	talloc_free(copy);
	prompt(i);
}

/* ^C ends the dialogue, and where there is none the program; so the terminal is left as it was. */
static void on_signal(struct osmo_signalfd *sfd, const struct signalfd_siginfo *info)
{
	struct interactive *i = sfd->data;

	if (i->sim.ended) /* the SMSC is being closed */
		return;
	if (info->ssi_signo == SIGINT && (i->transfer || i->sim.terminal->state != TERMINAL_IDLE)) {
		hangup_command(i);
		prompt(i);
		return;
	}
	sim_end(&i->sim, EXIT_OK);
}

static bool signals_catch(struct interactive *i)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return sigprocmask(SIG_BLOCK, &set, NULL) == 0 &&
	       osmo_signalfd_setup(i->sim.ctx, set, on_signal, i);
}

static char *history_path(void *ctx, const struct options *o)
{
	const char *dir = sim_wallet_dir(ctx, o);

	return file_make_dir(dir) < 0 ? NULL : talloc_asprintf(ctx, "%s/history", dir);
}

int interactive_main(void *ctx, const struct options *o)
{
	struct interactive i = { 0 };
	int rc = sim_open(&i.sim, ctx, o);

	if (rc != EXIT_OK)
		return rc;
	i.sim.event = on_event;
	i.sim.network = on_network;
	i.sim.data = &i;
	i.console = console_open(ctx, history_path(ctx, o), on_line, &i);
	if (!i.console || !signals_catch(&i)) {
		fprintf(stderr, "tegata-handset: standard input or signals cannot be waited for\n");
		console_close(i.console);
		sim_close(&i.sim);
		return EXIT_LOCAL;
	}
	i.color = console_is_terminal(i.console) && !o->no_color && !getenv("NO_COLOR");
	if (console_is_terminal(i.console))
		show(&i, "2", "/help tells what can be typed.");
	/* So that the number is known and pushes arrive. */
	if (exchange_via(i.sim.exchange) == EXCHANGE_VIA_HLR && terminal_attach(i.sim.terminal) < 0)
		show(&i, "31", "no location update");
	prompt(&i);
	rc = sim_run(&i.sim);
	transfer_cancel(i.transfer);
	console_close(i.console);
	sim_close(&i.sim);
	return rc;
}
