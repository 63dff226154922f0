/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any octets as an SMPP PDU: what is one is sent and read as the same; a receipt is read from it.
 */
#include <stdint.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "lib/smpp_receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

static bool same_sm(const struct smpp_sm *a, const struct smpp_sm *b)
{
	return strcmp(a->source.digits, b->source.digits) == 0 &&
	       strcmp(a->destination.digits, b->destination.digits) == 0 &&
	       a->esm_class == b->esm_class && a->data_coding == b->data_coding &&
	       a->n_octets == b->n_octets && memcmp(a->octets, b->octets, a->n_octets) == 0 &&
	       a->has_sar == b->has_sar && strcmp(a->receipted_id, b->receipted_id) == 0;
}

static void receipt_read(const struct smpp_sm *sm)
{
	char id[SMPP_MESSAGE_ID_SIZE];
	struct smpp_receipt receipt;

	if (smpp_receipt_read(&receipt, sm) &&
	    smpp_id_normal(id, receipt.message_id, SMPP_ID_DECIMAL_THEN_HEX, true) == 0)
		OSMO_ASSERT(id[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	static uint8_t out[SMPP_PDU_MAX_SIZE];
	struct smpp_pdu pdu, back;
	uint32_t fault;
	size_t pdu_len;
	int n;

	if (smpp_pdu_take(&pdu_len, in, len) <= 0)
		return 0;
	if (smpp_pdu_decode(&pdu, &fault, in, pdu_len) < 0) {
		OSMO_ASSERT(fault);
		return 0;
	}
	n = smpp_pdu_encode(out, sizeof(out), &pdu);
	OSMO_ASSERT(n > 0 || pdu.sequence == 0);
	if (n < 0)
		return 0;
	OSMO_ASSERT(smpp_pdu_decode(&back, &fault, out, n) == 0);
	OSMO_ASSERT(back.command == pdu.command && back.status == pdu.status);
	if (pdu.command == SMPP_SUBMIT_SM || pdu.command == SMPP_DELIVER_SM) {
		OSMO_ASSERT(same_sm(&pdu.sm, &back.sm));
		receipt_read(&pdu.sm);
	}
	return 0;
}
