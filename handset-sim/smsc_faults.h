/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* How the SMSC misbehaves, as it is written on the command line. */
#include "handset-sim/smsc.h"

/* "delay=200ms,throttle=10,refuse=0x45,receipts=lost,redeliver=1,drop=5", each at most once.
 * -EINVAL. */
int smsc_faults_parse(struct smsc_faults *faults, const char *text)
	__attribute__((warn_unused_result));
