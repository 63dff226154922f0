/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "gateway/check_body.h"

#include <errno.h>
#include <stdio.h>

#include <osmocom/core/utils.h>

#include "lib/value_id.h"

/* 20 digits and what people put between them. */
#define VALUE_ID_OCTETS_MAX 64

struct check_item {
	struct json_text value_id;
};

struct check_body {
	struct json_text value_id;
	struct json_list checks;
	struct check_item items[LINK_CHECK_ITEMS_MAX];
};

static const struct json_field item_fields[] = {
	JSON_FIELD_STRING("value_id", struct check_item, value_id, VALUE_ID_OCTETS_MAX,
			  JSON_REQUIRED),
};
static const struct json_schema item_schema = JSON_SCHEMA(struct check_item, item_fields);

static const struct json_field body_fields[] = {
	JSON_FIELD_STRING("value_id", struct check_body, value_id, VALUE_ID_OCTETS_MAX,
			  JSON_OPTIONAL),
	JSON_FIELD_OBJECTS("checks", struct check_body, checks, items, &item_schema, JSON_OPTIONAL),
};
static const struct json_schema body_schema = JSON_SCHEMA(struct check_body, body_fields);

static int fault_form(struct check_body_fault *fault, enum outcome outcome, const char *pointer,
		      const char *detail)
{
	fault->outcome = outcome;
	osmo_strlcpy(fault->pointer, pointer, sizeof(fault->pointer));
	osmo_strlcpy(fault->detail, detail, sizeof(fault->detail));
	return -EBADMSG;
}

static int fault_json(struct check_body_fault *fault, const struct json_fault *json)
{
	enum outcome outcome = OUTCOME_BODY_MALFORMED;

	if (json->kind == JSON_FAULT_TOO_MANY)
		outcome = OUTCOME_BATCH_TOO_LARGE;
	else if (json->kind == JSON_FAULT_TOO_LONG)
		outcome = OUTCOME_VALUE_ID_MALFORMED; /* no other string is taken here */
	fault_form(fault, outcome, json->pointer, "");
	snprintf(fault->detail, sizeof(fault->detail), "%s, at octet %zu",
		 json_fault_text(json->kind), json->offset);
	return -EBADMSG;
}

static const char *value_id_fault(int rc)
{
	switch (rc) {
	case -EBADMSG:
		return "the check digit is wrong: one digit was mistyped";
	case -ERANGE:
		return "no value id has this number";
	default:
		return "a value id has 20 digits";
	}
}

static int value_id_read(int64_t *id, const struct json_text *text, const char *pointer,
			 struct check_body_fault *fault)
{
	int rc = value_id_parse(id, text->octets, text->len);

	if (rc < 0)
		return fault_form(fault, OUTCOME_VALUE_ID_MALFORMED, pointer, value_id_fault(rc));
	return 0;
}

static int batch_read(struct link_check *check, const struct check_body *body,
		      struct check_body_fault *fault)
{
	char pointer[40];
	size_t i;

	if (!body->checks.n)
		return fault_form(fault, OUTCOME_BODY_MALFORMED, "/checks",
				  "at least one check is needed");
	for (i = 0; i < body->checks.n; i++) {
		snprintf(pointer, sizeof(pointer), "/checks/%zu/value_id", i);
		if (value_id_read(&check->value_ids[i], &body->items[i].value_id, pointer, fault) <
		    0)
			return -EBADMSG;
	}
	check->n_items = body->checks.n;
	return 0;
}

int check_body_read(struct link_check *check, bool *single, char *text, size_t len,
		    struct check_body_fault *fault)
{
	struct check_body body;
	struct json_fault json;

	if (json_read(&body, &body_schema, text, len, &json) < 0)
		return fault_json(fault, &json);
	if (!body.value_id.octets == !body.checks.present)
		return fault_form(fault, OUTCOME_BODY_MALFORMED, "",
				  "either value_id or checks is needed");
	*single = body.value_id.octets;
	if (!*single)
		return batch_read(check, &body, fault);
	check->n_items = 1;
	return value_id_read(&check->value_ids[0], &body.value_id, "/value_id", fault);
}
