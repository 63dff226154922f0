/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One bind: connect, bind, unbind, and again. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "manager/exchange_smpp_priv.h"
#include "manager/exchange_util.h"

#define BACKOFF_FIRST_MS 500
#define BACKOFF_LAST_MS 10000
#define UNBIND_MS 2000
#define INTERFACE_VERSION 0x34

enum bind_event {
	EV_CONNECTED,
	EV_ACCEPTED,
	EV_REFUSED, /* data: struct smpp_pdu * */
	EV_UNBIND, /* the other side asks for it */
	EV_DRAIN,
	EV_DOWN, /* data: why */
};

static const struct value_string event_names[] = {
	OSMO_VALUE_STRING(EV_CONNECTED),
	OSMO_VALUE_STRING(EV_ACCEPTED),
	OSMO_VALUE_STRING(EV_REFUSED),
	OSMO_VALUE_STRING(EV_UNBIND),
	OSMO_VALUE_STRING(EV_DRAIN),
	OSMO_VALUE_STRING(EV_DOWN),
	{ 0, NULL },
};

static void enter(struct smsc_bind *b, enum bind_state state, unsigned int ms)
{
	b->since_ms = exchange_now_ms();
	if (ms)
		osmo_fsm_inst_state_chg_ms(b->fi, state, ms, 0);
	else
		osmo_fsm_inst_state_chg(b->fi, state, 0, 0);
}

bool smsc_bind_is_bound(const struct smsc_bind *b)
{
	return b->fi && b->peer && b->fi->state == BIND_BOUND;
}

const char *smsc_bind_state(const struct smsc_bind *b)
{
	return b->fi ? osmo_fsm_inst_state_name(b->fi) : "-";
}

/* --- the connection -------------------------------------------------------- */

static void on_up(void *data, struct smpp_peer *p)
{
	osmo_fsm_inst_dispatch(((struct smsc_bind *)data)->fi, EV_CONNECTED, NULL);
}

static void on_request(void *data, struct smpp_peer *p, const struct smpp_pdu *pdu)
{
	struct smsc_bind *b = data;

	if (pdu->command == SMPP_DELIVER_SM && b->fi->state == BIND_BOUND) {
		smsc_rx_deliver(b, pdu);
		return;
	}
	if (pdu->command == SMPP_UNBIND) {
		smpp_peer_respond_status(p, pdu->command, pdu->sequence, SMPP_OK);
		osmo_fsm_inst_dispatch(b->fi, EV_UNBIND, NULL);
		return;
	}
	smpp_peer_respond_status(p, pdu->command, pdu->sequence, SMPP_RINVBNDSTS);
}

static void on_down(void *data, struct smpp_peer *p, const char *why)
{
	osmo_fsm_inst_dispatch(((struct smsc_bind *)data)->fi, EV_DOWN, (void *)why);
}

static const struct smpp_peer_handler peer_handler = { on_up, on_request, on_down };

static void peer_drop(struct smsc_bind *b, bool was_bound)
{
	smpp_peer_close(b->peer);
	b->peer = NULL;
	smsc_rx_unbound(b);
	if (!was_bound)
		return;
	smsc_count(b->smsc, SMSC_CTR_UNBOUND);
	if (b->command != SMPP_BIND_RECEIVER)
		smsc_tx_unbound(b->smsc);
}

/* Tells why, and waits for the next attempt. */
static void go_down(struct smsc_bind *b, const char *why)
{
	struct exchange_smpp *s = b->smsc;
	const bool was_bound = b->fi->state == BIND_BOUND || b->fi->state == BIND_UNBINDING;
	char *copy = talloc_strdup(s, why);

	LOGP(DSMPP, LOGL_NOTICE, "%s: %s down: %s\n", s->label, smpp_command_name(b->command), why);
	talloc_free(s->why);
	s->why = copy;
	s->why_ms = exchange_now_ms();
	if (was_bound)
		b->pause_ms = 0;
	peer_drop(b, was_bound);
	if (s->draining)
		enter(b, BIND_ENDED, 0);
	else
		enter(b, BIND_WAITING,
		      exchange_backoff_ms(&b->pause_ms, BACKOFF_FIRST_MS, BACKOFF_LAST_MS));
}

static void connect_now(struct smsc_bind *b)
{
	const struct exchange_smpp_config *c = &b->smsc->config;
	int error;

	enter(b, BIND_CONNECTING, 0); /* the stream has its own time */
	b->peer = smpp_peer_dial(b->smsc, c->address, c->local_address[0] ? c->local_address : NULL,
				 b->smsc->tls, &c->times, &peer_handler, b, &error);
	if (!b->peer)
		go_down(b, strerror(-error));
}

/* --- binding --------------------------------------------------------------- */

static void on_bind_answered(void *data, const struct smpp_pdu *response)
{
	struct smsc_bind *b = data;

	if (!response) /* down follows */
		return;
	osmo_fsm_inst_dispatch(b->fi, response->status == SMPP_OK ? EV_ACCEPTED : EV_REFUSED,
			       (void *)response);
}

static void say_bind(struct smsc_bind *b)
{
	const struct exchange_smpp *s = b->smsc;
	struct smpp_pdu pdu = { .command = b->command };
	int rc;

	OSMO_STRLCPY_ARRAY(pdu.bind.system_id, s->config.system_id);
	OSMO_STRLCPY_ARRAY(pdu.bind.password, s->password);
	OSMO_STRLCPY_ARRAY(pdu.bind.system_type, s->config.system_type);
	OSMO_STRLCPY_ARRAY(pdu.bind.address_range, s->config.address_range);
	pdu.bind.interface_version = INTERFACE_VERSION;
	rc = smpp_peer_request(b->peer, &pdu, on_bind_answered, b);
	explicit_bzero(pdu.bind.password, sizeof(pdu.bind.password));
	if (rc < 0)
		go_down(b, strerror(-rc));
}

static void st_connecting(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct smsc_bind *b = fi->priv;

	if (event != EV_CONNECTED)
		return;
	enter(b, BIND_BINDING, 0); /* the response has its own time */
	say_bind(b);
}

static void st_binding(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct smsc_bind *b = fi->priv;
	const struct smpp_pdu *response = data;

	if (event == EV_REFUSED) {
		smsc_count(b->smsc, SMSC_CTR_REFUSED);
		LOGP(DSMPP, LOGL_ERROR, "%s: %s refused: %s\n", b->smsc->label,
		     smpp_command_name(b->command), smpp_status_name(response->status));
		go_down(b, smpp_status_name(response->status));
		return;
	}
	if (event != EV_ACCEPTED)
		return;
	b->pause_ms = 0;
	enter(b, BIND_BOUND, 0);
	smsc_count(b->smsc, SMSC_CTR_BOUND);
	LOGP(DSMPP, LOGL_NOTICE, "%s: %s accepted by %s\n", b->smsc->label,
	     smpp_command_name(b->command), response->system_id);
	if (b->smsc->draining)
		smsc_bind_drain(b);
	else if (b->command != SMPP_BIND_RECEIVER)
		smsc_tx_bound(b->smsc);
}

/* --- bound, and the end ---------------------------------------------------- */

static void on_unbind_answered(void *data, const struct smpp_pdu *response)
{
	struct smsc_bind *b = data;

	if (response)
		osmo_fsm_inst_dispatch(b->fi, EV_UNBIND, NULL);
}

static void say_unbind(struct smsc_bind *b)
{
	struct smpp_pdu pdu = { .command = SMPP_UNBIND };
	const int rc = smpp_peer_request(b->peer, &pdu, on_unbind_answered, b);

	enter(b, BIND_UNBINDING, UNBIND_MS);
	if (rc < 0)
		go_down(b, strerror(-rc));
}

static void st_bound(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct smsc_bind *b = fi->priv;

	if (event == EV_UNBIND && b->command != SMPP_BIND_RECEIVER && b->smsc->n_outstanding > 0)
		enter(b, BIND_UNBINDING, b->smsc->config.times.response_ms);
	else if (event == EV_UNBIND)
		go_down(b, "unbound by the other side");
	else if (event == EV_DRAIN)
		say_unbind(b);
}

static void st_unbinding(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	if (event == EV_UNBIND)
		go_down(fi->priv, "unbound");
}

static void allstate(struct osmo_fsm_inst *fi, uint32_t event, void *data)
{
	struct smsc_bind *b = fi->priv;

	if (b->peer)
		go_down(b, data);
}

static int timed_out(struct osmo_fsm_inst *fi)
{
	struct smsc_bind *b = fi->priv;

	if (fi->state == BIND_WAITING)
		connect_now(b);
	else
		go_down(b, "no answer to unbind");
	return 0;
}

static struct osmo_fsm smsc_bind_fsm;

void smsc_bind_start(struct smsc_bind *b)
{
	INIT_LLIST_HEAD(&b->deliveries);
	smsc_settle_init(b);
	b->fi = osmo_fsm_inst_alloc(&smsc_bind_fsm, b->smsc, b, LOGL_INFO, NULL);
	OSMO_ASSERT(b->fi);
	enter(b, BIND_WAITING, 1);
}

void smsc_bind_drain(struct smsc_bind *b)
{
	switch (b->fi->state) {
	case BIND_BOUND:
		if (b->n_deliveries == 0 && b->smsc->n_texts == 0)
			osmo_fsm_inst_dispatch(b->fi, EV_DRAIN, NULL);
		break;
	case BIND_WAITING:
		enter(b, BIND_ENDED, 0);
		break;
	default: /* looks again when it is bound, or down */
		break;
	}
}

void smsc_bind_answered(struct smsc_bind *b)
{
	if (b->fi->state == BIND_UNBINDING)
		osmo_fsm_inst_dispatch(b->fi, EV_UNBIND, NULL);
}

void smsc_bind_stop(struct smsc_bind *b)
{
	struct smpp_pdu unbind = { .command = SMPP_UNBIND };

	if (!b->fi)
		return;
	/* Whoever reads it knows that we did not just vanish. */
	if (b->fi->state == BIND_BOUND && smpp_peer_request(b->peer, &unbind, NULL, NULL) < 0)
		LOGP(DSMPP, LOGL_INFO, "%s: unbind not sent\n", b->smsc->label);
	smpp_peer_close(b->peer);
	b->peer = NULL;
	smsc_rx_unbound(b);
	osmo_fsm_inst_term(b->fi, OSMO_FSM_TERM_REGULAR, NULL);
	b->fi = NULL;
}

#define S(x) (1u << (x))

static const struct osmo_fsm_state states[] = {
	[BIND_WAITING] = { .name = "WAITING",
			   .out_state_mask = S(BIND_WAITING) | S(BIND_CONNECTING) | S(BIND_ENDED) },
	[BIND_CONNECTING] = { .name = "CONNECTING",
			      .in_event_mask = S(EV_CONNECTED),
			      .out_state_mask = S(BIND_BINDING) | S(BIND_WAITING) | S(BIND_ENDED),
			      .action = st_connecting },
	[BIND_BINDING] = { .name = "BINDING",
			   .in_event_mask = S(EV_ACCEPTED) | S(EV_REFUSED) | S(EV_UNBIND),
			   .out_state_mask = S(BIND_BOUND) | S(BIND_WAITING) | S(BIND_ENDED),
			   .action = st_binding },
	[BIND_BOUND] = { .name = "BOUND",
			 .in_event_mask = S(EV_UNBIND) | S(EV_DRAIN),
			 .out_state_mask = S(BIND_UNBINDING) | S(BIND_WAITING) | S(BIND_ENDED),
			 .action = st_bound },
	[BIND_UNBINDING] = { .name = "UNBINDING",
			     .in_event_mask = S(EV_UNBIND),
			     .out_state_mask = S(BIND_WAITING) | S(BIND_ENDED),
			     .action = st_unbinding },
	[BIND_ENDED] = { .name = "ENDED" },
};

static struct osmo_fsm smsc_bind_fsm = {
	.name = "smsc_bind",
	.states = states,
	.num_states = ARRAY_SIZE(states),
	.allstate_event_mask = S(EV_DOWN),
	.allstate_action = allstate,
	.timer_cb = timed_out,
	.event_names = event_names,
	.log_subsys = DSMPP,
};

static __attribute__((constructor)) void smsc_bind_fsm_register(void)
{
	OSMO_ASSERT(osmo_fsm_register(&smsc_bind_fsm) == 0);
}
