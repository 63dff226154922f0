/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Against a real OsmoHLR (package osmo-hlr), on an address of its own, since
 * its ports are fixed.  The test plays the MSC on the other side of it.
 */
#include "manager/exchange_hlr.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/manager/exchange_fakes.h"
#include "tests/unit/manager/exchange_peer.h"

#define HLR_PROGRAM "/usr/bin/osmo-hlr"
#define IMSI "001010000000001"
#define IMSI_NO_NUMBER "001010000000002"
#define IMSI_UNKNOWN "001010000000099"
#define NUMBER "819012345678"
#define LEASE_TTL_MS 3000

static struct {
	char dir[64], ip[32], gsup[48], ctrl[48];
	pid_t pid;
} hlr;

/* One manager: its own process in a deployment. */
struct manager_sim {
	struct dialogues ds;
	struct ledger db;
	struct exchange_hlr *h;
};

struct fixture {
	struct manager_sim a, b;
	struct exchange_hlr_config config;
	struct peer msc;
	uint32_t session_id;
};

/* --- the HLR ---------------------------------------------------------------------- */

static void hlr_write_config(void)
{
	char path[96];
	FILE *out;

	snprintf(path, sizeof(path), "%s/osmo-hlr.cfg", hlr.dir);
	out = fopen(path, "w");
	assert_non_null(out);
	fprintf(out,
		"line vty\n no login\n bind %s\nctrl\n bind %s\nhlr\n gsup\n  bind ip %s\n"
		"  ipa-name HLR-test\n euse carrier\n ussd route prefix *188 external carrier\n"
		" ussd default-route external carrier\n ncss-guard-timeout 30\n",
		hlr.ip, hlr.ip, hlr.ip);
	assert_int_equal(fclose(out), 0);
}

static void hlr_run(void)
{
	hlr.pid = fork();
	assert_true(hlr.pid >= 0);
	if (hlr.pid > 0)
		return;
	/* It ends with the test, however that ends. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(hlr.dir) == 0) {
		int log = open("osmo-hlr.log", O_WRONLY | O_CREAT | O_APPEND, 0600);

		dup2(log, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
		execl(HLR_PROGRAM, "osmo-hlr", "-c", "osmo-hlr.cfg", "-l", "hlr.db", (char *)NULL);
	}
	_exit(127);
}

static void hlr_kill(void)
{
	if (hlr.pid <= 0)
		return;
	kill(hlr.pid, SIGKILL);
	waitpid(hlr.pid, NULL, 0);
	hlr.pid = 0;
}

struct control {
	struct stream *s;
	int n_replies;
	char reply[256];
};

static int control_received(void *data, struct stream *s, const uint8_t *in, size_t len)
{
	struct control *c = data;
	struct ipa_frame f;

	if (ipa_frame_take(&f, in, len, 4096) != 1)
		return 0;
	snprintf(c->reply, sizeof(c->reply), "%.*s", (int)f.payload_len, (const char *)f.payload);
	c->n_replies++;
	return (int)f.frame_len;
}

static void control_down(void *data, struct stream *s, int error, const char *why)
{
	struct control *c = data;

	c->s = NULL;
	stream_close(s);
}

static void control_up(void *data, struct stream *s)
{
}

static const struct stream_handler control_handler = { .up = control_up,
						       .received = control_received,
						       .down = control_down };

static void control_ask(struct control *c, const char *text)
{
	uint8_t frame[256];
	size_t head = ipa_frame_header(frame, IPA_PROTO_OSMO, IPA_EXT_CTRL, strlen(text));
	int n = c->n_replies;

	memcpy(frame + head, text, strlen(text));
	assert_int_equal(stream_write(c->s, frame, head + strlen(text)), 0);
	loop_until(c->n_replies == n + 1);
}

/* Waits until it answers, which it does before it listens for GSUP. */
static void control_dial(struct control *c)
{
	int64_t until = exchange_now_ms() + 8000;
	int error;

	while (!c->s || !stream_is_up(c->s)) {
		assert_true(exchange_now_ms() < until);
		if (!c->s)
			c->s = stream_connect(NULL, hlr.ctrl, NULL, NULL, &peer_limits,
					      &control_handler, c, &error);
		loop_turn();
	}
}

static void hlr_start(void)
{
	struct control c = { 0 };

	hlr_run();
	control_dial(&c);
	stream_close(c.s);
}

static void hlr_add_subscribers(void)
{
	struct control c = { 0 };

	control_dial(&c);
	control_ask(&c, "SET 1 subscriber.create " IMSI);
	control_ask(&c, "SET 2 subscriber.by-imsi-" IMSI ".msisdn " NUMBER);
	assert_non_null(strstr(c.reply, "OK"));
	control_ask(&c, "SET 3 subscriber.create " IMSI_NO_NUMBER);
	stream_close(c.s);
}

static int start_hlr(void **state)
{
	int pid = getpid();

	snprintf(hlr.dir, sizeof(hlr.dir), "/tmp/test_osmo_hlr.XXXXXX");
	assert_non_null(mkdtemp(hlr.dir));
	snprintf(hlr.ip, sizeof(hlr.ip), "127.%d.%d.%d", 100 + (pid >> 16) % 100, pid >> 8 & 0xff,
		 1 + pid % 254);
	snprintf(hlr.gsup, sizeof(hlr.gsup), "%s:4222", hlr.ip);
	snprintf(hlr.ctrl, sizeof(hlr.ctrl), "%s:4259", hlr.ip);
	hlr_write_config();
	hlr_start();
	hlr_add_subscribers();
	return 0;
}

static int stop_hlr(void **state)
{
	static const char *const files[] = { "osmo-hlr.cfg", "osmo-hlr.log", "hlr.db", "hlr.db-shm",
					     "hlr.db-wal" };
	char path[96];

	hlr_kill();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", hlr.dir, files[i]);
		unlink(path);
	}
	return rmdir(hlr.dir);
}

/* --- managers and the MSC ------------------------------------------------------------ */

static void manager_init(struct manager_sim *m, const char *name)
{
	m->ds.open = OPEN_ASK;
	m->ds.open_text = "Menu";
	m->ds.answer_text = name;
	m->ds.answer_ends = true;
	m->db.name = name;
}

static void manager_start(struct fixture *f, struct manager_sim *m)
{
	m->h = exchange_hlr_new(f, "hlr:test", &f->config, &m->ds, &m->db, NULL);
}

/* As a process that was killed: its sockets are closed, its lease is not given back. */
static void manager_die(struct manager_sim *m)
{
	exchange_hlr_free(m->h, false);
	m->h = NULL;
}

static bool routable(const struct manager_sim *m)
{
	struct exchange_hlr_status status;

	exchange_hlr_status(m->h, &status);
	return status.routable;
}

static void msc_start(struct fixture *f, struct peer *p, const char *name)
{
	peer_dial(p, f, hlr.gsup, NULL);
	peer_join(p, name);
	assert_false(p->down);
}

/* Dials, answers the question, and returns the last text. */
static const char *msc_dial(struct fixture *f, const char *imsi, const char *dialled)
{
	struct peer *p = &f->msc;
	uint32_t id = ++f->session_id;

	p->n_msgs = 0;
	peer_begin(p, imsi, id, dialled);
	loop_until(p->n_msgs == 1);
	assert_int_equal(p->got[0].msg.session, GSUP_SESSION_CONTINUE);
	assert_int_equal(p->got[0].msg.session_id, id);
	assert_int_equal(p->got[0].ss.kind, USSD_SS_INVOKE);
	assert_string_equal(p->got[0].ss.text, "Menu");
	peer_answer(p, imsi, id, p->got[0].ss.invoke_id, "1");
	loop_until(p->n_msgs == 2);
	assert_int_equal(p->got[1].msg.session, GSUP_SESSION_END);
	assert_int_equal(p->got[1].ss.kind, USSD_SS_RETURN_RESULT);
	assert_int_equal(p->got[1].ss.invoke_id, 11);
	return p->got[1].ss.text;
}

static int setup(void **state)
{
	struct fixture *f = talloc_zero(NULL, struct fixture);

	memset(&fake_lease, 0, sizeof(fake_lease));
	manager_init(&f->a, "from a");
	manager_init(&f->b, "from b");
	exchange_hlr_config_default(&f->config);
	OSMO_STRLCPY_ARRAY(f->config.address, hlr.gsup);
	OSMO_STRLCPY_ARRAY(f->config.msisdn.address, hlr.ctrl);
	OSMO_STRLCPY_ARRAY(f->config.euse_name, "carrier");
	f->config.probe_timeout_ms = 2000;
	f->config.lease_ttl_ms = LEASE_TTL_MS;
	msc_start(f, &f->msc, "MSC-test");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->a.h)
		exchange_hlr_free(f->a.h, true);
	if (f->b.h)
		exchange_hlr_free(f->b.h, true);
	peer_close(&f->msc);
	loop_turns(10);
	talloc_free(f);
	return 0;
}

static void test_dialogue(void **state)
{
	struct fixture *f = *state;

	manager_start(f, &f->a);
	loop_until(routable(&f->a));
	assert_string_equal(msc_dial(f, IMSI, "*188#"), "from a");
	assert_string_equal(fake_dialogue(&f->a.ds, 0)->text, "*188#");
	assert_string_equal(fake_dialogue(&f->a.ds, 0)->msisdn, NUMBER);
	assert_string_equal(f->a.ds.answer, "1");
	assert_string_equal(msc_dial(f, IMSI_NO_NUMBER, "*188*2#"), "from a");
	assert_false(fake_dialogue(&f->a.ds, 1)->has_msisdn);
	assert_string_equal(msc_dial(f, IMSI_UNKNOWN, "*188*2#"), "from a");
	assert_false(fake_dialogue(&f->a.ds, 2)->has_msisdn);
	/* From the cache. */
	assert_string_equal(msc_dial(f, IMSI, "*188#"), "from a");
	assert_string_equal(fake_dialogue(&f->a.ds, 3)->msisdn, NUMBER);
}

static void test_longest_texts_arrive(void **state)
{
	/* 56 characters outside the GSM alphabet; 57 are 114 octets. */
	static const char wide[] = "\u3042";
	struct fixture *f = *state;
	struct dialogue *d;
	char text[USSD_TEXT_SIZE] = "";
	int n = 0;

	manager_start(f, &f->a);
	loop_until(routable(&f->a));
	f->a.ds.open = OPEN_WAIT;
	peer_begin(&f->msc, IMSI, 1000, "*188#");
	loop_until(f->a.ds.n_open == 1);
	d = fake_dialogue(&f->a.ds, 0);
	memset(text, 'q', 130);
	text[130] = '\0';
	assert_int_equal(d->ops->send(d->session, text, false), 0);
	loop_until(f->msc.n_msgs > n);
	assert_string_equal(f->msc.got[n++].ss.text, text);
	text[0] = '\0';
	for (int i = 0; i < 57; i++)
		strcat(text, wide);
	assert_int_equal(d->ops->send(d->session, text, false), 0);
	loop_until(f->msc.n_msgs > n);
	assert_string_equal(f->msc.got[n++].ss.text, text);
	text[56 * strlen(wide)] = '\0';
	assert_int_equal(d->ops->send(d->session, text, true), 0);
	loop_until(f->msc.n_msgs > n);
	assert_string_equal(f->msc.got[n++].ss.text, text);
	assert_int_equal(f->msc.got[n - 1].msg.session, GSUP_SESSION_END);
}

static void test_dropped_dialogue_ends_at_the_terminal(void **state)
{
	struct fixture *f = *state;
	struct dialogue *d;

	manager_start(f, &f->a);
	loop_until(routable(&f->a));
	f->a.ds.open = OPEN_WAIT;
	peer_begin(&f->msc, IMSI, 2000, "*188#");
	loop_until(f->a.ds.n_open == 1);
	d = fake_dialogue(&f->a.ds, 0);
	d->ops->drop(d->session);
	loop_until(f->msc.n_msgs == 1);
	assert_int_equal(f->msc.got[0].msg.session, GSUP_SESSION_END);
	assert_int_equal(f->msc.got[0].ss.kind, USSD_SS_RETURN_ERROR);
	/* The HLR has forgotten it too: the same id opens again. */
	peer_begin(&f->msc, IMSI, 2000, "*188#");
	loop_until(f->a.ds.n_open == 2);
}

static void test_standby_takes_over(void **state)
{
	struct fixture *f = *state;
	int64_t died;

	manager_start(f, &f->a);
	loop_until(routable(&f->a));
	manager_start(f, &f->b);
	assert_string_equal(msc_dial(f, IMSI, "*188#"), "from a");
	assert_int_equal(f->b.ds.n_open, 0);
	manager_die(&f->a);
	died = exchange_now_ms();
	loop_until(routable(&f->b));
	/* The lease's time, and what dialling takes. */
	assert_true(exchange_now_ms() - died < LEASE_TTL_MS + 4000);
	assert_string_equal(msc_dial(f, IMSI, "*188#"), "from b");
}

static void test_database_away_hands_over(void **state)
{
	struct fixture *f = *state;

	manager_start(f, &f->a);
	loop_until(routable(&f->a));
	manager_start(f, &f->b);
	f->a.db.away = true;
	loop_until(routable(&f->b));
	assert_false(routable(&f->a));
	assert_string_equal(msc_dial(f, IMSI, "*188#"), "from b");
}

static void test_drained_manager_hands_over(void **state)
{
	struct fixture *f = *state;

	manager_start(f, &f->a);
	loop_until(routable(&f->a));
	manager_start(f, &f->b);
	exchange_hlr_drain(f->a.h);
	loop_until(routable(&f->b));
	assert_string_equal(msc_dial(f, IMSI, "*188#"), "from b");
}

static void test_name_taken_by_a_stranger(void **state)
{
	struct fixture *f = *state;
	struct peer stranger;

	msc_start(f, &stranger, "EUSE-carrier");
	manager_start(f, &f->a);
	/* Two links of ours, neither routed to; our probes go to the stranger. */
	loop_until(stranger.n_msgs >= 2);
	assert_false(routable(&f->a));
	peer_close(&stranger);
	loop_until(routable(&f->a));
	assert_string_equal(msc_dial(f, IMSI, "*188#"), "from a");
}

static void test_hlr_killed_and_restarted(void **state)
{
	struct fixture *f = *state;

	manager_start(f, &f->a);
	loop_until(routable(&f->a));
	assert_string_equal(msc_dial(f, IMSI, "*188#"), "from a");
	f->a.ds.open = OPEN_WAIT;
	peer_begin(&f->msc, IMSI, 3000, "*188#");
	loop_until(f->a.ds.n_open == 2);
	hlr_kill();
	loop_until(f->a.ds.n_abort == 1 && f->msc.down);
	assert_false(routable(&f->a));
	f->a.ds.open = OPEN_ASK;
	hlr_start();
	loop_until(routable(&f->a));
	msc_start(f, &f->msc, "MSC-test");
	assert_string_equal(msc_dial(f, IMSI, "*188#"), "from a");
	assert_string_equal(fake_dialogue(&f->a.ds, 2)->msisdn, NUMBER);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_dialogue),
		T(test_longest_texts_arrive),
		T(test_dropped_dialogue_ends_at_the_terminal),
		T(test_standby_takes_over),
		T(test_database_away_hands_over),
		T(test_drained_manager_hands_over),
		T(test_name_taken_by_a_stranger),
		T(test_hlr_killed_and_restarted),
	};

	fake_init();
	return cmocka_run_group_tests(tests, start_hlr, stop_hlr);
}
