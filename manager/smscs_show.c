/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What can be seen of SMSCs: "show smscs", gauges, and a warning where none is bound. */
#include <inttypes.h>

#include <osmocom/core/talloc.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "lib/metrics.h"
#include "lib/metrics_http.h"
#include "manager/smscs_priv.h"

#define UP "tegata_smsc_up"
#define UP_HELP "Is this bind up, so that texts are sent by it, or received?"

/* VTY commands have no data of their own. */
static struct smscs *smscs;

/* --- VTY ------------------------------------------------------------------------- */

static void show_bind(struct vty *vty, const struct smsc_slot *slot,
		      const struct exchange_smpp_status *s, int i)
{
	const bool sends = i == 0, receives = i == 1 || !s->state[1];

	vty_out(vty, "%-16s %-10s %-11s %8" PRId64 " %4u", slot->name, s->state[i], s->kind[i],
		s->state_ms[i] / 1000, slot->wanted.priority);
	if (sends)
		vty_out(vty, " %7zu %7zu %9" PRIu64, s->texts, s->outstanding, s->n_sent);
	else
		vty_out(vty, " %7s %7s %9s", "-", "-", "-");
	if (receives)
		vty_out(vty, " %6zu %8" PRIu64, s->deliveries, s->n_received);
	else
		vty_out(vty, " %6s %8s", "-", "-");
	vty_out(vty, "  %s%s%s", slot->wanted.address, s->tls ? "  TLS" : "  in clear",
		s->paused && sends ? "  paused" : "");
	if (s->why[0])
		vty_out(vty, "  last: %s, %" PRId64 " s ago", s->why, s->why_ms / 1000);
	vty_out(vty, "%s", VTY_NEWLINE);
}

static void show_slot(struct vty *vty, const struct smsc_slot *slot)
{
	struct exchange_smpp_status s;
	int i;

	if (!slot->smpp) {
		vty_out(vty, "%-16s not usable as it is configured: the log says why%s", slot->name,
			VTY_NEWLINE);
		return;
	}
	exchange_smpp_status(slot->smpp, &s);
	for (i = 0; i < 2 && s.state[i]; i++)
		show_bind(vty, slot, &s, i);
}

DEFUN(show_smscs, show_smscs_cmd, "show smscs",
      SHOW_STR "Binds to SMSCs: state, since when, what is under way, and what went\n")
{
	struct smsc_slot *slot;

	vty_out(vty, "%-16s %-10s %-11s %8s %4s %7s %7s %9s %6s %8s  %s%s", "smsc", "state", "bind",
		"for/s", "prio", "sending", "unacked", "sent", "taking", "received", "address",
		VTY_NEWLINE);
	llist_for_each_entry (slot, &smscs->slots, entry)
		show_slot(vty, slot);
	vty_out(vty,
		"sending: texts under way; unacked: their parts without a response; taking: texts "
		"and receipts not durable yet;%ssent: parts that the SMSC took, received: texts "
		"that we took, since it was configured so%s",
		VTY_NEWLINE, VTY_NEWLINE);
	return CMD_SUCCESS;
}

/* --- metrics ----------------------------------------------------------------------- */

static double transmits(void *data)
{
	const struct smsc_slot *slot = data;

	return slot->smpp && exchange_smpp_transmits(slot->smpp);
}

static double receives(void *data)
{
	const struct smsc_slot *slot = data;

	return slot->smpp && exchange_smpp_is_bound(slot->smpp);
}

void smscs_show_slot(struct smsc_slot *slot)
{
	char *labels = talloc_asprintf(NULL, "smsc=\"%s\",direction=\"send\"", slot->name);

	metrics_gauge_register(slot, UP, UP_HELP, labels, transmits, slot);
	talloc_free(labels);
	labels = talloc_asprintf(NULL, "smsc=\"%s\",direction=\"receive\"", slot->name);
	metrics_gauge_register(slot, UP, UP_HELP, labels, receives, slot);
	talloc_free(labels);
}

static const char *none_bound(void *data)
{
	const struct smscs *ss = data;

	return ss->n_named && !smscs_is_bound(ss) ? "no SMSC is bound" : NULL;
}

void smscs_show_init(struct smscs *ss)
{
	smscs = ss;
	metrics_http_warning_register(ss, none_bound, ss);
	install_element_ve(&show_smscs_cmd);
}
