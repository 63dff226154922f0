/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Arguments and rows that several operations have. */
#include <osmocom/core/bits.h>
#include <stdio.h>

#include "manager/ledger_priv.h"

void ledger_encode_terminal_ids(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_INT8, n);
	for (i = 0; i < n; i++)
		db_array_int8(p, ledger_request_of(requests[i])->args.page.terminal_id);
}

void ledger_encode_limits(struct db_params *p, struct db_request *const *requests, size_t n)
{
	size_t i;

	db_array_begin(p, DB_OID_INT4, n);
	for (i = 0; i < n; i++)
		db_array_int4(p, ledger_request_of(requests[i])->args.page.limit);
}

void ledger_decode_record(struct operation_record *record, struct db_rows *rows, int row, int first)
{
	record->operation = db_rows_int2(rows, row, first);
	record->outcome = db_rows_int2(rows, row, first + 1);
	db_rows_uuid(rows, row, first + 2, &record->request_id);
	record->at = db_rows_time(rows, row, first + 3);
	record->value_id = db_rows_int8(rows, row, first + 4);
	record->amount_minor = db_rows_int8(rows, row, first + 5);
	db_rows_text(rows, row, first + 6, record->currency, sizeof(record->currency));
	db_rows_text(rows, row, first + 7, record->peer, sizeof(record->peer));
	db_rows_text_cut(rows, row, first + 8, record->peer_name, sizeof(record->peer_name));
}

uint64_t ledger_key_of_request_id(const struct request_id *id)
{
	uint64_t key = osmo_load64be(id->octets) ^ osmo_load64be(id->octets + 8);

	return key ? key : 1;
}

const char *ledger_describe(const char *operation, const struct request_id *id)
{
	static char text[64];
	char id_text[REQUEST_ID_STR_SIZE];

	snprintf(text, sizeof(text), "%s %s", operation, request_id_format(id_text, id));
	return text;
}
