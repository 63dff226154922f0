/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* The node "gateway" and "show shops", "show connections", "show links". */
struct daemon;
struct gateway;

/* After daemon_init(), before the configuration is read. */
void gateway_vty_init(struct daemon *d, struct gateway *gw);
/* gateway_show_vty.c */
void gateway_show_vty_init(struct gateway *gw);
/* gateway_number_vty.c: "limit ..." and "timeout ..." */
struct vty;
void gateway_number_vty_init(struct gateway *gw, int node);
void gateway_number_vty_write(struct vty *vty);
