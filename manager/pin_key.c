/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/pin_key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <osmocom/core/bits.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "lib/secret_file.h"

#define KEY_SIZE 32
#define LINE_SIZE (2 * KEY_SIZE + 2)

struct pin_key {
	uint8_t octets[KEY_SIZE];
	uint8_t text_octets[KEY_SIZE]; /* of its own, for texts */
	char id[PIN_KEY_ID_SIZE];
};

static int key_destructor(struct pin_key *key)
{
	OPENSSL_cleanse(key->octets, sizeof(key->octets));
	OPENSSL_cleanse(key->text_octets, sizeof(key->text_octets));
	return 0;
}

/* What names a key must not help to find it, nor be what the key is used for. */
static void key_name(struct pin_key *key)
{
	static const char label[] = "tegata pin key";
	uint8_t in[sizeof(label) + KEY_SIZE], hash[SHA256_DIGEST_LENGTH];
	size_t i;

	memcpy(in, label, sizeof(label));
	memcpy(in + sizeof(label), key->octets, KEY_SIZE);
	SHA256(in, sizeof(in), hash);
	for (i = 0; i < (PIN_KEY_ID_SIZE - 1) / 2; i++)
		snprintf(key->id + 2 * i, 3, "%02x", hash[i]);
	OPENSSL_cleanse(in, sizeof(in));
}

static void hmac(const uint8_t octets[KEY_SIZE], const void *in, size_t len,
		 uint8_t out[SHA256_DIGEST_LENGTH])
{
	unsigned int n = SHA256_DIGEST_LENGTH;

	OSMO_ASSERT(HMAC(EVP_sha256(), octets, KEY_SIZE, in, len, out, &n));
}

struct pin_key *pin_key_load(void *ctx, const char *path, char *why, size_t size)
{
	static const char text_label[] = "tegata text identity";
	struct pin_key *key = talloc_zero(ctx, struct pin_key);
	char line[LINE_SIZE];
	int rc = secret_file_line(line, sizeof(line), path, SECRET_OWNER_OR_ROOTS_GROUP, why, size);

	OSMO_ASSERT(key);
	talloc_set_destructor(key, key_destructor);
	if (rc == 0 && (strlen(line) != (size_t)2 * KEY_SIZE ||
			osmo_hexparse(line, key->octets, KEY_SIZE) != KEY_SIZE)) {
		snprintf(why, size, "%s: not %d hexadecimal digits", path, 2 * KEY_SIZE);
		rc = -EINVAL;
	}
	OPENSSL_cleanse(line, sizeof(line));
	if (rc < 0) {
		talloc_free(key);
		return NULL;
	}
	key_name(key);
	hmac(key->octets, text_label, sizeof(text_label) - 1, key->text_octets);
	return key;
}

const char *pin_key_id(const struct pin_key *key)
{
	return key->id;
}

/* "123123", "4444", "1212": what it begins with, again and again. */
static bool is_repeated(const char *pin, size_t len)
{
	size_t group, i;

	for (group = 1; group <= len / 2; group++) {
		for (i = group; i < len && pin[i] == pin[i - group]; i++)
			;
		if (i == len && len % group == 0)
			return true;
	}
	return false;
}

/* "1234", "9876", "7890": each digit follows the one before it. */
static bool is_in_a_row(const char *pin, size_t len, int step)
{
	size_t i;

	for (i = 1; i < len; i++)
		if ((pin[i] - pin[i - 1] - step) % 10 != 0)
			return false;
	return true;
}

int pin_is_fit(const char *pin, const char *number)
{
	size_t len = strspn(pin, "0123456789");

	if (pin[len] != '\0' || len < PIN_DIGITS_MIN || len > PIN_DIGITS_MAX)
		return -EINVAL;
	if (is_repeated(pin, len) || is_in_a_row(pin, len, 1) || is_in_a_row(pin, len, -1) ||
	    strstr(number, pin))
		return -EPERM;
	return 0;
}

void pin_key_hide(const struct pin_key *key, uint8_t identity[SMS_IDENTITY_SIZE])
{
	uint8_t out[SHA256_DIGEST_LENGTH];

	hmac(key->text_octets, identity, SMS_IDENTITY_SIZE, out);
	memcpy(identity, out, SMS_IDENTITY_SIZE);
}

int pin_key_digest(const struct pin_key *key, int64_t terminal_id, const char *pin,
		   struct pin_digest *digest)
{
	uint8_t in[8 + PIN_DIGITS_MAX];
	size_t len = strlen(pin);

	if (len < PIN_DIGITS_MIN || len > PIN_DIGITS_MAX)
		return -EINVAL;
	osmo_store64be(terminal_id, in);
	memcpy(in + 8, pin, len);
	hmac(key->octets, in, 8 + len, digest->octets);
	OPENSSL_cleanse(in, sizeof(in));
	OSMO_STRLCPY_ARRAY(digest->key_id, key->id);
	return 0;
}
