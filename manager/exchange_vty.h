/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of the exchanges' VTY commands share.
 *
 *   exchange_vty.c         checks of what was typed
 *   exchange_hlr_vty.c     node "hlr NAME"
 *   exchange_direct_vty.c  node "direct"
 *   exchange_show.c        "show links", "show leases"
 */
#include <stdbool.h>

#include "manager/exchanges_priv.h"

struct vty;

#define SMS_STR "SMS over this link by GSUP; default: none\n"
#define SMS_SOURCE_STR                                                 \
	"Take texts, and send texts to subscribers from this number\n" \
	"Our short code or number, 1 to 20 digits, or a name of up to 11 characters\n"
#define SESSIONS_STR                                                                       \
	"USSD sessions open at once on one link; past it terminals get an error at once\n" \
	"Sessions, default 30000\n"

/* The configuration that a command is about. */
struct exchanges_config *exchange_vty_config(const struct vty *vty);
/* The end of a command: what was typed is applied soon.  CMD_SUCCESS. */
int exchange_vty_changed(const struct vty *vty);

/* Takes "192.0.2.1:4222"; says so where it is none. */
bool exchange_vty_address_check(struct vty *vty, const char *text);
/* Takes an IP address without port, and writes it the one way that inet_ntop() does. */
bool exchange_vty_ip_check(struct vty *vty, char out[EXCHANGE_ADDRESS_SIZE], const char *text);

/* Takes a short code, number or name that texts may come from; says so where it is none. */
bool exchange_vty_source_check(struct vty *vty, char out[SMS_SHORT_CODE_SIZE], const char *text);

void exchange_hlr_vty_init(struct exchanges *x);
void exchange_direct_vty_init(struct exchanges *x);
void exchange_show_init(struct exchanges *x);
