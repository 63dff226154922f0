/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Short messages as text: which coding a text needs, how it is cut into parts,
 * and the user data header that puts parts together again (3GPP TS 23.040
 * clauses 9.2.3.24, 9.2.3.24.1 and 9.2.3.24.8, TS 23.038 clause 4).
 *
 *                  one part         each of several, behind a header of 6 octets
 *   GSM 7-bit      160 septets      153
 *   UCS-2           70 characters    67
 *
 * Septets are unpacked, one an octet, as SMPP carries them with data_coding 0;
 * sms_tpdu.h packs them.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMS_PART_SIZE 160 /* octets of a part: septets unpacked, or UCS-2 */
#define SMS_PARTS_MAX 10 /* of what we send */
#define SMS_CONCAT_SIZE 6 /* the header that we put in front of a part of several */
#define SMS_TEXT_SIZE \
	4096 /* UTF-8 with NUL, of what we read: 10 parts, 4 octets a septet at most */

enum sms_coding { SMS_CODING_GSM7 = 0, SMS_CODING_UCS2 = 8 };

struct sms_part {
	uint8_t n;
	uint8_t octets[SMS_PART_SIZE];
};

struct sms_parts {
	enum sms_coding coding;
	size_t n;
	struct sms_part part[SMS_PARTS_MAX];
};

/* Which part of which message this is; total 0: a whole one. */
struct sms_concat {
	uint16_t reference;
	uint8_t total, number; /* number counts from 1 */
};

/* Cuts a text; no escape sequence and no surrogate pair is torn apart.  0; -EILSEQ: not UTF-8;
 * -EMSGSIZE: more than SMS_PARTS_MAX parts. */
int sms_text_split(struct sms_parts *parts, const char *utf8, size_t len)
	__attribute__((warn_unused_result));

/* The header in front of part number of total, with an 8-bit reference; SMS_CONCAT_SIZE octets. */
void sms_concat_put(uint8_t out[SMS_CONCAT_SIZE], uint8_t reference, uint8_t total, uint8_t number);

/* Reads the user data header in front of in; octets that it takes, its length octet included.
 * Elements that are not of concatenation are skipped, and so is one that says nothing sensible
 * (clause 9.2.3.24.1).  -EBADMSG: a header or an element is longer than what is there. */
int sms_concat_take(struct sms_concat *concat, const uint8_t *in, size_t len)
	__attribute__((warn_unused_result));

/* What SMPP's data_coding or a TP-DCS says about the text: the coding, or -ENOTSUP (8-bit data,
 * compressed, a national code page). */
enum sms_charset { SMS_CHARSET_GSM7, SMS_CHARSET_ASCII, SMS_CHARSET_LATIN1, SMS_CHARSET_UCS2 };
int sms_charset_of_smpp(uint8_t data_coding);
int sms_charset_of_tpdu(uint8_t dcs);

/* The octets of a whole message (parts behind one another, without headers) as UTF-8 with NUL.
 * Bytes without NUL; -EILSEQ: odd UCS-2, a lone surrogate, a NUL, an octet that the charset does
 * not have; -EMSGSIZE: more than size. */
int sms_text_decode(char *utf8, size_t size, enum sms_charset charset, const uint8_t *in,
		    size_t len) __attribute__((warn_unused_result));
