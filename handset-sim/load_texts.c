/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <osmocom/core/utils.h>

#include "handset-sim/load_texts.h"

/* FNV-1a over what is no digit. */
static uint64_t shape_hash(const char *text, bool question)
{
	uint64_t hash = 0xcbf29ce484222325ULL + question;

	for (; *text; text++)
		if (*text < '0' || *text > '9')
			hash = (hash ^ (uint8_t)*text) * 0x100000001b3ULL;
	return hash;
}

const struct load_shape *load_texts_look(struct load_texts *t, const char *text, bool question)
{
	uint64_t hash = shape_hash(text, question);
	struct load_shape *s = &t->other;
	uint32_t i;

	for (i = 0; i < t->n_shapes; i++) {
		if (t->shapes[i].hash == hash) {
			t->shapes[i].n++;
			return &t->shapes[i];
		}
	}
	if (t->n_shapes < LOAD_SHAPES_MAX)
		s = &t->shapes[t->n_shapes++];
	s->hash = hash;
	s->n++;
	s->question = question;
	s->kind = question ? TEXT_OK : text_rules_kind(t->rules, text);
	s->confirm = question && text_rules_confirm(t->rules, text);
	OSMO_STRLCPY_ARRAY(s->example, text);
	return s;
}
