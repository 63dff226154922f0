/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What phones write down, and the exchange that delivers twice, late and out of order. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "handset-sim/link_faults.h"
#include "handset-sim/load_record.h"

#define WAIT_MS 3000
#define MESSAGES 400

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- the record */

struct held {
	char path[64];
	unsigned int n;
	uint32_t last;
	struct load_record *record;
};

static void on_durable(void *data, uint32_t phone)
{
	struct held *h = data;

	h->n++;
	h->last = phone;
}

static void held_wait(struct held *h, unsigned int n)
{
	uint64_t until = now_ms() + WAIT_MS;

	while (h->n < n && now_ms() < until)
		osmo_select_main_ctx(0);
	assert_int_equal(h->n, n);
}

static int record_setup(void **state)
{
	struct held *h = talloc_zero(NULL, struct held);
	int fd, error = 0;

	strcpy(h->path, "/tmp/tegata-record-XXXXXX");
	fd = mkstemp(h->path);
	assert_true(fd >= 0);
	close(fd);
	assert_null(load_record_open(h, h->path, 2, on_durable, h, &error));
	assert_int_equal(error, -EEXIST);
	unlink(h->path);
	h->record = load_record_open(h, h->path, 2, on_durable, h, &error);
	assert_non_null(h->record);
	*state = h;
	return 0;
}

static int record_teardown(void **state)
{
	struct held *h = *state;

	unlink(h->path);
	talloc_free(h);
	return 0;
}

/* The file, with every time as T. */
static char *record_read(struct held *h)
{
	char *text = talloc_strdup(h, ""), line[4096];
	FILE *f = fopen(h->path, "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *at = strchr(strchr(line, '\t') + 1, '\t') + 1;

		assert_true(strtoull(at, NULL, 10) > 1500000000ULL * 1000000);
		text = talloc_asprintf_append(text, "%.*sT%s", (int)(at - line), line,
					      at + strspn(at, "0123456789"));
	}
	fclose(f);
	return text;
}

static void test_lines(void **state)
{
	struct held *h = *state;

	assert_int_equal(load_record_begin(h->record, "819000000001", "issue", "*188*1*500#"), 1);
	assert_int_equal(load_record_begin(h->record, "819000000002", "help", "*188*0#"), 2);
	load_record_question(h->record, 1, "Buy?\n1 Yes\t\\ 0 No");
	load_record_answer(h->record, 1, "1");
	load_record_end(h->record, 2, "timeout");
	load_record_final(h->record, 1, "ok", "Bought");
	load_record_push(h->record, "819000000002", "Hello");
	/* in the kernel's hands at once: the death of the program loses none */
	assert_string_equal(record_read(h), "B\t1\tT\t819000000001\tissue\t*188*1*500#\n"
					    "B\t2\tT\t819000000002\thelp\t*188*0#\n"
					    "Q\t1\tT\tBuy?\\n1 Yes\\t\\\\ 0 No\n"
					    "A\t1\tT\t1\n"
					    "X\t2\tT\ttimeout\n"
					    "F\t1\tT\tok\tBought\n"
					    "P\t0\tT\t819000000002\tHello\n");
	assert_int_equal(load_record_error(h->record), 0);
}

static void test_hold(void **state)
{
	struct held *h = *state;

	load_record_hold(h->record, 7);
	load_record_hold(h->record, 9);
	assert_int_equal(h->n, 0);
	held_wait(h, 2);
	assert_int_equal(h->last, 9);
	load_record_hold(h->record, 4);
	held_wait(h, 3);
	assert_int_equal(h->last, 4);
}

/* --- the exchange */

struct sink {
	unsigned int n, times[MESSAGES], order_broken;
	int last, rc;
};

static int sink_send(void *data, const uint8_t *gsup, size_t len)
{
	struct sink *s = data;
	int i = gsup[0] << 8 | gsup[1];

	assert_int_equal(len, 2);
	s->n++;
	s->times[i]++;
	s->order_broken += i < s->last;
	s->last = i;
	return s->rc;
}

static void sink_fill(struct sink *s, const char *faults)
{
	struct link_faults *f = link_faults_new(NULL, faults, 5, sink_send, s);
	uint64_t until;
	int i;

	memset(s, 0, sizeof(*s));
	assert_non_null(f);
	for (i = 0; i < MESSAGES; i++) {
		const uint8_t gsup[] = { i >> 8, i };

		assert_int_equal(link_faults_send(f, gsup, sizeof(gsup)), 0);
	}
	until = now_ms() + 300;
	while (now_ms() < until) {
		osmo_select_main(1);
		usleep(1000);
	}
	talloc_free(f);
}

static void test_faults(void **state)
{
	unsigned int i, once = 0, twice = 0;
	struct sink s;

	sink_fill(&s, "twice=500,late-ms=100");
	for (i = 0; i < MESSAGES; i++) {
		once += s.times[i] == 1;
		twice += s.times[i] == 2;
	}
	assert_int_equal(once + twice, MESSAGES);
	assert_in_range(twice, MESSAGES / 3, MESSAGES * 2 / 3);
	sink_fill(&s, "late=300,reorder=300,late-ms=100");
	assert_int_equal(s.n, MESSAGES);
	assert_true(s.order_broken > 10);
	sink_fill(&s, "twice=0");
	assert_int_equal(s.n, MESSAGES);
	assert_int_equal(s.order_broken, 0);
}

static void test_faults_malformed(void **state)
{
	static const char *const texts[] = { "",	"twice",	"twice=",  "twice=1001",
					     "never=1", "twice=-1",	"late=1,", "late=1;twice=1",
					     "late=1x", "late-ms=60001" };
	struct sink s = { 0 };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_null(link_faults_new(NULL, texts[i], 1, sink_send, &s));
}

static void test_faults_link_down(void **state)
{
	struct sink s = { .rc = -ENOTCONN };
	struct link_faults *f = link_faults_new(NULL, "twice=0", 1, sink_send, &s);
	const uint8_t gsup[] = { 0, 1 };

	assert_int_equal(link_faults_send(f, gsup, sizeof(gsup)), -ENOTCONN);
	talloc_free(f);
	/* what waits is freed with it */
	f = link_faults_new(NULL, "late=1000", 1, sink_send, &s);
	assert_int_equal(link_faults_send(f, gsup, sizeof(gsup)), 0);
	talloc_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lines, record_setup, record_teardown),
		cmocka_unit_test_setup_teardown(test_hold, record_setup, record_teardown),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_faults_malformed),
		cmocka_unit_test(test_faults_link_down),
	};

	osmo_select_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
