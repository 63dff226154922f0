/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/ipa_frame.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>

#define CCM_LEN_SIZE 2 /* of an element of ID_RESP; it counts the tag */

/* Elements of ID_GET and ID_RESP, in the order in which Osmocom's servers ask for them. */
enum ccm_tag {
	CCM_TAG_SERNR = 0x00,
	CCM_TAG_UNIT_NAME = 0x01,
	CCM_TAG_LOCATION = 0x02,
	CCM_TAG_TYPE = 0x03,
	CCM_TAG_EQUIPMENT = 0x04,
	CCM_TAG_SOFTWARE = 0x05,
	CCM_TAG_MAC = 0x07,
	CCM_TAG_UNIT_ID = 0x08,
};

static const uint8_t ccm_tags[] = { CCM_TAG_UNIT_ID,   CCM_TAG_MAC,	  CCM_TAG_LOCATION,
				    CCM_TAG_TYPE,      CCM_TAG_EQUIPMENT, CCM_TAG_SOFTWARE,
				    CCM_TAG_UNIT_NAME, CCM_TAG_SERNR };

int ipa_frame_take(struct ipa_frame *frame, const uint8_t *in, size_t len, size_t max_payload)
{
	size_t length, ext_len;

	if (len < IPA_HEADER_SIZE)
		return 0;
	length = (size_t)in[0] << 8 | in[1];
	ext_len = in[2] == IPA_PROTO_OSMO ? 1 : 0;
	/* Decided by the header alone, so that nobody waits for octets that will not be taken. */
	if (length < ext_len || length - ext_len > max_payload)
		return -EBADMSG;
	if (len - IPA_HEADER_SIZE < length)
		return 0;
	frame->proto = in[2];
	frame->ext = ext_len ? in[IPA_HEADER_SIZE] : 0;
	frame->payload = in + IPA_HEADER_SIZE + ext_len;
	frame->payload_len = length - ext_len;
	frame->frame_len = IPA_HEADER_SIZE + length;
	return 1;
}

size_t ipa_frame_header(uint8_t out[4], uint8_t proto, uint8_t ext, size_t payload_len)
{
	size_t ext_len = proto == IPA_PROTO_OSMO ? 1 : 0;
	size_t length = payload_len + ext_len;

	OSMO_ASSERT(length <= IPA_PAYLOAD_MAX);
	out[0] = (uint8_t)(length >> 8);
	out[1] = (uint8_t)length;
	out[2] = proto;
	if (ext_len)
		out[3] = ext;
	return IPA_HEADER_SIZE + ext_len;
}

int ipa_ccm_build_simple(uint8_t *out, size_t size, enum ipa_ccm_type type)
{
	if (size < IPA_HEADER_SIZE + 1)
		return -EMSGSIZE;
	ipa_frame_header(out, IPA_PROTO_CCM, 0, 1);
	out[IPA_HEADER_SIZE] = type;
	return IPA_HEADER_SIZE + 1;
}

int ipa_ccm_build_id_get(uint8_t *out, size_t size)
{
	size_t payload_len = 1 + 2 * sizeof(ccm_tags);
	uint8_t *p = out + IPA_HEADER_SIZE;

	if (size < IPA_HEADER_SIZE + payload_len)
		return -EMSGSIZE;
	ipa_frame_header(out, IPA_PROTO_CCM, 0, payload_len);
	*p++ = IPA_CCM_ID_GET;
	for (size_t i = 0; i < sizeof(ccm_tags); i++) {
		*p++ = 1; /* length: the tag alone */
		*p++ = ccm_tags[i];
	}
	return (int)(IPA_HEADER_SIZE + payload_len);
}

static const char *ccm_value(uint8_t tag, const char *name)
{
	switch (tag) {
	case CCM_TAG_UNIT_ID:
		return "0/0/0";
	case CCM_TAG_MAC:
		return "00:00:00:00:00:00";
	case CCM_TAG_SOFTWARE:
		return TEGATA_VERSION;
	case CCM_TAG_UNIT_NAME:
	case CCM_TAG_SERNR:
		return name;
	default:
		return "";
	}
}

int ipa_ccm_build_id_resp(uint8_t *out, size_t size, const char *name)
{
	size_t len = IPA_HEADER_SIZE + 1;

	OSMO_ASSERT(strlen(name) < IPA_NAME_SIZE);
	if (size < len)
		return -EMSGSIZE;
	for (size_t i = 0; i < sizeof(ccm_tags); i++) {
		const char *value = ccm_value(ccm_tags[i], name);
		size_t value_len = strlen(value) + 1; /* values are sent with their NUL */

		if (size - len < CCM_LEN_SIZE + 1 + value_len)
			return -EMSGSIZE;
		out[len++] = (uint8_t)((1 + value_len) >> 8);
		out[len++] = (uint8_t)(1 + value_len);
		out[len++] = ccm_tags[i];
		memcpy(out + len, value, value_len);
		len += value_len;
	}
	ipa_frame_header(out, IPA_PROTO_CCM, 0, len - IPA_HEADER_SIZE);
	out[IPA_HEADER_SIZE] = IPA_CCM_ID_RESP;
	return (int)len;
}

int ipa_name_copy(char name[IPA_NAME_SIZE], const uint8_t *value, size_t len)
{
	if (len > 0 && value[len - 1] == '\0')
		len--;
	for (size_t i = 0; i < len; i++) {
		if (value[i] < 0x20 || value[i] > 0x7e)
			return -EBADMSG;
	}
	if (len >= IPA_NAME_SIZE)
		return -EMSGSIZE;
	memcpy(name, value, len);
	name[len] = '\0';
	return 0;
}

/* Takes one element; value_len is without the tag. */
static int ccm_take(const uint8_t **p, size_t *left, uint8_t *tag, const uint8_t **value,
		    size_t *value_len)
{
	size_t length;

	if (*left < CCM_LEN_SIZE + 1)
		return -EBADMSG;
	length = (size_t)(*p)[0] << 8 | (*p)[1];
	if (length < 1 || length > *left - CCM_LEN_SIZE)
		return -EBADMSG;
	*tag = (*p)[CCM_LEN_SIZE];
	*value = *p + CCM_LEN_SIZE + 1;
	*value_len = length - 1;
	*p += CCM_LEN_SIZE + length;
	*left -= CCM_LEN_SIZE + length;
	return 0;
}

int ipa_ccm_parse_name(char name[IPA_NAME_SIZE], const uint8_t *payload, size_t len)
{
	char serial[IPA_NAME_SIZE] = "", unit[IPA_NAME_SIZE] = "";

	while (len > 0) {
		const uint8_t *value;
		size_t value_len;
		uint8_t tag;
		int rc = ccm_take(&payload, &len, &tag, &value, &value_len);

		if (rc == 0 && tag == CCM_TAG_SERNR)
			rc = ipa_name_copy(serial, value, value_len);
		else if (rc == 0 && tag == CCM_TAG_UNIT_NAME)
			rc = ipa_name_copy(unit, value, value_len);
		if (rc < 0)
			return rc;
	}
	osmo_strlcpy(name, serial[0] ? serial : unit, IPA_NAME_SIZE);
	return name[0] ? 0 : -ENOENT;
}
