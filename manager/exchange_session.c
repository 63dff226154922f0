/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/exchange_session.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/gsm/gsup.h>

#include "lib/log_category.h"
#include "manager/dialogue.h"
#include "manager/exchange_session_priv.h"
#include "manager/exchange_util.h"

#define N_BUCKETS_FIRST 256

static struct hlist_head *bucket_of(struct exchange_sessions *t, const char *imsi, uint32_t id)
{
	return &t->buckets[exchange_hash(imsi, id) & (t->n_buckets - 1)];
}

/* Keeps the chains short without setting memory aside for sessions that may never open. */
static void table_grow(struct exchange_sessions *t)
{
	struct exchange_session *s;

	t->n_buckets *= 2;
	talloc_free(t->buckets);
	t->buckets = talloc_zero_array(t, struct hlist_head, t->n_buckets);
	llist_for_each_entry (s, &t->all, entry)
		hlist_add_head(&s->bucket, bucket_of(t, s->imsi, s->id));
}

struct exchange_session *session_find(struct exchange_sessions *t, const char *imsi, uint32_t id)
{
	struct exchange_session *s;

	hlist_for_each_entry(s, bucket_of(t, imsi, id), bucket)
	{
		if (s->id == id && strcmp(s->imsi, imsi) == 0)
			return s;
	}
	return NULL;
}

struct exchange_session *session_new(struct exchange_sessions *t, const struct gsup_msg *msg,
				     const struct ussd_ss *ss)
{
	struct exchange_session *s = talloc_zero(t, struct exchange_session);

	OSMO_ASSERT(s);
	if (t->count >= t->n_buckets)
		table_grow(t);
	s->table = t;
	s->state = SESSION_WORKING;
	OSMO_STRLCPY_ARRAY(s->imsi, msg->imsi);
	s->id = msg->session_id;
	s->message_class = msg->message_class;
	s->begin_invoke_id = ss->invoke_id;
	s->begun_ms = exchange_now_ms();
	s->dialled = talloc_strdup(s, ss->text);
	OSMO_ASSERT(s->dialled);
	/* A message that OsmoHLR routed by its prefix has no destination; answering it by name
	 * would go past the session that the HLR keeps. */
	if (msg->destination_name[0] && msg->source_name[0]) {
		OSMO_STRLCPY_ARRAY(s->peer_name, msg->source_name);
		OSMO_STRLCPY_ARRAY(s->own_name, msg->destination_name);
	}
	hlist_add_head(&s->bucket, bucket_of(t, s->imsi, s->id));
	llist_add_tail(&s->entry, &t->all);
	exchange_gauge(t->config.metrics, GSUP_STAT_SESSIONS, (int)++t->count);
	return s;
}

static void session_free_if_idle(struct exchange_session *s)
{
	if (s->over && s->calls == 0)
		talloc_free(s);
}

/* Out of the table.  Its memory outlives the calls into the dialogue that are under way: a
 * dialogue may end its session from inside dialogue_open() or dialogue_answer(). */
static void session_end(struct exchange_session *s)
{
	struct exchange_sessions *t = s->table;

	s->over = true;
	s->dialogue = NULL;
	if (s->query)
		msisdn_query_cancel(s->query);
	s->query = NULL;
	hlist_del(&s->bucket);
	llist_del(&s->entry);
	exchange_gauge(t->config.metrics, GSUP_STAT_SESSIONS, (int)--t->count);
	session_free_if_idle(s);
	if (t->count == 0 && t->config.emptied)
		t->config.emptied(t->config.data);
}

void session_abort(struct exchange_session *s, const char *why)
{
	struct dialogue *d = s->dialogue;

	s->calls++;
	session_end(s);
	if (d)
		dialogue_abort(d, why);
	s->calls--;
	session_free_if_idle(s);
}

static int session_transmit(struct exchange_session *s, uint8_t type, enum gsup_session state,
			    const uint8_t *component, size_t len)
{
	struct gsup_msg msg = {
		.type = type,
		.session_id = s->id,
		.session = state,
		.message_class = s->message_class,
		.ss_info = component,
		.ss_info_len = len,
	};

	OSMO_STRLCPY_ARRAY(msg.imsi, s->imsi);
	OSMO_STRLCPY_ARRAY(msg.source_name, s->own_name);
	OSMO_STRLCPY_ARRAY(msg.destination_name, s->peer_name);
	return s->table->config.transmit(s->table->config.data, &msg);
}

static size_t session_max_octets(const struct exchange_session *s, bool end)
{
	if (!s->table->config.hlr)
		return USSD_OCTETS_DIRECT;
	return end ? USSD_OCTETS_HLR_RESULT : USSD_OCTETS_HLR_REQUEST;
}

/* RESULT END with a ReturnError to the BEGIN.  A bare END would be taken by OsmoHLR and not told
 * to the terminal. */
static void session_transmit_error(struct exchange_session *s, uint8_t error)
{
	struct ussd_ss ss = {
		.kind = USSD_SS_RETURN_ERROR,
		.invoke_id = s->begin_invoke_id,
		.error = error,
	};
	uint8_t component[USSD_SS_MAX_SIZE];
	int len = ussd_ss_encode(component, sizeof(component), &ss, 0);

	OSMO_ASSERT(len > 0);
	if (session_transmit(s, OSMO_GSUP_MSGT_PROC_SS_RESULT, GSUP_SESSION_END, component, len) <
	    0)
		LOGP(DGSUP, LOGL_INFO, "%s: END not sent, the link is down\n",
		     s->table->config.label);
}

void session_fail(struct exchange_session *s, uint8_t error, const char *why)
{
	session_transmit_error(s, error);
	session_abort(s, why);
}

static void session_drop(struct exchange_session *s)
{
	if (s->over)
		return;
	session_transmit_error(s, SS_ERROR_SYSTEM_FAILURE);
	exchange_count(s->table->config.metrics, GSUP_CTR_DROP);
	session_end(s);
}

static int session_send(struct exchange_session *s, const char *utf8, bool end)
{
	struct ussd_ss ss = {
		.kind = end ? USSD_SS_RETURN_RESULT : USSD_SS_INVOKE,
		.op = end ? USSD_OP_PROCESS_UNSTRUCTURED_SS : USSD_OP_UNSTRUCTURED_SS_REQUEST,
		.invoke_id = end ? s->begin_invoke_id : (uint8_t)(s->question_invoke_id + 1),
		.has_text = true,
	};
	const struct exchange_metrics *metrics = s->table->config.metrics;
	uint8_t component[USSD_SS_MAX_SIZE];
	int len, rc;

	if (s->over)
		return -ENOTCONN;
	len = -EMSGSIZE;
	if (OSMO_STRLCPY_ARRAY(ss.text, utf8) < sizeof(ss.text))
		len = ussd_ss_encode(component, sizeof(component), &ss, session_max_octets(s, end));
	if (len < 0) {
		exchange_count(metrics, GSUP_CTR_TEXT_TOO_LONG);
		if (len != -EMSGSIZE)
			session_drop(s);
		return len;
	}
	rc = session_transmit(s,
			      end ? OSMO_GSUP_MSGT_PROC_SS_RESULT : OSMO_GSUP_MSGT_PROC_SS_REQUEST,
			      end ? GSUP_SESSION_END : GSUP_SESSION_CONTINUE, component, len);
	if (rc == 0)
		exchange_count(metrics, end ? GSUP_CTR_RESULT : GSUP_CTR_QUESTION);
	s->question_invoke_id = ss.invoke_id;
	s->state = SESSION_ASKED;
	if (rc < 0 || end)
		session_end(s);
	return rc < 0 ? -ENOTCONN : 0;
}

static const struct exchange_ops session_ops = {
	.send = session_send,
	.drop = session_drop,
	.max_octets = session_max_octets,
};

static void session_open_dialogue(struct exchange_session *s, const char *msisdn)
{
	const struct exchange_begin begin = {
		.ops = &session_ops,
		.session = s,
		.link = s->table->config.label,
		.imsi = s->imsi,
		.msisdn = msisdn,
		.text = s->dialled,
	};
	struct dialogue *d;

	s->state = SESSION_WORKING;
	s->calls++;
	d = dialogue_open(s->table->config.dialogues, &begin);
	s->calls--;
	if (s->over)
		session_free_if_idle(s);
	else if (d)
		s->dialogue = d;
	else
		session_drop(s); /* refused without a last word */
}

static void session_number_known(void *data, const char *msisdn)
{
	struct exchange_session *s = data;

	s->query = NULL;
	session_open_dialogue(s, msisdn);
}

void session_start(struct exchange_session *s, const char *told_msisdn)
{
	struct msisdn_lookup *lookup = s->table->config.msisdn;
	char msisdn[GSUP_MSISDN_SIZE];

	if (told_msisdn || !lookup) {
		session_open_dialogue(s, told_msisdn);
		return;
	}
	switch (msisdn_lookup_cached(lookup, s->imsi, msisdn)) {
	case MSISDN_CACHE_KNOWN:
		session_open_dialogue(s, msisdn);
		return;
	case MSISDN_CACHE_NONE:
		session_open_dialogue(s, NULL);
		return;
	case MSISDN_CACHE_MISS:
		break;
	}
	s->state = SESSION_LOOKUP;
	s->query = msisdn_lookup_ask(lookup, s->imsi, session_number_known, s);
	if (!s->query)
		session_open_dialogue(s, NULL);
}

void session_answer(struct exchange_session *s, const char *text)
{
	s->state = SESSION_WORKING;
	s->calls++;
	dialogue_answer(s->dialogue, text);
	s->calls--;
	session_free_if_idle(s);
}

struct exchange_sessions *exchange_sessions_new(void *ctx,
						const struct exchange_sessions_config *config)
{
	struct exchange_sessions *t = talloc_zero(ctx, struct exchange_sessions);

	t->config = *config;
	t->n_buckets = N_BUCKETS_FIRST;
	t->buckets = talloc_zero_array(t, struct hlist_head, t->n_buckets);
	INIT_LLIST_HEAD(&t->all);
	return t;
}

size_t exchange_sessions_count(const struct exchange_sessions *t)
{
	return t->count;
}

void exchange_sessions_end(struct exchange_sessions *t, const char *why)
{
	struct exchange_session *s;

	while ((s = llist_first_entry_or_null(&t->all, struct exchange_session, entry)))
		session_fail(s, SS_ERROR_SYSTEM_FAILURE, why);
}

void exchange_sessions_abort(struct exchange_sessions *t, const char *why)
{
	struct exchange_session *s;

	while ((s = llist_first_entry_or_null(&t->all, struct exchange_session, entry)))
		session_abort(s, why);
}

void exchange_sessions_change(struct exchange_sessions *t, bool trust_msisdn,
			      struct msisdn_lookup *msisdn, size_t max_sessions)
{
	t->config.trust_msisdn = trust_msisdn;
	t->config.msisdn = msisdn;
	t->config.max_sessions = max_sessions;
}

void exchange_sessions_free(struct exchange_sessions *t)
{
	OSMO_ASSERT(t->count == 0);
	talloc_free(t);
}
