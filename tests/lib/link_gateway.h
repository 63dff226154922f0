/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What the gateways of fixtures have in common: each is a talloc chunk with a link server, ls. */
#include <osmocom/core/talloc.h>

#include "lib/link_server.h"

#define gateway_free(g)                    \
	do {                               \
		link_server_free((g)->ls); \
		talloc_free(g);            \
	} while (0)
