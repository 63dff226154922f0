/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <osmocom/core/talloc.h>

#include "gateway/http_tls.h"
#include "tests/lib/test_dir.h"

static char why[256];
static void *ctx;

static const char *path(const char *name)
{
	static char paths[4][PATH_MAX];
	static int n;

	n = (n + 1) % 4;
	snprintf(paths[n], sizeof(paths[n]), "%s/%s", test_dir, name);
	return paths[n];
}

static int load(const char *certificate, const char *key)
{
	why[0] = '\0';
	return http_tls_load(ctx, path(certificate), path(key), why, sizeof(why));
}

static int set_up(void **state)
{
	ctx = talloc_named_const(NULL, 0, "test");
	return test_dir_make_certificates();
}

static int tear_down(void **state)
{
	http_tls_unload();
	talloc_free(ctx);
	return test_dir_remove();
}

static gnutls_pcert_st *in_use(unsigned int *n)
{
	gnutls_pcert_st *certificate = NULL;
	gnutls_privkey_t key;

	if (http_tls_retrieve(NULL, NULL, 0, NULL, 0, &certificate, n, &key) < 0)
		return NULL;
	return certificate;
}

static void nothing_at_first(void **state)
{
	unsigned int n;

	assert_null(in_use(&n));
	assert_int_equal(http_tls_expires_at(), 0);
}

static void a_pair_is_taken(void **state)
{
	unsigned int n = 0;

	assert_int_equal(load("gateway-1.pem", "gateway-1.key"), 0);
	assert_non_null(in_use(&n));
	assert_int_equal(n, 1);
	assert_true(http_tls_expires_at() > time(NULL));
}

static void what_is_wrong_leaves_the_old_one(void **state)
{
	unsigned int n;
	gnutls_pcert_st *before = in_use(&n);
	FILE *f;

	assert_non_null(before);
	assert_int_equal(load("none.pem", "gateway-1.key"), -ENOENT);
	assert_non_null(strstr(why, "none.pem"));
	assert_int_equal(load("gateway-1.pem", "none.key"), -ENOENT);
	assert_int_equal(load("gateway-2.pem", "gateway-1.key"), -EINVAL);
	assert_true(why[0]);
	assert_int_equal(load("gateway-1.key", "gateway-1.key"), -EINVAL);
	assert_int_equal(load("gateway-1.pem", "gateway-1.pem"), -EINVAL);
	f = fopen(path("empty"), "w");
	fclose(f);
	chmod(path("empty"), 0600);
	assert_int_equal(load("empty", "gateway-1.key"), -EINVAL);
	assert_int_equal(load("gateway-1.pem", "empty"), -EINVAL);
	assert_int_equal(load(".", "gateway-1.key"), -EFBIG);
	assert_ptr_equal(in_use(&n), before);
}

static void a_key_for_everybody_is_refused(void **state)
{
	static const mode_t wrong[] = { 0644, 0604, 0660, 0601, 0666 };
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		chmod(path("gateway-1.key"), wrong[i]);
		assert_int_equal(load("gateway-1.pem", "gateway-1.key"), -EPERM);
	}
	chmod(path("gateway-1.key"), 0640);
	assert_int_equal(load("gateway-1.pem", "gateway-1.key"), 0);
	chmod(path("gateway-1.key"), 0600);
}

static void a_cut_certificate_is_refused(void **state)
{
	char text[4096];
	FILE *f = fopen(path("gateway-1.pem"), "r");
	size_t len = fread(text, 1, sizeof(text), f), cut;

	fclose(f);
	for (cut = 0; cut + 30 < len; cut += 37) {
		f = fopen(path("cut.pem"), "w");
		fwrite(text, 1, cut, f);
		fclose(f);
		assert_int_equal(load("cut.pem", "gateway-1.key"), -EINVAL);
	}
}

static void the_next_one_replaces_it(void **state)
{
	unsigned int n;
	gnutls_pcert_st *before = in_use(&n);

	assert_int_equal(load("gateway-2.pem", "gateway-2.key"), 0);
	assert_ptr_not_equal(in_use(&n), before);
	/* What a handshake under way still uses is there: its public key can be read. */
	assert_int_not_equal(gnutls_pubkey_get_pk_algorithm(before->pubkey, NULL),
			     GNUTLS_PK_UNKNOWN);
}

static void priorities_are_checked(void **state)
{
	assert_int_equal(http_tls_priorities_check(HTTP_TLS_PRIORITIES_DEFAULT), 0);
	assert_int_equal(http_tls_priorities_check("NORMAL:-VERS-ALL:+VERS-TLS1.3"), 0);
	assert_int_equal(http_tls_priorities_check("NORMAL:+VERS-TLS1.0"), -EINVAL);
	assert_int_equal(http_tls_priorities_check("NORMAL:-VERS-ALL"), -EINVAL);
	assert_int_equal(http_tls_priorities_check("NORMAL:-VERS-ALL:+VERS-TLS1.2:+NULL"), -EINVAL);
	assert_int_equal(http_tls_priorities_check("NORMAL:-VERS-ALL:+VERS-TLS1.2:+ANON-ECDH"),
			 -EINVAL);
	assert_int_equal(http_tls_priorities_check("nonsense"), -EINVAL);
	assert_int_equal(http_tls_priorities_check(""), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_at_first),
		cmocka_unit_test(a_pair_is_taken),
		cmocka_unit_test(what_is_wrong_leaves_the_old_one),
		cmocka_unit_test(a_key_for_everybody_is_refused),
		cmocka_unit_test(a_cut_certificate_is_refused),
		cmocka_unit_test(the_next_one_replaces_it),
		cmocka_unit_test(priorities_are_checked),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
