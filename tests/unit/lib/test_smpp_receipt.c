/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/smpp_receipt.h"

static bool read_text(struct smpp_receipt *r, const char *text)
{
	const size_t n = strlen(text);
	uint8_t *copy = malloc(n ? n : 1);
	struct smpp_sm sm = { .esm_class = SMPP_ESM_RECEIPT, .octets = copy, .n_octets = n };
	bool rc;

	memcpy(copy, text, n);
	rc = smpp_receipt_read(r, &sm);
	free(copy);
	return rc;
}

static void test_text(void **state)
{
	struct smpp_receipt r;
	char text[200];

	assert_true(read_text(&r, "id:0123456789 sub:001 dlvrd:001 submit date:2611221405 done "
				  "date:2611221406 stat:DELIVRD err:000 text:Bought id:99"));
	assert_string_equal(r.message_id, "0123456789");
	assert_int_equal(r.state, SMPP_STATE_DELIVERED);
	assert_string_equal(r.error, "000");
	assert_true(read_text(&r, "stat:Undeliv ID:7f3a"));
	assert_string_equal(r.message_id, "7f3a");
	assert_int_equal(r.state, SMPP_STATE_UNDELIVERABLE);
	assert_string_equal(r.error, "");
	assert_true(read_text(&r, "id:1 stat:ACCEPTD"));
	assert_int_equal(r.state, SMPP_STATE_ACCEPTED);
	assert_true(read_text(&r, "id:1 stat:ENROUTE"));
	assert_int_equal(r.state, SMPP_STATE_ENROUTE);
	assert_true(read_text(&r, "id:1 stat:SNAFU"));
	assert_int_equal(r.state, SMPP_STATE_UNKNOWN);
	assert_true(read_text(&r, "id:1"));
	assert_int_equal(r.state, SMPP_STATE_UNKNOWN);
	assert_false(read_text(&r, ""));
	assert_false(read_text(&r, "id:"));
	assert_false(read_text(&r, "id"));
	assert_false(read_text(&r, "paid:12 void:3"));
	snprintf(text, sizeof(text), "id:%070d stat:DELIVRD", 1);
	assert_false(read_text(&r, text));
}

static void test_tlvs_first(void **state)
{
	struct smpp_receipt r;
	struct smpp_sm sm = { .esm_class = SMPP_ESM_RECEIPT,
			      .octets = (const uint8_t *)"id:1 stat:DELIVRD",
			      .n_octets = 17,
			      .state = SMPP_STATE_EXPIRED,
			      .receipted_id = "2" };

	assert_true(smpp_receipt_read(&r, &sm));
	assert_string_equal(r.message_id, "2");
	assert_int_equal(r.state, SMPP_STATE_EXPIRED);
	sm.state = 99; /* a state that there is not: the text's */
	assert_true(smpp_receipt_read(&r, &sm));
	assert_int_equal(r.state, SMPP_STATE_DELIVERED);
	sm.esm_class = 0; /* a subscriber may write such a text */
	assert_false(smpp_receipt_read(&r, &sm));
}

static void assert_same(const char *submitted, const char *receipted, enum smpp_id_form form,
			bool same)
{
	char a[SMPP_MESSAGE_ID_SIZE], b[SMPP_MESSAGE_ID_SIZE];

	assert_int_equal(smpp_id_normal(a, submitted, form, false), 0);
	assert_int_equal(smpp_id_normal(b, receipted, form, true), 0);
	assert_int_equal(strcmp(a, b) == 0, same);
}

static void test_ids(void **state)
{
	char out[SMPP_MESSAGE_ID_SIZE];

	assert_same("7F3A", "7F3A", SMPP_ID_AS_IS, true);
	assert_same("7F3A", "7f3a", SMPP_ID_AS_IS, false);
	assert_same("7F3A", "7f3a", SMPP_ID_NO_CASE, true);
	assert_same("7F3A", "0000032570", SMPP_ID_HEX_THEN_DECIMAL, true);
	assert_same("32570", "00007F3A", SMPP_ID_DECIMAL_THEN_HEX, true);
	assert_same("32570", "32570", SMPP_ID_DECIMAL_THEN_HEX, false);
	assert_int_equal(smpp_id_normal(out, "7F3A", SMPP_ID_DECIMAL_THEN_HEX, false), -EINVAL);
	assert_int_equal(smpp_id_normal(out, "", SMPP_ID_DECIMAL_THEN_HEX, false), -EINVAL);
	assert_int_equal(smpp_id_normal(out, "-1", SMPP_ID_DECIMAL_THEN_HEX, false), -EINVAL);
	assert_int_equal(smpp_id_normal(out, "99999999999999999999", SMPP_ID_DECIMAL_THEN_HEX,
					false),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_tlvs_first),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
