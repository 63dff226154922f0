/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* VTY node "sms": what is the same for all links that carry texts; "show outbox". */

struct outbox;
struct sms_inbound;

/* Before the configuration is read; both live as long. */
void sms_vty_init(struct outbox *ob, struct sms_inbound *si);
