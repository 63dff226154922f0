/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* What each command of the table in main.c runs; see there for arguments.  Return enum ctl_exit. */
struct ctl;

/* ctl_schema.c */
int ctl_db_install(struct ctl *ctl);
int ctl_db_upgrade(struct ctl *ctl);
int ctl_db_status(struct ctl *ctl);

/* ctl_import.c */
int ctl_terminal_import(struct ctl *ctl);
int ctl_terminal_feed(struct ctl *ctl);

/* ctl_terminal.c */
int ctl_terminal_block(struct ctl *ctl);
int ctl_terminal_unblock(struct ctl *ctl);
int ctl_terminal_retire(struct ctl *ctl);
int ctl_terminal_swap(struct ctl *ctl);
int ctl_terminal_recycle(struct ctl *ctl);
int ctl_terminal_settle(struct ctl *ctl);
int ctl_terminal_top_up(struct ctl *ctl);
int ctl_terminal_top_up_reverse(struct ctl *ctl);
int ctl_terminal_show(struct ctl *ctl);

/* ctl_product.c */
int ctl_product_set(struct ctl *ctl);
int ctl_product_list(struct ctl *ctl);

/* ctl_shop.c */
int ctl_shop_add(struct ctl *ctl);
int ctl_key_add(struct ctl *ctl);
int ctl_key_revoke(struct ctl *ctl);

/* ctl_value.c */
int ctl_value_show(struct ctl *ctl);
int ctl_maintenance_on(struct ctl *ctl);
int ctl_maintenance_off(struct ctl *ctl);
int ctl_maintenance_show(struct ctl *ctl);
int ctl_setting(struct ctl *ctl);

/* ctl_approval.c */
int ctl_approvals(struct ctl *ctl);
int ctl_approve(struct ctl *ctl);
int ctl_reject(struct ctl *ctl);

/* ctl_outbox.c */
int ctl_outbox(struct ctl *ctl);
int ctl_receipts(struct ctl *ctl);
int ctl_pin_unblock(struct ctl *ctl);
int ctl_pin_clear(struct ctl *ctl);

/* ctl_audit.c */
int ctl_leases(struct ctl *ctl);
int ctl_audit(struct ctl *ctl);
int ctl_watch(struct ctl *ctl);
int ctl_value_owners(struct ctl *ctl);
int ctl_value_owner_at(struct ctl *ctl);
int ctl_terminal_report(struct ctl *ctl);
int ctl_totals(struct ctl *ctl);

/* ctl_reconcile.c; returns 0 where everything agrees, 1 where not, 2 where it could not tell */
int ctl_reconcile(struct ctl *ctl);

/* ctl_seal_key.c */
int ctl_seal_key_make(struct ctl *ctl);
int ctl_seal_key_add(struct ctl *ctl);
int ctl_seal_key_end(struct ctl *ctl);

/* ctl_verify.c, ctl_explain.c */
int ctl_verify(struct ctl *ctl);
int ctl_explain(struct ctl *ctl);
