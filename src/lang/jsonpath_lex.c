/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner of JSONPath: signs, texts in quotes, whole numbers.
 * Nothing is read beyond the end; what does not fit leaves a finding with its column.
 * Source: RFC 9535 §2.3.1. */
#include "lang/jsonpath_lex.h"

#include <string.h>

#include "codec/utf8.h"

err scan_refuse(struct scanner *p, size_t at, const char *what)
{
	return diag_add(p->diag, ERR_SYNTAX, p->line, "JSONPath \"%.*s\", column %zu: %s",
	                STR(p->text), at + 1, what);
}

void scan_blanks(struct scanner *p)
{
	while (scan_peek(p) == ' ' || scan_peek(p) == '\t' || scan_peek(p) == '\n' ||
	       scan_peek(p) == '\r')
		p->at++;
}

bool scan_eat(struct scanner *p, str sign)
{
	if (!str_starts(str_sub(p->text, p->at, STR_NPOS), sign))
		return false;
	p->at += sign.n;
	return true;
}

static bool hex4(struct scanner *p, uint32_t *out)
{
	*out = 0;
	if (p->text.n - p->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(p->text.p[p->at++]);
		if (digit < 0)
			return false;
		*out = *out << 4 | (uint32_t)digit;
	}
	return true;
}

static err escaped(struct scanner *p, struct buf *b)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	char c = scan_peek(p);
	p->at++;
	const char *at = c ? strchr(from, c) : NULL;
	if (c != 'u') {
		buf_char(b, at ? to[at - from] : c);
		return DONE;
	}
	uint32_t code, low;
	if (!hex4(p, &code) || (code >= 0xdc00 && code < 0xe000))
		return REFUSE(p, "four hexadecimal digits of a character should follow \\u");
	if (code >= 0xd800 && code < 0xdc00) {
		if (!scan_eat(p, S("\\u")) || !hex4(p, &low) || low < 0xdc00 || low >= 0xe000)
			return REFUSE(p, "half a surrogate pair");
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	utf8_put(b, code);
	return DONE;
}

err scan_quoted(struct scanner *p, str *out)
{
	struct buf b = buf_in(p->arena);
	size_t start = p->at;
	char quote = scan_peek(p);
	p->at++;
	while (p->at < p->text.n && scan_peek(p) != quote) {
		char c = p->text.p[p->at++];
		if (c != '\\')
			buf_char(&b, c);
		else if (p->at < p->text.n)
			TRY(escaped(p, &b));
	}
	if (!scan_eat(p, (str){ &quote, 1 }))
		return scan_refuse(p, start, "the quote is not closed");
	*out = buf_str(&b);
	return DONE;
}

bool scan_integer(struct scanner *p, int64_t *out)
{
	size_t from = p->at;
	if (scan_peek(p) == '-')
		p->at++;
	while (scan_peek(p) >= '0' && scan_peek(p) <= '9')
		p->at++;
	return str_to_i64(str_sub(p->text, from, p->at), out);
}
