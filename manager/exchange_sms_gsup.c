/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/exchange_sms_gsup.h"

#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>

#include "lib/log_category.h"
#include "manager/exchange_sms_gsup_priv.h"

#define JOIN_TIMEOUT_MS 60000

/* --- who was heard where ---------------------------------------------------------- */

static void heard_key(uint8_t key[LRU_KEY_SIZE], const char *imsi)
{
	memset(key, 0, LRU_KEY_SIZE);
	memcpy(key, imsi, strnlen(imsi, GSUP_IMSI_SIZE));
}

static void heard(struct sms_gsup_link *l, const char *imsi, const char *peer_name)
{
	struct sms_gsup_heard *h;
	uint8_t key[LRU_KEY_SIZE];

	heard_key(key, imsi);
	h = lru_find(l->gsup->heard, key);
	if (!h)
		h = lru_put(l->gsup->heard, key);
	h->slot = l->slot;
	h->serial = l->serial;
	OSMO_STRLCPY_ARRAY(h->peer_name, peer_name);
	sms_route_heard(l->gsup->route, imsi);
}

static bool has_sms(const struct sms_gsup_link *l)
{
	return l && l->settings.source[0];
}

void sms_gsup_link_heard(struct sms_gsup_link *l, const char *imsi)
{
	if (has_sms(l) && !l->config.own_name)
		heard(l, imsi, "");
}

struct sms_gsup_link *sms_gsup_find(struct sms_gsup *g, const char *imsi,
				    char peer_name[IPA_NAME_SIZE])
{
	struct sms_gsup_heard *h;
	struct sms_gsup_link *l;
	uint8_t key[LRU_KEY_SIZE];

	heard_key(key, imsi);
	h = lru_find(g->heard, key);
	if (!h)
		return NULL;
	l = g->links[h->slot];
	if (!l || l->serial != h->serial || !has_sms(l))
		return NULL;
	osmo_strlcpy(peer_name, h->peer_name, IPA_NAME_SIZE);
	return l;
}

void sms_gsup_forget(struct sms_gsup *g, const char *imsi)
{
	uint8_t key[LRU_KEY_SIZE];
	void *h;

	heard_key(key, imsi);
	h = lru_find(g->heard, key);
	if (h)
		lru_remove(g->heard, h);
}

/* --- messages --------------------------------------------------------------------- */

void sms_gsup_answer_to(const struct sms_gsup_link *l, struct gsup_msg *answer,
			const struct gsup_msg *to)
{
	OSMO_STRLCPY_ARRAY(answer->imsi, to->imsi);
	answer->message_class = OSMO_GSUP_MESSAGE_CLASS_SMS;
	answer->has_sm_rp_mr = to->has_sm_rp_mr;
	answer->sm_rp_mr = to->sm_rp_mr;
	OSMO_STRLCPY_ARRAY(answer->destination_name, to->source_name);
	if (l->config.own_name)
		OSMO_STRLCPY_ARRAY(answer->source_name, l->config.own_name);
	else
		OSMO_STRLCPY_ARRAY(answer->source_name, to->destination_name);
}

/* The phone has memory again, or is back. */
static void ready_take(struct sms_gsup_link *l, const struct gsup_msg *msg)
{
	struct gsup_msg result = { .type = OSMO_GSUP_MSGT_READY_FOR_SM_RESULT };

	sms_gsup_answer_to(l, &result, msg);
	if (l->config.transmit(l->config.data, &result) < 0)
		LOGP(DGSUP, LOGL_INFO, "%s: READY-FOR-SM not answered\n", l->config.label);
	sms_route_has_room(l->gsup->route);
}

bool sms_gsup_link_input(struct sms_gsup_link *l, const struct gsup_msg *msg)
{
	if (!has_sms(l))
		return false;
	switch (msg->type) {
	case OSMO_GSUP_MSGT_MO_FORWARD_SM_REQUEST:
		heard(l, msg->imsi, msg->source_name);
		sms_gsup_mo_take(l, msg);
		return true;
	case OSMO_GSUP_MSGT_READY_FOR_SM_REQUEST:
		/* An OsmoHLR names itself as its source, not the MSC. */
		sms_gsup_link_heard(l, msg->imsi);
		ready_take(l, msg);
		return true;
	case OSMO_GSUP_MSGT_MT_FORWARD_SM_RESULT:
	case OSMO_GSUP_MSGT_MT_FORWARD_SM_ERROR:
	case OSMO_GSUP_MSGT_ROUTING_ERROR:
		sms_gsup_mt_answered(l, msg);
		return true;
	default:
		return false;
	}
}

/* --- life ------------------------------------------------------------------------- */

struct sms_gsup_link *sms_gsup_link_new(struct sms_gsup *g,
					const struct sms_gsup_link_config *config)
{
	struct sms_gsup_link *l;
	size_t slot = 0;

	while (slot < SMS_GSUP_LINKS_MAX && g->links[slot])
		slot++;
	if (slot == SMS_GSUP_LINKS_MAX) {
		LOGP(DGSUP, LOGL_NOTICE, "%s: too many links for SMS\n", config->label);
		return NULL;
	}
	l = talloc_zero(g, struct sms_gsup_link);
	OSMO_ASSERT(l);
	l->gsup = g;
	l->config = *config;
	l->slot = slot;
	l->serial = ++g->last_serial;
	INIT_LLIST_HEAD(&l->texts);
	INIT_LLIST_HEAD(&l->pending);
	g->links[slot] = l;
	g->n_links++;
	return l;
}

void sms_gsup_link_set(struct sms_gsup_link *l, const struct sms_gsup_settings *settings)
{
	if (!l)
		return;
	l->gsup->n_in_use += !!settings->source[0];
	l->gsup->n_in_use -= has_sms(l);
	l->settings = *settings;
}

void sms_gsup_link_abort(struct sms_gsup_link *l)
{
	if (!l)
		return;
	sms_gsup_mo_abort(l);
	sms_gsup_mt_abort(l);
}

void sms_gsup_link_free(struct sms_gsup_link *l)
{
	struct sms_gsup *g;

	if (!l)
		return;
	g = l->gsup;
	g->n_in_use -= has_sms(l);
	g->links[l->slot] = NULL;
	g->n_links--;
	sms_gsup_link_abort(l);
	talloc_free(l);
}

struct sms_gsup *sms_gsup_new(void *ctx, struct sms_route *route)
{
	struct sms_gsup *g = talloc_zero(ctx, struct sms_gsup);

	OSMO_ASSERT(g);
	g->route = route;
	g->heard = lru_new(g, SMS_GSUP_SUBSCRIBERS_MAX, sizeof(struct sms_gsup_heard));
	g->join = sms_join_new(g, JOIN_TIMEOUT_MS);
	OSMO_ASSERT(g->heard && g->join);
	INIT_LLIST_HEAD(&g->orphans);
	sms_gsup_mt_init(g);
	g->route_link = sms_link_register(route, "gsup", SMS_GSUP_PRIORITY, &sms_gsup_link_ops, g);
	return g;
}

size_t sms_gsup_in_flight(const struct sms_gsup *g)
{
	return g->n_texts + g->n_pending;
}

void sms_gsup_free(struct sms_gsup *g)
{
	OSMO_ASSERT(g->n_links == 0);
	sms_link_unregister(g->route_link);
	sms_gsup_mo_free(g);
	sms_gsup_mt_free(g);
	talloc_free(g);
}
