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

enum { SIXTEEN = 16 };

/* How many bytes stand before the first control character, of sixteen. */
static size_t plain(const char *p)
{
	typedef unsigned char sixteen __attribute__((vector_size(SIXTEEN)));
	sixteen v;
	uint64_t control[2];
	memcpy(&v, p, sizeof v);
	v = (sixteen)(v < ' ') | (sixteen)(v == 0x7f);
	memcpy(control, &v, sizeof v);
	if (control[0])
		return word_first(le64toh(control[0]));
	return control[1] ? 8 + word_first(le64toh(control[1])) : SIXTEEN;
}

/* A tab is the one that may stand in a value. */
size_t h1_value_span(str s)
{
	size_t i = 0;
	while (s.n - i >= SIXTEEN) {
		size_t n = plain(s.p + i);
		i += n;
		if (n == SIXTEEN)
			continue;
		if (s.p[i] != '\t')
			return i;
		i++;
	}
	return i + h1_span(str_sub(s, i, STR_NPOS), H1_VALUE);
}
