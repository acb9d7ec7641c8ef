/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings of XML documents, of codec/xml_text.h.
 * The byte order mark wins over the declaration; without either it is UTF-8.
 * Source: XML 1.0 (5th ed.) §4.3.3 and appendix F; RFC 2781 for UTF-16. */
#include "codec/xml_text.h"

#include <libxml/parser.h>
#include <pthread.h>

#include "codec/utf8.h"
#include "codec/xml.h"

static err from_utf16(struct arena *a, str in, bool big, struct diag *diag, str *out)
{
	struct buf b = buf_in(a);
	uint32_t high = 0;
	if (in.n % 2)
		return diag_add(diag, ERR_SYNTAX, 1, "UTF-16 of an odd number of bytes");
	for (size_t i = 0; i < in.n; i += 2) {
		unsigned char x = (unsigned char)in.p[i], y = (unsigned char)in.p[i + 1];
		uint32_t c = big ? (uint32_t)x << 8 | y : (uint32_t)y << 8 | x;
		bool low = c >= 0xdc00 && c < 0xe000;
		if (low != (high != 0))
			return diag_add(diag, ERR_SYNTAX, 1, "UTF-16 with half a surrogate pair");
		if (low)
			c = 0x10000 + ((high - 0xd800) << 10) + (c - 0xdc00);
		high = c >= 0xd800 && c < 0xdc00 ? c : 0;
		if (!high)
			utf8_put(&b, c);
	}
	if (high)
		return diag_add(diag, ERR_SYNTAX, 1, "UTF-16 with half a surrogate pair");
	*out = buf_str(&b);
	return DONE;
}

static str from_latin1(struct arena *a, str in)
{
	struct buf b = buf_in(a);
	for (size_t i = 0; i < in.n; i++)
		utf8_put(&b, (unsigned char)in.p[i]);
	return buf_str(&b);
}

/* The name in <?xml ... encoding="NAME"?>, absent if there is none. */
static str declared(str text)
{
	str head = str_sub(text, 0, 256);
	if (!str_starts(head, S("<?xml")))
		return STR_NONE;
	head = str_sub(head, 0, str_find(head, S("?>")));
	size_t at = str_find(head, S("encoding"));
	if (at == STR_NPOS)
		return STR_NONE;
	str rest = str_trim(str_sub(head, at + 8, STR_NPOS));
	if (!str_starts(rest, S("=")))
		return STR_NONE;
	rest = str_trim(str_sub(rest, 1, STR_NPOS));
	if (rest.n == 0 || (rest.p[0] != '"' && rest.p[0] != '\''))
		return STR_NONE;
	char quote = rest.p[0];
	rest = str_sub(rest, 1, STR_NPOS);
	size_t end = str_find_char(rest, quote);
	return end == STR_NPOS ? STR_NONE : str_sub(rest, 0, end);
}

static err by_declaration(struct arena *a, str in, struct diag *diag, str *out)
{
	static const char *const utf8[] = { "UTF-8", "UTF8", "US-ASCII", "ASCII", NULL };
	static const char *const latin1[] = { "ISO-8859-1", "ISO8859-1", "LATIN1", "LATIN-1",
		                              NULL };
	str name = declared(in);
	*out = str_dup(a, in);
	if (!str_given(name))
		return DONE;
	for (int i = 0; utf8[i]; i++)
		if (str_ieq(name, str_from_z(utf8[i])))
			return DONE;
	for (int i = 0; latin1[i]; i++) {
		if (str_ieq(name, str_from_z(latin1[i]))) {
			*out = from_latin1(a, in);
			return DONE;
		}
	}
	return diag_add(diag, ERR_SYNTAX, 1,
	                "encoding \"%.*s\" is not read; UTF-8, UTF-16 and ISO-8859-1 are",
	                STR(name));
}

/* What begins like a tag and is none, and how it ends. */
static str end_of_other(str text)
{
	static const struct {
		str begin, end;
	} others[] = {
		{ S_INIT("<!--"), S_INIT("-->") },
		{ S_INIT("<![CDATA["), S_INIT("]]>") },
		{ S_INIT("<?"), S_INIT("?>") },
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (str_starts(text, others[i].begin))
			return others[i].end;
	return STR_NONE;
}

static unsigned line_of(str text, str rest)
{
	unsigned line = 1;
	for (const char *p = text.p; p < rest.p; p++)
		line += *p == '\n';
	return line;
}

/* How long the tag at the front is; *n: its attributes. */
static size_t tag_length(str text, unsigned *n)
{
	char quote = 0;
	size_t i = 0;
	for (*n = 0; i < text.n && (quote || text.p[i] != '>'); i++) {
		char c = text.p[i];
		if (quote ? c == quote : c == '"' || c == '\'')
			quote = quote ? 0 : c;
		*n += !quote && c == '=';
	}
	return i;
}

/* libxml2 compares each attribute of a tag with each. */
static err check_tags(str text, struct diag *diag)
{
	size_t at, length;
	for (str rest = text; (at = str_find_char(rest, '<')) != STR_NPOS;
	     rest = str_sub(rest, length, STR_NPOS)) {
		unsigned n = 0;
		rest = str_sub(rest, at, STR_NPOS);
		str end = end_of_other(rest);
		length = str_given(end) ? str_find(rest, end) : tag_length(rest, &n);
		if (n > XML_ATTRIBUTES_MAX)
			return diag_add(diag, ERR_LIMIT, line_of(text, rest),
			                "a tag of more than %d attributes", XML_ATTRIBUTES_MAX);
	}
	return DONE;
}

err xml_text(struct arena *a, str in, struct diag *diag, str *out)
{
	if (in.n > XML_BYTES_MAX)
		return diag_add(diag, ERR_LIMIT, 0, "XML of more than %d bytes", XML_BYTES_MAX);
	if (str_starts(in, S("\xfe\xff")))
		TRY(from_utf16(a, str_sub(in, 2, STR_NPOS), true, diag, out));
	else if (str_starts(in, S("\xff\xfe")))
		TRY(from_utf16(a, str_sub(in, 2, STR_NPOS), false, diag, out));
	else if (str_starts(in, S("\0<")))
		TRY(from_utf16(a, in, true, diag, out));
	else if (str_starts(in, S("<\0")))
		TRY(from_utf16(a, in, false, diag, out));
	else if (str_starts(in, S("\xef\xbb\xbf")))
		*out = str_dup(a, str_sub(in, 3, STR_NPOS));
	else
		TRY(by_declaration(a, in, diag, out));
	if (out->n > XML_BYTES_MAX)
		return diag_add(diag, ERR_LIMIT, 0, "XML of more than %d bytes", XML_BYTES_MAX);
	if (str_find_char(*out, 0) != STR_NPOS)
		return diag_add(diag, ERR_SYNTAX, 1, "XML with a NUL in it");
	return check_tags(*out, diag);
}

static pthread_once_t ready = PTHREAD_ONCE_INIT;

static void unheard(void *ctx, const char *fmt, ...) { (void)ctx, (void)fmt; }

/* The silence is a thread's own, so it is asked for every time: libxml2 would else write to stderr
 * what no handler takes, for example the unknown functions of an XPath expression. */
void xml_library_ready(void)
{
	pthread_once(&ready, xmlInitParser);
	xmlSetGenericErrorFunc(NULL, unheard);
}
