/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * An exchange that does not deliver as it should: of what phones send, some
 * messages come twice, some late, some behind later ones.  For tests of who is
 * to bear it.
 *
 *   "twice=20,late=50,reorder=50,late-ms=3000"     per mille; and how late at most
 *
 * What waits is kept, at most LINK_FAULTS_WAITING_MAX messages; beyond it all
 * is delivered as it should.
 */
#include <stdint.h>

#include "lib/gsup_msg.h"

#define LINK_FAULTS_WAITING_MAX 4096

struct link_faults;

/* Choices are drawn from the seed; send() delivers a message of len octets: 0, or a negative errno.
 * A child of ctx.  NULL where text is none of the above. */
struct link_faults *link_faults_new(void *ctx, const char *text, uint32_t seed,
				    int (*send)(void *data, const uint8_t *gsup, size_t len),
				    void *data) __attribute__((warn_unused_result));

/* Delivers it, now or later or twice.  0; what of it is sent later is not told.  Errors of send(),
 * where it is sent now. */
int link_faults_send(struct link_faults *f, const uint8_t *gsup, size_t len)
	__attribute__((warn_unused_result));
