/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Direct peers: one connection from its accept to its end. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>
#include <osmocom/gsm/protocol/gsm_04_08_gprs.h>

#include "lib/log_category.h"
#include "lib/stream.h"
#include "manager/exchange_direct_priv.h"
#include "manager/exchange_util.h"

static bool ip_is_known(const struct exchange_direct *d, const char *ip)
{
	struct direct_peer *p;

	llist_for_each_entry (p, &d->peers, entry) {
		if (strcmp(p->config.ip, ip) == 0)
			return true;
	}
	return false;
}

static struct direct_peer *peer_find(const struct exchange_direct *d, const char *name,
				     const char *ip)
{
	struct direct_peer *p;

	llist_for_each_entry (p, &d->peers, entry) {
		if (strcmp(p->config.name, name) == 0)
			return strcmp(p->config.ip, ip) == 0 ? p : NULL;
	}
	return NULL;
}

void direct_link_close(struct direct_link *l, const char *why)
{
	LOGP(DGSUP, LOGL_NOTICE, "%s: link from %s closed: %s\n",
	     l->peer ? l->peer->label : "direct", gsup_link_peer(l->link), why);
	llist_del(&l->entry);
	if (l->peer)
		l->peer->n_links--;
	else
		l->direct->n_nameless--;
	if (l->sessions) {
		exchange_sessions_end(l->sessions, why);
		exchange_sessions_free(l->sessions);
	}
	sms_gsup_link_free(l->sms);
	gsup_link_close(l->link);
	talloc_free(l);
}

static int transmit(void *data, const struct gsup_msg *msg)
{
	struct direct_link *l = data;

	return gsup_link_send(l->link, msg);
}

/* The new link of a peer that has as many as it may: the one silent longest goes. */
static void make_room(struct direct_peer *p)
{
	struct direct_link *l, *oldest = NULL;

	if (p->n_links < DIRECT_LINKS_PER_PEER)
		return;
	llist_for_each_entry (l, &p->links, entry) {
		if (!oldest || l->heard_ms < oldest->heard_ms)
			oldest = l;
	}
	direct_link_close(oldest, "another link of the same peer took its place");
}

void direct_link_set_sms(struct direct_link *l)
{
	struct sms_gsup_settings settings = { .trust_msisdn = l->peer->config.trust_msisdn };

	OSMO_STRLCPY_ARRAY(settings.source, l->direct->sms_source);
	sms_gsup_link_set(l->sms, &settings);
}

static void sms_join_in(struct direct_link *l)
{
	const struct sms_gsup_link_config config = {
		.label = l->peer->label,
		.metrics = l->peer->metrics,
		.transmit = transmit,
		.data = l,
	};

	if (!l->direct->sms)
		return;
	l->sms = sms_gsup_link_new(l->direct->sms, &config);
	direct_link_set_sms(l);
}

static void link_join(struct direct_link *l, struct direct_peer *p)
{
	const struct exchange_sessions_config config = {
		.label = p->label,
		.dialogues = l->direct->dialogues,
		.metrics = p->metrics,
		.trust_msisdn = p->config.trust_msisdn,
		.max_sessions = l->direct->max_sessions,
		.transmit = transmit,
		.data = l,
	};

	make_room(p);
	llist_move_tail(&l->entry, &p->links);
	l->direct->n_nameless--;
	p->n_links++;
	l->peer = p;
	gsup_link_set_metrics(l->link, p->metrics);
	l->sessions = exchange_sessions_new(p, &config);
	sms_join_in(l);
}

static bool link_identified(void *data, struct gsup_link *link, const char *name)
{
	struct direct_link *l = data;
	struct direct_peer *p = peer_find(l->direct, name, l->ip);

	if (!p) {
		LOGP(DGSUP, LOGL_NOTICE, "direct: %s is not a peer with address %s\n",
		     osmo_quote_str_c(OTC_SELECT, name, -1), l->ip);
		exchange_count(l->direct->metrics, GSUP_CTR_LINK_REFUSED);
		return false;
	}
	link_join(l, p);
	return true;
}

static void link_up(void *data, struct gsup_link *link)
{
	struct direct_link *l = data;

	l->up = true;
	l->up_since_ms = l->heard_ms = exchange_now_ms();
	LOGP(DGSUP, LOGL_NOTICE, "%s: link from %s is up\n", l->peer->label, gsup_link_peer(link));
}

static bool speaks_for(const struct direct_peer_config *peer, const char *imsi)
{
	for (size_t i = 0; i < peer->n_prefixes; i++) {
		if (strncmp(imsi, peer->prefixes[i], strlen(peer->prefixes[i])) == 0)
			return true;
	}
	return peer->n_prefixes == 0;
}

/* A request that we do not take is told so, or its sender waits. */
static void request_refuse(struct direct_link *l, const struct gsup_msg *msg, uint8_t cause,
			   enum gsup_ctr ctr)
{
	struct gsup_msg error = {
		.type = OSMO_GSUP_TO_MSGT_ERROR(msg->type),
		.session_id = msg->session_id,
		.session = msg->session == GSUP_SESSION_NONE ? GSUP_SESSION_NONE : GSUP_SESSION_END,
		.message_class = msg->message_class,
		.cause = cause,
	};

	exchange_count(l->peer->metrics, ctr);
	if (!OSMO_GSUP_IS_MSGT_REQUEST(msg->type))
		return;
	OSMO_STRLCPY_ARRAY(error.imsi, msg->imsi);
	OSMO_STRLCPY_ARRAY(error.source_name, msg->destination_name);
	OSMO_STRLCPY_ARRAY(error.destination_name, msg->source_name);
	if (gsup_link_send(l->link, &error) < 0)
		LOGP(DGSUP, LOGL_INFO, "%s: error not sent\n", l->peer->label);
}

static void link_message(void *data, struct gsup_link *link, const struct gsup_msg *msg)
{
	struct direct_link *l = data;

	l->heard_ms = exchange_now_ms();
	if (!speaks_for(&l->peer->config, msg->imsi)) {
		request_refuse(l, msg, GMM_CAUSE_IMSI_UNKNOWN, GSUP_CTR_IMSI_REFUSED);
		return;
	}
	sms_gsup_link_heard(l->sms, msg->imsi);
	switch (msg->type) {
	case OSMO_GSUP_MSGT_PROC_SS_REQUEST:
	case OSMO_GSUP_MSGT_PROC_SS_RESULT:
	case OSMO_GSUP_MSGT_PROC_SS_ERROR:
		exchange_sessions_input(l->sessions, msg);
		break;
	default:
		if (!sms_gsup_link_input(l->sms, msg))
			request_refuse(l, msg, GMM_CAUSE_MSGT_NOTEXIST_NOTIMPL,
				       GSUP_CTR_RX_UNEXPECTED);
		break;
	}
}

static void link_down(void *data, struct gsup_link *link, const char *why)
{
	struct direct_link *l = data;

	if (l->sessions)
		exchange_sessions_abort(l->sessions, why);
	direct_link_close(l, why);
}

static const struct gsup_link_handler link_handler = {
	.identified = link_identified,
	.up = link_up,
	.message = link_message,
	.down = link_down,
};

void direct_link_accept(void *data, struct stream *s)
{
	struct exchange_direct *d = data;
	struct direct_link *l;

	if (!ip_is_known(d, stream_peer_ip(s)) || d->n_nameless >= DIRECT_NAMELESS_MAX) {
		LOGP(DGSUP, LOGL_NOTICE, "direct: connection from %s refused\n",
		     stream_peer_name(s));
		exchange_count(d->metrics, GSUP_CTR_LINK_REFUSED);
		stream_close(s);
		return;
	}
	l = talloc_zero(d, struct direct_link);
	l->direct = d;
	OSMO_STRLCPY_ARRAY(l->ip, stream_peer_ip(s));
	l->heard_ms = exchange_now_ms();
	llist_add_tail(&l->entry, &d->nameless);
	d->n_nameless++;
	l->link = gsup_link_take(d, s, gsup_link_tdefs, d->metrics, &link_handler, l);
}
