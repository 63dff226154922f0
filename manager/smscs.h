/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* All SMSCs that the manager binds to, as configured: nodes "smsc NAME". */
#include <stdbool.h>
#include <stddef.h>

#include "lib/number.h"

#define SMSCS_MAX 16
#define SMSC_NAME_SIZE 33

struct sms_route;
struct smscs;

/* plan: how subscribers' numbers are written, lives as long. */
struct smscs *smscs_new(void *ctx, struct sms_route *route, const struct number_plan *plan);
/* VTY node "smsc NAME" and "show smscs": before the configuration is read. */
void smscs_vty_init(struct smscs *ss);
/* Can what was read be used?  -EINVAL (logged): no. */
int smscs_check(const struct smscs *ss) __attribute__((warn_unused_result));
int smscs_start(struct smscs *ss) __attribute__((warn_unused_result));
/* The configuration names no SMSC, until it is read; binds stay. */
void smscs_reset(struct smscs *ss);
/* Binds whose settings or files changed are made anew, those that are gone are unbound. */
void smscs_reload(struct smscs *ss);
/* Nothing new is sent; answers that are owed are given, then everything is unbound. */
void smscs_drain(struct smscs *ss);
/* Texts and deliveries under way. */
size_t smscs_in_flight(const struct smscs *ss);
void smscs_stop(struct smscs *ss);
/* Is any bound, so that texts of terminals reach us? */
bool smscs_is_bound(const struct smscs *ss);
