/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "manager/pin_key.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

#define EXPECTED_DIGEST "07a12aceedf65658d62371de171f1f3025f35cc6f9ff93d03ac2d8aa4fd73f17"
#define EXPECTED_ID "0cbfced7639e8e92"
#define EXPECTED_IDENTITY "5d7502fb3ef1ca0233f2bb0011417f18"

static void *ctx;

/* Loads a file with this content and mode. */
static struct pin_key *load(const char *content, mode_t mode)
{
	char path[] = "/tmp/pin_key_XXXXXX", why[256] = "";
	int fd = mkstemp(path);
	struct pin_key *key;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), (int)strlen(content));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	key = pin_key_load(ctx, path, why, sizeof(why));
	if (!key)
		assert_non_null(strstr(why, path));
	unlink(path);
	return key;
}

static void refuses_files_that_are_no_key(void **state)
{
	char why[256];

	assert_null(pin_key_load(ctx, "/nonexistent/key", why, sizeof(why)));
	assert_null(load("", 0600));
	assert_null(load("0011\n", 0600));
	assert_null(load(KEY "00\n", 0600));
	assert_null(load("zz" KEY, 0600));
	assert_null(load(KEY "\n", 0644));
	talloc_free(load(KEY "\n", 0600));
}

/* Worked out with Python: hmac.new(bytes(range(32)), (143).to_bytes(8, "big") + b"4711", sha256) */
static void digest_is_hmac_of_terminal_and_pin(void **state)
{
	struct pin_key *key = load(KEY "\n", 0600);
	struct pin_digest a, b;

	assert_non_null(key);
	assert_int_equal(pin_key_digest(key, 143, "4711", &a), 0);
	assert_string_equal(osmo_hexdump_nospc(a.octets, PIN_DIGEST_SIZE), EXPECTED_DIGEST);
	assert_string_equal(a.key_id, EXPECTED_ID);
	assert_string_equal(pin_key_id(key), EXPECTED_ID);
	assert_int_equal(pin_key_digest(key, 207, "4711", &b), 0);
	assert_memory_not_equal(a.octets, b.octets, PIN_DIGEST_SIZE);
	assert_int_equal(pin_key_digest(key, 143, "47110", &b), 0);
	assert_memory_not_equal(a.octets, b.octets, PIN_DIGEST_SIZE);
	assert_int_equal(pin_key_digest(key, 143, "", &b), -EINVAL);
	assert_int_equal(pin_key_digest(key, 143, "do", &b), -EINVAL);
	assert_int_equal(pin_key_digest(key, 143, "1234567890123", &b), -EINVAL);
	talloc_free(key);
}

/* Worked out with Python: sub = hmac.new(bytes(range(32)), b"tegata text identity",
 * sha256).digest() and hmac.new(sub, bytes(16), sha256) */
static void what_is_kept_of_a_text_needs_the_key(void **state)
{
	struct pin_key *key = load(KEY "\n", 0600);
	uint8_t identity[SMS_IDENTITY_SIZE] = { 0 };

	assert_non_null(key);
	pin_key_hide(key, identity);
	assert_string_equal(osmo_hexdump_nospc(identity, sizeof(identity)), EXPECTED_IDENTITY);
	talloc_free(key);
}

static void trivial_pins_are_refused(void **state)
{
	static const char *const malformed[] = { "",	  "1",	   "471",   "4711a",
						 "47 11", "-4711", "4711 ", "1234567890123" };
	static const char *const trivial[] = { "0000",	 "1234",     "4321",  "7890",	  "2109",
					       "1212",	 "123123",   "99999", "45674567", "8190",
					       "345671", "01234567", "5671" };
	static const char *const fit[] = {
		"4711", "1357", "0815", "1213", "112233", "471147110815"
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(malformed); i++)
		assert_int_equal(pin_is_fit(malformed[i], "819012345671"), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(trivial); i++)
		assert_int_equal(pin_is_fit(trivial[i], "819012345671"), -EPERM);
	for (i = 0; i < ARRAY_SIZE(fit); i++)
		assert_int_equal(pin_is_fit(fit[i], "819012345671"), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_files_that_are_no_key),
		cmocka_unit_test(digest_is_hmac_of_terminal_and_pin),
		cmocka_unit_test(what_is_kept_of_a_text_needs_the_key),
		cmocka_unit_test(trivial_pins_are_refused),
	};
	int rc;

	ctx = talloc_named_const(NULL, 0, "test");
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	talloc_free(ctx);
	return rc;
}
