/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Modes that do one thing and say by exit code how it went. */

struct options;

/* "dial CODE": dials, gives the answers in turn, shows what comes. */
int oneshot_dial(void *ctx, const struct options *o);
/* "sms TEXT": to the service, and waits for its reply. */
int oneshot_sms(void *ctx, const struct options *o);
/* "wallet list" and "wallet show [VALUE]": no network. */
int oneshot_wallet(void *ctx, const struct options *o);
/* "transfer VALUE TO" */
int oneshot_transfer(void *ctx, const struct options *o);
