/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/exchange_smpp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/stats.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/log_category.h"
#include "lib/secret_file.h"
#include "lib/stream_tls.h"
#include "manager/exchange_smpp_priv.h"
#include "manager/exchange_util.h"

static const struct rate_ctr_desc ctr_desc[] = {
	[SMSC_CTR_BOUND] = { "bound", "Binds that the SMSC accepted" },
	[SMSC_CTR_UNBOUND] = { "unbound", "Binds that ended" },
	[SMSC_CTR_REFUSED] = { "refused", "Binds that the SMSC refused" },
	[SMSC_CTR_SUBMIT] = { "submit", "Parts of texts sent" },
	[SMSC_CTR_SUBMIT_OK] = { "submit:ok", "Parts that the SMSC took" },
	[SMSC_CTR_SUBMIT_THROTTLED] = { "submit:throttled", "Parts to be sent again, later" },
	[SMSC_CTR_SUBMIT_FAILED] = { "submit:failed", "Parts that the SMSC refused" },
	[SMSC_CTR_SUBMIT_UNKNOWN] = { "submit:unknown", "Parts without an answer" },
	[SMSC_CTR_DELIVER] = { "deliver", "Texts received, or parts of them" },
	[SMSC_CTR_DELIVER_ACCEPTED] = { "deliver:accepted", "Texts whose effect is durable" },
	[SMSC_CTR_DELIVER_LATER] = { "deliver:later", "Texts that the SMSC is to deliver again" },
	[SMSC_CTR_DELIVER_REFUSED] = { "deliver:refused", "Texts refused for good" },
	[SMSC_CTR_DELIVER_ELSEWHERE] = { "deliver:elsewhere", "Texts that are not to our address" },
	[SMSC_CTR_DELIVER_PART] = { "deliver:part", "Parts whose text is not whole yet" },
	[SMSC_CTR_DELIVER_UNREADABLE] = { "deliver:unreadable", "Texts that cannot be read" },
	[SMSC_CTR_DELIVER_OTHER] = { "deliver:other", "Notifications, which are no texts" },
	[SMSC_CTR_RECEIPT] = { "receipt", "Delivery receipts" },
	[SMSC_CTR_RECEIPT_UNREADABLE] = { "receipt:unreadable", "Receipts without a usable id" },
};

static const struct rate_ctr_group_desc ctr_group_desc = {
	.group_name_prefix = "smpp",
	.group_description = "Binds to an SMSC",
	.class_id = OSMO_STATS_CLASS_PEER,
	.num_ctr = ARRAY_SIZE(ctr_desc),
	.ctr_desc = ctr_desc,
};

void exchange_smpp_config_default(struct exchange_smpp_config *config)
{
	memset(config, 0, sizeof(*config));
	config->source_ton = 0;
	config->source_npi = 1;
	config->priority = 10;
	config->window = 10;
	config->throttle_ms = 1000;
	config->times = smpp_peer_times_default;
}

/* --- files -------------------------------------------------------------------- */

static bool has_tls(const struct exchange_smpp_config *c)
{
	return c->tls_ca_file[0] || c->tls_certificate_file[0] || c->tls_key_file[0] ||
	       c->tls_peer_cn[0] || c->tls_peer_name[0] || c->tls_1_2;
}

/* What is missing, in the words of the configuration; NULL: nothing. */
static const char *tls_lack(const struct exchange_smpp_config *c)
{
	if (!c->tls_ca_file[0])
		return "TLS needs \"tls ca\": who signed the SMSC's certificate, or that "
		       "certificate itself";
	if (!c->tls_peer_name[0] && !c->tls_peer_cn[0])
		return "TLS needs \"tls peer-name\" (or \"tls peer-cn\"): whose certificate the "
		       "SMSC must show";
	if (c->tls_certificate_file[0] && !c->tls_key_file[0])
		return "\"tls certificate\" needs \"tls key\"";
	if (c->tls_key_file[0] && !c->tls_certificate_file[0])
		return "\"tls key\" needs \"tls certificate\"";
	return NULL;
}

static struct stream_tls *tls_make(void *ctx, const struct exchange_smpp_config *c, char *why,
				   size_t size)
{
	const struct stream_tls_config config = {
		.certificate_file = c->tls_certificate_file,
		.key_file = c->tls_key_file,
		.ca_file = c->tls_ca_file,
		.peer_cn = c->tls_peer_cn,
		.peer_name = c->tls_peer_name,
		.ca_is_any = true,
		.takes_tls_1_2 = c->tls_1_2,
	};
	const char *lack = tls_lack(c);

	if (lack) {
		snprintf(why, size, "%s", lack);
		return NULL;
	}
	return stream_tls_new(ctx, &config, false, why, size);
}

static int password_read(char password[SMSC_PASSWORD_SIZE], const struct exchange_smpp_config *c,
			 char *why, size_t size)
{
	password[0] = '\0';
	if (!c->password_file[0])
		return 0;
	return secret_file_line(password, SMSC_PASSWORD_SIZE, c->password_file,
				SECRET_OWNER_OR_ROOTS_GROUP, why, size);
}

/* Reads the files into s; -EINVAL with the reason. */
static int files_read(struct exchange_smpp *s, const struct exchange_smpp_config *c, char *why,
		      size_t size)
{
	int rc = password_read(s->password, c, why, size);

	if (rc < 0 || !has_tls(c))
		return rc;
	s->tls = tls_make(s, c, why, size);
	return s->tls ? 0 : -EINVAL;
}

int exchange_smpp_config_check(const char *label, const struct exchange_smpp_config *config)
{
	struct exchange_smpp *s;
	char why[256];
	int rc;

	if (!config->address[0] || !config->system_id[0]) {
		LOGP(DSMPP, LOGL_ERROR, "%s: \"address\" and \"system-id\" are needed\n", label);
		return -EINVAL;
	}
	s = talloc_zero(NULL, struct exchange_smpp);
	OSMO_ASSERT(s);
	rc = files_read(s, config, why, sizeof(why));
	if (rc < 0)
		LOGP(DSMPP, LOGL_ERROR, "%s: %s\n", label, why);
	explicit_bzero(s->password, sizeof(s->password));
	talloc_free(s);
	return rc < 0 ? -EINVAL : 0;
}

/* --- life --------------------------------------------------------------------- */

static void binds_start(struct exchange_smpp *s)
{
	size_t i;

	s->binds[0].command = s->config.mode == SMSC_SEPARATE ? SMPP_BIND_TRANSMITTER
							      : SMPP_BIND_TRANSCEIVER;
	s->binds[1].command = SMPP_BIND_RECEIVER;
	s->n_binds = s->config.mode == SMSC_SEPARATE ? 2 : 1;
	for (i = 0; i < s->n_binds; i++) {
		s->binds[i].smsc = s;
		smsc_bind_start(&s->binds[i]);
	}
}

struct exchange_smpp *exchange_smpp_new(void *ctx, const char *label,
					const struct exchange_smpp_config *config,
					const struct number_plan *plan, struct sms_route *route)
{
	static unsigned int next_index;
	struct exchange_smpp *s = talloc_zero(ctx, struct exchange_smpp);
	char why[256];

	OSMO_ASSERT(s);
	s->config = *config;
	s->plan = plan;
	s->route = route;
	s->label = talloc_strdup(s, label);
	s->id_space = config->id_space[0] ? talloc_asprintf(s, "smpp:%s", config->id_space)
					  : s->label;
	if (files_read(s, config, why, sizeof(why)) < 0) {
		LOGP(DSMPP, LOGL_ERROR, "%s: %s\n", label, why);
		talloc_free(s);
		return NULL;
	}
	s->counters = rate_ctr_group_alloc(s, &ctr_group_desc, next_index++);
	OSMO_ASSERT(s->counters);
	rate_ctr_group_set_name(s->counters, label);
	smsc_tx_init(s);
	binds_start(s);
	s->link = sms_link_register(route, label, config->priority, &smsc_link_ops, s);
	return s;
}

bool exchange_smpp_is(const struct exchange_smpp *s, const struct exchange_smpp_config *config)
{
	return memcmp(&s->config, config, sizeof(*config)) == 0;
}

bool exchange_smpp_is_bound(const struct exchange_smpp *s)
{
	return smsc_bind_is_bound(&s->binds[s->n_binds - 1]);
}

bool exchange_smpp_transmits(const struct exchange_smpp *s)
{
	return smsc_bind_is_bound(&s->binds[0]);
}

int exchange_smpp_reread(struct exchange_smpp *s)
{
	char password[SMSC_PASSWORD_SIZE], why[256];
	int rc = password_read(password, &s->config, why, sizeof(why));

	if (rc == 0 && s->tls)
		rc = stream_tls_reload(s->tls, why, sizeof(why));
	if (rc == 0)
		memcpy(s->password, password, sizeof(password));
	else
		LOGP(DSMPP, LOGL_ERROR, "%s: %s\n", s->label, why);
	explicit_bzero(password, sizeof(password));
	return rc < 0 ? -EINVAL : 0;
}

static const char *kind_of(const struct smsc_bind *b)
{
	switch (b->command) {
	case SMPP_BIND_TRANSMITTER:
		return "transmitter";
	case SMPP_BIND_RECEIVER:
		return "receiver";
	default:
		return "transceiver";
	}
}

static uint64_t counted(const struct exchange_smpp *s, enum smsc_ctr ctr)
{
	return rate_ctr_group_get_ctr(s->counters, ctr)->current;
}

void exchange_smpp_status(const struct exchange_smpp *s, struct exchange_smpp_status *status)
{
	size_t i;

	memset(status, 0, sizeof(*status));
	for (i = 0; i < s->n_binds; i++) {
		status->kind[i] = kind_of(&s->binds[i]);
		status->state[i] = smsc_bind_state(&s->binds[i]);
		status->state_ms[i] = exchange_now_ms() - s->binds[i].since_ms;
		status->deliveries += s->binds[i].n_deliveries;
	}
	status->texts = s->n_texts;
	status->outstanding = s->n_outstanding;
	status->paused = s->paused;
	status->tls = s->tls != NULL;
	status->n_sent = counted(s, SMSC_CTR_SUBMIT_OK);
	status->n_received = counted(s, SMSC_CTR_DELIVER_ACCEPTED);
	status->why = s->why ? s->why : "";
	status->why_ms = s->why ? exchange_now_ms() - s->why_ms : 0;
}

size_t exchange_smpp_in_flight(const struct exchange_smpp *s)
{
	return s->n_texts + s->binds[0].n_deliveries + s->binds[1].n_deliveries;
}

void exchange_smpp_drain(struct exchange_smpp *s)
{
	size_t i;

	s->draining = true;
	for (i = 0; i < s->n_binds; i++)
		smsc_bind_drain(&s->binds[i]);
}

void exchange_smpp_free(struct exchange_smpp *s)
{
	size_t i;

	sms_link_unregister(s->link);
	for (i = 0; i < s->n_binds; i++)
		smsc_bind_stop(&s->binds[i]);
	smsc_tx_unbound(s);
	explicit_bzero(s->password, sizeof(s->password));
	/* In a list of the library's: freed by hand before talloc frees it. */
	rate_ctr_group_free(s->counters);
	talloc_free(s);
}
