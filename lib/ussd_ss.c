/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/ussd_ss.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/ber.h"
#include "lib/gsm_text.h"

/* 3GPP TS 24.080 clauses 3.6.2 to 3.6.7. */
enum ss_tag {
	TAG_INVOKE = 0xa1,
	TAG_RETURN_RESULT = 0xa2,
	TAG_RETURN_ERROR = 0xa3,
	TAG_REJECT = 0xa4,
	TAG_INVOKE_ID = 0x02,
	TAG_LINKED_ID = 0x80,
	TAG_OPERATION = 0x02, /* local */
	TAG_ERROR = 0x02, /* local */
	TAG_SEQUENCE = 0x30,
	TAG_OCTET_STRING = 0x04, /* ussd-DataCodingScheme, ussd-String */
	TAG_NULL = 0x05,
	TAG_PROBLEM_GENERAL = 0x80,
	TAG_PROBLEM_INVOKE = 0x81,
	TAG_PROBLEM_RETURN_ERROR = 0x83,
};

static bool op_carries_text(uint8_t op)
{
	return op == USSD_OP_PROCESS_UNSTRUCTURED_SS || op == USSD_OP_UNSTRUCTURED_SS_REQUEST ||
	       op == USSD_OP_UNSTRUCTURED_SS_NOTIFY;
}

/* USSD-Arg and USSD-Res (TS 29.002): DCS, string, and what later releases put behind them. */
static int take_text(struct ussd_ss *ss, struct ber_in *in)
{
	struct ber_in arg, string;
	uint8_t tag;
	int rc;

	if (ber_take_tagged(in, TAG_SEQUENCE, &arg) < 0 ||
	    ber_take_octet(&arg, TAG_OCTET_STRING, &ss->dcs) < 0 ||
	    ber_take_tagged(&arg, TAG_OCTET_STRING, &string) < 0 ||
	    string.left > USSD_OCTETS_DIRECT)
		return -EBADMSG;
	while (arg.left > 0) {
		struct ber_in extension;

		if (ber_take(&arg, &tag, &extension) < 0)
			return -EBADMSG;
	}
	rc = gsm_text_ussd_decode(ss->text, sizeof(ss->text), ss->dcs, string.octets, string.left);
	if (rc == -ENOTSUP)
		return rc;
	if (rc < 0)
		return -EBADMSG;
	ss->has_text = true;
	return 0;
}

/* What stands behind the operation code, to the end of its container. */
static int take_parameter(struct ussd_ss *ss, struct ber_in *in)
{
	struct ber_in skipped;
	uint8_t tag;
	int rc = 0;

	if (in->left == 0)
		return 0;
	if (op_carries_text(ss->op))
		rc = take_text(ss, in);
	else if (ber_take(in, &tag, &skipped) < 0)
		rc = -EBADMSG;
	if (in->left > 0)
		return -EBADMSG;
	return rc;
}

static int take_invoke(struct ussd_ss *ss, struct ber_in *in)
{
	struct ber_in linked;

	if (ber_take_octet(in, TAG_INVOKE_ID, &ss->invoke_id) < 0)
		return -EBADMSG;
	if (in->left > 0 && in->octets[0] == TAG_LINKED_ID &&
	    ber_take_tagged(in, TAG_LINKED_ID, &linked) < 0)
		return -EBADMSG;
	if (ber_take_octet(in, TAG_OPERATION, &ss->op) < 0)
		return -EBADMSG;
	return take_parameter(ss, in);
}

static int take_return_result(struct ussd_ss *ss, struct ber_in *in)
{
	struct ber_in result;

	if (ber_take_octet(in, TAG_INVOKE_ID, &ss->invoke_id) < 0)
		return -EBADMSG;
	if (in->left == 0)
		return 0; /* no result: the operation is that of the invoke */
	if (ber_take_tagged(in, TAG_SEQUENCE, &result) < 0 || in->left > 0 ||
	    ber_take_octet(&result, TAG_OPERATION, &ss->op) < 0)
		return -EBADMSG;
	return take_parameter(ss, &result);
}

static int take_return_error(struct ussd_ss *ss, struct ber_in *in)
{
	if (ber_take_octet(in, TAG_INVOKE_ID, &ss->invoke_id) < 0 ||
	    ber_take_octet(in, TAG_ERROR, &ss->error) < 0)
		return -EBADMSG;
	return take_parameter(ss, in);
}

static int take_reject(struct ussd_ss *ss, struct ber_in *in)
{
	struct ber_in id, problem;
	uint8_t tag;

	/* Who could not read the invoke id sends NULL in its place. */
	if (ber_take(in, &tag, &id) < 0)
		return -EBADMSG;
	if (tag == TAG_INVOKE_ID && id.left == 1)
		ss->invoke_id = id.octets[0];
	else if (tag != TAG_NULL || id.left != 0)
		return -EBADMSG;
	if (ber_take(in, &tag, &problem) < 0 || tag < TAG_PROBLEM_GENERAL ||
	    tag > TAG_PROBLEM_RETURN_ERROR || problem.left != 1 || in->left > 0)
		return -EBADMSG;
	ss->error = problem.octets[0];
	return 0;
}

int ussd_ss_decode(struct ussd_ss *ss, const uint8_t *in, size_t len)
{
	struct ber_in component, message = { .octets = in, .left = len };
	uint8_t tag;

	memset(ss, 0, sizeof(*ss));
	ss->op = USSD_OP_OTHER;
	if (ber_take(&message, &tag, &component) < 0)
		return -EBADMSG;
	switch (tag) {
	case TAG_INVOKE:
		ss->kind = USSD_SS_INVOKE;
		return take_invoke(ss, &component);
	case TAG_RETURN_RESULT:
		ss->kind = USSD_SS_RETURN_RESULT;
		return take_return_result(ss, &component);
	case TAG_RETURN_ERROR:
		ss->kind = USSD_SS_RETURN_ERROR;
		return take_return_error(ss, &component);
	case TAG_REJECT:
		ss->kind = USSD_SS_REJECT;
		return take_reject(ss, &component);
	}
	return -EBADMSG;
}

/* Returns octets written in front, or a negative errno. */
static int put_text(struct ber_out *out, const char *text, size_t max_octets)
{
	uint8_t string[USSD_OCTETS_DIRECT], dcs;
	size_t before = out->len;
	int n;

	n = gsm_text_ussd_encode(string, OSMO_MIN(max_octets, sizeof(string)), &dcs, text,
				 strlen(text));
	if (n < 0)
		return n;
	ber_put(out, string, (size_t)n);
	ber_put_header(out, TAG_OCTET_STRING, (size_t)n);
	ber_put_octet(out, TAG_OCTET_STRING, dcs);
	ber_put_header(out, TAG_SEQUENCE, out->len - before);
	return 0;
}

static int put_component(struct ber_out *out, const struct ussd_ss *ss, size_t max_octets)
{
	static const uint8_t tags[] = {
		[USSD_SS_INVOKE] = TAG_INVOKE,
		[USSD_SS_RETURN_RESULT] = TAG_RETURN_RESULT,
		[USSD_SS_RETURN_ERROR] = TAG_RETURN_ERROR,
		[USSD_SS_REJECT] = TAG_REJECT,
	};
	int rc = ss->has_text ? put_text(out, ss->text, max_octets) : 0;

	if (rc < 0)
		return rc;
	switch (ss->kind) {
	case USSD_SS_INVOKE:
		ber_put_octet(out, TAG_OPERATION, ss->op);
		break;
	case USSD_SS_RETURN_RESULT:
		if (!ss->has_text)
			break;
		ber_put_octet(out, TAG_OPERATION, ss->op);
		ber_put_header(out, TAG_SEQUENCE, out->len);
		break;
	case USSD_SS_RETURN_ERROR:
		ber_put_octet(out, TAG_ERROR, ss->error);
		break;
	case USSD_SS_REJECT:
		ber_put_octet(out, TAG_PROBLEM_INVOKE, ss->error);
		break;
	}
	ber_put_octet(out, TAG_INVOKE_ID, ss->invoke_id);
	ber_put_header(out, tags[ss->kind], out->len);
	return 0;
}

int ussd_ss_encode(uint8_t *out, size_t size, const struct ussd_ss *ss, size_t max_octets)
{
	struct ber_out ber;
	int rc;

	OSMO_ASSERT(!ss->has_text || ss->kind == USSD_SS_INVOKE ||
		    ss->kind == USSD_SS_RETURN_RESULT);
	ber_out_init(&ber, out, size);
	rc = put_component(&ber, ss, max_octets);
	if (rc < 0)
		return rc;
	if (ber.overflow)
		return -EMSGSIZE;
	memmove(out, out + ber.room, ber.len);
	return (int)ber.len;
}
