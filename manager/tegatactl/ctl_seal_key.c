/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keys that seal history: made here, known to the database by their public half. */
#include <stdio.h>
#include <string.h>

#include "lib/hex.h"
#include "lib/seal_key.h"
#include "manager/tegatactl/ctl.h"
#include "manager/tegatactl/ctl_commands.h"

int ctl_seal_key_make(struct ctl *ctl)
{
	char why[SEAL_WHY_SIZE];

	if (seal_key_generate(ctl->argv[0], why) < 0) {
		ctl_error("%s", why);
		return CTL_REFUSED;
	}
	printf("%s: the private key, for the manager alone\n%s.pub: the public key\n", ctl->argv[0],
	       ctl->argv[0]);
	return CTL_OK;
}

int ctl_seal_key_add(struct ctl *ctl)
{
	char hex[2 * SEAL_PUBLIC_KEY_SIZE + 3] = "\\x", why[SEAL_WHY_SIZE];
	char id[2 * SEAL_KEY_ID_SIZE + 1], done[64];
	const char *values[] = { hex, ctl->argv[1], ctl->reason };
	struct seal_public_keys keys;

	if (seal_public_keys_load(&keys, ctl->argv[0], why) < 0 || keys.n != 1) {
		ctl_error("%s", keys.n > 1 ? "more than one key in the file" : why);
		return CTL_USAGE;
	}
	hex_format(hex + 2, keys.key[0].octets, SEAL_PUBLIC_KEY_SIZE);
	snprintf(done, sizeof(done), "added: key %s",
		 hex_format(id, keys.key[0].id, SEAL_KEY_ID_SIZE));
	return ctl_outcome(
		ctl_query(ctl, "SELECT outcome, note FROM tegata.operator_seal_key_add($1, $2, $3)",
			  3, values),
		done);
}

int ctl_seal_key_end(struct ctl *ctl)
{
	const char *values[] = { ctl->argv[0], ctl->reason };

	return ctl_outcome(
		ctl_query(ctl, "SELECT outcome, note FROM tegata.operator_seal_key_end($1, $2)", 2,
			  values),
		"the key seals no more");
}
