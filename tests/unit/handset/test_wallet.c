/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>

#include "handset-sim/file.h"
#include "handset-sim/wallet.h"
#include "handset-sim/wallet_file.h"
#include "handset-sim/wallet_show.h"
#include "lib/log_category.h"
#include "lib/value_id.h"

#define OWNER "819012345678"
#define OTHER "819012345679"
#define ID(n) (703687441776640000LL + (n))

static char dir[64];

static int setup(void **state)
{
	strcpy(dir, "/tmp/tegata-wallet-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static struct wallet *open_wallet(const char *owner, bool write)
{
	char why[WALLET_WHY_SIZE];
	int error;
	struct wallet *w = wallet_open(NULL, dir, owner, write, &error, why);

	assert_non_null(w);
	return w;
}

static int open_fails(char why[WALLET_WHY_SIZE])
{
	int error;

	assert_null(wallet_open(NULL, dir, OWNER, true, &error, why));
	return error;
}

static void test_life(void **state)
{
	struct wallet *w = open_wallet(OWNER, true);
	const struct wallet_note *note;

	assert_int_equal(wallet_receive(w, ID(1), "500", "JPY", ""), 0);
	assert_int_equal(wallet_receive(w, ID(2), "5.00", "EUR", OTHER), 0);
	assert_int_equal(wallet_hand_over(w, ID(1), "1234", "order 7% - \"x\""), 0);
	assert_int_equal(wallet_hand_over(w, ID(9), "1234", ""), -ENOENT);
	assert_int_equal(wallet_settle(w, ID(1), true), 0);
	wallet_close(w);

	w = open_wallet(OWNER, true);
	assert_int_equal(w->n_notes, 2);
	note = wallet_find(w, ID(1));
	assert_int_equal(note->state, WALLET_CONFIRMED);
	assert_string_equal(note->to, "1234");
	assert_string_equal(note->reference, "order 7% - \"x\"");
	assert_string_equal(note->amount, "500");
	assert_true(note->received_at > 0 && note->handed_at > 0 && note->settled_at > 0);
	note = wallet_find(w, ID(2));
	assert_string_equal(note->from, OTHER);
	assert_string_equal(note->amount, "5.00");
	assert_int_equal(note->state, WALLET_RECEIVED);
	/* told again by the carrier it changes nothing; what was given away may come back */
	assert_int_equal(wallet_receive(w, ID(1), "500", "JPY", ""), 0);
	assert_int_equal(wallet_find(w, ID(1))->state, WALLET_CONFIRMED);
	assert_int_equal(wallet_receive(w, ID(2), "5.00", "EUR", ""), 0);
	assert_string_equal(wallet_find(w, ID(2))->from, OTHER);
	assert_int_equal(wallet_receive(w, ID(1), "500", "JPY", OTHER), 0);
	assert_int_equal(wallet_find(w, ID(1))->state, WALLET_RECEIVED);
	assert_int_equal(w->n_notes, 2);
	wallet_close(w);
}

static void test_lock(void **state)
{
	struct wallet *w = open_wallet(OWNER, true), *reader;
	char why[WALLET_WHY_SIZE];

	assert_int_equal(open_fails(why), -EBUSY);
	assert_int_equal(wallet_receive(w, ID(1), "500", "JPY", ""), 0);
	reader = open_wallet(OWNER, false);
	assert_int_equal(reader->n_notes, 1);
	assert_int_equal(wallet_receive(reader, ID(2), "500", "JPY", ""), -EROFS);
	wallet_close(reader);
	wallet_close(w);
	wallet_close(open_wallet(OWNER, true));
}

static void test_inbox(void **state)
{
	struct wallet *mine = open_wallet(OWNER, true), *theirs;

	assert_int_equal(wallet_receive(mine, ID(1), "500", "JPY", ""), 0);
	assert_false(wallet_exists(dir, OTHER));
	wallet_close(open_wallet(OTHER, true));
	assert_true(wallet_exists(dir, OTHER));
	assert_int_equal(wallet_inbox_put(dir, OTHER, wallet_find(mine, ID(1)), OWNER), 0);
	assert_int_equal(wallet_inbox_put(dir, OTHER, wallet_find(mine, ID(1)), OWNER), 0);
	theirs = open_wallet(OTHER, true);
	assert_int_equal(theirs->n_notes, 1);
	assert_string_equal(wallet_find(theirs, ID(1))->from, OWNER);
	assert_int_equal(wallet_take_inbox(theirs), 0);
	wallet_close(theirs);
	wallet_close(mine);
}

static void test_inbox_nonsense(void **state)
{
	struct wallet *w = open_wallet(OWNER, true);
	char path[128];

	snprintf(path, sizeof(path), "%s/" OWNER ".inbox", dir);
	assert_int_equal(file_make_dir(path), 0);
	snprintf(path, sizeof(path), "%s/" OWNER ".inbox/1", dir);
	assert_int_equal(file_replace(path, "nonsense", 8, 0600), 0);
	assert_int_equal(wallet_take_inbox(w), 0);
	assert_int_equal(access(path, F_OK), 0); /* it is somebody's, so it is kept */
	wallet_close(w);
}

static char *wallet_content(size_t *len)
{
	char path[128];
	int error;

	snprintf(path, sizeof(path), "%s/" OWNER ".wallet", dir);
	return file_read(NULL, path, 1 << 20, len, &error);
}

static void wallet_replace(const char *content, size_t len)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/" OWNER ".wallet", dir);
	assert_int_equal(file_replace(path, content, len, 0600), 0);
}

static void wallet_fill(void)
{
	struct wallet *w = open_wallet(OWNER, true);

	assert_int_equal(wallet_receive(w, ID(1), "500", "JPY", ""), 0);
	assert_int_equal(wallet_receive(w, ID(2), "700", "JPY", OTHER), 0);
	wallet_close(w);
}

/* A file that is cut anywhere, or has one octet changed, is refused and stays as it is. */
static void test_damage(void **state)
{
	char why[WALLET_WHY_SIZE], *whole, *after;
	size_t len, after_len, i;

	wallet_fill();
	whole = wallet_content(&len);
	for (i = 0; i < len; i++) {
		wallet_replace(whole, i);
		assert_int_equal(open_fails(why), -EBADMSG);
		assert_non_null(strstr(why, "is damaged"));
		after = wallet_content(&after_len);
		assert_int_equal(after_len, i);
		talloc_free(after);
	}
	for (i = 0; i < len; i++) {
		whole[i] ^= 1;
		wallet_replace(whole, len);
		assert_int_equal(open_fails(why), -EBADMSG);
		whole[i] ^= 1;
	}
	wallet_replace(whole, len);
	wallet_close(open_wallet(OWNER, true));
	talloc_free(whole);
}

static void test_another_owner(void **state)
{
	char why[WALLET_WHY_SIZE], from[128], to[128];

	wallet_close(open_wallet(OTHER, true));
	snprintf(from, sizeof(from), "%s/" OTHER ".wallet", dir);
	snprintf(to, sizeof(to), "%s/" OWNER ".wallet", dir);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(open_fails(why), -EBADMSG);
	assert_non_null(strstr(why, "not a wallet of " OWNER));
}

static void test_lines(void **state)
{
	static const char *const bad[] = {
		"",
		"note",
		"nothing",
		"note 1 500 JPY received 1 0 0 - - -",
		"note ID 500 XXX received 1 0 0 - - -",
		"note ID 5.5 JPY received 1 0 0 - - -",
		"note ID -5 JPY received 1 0 0 - - -",
		"note ID 500 JPY lost 1 0 0 - - -",
		"note ID 500 JPY received x 0 0 - - -",
		"note ID 500 JPY received -1 0 0 - - -",
		"note ID 500 JPY received 1 0 99999999999999999999 - - -",
		"note ID 500 JPY received 1 0 0 abc - -",
		"note ID 500 JPY received 1 0 0 - abc -",
		"note ID 500 JPY received 1 0 0 - - %4",
		"note ID 500 JPY received 1 0 0 - - %zz",
		"note ID 500 JPY received 1 0 0 - - %00",
		"note ID 500 JPY received 1 0 0 - - - more",
		"note ID 500 JPY received 1 0 0 - -",
	};
	char id[VALUE_ID_STR_SIZE], line[256];
	struct wallet_note note;
	size_t i;

	value_id_format(id, ID(1));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *at = strstr(bad[i], "ID");

		snprintf(line, sizeof(line), "%.*s%s%s", at ? (int)(at - bad[i]) : 200, bad[i],
			 at ? id : "", at ? at + 2 : "");
		assert_non_null(wallet_note_parse(&note, line));
	}
	snprintf(line, sizeof(line), "note %s 500 JPY received 1 0 0 - - a%%20b", id);
	assert_null(wallet_note_parse(&note, line));
	assert_string_equal(note.reference, "a b");
}

static void test_unwritable(void **state)
{
	struct wallet *w = open_wallet(OWNER, true);

	assert_int_equal(wallet_receive(w, ID(1), "500", "JPY", ""), 0);
	/* the directory is gone: nothing can be saved, nothing is pretended */
	assert_int_equal(teardown(NULL), 0);
	assert_true(wallet_hand_over(w, ID(1), "1234", "x") < 0);
	assert_int_equal(wallet_find(w, ID(1))->state, WALLET_RECEIVED);
	assert_string_equal(wallet_find(w, ID(1))->to, "");
	assert_true(wallet_receive(w, ID(2), "500", "JPY", "") < 0);
	assert_null(wallet_find(w, ID(2)));
	wallet_close(w);
}

static void test_show(void **state)
{
	struct wallet *w = open_wallet(OWNER, true);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct json j;

	assert_int_equal(wallet_receive(w, ID(1), "500", "JPY", ""), 0);
	assert_int_equal(wallet_hand_over(w, ID(1), "1234", "a\"b"), 0);
	json_begin(&j, out);
	wallet_json(&j, w, NULL);
	json_end(&j);
	wallet_note_draw(out, wallet_find(w, ID(1)), false);
	wallet_list_print(out, w);
	fclose(out);
	assert_non_null(strstr(text, "\"state\":\"handed-over\",\"from\":null,\"to\":\"1234\","
				     "\"reference\":\"a\\\"b\""));
	assert_non_null(strstr(text, "\"settled_at\":null"));
	assert_non_null(strstr(text, "[*] handed over"));
	assert_non_null(strstr(text, "[ ] confirmed"));
	free(text);
	wallet_close(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_life),	   TEST(test_lock),	  TEST(test_inbox),
		TEST(test_inbox_nonsense), TEST(test_damage),	  TEST(test_another_owner),
		TEST(test_lines),	   TEST(test_unwritable), TEST(test_show),
	};

	log_init(&tegata_log_info, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
