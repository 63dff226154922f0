/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "lib/gsm_text.h"
#include "lib/sms_number.h"
#include "lib/sms_tpdu.h"

/* First octets without their options, clause 9.2.3. */
static const uint8_t first_octet[] = {
	[SMS_DELIVER] = 0,	 [SMS_DELIVER_REPORT] = 0, [SMS_SUBMIT] = 1,
	[SMS_SUBMIT_REPORT] = 1, [SMS_STATUS_REPORT] = 2,
};

#define BIT_NO_MORE 0x04
#define BIT_REJECT_DUPLICATES 0x04
#define BIT_VALIDITY_RELATIVE 0x10
#define BIT_STATUS 0x20
#define BIT_HEADER 0x40

/* TP-PI of a report with a text. */
#define PI_DCS_AND_USER_DATA 0x06

struct writer {
	uint8_t *out;
	size_t size, len;
	int error;
};

static void put(struct writer *w, const void *octets, size_t n)
{
	if (w->len + n > w->size)
		w->error = -EMSGSIZE;
	if (w->error)
		return;
	memcpy(w->out + w->len, octets, n);
	w->len += n;
}

static void put_octet(struct writer *w, uint8_t octet)
{
	put(w, &octet, 1);
}

static void put_number(struct writer *w, const struct sms_number *number)
{
	uint8_t octets[SMS_NUMBER_MAX_SIZE];
	const int n = sms_number_put(octets, number);

	if (n < 0)
		w->error = n;
	else
		put(w, octets, n);
}

static void put_septets(struct writer *w, const struct sms_tpdu *t)
{
	uint8_t septets[2 * SMS_PART_SIZE] = { 0 }, octets[2 * SMS_PART_SIZE];
	const size_t skipped = (t->n_header * 8 + 6) / 7, n = skipped + t->n_text;
	int len;

	memcpy(septets + skipped, t->text, t->n_text);
	len = gsm_text_pack(octets, sizeof(octets), septets, n);
	if (len < 0 || n > SMS_PART_SIZE) {
		w->error = -EMSGSIZE;
		return;
	}
	memcpy(octets, t->header, t->n_header);
	put_octet(w, n);
	put(w, octets, len);
}

static void put_user_data(struct writer *w, const struct sms_tpdu *t)
{
	if (t->n_header > SMS_USER_DATA_MAX || t->n_text > SMS_PART_SIZE) {
		w->error = -EMSGSIZE;
		return;
	}
	if (sms_charset_of_tpdu(t->dcs) == SMS_CHARSET_GSM7) {
		put_septets(w, t);
		return;
	}
	if (t->n_header + t->n_text > SMS_USER_DATA_MAX) {
		w->error = -EMSGSIZE;
		return;
	}
	put_octet(w, t->n_header + t->n_text);
	put(w, t->header, t->n_header);
	put(w, t->text, t->n_text);
}

static void put_submit(struct writer *w, const struct sms_tpdu *t, uint8_t first)
{
	first |= t->reject_duplicates ? BIT_REJECT_DUPLICATES : 0;
	first |= t->status_wanted ? BIT_STATUS : 0;
	first |= t->has_validity ? BIT_VALIDITY_RELATIVE : 0;
	put_octet(w, first);
	put_octet(w, t->reference);
	put_number(w, &t->number);
	put_octet(w, t->pid);
	put_octet(w, t->dcs);
	if (t->has_validity)
		put_octet(w, t->validity);
	put_user_data(w, t);
}

static void put_deliver(struct writer *w, const struct sms_tpdu *t, uint8_t first)
{
	first |= t->more ? 0 : BIT_NO_MORE;
	first |= t->status_wanted ? BIT_STATUS : 0;
	put_octet(w, first);
	put_number(w, &t->number);
	put_octet(w, t->pid);
	put_octet(w, t->dcs);
	put(w, t->time, sizeof(t->time));
	put_user_data(w, t);
}

static void put_report(struct writer *w, const struct sms_tpdu *t, uint8_t first)
{
	const bool has_text = t->n_text > 0 || t->n_header > 0;

	put_octet(w, first);
	if (t->failed)
		put_octet(w, t->failure);
	put_octet(w, has_text ? PI_DCS_AND_USER_DATA : 0);
	if (t->type == SMS_SUBMIT_REPORT)
		put(w, t->time, sizeof(t->time));
	if (!has_text)
		return;
	put_octet(w, t->dcs);
	put_user_data(w, t);
}

static void put_status_report(struct writer *w, const struct sms_tpdu *t, uint8_t first)
{
	put_octet(w, first | (t->more ? 0 : BIT_NO_MORE));
	put_octet(w, t->reference);
	put_number(w, &t->number);
	put(w, t->time, sizeof(t->time));
	put(w, t->discharge_time, sizeof(t->discharge_time));
	put_octet(w, t->status);
}

int sms_tpdu_encode(uint8_t *out, size_t size, const struct sms_tpdu *t)
{
	struct writer w = { .out = out, .size = size };
	const uint8_t first = first_octet[t->type] | (t->n_header ? BIT_HEADER : 0);

	switch (t->type) {
	case SMS_SUBMIT:
		put_submit(&w, t, first);
		break;
	case SMS_DELIVER:
		put_deliver(&w, t, first);
		break;
	case SMS_STATUS_REPORT:
		put_status_report(&w, t, first_octet[t->type]);
		break;
	case SMS_DELIVER_REPORT:
	case SMS_SUBMIT_REPORT:
		put_report(&w, t, first);
		break;
	}
	return w.error ? w.error : (int)w.len;
}
