/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/oneshot.h"

#include <stdbool.h>
#include <string.h>

static unsigned int fields_max(char action)
{
	switch (action) {
	case '1':
	case '5':
		return 1;
	case '3':
		return 2;
	case '4':
		return 3;
	default:
		return 0;
	}
}

/* "*188*...": splits what is behind the service code.  False: not ours to understand. */
static bool take_action(struct oneshot *code, char *rest)
{
	if (*rest == '\0')
		return true;
	if (rest[0] != '*' || rest[1] < '0' || (rest[1] > '7' && rest[1] != '9'))
		return false;
	if (rest[2] != '\0' && rest[2] != '*')
		return false;
	code->action = rest[1];
	rest += 2;
	while (*rest == '*' && code->n_fields < fields_max(code->action)) {
		bool reference = code->action == '4' && code->n_fields == 2;
		size_t len;

		*rest++ = '\0';
		len = reference ? strlen(rest) : strcspn(rest, "*");
		if (len == 0 && !reference)
			return *rest == '\0'; /* "*188*1*#" asks as "*188*1#" does */
		code->fields[code->n_fields++] = rest;
		rest += len;
	}
	return *rest == '\0';
}

void oneshot_parse(struct oneshot *code, const char *dialled, const char *service_code)
{
	size_t len = strlen(dialled), digits;

	memset(code, 0, sizeof(*code));
	code->kind = ONESHOT_WRONG;
	if (len < 3 || len >= sizeof(code->text) || dialled[0] != '*' || dialled[len - 1] != '#')
		return;
	memcpy(code->text, dialled, len - 1);
	digits = strspn(code->text + 1, "0123456789");
	if (digits == 0)
		return;
	if (digits != strlen(service_code) || memcmp(code->text + 1, service_code, digits) != 0)
		code->kind = ONESHOT_OTHER;
	else if (take_action(code, code->text + 1 + digits))
		code->kind = ONESHOT_OURS;
}
