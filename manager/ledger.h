/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * The ledger as the rest of the manager sees it: one call an operation, its
 * answer by callback when the transaction that did it is durable.
 *
 *   dialogue                 ledger                         PostgreSQL
 *     | ledger_issue() ------> | queue, then a lane              |
 *     |                        | value_issue(arrays) ----------> |  one batch, one commit
 *     | <-- issue_done()       | <-------------------- outcomes  |
 *
 * Callbacks are never called inline, and exactly once unless the request was
 * cancelled.  ledger_cancel() silences a request; what it asked for may happen
 * all the same (its answer is consumed and logged).
 *
 * Arguments are copied.  Results live for the duration of the callback.
 * Every request ends within the ledger's deadline (5 s by default): where the
 * connection broke and did not come back in time the outcome is UNCERTAIN, and
 * "last operations" will tell; where nothing was sent yet, or nothing happened,
 * it is UNAVAILABLE; where somebody held the row all the time it is AGAIN, of
 * every operation; where the queue is full it is BUSY.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "lib/amount.h"
#include "lib/gsup_msg.h"
#include "lib/number.h"
#include "lib/outcome.h"
#include "lib/request_id.h"
#include "lib/value_state.h"

#define PRODUCT_CODE_SIZE 17
#define PRODUCT_NAME_SIZE 65
#define REFERENCE_SIZE 65 /* 64 characters of printable ASCII, and NUL */
#define LINK_LABEL_SIZE 65
#define TERMINAL_NAME_SIZE 65
#define LANGUAGE_SIZE 9

struct db_settings;
struct ledger;
struct ledger_request; /* opaque, for ledger_cancel(); dead once its callback was called */

enum terminal_kind { TERMINAL_PORTABLE = 1, TERMINAL_SERVER = 2 };
enum terminal_status {
	TERMINAL_ACTIVE = 1,
	TERMINAL_BLOCKED = 2,
	TERMINAL_QUARANTINED = 3,
	TERMINAL_RETIRED = 4,
};

enum operation { OPERATION_ISSUE = 1, OPERATION_TRANSFER = 2 };

/* One row of table request, as subscribers see it. */
struct operation_record {
	enum operation operation;
	enum outcome outcome;
	struct request_id request_id;
	int64_t at; /* seconds since 1970 */
	int64_t value_id; /* 0: none */
	int64_t amount_minor;
	char currency[CURRENCY_SIZE];
	char peer[NUMBER_SIZE]; /* transferee's address; empty: none */
	char peer_name[TERMINAL_NAME_SIZE]; /* of a shop */
};

/* --- who is it: terminal_enter(sql) --------------------------------------- */

struct enter_args {
	char imsi[GSUP_IMSI_SIZE];
	char msisdn[GSUP_MSISDN_SIZE]; /* empty: not known; then the IMSI alone must be known */
	bool enrol; /* make the terminal where there is none (needs the MSISDN) */
};

struct enter_result {
	/* OK; TERMINAL_UNKNOWN (enrol off, or MSISDN missing); _BLOCKED, _QUARANTINED, _RETIRED;
	 * AGAIN, BUSY, UNAVAILABLE */
	enum outcome outcome;
	int64_t terminal_id;
	char address[NUMBER_SIZE];
	char language[LANGUAGE_SIZE]; /* empty: the default */
	bool enrolled_now;
	bool has_unseen;
	struct operation_record unseen; /* the newest completed operation not seen yet */
	uint32_t n_unseen; /* how many there are in all, 0..9 */
	bool is_asked; /* a question waits for an answer: ledger_questions() */
};
typedef void (*ledger_enter_cb)(void *data, const struct enter_result *result);

/* --- issue ---------------------------------------------------------------- */

struct issue_args {
	struct request_id request_id;
	int64_t terminal_id;
	char product[PRODUCT_CODE_SIZE];
	int64_t amount_minor;
	int64_t fee_minor; /* as the subscriber agreed to it; -1: whatever it is */
	uint32_t guard_s; /* the same within so many seconds is REPEAT_SUSPECTED; 0: off */
	char link[LINK_LABEL_SIZE]; /* by which link it came, for the journal */
};

struct issue_result {
	/* OK, PENDING, REQUEST_CONFLICT, TERMINAL_*, PRODUCT_UNKNOWN, AMOUNT_NOT_ALLOWED,
	 * REPEAT_SUSPECTED (at, value_id of the earlier one),
	 * PRICE_CHANGED (fee_minor: what it is now), HELD_EXCEEDED,
	 * FUNDS_INSUFFICIENT, CREDIT_EXCEEDED, MAINTENANCE,
	 * BUSY, UNCERTAIN, UNAVAILABLE, INTERNAL */
	enum outcome outcome;
	bool repeated; /* this is the first answer, told again */
	int64_t value_id;
	int64_t amount_minor;
	int64_t fee_minor;
	char currency[CURRENCY_SIZE];
	int64_t expires_at; /* seconds since 1970; 0: never */
	int64_t at;
	int64_t balance_minor; /* what may still be spent: balance, or credit left */
};
typedef void (*ledger_issue_cb)(void *data, const struct issue_result *result);

/* --- transfer ------------------------------------------------------------- */

struct transfer_args {
	struct request_id request_id;
	int64_t terminal_id; /* the transferor */
	int64_t value_id;
	int64_t transferee_id; /* as quoted; 0: find it by address */
	char transferee[NUMBER_SIZE];
	char reference[REFERENCE_SIZE]; /* the shop's order; empty: none */
	uint32_t guard_s;
	char link[LINK_LABEL_SIZE];
};

struct transfer_result {
	/* OK, REQUEST_CONFLICT, TERMINAL_*, NOT_OWNER, REPEAT_SUSPECTED, VALUE_EXPIRED,
	 * VALUE_STATE, TRANSFEREE_UNKNOWN, TRANSFEREE_BLOCKED, TRANSFEREE_SELF, HELD_EXCEEDED,
	 * MAINTENANCE, BUSY, UNCERTAIN, UNAVAILABLE, INTERNAL */
	enum outcome outcome;
	bool repeated;
	int64_t value_id;
	int64_t amount_minor;
	char currency[CURRENCY_SIZE];
	int64_t expires_at;
	int64_t at;
	int64_t transferee_id;
	char transferee[NUMBER_SIZE];
	char transferee_name[TERMINAL_NAME_SIZE];
};
typedef void (*ledger_transfer_cb)(void *data, const struct transfer_result *result);

/* --- check ---------------------------------------------------------------- */

struct check_item {
	bool owner;
	bool spendable; /* this and what follows only where owner */
	enum value_state state;
	int64_t amount_minor;
	char currency[CURRENCY_SIZE];
	int64_t expires_at;
	int64_t owner_since;
};

/* Who asks: a terminal, or a shop by its key. */
struct check_asker {
	int64_t terminal_id; /* 0: by key */
	uint8_t key_digest[32];
	const char *scope; /* the scope that the key must have; static storage */
};

struct check_result {
	/* OK (look at the items), UNAUTHENTICATED, FORBIDDEN, TERMINAL_*, BUSY, UNAVAILABLE */
	enum outcome outcome;
	bool test_key;
	int64_t terminal_id;
	char shop_code[NUMBER_SIZE];
	uint32_t rate_per_s; /* the shop's limit, 0: the gateway's default */
	uint32_t rate_burst;
	size_t n_items;
	const struct check_item *items; /* in the order asked */
};
typedef void (*ledger_check_cb)(void *data, const struct check_result *result);

/* --- reads for the menu --------------------------------------------------- */

struct list_item {
	int64_t value_id;
	enum value_state state;
	int64_t amount_minor;
	char currency[CURRENCY_SIZE];
	int64_t expires_at;
	int64_t owner_since;
};

#define LEDGER_PAGE_MAX 20

struct list_result {
	enum outcome outcome; /* OK, TERMINAL_*, BUSY, UNAVAILABLE */
	size_t n_items;
	bool more; /* ask again with after = the last item's value id */
	struct list_item items[LEDGER_PAGE_MAX];
};
typedef void (*ledger_list_cb)(void *data, const struct list_result *result);

struct balance_item {
	char currency[CURRENCY_SIZE];
	bool postpaid;
	int64_t balance_minor; /* prepaid: what is left; postpaid: what was accrued */
	int64_t credit_minor; /* postpaid: the limit */
	int64_t held_minor; /* sum of the values owned and spendable */
	int64_t held_count;
};

struct balance_result {
	enum outcome outcome;
	size_t n_items;
	struct balance_item items[8];
};
typedef void (*ledger_balance_cb)(void *data, const struct balance_result *result);

struct history_result {
	enum outcome outcome;
	size_t n_items; /* newest first */
	struct operation_record items[LEDGER_PAGE_MAX];
};
typedef void (*ledger_history_cb)(void *data, const struct history_result *result);

/* What a transfer would do: the same decisions as the transfer, nothing locked or changed. */
struct quote_result {
	enum outcome outcome; /* as of transfer */
	int64_t at; /* of REPEAT_SUSPECTED: when it was done */
	int64_t amount_minor;
	char currency[CURRENCY_SIZE];
	int64_t transferee_id;
	enum terminal_kind transferee_kind;
	char transferee[NUMBER_SIZE];
	char transferee_name[TERMINAL_NAME_SIZE];
	bool needs_pin; /* the value's product asks for one, from this amount on */
};
typedef void (*ledger_quote_cb)(void *data, const struct quote_result *result);

/* --- products: read at start and again every minute, no round trip -------- */

struct product {
	char code[PRODUCT_CODE_SIZE];
	char name[PRODUCT_NAME_SIZE];
	char currency[CURRENCY_SIZE];
	size_t n_amounts; /* the amounts offered in the menu, rising */
	int64_t amounts_minor[9];
	int64_t min_minor, max_minor, step_minor; /* free amounts; max 0: only those offered */
	int64_t fee_fixed_minor;
	uint32_t fee_permille; /* of the amount, rounded up to the minor unit */
	bool asks_pin; /* before so much is moved: */
	int64_t pin_from_minor;
};

/* n products that are on sale, in menu order; valid until the next turn of the loop. */
const struct product *ledger_products(const struct ledger *l, size_t *n);
/* Were they read?  Before that nobody can say that something is not on sale. */
bool ledger_knows_products(const struct ledger *l);
int64_t product_fee(const struct product *p, int64_t amount_minor);
/* Does any product, on sale or not, ask for a PIN?  True too while nobody knows. */
bool ledger_asks_pin(const struct ledger *l);

/* --- calls ---------------------------------------------------------------- */
/* Never NULL.  Where the request cannot even be queued its callback comes in the next turn of the
 * loop, with BUSY or UNAVAILABLE, unless it is cancelled before.  n_values and ids: 1..1000. */

struct ledger_request *ledger_enter(struct ledger *l, const struct enter_args *args,
				    ledger_enter_cb done, void *data);
struct ledger_request *ledger_issue(struct ledger *l, const struct issue_args *args,
				    ledger_issue_cb done, void *data);
struct ledger_request *ledger_quote(struct ledger *l, const struct transfer_args *args,
				    ledger_quote_cb done, void *data);
struct ledger_request *ledger_transfer(struct ledger *l, const struct transfer_args *args,
				       ledger_transfer_cb done, void *data);
struct ledger_request *ledger_check(struct ledger *l, const struct check_asker *asker,
				    const int64_t *value_ids, size_t n_values,
				    const struct request_id *request_id, ledger_check_cb done,
				    void *data);
struct ledger_request *ledger_list(struct ledger *l, int64_t terminal_id, int64_t after,
				   size_t limit, ledger_list_cb done, void *data);
struct ledger_request *ledger_balance(struct ledger *l, int64_t terminal_id, ledger_balance_cb done,
				      void *data);
struct ledger_request *ledger_history(struct ledger *l, int64_t terminal_id, size_t limit,
				      ledger_history_cb done, void *data);
/* Every completed operation of this terminal up to and including request_id counts as seen, from
 * this subscriber's next ledger_enter() on.  No answer; repeated by the next dial where it got
 * lost. */
void ledger_seen(struct ledger *l, const char *imsi, int64_t terminal_id,
		 const struct request_id *request_id);

/* A terminal is owed a word about an operation that is asked for now, until ledger_pay():
 * it was refused, shown, or is in the outbox.  Should this process die in between, another manager
 * tells it by SMS (sql/function/manager_sweep.sql).  Returns what to pay with, never 0. */
uint8_t ledger_owe(struct ledger *l);
void ledger_pay(struct ledger *l, uint8_t debt);
/* Once nothing else is to be done: takes leave of the other managers, who then look for no debts of
 * this one.  True: that is done, or cannot be; then nothing may be asked any more. */
bool ledger_leave(struct ledger *l);

void ledger_cancel(struct ledger_request *r);
/* Its deadline counts from since_us (db_now_us()) and not from its call: for a question that is not
 * the first one of what somebody waits for.  Later than the call has no effect. */
void ledger_hurry(struct ledger_request *r, int64_t since_us);

/* --- leases: one holder a resource ---------------------------------------- */

typedef void (*ledger_lease_cb)(void *data, bool held);
/* Takes or renews resource ("euse:carrier") for ttl_ms in this process's name; held: it is ours
 * until then.  held is false too where the database does not answer. */
struct ledger_request *ledger_lease(struct ledger *l, const char *resource, uint32_t ttl_ms,
				    ledger_lease_cb done, void *data);
/* Gives it back, so that the standby need not wait; no answer. */
void ledger_lease_release(struct ledger *l, const char *resource);

/* --- life ------------------------------------------------------------------ */

struct ledger *ledger_new(void *ctx);
/* VTY node "database" (ledger_vty.c): before the configuration is read. */
void ledger_vty_init(struct ledger *l);
/* Can what was read be used?  -EINVAL (logged): no. */
int ledger_config_check(const struct ledger *l) __attribute__((warn_unused_result));
/* After the configuration was read: connects.  Negative errno where the configuration is not
 * usable (logged).  A database that is not there yet is not an error. */
int ledger_start(struct ledger *l) __attribute__((warn_unused_result));
/* Every setting has its default; nothing is connected anew before ledger_reload(). */
void ledger_reset(struct ledger *l);
/* After the configuration was read again: connects anew where settings of that changed. */
void ledger_reload(struct ledger *l);
/* Are all lanes connected, the schema at the level this program needs, and the products read? */
bool ledger_ready(const struct ledger *l);
/* Would a question be put to the database now?  Is the schema known and new enough, and a lane that
 * reads connected? */
bool ledger_can_read(const struct ledger *l);
/* Value is moved only while this is false: set by tegatactl, read every second. */
bool ledger_maintenance(const struct ledger *l);
/* Number of requests not answered yet; 0 = drained. */
size_t ledger_in_flight(const struct ledger *l);
/* The process's name in leases and application_name: "<host>-<pid>-<random>". */
const char *ledger_instance(const struct ledger *l);
/* Node "database" as it is configured now, for who connects by himself. */
const struct db_settings *ledger_db_settings(const struct ledger *l);
