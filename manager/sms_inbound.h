/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Texts from terminals: who sends one, whether it was taken already, what it asks
 * for (sms_command.h), and that it is acknowledged only when that is durable.
 *
 *   route             sms_inbound                          ledger
 *     | receive() ----> | who: by IMSI, or by number ------> |
 *     |                 | taken already? ------------------> |
 *     |                 | the command's own questions -----> |
 *     |                 | the reply, a row of the outbox --> |
 *     | <--- ACCEPTED   |                                    |
 *
 * A text that is delivered again has one effect and one reply.  Where the SMSC does
 * not tell texts apart, and may not have read our answer (sms_settled.h), its
 * author's repeat looks the same: what moves nothing is answered again after a
 * minute, and what leads to a question as soon as the one before was answered.
 *
 * Whatever a step did is found by the next delivery of the same text, so where one
 * of them cannot be done in the ledger's deadline, which counts from the text's
 * arrival, the verdict is TRY_AGAIN.
 *
 * Replies go to the terminal's number in the ledger, wherever the text came from:
 * who can read the code in them has the phone.  Who is no subscriber gets none.
 *
 * Only what is to the service's address is obeyed: an exchange may give us what is to a
 * friend, and a code in it is not meant for us.
 *
 * Bounded: SMS_INBOUND_MAX texts under way, the next one is to be delivered later;
 * a rate for each sender, what is past it is dropped; help is sent to a sender once
 * an hour, so that two machines do not talk to each other for ever.
 */
#include <stdbool.h>
#include <stddef.h>

#include "manager/sms.h"

#define SMS_INBOUND_MAX 2000

struct dialogues;
struct ledger;
struct outbox_place;
struct sms_inbound;
struct sms_put_result;
struct vty;

/* ledger and dialogues (settings, texts, PIN key) live as long. */
struct sms_inbound *sms_inbound_new(void *ctx, struct ledger *ledger, struct dialogues *dialogues);
/* Commands of SMS_NODE, which must be there; before the configuration is read. */
void sms_inbound_vty_init(struct sms_inbound *si);
/* What these commands set, for whoever writes SMS_NODE. */
void sms_inbound_config_write(struct vty *vty);
/* Every setting has its default. */
void sms_inbound_reset(struct sms_inbound *si);
/* Who sends replies: what it promises before one is written, and then what became of that, once for
 * each (outbox.h). */
struct sms_replies {
	void (*reserve)(void *data, struct outbox_place *place);
	void (*written)(void *data, const struct outbox_place *place,
			const struct sms_put_result *result);
};
/* replies: static storage. */
void sms_inbound_set_replies(struct sms_inbound *si, const struct sms_replies *replies, void *data);

/* Of struct sms_sink: data is the struct sms_inbound. */
void sms_inbound_receive(void *data, const struct sms_in *in, sms_received_cb done,
			 void *done_data);

/* From now on everything new is to be delivered later. */
void sms_inbound_drain(struct sms_inbound *si);
size_t sms_inbound_in_flight(const struct sms_inbound *si);
