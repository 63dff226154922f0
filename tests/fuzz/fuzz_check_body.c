/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any octets as the body of an ownership check: what is taken can be asked over the link, and what
 * is refused is told with a place and a text that fit the answer. */
#include "fuzz.h"

#include "gateway/check_body.h"
#include "lib/ipa_frame.h"
#include "lib/utf8.h"

static uint8_t frame[LINK_FRAME_SIZE];

static void ask(struct link_check *check)
{
	static struct link_check back;
	struct ipa_frame ipa;
	struct link_msg msg;
	int n;

	memset(&check->asker, 7, sizeof(check->asker));
	n = link_check_encode(frame, sizeof(frame), 1, check);
	OSMO_ASSERT(n > 0 && ipa_frame_take(&ipa, frame, n, LINK_FRAME_MAX) == 1);
	OSMO_ASSERT(link_msg_decode(&msg, ipa.payload, ipa.payload_len) == 0);
	OSMO_ASSERT(link_check_decode(&back, &msg) == 0 && back.n_items == check->n_items);
	for (size_t i = 0; i < check->n_items; i++)
		OSMO_ASSERT(check->value_ids[i] > 0 && back.value_ids[i] == check->value_ids[i]);
}

static bool is_utf8(const char *text)
{
	size_t len = strlen(text);
	uint32_t c;

	while (len > 0) {
		int n = utf8_take(&c, text, len);

		if (n < 0)
			return false;
		text += n;
		len -= n;
	}
	return true;
}

static void look_at_fault(const struct check_body_fault *fault)
{
	OSMO_ASSERT(fault->outcome == OUTCOME_BODY_MALFORMED ||
		    fault->outcome == OUTCOME_BATCH_TOO_LARGE ||
		    fault->outcome == OUTCOME_VALUE_ID_MALFORMED);
	OSMO_ASSERT(memchr(fault->pointer, '\0', sizeof(fault->pointer)) &&
		    is_utf8(fault->pointer));
	OSMO_ASSERT(fault->pointer[0] == '\0' || fault->pointer[0] == '/');
	OSMO_ASSERT(memchr(fault->detail, '\0', sizeof(fault->detail)) && is_utf8(fault->detail));
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	static struct link_check check;
	struct check_body_fault fault;
	/* A body has no NUL behind it. */
	char *text = malloc(len + !len);
	bool single;

	memset(&fault, 0xee, sizeof(fault));
	memcpy(text, in, len);
	if (check_body_read(&check, &single, text, len, &fault) == 0) {
		OSMO_ASSERT(check.n_items > 0 && check.n_items <= LINK_CHECK_ITEMS_MAX);
		OSMO_ASSERT(!single || check.n_items == 1);
		ask(&check);
	} else {
		look_at_fault(&fault);
	}
	free(text);
	return 0;
}
