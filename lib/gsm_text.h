/* SPDX-License-Identifier: AGPL-3.0-or-later */
#pragma once
/*
 * Text on the air interface: UTF-8 inside, GSM 7-bit default alphabet with its
 * extension table (3GPP TS 23.038 clauses 6.2.1 and 6.2.1.1) or UCS-2 outside.
 * Own code, because libosmogsm's takes data for CR padding and knows Latin-1 only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GSM_DCS_DEFAULT 0x0f /* USSD: language unspecified, GSM 7-bit (TS 23.038 clause 5) */
#define GSM_DCS_UCS2 0x48 /* USSD: general data coding, uncompressed UCS-2 */

/* Septets that text needs in GSM 7-bit (extension characters count two), or -EILSEQ where it
 * has a character outside the alphabet or is not valid UTF-8. */
int gsm_text_septets(const char *utf8, size_t len);

/* Octets that text needs in USSD in the coding that it gets (7-bit where possible, else UCS-2);
 * *dcs is set.  -EILSEQ: not UTF-8. */
int gsm_text_ussd_octets(const char *utf8, size_t len, uint8_t *dcs);

/* Encodes for USSD: 7-bit packed where possible (CR padding as TS 23.038 clause 6.1.2.3.1 says),
 * else UCS-2 big-endian (beyond the BMP: surrogates).  Sets *dcs, returns octets written.
 * -EMSGSIZE: more than size octets; nothing is written.  -EILSEQ: not UTF-8. */
int gsm_text_ussd_encode(uint8_t *out, size_t size, uint8_t *dcs, const char *utf8, size_t len)
	__attribute__((warn_unused_result));

/* Decodes a USSD string by its DCS to UTF-8 with NUL.  CR padding is stripped only where the
 * septet count is a multiple of 8 and the last septet is CR.  Returns bytes without NUL.
 * A language in front (DCS 0x10, 0x11) is skipped; reserved codings are 7-bit (clause 5).
 * -ENOTSUP: the DCS is neither 7-bit, UCS-2 nor 8-bit ASCII; -EMSGSIZE: out too small;
 * -EILSEQ: odd UCS-2, a lone surrogate, a NUL, or an octet that is not ASCII. */
int gsm_text_ussd_decode(char *out, size_t size, uint8_t dcs, const uint8_t *in, size_t len)
	__attribute__((warn_unused_result));

/* Packed septets without USSD padding rules (for SMS), and back; octets, or septets, written.
 * -EMSGSIZE: more than size, or len octets do not hold n_septets. */
int gsm_text_pack(uint8_t *out, size_t size, const uint8_t *septets, size_t n_septets);
int gsm_text_unpack(uint8_t *septets, size_t size, const uint8_t *in, size_t len, size_t n_septets);

/* UTF-8 to unpacked septets (an ESC pair for the extension table), and back to UTF-8 with NUL;
 * septets, or bytes without NUL, written.  -EMSGSIZE: more than size; -EILSEQ: as above. */
int gsm_text_to_septets(uint8_t *septets, size_t size, const char *utf8, size_t len);
int gsm_text_from_septets(char *utf8, size_t size, const uint8_t *septets, size_t n_septets);
