/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "lib/gsm_text.h"
#include "lib/sms_number.h"
#include "lib/sms_tpdu.h"

/* First octet, clause 9.2.3.1 and following. */
#define MTI_MASK 0x03
#define MTI_DELIVER 0 /* and the report of one */
#define MTI_SUBMIT 1 /* and the report of one */
#define MTI_STATUS_REPORT 2
#define NO_MORE 0x04 /* TP-MMS: set where no more wait */
#define REJECT_DUPLICATES 0x04
#define VALIDITY_MASK 0x18
#define VALIDITY_RELATIVE 0x10
#define STATUS 0x20 /* TP-SRI, TP-SRR */
#define HEADER 0x40

/* TP-PI, clause 9.2.3.27 */
#define HAS_PID 0x01
#define HAS_DCS 0x02
#define HAS_USER_DATA 0x04
#define HAS_MORE 0x80

struct reader {
	const uint8_t *at, *end;
	bool bad;
};

static const uint8_t *take(struct reader *r, size_t n)
{
	static const uint8_t nothing[SMS_USER_DATA_MAX];
	const uint8_t *taken = r->at;

	if (r->bad || (size_t)(r->end - r->at) < n) {
		r->bad = true;
		return nothing;
	}
	r->at += n;
	return taken;
}

static uint8_t take_octet(struct reader *r)
{
	return *take(r, 1);
}

static void take_number(struct reader *r, struct sms_number *number)
{
	const int n = r->bad ? -EBADMSG : sms_number_take(number, r->at, r->end - r->at);

	if (n < 0)
		r->bad = true;
	else
		r->at += n;
}

/* Septets that a header of n octets takes, fill bits included (clause 9.2.3.24). */
static size_t header_septets(size_t n)
{
	return (n * 8 + 6) / 7;
}

static bool is_gsm7(uint8_t dcs)
{
	return sms_charset_of_tpdu(dcs) == SMS_CHARSET_GSM7;
}

static void take_septets(struct reader *r, struct sms_tpdu *t, const uint8_t *in, size_t n_octets,
			 size_t n_septets)
{
	uint8_t septets[SMS_PART_SIZE];
	const size_t skipped = header_septets(t->n_header);

	if (n_septets > SMS_PART_SIZE || skipped > n_septets ||
	    gsm_text_unpack(septets, sizeof(septets), in, n_octets, n_septets) < 0) {
		r->bad = true;
		return;
	}
	t->n_text = n_septets - skipped;
	memcpy(t->text, septets + skipped, t->n_text);
}

static void take_user_data(struct reader *r, struct sms_tpdu *t, bool has_header)
{
	const uint8_t length = take_octet(r);
	const bool gsm7 = is_gsm7(t->dcs);
	const size_t n = gsm7 ? (length * 7 + 7) / 8 : length;
	const uint8_t *in;

	if (n > SMS_USER_DATA_MAX) {
		r->bad = true;
		return;
	}
	in = take(r, n);
	if (r->bad)
		return;
	if (has_header) {
		if (n == 0 || (size_t)in[0] + 1 > n) {
			r->bad = true;
			return;
		}
		t->n_header = in[0] + 1;
		memcpy(t->header, in, t->n_header);
	}
	if (gsm7) {
		take_septets(r, t, in, n, length);
		return;
	}
	t->n_text = n - t->n_header;
	memcpy(t->text, in + t->n_header, t->n_text);
}

static void take_submit(struct reader *r, struct sms_tpdu *t, uint8_t first)
{
	const uint8_t format = first & VALIDITY_MASK;

	t->reject_duplicates = first & REJECT_DUPLICATES;
	t->status_wanted = first & STATUS;
	t->reference = take_octet(r);
	take_number(r, &t->number);
	t->pid = take_octet(r);
	t->dcs = take_octet(r);
	t->has_validity = format == VALIDITY_RELATIVE;
	if (t->has_validity)
		t->validity = take_octet(r);
	else if (format)
		take(r, SMS_TIME_SIZE); /* absolute or enhanced: ours is shorter anyway */
	take_user_data(r, t, first & HEADER);
}

static void take_deliver(struct reader *r, struct sms_tpdu *t, uint8_t first)
{
	t->more = !(first & NO_MORE);
	t->status_wanted = first & STATUS;
	take_number(r, &t->number);
	t->pid = take_octet(r);
	t->dcs = take_octet(r);
	memcpy(t->time, take(r, SMS_TIME_SIZE), SMS_TIME_SIZE);
	take_user_data(r, t, first & HEADER);
}

/* What TP-PI says to follow; it may be missing as a whole (clauses 9.2.2.1a, 9.2.2.2a). */
static void take_parameters(struct reader *r, struct sms_tpdu *t, uint8_t indicator,
			    bool has_header)
{
	if (indicator & HAS_PID)
		t->pid = take_octet(r);
	if (indicator & HAS_DCS)
		t->dcs = take_octet(r);
	if (indicator & HAS_USER_DATA)
		take_user_data(r, t, has_header);
}

static uint8_t take_indicator(struct reader *r)
{
	const uint8_t indicator = take_octet(r);
	uint8_t more = indicator;

	while (more & HAS_MORE && !r->bad)
		more = take_octet(r);
	return indicator;
}

static void take_report(struct reader *r, struct sms_tpdu *t, uint8_t first)
{
	uint8_t indicator;

	if (t->failed)
		t->failure = take_octet(r);
	indicator = take_indicator(r);
	if (t->type == SMS_SUBMIT_REPORT)
		memcpy(t->time, take(r, SMS_TIME_SIZE), SMS_TIME_SIZE);
	take_parameters(r, t, indicator, first & HEADER);
}

static void take_status_report(struct reader *r, struct sms_tpdu *t, uint8_t first)
{
	t->more = !(first & NO_MORE);
	t->reference = take_octet(r);
	take_number(r, &t->number);
	memcpy(t->time, take(r, SMS_TIME_SIZE), SMS_TIME_SIZE);
	memcpy(t->discharge_time, take(r, SMS_TIME_SIZE), SMS_TIME_SIZE);
	t->status = take_octet(r);
	if (r->at < r->end)
		take_parameters(r, t, take_indicator(r), first & HEADER);
}

int sms_tpdu_decode(struct sms_tpdu *t, bool from_phone, bool failed, const uint8_t *in, size_t len)
{
	struct reader r = { .at = in, .end = in + len };
	const uint8_t first = take_octet(&r);

	memset(t, 0, sizeof(*t));
	if (r.bad)
		return -EBADMSG;
	switch (first & MTI_MASK) {
	case MTI_DELIVER:
		t->type = from_phone ? SMS_DELIVER_REPORT : SMS_DELIVER;
		break;
	case MTI_SUBMIT:
		t->type = from_phone ? SMS_SUBMIT : SMS_SUBMIT_REPORT;
		break;
	case MTI_STATUS_REPORT:
		if (from_phone) /* SMS-COMMAND */
			return -ENOTSUP;
		t->type = SMS_STATUS_REPORT;
		break;
	default:
		return -ENOTSUP;
	}
	t->failed = failed;
	if (t->type == SMS_SUBMIT)
		take_submit(&r, t, first);
	else if (t->type == SMS_DELIVER)
		take_deliver(&r, t, first);
	else if (t->type == SMS_STATUS_REPORT)
		take_status_report(&r, t, first);
	else
		take_report(&r, t, first);
	return r.bad ? -EBADMSG : 0;
}

static uint8_t bcd_swapped(int two_digits)
{
	return two_digits % 10 << 4 | two_digits / 10 % 10;
}

void sms_time_put(uint8_t out[SMS_TIME_SIZE], int64_t seconds)
{
	const time_t when = seconds;
	struct tm tm;

	gmtime_r(&when, &tm);
	out[0] = bcd_swapped(tm.tm_year % 100);
	out[1] = bcd_swapped(tm.tm_mon + 1);
	out[2] = bcd_swapped(tm.tm_mday);
	out[3] = bcd_swapped(tm.tm_hour);
	out[4] = bcd_swapped(tm.tm_min);
	out[5] = bcd_swapped(tm.tm_sec);
	out[6] = 0;
}
