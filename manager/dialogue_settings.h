/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/* Node "dialogue" as it is configured: what subscribers dial, read and may do, on every channel. */
#include <stdbool.h>

#include "lib/number.h"
#include "manager/ledger.h"
#include "manager/oneshot.h"

#define PIN_KEY_FILE_SIZE 256

enum dialogue_clock { DIALOGUE_CLOCK_LOCAL, DIALOGUE_CLOCK_OFFSET };

struct dialogue_settings {
	char service_code[SERVICE_CODE_SIZE];
	bool enrol;
	bool confirm_oneshot;
	char default_language[LANGUAGE_SIZE];
	char *texts_dir;
	char pin_key_file[PIN_KEY_FILE_SIZE]; /* empty: no PINs */
	unsigned int max_open;
	unsigned int repeat_guard_s;
	unsigned int rate_per_min, rate_burst; /* of one terminal; 0 a minute: no limit */
	struct number_plan plan;
	char default_product[PRODUCT_CODE_SIZE]; /* empty: the first */
	enum dialogue_clock clock; /* LOCAL: as the process's TZ says */
	int clock_offset_s; /* of OFFSET, east of UTC */
};
