/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A connection of the sealer that is lost between two statements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "manager/sealer_db.h"

/* What comes behind a ROLLBACK that had no answer. */
static void lost_asks_nothing(void **state)
{
	atomic_bool stop = false;
	struct sealer_db db = { .wake_fd = -1, .stop = &stop };

	assert_null(sealer_db_query(&db, "SELECT 1", NULL, 0));
	assert_string_equal(db.why, "the connection was lost");
	assert_false(sealer_db_run(&db, "SELECT 1"));
	sealer_db_close(&db);
	assert_null(db.conn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_asks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
