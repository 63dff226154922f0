/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/gateway_vty.h"

#include <inttypes.h>

#include <osmocom/vty/command.h>

#include "gateway/gateway.h"
#include "gateway/http_connection.h"
#include "gateway/http_listener.h"
#include "gateway/http_server.h"
#include "gateway/rate_limits.h"
#include "lib/link_server.h"

#define LINES_MAX 100 /* of one answer: it is made in one turn of the loop */

static struct gateway *the_gateway;

DEFUN(show_links, show_links_cmd, "show links", SHOW_STR "Managers that are connected\n")
{
	if (!the_gateway->link)
		return CMD_WARNING;
	link_server_show(the_gateway->link, vty);
	if (the_gateway->sandbox) {
		vty_out(vty, "Managers of test keys:%s", VTY_NEWLINE);
		link_server_show(the_gateway->sandbox, vty);
	}
	return CMD_SUCCESS;
}

DEFUN(show_shops, show_shops_cmd, "show shops",
      SHOW_STR "Shops, who asked last first: what they may ask and asked (the first 100)\n")
{
	struct rate_limits *rl = the_gateway->rates;
	struct shop_usage *shop = NULL;
	uint64_t now_us = deadline_now_us();
	int i;

	if (!rl)
		return CMD_WARNING;
	vty_out(vty, "%zu shops%s", rate_limits_shop_count(rl), VTY_NEWLINE);
	vty_out(vty, "%-8s %-4s %8s %8s %10s %12s %12s %10s%s", "shop", "kind", "rate/s", "burst",
		"left", "requests", "items", "limited", VTY_NEWLINE);
	for (i = 0; i < LINES_MAX && (shop = rate_limits_next_shop(rl, shop)); i++) {
		/* Zero tokens bring the bucket up to date. */
		bucket_take(&shop->bucket, 0, now_us);
		vty_out(vty,
			"%-8s %-4s %8" PRIu32 " %8" PRIu32 " %10" PRId64 " %12" PRIu64 " %12" PRIu64
			" %10" PRIu64 "%s",
			shop->code, shop->test ? "test" : "live", shop->bucket.rate_per_s,
			shop->bucket.burst, shop->bucket.level_u / 1000000, shop->n_requests,
			shop->n_items, shop->n_limited, VTY_NEWLINE);
	}
	return CMD_SUCCESS;
}

DEFUN(show_connections, show_connections_cmd, "show connections",
      SHOW_STR "Connections of shops, the oldest first (the first 100)\n")
{
	struct http_server *hs = the_gateway->http;
	uint64_t now_us = deadline_now_us();
	struct http_connection *c;
	int i = 0;

	vty_out(vty, "%zu connections, %zu requests wait for a manager%s",
		http_server_connections(hs), http_server_in_flight(hs), VTY_NEWLINE);
	vty_out(vty, "%-39s %-24s %-5s %-7s %8s %8s %s%s", "from", "to", "tls", "phase", "age/s",
		"requests", "shop", VTY_NEWLINE);
	llist_for_each_entry (c, http_server_connection_list(hs), list) {
		if (i++ == LINES_MAX)
			break;
		vty_out(vty, "%-39s %-24s %-5s %-7s %8" PRIu64 " %8" PRIu32 " %s%s", c->from_text,
			c->listener->address, c->listener->tls ? "yes" : "no",
			http_phase_name(http_connection_phase(c)),
			(now_us - c->opened_us) / 1000000, c->n_requests,
			c->request.shop_code[0] ? c->request.shop_code : "-", VTY_NEWLINE);
	}
	return CMD_SUCCESS;
}

void gateway_show_vty_init(struct gateway *gw)
{
	the_gateway = gw;
	install_element_ve(&show_links_cmd);
	install_element_ve(&show_shops_cmd);
	install_element_ve(&show_connections_cmd);
}
