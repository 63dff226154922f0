/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "handset-sim/messaging.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "handset-sim/smsc.h"
#include "handset-sim/smsc_faults.h"

#define CLOSING_S 1

struct messaging {
	struct smsc *smsc;
	struct llist_head phones;
	struct llist_head parcels;
};

/* A text that a phone has sent, until that is told. */
struct parcel {
	struct llist_head entry;
	struct messaging *messaging;
	struct messaging_phone *sender; /* NULL: has left */
	struct osmo_timer_list timer; /* fires at once; to a phone here only */
	char from[SMPP_ADDRESS_SIZE], to[SMPP_ADDRESS_SIZE];
	char *text; /* to a phone here only */
};

static const char *bare(const char *number)
{
	return number + (*number == '+');
}

static struct messaging_phone *phone_find(const struct messaging *m, const char *number)
{
	struct messaging_phone *p;

	llist_for_each_entry (p, &m->phones, entry)
		if (strcmp(p->handler->number(p), bare(number)) == 0)
			return p;
	return NULL;
}

/* --- from phones ------------------------------------------------------------------ */

static void parcel_end(struct parcel *parcel, int64_t status)
{
	struct messaging_phone *sender = parcel->sender;

	osmo_timer_del(&parcel->timer);
	llist_del(&parcel->entry);
	talloc_free(parcel);
	if (sender)
		sender->handler->sent(sender, status);
}

static void on_sent(void *data, int64_t status)
{
	parcel_end(data, status);
}

static void on_local(void *data)
{
	struct parcel *parcel = data;
	struct messaging_phone *to = phone_find(parcel->messaging, parcel->to);

	if (to)
		to->handler->text(to, parcel->from, parcel->text);
	parcel_end(parcel, to ? SMPP_OK : SMPP_RINVDSTADR);
}

int messaging_send(struct messaging_phone *p, const char *to, const char *utf8)
{
	struct messaging *m = p->messaging;
	struct parcel *parcel = talloc_zero(m, struct parcel);
	int rc = 0;

	OSMO_ASSERT(parcel);
	parcel->messaging = m;
	parcel->sender = p;
	OSMO_STRLCPY_ARRAY(parcel->from, p->handler->number(p));
	OSMO_STRLCPY_ARRAY(parcel->to, bare(to));
	osmo_timer_setup(&parcel->timer, on_local, parcel);
	llist_add_tail(&parcel->entry, &m->parcels);
	if (messaging_has(m, to)) {
		parcel->text = talloc_strdup(parcel, utf8);
		osmo_timer_schedule(&parcel->timer, 0, 0);
		return 0;
	}
	rc = smsc_send(m->smsc, parcel->from, parcel->to, utf8, on_sent, parcel);
	if (rc < 0) {
		llist_del(&parcel->entry);
		talloc_free(parcel);
	}
	return rc;
}

bool messaging_has(const struct messaging *m, const char *number)
{
	return phone_find(m, number);
}

bool messaging_reaches(const struct messaging *m, const char *number)
{
	return messaging_has(m, number) || smsc_receivers(m->smsc) > 0;
}

/* --- from the ESME ---------------------------------------------------------------- */

static bool on_text(void *data, const char *to, const char *from, const char *utf8)
{
	struct messaging_phone *p = phone_find(data, to);

	if (p)
		p->handler->text(p, from, utf8);
	return p;
}

static void on_bound(void *data, size_t n)
{
	struct messaging *m = data;
	struct messaging_phone *p, *next;

	if (n == 0)
		return;
	llist_for_each_entry_safe (p, next, &m->phones, entry)
		p->handler->bound(p);
}

static const struct smsc_handler smsc_handler = { .text = on_text, .bound = on_bound };

/* --- life ------------------------------------------------------------------------- */

struct messaging *messaging_open(void *ctx, const char *address, const char *faults)
{
	struct smsc_config config = { .address = address };
	struct messaging *m;
	int error;

	if (faults && smsc_faults_parse(&config.faults, faults) < 0) {
		fprintf(stderr, "tegata-handset: --sms-faults cannot be %s\n", faults);
		return NULL;
	}
	m = talloc_zero(ctx, struct messaging);
	OSMO_ASSERT(m);
	INIT_LLIST_HEAD(&m->phones);
	INIT_LLIST_HEAD(&m->parcels);
	m->smsc = smsc_open(m, &config, &smsc_handler, m, &error);
	if (m->smsc)
		return m;
	fprintf(stderr, "tegata-handset: --smsc %s: %s\n", address, strerror(-error));
	talloc_free(m);
	return NULL;
}

void messaging_join(struct messaging *m, struct messaging_phone *p,
		    const struct messaging_phone_handler *handler)
{
	p->messaging = m;
	p->handler = handler;
	llist_add_tail(&p->entry, &m->phones);
}

void messaging_forget(struct messaging_phone *p)
{
	struct parcel *parcel;

	llist_for_each_entry (parcel, &p->messaging->parcels, entry)
		if (parcel->sender == p)
			parcel->sender = NULL;
}

void messaging_leave(struct messaging_phone *p)
{
	if (!p->messaging)
		return;
	messaging_forget(p);
	llist_del(&p->entry);
	p->messaging = NULL;
}

static void on_closing_over(void *data)
{
	*(bool *)data = true;
}

void messaging_close(struct messaging *m)
{
	struct osmo_timer_list timer = { 0 };
	bool over = false;

	if (!m)
		return;
	OSMO_ASSERT(llist_empty(&m->phones));
	osmo_timer_setup(&timer, on_closing_over, &over);
	osmo_timer_schedule(&timer, CLOSING_S, 0);
	while (!over && !smsc_retire(m->smsc))
		osmo_select_main_ctx(0);
	osmo_timer_del(&timer);
	smsc_close(m->smsc);
	while (!llist_empty(&m->parcels))
		parcel_end(llist_first_entry(&m->parcels, struct parcel, entry), -1);
	talloc_free(m);
}
