/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/gsup_msg.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>
#include <osmocom/gsm/gsup_sms.h>

#define FRAME_HEADER_SIZE (IPA_HEADER_SIZE + 1) /* with the extension octet */
#define IE_HEADER_SIZE 2 /* tag, length */
#define IE_VALUE_MAX 255
#define IMSI_DIGITS_MIN 6 /* ITU-T E.212: MCC, MNC and at least one digit of MSIN */
#define IMSI_DIGITS_MAX 15
#define MSISDN_DIGITS_MAX (GSUP_MSISDN_SIZE - 1)
#define BCD_OCTETS_MAX 8 /* of 15 digits */
#define BCD_FILLER 0xf
#define SM_DIGITS_MAX (GSUP_SM_DIGITS_SIZE - 1)
#define SM_OCTETS_MAX (2 + SM_DIGITS_MAX / 2) /* kind of address, type of number, digits */
#define TON_NPI_ALONE 0x80 /* no further octet of type follows */

/* --- digits as BCD, low nibble first (3GPP TS 24.008 clause 10.5.4.7) ------ */

static int bcd_take(char *digits, size_t max, const uint8_t *in, size_t len)
{
	size_t n = 0;

	if (len > BCD_OCTETS_MAX)
		return -EMSGSIZE;
	for (size_t i = 0; i < 2 * len; i++) {
		uint8_t nibble = i % 2 ? in[i / 2] >> 4 : in[i / 2] & 0xf;

		if (nibble == BCD_FILLER && i == 2 * len - 1)
			break;
		if (nibble > 9)
			return -EBADMSG;
		if (n == max)
			return -EMSGSIZE;
		digits[n++] = (char)('0' + nibble);
	}
	digits[n] = '\0';
	return (int)n;
}

/* Octets, or -EINVAL where there are other characters than digits, too few or too many. */
static int bcd_put(uint8_t out[BCD_OCTETS_MAX], const char *digits, size_t min, size_t max)
{
	size_t n = strlen(digits);

	if (n < min || n > max)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return -EINVAL;
		if (i % 2 == 0)
			out[i / 2] = (uint8_t)(BCD_FILLER << 4 | (digits[i] - '0'));
		else
			out[i / 2] = (uint8_t)((out[i / 2] & 0xf) | (digits[i] - '0') << 4);
	}
	return (int)(n + 1) / 2;
}

/* --- decoding -------------------------------------------------------------- */

struct ie {
	uint8_t tag;
	const uint8_t *value;
	size_t len;
};

static int ie_take(struct ie *ie, const uint8_t **in, size_t *left)
{
	if (*left < IE_HEADER_SIZE || (*in)[1] > *left - IE_HEADER_SIZE)
		return -EBADMSG;
	ie->tag = (*in)[0];
	ie->len = (*in)[1];
	ie->value = *in + IE_HEADER_SIZE;
	*in += IE_HEADER_SIZE + ie->len;
	*left -= IE_HEADER_SIZE + ie->len;
	return 0;
}

static int take_u8(void *field, const struct ie *ie)
{
	if (ie->len != 1)
		return -EBADMSG;
	*(uint8_t *)field = ie->value[0];
	return 0;
}

static int take_u32(void *field, const struct ie *ie)
{
	if (ie->len != 4)
		return -EBADMSG;
	*(uint32_t *)field = (uint32_t)ie->value[0] << 24 | (uint32_t)ie->value[1] << 16 |
			     (uint32_t)ie->value[2] << 8 | ie->value[3];
	return 0;
}

static int take_session(void *field, const struct ie *ie)
{
	if (ie->len != 1 || ie->value[0] > GSUP_SESSION_END)
		return -EBADMSG;
	*(enum gsup_session *)field = ie->value[0];
	return 0;
}

/* OsmoHLR and its peers send the digits behind an inner length, without type of number. */
static int take_msisdn(void *field, const struct ie *ie)
{
	int n;

	if (ie->len == 0)
		return 0; /* a subscriber without one */
	if (ie->value[0] != ie->len - 1)
		return -EBADMSG;
	n = bcd_take(field, MSISDN_DIGITS_MAX, ie->value + 1, ie->len - 1);
	return n < 0 ? n : 0;
}

static int take_name(void *field, const struct ie *ie)
{
	return ipa_name_copy(field, ie->value, ie->len);
}

static int take_ss_info(void *message, const struct ie *ie)
{
	struct gsup_msg *msg = message;

	msg->ss_info = ie->value;
	msg->ss_info_len = ie->len;
	return 0;
}

/* --- short messages ----------------------------------------------------------- */

static const char sm_digits[] = "0123456789*#abc";

static int sm_digits_take(char digits[GSUP_SM_DIGITS_SIZE], const uint8_t *in, size_t len)
{
	size_t n = 0;

	if (len == 0)
		return -EBADMSG;
	for (size_t i = 0; i < 2 * len; i++) {
		uint8_t nibble = i % 2 ? in[i / 2] >> 4 : in[i / 2] & 0xf;

		if (nibble == BCD_FILLER && i == 2 * len - 1)
			break;
		if (nibble == BCD_FILLER)
			return -EBADMSG;
		if (n == SM_DIGITS_MAX)
			return -EMSGSIZE;
		digits[n++] = sm_digits[nibble];
	}
	digits[n] = '\0';
	return 0;
}

static int take_sm_address(void *field, const struct ie *ie)
{
	struct gsup_sm_address *address = field;

	if (ie->len == 0)
		return -EBADMSG;
	address->type = ie->value[0];
	switch (address->type) {
	case OSMO_GSUP_SMS_SM_RP_ODA_NULL:
		return ie->len == 1 ? 0 : -EBADMSG;
	case OSMO_GSUP_SMS_SM_RP_ODA_IMSI:
		return sm_digits_take(address->digits, ie->value + 1, ie->len - 1);
	case OSMO_GSUP_SMS_SM_RP_ODA_MSISDN:
	case OSMO_GSUP_SMS_SM_RP_ODA_SMSC_ADDR:
		if (ie->len < 2 || !(ie->value[1] & TON_NPI_ALONE))
			return -EBADMSG;
		address->ton_npi = ie->value[1];
		return sm_digits_take(address->digits, ie->value + 2, ie->len - 2);
	default:
		return -EBADMSG;
	}
}

static int take_sm_rp_mr(void *message, const struct ie *ie)
{
	struct gsup_msg *msg = message;

	msg->has_sm_rp_mr = true;
	return take_u8(&msg->sm_rp_mr, ie);
}

static int take_sm_rp_cause(void *message, const struct ie *ie)
{
	struct gsup_msg *msg = message;

	msg->has_sm_rp_cause = true;
	return take_u8(&msg->sm_rp_cause, ie);
}

static int take_sm_rp_mms(void *message, const struct ie *ie)
{
	struct gsup_msg *msg = message;

	if (ie->len != 1)
		return -EBADMSG;
	msg->has_sm_rp_mms = true;
	msg->sm_rp_mms = ie->value[0];
	return 0;
}

static int take_sm_rp_ui(void *message, const struct ie *ie)
{
	struct gsup_msg *msg = message;

	msg->sm_rp_ui = ie->value;
	msg->sm_rp_ui_len = ie->len;
	return 0;
}

/* What we read of a message behind its IMSI; the rest is of services that are not ours. */
static const struct ie_rule {
	uint8_t tag;
	size_t field; /* where it goes in struct gsup_msg */
	int (*take)(void *field, const struct ie *ie);
} rules[] = {
	{ OSMO_GSUP_MSISDN_IE, offsetof(struct gsup_msg, msisdn), take_msisdn },
	{ OSMO_GSUP_CAUSE_IE, offsetof(struct gsup_msg, cause), take_u8 },
	{ OSMO_GSUP_CN_DOMAIN_IE, offsetof(struct gsup_msg, cn_domain), take_u8 },
	{ OSMO_GSUP_SESSION_ID_IE, offsetof(struct gsup_msg, session_id), take_u32 },
	{ OSMO_GSUP_SESSION_STATE_IE, offsetof(struct gsup_msg, session), take_session },
	{ OSMO_GSUP_SS_INFO_IE, 0, take_ss_info },
	{ OSMO_GSUP_MESSAGE_CLASS_IE, offsetof(struct gsup_msg, message_class), take_u8 },
	{ OSMO_GSUP_SOURCE_NAME_IE, offsetof(struct gsup_msg, source_name), take_name },
	{ OSMO_GSUP_DESTINATION_NAME_IE, offsetof(struct gsup_msg, destination_name), take_name },
	{ OSMO_GSUP_SM_RP_MR_IE, 0, take_sm_rp_mr },
	{ OSMO_GSUP_SM_RP_DA_IE, offsetof(struct gsup_msg, sm_rp_da), take_sm_address },
	{ OSMO_GSUP_SM_RP_OA_IE, offsetof(struct gsup_msg, sm_rp_oa), take_sm_address },
	{ OSMO_GSUP_SM_RP_UI_IE, 0, take_sm_rp_ui },
	{ OSMO_GSUP_SM_RP_MMS_IE, 0, take_sm_rp_mms },
	{ OSMO_GSUP_SM_RP_CAUSE_IE, 0, take_sm_rp_cause },
	{ OSMO_GSUP_SM_ALERT_RSN_IE, offsetof(struct gsup_msg, sm_alert_reason), take_u8 },
};

static int take_ie(struct gsup_msg *msg, const struct ie *ie, unsigned int *seen)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i].tag != ie->tag)
			continue;
		/* Of two subscribers or two texts nobody can say which one was meant. */
		if (*seen & 1u << i)
			return -EBADMSG;
		*seen |= 1u << i;
		return rules[i].take((uint8_t *)msg + rules[i].field, ie);
	}
	return ie->tag == OSMO_GSUP_IMSI_IE ? -EBADMSG : 0;
}

static int take_imsi(struct gsup_msg *msg, const struct ie *ie)
{
	int n = bcd_take(msg->imsi, IMSI_DIGITS_MAX, ie->value, ie->len);

	if (n < 0)
		return n;
	return n >= IMSI_DIGITS_MIN ? 0 : -EBADMSG;
}

int gsup_msg_decode(struct gsup_msg *msg, const uint8_t *in, size_t len)
{
	unsigned int seen = 0;
	struct ie ie;
	int rc;

	memset(msg, 0, sizeof(*msg));
	if (len < 1)
		return -EBADMSG;
	msg->type = in[0];
	in++;
	len--;
	if (ie_take(&ie, &in, &len) < 0 || ie.tag != OSMO_GSUP_IMSI_IE)
		return -EBADMSG;
	rc = take_imsi(msg, &ie);
	while (rc == 0 && len > 0) {
		rc = ie_take(&ie, &in, &len);
		if (rc == 0)
			rc = take_ie(msg, &ie, &seen);
	}
	return rc;
}

/* --- encoding -------------------------------------------------------------- */

struct out {
	uint8_t *buf;
	size_t size, len;
	bool overflow; /* what did not fit was left out */
};

static void put_ie(struct out *out, uint8_t tag, const void *value, size_t len)
{
	if (out->overflow || len > IE_VALUE_MAX || out->size - out->len < IE_HEADER_SIZE + len) {
		out->overflow = true;
		return;
	}
	out->buf[out->len++] = tag;
	out->buf[out->len++] = (uint8_t)len;
	memcpy(out->buf + out->len, value, len);
	out->len += len;
}

static void put_u8(struct out *out, uint8_t tag, uint8_t value)
{
	if (value != 0)
		put_ie(out, tag, &value, 1);
}

static void put_name(struct out *out, uint8_t tag, const char *name)
{
	/* OsmoHLR compares names with their NUL. */
	if (name[0] != '\0')
		put_ie(out, tag, name, strlen(name) + 1);
}

static void put_session(struct out *out, const struct gsup_msg *msg)
{
	uint8_t id[] = { (uint8_t)(msg->session_id >> 24), (uint8_t)(msg->session_id >> 16),
			 (uint8_t)(msg->session_id >> 8), (uint8_t)msg->session_id };

	if (msg->session == GSUP_SESSION_NONE)
		return;
	put_ie(out, OSMO_GSUP_SESSION_ID_IE, id, sizeof(id));
	put_u8(out, OSMO_GSUP_SESSION_STATE_IE, (uint8_t)msg->session);
}

static int put_subscriber(struct out *out, const struct gsup_msg *msg)
{
	uint8_t bcd[1 + BCD_OCTETS_MAX];
	int n = bcd_put(bcd, msg->imsi, IMSI_DIGITS_MIN, IMSI_DIGITS_MAX);

	if (n < 0)
		return n;
	put_ie(out, OSMO_GSUP_IMSI_IE, bcd, (size_t)n);
	if (msg->msisdn[0] == '\0')
		return 0;
	n = bcd_put(bcd + 1, msg->msisdn, 1, MSISDN_DIGITS_MAX);
	if (n < 0)
		return n;
	bcd[0] = (uint8_t)n;
	put_ie(out, OSMO_GSUP_MSISDN_IE, bcd, 1 + (size_t)n);
	return 0;
}

static int put_sm_address(struct out *out, uint8_t tag, const struct gsup_sm_address *address)
{
	uint8_t value[SM_OCTETS_MAX] = { address->type };
	const size_t n = strlen(address->digits);
	size_t len = 1;

	if (address->type == OSMO_GSUP_SMS_SM_RP_ODA_NONE)
		return 0;
	if (n > SM_DIGITS_MAX || strspn(address->digits, sm_digits) != n ||
	    (n == 0) != (address->type == OSMO_GSUP_SMS_SM_RP_ODA_NULL))
		return -EINVAL;
	if (n > 0 && address->type != OSMO_GSUP_SMS_SM_RP_ODA_IMSI)
		value[len++] = address->ton_npi | TON_NPI_ALONE;
	for (size_t i = 0; i < n; i++) {
		uint8_t nibble = (uint8_t)(strchr(sm_digits, address->digits[i]) - sm_digits);

		if (i % 2 == 0)
			value[len] = (uint8_t)(BCD_FILLER << 4 | nibble);
		else
			value[len] = (uint8_t)((value[len] & 0xf) | nibble << 4);
		len += i % 2;
	}
	put_ie(out, tag, value, len + n % 2);
	return 0;
}

static int put_sm(struct out *out, const struct gsup_msg *msg)
{
	const uint8_t mms = msg->sm_rp_mms;
	int rc;

	if (msg->has_sm_rp_mr)
		put_ie(out, OSMO_GSUP_SM_RP_MR_IE, &msg->sm_rp_mr, 1);
	rc = put_sm_address(out, OSMO_GSUP_SM_RP_DA_IE, &msg->sm_rp_da);
	if (rc == 0)
		rc = put_sm_address(out, OSMO_GSUP_SM_RP_OA_IE, &msg->sm_rp_oa);
	if (msg->sm_rp_ui)
		put_ie(out, OSMO_GSUP_SM_RP_UI_IE, msg->sm_rp_ui, msg->sm_rp_ui_len);
	if (msg->has_sm_rp_mms)
		put_ie(out, OSMO_GSUP_SM_RP_MMS_IE, &mms, 1);
	if (msg->has_sm_rp_cause)
		put_ie(out, OSMO_GSUP_SM_RP_CAUSE_IE, &msg->sm_rp_cause, 1);
	put_u8(out, OSMO_GSUP_SM_ALERT_RSN_IE, msg->sm_alert_reason);
	return rc;
}

/* In the order in which libosmogsm writes them. */
int gsup_msg_encode(uint8_t *out, size_t size, const struct gsup_msg *msg)
{
	struct out o = { .buf = out, .size = OSMO_MIN(size, GSUP_MSG_MAX_SIZE) };
	int rc;

	if (msg->type == 0)
		return -EINVAL;
	if (o.size < FRAME_HEADER_SIZE + 1)
		return -EMSGSIZE;
	o.len = FRAME_HEADER_SIZE;
	out[o.len++] = msg->type;
	rc = put_subscriber(&o, msg);
	if (rc < 0)
		return rc;
	put_u8(&o, OSMO_GSUP_CAUSE_IE, msg->cause);
	put_u8(&o, OSMO_GSUP_CN_DOMAIN_IE, msg->cn_domain);
	put_session(&o, msg);
	if (msg->ss_info)
		put_ie(&o, OSMO_GSUP_SS_INFO_IE, msg->ss_info, msg->ss_info_len);
	rc = put_sm(&o, msg);
	if (rc < 0)
		return rc;
	put_u8(&o, OSMO_GSUP_MESSAGE_CLASS_IE, msg->message_class);
	put_name(&o, OSMO_GSUP_SOURCE_NAME_IE, msg->source_name);
	put_name(&o, OSMO_GSUP_DESTINATION_NAME_IE, msg->destination_name);
	if (o.overflow)
		return -EMSGSIZE;
	ipa_frame_header(out, IPA_PROTO_OSMO, IPA_EXT_GSUP, o.len - FRAME_HEADER_SIZE);
	return (int)o.len;
}
