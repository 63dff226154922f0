/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One gateway: dials it, keeps dialling, and hands its questions on. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/stats.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/link_peer.h"
#include "lib/log_category.h"
#include "lib/metrics.h"
#include "lib/random.h"
#include "lib/stream_tls.h"
#include "manager/ledger.h"
#include "manager/shop_links_priv.h"

static const struct rate_ctr_desc ctr_desc[] = {
	[LINK_CTR_UP] = { "up", "Times the link came up" },
	[LINK_CTR_DOWN] = { "down", "Times the link broke" },
	[LINK_CTR_DIAL] = { "dial", "Times the gateway was dialled" },
	[LINK_CTR_CHECK] = { "check", "Questions of shops" },
	[LINK_CTR_ITEM] = { "check:item", "Values asked about" },
	[LINK_CTR_OWNED] = { "check:owned", "Values that were the asker's" },
	[LINK_CTR_OK] = { "check:ok", "Questions answered" },
	[LINK_CTR_REFUSED] = { "check:refused", "Questions of keys that are not valid for them" },
	[LINK_CTR_BUSY] = { "check:busy", "Questions refused: too many are under way" },
	[LINK_CTR_FAILED] = { "check:failed", "Questions that the ledger could not answer" },
	[LINK_CTR_LOST] = { "check:lost", "Answers whose link was gone" },
	[LINK_CTR_MALFORMED] = { "malformed", "Messages that cannot be read" },
	[LINK_CTR_UNKNOWN] = { "unknown", "Messages of an unknown type" },
};

static const struct rate_ctr_group_desc ctr_group_desc = {
	.group_name_prefix = "link",
	.group_description = "Link to a gateway",
	.class_id = OSMO_STATS_CLASS_PEER,
	.num_ctr = ARRAY_SIZE(ctr_desc),
	.ctr_desc = ctr_desc,
};

static void dial(void *data);

/* --- settings ---------------------------------------------------------------------- */

void shop_gateway_default(struct gateway_settings *s)
{
	memset(s, 0, sizeof(*s));
	s->ping_interval_s = LINK_PING_INTERVAL_DEFAULT_S;
}

static bool is_unix(const struct gateway_settings *s)
{
	return !strncmp(s->address, "unix:", 5);
}

static bool has_tls_files(const struct gateway_settings *s)
{
	return s->certificate_file[0] && s->key_file[0] && s->ca_file[0];
}

/* What is wrong with the wanted settings; NULL: nothing. */
static const char *settings_fault(const struct shop_gateway *g)
{
	const struct gateway_settings *s = &g->wanted;

	if (!s->address[0])
		return "it has no address";
	if (is_unix(s))
		return NULL;
	if (!has_tls_files(s))
		return "it needs tls certificate, key and ca";
	if (!s->peer_cn[0])
		return "it needs tls peer-cn, the common name in the gateway's certificate: "
		       "whoever else the CA signed for is not this gateway";
	return NULL;
}

static struct stream_tls *tls_load(struct shop_gateway *g)
{
	const struct gateway_settings *s = &g->wanted;
	struct stream_tls_config config = {
		.certificate_file = s->certificate_file,
		.key_file = s->key_file,
		.ca_file = s->ca_file,
		.peer_cn = s->peer_cn,
	};
	struct stream_tls *tls;
	char why[256];

	tls = stream_tls_new(g, &config, false, why, sizeof(why));
	if (!tls)
		LOGP(DLINK, LOGL_ERROR, "gateway %s: tls %s\n", g->name, why);
	return tls;
}

static int settings_check(const struct shop_gateway *g)
{
	const char *fault = settings_fault(g);

	if (!fault)
		return 0;
	LOGP(DLINK, LOGL_ERROR, "gateway %s: %s\n", g->name, fault);
	return -EINVAL;
}

int shop_gateway_check(struct shop_gateway *g)
{
	struct stream_tls *tls;

	if (settings_check(g) < 0)
		return -EINVAL;
	if (is_unix(&g->wanted))
		return 0;
	tls = tls_load(g);
	if (!tls)
		return -EINVAL;
	talloc_free(tls);
	return 0;
}

/* --- up and down -------------------------------------------------------------------- */

static void changed(struct shop_gateway *g, bool up, const char *why)
{
	if (g->is_up != up)
		g->since = time(NULL);
	g->is_up = up;
	OSMO_STRLCPY_ARRAY(g->why, why);
}

/* A quarter more or less, so that many managers do not come back in one moment. */
static void redial_later(struct shop_gateway *g)
{
	uint16_t r = 0;
	unsigned int ms;

	if (g->sl->draining || !g->sl->running)
		return;
	/* Without randomness the delay is still right. */
	(void)!random_fill(&r, sizeof(r));
	ms = g->backoff_ms * 3 / 4 + g->backoff_ms / 2 * r / UINT16_MAX;
	osmo_timer_schedule(&g->redial, ms / 1000, ms % 1000 * 1000);
	g->backoff_ms = OSMO_MIN(g->backoff_ms * 2, GATEWAY_BACKOFF_MAX_MS);
}

static void peer_up(void *data, struct link_peer *p)
{
	struct shop_gateway *g = data;

	LOGP(DLINK, LOGL_NOTICE, "gateway %s: '%s' (%s) is connected\n", g->name, link_peer_name(p),
	     link_peer_address(p));
	rate_ctr_inc(rate_ctr_group_get_ctr(g->ctrs, LINK_CTR_UP));
	changed(g, true, "");
	g->backoff_ms = GATEWAY_BACKOFF_MS;
	if (g->sl->draining)
		link_peer_drain(p);
}

static int peer_asked(void *data, struct link_peer *p, const struct link_msg *msg)
{
	return shop_check_asked(data, msg);
}

static void peer_down(void *data, struct link_peer *p, int error, const char *why)
{
	struct shop_gateway *g = data;

	/* The same failure again and again is told once. */
	LOGP(DLINK, g->is_up || strcmp(g->why, why) ? LOGL_NOTICE : LOGL_INFO, "gateway %s: %s\n",
	     g->name, why);
	if (g->is_up)
		rate_ctr_inc(rate_ctr_group_get_ctr(g->ctrs, LINK_CTR_DOWN));
	if (error == -EBADMSG)
		rate_ctr_inc(rate_ctr_group_get_ctr(g->ctrs, LINK_CTR_MALFORMED));
	changed(g, false, why);
	shop_check_orphan_all(g);
	g->peer = NULL;
	link_peer_free(p);
	redial_later(g);
}

static const struct link_peer_handler peer_handler = {
	.up = peer_up,
	.asked = peer_asked,
	.down = peer_down,
};

static void dial(void *data)
{
	struct shop_gateway *g = data;
	int error = 0;

	rate_ctr_inc(rate_ctr_group_get_ctr(g->ctrs, LINK_CTR_DIAL));
	g->peer = link_peer_connect(g, ledger_instance(g->sl->ledger), g->used.address, g->tls,
				    g->used.ping_interval_s, &peer_handler, g, &error);
	if (g->peer) {
		link_peer_say_ready(g->peer, ledger_can_read(g->sl->ledger));
		return;
	}
	LOGP(DLINK, LOGL_ERROR, "gateway %s: %s: %s\n", g->name, g->used.address, strerror(-error));
	changed(g, false, strerror(-error));
	redial_later(g);
}

void shop_gateway_close(struct shop_gateway *g)
{
	osmo_timer_del(&g->redial);
	shop_check_orphan_all(g);
	link_peer_free(g->peer);
	g->peer = NULL;
	changed(g, false, "closed");
}

/* --- settings in force --------------------------------------------------------------- */

static int certificates_reload(struct shop_gateway *g)
{
	char why[256];

	if (!g->tls || stream_tls_reload(g->tls, why, sizeof(why)) == 0)
		return 0;
	LOGP(DLINK, LOGL_ERROR, "gateway %s: %s; the certificates read before stay in use\n",
	     g->name, why);
	return -EINVAL;
}

/* Only the ping interval is new: no reason to break the link. */
static void ping_interval_apply(struct shop_gateway *g)
{
	if (g->used.address[0] && g->used.ping_interval_s != g->wanted.ping_interval_s) {
		g->used.ping_interval_s = g->wanted.ping_interval_s;
		if (g->peer)
			link_peer_set_ping_interval(g->peer, g->used.ping_interval_s);
	}
}

int shop_gateway_apply(struct shop_gateway *g)
{
	struct stream_tls *tls = NULL;

	if (settings_check(g) < 0)
		return -EINVAL;
	ping_interval_apply(g);
	if (!memcmp(&g->wanted, &g->used, sizeof(g->used)))
		return certificates_reload(g);
	if (!is_unix(&g->wanted)) {
		tls = tls_load(g);
		if (!tls)
			return -EINVAL;
	}
	shop_gateway_close(g);
	talloc_free(g->tls);
	g->tls = tls;
	g->used = g->wanted;
	g->backoff_ms = GATEWAY_BACKOFF_MS;
	dial(g);
	return 0;
}

/* --- life ------------------------------------------------------------------------------ */

static double read_up(void *data)
{
	const struct shop_gateway *g = data;

	return g->is_up;
}

static int gateway_destructor(struct shop_gateway *g)
{
	osmo_timer_del(&g->redial);
	/* The group is in a list of the library's: freed by hand before talloc frees it. */
	rate_ctr_group_free(g->ctrs);
	return 0;
}

struct shop_gateway *shop_gateway_new(struct shop_links *sl, const char *name)
{
	static unsigned int next_index;
	struct shop_gateway *g = talloc_zero(sl, struct shop_gateway);
	char labels[GATEWAY_NAME_SIZE + 16];

	OSMO_ASSERT(g);
	g->sl = sl;
	OSMO_STRLCPY_ARRAY(g->name, name);
	shop_gateway_default(&g->wanted);
	INIT_LLIST_HEAD(&g->questions);
	osmo_timer_setup(&g->redial, dial, g);
	g->since = time(NULL);
	g->ctrs = rate_ctr_group_alloc(g, &ctr_group_desc, next_index++);
	OSMO_ASSERT(g->ctrs);
	rate_ctr_group_set_name(g->ctrs, name);
	snprintf(labels, sizeof(labels), "gateway=\"%s\"", name);
	metrics_gauge_register(g, "tegata_link_up", "1: the gateway is connected", labels, read_up,
			       g);
	talloc_set_destructor(g, gateway_destructor);
	return g;
}

const char *shop_gateway_state(const struct shop_gateway *g)
{
	if (g->is_up)
		return "up";
	if (g->peer)
		return "dialling";
	return osmo_timer_pending(&g->redial) ? "waiting" : "idle";
}
