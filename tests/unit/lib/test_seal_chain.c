/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Seals: hash against values that another program (Python) computed, signatures, keys, lines. */
#include <errno.h>
#include <fcntl.h>
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

#include "lib/hex.h"
#include "lib/seal_chain.h"
#include "lib/seal_key.h"

static struct seal second(void)
{
	struct seal s = {
		.number = 2,
		.system_identifier = 7711001873515912078,
		.from_xact = 5,
		.to_xact = 9,
		.row_count = 3,
		.sealed_at_us = 1777604400500000,
		.epoch = 2,
		.timeline = 1,
		.format = 1,
		.lost_number = 4,
		.reason = "restored",
	};

	memset(s.root, 0x11, sizeof(s.root));
	memset(s.list, 0x22, sizeof(s.list));
	memset(s.previous, 0x33, sizeof(s.previous));
	memset(s.key_id, 0x44, sizeof(s.key_id));
	memset(s.lost_hash, 0x55, sizeof(s.lost_hash));
	return s;
}

static void hash_is(const struct seal *s, const char *wanted)
{
	struct seal_hasher *h = seal_hasher_new();
	uint8_t hash[SEAL_HASH_SIZE];
	char hex[65];

	seal_hash(s, h, hash);
	assert_string_equal(hex_format(hex, hash, sizeof(hash)), wanted);
	seal_hasher_free(h);
}

static void test_known_hashes(void **state)
{
	struct seal s = second();

	hash_is(&s, "9579eed65ac1d918ea99f3123b1efa22bdc92108d64585e6ccab4c54b7489010");
	s.number = s.epoch = 1;
	s.lost_number = 0;
	s.reason[0] = '\0';
	hash_is(&s, "c3712d8452d70dfde96eaea7decc9063edb49d9500cdc64f3cfed6e88a6a504f");
}

static void test_line_round_trip(void **state)
{
	struct seal s = second(), got;
	char line[SEAL_LINE_SIZE], why[SEAL_WHY_SIZE];
	size_t len;

	memset(s.hash, 0x66, sizeof(s.hash));
	memset(s.signature, 0x77, sizeof(s.signature));
	memset(s.reason, '\x01', sizeof(s.reason) - 1); /* the longest when escaped */
	len = seal_line_write(line, &s);
	assert_int_equal(len, strlen(line));
	assert_int_equal(line[len - 1], '\n');
	assert_null(memchr(line, '\n', len - 1));
	assert_int_equal(seal_line_read(&got, line, len - 1, why), 0);
	assert_memory_equal(&s, &got, sizeof(s));
}

static void test_lines_that_are_none(void **state)
{
	char line[SEAL_LINE_SIZE], cut[SEAL_LINE_SIZE], why[SEAL_WHY_SIZE];
	struct seal s = second(), got;
	size_t len = seal_line_write(line, &s), i;

	for (i = 0; i < len - 1; i += 7) {
		memcpy(cut, line, i);
		assert_int_equal(seal_line_read(&got, cut, i, why), -EBADMSG);
	}
	memcpy(cut, line, len);
	memcpy(strstr(cut, "1111"), "111z", 4);
	assert_int_equal(seal_line_read(&got, cut, len - 1, why), -EBADMSG);
	memcpy(cut, line, len);
	memcpy(strstr(cut, "\"epoch\":2"), "\"epocx\":2", 9);
	assert_int_equal(seal_line_read(&got, cut, len - 1, why), -EBADMSG);
}

static void test_row_of_the_table(void **state)
{
	struct seal s = second(), got;
	struct seal_field fields[SEAL_N_COLUMNS];
	char why[SEAL_WHY_SIZE];
	struct seal_values v;

	seal_values(&s, &v);
	for (int i = 0; i < SEAL_N_COLUMNS; i++)
		fields[i] = (struct seal_field){ v.value[i], v.value[i] ? strlen(v.value[i]) : 0 };
	assert_int_equal(seal_parse(&got, fields, why), 0);
	assert_memory_equal(&s, &got, sizeof(s));
	fields[7].text = NULL;
	assert_int_equal(seal_parse(&got, fields, why), -EINVAL);
	fields[7] = (struct seal_field){ "2147483648", 10 };
	assert_int_equal(seal_parse(&got, fields, why), -EINVAL);
	assert_int_equal(seal_column_find("signature"), SEAL_N_COLUMNS - 1);
	assert_int_equal(seal_column_find("colour"), -ENOENT);
}

static void test_keys_and_signatures(void **state)
{
	char dir[] = "/tmp/seal-key-XXXXXX", path[64], other[64], pub[80], why[SEAL_WHY_SIZE];
	struct seal_hasher *h = seal_hasher_new();
	struct seal_public_keys keys;
	struct seal_public_key mine;
	struct seal_key *key;
	struct seal s = second();
	struct stat st;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a", dir);
	snprintf(other, sizeof(other), "%s/b", dir);
	snprintf(pub, sizeof(pub), "%s.pub", path);
	assert_int_equal(seal_key_generate(path, why), 0);
	assert_int_equal(seal_key_generate(path, why), -EEXIST);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(seal_key_generate(other, why), 0);

	key = seal_key_load(path, why);
	assert_non_null(key);
	seal_key_public(key, &mine);
	assert_int_equal(seal_sign(&s, key, h), 0);
	assert_int_equal(seal_public_keys_load(&keys, pub, why), 0);
	assert_int_equal(keys.n, 1);
	assert_memory_equal(&keys.key[0], &mine, sizeof(mine));
	assert_ptr_equal(seal_public_key_find(&keys, s.key_id), &keys.key[0]);
	assert_true(seal_signature_fits(&s, &keys.key[0]));
	s.signature[0] ^= 1;
	assert_false(seal_signature_fits(&s, &keys.key[0]));
	s.signature[0] ^= 1;
	s.hash[31] ^= 1;
	assert_false(seal_signature_fits(&s, &keys.key[0]));
	seal_key_free(key);

	assert_int_equal(chmod(path, 0640), 0);
	assert_null(seal_key_load(path, why));
	assert_non_null(strstr(why, "only its owner"));
	assert_int_equal(chmod(path, 0600), 0);
	f = fopen(path, "w");
	fputs("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", f);
	fclose(f);
	assert_null(seal_key_load(path, why));
	assert_int_equal(seal_public_keys_load(&keys, path, why), -EINVAL);
	unlink(path);
	assert_null(seal_key_load(path, why));
	assert_int_equal(seal_public_keys_load(&keys, path, why), -ENOENT);
	unlink(pub);
	snprintf(pub, sizeof(pub), "%s.pub", other);
	unlink(pub);
	unlink(other);
	rmdir(dir);
	seal_hasher_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_hashes),	    cmocka_unit_test(test_line_round_trip),
		cmocka_unit_test(test_lines_that_are_none), cmocka_unit_test(test_row_of_the_table),
		cmocka_unit_test(test_keys_and_signatures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
