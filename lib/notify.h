/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* systemd's readiness protocol (sd_notify(3)): state ("READY=1", "STOPPING=1", "RELOADING=1\n...")
 * goes to the socket named by $NOTIFY_SOCKET; without one nothing is done. */
void notify_send(const char *state);
