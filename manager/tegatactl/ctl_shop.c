/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>
#include <osmocom/core/talloc.h>

#include "lib/hex.h"
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

#define SECRET_SIZE 24 /* octets; 192 bits cannot be guessed */
#define KEY_SIZE (9 + 2 * SECRET_SIZE + 1)
#define DIGEST_SIZE 32

int ctl_shop_add(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->argv[1], ctl->rate, ctl->burst, ctl->reason };

	return ctl_outcome(
		ctl_query(ctl,
			  "SELECT outcome, note FROM tegata.operator_shop_add($1, $2, $3, $4, $5)",
			  5, values),
		"the shop is there");
}

/* A new key and the digest that the database gets in hexadecimal. */
static bool key_make(char key[KEY_SIZE], char digest_hex[2 * DIGEST_SIZE + 3], bool test)
{
	uint8_t secret[SECRET_SIZE], digest[EVP_MAX_MD_SIZE];
	unsigned int len;
	char *end;

	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret))
		return false;
	end = stpcpy(key, test ? "tgk_test_" : "tgk_live_");
	hex_format(end, secret, sizeof(secret));
	if (!EVP_Digest(key, strlen(key), digest, &len, EVP_sha256(), NULL) || len != DIGEST_SIZE)
		return false;
	end = stpcpy(digest_hex, "\\x");
	hex_format(end, digest, DIGEST_SIZE);
	return true;
}

int ctl_key_add(struct ctl *ctl)
{
	char key[KEY_SIZE], digest_hex[2 * DIGEST_SIZE + 3];
	const char *values[] = { ctl->argv[0],
				 digest_hex,
				 ctl->argv[1],
				 ctl->test ? "true" : "false",
				 ctl->scopes ? ctl->scopes : "check",
				 ctl->expires,
				 ctl->reason };
	int rc;

	if (!key_make(key, digest_hex, ctl->test)) {
		ctl_error("the system gives no random numbers");
		return CTL_REFUSED;
	}
	rc = ctl_outcome(ctl_query(ctl,
				   "SELECT outcome, CASE WHEN outcome <> 0 THEN note END AS note "
				   "FROM tegata.operator_shop_key_add($1, $2::bytea, $3, $4, "
				   "string_to_array($5, ','), $6, $7)",
				   7, values),
			 key);
	if (rc == CTL_OK)
		fprintf(stderr, "Only its SHA-256 is stored: this key is not shown again.\n");
	return rc;
}

int ctl_key_revoke(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->argv[1], ctl->reason };

	return ctl_outcome(
		ctl_query(ctl,
			  "SELECT outcome, note FROM tegata.operator_shop_key_revoke($1, $2, $3)",
			  3, values),
		"revoked");
}
