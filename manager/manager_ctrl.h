/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
struct manager;
/*
 * CTRL variables of the manager, read-only: "dialogues-open", "requests-in-flight",
 * "maintenance", "exchange-ready", "database-ready".
 */
int manager_ctrl_init(struct manager *m);
