/* SPDX-License-Identifier: Apache-2.0 */
/* The table of byte classes, a row per sixteen bytes.
 * What is not VCHAR, SP, HTAB or obs-text has no class at all.
 * Source: RFC 9110 §5.5 and §5.6.2, RFC 3986 §2 and §3.3. */
#include "http/h1_class.h"

#include <string.h>

/* clang-format off */
const unsigned char h1_classes[256] = {
	/* 00 */   0,   0,   0,   0,   0,   0,   0,   0,   0,   2,   0,   0,   0,   0,   0,   0,
	/* 10 */   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
	/* 20 */   2, 159, 142, 131, 159, 155, 159, 159, 158, 158, 159, 159, 158, 159, 159, 142,
	/* 30 */ 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 142, 158, 142, 158, 142, 138,
	/* 40 */ 142, 191, 191, 191, 191, 191, 191, 159, 159, 159, 159, 159, 159, 159, 159, 159,
	/* 50 */ 159, 159, 159, 159, 159, 159, 159, 159, 159, 159, 159, 142, 138, 142, 143, 159,
	/* 60 */ 143, 191, 191, 191, 191, 191, 191, 159, 159, 159, 159, 159, 159, 159, 159, 159,
	/* 70 */ 159, 159, 159, 159, 159, 159, 159, 159, 159, 159, 159, 142, 143, 142, 159,   0,
	/* 80 */   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,
	/* 90 */   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,
	/* a0 */   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,
	/* b0 */   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,
	/* c0 */   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,
	/* d0 */   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,
	/* e0 */   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,
	/* f0 */   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,
};
/* clang-format on */

/* A word without control characters and DEL is passed whole; any other (a tab, a line's end) by bytes. */
size_t h1_value_span(str s)
{
	const uint64_t ones = 0x0101010101010101u, tops = ones << 7;
	size_t i = 0;
	for (; s.n - i >= 8; i += 8) {
		uint64_t w, del;
		memcpy(&w, s.p + i, 8);
		del = w ^ (ones * 0x7f);
		if ((((w - ones * 0x20) & ~w) | ((del - ones) & ~del)) & tops)
			for (size_t j = i; j < i + 8; j++)
				if (!h1_is(s.p[j], H1_VALUE))
					return j;
	}
	while (i < s.n && h1_is(s.p[i], H1_VALUE))
		i++;
	return i;
}
