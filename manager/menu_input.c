/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "manager/menu_input.h"

#include <string.h>

#include "lib/utf8.h"
#include "lib/value_id.h"

#define REFERENCE_SIGNS "-_./:+,#* "

static uint32_t fold(uint32_t character)
{
	if (character >= 0xff01 && character <= 0xff5e)
		return character - 0xff01 + '!';
	return character == 0x3000 ? ' ' : character;
}

bool menu_input_fold(char out[MENU_INPUT_SIZE], const char *text)
{
	size_t left = strlen(text), n = 0;

	while (left > 0) {
		uint32_t character;
		int taken = utf8_take(&character, text, left);

		if (taken < 0 || n + UTF8_MAX_SIZE >= MENU_INPUT_SIZE)
			return false;
		text += taken;
		left -= taken;
		character = fold(character);
		/* Some phones end what was typed with a line break. */
		if (character == '\r' || character == '\n')
			character = ' ';
		if (character < ' ')
			return false;
		if (character != ' ' || n > 0)
			n += utf8_put(out + n, character);
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return true;
}

enum outcome menu_input_value(int64_t *value_id, const char *text)
{
	return value_id_parse(value_id, text, strlen(text)) < 0 ? OUTCOME_VALUE_ID_MALFORMED
								: OUTCOME_OK;
}

enum outcome menu_input_reference(char reference[REFERENCE_SIZE], const char *text)
{
	size_t len;

	text += strspn(text, " ");
	for (len = strlen(text); len > 0 && text[len - 1] == ' '; len--)
		;
	if (len >= REFERENCE_SIZE)
		return OUTCOME_REFERENCE_MALFORMED;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && !(c >= '0' && c <= '9') && !strchr(REFERENCE_SIGNS, c))
			return OUTCOME_REFERENCE_MALFORMED;
	}
	memcpy(reference, text, len);
	reference[len] = '\0';
	return OUTCOME_OK;
}
