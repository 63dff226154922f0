/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lib/gsm_alphabet.h"

#include <errno.h>
#include <stdlib.h>

#include <osmocom/core/utils.h>

/* TS 23.038 clause 6.2.1, in the order of the septets. */
static const uint16_t default_alphabet[128] = {
	'@',   0xa3,  '$',   0xa5,  0xe8,  0xe9,  0xf9,	 0xec, /* 0x00 */
	0xf2,  0xc7,  '\n',  0xd8,  0xf8,  '\r',  0xc5,	 0xe5,
	0x394, '_',   0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, /* 0x10 */
	0x3a3, 0x398, 0x39e, ' ',   0xc6,  0xe6,  0xdf,	 0xc9,
	' ',   '!',   '"',   '#',   0xa4,  '%',	  '&',	 '\'', /* 0x20 */
	'(',   ')',   '*',   '+',   ',',   '-',	  '.',	 '/',
	'0',   '1',   '2',   '3',   '4',   '5',	  '6',	 '7', /* 0x30 */
	'8',   '9',   ':',   ';',   '<',   '=',	  '>',	 '?',
	0xa1,  'A',   'B',   'C',   'D',   'E',	  'F',	 'G', /* 0x40 */
	'H',   'I',   'J',   'K',   'L',   'M',	  'N',	 'O',
	'P',   'Q',   'R',   'S',   'T',   'U',	  'V',	 'W', /* 0x50 */
	'X',   'Y',   'Z',   0xc4,  0xd6,  0xd1,  0xdc,	 0xa7,
	0xbf,  'a',   'b',   'c',   'd',   'e',	  'f',	 'g', /* 0x60 */
	'h',   'i',   'j',   'k',   'l',   'm',	  'n',	 'o',
	'p',   'q',   'r',   's',   't',   'u',	  'v',	 'w', /* 0x70 */
	'x',   'y',   'z',   0xe4,  0xf6,  0xf1,  0xfc,	 0xe0,
};

struct mapping {
	uint16_t character;
	uint8_t septet; /* with GSM_ALPHABET_EXTENSION where it stands behind ESC */
};

#define EXT GSM_ALPHABET_EXTENSION
#define NONE GSM_ALPHABET_NONE

const uint8_t gsm_alphabet_ascii[128] = {
	NONE, NONE, NONE, NONE,	      NONE,	  NONE,	      NONE,	  NONE, /* 0x00 */
	NONE, NONE, '\n', NONE,	      EXT | 0x0a, '\r',	      NONE,	  NONE,
	NONE, NONE, NONE, NONE,	      NONE,	  NONE,	      NONE,	  NONE, /* 0x10 */
	NONE, NONE, NONE, NONE,	      NONE,	  NONE,	      NONE,	  NONE,
	' ',  '!',  '"',  '#',	      0x02,	  '%',	      '&',	  '\'', /* 0x20 */
	'(',  ')',  '*',  '+',	      ',',	  '-',	      '.',	  '/',
	'0',  '1',  '2',  '3',	      '4',	  '5',	      '6',	  '7', /* 0x30 */
	'8',  '9',  ':',  ';',	      '<',	  '=',	      '>',	  '?',
	0x00, 'A',  'B',  'C',	      'D',	  'E',	      'F',	  'G', /* 0x40 */
	'H',  'I',  'J',  'K',	      'L',	  'M',	      'N',	  'O',
	'P',  'Q',  'R',  'S',	      'T',	  'U',	      'V',	  'W', /* 0x50 */
	'X',  'Y',  'Z',  EXT | 0x3c, EXT | 0x2f, EXT | 0x3e, EXT | 0x14, 0x11,
	NONE, 'a',  'b',  'c',	      'd',	  'e',	      'f',	  'g', /* 0x60 */
	'h',  'i',  'j',  'k',	      'l',	  'm',	      'n',	  'o',
	'p',  'q',  'r',  's',	      't',	  'u',	      'v',	  'w', /* 0x70 */
	'x',  'y',  'z',  EXT | 0x28, EXT | 0x40, EXT | 0x29, EXT | 0x3d, NONE,
};

/* The way back of all others, sorted by character. */
static const struct mapping mappings[] = {
	{ 0xa1, 0x40 },	 { 0xa3, 0x01 },  { 0xa4, 0x24 },  { 0xa5, 0x03 },  { 0xa7, 0x5f },
	{ 0xbf, 0x60 },	 { 0xc4, 0x5b },  { 0xc5, 0x0e },  { 0xc6, 0x1c },  { 0xc7, 0x09 },
	{ 0xc9, 0x1f },	 { 0xd1, 0x5d },  { 0xd6, 0x5c },  { 0xd8, 0x0b },  { 0xdc, 0x5e },
	{ 0xdf, 0x1e },	 { 0xe0, 0x7f },  { 0xe4, 0x7b },  { 0xe5, 0x0f },  { 0xe6, 0x1d },
	{ 0xe8, 0x04 },	 { 0xe9, 0x05 },  { 0xec, 0x07 },  { 0xf1, 0x7d },  { 0xf2, 0x08 },
	{ 0xf6, 0x7c },	 { 0xf8, 0x0c },  { 0xf9, 0x06 },  { 0xfc, 0x7e },  { 0x393, 0x13 },
	{ 0x394, 0x10 }, { 0x398, 0x19 }, { 0x39b, 0x14 }, { 0x39e, 0x1a }, { 0x3a0, 0x16 },
	{ 0x3a3, 0x18 }, { 0x3a6, 0x12 }, { 0x3a8, 0x17 }, { 0x3a9, 0x15 }, { 0x20ac, EXT | 0x65 },
};

uint16_t gsm_alphabet_char(uint8_t septet)
{
	return default_alphabet[septet & 0x7f];
}

uint16_t gsm_alphabet_extension_char(uint8_t septet)
{
	switch (septet) {
	case 0x0a:
		return '\f';
	case 0x14:
		return '^';
	case 0x28:
		return '{';
	case 0x29:
		return '}';
	case 0x2f:
		return '\\';
	case 0x3c:
		return '[';
	case 0x3d:
		return '~';
	case 0x3e:
		return ']';
	case 0x40:
		return '|';
	case 0x65:
		return 0x20ac; /* euro sign */
	}
	return 0;
}

static int mapping_compare(const void *key, const void *entry)
{
	uint32_t a = *(const uint32_t *)key;
	uint32_t b = ((const struct mapping *)entry)->character;

	return a < b ? -1 : a > b;
}

int gsm_alphabet_septet(uint32_t code_point)
{
	const struct mapping *m;

	if (code_point < ARRAY_SIZE(gsm_alphabet_ascii))
		return gsm_alphabet_ascii[code_point] != NONE ? gsm_alphabet_ascii[code_point]
							      : -ENOENT;
	m = bsearch(&code_point, mappings, ARRAY_SIZE(mappings), sizeof(mappings[0]),
		    mapping_compare);
	return m ? m->septet : -ENOENT;
}
