/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Settings that both daemons have, as commands in their own node. */
#include <stdbool.h>

#include <osmocom/vty/vty.h>

struct daemon_settings {
	void *ctx;
	unsigned int drain_timeout_s;
	bool core_dumps;
	char *metrics_address; /* NULL: off */
	char *log_json_path; /* NULL: off */
};

void daemon_settings_init(void *ctx, struct daemon_settings *settings);
void daemon_settings_default(struct daemon_settings *settings);
void daemon_settings_vty_init(struct daemon_settings *settings, int node);
void daemon_settings_vty_write(const struct daemon_settings *settings, struct vty *vty);
/* Do VTY and CTRL listen where nobody but the operator is?  Negative errno (logged): no. */
int daemon_consoles_check(void) __attribute__((warn_unused_result));
