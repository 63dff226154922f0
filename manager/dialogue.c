/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/dialogue_priv.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/stats.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/monotonic.h"
#include "manager/db_time.h"
#include "manager/dialogue_lost.h"
#include "manager/dialogue_page.h"
#include "manager/dialogue_text.h"
#include "manager/pin_key.h"
#include "manager/terminal_rates.h"

/* Struct, FSM instance, its names and talloc's headers together stay within 4 KiB. */
_Static_assert(sizeof(struct dialogue) <= 3300, "an open dialogue must stay within 4 KiB");

#define MAX_OPEN_DEFAULT 20000
#define REPEAT_GUARD_DEFAULT 600
#define RATE_PER_MIN_DEFAULT 30
#define RATE_BURST_DEFAULT 20

/* The ledger keeps a deadline of its own, of at most a minute; ours only catch its faults. */
static const struct osmo_tdef default_timers[] = {
	{ .T = DIALOGUE_X_ENTER, .default_val = 65, .desc = "the ledger says who a terminal is" },
	{ .T = DIALOGUE_X_IDLE, .default_val = 25, .desc = "a terminal answers a question" },
	{ .T = DIALOGUE_X_WORK, .default_val = 65, .desc = "the ledger answers" },
	{ 0 },
};

static const struct rate_ctr_desc counter_names[] = {
	[DIALOGUE_CTR_OPENED] = { "opened", "Dialogues opened" },
	[DIALOGUE_CTR_ENDED] = { "ended", "Dialogues that ended with an answer" },
	[DIALOGUE_CTR_CANCELLED] = { "cancelled", "Dialogues that the subscriber ended" },
	[DIALOGUE_CTR_TIMEOUT] = { "timeout", "Dialogues whose terminal did not answer in time" },
	[DIALOGUE_CTR_ABORTED] = { "aborted", "Dialogues that the terminal or its link left" },
	[DIALOGUE_CTR_FAILED] = { "failed", "Dialogues that a fault of ours ended" },
	[DIALOGUE_CTR_REFUSED_FULL] = { "refused:full", "Refused: too many were open" },
	[DIALOGUE_CTR_REFUSED_OFTEN] = { "refused:often", "Refused: the terminal dials too often" },
	[DIALOGUE_CTR_REFUSED_DRAINING] = { "refused:draining", "Refused: shutting down" },
	[DIALOGUE_CTR_REFUSED_CODE] = { "refused:code", "Refused: no such code" },
	[DIALOGUE_CTR_REFUSED_TERMINAL] = { "refused:terminal", "Refused: terminal unknown, "
								"blocked, or not looked up" },
	[DIALOGUE_CTR_SEND_FAILED] = { "send:failed", "Texts that the link did not take" },
	[DIALOGUE_CTR_ANSWERS] = { "answer", "Answers of terminals" },
	[DIALOGUE_CTR_ANSWER_EARLY] = { "answer:early", "Answers to no question, ignored" },
	[DIALOGUE_CTR_ANSWER_INVALID] = { "answer:invalid", "Answers that were not understood" },
	[DIALOGUE_CTR_UNSEEN_TOLD] = { "unseen:told", "Results told in a later dialogue" },
	[DIALOGUE_CTR_REPEAT_ASKED] = { "repeat:asked", "Repeats that were asked back" },
	[DIALOGUE_CTR_ISSUE_OK] = { "issue:ok", "Purchases done" },
	[DIALOGUE_CTR_ISSUE_REFUSED] = { "issue:refused", "Purchases not done" },
	[DIALOGUE_CTR_ISSUE_UNKNOWN] = { "issue:unknown", "Purchases pending or uncertain" },
	[DIALOGUE_CTR_TRANSFER_OK] = { "transfer:ok", "Transfers done" },
	[DIALOGUE_CTR_TRANSFER_REFUSED] = { "transfer:refused", "Transfers not done" },
	[DIALOGUE_CTR_TRANSFER_UNKNOWN] = { "transfer:unknown", "Transfers uncertain" },
	[DIALOGUE_CTR_LOST] = { "lost", "Operations whose end the dialogue could not tell" },
};

static const struct rate_ctr_group_desc counter_group = {
	.group_name_prefix = "dialogue",
	.group_description = "Dialogues with terminals",
	.class_id = OSMO_STATS_CLASS_GLOBAL,
	.num_ctr = ARRAY_SIZE(counter_names),
	.ctr_desc = counter_names,
};

static const struct osmo_stat_item_desc gauge_names[] = {
	{ "open", "Dialogues open now", "", 1, 0 },
};

static const struct osmo_stat_item_group_desc gauge_group = {
	.group_name_prefix = "dialogue",
	.group_description = "Dialogues with terminals",
	.class_id = OSMO_STATS_CLASS_GLOBAL,
	.num_items = ARRAY_SIZE(gauge_names),
	.item_desc = gauge_names,
};

/* --- life ------------------------------------------------------------------ */

static int dialogues_destroy(struct dialogues *ds)
{
	struct dialogue *d, *next;

	llist_for_each_entry_safe (d, next, &ds->open, entry)
		dialogue_discard(d);
	rate_ctr_group_free(ds->counters);
	osmo_stat_item_group_free(ds->gauges);
	return 0;
}

void dialogues_reset(struct dialogues *ds)
{
	talloc_free(ds->settings.texts_dir);
	ds->settings = (struct dialogue_settings){
		.service_code = "188",
		.confirm_oneshot = true,
		.default_language = "en",
		.texts_dir = talloc_strdup(ds, TEGATA_DATADIR "/texts"),
		.max_open = MAX_OPEN_DEFAULT,
		.repeat_guard_s = REPEAT_GUARD_DEFAULT,
		.rate_per_min = RATE_PER_MIN_DEFAULT,
		.rate_burst = RATE_BURST_DEFAULT,
		.plan = { .national_prefix = "0", .international_prefix = "00" },
	};
	osmo_tdefs_reset(ds->timers);
}

struct dialogues *dialogues_new(void *ctx, struct ledger *ledger)
{
	struct dialogues *ds = talloc_zero(ctx, struct dialogues);

	ds->ledger = ledger;
	ds->rates = terminal_rates_new(ds);
	OSMO_ASSERT(ds->rates);
	ds->lost = dialogue_lost_new(ds, ledger);
	ds->timers = talloc_memdup(ds, default_timers, sizeof(default_timers));
	INIT_LLIST_HEAD(&ds->open);
	dialogues_reset(ds);
	ds->counters = rate_ctr_group_alloc(ds, &counter_group, 0);
	ds->gauges = osmo_stat_item_group_alloc(ds, &gauge_group, 0);
	dialogue_fsm_register();
	talloc_set_destructor(ds, dialogues_destroy);
	return ds;
}

static int catalogue_make(struct catalogue **fresh, const struct dialogues *ds)
{
	int rc = catalogue_load(fresh, (void *)ds, ds->settings.texts_dir);

	if (rc < 0) {
		LOGP(DDLG, LOGL_ERROR, "dialogue: texts-dir %s: the texts cannot be used\n",
		     ds->settings.texts_dir);
		return rc;
	}
	if (catalogue_language(*fresh, ds->settings.default_language))
		return 0;
	LOGP(DDLG, LOGL_ERROR, "%s: no catalogue of the default language, %s.txt\n",
	     ds->settings.texts_dir, ds->settings.default_language);
	talloc_free(*fresh);
	return -ENOENT;
}

/* NULL where none is configured. */
static int pin_key_make(struct pin_key **fresh, const struct dialogues *ds)
{
	char why[PIN_KEY_FILE_SIZE + 128];

	*fresh = NULL;
	if (ds->settings.pin_key_file[0] == '\0')
		return 0;
	*fresh = pin_key_load((void *)ds, ds->settings.pin_key_file, why, sizeof(why));
	if (*fresh)
		return 0;
	LOGP(DDLG, LOGL_ERROR, "dialogue: pin-key: %s\n", why);
	return -EINVAL;
}

static int make_all(struct catalogue **catalogue, struct pin_key **key, const struct dialogues *ds)
{
	int rc = catalogue_make(catalogue, ds);

	if (rc < 0)
		return rc;
	rc = pin_key_make(key, ds);
	if (rc < 0)
		talloc_free(*catalogue);
	return rc;
}

int dialogues_check(const struct dialogues *ds)
{
	struct catalogue *fresh;
	struct pin_key *key;
	int rc = make_all(&fresh, &key, ds);

	if (rc < 0)
		return rc;
	talloc_free(fresh);
	talloc_free(key);
	return 0;
}

static int load(struct dialogues *ds)
{
	struct catalogue *fresh;
	struct pin_key *key;
	int rc = make_all(&fresh, &key, ds);

	if (rc < 0)
		return rc;
	talloc_free(ds->pin_key);
	ds->pin_key = key;
	/* Texts are looked up at each use: open dialogues go on with the new ones. */
	talloc_free(ds->catalogue);
	ds->catalogue = fresh;
	LOGP(DDLG, LOGL_NOTICE, "%zu languages from %s\n", catalogue_count(fresh),
	     ds->settings.texts_dir);
	return 0;
}

int dialogues_start(struct dialogues *ds)
{
	return load(ds);
}

int dialogues_reload(struct dialogues *ds)
{
	return load(ds);
}

void dialogues_drain(struct dialogues *ds)
{
	ds->draining = true;
}

void dialogues_stop(struct dialogues *ds)
{
	struct dialogue *d, *next;

	llist_for_each_entry_safe (d, next, &ds->open, entry) {
		if (d->session)
			dialogue_time_out(d);
	}
}

size_t dialogues_open_count(const struct dialogues *ds)
{
	return ds->n_open;
}

void dialogues_count(struct dialogues *ds, enum dialogue_ctr ctr)
{
	rate_ctr_inc2(ds->counters, ctr);
}

void dialogues_moved(struct dialogues *ds, int from, int to)
{
	if (from >= 0)
		ds->n_state[from]--;
	else
		ds->n_open++;
	if (to >= 0)
		ds->n_state[to]++;
	else
		ds->n_open--;
	osmo_stat_item_set(osmo_stat_item_group_get_item(ds->gauges, 0), ds->n_open);
}

/* The default where a reload has taken it away. */
static const struct language *language_find(const struct dialogues *ds, const char *name)
{
	const struct language *l = catalogue_language(ds->catalogue, name);

	if (!l)
		l = catalogue_language(ds->catalogue, ds->settings.default_language);
	return l ? l : catalogue_at(ds->catalogue, 0);
}

const struct language *dialogue_language(const struct dialogue *d)
{
	return language_find(d->ds, d->language);
}

/* --- texts outside of dialogues ----------------------------------------------- */

struct text_style dialogues_style(const struct dialogues *ds, const char *language)
{
	return (struct text_style){
		.language = language_find(ds, language),
		.local_time = ds->settings.clock == DIALOGUE_CLOCK_LOCAL,
		.offset_s = ds->settings.clock_offset_s,
	};
}

const struct catalogue *dialogues_catalogue(const struct dialogues *ds)
{
	return ds->catalogue;
}

const struct number_plan *dialogues_number_plan(const struct dialogues *ds)
{
	return &ds->settings.plan;
}

const struct pin_key *dialogues_pin_key(const struct dialogues *ds)
{
	return ds->pin_key;
}

const struct dialogue_settings *dialogues_settings(const struct dialogues *ds)
{
	return &ds->settings;
}

/* --- opening --------------------------------------------------------------- */

/* One page, as much of it as the link takes: nobody is there to turn pages. */
static void refuse(struct dialogues *ds, const struct exchange_begin *begin, enum text_id id,
		   const char *dialled, enum dialogue_ctr ctr)
{
	const struct language *l = catalogue_language(ds->catalogue, ds->settings.default_language);
	char text[PAGE_SIZE_MAX];
	struct page_frame frame = {
		.body = text,
		.more = "..",
		.previous = "",
		.max_octets = begin->ops->max_octets(begin->session, true),
	};
	struct page page;

	dialogues_count(ds, ctr);
	text_render(text, sizeof(text), language_text(l ? l : catalogue_at(ds->catalogue, 0), id),
		    VARS({ "code", ds->settings.service_code }, { "dialled", dialled }));
	if (page_make(&page, &frame, 0) < 0 ||
	    begin->ops->send(begin->session, page.text, true) == -EMSGSIZE)
		begin->ops->drop(begin->session);
}

static bool dials_too_often(struct dialogues *ds, const char *imsi)
{
	return !terminal_rates_take(ds->rates, imsi, ds->settings.rate_per_min,
				    ds->settings.rate_burst, db_now_us());
}

static bool refused(struct dialogues *ds, const struct exchange_begin *begin,
		    const struct oneshot *code)
{
	char dialled[16];

	if (ds->draining)
		refuse(ds, begin, TEXT_ENDED_DRAINING, "", DIALOGUE_CTR_REFUSED_DRAINING);
	else if (ds->n_open >= ds->settings.max_open)
		refuse(ds, begin, TEXT_ENDED_FULL, "", DIALOGUE_CTR_REFUSED_FULL);
	else if (dials_too_often(ds, begin->imsi))
		refuse(ds, begin, TEXT_ENDED_OFTEN, "", DIALOGUE_CTR_REFUSED_OFTEN);
	else if (code->kind == ONESHOT_WRONG)
		refuse(ds, begin, TEXT_CODE_WRONG, "", DIALOGUE_CTR_REFUSED_CODE);
	else if (code->kind == ONESHOT_OTHER) {
		OSMO_STRLCPY_ARRAY(dialled, code->text);
		refuse(ds, begin, TEXT_CODE_OTHER, dialled, DIALOGUE_CTR_REFUSED_CODE);
	} else
		return false;
	return true;
}

struct dialogue *dialogue_open(struct dialogues *ds, const struct exchange_begin *begin)
{
	struct oneshot code;
	struct dialogue *d;

	oneshot_parse(&code, begin->text, ds->settings.service_code);
	if (refused(ds, begin, &code))
		return NULL;
	d = talloc_zero(ds, struct dialogue);
	OSMO_ASSERT(d);
	d->ds = ds;
	d->serial = ++ds->last_serial;
	d->ops = begin->ops;
	d->session = begin->session;
	d->notice = TEXT_COUNT;
	OSMO_STRLCPY_ARRAY(d->imsi, begin->imsi);
	OSMO_STRLCPY_ARRAY(d->link, begin->link);
	OSMO_STRLCPY_ARRAY(d->language, ds->settings.default_language);
	/* Again, for its fields point into it. */
	oneshot_parse(&d->code, begin->text, ds->settings.service_code);
	d->opened_s = monotonic_s();
	if (dialogue_fsm_start(d) < 0) {
		talloc_free(d);
		refuse(ds, begin, TEXT_ENDED_FULL, "", DIALOGUE_CTR_REFUSED_FULL);
		return NULL;
	}
	dialogues_count(ds, DIALOGUE_CTR_OPENED);
	dialogue_enter(d, begin);
	return d;
}

void dialogue_abort(struct dialogue *d, const char *why)
{
	LOGP(DDLG, LOGL_INFO, "dialogue %u: aborted: %s\n", d->serial, why);
	dialogue_forget(d);
}
