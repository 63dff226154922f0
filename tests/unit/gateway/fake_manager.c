/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A manager's end of the link for tests of the gateway, without a database:
 *
 *   fake_manager [OPTION...] ADDRESS...
 *     --name NAME              default fake-1
 *     --own ID=MINOR,CUR,STATE,SPENDABLE,EXPIRES,SINCE    what shop 71001 owns; times in
 *                              seconds since 1970, EXPIRES 0: never
 *     --rate N --burst N       what the shop may ask (100000 each)
 *     --delay MS               before each answer
 *     --outcome NAME           to good keys, in place of ok
 *     --mute                   no answer at all
 *     --die                    ends at the first question, unanswered
 *     --tls CERTIFICATE KEY CA
 *
 * Keys: tgk_live_goodgoodgoodgood and tgk_live_alsogoodalsogood are shop 71001's,
 * tgk_live_noscopenoscopenoscope lacks the scope, tgk_test_goodgoodgoodgood is shop
 * 71002's test key.  Prints a line a question.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include <osmocom/core/application.h>
#include <osmocom/core/msgb.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "lib/ipa_frame.h"
#include "lib/link_msg.h"
#include "lib/link_peer.h"
#include "lib/log_category.h"
#include "lib/outcome.h"
#include "lib/stream_tls.h"
#include "lib/value_id.h"
#include "lib/value_state.h"

#define OWNED_MAX 1000
#define ADDRESSES_MAX 8
#define RECONNECT_MS 100

static struct {
	const char *name;
	struct {
		int64_t id;
		struct link_check_item item;
	} owned[OWNED_MAX];
	size_t n_owned;
	unsigned int rate, burst, delay_ms;
	enum outcome outcome;
	bool mute, die;
	struct stream_tls *tls;
} fake = { .name = "fake-1", .rate = 100000, .burst = 100000 };

struct link {
	const char *address;
	struct link_peer *peer;
	struct osmo_timer_list timer;
};

struct delayed {
	struct osmo_timer_list timer;
	struct link *link;
	struct link_peer *peer; /* of then */
	int len;
	uint8_t frame[LINK_FRAME_SIZE];
};

static void *ctx;

static void link_dial(void *data);

/* --- answers ---------------------------------------------------------------- */

static bool key_is(const struct link_check *check, const char *key)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)key, strlen(key), digest);
	return memcmp(digest, check->asker.key_digest, sizeof(digest)) == 0;
}

static void answer_key(struct link_check_result *result, const struct link_check *check)
{
	result->outcome = fake.outcome;
	result->rate_per_s = fake.rate;
	result->rate_burst = fake.burst;
	osmo_strlcpy(result->shop_code, "71001", sizeof(result->shop_code));
	if (key_is(check, "tgk_test_goodgoodgoodgood")) {
		result->test = true;
		osmo_strlcpy(result->shop_code, "71002", sizeof(result->shop_code));
	} else if (key_is(check, "tgk_live_noscopenoscopenoscope")) {
		result->outcome = OUTCOME_FORBIDDEN;
	} else if (!key_is(check, "tgk_live_goodgoodgoodgood") &&
		   !key_is(check, "tgk_live_alsogoodalsogood")) {
		memset(result, 0, sizeof(*result));
		result->outcome = OUTCOME_UNAUTHENTICATED;
	}
}

static void answer_item(struct link_check_item *item, int64_t id)
{
	size_t i;

	for (i = 0; i < fake.n_owned; i++) {
		if (fake.owned[i].id == id)
			*item = fake.owned[i].item;
	}
}

static void answer(struct link_check_result *result, const struct link_check *check)
{
	size_t i;

	memset(result, 0, sizeof(*result));
	answer_key(result, check);
	if (result->outcome != OUTCOME_OK)
		return;
	result->n_items = check->n_items;
	if (strcmp(result->shop_code, "71001") != 0)
		return;
	for (i = 0; i < check->n_items; i++)
		answer_item(&result->items[i], check->value_ids[i]);
}

static void delayed_send(void *data)
{
	struct delayed *d = data;

	if (d->link->peer != d->peer || link_peer_send(d->peer, d->frame, d->len) < 0)
		printf("answer lost\n");
	talloc_free(d);
}

static int on_asked(void *data, struct link_peer *p, const struct link_msg *msg)
{
	static struct link_check check;
	static struct link_check_result result;
	struct delayed *d;
	char uuid[REQUEST_ID_STR_SIZE];

	if (msg->type != LINK_CHECK)
		return 0;
	if (link_check_decode(&check, msg) < 0)
		return -EBADMSG;
	if (fake.die)
		_exit(3);
	answer(&result, &check);
	printf("check request=%s items=%zu outcome=%s\n",
	       request_id_format(uuid, &check.asker.request_id), check.n_items,
	       outcome_name(result.outcome));
	if (fake.mute)
		return 0;
	d = talloc_zero(ctx, struct delayed);
	d->link = data;
	d->peer = p;
	d->len = link_check_result_encode(d->frame, sizeof(d->frame), msg->number, &result);
	OSMO_ASSERT(d->len > 0);
	if (!fake.delay_ms) {
		delayed_send(d);
		return 0;
	}
	osmo_timer_setup(&d->timer, delayed_send, d);
	osmo_timer_schedule(&d->timer, fake.delay_ms / 1000, fake.delay_ms % 1000 * 1000);
	return 0;
}

/* --- links ------------------------------------------------------------------ */

static void on_up(void *data, struct link_peer *p)
{
	printf("up %s\n", link_peer_name(p));
}

static void on_down(void *data, struct link_peer *p, int error, const char *why)
{
	struct link *l = data;

	link_peer_lose(p);
	link_peer_free(p);
	l->peer = NULL;
	osmo_timer_schedule(&l->timer, 0, RECONNECT_MS * 1000);
}

static const struct link_peer_handler handler = {
	.up = on_up,
	.asked = on_asked,
	.down = on_down,
};

static void link_dial(void *data)
{
	struct link *l = data;
	int error;

	l->peer = link_peer_connect(ctx, fake.name, l->address, fake.tls, 5, &handler, l, &error);
	if (!l->peer)
		osmo_timer_schedule(&l->timer, 0, RECONNECT_MS * 1000);
}

/* --- options ---------------------------------------------------------------- */

static void own_add(const char *text)
{
	char id[32], currency[4], state[16];
	int spendable, i;
	struct link_check_item *item = &fake.owned[fake.n_owned].item;

	OSMO_ASSERT(fake.n_owned < OWNED_MAX);
	if (sscanf(text, "%31[0-9]=%" SCNd64 ",%3[A-Z],%15[a-z],%d,%" SCNd64 ",%" SCNd64, id,
		   &item->amount_minor, currency, state, &spendable, &item->expires_at,
		   &item->owner_since) != 7 ||
	    value_id_parse(&fake.owned[fake.n_owned].id, id, strlen(id)) < 0) {
		fprintf(stderr, "fake_manager: --own %s?\n", text);
		exit(2);
	}
	item->owner = true;
	item->spendable = spendable;
	osmo_strlcpy(item->currency, currency, sizeof(item->currency));
	for (i = VALUE_STATE_PENDING; i <= VALUE_STATE_REVOKED; i++) {
		if (strcmp(value_state_name(i), state) == 0)
			item->state = i;
	}
	fake.n_owned++;
}

static void tls_load(char **argv)
{
	struct stream_tls_config config = { .certificate_file = argv[0],
					    .key_file = argv[1],
					    .ca_file = argv[2],
					    .peer_cn = "gateway-1" };
	char why[256];

	fake.tls = stream_tls_new(ctx, &config, false, why, sizeof(why));
	if (!fake.tls) {
		fprintf(stderr, "fake_manager: %s\n", why);
		exit(2);
	}
}

static void options_parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "name", 1, NULL, 'n' },  { "own", 1, NULL, 'o' },
		{ "rate", 1, NULL, 'r' },  { "burst", 1, NULL, 'b' },
		{ "delay", 1, NULL, 'd' }, { "outcome", 1, NULL, 'O' },
		{ "mute", 0, NULL, 'm' },  { "die", 0, NULL, 'D' },
		{ "tls", 1, NULL, 't' },   { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			fake.name = optarg;
			break;
		case 'o':
			own_add(optarg);
			break;
		case 'r':
			fake.rate = atoi(optarg);
			break;
		case 'b':
			fake.burst = atoi(optarg);
			break;
		case 'd':
			fake.delay_ms = atoi(optarg);
			break;
		case 'O':
			fake.outcome = outcome_by_name(optarg);
			break;
		case 'm':
			fake.mute = true;
			break;
		case 'D':
			fake.die = true;
			break;
		case 't':
			tls_load(argv + optind - 1);
			optind += 2;
			break;
		default:
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	static struct link links[ADDRESSES_MAX];
	int i;

	ctx = talloc_named_const(NULL, 0, "fake_manager");
	msgb_talloc_ctx_init(ctx, 0);
	osmo_init_logging2(ctx, &tegata_log_info);
	setlinebuf(stdout);
	options_parse(argc, argv);
	for (i = 0; i < ADDRESSES_MAX && optind + i < argc; i++) {
		links[i].address = argv[optind + i];
		osmo_timer_setup(&links[i].timer, link_dial, &links[i]);
		link_dial(&links[i]);
	}
	while (true)
		osmo_select_main_ctx(0);
}
