/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Configurations, TLS, and changes while it runs. */
#include "shop_links_fixture.h"

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

static struct stream_tls *gateway_tls(void *ctx, const char *name)
{
	struct stream_tls_config c = {
		.certificate_file = talloc_asprintf(ctx, "%s/%s.pem", test_dir, name),
		.key_file = talloc_asprintf(ctx, "%s/%s.key", test_dir, name),
		.ca_file = talloc_asprintf(ctx, "%s/ca.pem", test_dir),
		.peer_cn = "manager-1",
	};
	char why[256] = "";
	struct stream_tls *tls = stream_tls_new(ctx, &c, true, why, sizeof(why));

	assert_string_equal(why, "");
	return tls;
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
				      test_dir, test_dir, test_dir),
			 -EINVAL); /* another certificate's key */
	assert_int_equal(config_start("gateway a\n address 127.0.0.1:4300\n"
				      " tls certificate %s/manager-1.pem\n"
				      " tls key %s/manager-1.key\n tls ca %s/ca.pem\n",
				      test_dir, test_dir, test_dir),
			 -EINVAL); /* anybody whom the CA signed */
	assert_int_equal(shop_links_check(sl), -EINVAL);
	assert_int_equal(config_start("gateway a\n address 127.0.0.1:4300\n"
				      " tls certificate %s/manager-1.pem\n"
				      " tls key %s/manager-1.key\n tls peer-cn gateway-1\n",
				      test_dir, test_dir),
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

/* --- TLS, and changes while it runs -------------------------------------------------------- */

#define TLS_LINES                                                        \
	" tls certificate %s/manager-1.pem\n tls key %s/manager-1.key\n" \
	" tls ca %s/ca.pem\n tls peer-cn %s\n"
#define TLS_CONFIG "gateway one\n address %s\n" TLS_LINES

static void a_question_over_tls(void **state)
{
	struct stream_tls *tls = gateway_tls(root, "gateway-1");
	struct gateway *g = gateway_new("127.0.0.1:0", tls);

	assert_int_equal(config_start(TLS_CONFIG, link_server_address(g->ls, 0), test_dir, test_dir,
				      test_dir, "gateway-1"),
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

	assert_int_equal(config_start(TLS_CONFIG, link_server_address(g->ls, 0), test_dir, test_dir,
				      test_dir, "gateway-1"),
			 0);
	one = shop_links_find(sl, "one");
	loop_until(one->ctrs->ctr[LINK_CTR_DIAL].current >= 2 && one->why[0]);
	assert_false(link_server_ready(g->ls));
	assert_int_equal(one->ctrs->ctr[LINK_CTR_UP].current, 0);
	/* the name is set right while it runs */
	config_reload(TLS_CONFIG, link_server_address(g->ls, 0), test_dir, test_dir, test_dir,
		      "gateway-2");
	loop_until(link_server_ready(g->ls));
	gateway_free(g);
	talloc_free(tls);
}

static void reload_keeps_drops_and_dials(void **state)
{
	struct stream_tls *tls = gateway_tls(root, "gateway-1");
	struct gateway *a = unix_gateway(), *b = gateway_new("127.0.0.1:0", tls);
	char *b_config = talloc_asprintf(root, "gateway b\n address %s\n" TLS_LINES,
					 link_server_address(b->ls, 0), test_dir, test_dir,
					 test_dir, "gateway-1");

	assert_int_equal(config_start("gateway a\n address unix:%s/link.sock\n ping-interval 8\n",
				      test_dir),
			 0);
	loop_until(link_server_ready(a->ls));
	ask(a, 1, 1);
	loop_until(n_asked == 1);
	/* one more; what runs is not touched, and what is not said has its default */
	config_reload("gateway a\n address unix:%s/link.sock\n%s", test_dir, b_config);
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
		      test_dir, link_server_address(b->ls, 0));
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
				      test_dir, test_dir),
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(settings_refused),
		TEST(commands_refused),
		TEST(too_many_gateways),
		TEST(configuration_round_trip),
		TEST(a_question_over_tls),
		TEST(the_wrong_gateway_is_left),
		TEST(reload_keeps_drops_and_dials),
		TEST(a_terminal_stays_with_its_gateway),
		TEST(show_gateways_tells_the_state),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
