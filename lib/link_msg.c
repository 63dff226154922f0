/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/link_msg.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <osmocom/core/bit16gen.h>
#include <osmocom/core/bit32gen.h>
#include <osmocom/core/bit64gen.h>
#include <osmocom/core/utils.h>

#include "lib/ipa_frame.h"
#include "lib/value_state.h"

#define MSG_HEAD_SIZE 5 /* type, number */
#define ELEMENT_HEAD_SIZE 3 /* tag, length */
#define VALUE_ID_SIZE 8
/* An item that is not the asker's is its flags alone: one octet. */
#define ITEM_OWNED_SIZE (1 + 1 + 3 + 8 + 8 + 8)

enum link_tag {
	TAG_VERSION = 1, /* 2 */
	TAG_NAME = 2, /* 1..63, printable ASCII */
	TAG_KEY_DIGEST = 3, /* 32 */
	TAG_REQUEST_ID = 4, /* 16 */
	TAG_VALUE_IDS = 5, /* 8 each */
	TAG_OUTCOME = 6, /* 1 */
	TAG_TEST = 7, /* 0: it is a test key */
	TAG_SHOP_CODE = 8, /* 4..6 digits */
	TAG_RATE = 9, /* per second, burst: 4 each */
	TAG_ITEMS = 10, /* 1 or ITEM_OWNED_SIZE each */
	TAG_READY = 11, /* 1: 0 or 1 */
	N_TAGS,
};

enum item_flag {
	ITEM_OWNER = 0x01,
	ITEM_SPENDABLE = 0x02,
};

/* --- writing ------------------------------------------------------------------- */

struct writer {
	uint8_t *out;
	size_t size, len;
	bool full;
};

static uint8_t *put(struct writer *w, size_t len)
{
	uint8_t *at = w->out + w->len;

	if (w->full || len > w->size - w->len) {
		w->full = true;
		return NULL;
	}
	w->len += len;
	return at;
}

static uint8_t *put_element(struct writer *w, enum link_tag tag, size_t len)
{
	uint8_t *at = put(w, ELEMENT_HEAD_SIZE + len);

	if (!at)
		return NULL;
	at[0] = tag;
	osmo_store16be(len, at + 1);
	return at + ELEMENT_HEAD_SIZE;
}

static void put_octets(struct writer *w, enum link_tag tag, const void *octets, size_t len)
{
	uint8_t *at = put_element(w, tag, len);

	if (at && len)
		memcpy(at, octets, len);
}

/* The frame's header comes last, when the length is known; its room is left here. */
static void start(struct writer *w, uint8_t *out, size_t size, uint8_t type, uint32_t number)
{
	uint8_t *at;

	*w = (struct writer){ .out = out, .size = size };
	at = put(w, IPA_HEADER_SIZE + 1 + MSG_HEAD_SIZE);
	if (!at)
		return;
	at += IPA_HEADER_SIZE + 1;
	at[0] = type;
	osmo_store32be(number, at + 1);
}

static int finish(struct writer *w)
{
	if (w->full)
		return -EMSGSIZE;
	ipa_frame_header(w->out, IPA_PROTO_OSMO, IPA_EXT_TEGATA, w->len - IPA_HEADER_SIZE - 1);
	return w->len;
}

int link_hello_encode(uint8_t *out, size_t size, const struct link_hello *hello)
{
	uint8_t version[2];
	struct writer w;

	osmo_store16be(hello->version, version);
	start(&w, out, size, LINK_HELLO, 0);
	put_octets(&w, TAG_VERSION, version, sizeof(version));
	put_octets(&w, TAG_NAME, hello->name, strlen(hello->name));
	return finish(&w);
}

int link_simple_encode(uint8_t *out, size_t size, enum link_msg_type type, uint32_t number)
{
	struct writer w;

	start(&w, out, size, type, number);
	return finish(&w);
}

int link_ready_encode(uint8_t *out, size_t size, bool ready)
{
	const uint8_t octet = ready;
	struct writer w;

	start(&w, out, size, LINK_READY, 0);
	put_octets(&w, TAG_READY, &octet, sizeof(octet));
	return finish(&w);
}

int link_check_encode(uint8_t *out, size_t size, uint32_t number, const struct link_check *check)
{
	struct writer w;
	uint8_t *at;
	size_t i;

	OSMO_ASSERT(check->n_items && check->n_items <= LINK_CHECK_ITEMS_MAX);
	start(&w, out, size, LINK_CHECK, number);
	put_octets(&w, TAG_KEY_DIGEST, check->asker.key_digest, LINK_KEY_DIGEST_SIZE);
	put_octets(&w, TAG_REQUEST_ID, check->asker.request_id.octets, REQUEST_ID_SIZE);
	at = put_element(&w, TAG_VALUE_IDS, check->n_items * VALUE_ID_SIZE);
	for (i = 0; at && i < check->n_items; i++)
		osmo_store64be(check->value_ids[i], at + i * VALUE_ID_SIZE);
	return finish(&w);
}

static uint8_t *store_item(uint8_t *at, const struct link_check_item *item)
{
	if (!item->owner) {
		*at = 0;
		return at + 1;
	}
	at[0] = ITEM_OWNER | (item->spendable ? ITEM_SPENDABLE : 0);
	at[1] = item->state;
	memcpy(at + 2, item->currency, 3);
	osmo_store64be(item->amount_minor, at + 5);
	osmo_store64be(item->expires_at, at + 13);
	osmo_store64be(item->owner_since, at + 21);
	return at + ITEM_OWNED_SIZE;
}

static void put_items(struct writer *w, const struct link_check_result *result)
{
	size_t i, len = 0;
	uint8_t *at;

	for (i = 0; i < result->n_items; i++)
		len += result->items[i].owner ? ITEM_OWNED_SIZE : 1;
	at = put_element(w, TAG_ITEMS, len);
	for (i = 0; at && i < result->n_items; i++)
		at = store_item(at, &result->items[i]);
}

void link_check_result_begin(struct link_check_result *result, uint8_t outcome)
{
	memset(result, 0, offsetof(struct link_check_result, items));
	result->outcome = outcome;
}

int link_check_result_encode(uint8_t *out, size_t size, uint32_t number,
			     const struct link_check_result *result)
{
	uint8_t rate[8];
	struct writer w;

	OSMO_ASSERT(result->n_items <= LINK_CHECK_ITEMS_MAX);
	start(&w, out, size, LINK_CHECK_RESULT, number);
	put_octets(&w, TAG_OUTCOME, &result->outcome, 1);
	if (result->test)
		put_octets(&w, TAG_TEST, NULL, 0);
	if (result->shop_code[0])
		put_octets(&w, TAG_SHOP_CODE, result->shop_code, strlen(result->shop_code));
	osmo_store32be(result->rate_per_s, rate);
	osmo_store32be(result->rate_burst, rate + 4);
	put_octets(&w, TAG_RATE, rate, sizeof(rate));
	put_items(&w, result);
	return finish(&w);
}

/* --- reading -------------------------------------------------------------------- */

struct element {
	const uint8_t *value; /* NULL: not there */
	size_t len;
};

/* Sorts the body's elements by tag. */
static int elements_read(struct element elements[N_TAGS], const struct link_msg *msg)
{
	const uint8_t *at = msg->body;
	size_t left = msg->body_len, len;

	memset(elements, 0, N_TAGS * sizeof(*elements));
	while (left) {
		if (left < ELEMENT_HEAD_SIZE)
			return -EBADMSG;
		len = osmo_load16be(at + 1);
		if (len > left - ELEMENT_HEAD_SIZE)
			return -EBADMSG;
		if (at[0] < N_TAGS) {
			if (elements[at[0]].value)
				return -EBADMSG;
			elements[at[0]] = (struct element){ at + ELEMENT_HEAD_SIZE, len };
		}
		at += ELEMENT_HEAD_SIZE + len;
		left -= ELEMENT_HEAD_SIZE + len;
	}
	return 0;
}

static bool has(const struct element *e, size_t len)
{
	return e->value && e->len == len;
}

/* Copies as text what is from one to size - 1 octets that all pass the test. */
static int text_read(char *text, size_t size, const struct element *e, int (*passes)(int))
{
	size_t i;

	if (!e->value || !e->len || e->len >= size)
		return -EBADMSG;
	for (i = 0; i < e->len; i++) {
		if (!isascii(e->value[i]) || !passes(e->value[i]))
			return -EBADMSG;
	}
	memcpy(text, e->value, e->len);
	text[e->len] = '\0';
	return 0;
}

int link_msg_decode(struct link_msg *msg, const uint8_t *payload, size_t len)
{
	if (len < MSG_HEAD_SIZE)
		return -EBADMSG;
	*msg = (struct link_msg){ .type = payload[0],
				  .number = osmo_load32be(payload + 1),
				  .body = payload + MSG_HEAD_SIZE,
				  .body_len = len - MSG_HEAD_SIZE };
	return 0;
}

int link_hello_decode(struct link_hello *hello, const struct link_msg *msg)
{
	struct element elements[N_TAGS];

	if (elements_read(elements, msg) || !has(&elements[TAG_VERSION], 2))
		return -EBADMSG;
	hello->version = osmo_load16be(elements[TAG_VERSION].value);
	return text_read(hello->name, sizeof(hello->name), &elements[TAG_NAME], isprint);
}

int link_ready_decode(bool *ready, const struct link_msg *msg)
{
	struct element elements[N_TAGS];
	const struct element *e = &elements[TAG_READY];

	if (elements_read(elements, msg) || !has(e, 1) || e->value[0] > 1)
		return -EBADMSG;
	*ready = e->value[0];
	return 0;
}

int link_check_decode(struct link_check *check, const struct link_msg *msg)
{
	struct element elements[N_TAGS];
	const struct element *ids = &elements[TAG_VALUE_IDS];
	size_t i;

	if (elements_read(elements, msg) || !has(&elements[TAG_KEY_DIGEST], LINK_KEY_DIGEST_SIZE) ||
	    !has(&elements[TAG_REQUEST_ID], REQUEST_ID_SIZE) || !ids->len ||
	    ids->len % VALUE_ID_SIZE || ids->len / VALUE_ID_SIZE > LINK_CHECK_ITEMS_MAX)
		return -EBADMSG;
	memcpy(check->asker.key_digest, elements[TAG_KEY_DIGEST].value, LINK_KEY_DIGEST_SIZE);
	memcpy(check->asker.request_id.octets, elements[TAG_REQUEST_ID].value, REQUEST_ID_SIZE);
	check->n_items = ids->len / VALUE_ID_SIZE;
	for (i = 0; i < check->n_items; i++) {
		check->value_ids[i] = osmo_load64be(ids->value + i * VALUE_ID_SIZE);
		if (check->value_ids[i] < 0)
			return -EBADMSG;
	}
	return 0;
}

static bool currency_is_code(const char currency[4])
{
	return isupper(currency[0]) && isupper(currency[1]) && isupper(currency[2]);
}

static int item_read(struct link_check_item *item, const uint8_t *at)
{
	item->owner = true;
	item->spendable = at[0] & ITEM_SPENDABLE;
	item->state = at[1];
	memcpy(item->currency, at + 2, 3);
	item->currency[3] = '\0';
	item->amount_minor = osmo_load64be(at + 5);
	item->expires_at = osmo_load64be(at + 13);
	item->owner_since = osmo_load64be(at + 21);
	if (at[0] & ~(ITEM_OWNER | ITEM_SPENDABLE) || !value_state_name(item->state) ||
	    !currency_is_code(item->currency) || item->amount_minor < 0 || item->expires_at < 0 ||
	    item->owner_since < 0)
		return -EBADMSG;
	return 0;
}

static int items_read(struct link_check_result *result, const struct element *e)
{
	const uint8_t *at = e->value, *end = at + e->len;
	struct link_check_item *item;

	while (at < end) {
		if (result->n_items == LINK_CHECK_ITEMS_MAX)
			return -EBADMSG;
		item = &result->items[result->n_items++];
		if (*at == 0) {
			*item = (struct link_check_item){};
			at++;
			continue;
		}
		if (!(*at & ITEM_OWNER) || end - at < ITEM_OWNED_SIZE || item_read(item, at))
			return -EBADMSG;
		at += ITEM_OWNED_SIZE;
	}
	return 0;
}

int link_check_result_decode(struct link_check_result *result, const struct link_msg *msg)
{
	struct element elements[N_TAGS];
	const struct element *rate = &elements[TAG_RATE], *shop = &elements[TAG_SHOP_CODE];

	if (elements_read(elements, msg) || !has(&elements[TAG_OUTCOME], 1) || !has(rate, 8) ||
	    !elements[TAG_ITEMS].value)
		return -EBADMSG;
	result->outcome = elements[TAG_OUTCOME].value[0];
	result->test = elements[TAG_TEST].value;
	result->rate_per_s = osmo_load32be(rate->value);
	result->rate_burst = osmo_load32be(rate->value + 4);
	result->shop_code[0] = '\0';
	if (shop->value && text_read(result->shop_code, sizeof(result->shop_code), shop, isdigit))
		return -EBADMSG;
	result->n_items = 0;
	return items_read(result, &elements[TAG_ITEMS]);
}
