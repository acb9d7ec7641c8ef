/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 and hexadecimal by table.
 * A text has at most one reading and a value one text: what is not canonical is refused.
 * Source: RFC 4648 §3.5, §4, §5, §8. */
#include "codec/base64.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char urlsafe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static str encode(struct arena *a, str in, const char *alphabet, bool pad)
{
	const unsigned char *p = (const unsigned char *)in.p;
	char *out = arena_alloc(a, in.n / 3 * 4 + 4, 1);
	size_t n = 0, i = 0;
	for (; i + 2 < in.n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];
		out[n++] = alphabet[v >> 18];
		out[n++] = alphabet[v >> 12 & 63];
		out[n++] = alphabet[v >> 6 & 63];
		out[n++] = alphabet[v & 63];
	}
	if (i < in.n) {
		bool two = i + 1 < in.n;
		uint32_t v = (uint32_t)p[i] << 16 | (two ? (uint32_t)p[i + 1] << 8 : 0);
		out[n++] = alphabet[v >> 18];
		out[n++] = alphabet[v >> 12 & 63];
		if (two)
			out[n++] = alphabet[v >> 6 & 63];
		for (int k = two; pad && k < 2; k++)
			out[n++] = '=';
	}
	return (str){ out, n };
}

str base64_write(struct arena *a, str bytes) { return encode(a, bytes, standard, true); }
str base64url_write(struct arena *a, str bytes) { return encode(a, bytes, urlsafe, false); }

/* What each byte stands for; STD and URL mark what one alphabet alone has, NO is in neither. */
enum { STD = 0x40, URL = 0x80, NO = STD + URL };
/* clang-format off */
static const unsigned char digits[256] = {
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, STD + 62, NO, URL + 62, NO, STD + 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
	NO, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, URL + 63,
	NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
};
/* clang-format on */

static inline uint32_t four(const unsigned char text[4], unsigned *seen)
{
	unsigned d[4] = { digits[text[0]], digits[text[1]], digits[text[2]], digits[text[3]] };
	*seen |= d[0] | d[1] | d[2] | d[3];
	return (d[0] & 63) << 18 | (d[1] & 63) << 12 | (d[2] & 63) << 6 | (d[3] & 63);
}

/* refused: the mark of the other alphabet */
static err decode(struct arena *a, str in, unsigned refused, str *out)
{
	unsigned char *p = arena_alloc(a, in.n / 4 * 3 + 3, 1);
	const unsigned char *text = (const unsigned char *)in.p;
	unsigned char last[4] = { 'A', 'A', 'A', 'A' }; /* zeroes */
	unsigned seen = 0;
	size_t n = 0, i = 0;
	for (; in.n - i >= 4; i += 4) {
		uint32_t v = four(text + i, &seen);
		p[n++] = (unsigned char)(v >> 16);
		p[n++] = (unsigned char)(v >> 8);
		p[n++] = (unsigned char)v;
	}
	for (size_t k = 0; i + k < in.n; k++)
		last[k] = text[i + k];
	uint32_t rest = four(last, &seen);
	for (; in.n - i >= 2; i++, rest <<= 8)
		p[n++] = (unsigned char)(rest >> 16);
	/* One digit makes no byte; RFC 4648 §3.5: the bits that no byte took must be zero */
	if (in.n % 4 == 1 || (seen & refused) || (rest & 0xffffff))
		return FAIL(ERR_SYNTAX);
	*out = str_from(p, n);
	return DONE;
}

static str unpadded(str s)
{
	for (int k = 0; k < 2 && s.n && s.n % 4 != 1 && s.p[s.n - 1] == '='; k++)
		s.n--;
	return s;
}

err base64_read(struct arena *a, str text, str *out)
{
	if (text.n % 4)
		return FAIL(ERR_SYNTAX);
	return decode(a, unpadded(text), URL, out);
}

err base64url_read(struct arena *a, str text, str *out)
{
	str bare = text.n % 4 == 0 ? unpadded(text) : text;
	return decode(a, bare, STD, out);
}

err hex_read(struct arena *a, str text, str *out)
{
	char *p = arena_alloc(a, text.n / 2 + 1, 1);
	if (text.n % 2)
		return FAIL(ERR_SYNTAX);
	for (size_t i = 0; i < text.n; i += 2) {
		int high = hex_digit(text.p[i]), low = hex_digit(text.p[i + 1]);
		if (high < 0 || low < 0)
			return FAIL(ERR_SYNTAX);
		p[i / 2] = (char)(high << 4 | low);
	}
	*out = (str){ p, text.n / 2 };
	return DONE;
}
