/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What the files of shop_links share.
 *
 *   shop_links.c       the list of gateways: start, reload, drain, stop
 *   shop_gateway.c     one gateway: dials, back-off, up and down
 *   shop_check.c       its questions: CHECK -> ledger_check() -> CHECK_RESULT
 *   shop_links_vty.c   configuration and "show gateways"
 *
 *   idle --dial--> dialling --HELLO--> up --breaks--> waiting (0.2 s, doubling to 5 s) --> dialling
 */
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/timer.h>

#include "lib/link_msg.h"
#include "lib/stream_addr.h"

#define SHOP_GATEWAYS_MAX 64
#define GATEWAY_NAME_SIZE 33
#define GATEWAY_FILE_SIZE 256
#define GATEWAY_CN_SIZE 65
#define GATEWAY_WHY_SIZE 160
#define GATEWAY_BACKOFF_MS 200
#define GATEWAY_BACKOFF_MAX_MS 1500

struct link_peer;
struct metrics_histogram;
struct vty;

enum link_ctr {
	LINK_CTR_UP,
	LINK_CTR_DOWN,
	LINK_CTR_DIAL,
	LINK_CTR_CHECK,
	LINK_CTR_ITEM,
	LINK_CTR_OWNED,
	LINK_CTR_OK,
	LINK_CTR_REFUSED,
	LINK_CTR_BUSY,
	LINK_CTR_FAILED,
	LINK_CTR_LOST,
	LINK_CTR_MALFORMED,
	LINK_CTR_UNKNOWN,
};

/* Zeroed before it is filled, so that two of them can be compared as octets. */
struct gateway_settings {
	char address[STREAM_ADDR_STR_SIZE];
	char certificate_file[GATEWAY_FILE_SIZE];
	char key_file[GATEWAY_FILE_SIZE];
	char ca_file[GATEWAY_FILE_SIZE];
	char peer_cn[GATEWAY_CN_SIZE];
	unsigned int ping_interval_s;
};

struct shop_gateway {
	struct llist_head entry;
	struct shop_links *sl;
	char name[GATEWAY_NAME_SIZE];
	bool named; /* by the configuration; else it goes at the end of its reading */
	struct gateway_settings wanted, used;
	struct stream_tls *tls;
	struct link_peer *peer; /* NULL: waiting or idle */
	bool is_up;
	struct osmo_timer_list redial;
	unsigned int backoff_ms;
	char why[GATEWAY_WHY_SIZE]; /* it is not up */
	time_t since; /* of the last change between up and down */
	size_t items_outstanding;
	struct llist_head questions; /* that came by the link that is up */
	struct rate_ctr_group *ctrs;
};

struct shop_links {
	struct ledger *ledger;
	struct llist_head gateways;
	size_t n_named;
	bool running, draining;
	struct osmo_timer_list look; /* can the ledger answer? */
	struct osmo_timer_list apply; /* after a change from the VTY */
	struct llist_head orphans; /* questions whose link is gone; the ledger still answers */
	size_t n_questions;
	/* What is decoded or encoded lives for one call only. */
	struct link_check check;
	struct link_check_result result;
	uint8_t frame[LINK_FRAME_SIZE];
};

/* --- shop_links.c ------------------------------------------------------------- */

struct shop_gateway *shop_links_find(struct shop_links *sl, const char *name);
/* The configuration names it: made where there is none.  NULL: SHOP_GATEWAYS_MAX are named. */
struct shop_gateway *shop_links_name(struct shop_links *sl, const char *name);
void shop_links_remove(struct shop_gateway *g);
/* After a change from the VTY, as soon as the loop turns. */
void shop_links_apply_soon(struct shop_links *sl);

/* --- shop_gateway.c ------------------------------------------------------------ */

struct shop_gateway *shop_gateway_new(struct shop_links *sl, const char *name);
void shop_gateway_default(struct gateway_settings *s);
/* Can the wanted settings be used, the files that they name too?  -EINVAL (logged): no. */
int shop_gateway_check(struct shop_gateway *g) __attribute__((warn_unused_result));
/* Puts the wanted settings in force: dials where they are new, else only reads the certificates
 * again.  -EINVAL (logged): they cannot be used, what was in force stays. */
int shop_gateway_apply(struct shop_gateway *g) __attribute__((warn_unused_result));
/* Closes the link; no redial. */
void shop_gateway_close(struct shop_gateway *g);
/* "up", "dialling", "waiting", "idle" */
const char *shop_gateway_state(const struct shop_gateway *g);

/* --- shop_check.c ---------------------------------------------------------------- */

/* As link_peer_handler.asked. */
int shop_check_asked(struct shop_gateway *g, const struct link_msg *msg);
/* The link is gone: what it asked will not be answered. */
void shop_check_orphan_all(struct shop_gateway *g);
/* The process ends: nothing is called back any more. */
void shop_check_cancel_all(struct shop_links *sl);
