/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * A transcript with phones: what is dialled and what must come back, as
 * docs/handset.md describes it for those who write one.  Parsing knows nothing
 * of the network; script_run.h runs what was parsed.
 */
#include <stddef.h>
#include <stdint.h>

#define SCRIPT_FILE_MAX (1024 * 1024)
#define SCRIPT_STEPS_MAX 20000
#define SCRIPT_PHONES_MAX 256
#define SCRIPT_TESTS_MAX 1000
#define SCRIPT_NAME_SIZE 32
#define SCRIPT_WHY_SIZE 256

enum script_step_kind {
	STEP_PHONE, /* args: IMSI, MSISDN or NULL */
	STEP_LET, /* args: name, value */
	STEP_TIMEOUT, /* ms */
	STEP_DIAL, /* text; also an answer, where a question is open */
	STEP_QUESTION, /* text */
	STEP_FINAL, /* text */
	STEP_PUSH, /* text */
	STEP_FAILURE, /* text */
	STEP_SMS, /* text; args: to, or NULL: the service */
	STEP_SMS_TEXT, /* text; args: from, or NULL: whoever */
	STEP_SMS_FAILURE, /* text */
	STEP_HANGUP,
	STEP_QUIET, /* ms */
	STEP_TRANSFER, /* args: value, to, reference or NULL, URL or NULL */
	STEP_WALLET, /* args: value, state */
	STEP_WAIT, /* ms */
	STEP_SHELL, /* text */
	STEP_SHELL_OUTPUT, /* text */
};

struct script_step {
	enum script_step_kind kind;
	unsigned int line; /* from 1 */
	unsigned int n_lines; /* it takes in the file */
	int phone; /* index, -1: none */
	uint32_t ms;
	const char *text;
	const char *args[4];
};

struct script_test {
	const char *name;
	unsigned int line; /* 0: what stands before the first test */
	size_t first_step, n_steps;
};

struct script {
	const char *path;
	const char *content;
	size_t n_phones;
	char phones[SCRIPT_PHONES_MAX][SCRIPT_NAME_SIZE];
	struct script_step *steps;
	size_t n_steps;
	struct script_test *tests;
	size_t n_tests; /* at least one */
};

struct script_error {
	unsigned int line;
	char why[SCRIPT_WHY_SIZE];
};

/* content with NUL, len octets.  NULL with error set where it is not a script. */
struct script *script_parse(void *ctx, const char *path, const char *content, size_t len,
			    struct script_error *error) __attribute__((warn_unused_result));
