/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Location update with a real OsmoHLR; skipped where it is not installed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "handset-sim/terminal.h"
#include "lib/log_category.h"

#define KNOWN "001010000000071"
#define UNKNOWN "001010000000072"
#define CTRL_PORT 4259

static char dir[] = "/tmp/tegata-hlr-XXXXXX";
static char ip[32];
static pid_t hlr;
static const char config[] = "line vty\n no login\n bind %s\nctrl\n bind %s\nhlr\n gsup\n"
			     "  bind ip %s\n  ipa-name HLR-test\n euse carrier\n"
			     " ussd default-route external carrier\n ncss-guard-timeout 30\n";

struct phone {
	bool came;
	struct terminal_event event;
};

static void nap_ms(unsigned int ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static void hlr_run(void)
{
	char path[64];
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGTERM); /* it goes when this test does, however that ends */

	snprintf(path, sizeof(path), "%s/log", dir);
	if (chdir(dir) < 0 || dup2(null, 1) < 0 ||
	    dup2(open(path, O_WRONLY | O_CREAT, 0600), 2) < 0)
		_exit(126);
	execlp("osmo-hlr", "osmo-hlr", "-s", "-c", "hlr.cfg", "-l", "hlr.db", (char *)NULL);
	_exit(127);
}

static int ctrl_connect(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(CTRL_PORT) };
	int fd = -1, i;

	inet_pton(AF_INET, ip, &to.sin_addr);
	for (i = 0; i < 100; i++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
			return fd;
		close(fd);
		nap_ms(50);
	}
	return -1;
}

/* An IPA frame of protocol 0xEE, extension 0x00, and its answer. */
static bool ctrl_set(int fd, const char *what)
{
	uint8_t frame[256] = { 0 };
	char answer[512] = "";
	size_t len = strlen(what);

	frame[1] = len + 1;
	frame[2] = 0xee;
	memcpy(frame + 4, what, len);
	if (write(fd, frame, len + 4) < 0 || read(fd, answer, sizeof(answer) - 1) < 4)
		return false;
	return memmem(answer, sizeof(answer), "SET_REPLY", 9) != NULL;
}

static int setup(void **state)
{
	char path[64];
	int fd;
	FILE *cfg;
	bool done;

	if (system("command -v osmo-hlr >/dev/null") != 0)
		return 0;
	snprintf(ip, sizeof(ip), "127.%d.%d.7", 64 + getpid() % 64, getpid() / 64 % 256);
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/hlr.cfg", dir);
	cfg = fopen(path, "w");
	fprintf(cfg, config, ip, ip, ip);
	fclose(cfg);
	fflush(NULL);
	hlr = fork();
	if (hlr == 0)
		hlr_run();
	fd = ctrl_connect();
	done = fd >= 0 && ctrl_set(fd, "SET 1 subscriber.create " KNOWN) &&
	       ctrl_set(fd, "SET 2 subscriber.by-imsi-" KNOWN ".msisdn 819012345671");
	if (fd >= 0)
		close(fd);
	return done ? 0 : -1;
}

static int teardown(void **state)
{
	char command[64];

	if (hlr > 0) {
		kill(hlr, SIGTERM);
		waitpid(hlr, NULL, 0);
		snprintf(command, sizeof(command), "rm -rf %s", dir);
		return system(command);
	}
	return 0;
}

static void on_event(void *data, struct terminal *t, const struct terminal_event *event)
{
	struct phone *p = data;

	p->event = *event;
	p->event.text = NULL;
	p->came = true;
}

static const struct terminal_handler handler = { .event = on_event };

static struct exchange *exchange_make(void *ctx)
{
	static const struct exchange_handler no_handler = { 0 };
	struct exchange_config c = {
		.via = EXCHANGE_VIA_HLR,
		.address = talloc_asprintf(ctx, "%s:4222", ip),
		.name = "MSC-hlr-test",
		.connect_timeout_ms = 3000,
		.answer_timeout_ms = 3000,
	};
	int error;

	return exchange_open(ctx, &c, &no_handler, NULL, &error);
}

static void wait_for(const struct phone *p)
{
	int i;

	for (i = 0; i < 5000 && !p->came; i++) {
		osmo_select_main_ctx(1);
		nap_ms(1);
	}
	assert_true(p->came);
}

static void test_known(void **state)
{
	void *ctx = talloc_named_const(NULL, 0, "test");
	struct phone p = { 0 };
	struct exchange *x;
	struct terminal *t;
	int error;

	if (!hlr)
		skip();
	x = exchange_make(ctx);
	t = terminal_open(ctx, x, KNOWN, NULL, 3000, &handler, &p, &error);
	assert_int_equal(terminal_attach(t), 0);
	wait_for(&p);
	assert_int_equal(p.event.kind, TERMINAL_READY);
	assert_string_equal(terminal_number(t), "819012345671");
	/* Nobody serves the code here: the HLR says so, and the phone gets an end and no text. */
	p.came = false;
	assert_int_equal(terminal_dial(t, "*188#"), 0);
	wait_for(&p);
	assert_int_equal(p.event.kind, TERMINAL_FAILED);
	assert_int_equal(p.event.failure, TERMINAL_ERROR);
	terminal_close(t);
	exchange_close(x);
	talloc_free(ctx);
}

static void test_unknown(void **state)
{
	void *ctx = talloc_named_const(NULL, 0, "test");
	struct phone p = { 0 };
	struct exchange *x;
	struct terminal *t;
	int error;

	if (!hlr)
		skip();
	x = exchange_make(ctx);
	t = terminal_open(ctx, x, UNKNOWN, NULL, 3000, &handler, &p, &error);
	assert_int_equal(terminal_dial(t, "*188#"), 0);
	wait_for(&p);
	assert_int_equal(p.event.kind, TERMINAL_FAILED);
	assert_int_equal(p.event.failure, TERMINAL_NOT_ADMITTED);
	assert_int_equal(p.event.code, 2);
	terminal_close(t);
	exchange_close(x);
	talloc_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_unknown),
	};

	log_init(&tegata_log_info, NULL);
	return cmocka_run_group_tests(tests, setup, teardown);
}
