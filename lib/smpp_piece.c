/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/smpp_piece.h"

#include <string.h>

int smpp_piece_read(struct sms_piece *piece, const struct smpp_sm *sm)
{
	int n = 0;

	memset(&piece->concat, 0, sizeof(piece->concat));
	if (sm->esm_class & SMPP_ESM_UDHI)
		n = sms_concat_take(&piece->concat, sm->octets, sm->n_octets);
	else if (sm->has_sar)
		piece->concat =
			(struct sms_concat){ sm->sar_reference, sm->sar_total, sm->sar_number };
	if (n < 0)
		return n;
	piece->octets = sm->octets + n;
	piece->n_octets = sm->n_octets - n;
	return 0;
}
