/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/exchange_hlr.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>

#include "lib/log_category.h"
#include "lib/random.h"
#include "manager/exchange_hlr_priv.h"
#include "manager/exchange_metrics.h"
#include "manager/exchange_util.h"

#define HANDSHAKE_MS 5000
#define PROBE_INTERVAL_MS 10000
#define PROBE_TIMEOUT_MS 2000
#define LEASE_TTL_MS 6000
#define MSISDN_CACHE_MAX 100000
#define MSISDN_CACHE_S 300
#define MSISDN_ABSENT_S 10
#define MSISDN_TIMEOUT_MS 2000

/* GSUP has an IMSI in every message; this one is no country's (E.212 assigns no MCC 000). */
#define PROBE_IMSI "000000000000000"

void exchange_hlr_config_default(struct exchange_hlr_config *config)
{
	*config = (struct exchange_hlr_config){
		.handshake_ms = HANDSHAKE_MS,
		.probe_interval_ms = PROBE_INTERVAL_MS,
		.probe_timeout_ms = PROBE_TIMEOUT_MS,
		.lease_ttl_ms = LEASE_TTL_MS,
		.max_sessions = EXCHANGE_SESSIONS_DEFAULT,
		.msisdn = { .cache_max = MSISDN_CACHE_MAX,
			    .cache_s = MSISDN_CACHE_S,
			    .absent_s = MSISDN_ABSENT_S,
			    .timeout_ms = MSISDN_TIMEOUT_MS },
	};
}

/* --- probe ----------------------------------------------------------------- */

void exchange_hlr_probe(struct exchange_hlr *h)
{
	struct gsup_msg probe = {
		.type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
		.imsi = PROBE_IMSI,
		.session = GSUP_SESSION_END,
	};

	/* Drawn, since another client of our name has its probes routed to us. */
	if (random_fill(&h->probe_id, sizeof(h->probe_id)) < 0)
		h->probe_id++;
	probe.session_id = h->probe_id;
	OSMO_STRLCPY_ARRAY(probe.source_name, h->ipa_name);
	OSMO_STRLCPY_ARRAY(probe.destination_name, h->ipa_name);
	if (gsup_link_send(h->link, &probe) == 0)
		exchange_count(h->metrics, GSUP_CTR_PROBE_SENT);
}

static void probe_take(struct exchange_hlr *h, const struct gsup_msg *msg)
{
	if (strcmp(msg->imsi, PROBE_IMSI) != 0 || msg->session_id != h->probe_id) {
		LOGP(DGSUP, LOGL_NOTICE, "%s: another client calls itself %s too\n", h->label,
		     h->ipa_name);
		exchange_count(h->metrics, GSUP_CTR_PROBE_FOREIGN);
		return;
	}
	exchange_count(h->metrics, GSUP_CTR_PROBE_BACK);
	osmo_fsm_inst_dispatch(h->fi, HLR_EV_PROBE_BACK, NULL);
}

/* --- what the link tells ---------------------------------------------------- */

static void link_up(void *data, struct gsup_link *l)
{
	struct exchange_hlr *h = data;

	osmo_fsm_inst_dispatch(h->fi, HLR_EV_LINK_UP, NULL);
}

static void link_message(void *data, struct gsup_link *l, const struct gsup_msg *msg)
{
	struct exchange_hlr *h = data;

	/* It has our name for its source too. */
	if (msg->type == OSMO_GSUP_MSGT_ROUTING_ERROR) {
		if (strcmp(msg->imsi, PROBE_IMSI) == 0)
			osmo_fsm_inst_dispatch(h->fi, HLR_EV_PROBE_LOST, NULL);
		else
			sms_gsup_link_input(h->sms, msg);
		return;
	}
	if (strcmp(msg->source_name, h->ipa_name) == 0) {
		probe_take(h, msg);
		return;
	}
	switch (msg->type) {
	case OSMO_GSUP_MSGT_PROC_SS_REQUEST:
	case OSMO_GSUP_MSGT_PROC_SS_RESULT:
	case OSMO_GSUP_MSGT_PROC_SS_ERROR:
		exchange_sessions_input(h->sessions, msg);
		break;
	default:
		if (!sms_gsup_link_input(h->sms, msg))
			exchange_count(h->metrics, GSUP_CTR_RX_UNEXPECTED);
		break;
	}
}

static void link_down(void *data, struct gsup_link *l, const char *why)
{
	struct exchange_hlr *h = data;

	osmo_fsm_inst_dispatch(h->fi, HLR_EV_LINK_DOWN, (void *)why);
}

const struct gsup_link_handler exchange_hlr_link_handler = {
	.up = link_up,
	.message = link_message,
	.down = link_down,
};

/* --- sessions and lease ------------------------------------------------------ */

static int transmit(void *data, const struct gsup_msg *msg)
{
	struct exchange_hlr *h = data;

	return h->link ? gsup_link_send(h->link, msg) : -ENOTCONN;
}

static void sessions_emptied(void *data)
{
	struct exchange_hlr *h = data;

	if (h->draining)
		osmo_fsm_inst_dispatch(h->fi, HLR_EV_DRAINED, NULL);
}

static void lease_changed(void *data, bool held)
{
	struct exchange_hlr *h = data;

	osmo_fsm_inst_dispatch(h->fi, held ? HLR_EV_LEASE_HELD : HLR_EV_LEASE_LOST, NULL);
}

/* --- life ------------------------------------------------------------------- */

static struct msisdn_lookup *lookup_new(struct exchange_hlr *h)
{
	return h->config.msisdn.address[0] ? msisdn_lookup_new(h, h->label, &h->config.msisdn)
					   : NULL;
}

static void sessions_make(struct exchange_hlr *h, struct dialogues *dialogues)
{
	const struct exchange_sessions_config config = {
		.label = h->label,
		.dialogues = dialogues,
		.metrics = h->metrics,
		.hlr = true,
		.msisdn = h->lookup,
		.max_sessions = h->config.max_sessions,
		.transmit = transmit,
		.emptied = sessions_emptied,
		.data = h,
	};

	h->sessions = exchange_sessions_new(h, &config);
}

static void sms_set(struct exchange_hlr *h)
{
	struct sms_gsup_settings settings = { .lookup = h->lookup };

	OSMO_STRLCPY_ARRAY(settings.source, h->config.sms_source);
	sms_gsup_link_set(h->sms, &settings);
}

static void sms_make(struct exchange_hlr *h, struct sms_gsup *sms)
{
	const struct sms_gsup_link_config config = {
		.label = h->label,
		.metrics = h->metrics,
		.own_name = h->ipa_name,
		.transmit = transmit,
		.data = h,
	};

	if (!sms)
		return;
	h->sms = sms_gsup_link_new(sms, &config);
	sms_set(h);
}

struct exchange_hlr *exchange_hlr_new(void *ctx, const char *label,
				      const struct exchange_hlr_config *config,
				      struct dialogues *dialogues, struct ledger *ledger,
				      struct sms_gsup *sms)
{
	struct osmo_fsm_inst *fi =
		osmo_fsm_inst_alloc(&exchange_hlr_fsm, ctx, NULL, LOGL_INFO, NULL);
	struct exchange_hlr *h;

	OSMO_ASSERT(fi);
	h = talloc_zero(fi, struct exchange_hlr);
	fi->priv = h;
	h->fi = fi;
	h->config = *config;
	h->label = talloc_strdup(h, label);
	h->ipa_name = talloc_asprintf(h, "EUSE-%s", config->euse_name);
	h->state_since_ms = exchange_now_ms();
	h->metrics = exchange_metrics_new(h, label);
	exchange_hlr_set_timers(h);
	h->lookup = lookup_new(h);
	sessions_make(h, dialogues);
	sms_make(h, sms);
	h->lease = euse_lease_new(h, ledger, config->euse_name, config->lease_ttl_ms, lease_changed,
				  h);
	return h;
}

bool exchange_hlr_change(struct exchange_hlr *h, const struct exchange_hlr_config *config)
{
	struct msisdn_lookup *old = h->lookup;
	bool other_lookup;

	if (strcmp(h->config.address, config->address) != 0 ||
	    strcmp(h->config.local_address, config->local_address) != 0 ||
	    strcmp(h->config.euse_name, config->euse_name) != 0 ||
	    h->config.lease_ttl_ms != config->lease_ttl_ms)
		return false;
	other_lookup = memcmp(&h->config.msisdn, &config->msisdn, sizeof(config->msisdn)) != 0;
	h->config = *config;
	exchange_hlr_set_timers(h);
	if (other_lookup)
		h->lookup = lookup_new(h);
	exchange_sessions_change(h->sessions, false, h->lookup, config->max_sessions);
	sms_set(h);
	if (other_lookup && old)
		msisdn_lookup_free(old);
	return true;
}

void exchange_hlr_status(const struct exchange_hlr *h, struct exchange_hlr_status *status)
{
	*status = (struct exchange_hlr_status){
		.state = osmo_fsm_inst_state_name(h->fi),
		.lease = euse_lease_resource(h->lease),
		.routable = h->fi->state == HLR_ROUTABLE || h->fi->state == HLR_CHECKING,
		.lease_held = euse_lease_is_held(h->lease),
		.lease_left_ms = euse_lease_left_ms(h->lease),
		.state_ms = exchange_now_ms() - h->state_since_ms,
		.sessions = exchange_sessions_count(h->sessions),
		.msisdn_up = h->lookup && msisdn_lookup_is_up(h->lookup),
		.msisdn_cached = h->lookup ? msisdn_lookup_cache_count(h->lookup) : 0,
	};
}

void exchange_hlr_drain(struct exchange_hlr *h)
{
	h->draining = true;
	if (exchange_sessions_count(h->sessions) == 0)
		osmo_fsm_inst_dispatch(h->fi, HLR_EV_DRAINED, NULL);
}

void exchange_hlr_free(struct exchange_hlr *h, bool give_back)
{
	h->draining = false;
	exchange_sessions_end(h->sessions, "the link is taken out of service");
	sms_gsup_link_free(h->sms);
	gsup_link_close(h->link);
	if (h->lookup)
		msisdn_lookup_free(h->lookup);
	euse_lease_stop(h->lease, give_back);
	euse_lease_free(h->lease);
	exchange_sessions_free(h->sessions);
	osmo_fsm_inst_term(h->fi, OSMO_FSM_TERM_REGULAR, NULL);
}
