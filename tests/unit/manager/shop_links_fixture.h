/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Links to gateways over a ledger that answers when it is told to, configured by the VTY's own
 * words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <osmocom/vty/buffer.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "lib/link_peer.h"
#include "lib/link_server.h"
#include "lib/log_category.h"
#include "lib/outcome.h"
#include "lib/stream_tls.h"
#include "manager/ledger.h"
#include "manager/shop_links.h"
#include "manager/shop_links_priv.h"
#include "manager/vty_nodes.h"
#include "tests/lib/link_gateway.h"
#include "tests/lib/loop.h"
#include "tests/lib/test_dir.h"

static void *root;
static struct shop_links *sl;

/* --- a ledger that answers when it is told to ------------------------------------- */

struct ledger_request {
	struct llist_head entry;
	struct check_asker asker;
	struct request_id request_id;
	size_t n;
	int64_t ids[LINK_CHECK_ITEMS_MAX];
	ledger_check_cb done;
	void *data;
};

static LLIST_HEAD(asked);
static size_t n_asked, n_cancelled;

const char *ledger_instance(const struct ledger *l)
{
	return "manager-under-test";
}

static bool can_read = true;

bool ledger_can_read(const struct ledger *l)
{
	return can_read;
}

struct ledger_request *ledger_check(struct ledger *l, const struct check_asker *asker,
				    const int64_t *value_ids, size_t n_values,
				    const struct request_id *request_id, ledger_check_cb done,
				    void *data)
{
	struct ledger_request *r = talloc_zero(root, struct ledger_request);

	r->asker = *asker;
	r->request_id = *request_id;
	r->n = n_values;
	memcpy(r->ids, value_ids, n_values * sizeof(*value_ids));
	r->done = done;
	r->data = data;
	llist_add_tail(&r->entry, &asked);
	n_asked++;
	return r;
}

void ledger_cancel(struct ledger_request *r)
{
	n_cancelled++;
	llist_del(&r->entry);
	talloc_free(r);
}

static inline struct ledger_request *first_asked(void)
{
	loop_until(!llist_empty(&asked));
	return llist_first_entry(&asked, struct ledger_request, entry);
}

/* Odd value ids are the asker's.  Those that are not carry something that must not get out. */
static inline void ledger_answer(struct ledger_request *r, enum outcome outcome)
{
	static struct check_item items[LINK_CHECK_ITEMS_MAX];
	struct check_result result = { .outcome = outcome,
				       .test_key = true,
				       .shop_code = "4711",
				       .rate_per_s = 50,
				       .rate_burst = 100,
				       .items = items };
	size_t i;

	for (i = 0; i < r->n; i++)
		items[i] = (struct check_item){ .owner = r->ids[i] % 2,
						.spendable = true,
						.state = VALUE_STATE_ACTIVE,
						.amount_minor = r->ids[i],
						.currency = "JPY",
						.expires_at = 1900000000,
						.owner_since = 1700000000 };
	if (outcome == OUTCOME_OK)
		result.n_items = r->n;
	llist_del(&r->entry);
	r->done(r->data, &result);
	talloc_free(r);
}

/* --- configuration, and a gateway ---------------------------------------------------- */

/* As daemon.c does. */
static inline int config_read(const char *text)
{
	char *path = talloc_asprintf(root, "%s/manager.cfg", test_dir);
	FILE *f = fopen(path, "w");
	int rc;

	fputs(text, f);
	fclose(f);
	shop_links_reset(sl);
	rc = vty_read_config_file(path, NULL);
	talloc_free(path);
	return rc;
}

#define config_start(...) config_start_text(talloc_asprintf(root, __VA_ARGS__))

static inline int config_start_text(char *text)
{
	assert_int_equal(config_read(text), 0);
	talloc_free(text);
	return shop_links_start(sl);
}

static inline void config_reload(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = talloc_vasprintf(root, format, args);
	va_end(args);
	assert_int_equal(config_read(text), 0);
	talloc_free(text);
	shop_links_reload(sl);
}

struct gateway {
	struct link_server *ls;
	int n_done;
	struct link_check_result result; /* the newest */
};

static inline struct gateway *gateway_new(const char *address, struct stream_tls *tls)
{
	struct gateway *g = talloc_zero(root, struct gateway);

	g->ls = link_server_new(g, "gateway-1");
	assert_int_equal(link_server_listen(g->ls, address, 0600, tls), 0);
	return g;
}

static inline struct gateway *unix_gateway(void)
{
	char *address = talloc_asprintf(root, "unix:%s/link.sock", test_dir);
	struct gateway *g = gateway_new(address, NULL);

	talloc_free(address);
	return g;
}

static inline void done(void *data, const struct link_check_result *result)
{
	struct gateway *g = data;

	g->n_done++;
	g->result = *result;
}

static inline void ask(struct gateway *g, int64_t first, size_t n)
{
	static struct link_check check;
	size_t i;

	memset(&check, 0x77, sizeof(check));
	check.n_items = n;
	for (i = 0; i < n; i++)
		check.value_ids[i] = first + i;
	link_server_check(g->ls, &check, done, g);
}

static inline int each_setup(void **state)
{
	n_asked = n_cancelled = 0;
	can_read = true;
	return 0;
}

static inline int each_teardown(void **state)
{
	shop_links_stop(sl);
	sl->draining = false;
	/* Nobody is named: all are dropped. */
	config_reload("!\n");
	assert_int_equal(sl->n_named, 0);
	assert_true(llist_empty(&sl->gateways));
	assert_int_equal(shop_links_in_flight(sl), 0);
	assert_true(llist_empty(&asked));
	return 0;
}

/* --- the whole program --------------------------------------------------------------- */

static inline int setup(void **state)
{
	static struct vty_app_info app = { .name = "test_shop_links" };

	root = talloc_named_const(NULL, 0, "test");
	osmo_init_logging2(talloc_named_const(NULL, 0, "logging"), &tegata_log_info);
	app.tall_ctx = root;
	vty_init(&app);
	sl = shop_links_new(root, NULL);
	shop_links_vty_init(sl);
	return test_dir_make_certificates();
}

static inline int teardown(void **state)
{
	talloc_free(root);
	return test_dir_remove();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, each_setup, each_teardown)
