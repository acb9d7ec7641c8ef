/* SPDX-License-Identifier: Apache-2.0 */
/* Every byte at every place of a word, beside neighbours that tempt a carry.
 * What a word says of one byte never hangs on the bytes beside it.
 * Source: house. */
#pragma once

#include <string.h>

#include "base/word.h"

/* What a word's answer says of a place: its top bit. */
static inline bool answers(uint64_t tops, int place) { return tops >> (8 * place + 7) & 1; }

static inline void each_word(void (*check)(const char bytes[8], int place))
{
	static const unsigned char beside[] = { 0x00, 0x08, 0x1f, ' ', '-', 'A', 'z', 0x7f, 0x80, 0xff };
	for (size_t b = 0; b < sizeof beside; b++)
		for (int place = 0; place < 8; place++)
			for (int c = 0; c < 256; c++) {
				char bytes[8];
				memset(bytes, beside[b], sizeof bytes);
				bytes[place] = (char)c;
				check(bytes, place);
			}
}
