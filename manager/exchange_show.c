/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* "show links", "show leases" */
#include <inttypes.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "manager/exchange_vty.h"
#include "manager/ledger.h"

static struct exchanges *exchanges;

static void show_direct_link(void *data, const struct exchange_direct_status *status)
{
	struct vty *vty = data;

	vty_out(vty, "%-24s %-10s %8" PRId64 " s %8zu  from %s%s", status->peer,
		status->up ? "UP" : "HANDSHAKE", status->up_ms / 1000, status->sessions,
		status->address, VTY_NEWLINE);
}

static void show_hlr(struct vty *vty, const struct hlr_slot *slot)
{
	struct hlr_link *l = exchanges_link_find(exchanges, slot->name);
	struct exchange_hlr_status status;

	if (!l) {
		vty_out(vty, "hlr:%-20s %-10s%s", slot->name, "STOPPED", VTY_NEWLINE);
		return;
	}
	exchange_hlr_status(l->hlr, &status);
	vty_out(vty, "%-24s %-10s %8" PRId64 " s %8zu  to %s as EUSE-%s", l->label, status.state,
		status.state_ms / 1000, status.sessions, slot->config.address,
		slot->config.euse_name);
	if (slot->config.msisdn.address[0])
		vty_out(vty, ", numbers from %s (%s, %zu cached)", slot->config.msisdn.address,
			status.msisdn_up ? "connected" : "not connected", status.msisdn_cached);
	vty_out(vty, "%s", VTY_NEWLINE);
}

DEFUN(show_links, show_links_cmd, "show links",
      SHOW_STR "Links to mobile exchanges: state, for how long, open sessions, peer\n")
{
	const char *address;

	if (!exchanges->direct)
		return CMD_SUCCESS;
	vty_out(vty, "%-24s %-10s %10s %8s  %s%s", "link", "state", "since", "sessions", "peer",
		VTY_NEWLINE);
	for (size_t i = 0; i < EXCHANGE_HLRS_MAX; i++) {
		if (exchanges->config.hlrs[i].used)
			show_hlr(vty, &exchanges->config.hlrs[i]);
	}
	for (size_t i = 0; (address = exchange_direct_address(exchanges->direct, i)); i++)
		vty_out(vty, "%-24s %-10s %10s %8s  on %s%s", "direct", "LISTENING", "", "",
			address, VTY_NEWLINE);
	exchange_direct_for_each(exchanges->direct, show_direct_link, vty);
	return CMD_SUCCESS;
}

DEFUN(show_leases, show_leases_cmd, "show leases",
      SHOW_STR "Leases of EUSE names: held by this process or not, and until when\n")
{
	struct exchange_hlr_status status;
	struct hlr_link *l;

	vty_out(vty, "this process: %s%s", ledger_instance(exchanges->ledger), VTY_NEWLINE);
	llist_for_each_entry (l, &exchanges->links, entry) {
		exchange_hlr_status(l->hlr, &status);
		if (status.lease_held)
			vty_out(vty, "%-32s ours for %" PRId64 " ms%s", status.lease,
				status.lease_left_ms, VTY_NEWLINE);
		else
			vty_out(vty, "%-32s not ours%s", status.lease, VTY_NEWLINE);
	}
	return CMD_SUCCESS;
}

void exchange_show_init(struct exchanges *x)
{
	exchanges = x;
	install_element_ve(&show_links_cmd);
	install_element_ve(&show_leases_cmd);
}
