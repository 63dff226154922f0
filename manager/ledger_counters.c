/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counters of the ledger: group "ledger" by operation, group "lane" one a lane. */
#include <stdio.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/metrics.h"
#include "manager/ledger_priv.h"

enum answer {
	ASKED,
	DONE,
	REFUSED,
	AGAIN,
	BUSY,
	UNCERTAIN,
	UNAVAILABLE,
	FAULT,
	ANSWERS,
};

/* clang-format off */
#define OPERATION(kind, name)                                                         \
	[kind * ANSWERS + ASKED] = { name ":asked", "Asked of the ledger" },          \
	[kind * ANSWERS + DONE] = { name ":ok", "Done, or on its way" },              \
	[kind * ANSWERS + REFUSED] = { name ":refused", "Refused by a rule" },        \
	[kind * ANSWERS + AGAIN] = { name ":again", "A row was locked all the time" },  \
	[kind * ANSWERS + BUSY] = { name ":busy", "The queue was full" },             \
	[kind * ANSWERS + UNCERTAIN] = { name ":uncertain", "Sent, result not known in time" }, \
	[kind * ANSWERS + UNAVAILABLE] = { name ":unavailable", "Not answered in time" },       \
	[kind * ANSWERS + FAULT] = { name ":internal", "Internal fault" }

/* clang-format on */

static const struct rate_ctr_desc operation_desc[] = {
	OPERATION(LEDGER_ENTER, "enter"),	OPERATION(LEDGER_ISSUE, "issue"),
	OPERATION(LEDGER_QUOTE, "quote"),	OPERATION(LEDGER_TRANSFER, "transfer"),
	OPERATION(LEDGER_CHECK, "check"),	OPERATION(LEDGER_LIST, "list"),
	OPERATION(LEDGER_BALANCE, "balance"),	OPERATION(LEDGER_HISTORY, "history"),
	OPERATION(LEDGER_SEEN, "seen"),		OPERATION(LEDGER_LEASE, "lease"),
	OPERATION(LEDGER_NUMBER, "number"),	OPERATION(LEDGER_SMS, "sms"),
	OPERATION(LEDGER_QUESTION, "question"), OPERATION(LEDGER_PIN, "pin"),
	OPERATION(LEDGER_OUTBOX, "outbox"),	OPERATION(LEDGER_INTERNAL, "internal"),
};

static const struct rate_ctr_group_desc operation_group_desc = {
	.group_name_prefix = "ledger",
	.group_description = "Operations of the ledger",
	.num_ctr = ARRAY_SIZE(operation_desc),
	.ctr_desc = operation_desc,
};

enum lane_ctr { BATCHES, REQUESTS, AGAINS, RACES, FAILURES, LOST, BUSY_US };

static const struct rate_ctr_desc lane_desc[] = {
	[BATCHES] = { "batches", "Batches formed" },
	[REQUESTS] = { "requests", "Requests in them" },
	[AGAINS] = { "again", "Requests whose row was locked" },
	[RACES] = { "races", "Batches that lost a race and were sent again" },
	[FAILURES] = { "failures", "Batches that failed" },
	[LOST] = { "lost", "Batches whose connection broke" },
	[BUSY_US] = { "busy_us", "Microseconds that batches were under way" },
};

static const struct rate_ctr_group_desc lane_group_desc = {
	.group_name_prefix = "lane",
	.group_description = "Lanes to the database",
	.num_ctr = ARRAY_SIZE(lane_desc),
	.ctr_desc = lane_desc,
};

struct ledger_counters {
	struct rate_ctr_group *operations;
	struct rate_ctr_group *lanes[LEDGER_LANES_ALL];
	struct metrics_histogram *latency[LEDGER_KINDS];
};

static const char *const kind_names[] = {
	[LEDGER_ENTER] = "enter",	[LEDGER_ISSUE] = "issue",     [LEDGER_QUOTE] = "quote",
	[LEDGER_TRANSFER] = "transfer", [LEDGER_CHECK] = "check",     [LEDGER_LIST] = "list",
	[LEDGER_BALANCE] = "balance",	[LEDGER_HISTORY] = "history", [LEDGER_SEEN] = "seen",
	[LEDGER_LEASE] = "lease",	[LEDGER_NUMBER] = "number",   [LEDGER_SMS] = "sms",
	[LEDGER_QUESTION] = "question", [LEDGER_PIN] = "pin",	      [LEDGER_OUTBOX] = "outbox",
	[LEDGER_INTERNAL] = "internal",
};

/* A group is not talloc'd into the list of groups' care: it must be told that it goes. */
static int counters_destruct(struct ledger_counters *c)
{
	size_t i;

	rate_ctr_group_free(c->operations);
	for (i = 0; i < LEDGER_LANES_ALL; i++) {
		if (c->lanes[i])
			rate_ctr_group_free(c->lanes[i]);
	}
	return 0;
}

struct ledger_counters *ledger_counters_new(struct ledger *l)
{
	struct ledger_counters *c = talloc_zero(l, struct ledger_counters);
	char labels[48];
	size_t i;

	OSMO_ASSERT(c);
	c->operations = rate_ctr_group_alloc(c, &operation_group_desc, 0);
	OSMO_ASSERT(c->operations);
	for (i = 0; i < LEDGER_KINDS; i++) {
		snprintf(labels, sizeof(labels), "operation=\"%s\"", kind_names[i]);
		c->latency[i] = metrics_histogram_new(c, "tegata_ledger_seconds",
						      "From the call to its answer", labels);
	}
	talloc_set_destructor(c, counters_destruct);
	return c;
}

/* That there is nothing is what most who ask about texts and questions hope for: a text is new. */
static bool may_find_nothing(enum ledger_kind kind)
{
	return kind == LEDGER_SMS || kind == LEDGER_QUESTION || kind == LEDGER_OUTBOX;
}

static enum answer answer_of(enum ledger_kind kind, enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_NOT_FOUND:
		return may_find_nothing(kind) ? DONE : REFUSED;
	case OUTCOME_OK:
	case OUTCOME_PENDING:
		return DONE;
	case OUTCOME_AGAIN:
		return AGAIN;
	case OUTCOME_BUSY:
		return BUSY;
	case OUTCOME_UNCERTAIN:
		return UNCERTAIN;
	case OUTCOME_UNAVAILABLE:
		return UNAVAILABLE;
	case OUTCOME_INTERNAL:
		return FAULT;
	default:
		return REFUSED;
	}
}

static void count(struct ledger_counters *c, enum ledger_kind kind, enum answer answer)
{
	rate_ctr_inc(rate_ctr_group_get_ctr(c->operations, kind * ANSWERS + answer));
}

void ledger_count_asked(struct ledger_counters *c, enum ledger_kind kind)
{
	count(c, kind, ASKED);
}

void ledger_count_answer(struct ledger_counters *c, enum ledger_kind kind, enum outcome outcome,
			 uint64_t us)
{
	count(c, kind, answer_of(kind, outcome));
	metrics_histogram_add(c->latency[kind], us);
}

/* --- queues and lanes ------------------------------------------------------------------ */

static double read_waiting(void *data)
{
	return db_queue_waiting(data);
}

static double read_in_flight(void *data)
{
	return db_lane_in_flight(data);
}

static double read_up(void *data)
{
	return db_lane_is_up(data);
}

void ledger_count_queue(struct ledger_counters *c, struct db_queue *queue)
{
	char labels[64];

	snprintf(labels, sizeof(labels), "queue=\"%s\"", db_queue_name(queue));
	metrics_gauge_register(queue, "tegata_queue_waiting", "Requests that wait for a lane",
			       labels, read_waiting, queue);
}

void ledger_count_lane(struct ledger_counters *c, struct db_lane *lane, unsigned int place)
{
	char labels[48];

	snprintf(labels, sizeof(labels), "lane=\"%s\"", db_lane_name(lane));
	metrics_gauge_register(lane, "tegata_lane_in_flight", "Requests in a batch", labels,
			       read_in_flight, lane);
	metrics_gauge_register(lane, "tegata_lane_up", "1: connected", labels, read_up, lane);
	c->lanes[place] = rate_ctr_group_alloc(c, &lane_group_desc, place);
	OSMO_ASSERT(c->lanes[place]);
	rate_ctr_group_set_name(c->lanes[place], db_lane_name(lane));
}

static void follow(struct rate_ctr_group *group, enum lane_ctr i, uint64_t value)
{
	struct rate_ctr *ctr = rate_ctr_group_get_ctr(group, i);

	rate_ctr_add(ctr, value - ctr->current);
}

void ledger_count_tick(struct ledger *l)
{
	unsigned int place;

	for (place = 0; place < l->n_lanes; place++) {
		struct rate_ctr_group *group = l->counters->lanes[place];
		const struct db_lane_stats *stats = db_lane_stats(l->lanes[place]);

		follow(group, BATCHES, stats->batches);
		follow(group, REQUESTS, stats->requests);
		follow(group, AGAINS, stats->again);
		follow(group, RACES, stats->races);
		follow(group, FAILURES, stats->failures);
		follow(group, LOST, stats->lost);
		follow(group, BUSY_US, stats->busy_us);
	}
}
