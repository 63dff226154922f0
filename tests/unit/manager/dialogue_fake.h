/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The dialogue layer between two fakes: the ledger of dialogue_fake_ledger.h, and
 * an exchange that keeps what it is sent and refuses what its link could not carry.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <osmocom/core/fsm.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/application.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/gsm_text.h"
#include "lib/log_category.h"
#include "lib/value_id.h"
#include "manager/dialogue_page.h"
#include "manager/dialogue_priv.h"
#include "manager/pin_key.h"
#include "tests/unit/manager/dialogue_fake_ledger.h"

#define TEXTS_DIR "etc/texts"
#define NOON 1750000000 /* 2025-06-15 15:06:40 UTC */
#define FAKE_PIN_KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"

/* --- the exchange ---------------------------------------------------------- */

struct exchange_session {
	size_t max_question, max_last;
	int rc; /* what the next send gives */
	unsigned int n_sent;
	unsigned int n_refused; /* too long for the link */
	bool ended, dropped;
	char text[PAGE_SIZE_MAX];
};

static int fake_send(struct exchange_session *s, const char *utf8, bool end)
{
	size_t max = end ? s->max_last : s->max_question;
	uint8_t dcs;
	int octets = gsm_text_ussd_octets(utf8, strlen(utf8), &dcs);

	assert_false(s->ended || s->dropped);
	assert_true(octets > 0);
	assert_null(strchr(utf8, '{'));
	assert_null(strchr(utf8, '\f'));
	if ((size_t)octets > max) {
		s->n_refused++;
		return -EMSGSIZE;
	}
	if (s->rc < 0) {
		s->ended = s->rc != -EMSGSIZE;
		return s->rc;
	}
	s->n_sent++;
	s->ended = end;
	OSMO_STRLCPY_ARRAY(s->text, utf8);
	return 0;
}

static void fake_drop(struct exchange_session *s)
{
	assert_false(s->ended || s->dropped);
	s->dropped = true;
}

static size_t fake_max_octets(const struct exchange_session *s, bool end)
{
	return end ? s->max_last : s->max_question;
}

static const struct exchange_ops fake_ops = {
	.send = fake_send,
	.drop = fake_drop,
	.max_octets = fake_max_octets,
};

/* --- both together --------------------------------------------------------- */

struct fake {
	void *ctx;
	struct ledger ledger;
	struct dialogues *ds;
	struct exchange_session session;
	struct dialogue *d;
};

static inline bool fake_over(const struct fake *f)
{
	return f->session.ended || f->session.dropped;
}

/* A value id whose digits and check digit are right. */
static inline int64_t fake_value(unsigned int n)
{
	return 0x0fff000000000000LL - 1000003LL * n;
}

static inline char *fake_value_digits(unsigned int n)
{
	static char buf[4][VALUE_ID_STR_SIZE];
	static unsigned int next;
	char *out = buf[next++ % 4];

	return value_id_format(out, fake_value(n));
}

static inline void fake_values(struct ledger *l, size_t n)
{
	assert_true(n <= FAKE_VALUES_MAX);
	l->n_values = n;
	for (size_t i = 0; i < n; i++) {
		l->values[i] = fake_value(i);
		l->states[i] = VALUE_STATE_ACTIVE;
	}
}

static void fake_ledger_fill(struct ledger *l)
{
	struct product *p = &l->products[0];

	l->n_products = 1;
	*p = (struct product){ .code = "prepaid",
			       .name = "Tegata",
			       .currency = "JPY",
			       .n_amounts = 3,
			       .amounts_minor = { 500, 1000, 3000 },
			       .fee_fixed_minor = 5 };
	l->enter = (struct enter_result){ .terminal_id = 77, .address = "819012345678" };
	l->issue = (struct issue_result){ .value_id = fake_value(1),
					  .currency = "JPY",
					  .expires_at = NOON + 365 * 86400,
					  .at = NOON };
	l->quote = (struct quote_result){ .amount_minor = 500,
					  .currency = "JPY",
					  .transferee_id = 78,
					  .transferee_kind = TERMINAL_PORTABLE,
					  .transferee = "819087654321" };
	l->transfer = (struct transfer_result){ .value_id = fake_value(1),
						.amount_minor = 500,
						.currency = "JPY",
						.at = NOON,
						.transferee_id = 78,
						.transferee = "819087654321" };
	l->check_item = (struct check_item){ .owner = true,
					     .spendable = true,
					     .state = VALUE_STATE_ACTIVE,
					     .amount_minor = 500,
					     .currency = "JPY" };
}

/* To a shop rather than to a phone. */
static inline void fake_shop(struct ledger *l)
{
	l->quote.transferee_kind = TERMINAL_SERVER;
	OSMO_STRLCPY_ARRAY(l->quote.transferee, "4711");
	OSMO_STRLCPY_ARRAY(l->quote.transferee_name, "Book shop");
	OSMO_STRLCPY_ARRAY(l->transfer.transferee, "4711");
	OSMO_STRLCPY_ARRAY(l->transfer.transferee_name, "Book shop");
}

static inline void fake_unseen(struct ledger *l, enum operation operation)
{
	struct operation_record *r = &l->enter.unseen;

	l->enter.has_unseen = true;
	l->enter.n_unseen = 1;
	*r = (struct operation_record){ .operation = operation,
					.at = NOON,
					.value_id = fake_value(9),
					.amount_minor = 700,
					.currency = "JPY" };
	memset(r->request_id.octets, 9, sizeof(r->request_id.octets));
	if (operation == OPERATION_TRANSFER)
		OSMO_STRLCPY_ARRAY(r->peer, "819011112222");
}

static inline void fake_language(struct fake *f, const char *language)
{
	OSMO_STRLCPY_ARRAY(f->ledger.enter.language, language);
}

static void fake_session_fill(struct exchange_session *s)
{
	*s = (struct exchange_session){ .max_question = 114, .max_last = 112 };
}

static inline struct dialogue *fake_open_as(struct fake *f, struct exchange_session *s,
					    const char *imsi, const char *text)
{
	const struct exchange_begin begin = {
		.ops = &fake_ops,
		.session = s,
		.link = "direct:test",
		.imsi = imsi,
		.msisdn = "819012345678",
		.text = text,
	};

	return dialogue_open(f->ds, &begin);
}

static struct dialogue *fake_open(struct fake *f, struct exchange_session *s, const char *text)
{
	return fake_open_as(f, s, "001010000000001", text);
}

/* Dials on a fresh session; the ledger answers. */
static inline void dial(struct fake *f, const char *text)
{
	size_t question = f->session.max_question, last = f->session.max_last;

	if (f->d && !fake_over(f))
		dialogue_abort(f->d, "dialled again");
	fake_session_fill(&f->session);
	f->session.max_question = question;
	f->session.max_last = last;
	f->d = fake_open(f, &f->session, text);
	fake_run(&f->ledger);
}

static inline void answer(struct fake *f, const char *text)
{
	assert_false(fake_over(f));
	dialogue_answer(f->d, text);
	fake_run(&f->ledger);
}

static inline void expect(const struct fake *f, const char *part)
{
	if (!strstr(f->session.text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, f->session.text);
}

static inline void expect_not(const struct fake *f, const char *part)
{
	if (strstr(f->session.text, part))
		fail_msg("\"%s\" is in \"%s\"", part, f->session.text);
}

static inline void expect_open(const struct fake *f)
{
	assert_false(fake_over(f));
	assert_int_equal(dialogues_open_count(f->ds), 1);
}

static inline void expect_end(const struct fake *f)
{
	assert_true(f->session.ended);
	assert_int_equal(dialogues_open_count(f->ds), 0);
}

static inline uint64_t counted(const struct fake *f, enum dialogue_ctr ctr)
{
	return rate_ctr_group_get_ctr(f->ds->counters, ctr)->current;
}

static inline void pass_seconds(unsigned int s)
{
	osmo_gettimeofday_override_add(s, 0);
	osmo_clock_override_add(CLOCK_MONOTONIC, s, 0);
	osmo_timers_update();
}

/* Tests may be started from anywhere below the tree. */
static const char *fake_texts_dir(void)
{
	return access(TEXTS_DIR, R_OK) == 0 ? TEXTS_DIR : "../../../../" TEXTS_DIR;
}

static inline int fake_setup(void **state)
{
	void *ctx = talloc_named_const(NULL, 0, "test");
	struct fake *f = talloc_zero(ctx, struct fake);

	f->ctx = ctx;
	fake_ledger_fill(&f->ledger);
	fake_session_fill(&f->session);
	f->ds = dialogues_new(ctx, &f->ledger);
	osmo_talloc_replace_string(f->ds, &f->ds->settings.texts_dir, fake_texts_dir());
	f->ds->settings.rate_per_min = 0; /* tests dial as fast as they can */
	OSMO_STRLCPY_ARRAY(f->ds->settings.plan.country_code, "81");
	f->ds->settings.clock = DIALOGUE_CLOCK_OFFSET;
	*state = f;
	return dialogues_start(f->ds);
}

static inline int fake_teardown(void **state)
{
	struct fake *f = *state;
	bool fine = f->session.n_refused == 0;

	talloc_free(f->ds);
	talloc_free(f->ctx);
	return fine ? 0 : -1;
}

/* PINs can be asked for. */
static inline void fake_pin_key(struct fake *f)
{
	char path[] = "/tmp/tegata-pin-XXXXXX", why[256];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, FAKE_PIN_KEY, strlen(FAKE_PIN_KEY)), strlen(FAKE_PIN_KEY));
	close(fd);
	f->ds->pin_key = pin_key_load(f->ds, path, why, sizeof(why));
	unlink(path);
	assert_non_null(f->ds->pin_key);
}

static inline void fake_init(void)
{
	void *ctx = talloc_named_const(NULL, 0, "logging");
	struct timespec *now;

	osmo_init_logging2(ctx, &tegata_log_info);
	log_set_category_filter(osmo_stderr_target, DOP, 0, LOGL_FATAL);
	log_set_category_filter(osmo_stderr_target, DDLG, 0, LOGL_FATAL);
	log_set_category_filter(osmo_stderr_target, DCHECK, 0, LOGL_FATAL);
	osmo_fsm_term_safely(true);
	/* libosmocore takes the time of its timers from one or the other, by its version. */
	osmo_gettimeofday_override = true;
	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	now = osmo_clock_override_gettimespec(CLOCK_MONOTONIC);
	*now = (struct timespec){ .tv_sec = 1000 };
}
