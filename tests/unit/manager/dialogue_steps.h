/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What a phone does when the ledger does not answer at once, and how it leaves. */
#include "dialogue_fake.h"

#define IDLE_S 25
#define BACKSTOP_S 65

/* Dials without an answer of the ledger. */
static inline void dial_only(struct fake *f, const char *text)
{
	fake_session_fill(&f->session);
	f->d = fake_open(f, &f->session, text);
}

static inline void answer_only(struct fake *f, const char *text)
{
	dialogue_answer(f->d, text);
}

static inline void leave(struct fake *f)
{
	dialogue_abort(f->d, "left");
	f->session.dropped = true; /* the adapter has forgotten it */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
