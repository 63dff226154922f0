/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>
#include <time.h>

#include "handset-sim/wallet_show.h"
#include "lib/value_id.h"

#define TIME_SIZE 32

static const char *time_format(char buf[TIME_SIZE], const char *format, int64_t at, bool utc)
{
	time_t t = at;
	struct tm tm;

	if (utc)
		gmtime_r(&t, &tm);
	else
		localtime_r(&t, &tm);
	strftime(buf, TIME_SIZE, format, &tm);
	return buf;
}

void wallet_list_print(FILE *out, const struct wallet *w)
{
	const struct wallet_note *note;
	char id[VALUE_ID_GROUPED_SIZE], when[TIME_SIZE];

	if (w->n_notes == 0)
		fprintf(out, "The wallet of %s is empty.\n", w->owner);
	llist_for_each_entry (note, &w->notes, list) {
		fprintf(out, "%s  %10s %s  %s  %s", value_id_format_grouped(id, note->value_id),
			note->amount, note->currency,
			time_format(when, "%Y-%m-%d %H:%M", note->received_at, false),
			wallet_state_name(note->state));
		fprintf(out, note->to[0] ? " (to %s)\n" : "%s\n", note->to);
	}
}

static void step_draw(FILE *out, bool color, char mark, const char *what, int64_t at,
		      const char *with, const char *whom)
{
	const char *shade = mark == ' ' ? "\033[2m" : mark == 'x' ? "\033[31m" : "\033[32m";
	char when[TIME_SIZE];

	fprintf(out, "  %s[%c]%s %s", color ? shade : "", mark, color ? "\033[0m" : "", what);
	if (at)
		fprintf(out, "%*s%s  %s%s", (int)(14 - strlen(what)), "",
			time_format(when, "%Y-%m-%d %H:%M:%S", at, false), with, whom);
	fputc('\n', out);
}

void wallet_note_draw(FILE *out, const struct wallet_note *note, bool color)
{
	char id[VALUE_ID_GROUPED_SIZE];
	bool handed = note->state != WALLET_RECEIVED;

	fprintf(out, "%s   %s %s\n", value_id_format_grouped(id, note->value_id), note->amount,
		note->currency);
	step_draw(out, color, '*', "received", note->received_at, "from ",
		  note->from[0] ? note->from : "the carrier");
	fputs("   |\n", out);
	step_draw(out, color, handed ? '*' : ' ', "handed over", handed ? note->handed_at : 0,
		  "to ", note->to);
	if (note->reference[0])
		fprintf(out, "   |  %35s reference %s\n", "", note->reference);
	else
		fputs("   |\n", out);
	if (note->state == WALLET_REFUSED)
		step_draw(out, color, 'x', "refused", note->settled_at, "by the manager", "");
	else
		step_draw(out, color, note->state == WALLET_CONFIRMED ? '*' : ' ', "confirmed",
			  note->settled_at, "by the manager", "");
}

static void time_json(struct json *j, const char *name, int64_t at)
{
	char when[TIME_SIZE];

	json_string(j, name, at ? time_format(when, "%Y-%m-%dT%H:%M:%SZ", at, true) : NULL);
}

static void note_json(struct json *j, const struct wallet_note *note)
{
	char id[VALUE_ID_STR_SIZE];

	json_object(j, NULL);
	json_string(j, "value_id", value_id_format(id, note->value_id));
	json_string(j, "amount", note->amount);
	json_string(j, "currency", note->currency);
	json_string(j, "state", wallet_state_name(note->state));
	json_string(j, "from", note->from[0] ? note->from : NULL);
	json_string(j, "to", note->to[0] ? note->to : NULL);
	json_string(j, "reference", note->reference[0] ? note->reference : NULL);
	time_json(j, "received_at", note->received_at);
	time_json(j, "handed_over_at", note->handed_at);
	time_json(j, "settled_at", note->settled_at);
	json_object_end(j);
}

void wallet_json(struct json *j, const struct wallet *w, const struct wallet_note *only)
{
	const struct wallet_note *note;

	json_object(j, NULL);
	json_string(j, "terminal", w->owner);
	json_array(j, "values");
	llist_for_each_entry (note, &w->notes, list)
		if (!only || note == only)
			note_json(j, note);
	json_array_end(j);
	json_object_end(j);
}
