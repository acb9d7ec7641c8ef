/* SPDX-License-Identifier: Apache-2.0 */
/* Form pairs of codec/form.h.
 * What needs no decoding is not copied: the pairs then point into the text that was read.
 * Source: WHATWG URL §5.1, §5.2; RFC 3986 §2.1, §2.3. */
#include "codec/form.h"

str percent_decode(struct arena *a, str s, bool plus_is_space)
{
	if (str_find_char(s, '%') == STR_NPOS &&
	    (!plus_is_space || str_find_char(s, '+') == STR_NPOS))
		return s;
	char *out = arena_alloc(a, s.n, 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '%' && i + 2 < s.n) {
			int high = hex_digit(s.p[i + 1]), low = hex_digit(s.p[i + 2]);
			if (high >= 0 && low >= 0) {
				c = (char)(high << 4 | low);
				i += 2;
			}
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		out[n++] = c;
	}
	return (str){ out, n };
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static void escape_into(struct buf *b, str s, const char *bare, bool plus)
{
	static const char hex[] = "0123456789ABCDEF";
	char *p = buf_room(b, s.n * 3);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (is_alnum((char)c) || (c && strchr(bare, c))) {
			p[n++] = (char)c;
		} else if (c == ' ' && plus) {
			p[n++] = '+';
		} else {
			p[n++] = '%';
			p[n++] = hex[c >> 4];
			p[n++] = hex[c & 15];
		}
	}
	b->n += n;
}

str percent_encode(struct arena *a, str s)
{
	struct buf b = buf_in(a);
	escape_into(&b, s, "-._~", false);
	return buf_str(&b);
}

err form_read(struct arena *a, str text, struct pairs *out)
{
	*out = (struct pairs){ 0 };
	for (str rest = text; str_given(rest);) {
		str value = str_cut(&rest, '&');
		if (value.n == 0)
			continue;
		if (out->n == FORM_PAIRS_MAX)
			return FAIL(ERR_LIMIT);
		str name = str_cut(&value, '=');
		struct pair pair = { percent_decode(a, name, true),
			             percent_decode(a, value, true) };
		if (!str_given(pair.value))
			pair.value = S("");
		VEC_PUSH(a, out, pair);
	}
	return DONE;
}

str form_write(struct arena *a, const struct pairs *pairs)
{
	struct buf b = buf_in(a);
	for (size_t i = 0; i < pairs->n; i++) {
		if (i)
			buf_char(&b, '&');
		escape_into(&b, pairs->v[i].name, "*-._", true);
		buf_char(&b, '=');
		escape_into(&b, pairs->v[i].value, "*-._", true);
	}
	return buf_str(&b);
}

str form_get(const struct pairs *pairs, str name)
{
	for (size_t i = 0; i < pairs->n; i++)
		if (str_eq(pairs->v[i].name, name))
			return pairs->v[i].value;
	return STR_NONE;
}
