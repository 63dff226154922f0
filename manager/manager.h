/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The parts of the manager and the order of their life:
 *
 *   main.c   *_new, *_vty_init -> configuration file -> *_start -> select loop
 *            SIGHUP: *_reload;  SIGTERM: drain, wait, *_stop
 *
 *   exchanges -> dialogues -> ledger -> PostgreSQL
 *   shop links (gateways) --> ledger
 *   SMSCs, outbox (sms_service.h) -> ledger
 *   sealer (its own thread and connection) --> PostgreSQL
 */

struct ledger;
struct dialogues;
struct exchanges; /* exchanges.h: all GSUP links, MSISDN look-up, the EUSE lease */
struct sealer; /* sealer.h: history under seal, in a thread of its own */
struct sms_service; /* sms_service.h: SMSCs, texts from and to terminals */
struct shop_links; /* shop_links.h: the links to the gateways */

struct manager {
	struct ledger *ledger;
	struct dialogues *dialogues;
	struct exchanges *exchanges;
	struct shop_links *shop_links;
	struct sealer *sealer;
	struct sms_service *sms;
};
