/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * What each phone said and was told, written down as it happened: the memory of
 * people, with which a record of what belongs to whom can be compared after
 * whatever has died in between.  One line each, fields parted by tabs; in texts
 * \n, \t and \\ stand for themselves:
 *
 *   B NO TIME NUMBER OP CODE     dials; written before it is sent
 *   A NO TIME TEXT               answers; written before it is sent
 *   Q NO TIME TEXT               was asked
 *   F NO TIME KIND TEXT          was told at last; KIND: ok, refused, busy, unsure
 *   X NO TIME WHY                the dialogue ended without a last text
 *   P 0 TIME NUMBER TEXT         was told outside of a dialogue
 *
 * NO counts the dialogues of the file, TIME is in microseconds since 1970.
 *
 * Every line is in the kernel's hands before anything else happens, so that the
 * death of this program loses none; F and X are on the disk (fdatasync, for all
 * phones of some milliseconds at once, on the select loop) before their phone
 * does anything again.
 */
#include <stdint.h>

#define LOAD_RECORD_SYNC_MS 5

struct load_record;

/* The file must not exist.  durable() tells that everything up to load_record_hold() of this phone
 * is on the disk.  The record is a child of ctx; freeing it closes the file.  NULL with *error. */
struct load_record *load_record_open(void *ctx, const char *path, uint32_t n_phones,
				     void (*durable)(void *data, uint32_t phone), void *data,
				     int *error) __attribute__((warn_unused_result));

/* The number of the dialogue. */
uint32_t load_record_begin(struct load_record *r, const char *number, const char *op,
			   const char *code);
void load_record_answer(struct load_record *r, uint32_t no, const char *text);
void load_record_question(struct load_record *r, uint32_t no, const char *text);
void load_record_final(struct load_record *r, uint32_t no, const char *kind, const char *text);
void load_record_end(struct load_record *r, uint32_t no, const char *why);
void load_record_push(struct load_record *r, const char *number, const char *text);

/* At most once a phone until durable() was called for it. */
void load_record_hold(struct load_record *r, uint32_t phone);

/* 0, or the negative errno of the first line that could not be written or brought to the disk:
 * nothing that is done after it can be proven. */
int load_record_error(const struct load_record *r);
