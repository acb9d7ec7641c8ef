/* SPDX-License-Identifier: Apache-2.0 */
/* The table of byte classes, a row per sixteen bytes.
 * What is not VCHAR, SP, HTAB or obs-text has no class at all.
 * Source: RFC 9110 §5.5 and §5.6.2, RFC 3986 §2 and §3.3. */
#include "http/h1_class.h"

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

/* Long values, which tokens and cookies have, are passed over by sixteens. */
static bool sixteen_plain(const char *p)
{
	typedef unsigned char sixteen __attribute__((vector_size(16)));
	sixteen v;
	uint64_t control[2];
	memcpy(&v, p, sizeof v);
	v = (sixteen)(v < ' ') | (sixteen)(v == 0x7f);
	memcpy(control, &v, sizeof v);
	return !(control[0] | control[1]);
}

/* Where from i on the first control character stands: a word at a time, the last one over again. */
static size_t plain(str s, size_t i)
{
	uint64_t found;
	while (s.n - i > 16 && sixteen_plain(s.p + i))
		i += 16;
	for (; s.n - i > 8; i += 8)
		if ((found = h1_controls(word_at(s.p + i))))
			return i + word_first(found);
	size_t back = 8 - (s.n - i);
	found = back < 8 ? h1_controls(word_at(s.p + i - back)) >> (8 * back) : 0;
	return found ? i + word_first(found) : s.n;
}

size_t h1_value_span(str s)
{
	size_t i = 0;
	if (s.n < 8)
		return h1_span(s, H1_VALUE);
	while ((i = plain(s, i)) < s.n && s.p[i] == '\t')
		i++;
	return i;
}
