/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Client of OsmoHLR's control interface (TCP 4259), as far as numbers of
 * subscribers go: text in IPA frames (protocol 0xEE, extension 0x00).
 *
 *   we                                                     HLR
 *     | GET 7 subscriber.by-imsi-001010000000001.msisdn ---> |
 *     | <--- GET_REPLY 7 subscriber.by-imsi-... 819012345678 |
 *     | <--- GET_REPLY 7 subscriber.by-imsi-... none         |  no number
 *     | <--- ERROR 7 <reason>                                |  no subscriber
 *
 * Pipelined: any number of questions before the first answer.  The connection
 * is dialled again, with growing pauses, whenever it is gone.
 */
#include <stdbool.h>
#include <stdint.h>

struct msisdn_ctrl;

/* Called from the loop, never from inside a function of this header. */
struct msisdn_ctrl_handler {
	void (*up)(void *data);
	/* msisdn: NULL where the HLR has none; lives for the duration of the call. */
	void (*answer)(void *data, uint32_t id, const char *msisdn);
	/* Nothing that was asked and not answered will be. */
	void (*down)(void *data);
};

struct msisdn_ctrl *msisdn_ctrl_new(void *ctx, const char *address,
				    const struct msisdn_ctrl_handler *handler, void *data);
/* -ENOTCONN: not up; -ENOBUFS: the HLR does not read. */
int msisdn_ctrl_ask(struct msisdn_ctrl *c, uint32_t id, const char *imsi)
	__attribute__((warn_unused_result));
bool msisdn_ctrl_is_up(const struct msisdn_ctrl *c);
/* The HLR is silent: closes and dials again.  down() is not called. */
void msisdn_ctrl_restart(struct msisdn_ctrl *c);
void msisdn_ctrl_free(struct msisdn_ctrl *c);
