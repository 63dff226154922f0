/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * All that has to do with SMS, put together: links, what comes in, what goes out.
 *
 *   smscs -> route -> sms_inbound -> ledger      texts from terminals
 *   smscs <- route <- outbox      <- ledger      texts to them
 *   smscs -> route -> outbox      -> ledger      receipts
 */
#include <stdbool.h>

struct dialogues;
struct ledger;
struct sms_route;
struct sms_service;

/* Both live as long. */
struct sms_service *sms_service_new(void *ctx, struct ledger *ledger, struct dialogues *dialogues);
/* For other links than SMSCs. */
struct sms_route *sms_service_route(const struct sms_service *ss);
void sms_service_vty_init(struct sms_service *ss);
/* -EINVAL (logged): what was read cannot be used. */
int sms_service_check(const struct sms_service *ss) __attribute__((warn_unused_result));
int sms_service_start(struct sms_service *ss) __attribute__((warn_unused_result));
void sms_service_reset(struct sms_service *ss);
void sms_service_reload(struct sms_service *ss);
void sms_service_drain(struct sms_service *ss);
bool sms_service_drained(const struct sms_service *ss);
void sms_service_stop(struct sms_service *ss);
/* Do texts of terminals reach us? */
bool sms_service_ready(const struct sms_service *ss);
