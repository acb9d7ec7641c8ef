/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 of codec/utf8.h.
 * An ill-formed byte is always stepped over alone, so every walk ends and loses nothing else.
 * Source: RFC 3629 §3, §4; Unicode 15, table 3-7. */
#include "codec/utf8.h"

size_t utf8_sequence(str s, size_t at)
{
	const unsigned char *p = (const unsigned char *)s.p + at;
	if (p[0] < 0x80)
		return 1;
	size_t len = p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	if (len == 0 || len > s.n - at)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

uint32_t utf8_take(str s, size_t *at)
{
	size_t len = utf8_sequence(s, *at);
	const unsigned char *p = (const unsigned char *)s.p + *at;
	*at += len ? len : 1;
	switch (len) {
	case 1:
		return p[0];
	case 2:
		return (uint32_t)(p[0] & 31) << 6 | (p[1] & 63);
	case 3:
		return (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
	case 4:
		return (uint32_t)(p[0] & 7) << 18 | (uint32_t)(p[1] & 63) << 12 |
		       (uint32_t)(p[2] & 63) << 6 | (p[3] & 63);
	default:
		return 0xfffd;
	}
}

bool utf8_valid(str s)
{
	for (size_t i = 0, len; i < s.n; i += len)
		if ((len = utf8_sequence(s, i)) == 0)
			return false;
	return true;
}

bool utf8_is_text(str s) { return str_find_char(s, 0) == STR_NPOS && utf8_valid(s); }

size_t utf8_count(str s)
{
	size_t count = 0;
	for (size_t i = 0; i < s.n; count++)
		utf8_take(s, &i);
	return count;
}

void utf8_put(struct buf *b, uint32_t c)
{
	char *p = buf_room(b, 4);
	size_t n = 0;
	if (c < 0x80) {
		p[n++] = (char)c;
	} else if (c < 0x800) {
		p[n++] = (char)(0xc0 | c >> 6);
	} else {
		p[n++] = (char)(c < 0x10000 ? 0xe0 | c >> 12 : 0xf0 | c >> 18);
		if (c >= 0x10000)
			p[n++] = (char)(0x80 | (c >> 12 & 63));
		p[n++] = (char)(0x80 | (c >> 6 & 63));
	}
	if (c >= 0x80)
		p[n++] = (char)(0x80 | (c & 63));
	b->n += n;
}
