/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The node "dialogue": what is written is read again as it was; what is wrong changes nothing. */
#include "dialogue_fake.h"
#include "manager/vty_nodes.h"

#include <osmocom/vty/buffer.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

static struct dialogues *ds;
static struct ledger the_ledger;
static struct vty *vty;

static int run(int node, const char *line)
{
	vector words = cmd_make_strvec(line);
	int rc;

	buffer_reset(vty->obuf);
	vty->node = node;
	rc = cmd_execute_command(words, vty, NULL, 0);
	cmd_free_strvec(words);
	return rc;
}

static int set(const char *line)
{
	return run(DIALOGUE_NODE, line);
}

static char *written(void)
{
	char *text;

	assert_int_equal(run(ENABLE_NODE, "show running-config"), CMD_SUCCESS);
	text = buffer_getstr(vty->obuf);
	assert_non_null(strstr(text, "dialogue"));
	return text;
}

static void expect_written(const char *line)
{
	char *text = written();

	if (!strstr(text, line))
		fail_msg("\"%s\" is not in \"%s\"", line, text);
	talloc_free(text);
}

static void defaults(void **state)
{
	expect_written(" service-code 188\r\n no enrol\r\n default-language en\r\n");
	expect_written(" idle-timeout 25\r\n max-open 20000\r\n terminal-rate 30 burst 20\r\n "
		       "repeat-guard 600\r\n"
		       " confirm-oneshot always\r\n no country-code\r\n national-prefix 0\r\n"
		       " international-prefix 00\r\n no default-product\r\n timezone local\r\n");
}

static void reset_is_the_defaults(void **state)
{
	static const char *const others[] = {
		"service-code 99",	 "enrol",
		"default-language ja",	 "texts-dir /tmp/x",
		"idle-timeout 20",	 "max-open 7",
		"repeat-guard 0",	 "country-code 81",
		"confirm-oneshot never", "no national-prefix",
		"timezone +09:00",	 "international-prefix 010",
		"default-product gold",	 "no terminal-rate",
	};
	char *dir = talloc_strdup(ds, ds->settings.texts_dir);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(set(others[i]), CMD_SUCCESS);
	dialogues_reset(ds);
	expect_written(" texts-dir " TEGATA_DATADIR "/texts\r\n");
	osmo_talloc_replace_string(ds, &ds->settings.texts_dir, dir);
	talloc_free(dir);
	defaults(state);
}

static const char *const settings[] = {
	"service-code 99",	   "enrol",
	"default-language ja",	   "texts-dir /tmp/x",
	"idle-timeout 20",	   "max-open 7",
	"repeat-guard 0",	   "terminal-rate 6000 burst 1000",
	"terminal-rate 1 burst 1", "no terminal-rate",
	"confirm-oneshot never",   "country-code 81",
	"no national-prefix",	   "international-prefix 010",
	"default-product gold",	   "timezone -03:30",
	"confirm-oneshot always",  "no enrol",
	"no country-code",	   "national-prefix 06",
	"no international-prefix", "no default-product",
	"timezone +14:00",	   "timezone local",
	"timezone +00:00",	   "repeat-guard 86400",
};

static void every_setting_round_trips(void **state)
{
	char line[80];

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		assert_int_equal(set(settings[i]), CMD_SUCCESS);
		snprintf(line, sizeof(line), "\r\n %s\r\n", settings[i]);
		expect_written(line);
		/* Harmless when it is read again. */
		assert_int_equal(set(settings[i]), CMD_SUCCESS);
		expect_written(line);
	}
	assert_int_equal(osmo_tdef_get(ds->timers, DIALOGUE_X_IDLE, OSMO_TDEF_S, -1), 20);
}

static void whole_configuration_round_trips(void **state)
{
	char *first = written(), *second, *line, *rest;

	assert_int_equal(set("service-code 1"), CMD_SUCCESS);
	assert_int_equal(set("timezone -11:59"), CMD_SUCCESS);
	rest = talloc_strdup(ds, strstr(first, "dialogue\r\n") + strlen("dialogue\r\n"));
	while ((line = strsep(&rest, "\r\n"))) {
		if (line[0] == ' ')
			assert_int_equal(set(line + 1), CMD_SUCCESS);
	}
	second = written();
	assert_string_equal(first, second);
	talloc_free(first);
	talloc_free(second);
}

static void what_is_wrong_changes_nothing(void **state)
{
	static const char *const wrong[] = {
		"service-code 12345678",
		"service-code 1a",
		"default-language toolongname",
		"country-code 8181",
		"country-code x",
		"national-prefix 0000",
		"international-prefix 000000",
		"default-product a-code-of-more-than-16",
		"timezone",
		"timezone Mars",
		"timezone 09:00",
		"timezone +9:00",
		"timezone +15:00",
		"timezone +09:60",
		"timezone +09-00",
		"timezone +0a:00",
		"idle-timeout 4",
		"idle-timeout 301",
		"max-open 0",
		"repeat-guard 86401",
		"confirm-oneshot perhaps",
	};
	char *before = written(), *after;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		if (set(wrong[i]) == CMD_SUCCESS)
			fail_msg("\"%s\" was taken", wrong[i]);
	}
	after = written();
	assert_string_equal(before, after);
	talloc_free(before);
	talloc_free(after);
}

static void show(void **state)
{
	struct exchange_session sessions[25];
	char *text;
	unsigned int lines = 0;

	ds->settings.rate_per_min = 0;
	for (size_t i = 0; i < ARRAY_SIZE(sessions); i++) {
		const struct exchange_begin begin = { .ops = &fake_ops,
						      .session = &sessions[i],
						      .link = "direct:test",
						      .imsi = "001010000000001",
						      .text = "*188#" };

		fake_session_fill(&sessions[i]);
		assert_non_null(dialogue_open(ds, &begin));
	}
	fake_run(&the_ledger);
	assert_int_equal(run(VIEW_NODE, "show dialogues"), CMD_SUCCESS);
	text = buffer_getstr(vty->obuf);
	assert_non_null(strstr(text, "25 open"));
	assert_non_null(strstr(text, "ASKING   25"));
	assert_null(strstr(text, "0010100000")); /* the IMSI is masked */
	for (char *at = text; (at = strstr(at, "direct:test")); at++)
		lines++;
	assert_int_equal(lines, DIALOGUE_SHOWN_MAX);
	talloc_free(text);
}

static int group_setup(void **state)
{
	static struct vty_app_info info = { .name = "test", .version = "0" };
	void *ctx = talloc_named_const(NULL, 0, "vty");

	info.tall_ctx = ctx;
	vty_init(&info);
	fake_ledger_fill(&the_ledger);
	ds = dialogues_new(ctx, &the_ledger);
	dialogues_vty_init(ds);
	osmo_talloc_replace_string(ds, &ds->settings.texts_dir, fake_texts_dir());
	vty = vty_new();
	vty->type = VTY_TERM;
	return dialogues_start(ds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(reset_is_the_defaults),
		cmocka_unit_test(show),
		cmocka_unit_test(every_setting_round_trips),
		cmocka_unit_test(whole_configuration_round_trips),
		cmocka_unit_test(what_is_wrong_changes_nothing),
	};

	fake_init();
	return cmocka_run_group_tests(tests, group_setup, NULL);
}
