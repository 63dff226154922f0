/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Shops' questions: one CHECK is one ledger_check(), however many items it has,
 * and one or more lines in the log, so that every value asked about is there.
 */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/link_peer.h"
#include "lib/link_server.h"
#include "lib/log_category.h"
#include "lib/log_lines.h"
#include "lib/number.h"
#include "lib/outcome.h"
#include "lib/value_id.h"
#include "manager/ledger.h"
#include "manager/shop_links_priv.h"

#define LOG_ITEMS_MAX 32 /* a line */

struct shop_question {
	struct llist_head entry; /* in the gateway's questions, or in orphans */
	struct shop_links *sl;
	struct shop_gateway *g; /* NULL: its link is gone */
	struct ledger_request *request;
	uint32_t number;
	struct request_id request_id;
	char gateway[GATEWAY_NAME_SIZE]; /* for the log, also of an orphan */
	size_t n_items;
	int64_t value_ids[];
};

/* --- log --------------------------------------------------------------------------- */

static const char *item_word(const struct check_item *item)
{
	if (!item->owner)
		return "no";
	return item->spendable ? "owner" : "owner,not-spendable";
}

static void log_items(struct log_line *l, const struct shop_question *q,
		      const struct check_result *result, size_t first, size_t end)
{
	char id[VALUE_ID_STR_SIZE], masked[MASKED_SIZE];
	size_t i;

	for (i = first; i < end; i++) {
		log_line_field(l, " ", mask_digits(masked, value_id_format(id, q->value_ids[i])));
		log_line_field(l, "=", result->n_items ? item_word(&result->items[i]) : "-");
	}
	log_lines_put(DCHECK, LOGL_INFO, l);
}

static size_t owned_count(const struct check_result *result)
{
	size_t i, n = 0;

	for (i = 0; i < result->n_items; i++)
		n += result->items[i].owner;
	return n;
}

static void log_question(const struct shop_question *q, const struct check_result *result,
			 size_t n_owned)
{
	char request_id[REQUEST_ID_STR_SIZE];
	const char *name = outcome_name(result->outcome);
	size_t first, end = OSMO_MIN(q->n_items, LOG_ITEMS_MAX);
	struct log_line l;

	if (!log_check_level(DCHECK, LOGL_INFO))
		return;
	log_line_begin(&l);
	log_line_put(&l, request_id_format(request_id, &q->request_id));
	log_line_field(&l, " shop ", result->shop_code[0] ? result->shop_code : "-");
	log_line_put(&l, result->test_key ? " (test key)" : "");
	log_line_field(&l, " by gateway ", q->gateway);
	log_line_put(&l, q->g ? "" : " (gone)");
	log_line_field(&l, ": ", name ? name : "?");
	log_line_number(&l, ", ", q->n_items);
	log_line_number(&l, " items, ", n_owned);
	log_line_put(&l, " owned:");
	log_items(&l, q, result, 0, end);
	for (first = end; first < q->n_items; first = end) {
		end = OSMO_MIN(first + LOG_ITEMS_MAX, q->n_items);
		log_line_begin(&l);
		log_line_put(&l, request_id);
		log_line_number(&l, " items ", first + 1);
		log_line_number(&l, "-", end);
		log_line_put(&l, ":");
		log_items(&l, q, result, first, end);
	}
}

static void count(struct shop_gateway *g, const struct check_result *result, size_t n_owned)
{
	enum link_ctr ctr;

	switch (result->outcome) {
	case OUTCOME_OK:
		ctr = LINK_CTR_OK;
		break;
	case OUTCOME_BUSY:
		ctr = LINK_CTR_BUSY;
		break;
	case OUTCOME_UNAVAILABLE:
	case OUTCOME_UNCERTAIN:
	case OUTCOME_AGAIN:
	case OUTCOME_INTERNAL:
		ctr = LINK_CTR_FAILED;
		break;
	default:
		ctr = LINK_CTR_REFUSED;
	}
	rate_ctr_inc(rate_ctr_group_get_ctr(g->ctrs, ctr));
	rate_ctr_add(rate_ctr_group_get_ctr(g->ctrs, LINK_CTR_OWNED), n_owned);
}

/* --- answer -------------------------------------------------------------------------- */

/* Nothing of a value that is not the asker's leaves here. */
static void fill_item(struct link_check_item *to, const struct check_item *from)
{
	*to = (struct link_check_item){ .owner = from->owner };
	if (!from->owner)
		return;
	to->spendable = from->spendable;
	to->state = from->state;
	OSMO_STRLCPY_ARRAY(to->currency, from->currency);
	to->amount_minor = from->amount_minor;
	to->expires_at = from->expires_at;
	to->owner_since = from->owner_since;
}

static void fill_result(struct link_check_result *to, const struct check_result *from)
{
	size_t i;

	link_check_result_begin(to, from->outcome);
	to->test = from->test_key;
	to->rate_per_s = from->rate_per_s;
	to->rate_burst = from->rate_burst;
	to->n_items = from->outcome == OUTCOME_OK ? from->n_items : 0;
	if (number_is_shop(from->shop_code))
		OSMO_STRLCPY_ARRAY(to->shop_code, from->shop_code);
	for (i = 0; i < to->n_items; i++)
		fill_item(&to->items[i], &from->items[i]);
}

static void answer(struct shop_gateway *g, uint32_t number)
{
	struct shop_links *sl = g->sl;
	int len = link_check_result_encode(sl->frame, sizeof(sl->frame), number, &sl->result);

	OSMO_ASSERT(len > 0);
	/* Full: the gateway does not read, the link comes down soon, and it asks elsewhere. */
	if (link_peer_send(g->peer, sl->frame, len))
		rate_ctr_inc(rate_ctr_group_get_ctr(g->ctrs, LINK_CTR_LOST));
}

static void question_free(struct shop_question *q)
{
	if (q->g)
		q->g->items_outstanding -= q->n_items;
	q->sl->n_questions--;
	llist_del(&q->entry);
	talloc_free(q);
}

static void checked(void *data, const struct check_result *result)
{
	struct shop_question *q = data;
	size_t n_owned = result->outcome == OUTCOME_OK ? owned_count(result) : 0;

	/* The ledger answers each item, or says why not. */
	OSMO_ASSERT(result->outcome != OUTCOME_OK || result->n_items == q->n_items);
	log_question(q, result, n_owned);
	if (q->g) {
		count(q->g, result, n_owned);
		fill_result(&q->sl->result, result);
		answer(q->g, q->number);
	}
	question_free(q);
}

/* --- question ------------------------------------------------------------------------- */

static void refuse(struct shop_gateway *g, uint32_t number, enum outcome outcome, enum link_ctr ctr)
{
	rate_ctr_inc(rate_ctr_group_get_ctr(g->ctrs, ctr));
	link_check_result_begin(&g->sl->result, outcome);
	answer(g, number);
}

static void question_start(struct shop_gateway *g, const struct link_check *check, uint32_t number)
{
	struct check_asker asker = { .scope = "check" };
	size_t ids_size = check->n_items * sizeof(check->value_ids[0]);
	struct shop_question *q = talloc_size(g->sl, sizeof(*q) + ids_size);

	OSMO_ASSERT(q);
	*q = (struct shop_question){
		.sl = g->sl,
		.g = g,
		.number = number,
		.request_id = check->asker.request_id,
		.n_items = check->n_items,
	};
	OSMO_STRLCPY_ARRAY(q->gateway, g->name);
	memcpy(q->value_ids, check->value_ids, ids_size);
	llist_add_tail(&q->entry, &g->questions);
	g->items_outstanding += q->n_items;
	g->sl->n_questions++;
	memcpy(asker.key_digest, check->asker.key_digest, sizeof(asker.key_digest));
	q->request = ledger_check(g->sl->ledger, &asker, q->value_ids, q->n_items, &q->request_id,
				  checked, q);
}

int shop_check_asked(struct shop_gateway *g, const struct link_msg *msg)
{
	struct link_check *check = &g->sl->check;
	int rc;

	if (msg->type != LINK_CHECK) {
		rate_ctr_inc(rate_ctr_group_get_ctr(g->ctrs, LINK_CTR_UNKNOWN));
		LOGP(DLINK, LOGL_INFO, "gateway %s: a message of the unknown type %u\n", g->name,
		     msg->type);
		return 0;
	}
	rc = link_check_decode(check, msg);
	if (rc)
		return rc;
	rate_ctr_inc(rate_ctr_group_get_ctr(g->ctrs, LINK_CTR_CHECK));
	rate_ctr_add(rate_ctr_group_get_ctr(g->ctrs, LINK_CTR_ITEM), check->n_items);
	if (g->items_outstanding + check->n_items > LINK_OUTSTANDING_ITEMS_MAX) {
		refuse(g, msg->number, OUTCOME_BUSY, LINK_CTR_BUSY);
		return 0;
	}
	/* Asked before our READY was read, or by a gateway that does not know it: it need not wait
	 * for a database that is away. */
	if (!ledger_can_read(g->sl->ledger)) {
		refuse(g, msg->number, OUTCOME_UNAVAILABLE, LINK_CTR_FAILED);
		return 0;
	}
	question_start(g, check, msg->number);
	return 0;
}

void shop_check_orphan_all(struct shop_gateway *g)
{
	struct shop_question *q, *next;

	llist_for_each_entry_safe (q, next, &g->questions, entry) {
		q->g = NULL;
		llist_move_tail(&q->entry, &g->sl->orphans);
		rate_ctr_inc(rate_ctr_group_get_ctr(g->ctrs, LINK_CTR_LOST));
	}
	g->items_outstanding = 0;
}

void shop_check_cancel_all(struct shop_links *sl)
{
	struct shop_question *q, *next;

	llist_for_each_entry_safe (q, next, &sl->orphans, entry) {
		/* What the ledger could not even queue it tells all the same. */
		if (!q->request)
			continue;
		ledger_cancel(q->request);
		question_free(q);
	}
}
