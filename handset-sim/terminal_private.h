/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What terminal.c (dialogues) and terminal_sms.c (texts by SMS) share. */
#include "handset-sim/terminal.h"

/* A timer in milliseconds. */
static inline void terminal_timer_start(struct osmo_timer_list *timer, unsigned int ms)
{
	osmo_timer_schedule(timer, ms / 1000, (ms % 1000) * 1000);
}

/* --- terminal_sms.c */
void terminal_sms_init(struct terminal *t);
void terminal_sms_close(struct terminal *t);
/* Of the line: a text came; what was sent has its answer. */
void terminal_sms_came(struct terminal *t, const char *from, const char *utf8);
void terminal_sms_answered(struct terminal *t, int status);
/* The text that waits goes out if it can now. */
void terminal_sms_proceed(struct terminal *t);
