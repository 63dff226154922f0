/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/shop_links.h"

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
#include "manager/shop_links_priv.h"
#include "manager/vty_nodes.h"
#include "tests/lib/loop.h"

static char dir[] = "/tmp/test_shop_links.XXXXXX";
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

static struct ledger_request *first_asked(void)
{
	loop_until(!llist_empty(&asked));
	return llist_first_entry(&asked, struct ledger_request, entry);
}

/* Odd value ids are the asker's.  Those that are not carry something that must not get out. */
static void ledger_answer(struct ledger_request *r, enum outcome outcome)
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
static int config_read(const char *text)
{
	char *path = talloc_asprintf(root, "%s/manager.cfg", dir);
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

static int config_start_text(char *text)
{
	assert_int_equal(config_read(text), 0);
	talloc_free(text);
	return shop_links_start(sl);
}

static void config_reload(const char *format, ...)
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

/* What the VTY says to a command. */
static char *vty_says(enum node_type node, const char *command)
{
	struct vty *vty = vty_new();
	vector words = cmd_make_strvec(command);
	char *text, *copy;

	vty->type = VTY_TERM;
	vty->node = node;
	assert_int_equal(cmd_execute_command(words, vty, NULL, 0), CMD_SUCCESS);
	text = buffer_getstr(vty->obuf);
	copy = talloc_strdup(root, text);
	talloc_free(text);
	cmd_free_strvec(words);
	buffer_free(vty->obuf);
	talloc_free(vty);
	return copy;
}

struct gateway {
	struct link_server *ls;
	int n_done;
	struct link_check_result result; /* the newest */
};

static struct gateway *gateway_new(const char *address, struct stream_tls *tls)
{
	struct gateway *g = talloc_zero(root, struct gateway);

	g->ls = link_server_new(g, "gateway-1");
	assert_int_equal(link_server_listen(g->ls, address, 0600, tls), 0);
	return g;
}

static struct gateway *unix_gateway(void)
{
	char *address = talloc_asprintf(root, "unix:%s/link.sock", dir);
	struct gateway *g = gateway_new(address, NULL);

	talloc_free(address);
	return g;
}

static void gateway_free(struct gateway *g)
{
	link_server_free(g->ls);
	talloc_free(g);
}

static void done(void *data, const struct link_check_result *result)
{
	struct gateway *g = data;

	g->n_done++;
	g->result = *result;
}

static void ask(struct gateway *g, int64_t first, size_t n)
{
	static struct link_check check;
	size_t i;

	memset(&check, 0x77, sizeof(check));
	check.n_items = n;
	for (i = 0; i < n; i++)
		check.value_ids[i] = first + i;
	link_server_check(g->ls, &check, done, g);
}

static struct stream_tls *gateway_tls(void *ctx, const char *name)
{
	struct stream_tls_config c = {
		.certificate_file = talloc_asprintf(ctx, "%s/%s.pem", dir, name),
		.key_file = talloc_asprintf(ctx, "%s/%s.key", dir, name),
		.ca_file = talloc_asprintf(ctx, "%s/ca.pem", dir),
		.peer_cn = "manager-1",
	};
	char why[256] = "";
	struct stream_tls *tls = stream_tls_new(ctx, &c, true, why, sizeof(why));

	assert_string_equal(why, "");
	return tls;
}

static int each_setup(void **state)
{
	n_asked = n_cancelled = 0;
	can_read = true;
	return 0;
}

static int each_teardown(void **state)
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

/* --- configurations that cannot be used ---------------------------------------------- */

static void settings_refused(void **state)
{
	assert_int_equal(config_start("gateway a\n"), -EINVAL); /* no address */
	assert_int_equal(shop_links_check(sl), -EINVAL);
	/* a private address is no proof of who listens there */
	assert_int_equal(config_start("gateway a\n address 127.0.0.1:4300\n"), -EINVAL);
	assert_int_equal(shop_links_check(sl), -EINVAL);
	assert_int_equal(config_start("gateway a\n address 127.0.0.1:4300\n"
				      " tls certificate %s/manager-1.pem\n"
				      " tls key %s/gateway-1.key\n tls ca %s/ca.pem\n"
				      " tls peer-cn gateway-1\n",
				      dir, dir, dir),
			 -EINVAL); /* another certificate's key */
	assert_int_equal(config_start("gateway a\n address 127.0.0.1:4300\n"
				      " tls certificate %s/manager-1.pem\n"
				      " tls key %s/manager-1.key\n tls ca %s/ca.pem\n",
				      dir, dir, dir),
			 -EINVAL); /* anybody whom the CA signed */
	assert_int_equal(shop_links_check(sl), -EINVAL);
	assert_int_equal(config_start("gateway a\n address 127.0.0.1:4300\n"
				      " tls certificate %s/manager-1.pem\n"
				      " tls key %s/manager-1.key\n tls peer-cn gateway-1\n",
				      dir, dir),
			 -EINVAL); /* no CA */
	assert_null(shop_links_find(sl, "a")->peer);
}

static void commands_refused(void **state)
{
	static const char *const bad[] = {
		"gateway a\n address localhost:80\n",
		"gateway a\n address 127.0.0.1:0\n",
		"gateway a\n ping-interval 0\n",
		"gateway a\n ping-interval 61\n",
		"gateway a\"b\n",
		"gateway a\n address unix:\n",
		"gateway aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		"gateway a\n no tls\n",
		"gateway a\n no tls peer-cn\n",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(config_read(bad[i]) < 0);
}

static void too_many_gateways(void **state)
{
	char *text = talloc_strdup(root, "");
	int i;

	for (i = 0; i < SHOP_GATEWAYS_MAX; i++)
		text = talloc_asprintf_append(text, "gateway g%d\n", i);
	assert_int_equal(config_read(text), 0);
	text = talloc_asprintf_append(text, "gateway more\n");
	assert_true(config_read(text) < 0);
	talloc_free(text);
	/* as many again, of other names, in the next file */
	text = talloc_strdup(root, "");
	for (i = 0; i < SHOP_GATEWAYS_MAX; i++)
		text = talloc_asprintf_append(text, "gateway other%d\n address unix:/x\n", i);
	config_reload("%s", text);
	assert_null(shop_links_find(sl, "g0"));
	assert_int_equal(sl->n_named, SHOP_GATEWAYS_MAX);
	talloc_free(text);
}

static void configuration_round_trip(void **state)
{
	static const char config[] = "gateway other\n"
				     " address unix:/run/y.sock\n"
				     " ping-interval 7\n"
				     "gateway tls\n"
				     " address [::1]:4300\n"
				     " tls certificate /etc/c.pem\n"
				     " tls key /etc/k.pem\n"
				     " tls ca /etc/ca.pem\n"
				     " tls peer-cn gateway-1\n"
				     " ping-interval 1\n"
				     "gateway unix\n"
				     " address unix:/run/x.sock\n"
				     " ping-interval 1\n";
	char *text, *p, *to;

	assert_int_equal(config_read(config), 0);
	text = vty_says(ENABLE_NODE, "show running-config");
	for (p = to = text; *p; p++) {
		if (*p != '\r')
			*to++ = *p;
	}
	*to = '\0';
	assert_non_null(strstr(text, config));
	talloc_free(text);
	/* read again without some lines: they have their defaults again */
	assert_int_equal(config_read("gateway tls\n address [::1]:4300\n"), 0);
	assert_string_equal(shop_links_find(sl, "tls")->wanted.peer_cn, "");
	assert_int_equal(shop_links_find(sl, "tls")->wanted.ping_interval_s,
			 LINK_PING_INTERVAL_DEFAULT_S);
}

/* --- questions -------------------------------------------------------------------------- */

static void a_question_and_its_answer(void **state)
{
	struct gateway *g = unix_gateway();
	struct ledger_request *r;
	uint8_t sevens[32];

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", dir), 0);
	loop_until(link_server_ready(g->ls));
	ask(g, 10, 3);
	r = first_asked();
	memset(sevens, 0x77, sizeof(sevens));
	assert_memory_equal(r->asker.key_digest, sevens, 32);
	assert_memory_equal(r->request_id.octets, sevens, 16);
	assert_int_equal(r->asker.terminal_id, 0);
	assert_string_equal(r->asker.scope, "check");
	assert_int_equal(shop_links_in_flight(sl), 1);
	ledger_answer(r, OUTCOME_OK);
	assert_int_equal(shop_links_in_flight(sl), 0);
	loop_until(g->n_done);
	assert_int_equal(g->result.outcome, OUTCOME_OK);
	assert_true(g->result.test);
	assert_string_equal(g->result.shop_code, "4711");
	assert_int_equal(g->result.rate_per_s, 50);
	assert_int_equal(g->result.rate_burst, 100);
	assert_int_equal(g->result.n_items, 3);
	assert_true(g->result.items[1].owner);
	assert_true(g->result.items[1].spendable);
	assert_int_equal(g->result.items[1].amount_minor, 11);
	assert_string_equal(g->result.items[1].currency, "JPY");
	assert_int_equal(g->result.items[1].expires_at, 1900000000);
	/* what is another's shows nothing */
	assert_false(g->result.items[0].owner || g->result.items[0].spendable);
	assert_int_equal(g->result.items[0].amount_minor, 0);
	assert_int_equal(g->result.items[0].state, 0);
	gateway_free(g);
}

static void a_thousand_items_are_one_call(void **state)
{
	struct gateway *g = unix_gateway();

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", dir), 0);
	loop_until(link_server_ready(g->ls));
	ask(g, 1, LINK_CHECK_ITEMS_MAX);
	ledger_answer(first_asked(), OUTCOME_OK);
	loop_until(g->n_done);
	assert_int_equal(n_asked, 1);
	assert_int_equal(g->result.n_items, LINK_CHECK_ITEMS_MAX);
	assert_int_equal(g->result.items[998].amount_minor, 999);
	gateway_free(g);
}

static void refusals_are_handed_on(void **state)
{
	static const enum outcome outcomes[] = { OUTCOME_UNAUTHENTICATED, OUTCOME_FORBIDDEN,
						 OUTCOME_TERMINAL_BLOCKED, OUTCOME_BUSY,
						 OUTCOME_UNAVAILABLE };
	struct gateway *g = unix_gateway();
	size_t i;

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", dir), 0);
	loop_until(link_server_ready(g->ls));
	for (i = 0; i < ARRAY_SIZE(outcomes); i++) {
		ask(g, 1, 2);
		ledger_answer(first_asked(), outcomes[i]);
		loop_until(g->n_done == (int)i + 1);
		assert_int_equal(g->result.outcome, outcomes[i]);
		assert_int_equal(g->result.n_items, 0);
	}
	gateway_free(g);
}

static void answers_in_another_order(void **state)
{
	struct gateway *g = unix_gateway();
	struct ledger_request *first, *second;

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", dir), 0);
	loop_until(link_server_ready(g->ls));
	ask(g, 1, 1);
	ask(g, 3, 1);
	loop_until(n_asked == 2);
	first = llist_first_entry(&asked, struct ledger_request, entry);
	second = llist_last_entry(&asked, struct ledger_request, entry);
	ledger_answer(second, OUTCOME_OK);
	loop_until(g->n_done == 1);
	assert_int_equal(g->result.items[0].amount_minor, 3);
	ledger_answer(first, OUTCOME_OK);
	loop_until(g->n_done == 2);
	assert_int_equal(g->result.items[0].amount_minor, 1);
	gateway_free(g);
}

static void the_gateway_goes_and_comes_back(void **state)
{
	struct gateway *g = unix_gateway();
	struct ledger_request *late;

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", dir), 0);
	loop_until(link_server_ready(g->ls));
	ask(g, 1, 1);
	late = first_asked();
	gateway_free(g);
	loop_until(!shop_links_find(sl, "one")->is_up);
	assert_int_equal(shop_links_in_flight(sl), 1); /* the ledger will still answer */
	g = unix_gateway();
	loop_until(link_server_ready(g->ls));
	ledger_answer(late, OUTCOME_OK); /* nobody waits for it any more */
	assert_int_equal(shop_links_in_flight(sl), 0);
	ask(g, 5, 1);
	ledger_answer(first_asked(), OUTCOME_OK);
	loop_until(g->n_done);
	assert_int_equal(g->n_done, 1);
	assert_int_equal(g->result.items[0].amount_minor, 5);
	gateway_free(g);
}

static void draining(void **state)
{
	struct gateway *g = unix_gateway();

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", dir), 0);
	loop_until(link_server_ready(g->ls));
	ask(g, 1, 1);
	loop_until(n_asked == 1);
	shop_links_drain(sl);
	loop_until(!link_server_ready(g->ls));
	ask(g, 3, 1);
	loop_until(g->n_done == 1);
	assert_int_equal(g->result.outcome, OUTCOME_UNAVAILABLE);
	ledger_answer(first_asked(), OUTCOME_OK); /* what was under way is answered */
	loop_until(g->n_done == 2);
	assert_int_equal(g->result.outcome, OUTCOME_OK);
	assert_int_equal(shop_links_in_flight(sl), 0);
	gateway_free(g);
}

static void without_a_database(void **state)
{
	struct gateway *g = unix_gateway();

	can_read = false;
	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", dir), 0);
	loop_until(shop_links_find(sl, "one")->is_up);
	loop_turns(20);
	assert_false(link_server_ready(g->ls));
	can_read = true;
	loop_until(link_server_ready(g->ls)); /* by itself */
	ask(g, 1, 1);
	ledger_answer(first_asked(), OUTCOME_OK);
	loop_until(g->n_done == 1);
	/* The gateway does not know yet. */
	can_read = false;
	ask(g, 1, 1);
	loop_until(g->n_done == 2);
	assert_int_equal(g->result.outcome, OUTCOME_UNAVAILABLE);
	assert_int_equal(n_asked, 1);
	assert_int_equal(shop_links_in_flight(sl), 0);
	loop_until(!link_server_ready(g->ls));
	/* At once where it is asked for. */
	can_read = true;
	shop_links_say_ready(sl);
	loop_until(link_server_ready(g->ls));
	gateway_free(g);
}

static void stopping_cancels(void **state)
{
	struct gateway *g = unix_gateway();

	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", dir), 0);
	loop_until(link_server_ready(g->ls));
	ask(g, 1, 1);
	ask(g, 3, 1);
	loop_until(n_asked == 2);
	shop_links_stop(sl);
	assert_int_equal(n_cancelled, 2);
	loop_until(g->n_done == 2);
	assert_int_equal(g->result.outcome, OUTCOME_UNAVAILABLE);
	gateway_free(g);
}

/* --- a gateway that keeps no limits ------------------------------------------------------ */

struct raw {
	struct link_peer *p;
	int n_up, n_busy, n_down;
};

static void raw_up(void *data, struct link_peer *p)
{
	((struct raw *)data)->n_up++;
}

static int raw_asked(void *data, struct link_peer *p, const struct link_msg *msg)
{
	return 0;
}

static void raw_down(void *data, struct link_peer *p, int error, const char *why)
{
	struct raw *r = data;

	r->n_down++;
	r->p = NULL;
	link_peer_free(p);
}

static const struct link_peer_handler raw_handler = { raw_up, raw_asked, NULL, raw_down };

static void raw_accept(void *data, struct stream *s)
{
	struct raw *r = data;

	r->p = link_peer_accept(root, "raw", s, 5, &raw_handler, r);
}

static struct raw *waiting_raw;

static int raw_answered(struct link_wait *w, const struct link_msg *msg)
{
	static struct link_check_result result;

	assert_int_equal(link_check_result_decode(&result, msg), 0);
	if (result.outcome == OUTCOME_BUSY)
		waiting_raw->n_busy++;
	link_peer_forget(w);
	return 0;
}

static void raw_lost(struct link_wait *w)
{
}

static struct stream_listener *raw_listen(struct raw *r)
{
	char *address = talloc_asprintf(root, "unix:%s/link.sock", dir);
	int error = 0;
	struct stream_listener *l = stream_listen(root, address, 0600, NULL, &link_stream_limits,
						  raw_accept, r, &error);

	assert_non_null(l);
	talloc_free(address);
	assert_int_equal(config_start("gateway one\n address unix:%s/link.sock\n", dir), 0);
	loop_until(r->n_up);
	return l;
}

static void past_the_limit_is_busy(void **state)
{
	static struct link_check check = { .n_items = LINK_CHECK_ITEMS_MAX };
	enum { FITS = LINK_OUTSTANDING_ITEMS_MAX / LINK_CHECK_ITEMS_MAX };
	static struct link_wait waits[FITS + 3];
	static uint8_t frame[LINK_FRAME_SIZE];
	struct raw r = {};
	struct stream_listener *l = raw_listen(&r);
	int len;

	waiting_raw = &r;
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		waits[i] = (struct link_wait){ .answered = raw_answered, .lost = raw_lost };
		link_peer_ask(r.p, &waits[i], check.n_items);
		len = link_check_encode(frame, sizeof(frame), waits[i].number, &check);
		assert_int_equal(link_peer_send(r.p, frame, len), 0);
	}
	loop_until(r.n_busy == 3);
	assert_int_equal(n_asked, FITS);
	while (!llist_empty(&asked))
		ledger_answer(first_asked(), OUTCOME_OK);
	loop_until(link_peer_items_outstanding(r.p) == 0);
	assert_int_equal(r.n_busy, 3);
	link_peer_free(r.p);
	stream_listener_close(l);
}

static void a_malformed_question_closes(void **state)
{
	static const uint8_t bad[] = { 0, 6, 0xee, 0x7e, LINK_CHECK, 0, 0, 0, 1 };
	static const uint8_t unknown[] = { 0, 6, 0xee, 0x7e, 99, 0, 0, 0, 1 };
	struct raw r = {};
	struct stream_listener *l = raw_listen(&r);

	assert_int_equal(link_peer_send(r.p, unknown, sizeof(unknown)), 0);
	loop_turns(20);
	assert_int_equal(r.n_down, 0); /* a newer gateway's */
	assert_int_equal(link_peer_send(r.p, bad, sizeof(bad)), 0);
	loop_until(r.n_down);
	assert_int_equal(n_asked, 0);
	loop_until(r.n_up == 2); /* dialled again */
	link_peer_free(r.p);
	stream_listener_close(l);
}

/* --- TLS, and changes while it runs -------------------------------------------------------- */

#define TLS_LINES                                                        \
	" tls certificate %s/manager-1.pem\n tls key %s/manager-1.key\n" \
	" tls ca %s/ca.pem\n tls peer-cn %s\n"
#define TLS_CONFIG "gateway one\n address %s\n" TLS_LINES

static void a_question_over_tls(void **state)
{
	struct stream_tls *tls = gateway_tls(root, "gateway-1");
	struct gateway *g = gateway_new("127.0.0.1:0", tls);

	assert_int_equal(config_start(TLS_CONFIG, link_server_address(g->ls, 0), dir, dir, dir,
				      "gateway-1"),
			 0);
	loop_until(link_server_ready(g->ls));
	ask(g, 1, LINK_CHECK_ITEMS_MAX);
	ledger_answer(first_asked(), OUTCOME_OK);
	loop_until(g->n_done);
	assert_int_equal(g->result.n_items, LINK_CHECK_ITEMS_MAX);
	assert_int_equal(g->result.items[998].amount_minor, 999);
	gateway_free(g);
	talloc_free(tls);
}

static void the_wrong_gateway_is_left(void **state)
{
	struct stream_tls *tls = gateway_tls(root, "gateway-2");
	struct gateway *g = gateway_new("127.0.0.1:0", tls);
	struct shop_gateway *one;

	assert_int_equal(config_start(TLS_CONFIG, link_server_address(g->ls, 0), dir, dir, dir,
				      "gateway-1"),
			 0);
	one = shop_links_find(sl, "one");
	loop_until(one->ctrs->ctr[LINK_CTR_DIAL].current >= 2 && one->why[0]);
	assert_false(link_server_ready(g->ls));
	assert_int_equal(one->ctrs->ctr[LINK_CTR_UP].current, 0);
	/* the name is set right while it runs */
	config_reload(TLS_CONFIG, link_server_address(g->ls, 0), dir, dir, dir, "gateway-2");
	loop_until(link_server_ready(g->ls));
	gateway_free(g);
	talloc_free(tls);
}

static void reload_keeps_drops_and_dials(void **state)
{
	struct stream_tls *tls = gateway_tls(root, "gateway-1");
	struct gateway *a = unix_gateway(), *b = gateway_new("127.0.0.1:0", tls);
	char *b_config = talloc_asprintf(root, "gateway b\n address %s\n" TLS_LINES,
					 link_server_address(b->ls, 0), dir, dir, dir, "gateway-1");

	assert_int_equal(
		config_start("gateway a\n address unix:%s/link.sock\n ping-interval 8\n", dir), 0);
	loop_until(link_server_ready(a->ls));
	ask(a, 1, 1);
	loop_until(n_asked == 1);
	/* one more; what runs is not touched, and what is not said has its default */
	config_reload("gateway a\n address unix:%s/link.sock\n%s", dir, b_config);
	loop_until(link_server_ready(b->ls));
	assert_int_equal(shop_links_find(sl, "a")->ctrs->ctr[LINK_CTR_DIAL].current, 1);
	assert_int_equal(shop_links_find(sl, "a")->used.ping_interval_s,
			 LINK_PING_INTERVAL_DEFAULT_S);
	ledger_answer(first_asked(), OUTCOME_OK);
	loop_until(a->n_done);
	assert_int_equal(a->result.outcome, OUTCOME_OK);
	/* settings that cannot be used leave the old in force */
	config_reload("gateway a\n address unix:%s/link.sock\n"
		      "gateway b\n address %s\n",
		      dir, link_server_address(b->ls, 0));
	loop_turns(20);
	assert_true(link_server_ready(b->ls));
	/* one less; so is one that was typed */
	talloc_free(vty_says(CONFIG_NODE, "gateway typed"));
	assert_non_null(shop_links_find(sl, "typed"));
	config_reload("%s", b_config);
	loop_until(!link_server_ready(a->ls));
	assert_null(shop_links_find(sl, "a"));
	assert_null(shop_links_find(sl, "typed"));
	assert_true(link_server_ready(b->ls));
	/* the same by hand */
	talloc_free(vty_says(CONFIG_NODE, "no gateway b"));
	loop_until(!link_server_ready(b->ls));
	gateway_free(a);
	gateway_free(b);
	talloc_free(b_config);
	talloc_free(tls);
}

static int vty_type(struct vty *vty, const char *command)
{
	vector words = cmd_make_strvec(command);
	int rc = cmd_execute_command(words, vty, NULL, 0);

	cmd_free_strvec(words);
	return rc;
}

/* A terminal stands in a node while the file is read again. */
static void a_terminal_stays_with_its_gateway(void **state)
{
	struct vty *vty = vty_new();

	vty->type = VTY_TERM;
	vty->node = CONFIG_NODE;
	config_reload("gateway a\n address unix:/a\ngateway b\n address unix:/b\n");
	assert_int_equal(vty_type(vty, "gateway a"), CMD_SUCCESS);
	config_reload("gateway b\n address unix:/b\n");
	config_reload("gateway b\n address unix:/b\ngateway c\n address unix:/c\n");
	assert_int_equal(vty_type(vty, "ping-interval 60"), CMD_WARNING);
	config_reload("gateway c\n address unix:/c\ngateway b\n address unix:/b\n"
		      "gateway a\n address unix:/a\n");
	assert_int_equal(vty_type(vty, "ping-interval 60"), CMD_SUCCESS);
	assert_int_equal(shop_links_find(sl, "a")->wanted.ping_interval_s, 60);
	assert_int_equal(shop_links_find(sl, "b")->wanted.ping_interval_s,
			 LINK_PING_INTERVAL_DEFAULT_S);
	assert_int_equal(shop_links_find(sl, "c")->wanted.ping_interval_s,
			 LINK_PING_INTERVAL_DEFAULT_S);
	buffer_free(vty->obuf);
	talloc_free(vty);
}

static void show_gateways_tells_the_state(void **state)
{
	struct gateway *g = unix_gateway();
	char *text;

	assert_int_equal(config_start("gateway up-one\n address unix:%s/link.sock\n"
				      "gateway down-one\n address unix:%s/nobody.sock\n",
				      dir, dir),
			 0);
	loop_until(link_server_ready(g->ls) && shop_links_find(sl, "up-one")->is_up &&
		   shop_links_find(sl, "down-one")->why[0]);
	text = vty_says(VIEW_NODE, "show gateways");
	assert_non_null(strstr(text, "up-one"));
	assert_non_null(strstr(text, "down-one"));
	assert_non_null(strstr(text, "nobody.sock"));
	talloc_free(text);
	gateway_free(g);
}

static int setup(void **state)
{
	static struct vty_app_info app = { .name = "test_shop_links" };
	char command[256];

	root = talloc_named_const(NULL, 0, "test");
	osmo_init_logging2(talloc_named_const(NULL, 0, "logging"), &tegata_log_info);
	app.tall_ctx = root;
	vty_init(&app);
	sl = shop_links_new(root, NULL);
	shop_links_vty_init(sl);
	if (!mkdtemp(dir))
		return -1;
	snprintf(command, sizeof(command), "tests/lib/certificates.sh %s", dir);
	return system(command);
}

static int teardown(void **state)
{
	char command[256];

	talloc_free(root);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, each_setup, each_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(settings_refused),
		TEST(commands_refused),
		TEST(too_many_gateways),
		TEST(configuration_round_trip),
		TEST(a_question_and_its_answer),
		TEST(a_thousand_items_are_one_call),
		TEST(refusals_are_handed_on),
		TEST(answers_in_another_order),
		TEST(the_gateway_goes_and_comes_back),
		TEST(draining),
		TEST(without_a_database),
		TEST(stopping_cancels),
		TEST(past_the_limit_is_busy),
		TEST(a_malformed_question_closes),
		TEST(a_question_over_tls),
		TEST(the_wrong_gateway_is_left),
		TEST(reload_keeps_drops_and_dials),
		TEST(a_terminal_stays_with_its_gateway),
		TEST(show_gateways_tells_the_state),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
