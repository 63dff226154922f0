/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/log_category.h"

#include <osmocom/core/utils.h>

static const struct log_info_cat categories[] = {
	[DMAIN] = { .name = "DMAIN",
		    .description = "start, stop, reload, configuration",
		    .enabled = 1,
		    .loglevel = LOGL_NOTICE },
	[DIPA] = { .name = "DIPA",
		   .description = "IPA frames and links",
		   .enabled = 1,
		   .loglevel = LOGL_NOTICE },
	[DGSUP] = { .name = "DGSUP",
		    .description = "GSUP links to HLR and direct peers",
		    .enabled = 1,
		    .loglevel = LOGL_NOTICE },
	[DMSISDN] = { .name = "DMSISDN",
		      .description = "MSISDN look-up and cache",
		      .enabled = 1,
		      .loglevel = LOGL_NOTICE },
	[DDLG] = { .name = "DDLG",
		   .description = "dialogues with terminals",
		   .enabled = 1,
		   .loglevel = LOGL_NOTICE },
	[DDB] = { .name = "DDB",
		  .description = "database connections, lanes, batches",
		  .enabled = 1,
		  .loglevel = LOGL_NOTICE },
	[DOP] = { .name = "DOP",
		  .description = "operations, one line each",
		  .enabled = 1,
		  .loglevel = LOGL_INFO },
	[DLEASE] = { .name = "DLEASE",
		     .description = "leases of names",
		     .enabled = 1,
		     .loglevel = LOGL_NOTICE },
	[DSEAL] = { .name = "DSEAL",
		    .description = "sealing of history",
		    .enabled = 1,
		    .loglevel = LOGL_NOTICE },
	[DLINK] = { .name = "DLINK",
		    .description = "link between manager and gateway",
		    .enabled = 1,
		    .loglevel = LOGL_NOTICE },
	[DHTTP] = { .name = "DHTTP",
		    .description = "HTTP server, one line a request",
		    .enabled = 1,
		    .loglevel = LOGL_INFO },
	[DCHECK] = { .name = "DCHECK",
		     .description = "ownership checks, one line each",
		     .enabled = 1,
		     .loglevel = LOGL_INFO },
	[DSIM] = { .name = "DSIM",
		   .description = "handset simulator",
		   .enabled = 1,
		   .loglevel = LOGL_NOTICE },
	[DSMPP] = { .name = "DSMPP",
		    .description = "SMPP binds and short messages",
		    .enabled = 1,
		    .loglevel = LOGL_NOTICE },
};

const struct log_info tegata_log_info = {
	.cat = categories,
	.num_cat = ARRAY_SIZE(categories),
};

const char *log_level_name(unsigned int level)
{
	if (level >= LOGL_FATAL)
		return "FATAL";
	if (level >= LOGL_ERROR)
		return "ERROR";
	if (level >= LOGL_NOTICE)
		return "NOTICE";
	return level >= LOGL_INFO ? "INFO" : "DEBUG";
}
