/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>

#include <osmocom/core/logging.h>

#include "lib/log_category.h"
#include "lib/stream.h"
#include "manager/smscs_priv.h"

int smscs_check_one(const char *label, const struct exchange_smpp_config *config)
{
	if (exchange_smpp_config_check(label, config) < 0)
		return -EINVAL;
	if (!config->source[0]) {
		LOGP(DSMPP, LOGL_ERROR,
		     "%s: \"source\" is needed: what texts to subscribers come from, and are "
		     "answered to\n",
		     label);
		return -EINVAL;
	}
	/* Whatever is set of TLS needs this. */
	if (!config->tls_ca_file[0] && !config->allow_plaintext &&
	    !stream_address_is_private(config->address)) {
		LOGP(DSMPP, LOGL_ERROR,
		     "%s: %s is neither loopback nor private: passwords and texts in clear are "
		     "refused without \"tls ca\" or \"allow-plaintext\"\n",
		     label, config->address);
		return -EINVAL;
	}
	return 0;
}
