/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
struct daemon;
/* VTY node "manager". */
void manager_vty_init(struct daemon *d);
