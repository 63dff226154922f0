/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Log categories of all programs, for libosmocore's LOGP().  What subscribers
 * type, IMSIs and numbers appear masked (lib/number.h), keys and PINs never.
 */
#include <osmocom/core/logging.h>

enum tegata_log_category {
	DMAIN, /* start, stop, reload, configuration */
	DIPA, /* IPA frames and links */
	DGSUP, /* GSUP links to HLR and direct peers */
	DMSISDN, /* MSISDN look-up and cache */
	DDLG, /* dialogues with terminals */
	DDB, /* database connections, lanes, batches */
	DOP, /* operations: one line each, with its request id */
	DLEASE, /* leases of names */
	DSEAL, /* sealing of history */
	DLINK, /* the link between manager and gateway */
	DHTTP, /* HTTP server */
	DCHECK, /* one line per ownership check */
	DSIM, /* the handset simulator */
	DSMPP, /* SMPP binds and short messages */
};

/* For log_init(). */
extern const struct log_info tegata_log_info;

const char *log_level_name(unsigned int level);
