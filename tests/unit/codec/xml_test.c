/* SPDX-License-Identifier: Apache-2.0 */
/* XML: trees, encodings, and what must never be read.
 * A test is a row; a tree is written as name@attr=value(children)"text".
 * Source: XML 1.0 (5th ed.); OWASP on XXE and entity expansion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "codec/xml.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void shape(struct buf *b, const struct xml_node *n)
{
	buf_add(b, n->name);
	for (const struct xml_attr *a = n->attrs; a; a = a->next)
		buf_fmt(b, "@%.*s=%.*s", STR(a->name), STR(a->value));
	if (n->first) {
		buf_char(b, '(');
		for (const struct xml_node *c = n->first; c; c = c->next) {
			assert_ptr_equal(c->parent, n);
			if (c != n->first)
				buf_char(b, ' ');
			shape(b, c);
		}
		buf_char(b, ')');
	}
	if (n->text.n)
		buf_fmt(b, "\"%.*s\"", STR(n->text));
}

static void trees(void **state)
{
	struct arena *a = *state;
	static const struct { str in; const char *tree; const char *markup; } rows[] = {
		{ S_INIT("<a/>"), "a", NULL },
		{ S_INIT("<a></a>"), "a", NULL },
		{ S_INIT("<a >x</a >"), "a\"x\"", NULL },
		{ S_INIT("<a b='1' c=\"2\"/>"), "a@b=1@c=2", NULL },
		{ S_INIT("<a b = '>'   />"), "a@b=>", NULL },
		{ S_INIT("<a b='/>'>t</a>"), "a@b=/>\"t\"", NULL },
		{ S_INIT("<a b='&lt;&amp;&quot;&#65;&#38;'/>"), "a@b=<&\"A&", NULL },
		{ S_INIT("<a>&lt;&amp;&gt;&apos;&quot;&#x41;</a>"), "a\"<&>'\"A\"", NULL },
		{ S_INIT("<a>x<![CDATA[<y>&amp;]]>z</a>"), "a\"x<y>&amp;z\"", NULL },
		{ S_INIT("<a>x<!-- c -->y<?pi z?></a>"), "a\"xy\"", NULL },
		{ S_INIT("<a x='>'>x<![CDATA[<y>&amp;]]><b/><!-- < --></a >"), "a@x=>(b)\"x<y>&amp;\"",
		  "x<![CDATA[<y>&amp;]]><b/><!-- < -->" },
		{ S_INIT("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9<b/>\xe9</a>"),
		  "a(b)\"\xc3\xa9\xc3\xa9\"", "\xc3\xa9<b/>\xc3\xa9" },
		{ S_INIT("<a>1<b>2</b>3<c/>4</a>"), "a(b\"2\" c)\"134\"", "1<b>2</b>3<c/>4" },
		{ S_INIT("<a><b><c/></b><b/></a>"), "a(b(c) b)", "<b><c/></b><b/>" },
		{ S_INIT("<s:E xmlns:s='u'><s:B/></s:E>"), "s:E@xmlns:s=u(s:B)", "<s:B/>" },
		{ S_INIT("<u:a/>"), "u:a", NULL },
		{ S_INIT("\xef\xbb\xbf<a>\xc3\xa9</a>"), "a\"\xc3\xa9\"", NULL },
		{ S_INIT("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>"), "a\"\xc3\xa9\"", NULL },
		{ S_INIT("<?xml version=\"1.0\" encoding=\"utf-8\" standalone='yes'?>\n<!-- x -->\n<a/>\n"),
		  "a", NULL },
		{ S_INIT("\xff\xfe<\0a\0/\0>\0"), "a", NULL },
		{ S_INIT("\xfe\xff\0<\0a\0>\x20\xac\xd8\x3d\xde\0\0<\0/\0a\0>"),
		  "a\"\xe2\x82\xac\xf0\x9f\x98\x80\"", NULL },
		{ S_INIT("\0<\0a\0/\0>"), "a", NULL },
		{ S_INIT("<a>\r\nx\r</a>"), "a\"\nx\n\"", NULL },
		{ S_INIT("<a>{ \"k\": \"{v}\" }</a>"), "a\"{ \"k\": \"{v}\" }\"", NULL },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct xml_node *root = NULL;
		struct diag diag = { .arena = a };
		struct buf b = buf_in(a);
		if (xml_read(a, rows[i].in, &diag, &root).code)
			fail_msg("row %zu: %.*s", i, STR(diag_text(a, &diag)));
		shape(&b, root);
		if (!str_eq(buf_str(&b), str_from_z(rows[i].tree)))
			fail_msg("row %zu: %.*s", i, STR(buf_str(&b)));
		assert_int_equal(str_given(root->markup), rows[i].markup != NULL);
		if (!str_eq(root->markup, str_from_z(rows[i].markup)))
			fail_msg("row %zu: markup %.*s", i, STR(root->markup));
	}
}

static void refusing(void **state)
{
	struct arena *a = *state;
	static const struct { str in; unsigned line; const char *text; } rows[] = {
		{ S_INIT("<!DOCTYPE a><a/>"), 1, "a DOCTYPE is not allowed" },
		{ S_INIT("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"), 1,
		  "a DOCTYPE is not allowed" },
		{ S_INIT("<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/x.dtd\"><a/>"), 1,
		  "a DOCTYPE is not allowed" },
		{ S_INIT("<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><l>&b;</l>"), 1,
		  "a DOCTYPE is not allowed" },
		{ S_INIT("\n<a>\n&nbsp;</a>"), 3, "XML: Entity 'nbsp' not defined" },
		{ S_INIT("<a b='&x;'/>"), 1, "XML: Entity 'x' not defined" },
		{ S_INIT("<a>\n<b>\n</a>"), 3, "XML: Opening and ending tag mismatch: b line 2 and a" },
		{ S_INIT("<a>"), 1, NULL },
		{ S_INIT("<a/><b/>"), 1, NULL },
		{ S_INIT("<a/>x"), 1, NULL },
		{ S_INIT("<a b='1' b='2'/>"), 1, "XML: Attribute b redefined" },
		{ S_INIT("<a b=1/>"), 1, NULL },
		{ S_INIT("<a><</a>"), 1, NULL },
		{ S_INIT("<a>]]></a>"), 1, NULL },
		{ S_INIT("<a>\xff</a>"), 1, NULL },
		{ S_INIT("<a>&#0;</a>"), 1, NULL },
		{ S_INIT("<a>\0</a>"), 1, "XML with a NUL in it" },
		{ S_INIT(""), 1, NULL },
		{ S_INIT("   "), 1, NULL },
		{ S_INIT("hello"), 1, NULL },
		{ S_INIT("{ \"a\": 1 }"), 1, NULL },
		{ S_INIT("<?xml version='1.0' encoding='EBCDIC-CP-US'?><a/>"), 1,
		  "encoding \"EBCDIC-CP-US\" is not read; UTF-8, UTF-16 and ISO-8859-1 are" },
		{ S_INIT("\xff\xfe<\0a\0/\0>"), 1, "UTF-16 of an odd number of bytes" },
		{ S_INIT("\xfe\xff\0<\0a\0>\xd8\x3d\0<\0/\0a\0>"), 1, "UTF-16 with half a surrogate pair" },
		{ S_INIT("\xfe\xff\0<\0a\0>\xd8\x3d"), 1, "UTF-16 with half a surrogate pair" },
		{ S_INIT("<a xmlns:x='u'><x:b></b></a>"), 1, NULL },
		{ S_INIT("\n<?xml version='1.0'?><a/>"), 2, NULL },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct xml_node *root = NULL;
		struct diag diag = { .arena = a };
		if (xml_read(a, rows[i].in, &diag, &root).code != ERR_SYNTAX)
			fail_msg("row %zu", i);
		assert_int_equal(diag.findings.n, 1);
		str text = diag.findings.v[0].text;
		if (rows[i].text && !str_eq(text, str_from_z(rows[i].text)))
			fail_msg("row %zu: %.*s", i, STR(text));
		if (diag.findings.v[0].line != rows[i].line)
			fail_msg("row %zu: line %u", i, diag.findings.v[0].line);
	}
}

static void lines(void **state)
{
	struct arena *a = *state;
	struct xml_node *root = NULL;
	struct diag diag = { .arena = a };
	assert_int_equal(xml_read(a, S("<!--\n-->\n<a\n b='1'>\n<c/>\n\n<d/></a>"), &diag, &root).code, 0);
	assert_int_equal(xml_child(root, S("c"))->line, 5);
	assert_int_equal(xml_child(root, S("d"))->line, 7);
	assert_null(xml_child(root, S("e")));
	assert_true(str_eq(xml_attr(root, S("b")), S("1")));
	assert_false(str_given(xml_attr(root, S("x"))));
}

static void bounds(void **state)
{
	struct arena *a = *state;
	static const struct { const char *head, *middle, *tail; int times; bool nested; enum err_code code; }
	rows[] = {
		{ "<a>", "", "</a>", XML_DEPTH_MAX, true, ERR_NONE },
		{ "<a>", "", "</a>", XML_DEPTH_MAX + 1, true, ERR_LIMIT },
		{ "<a>", "<b/>", "</a>", 1000, false, ERR_NONE },
		{ "<a>", "<b/>", "</a>", XML_NODES_MAX, false, ERR_LIMIT },
		{ "<a>", "<b c=''/>", "</a>", XML_NODES_MAX / 2, false, ERR_LIMIT },
		{ "<a>", "text and more", "</a>", XML_BYTES_MAX / 13 + 1, false, ERR_LIMIT },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = buf_in(a);
		struct xml_node *root = NULL;
		struct diag diag = { .arena = a };
		for (int k = 0; k < (rows[i].nested ? rows[i].times : 1); k++)
			buf_add(&b, str_from_z(rows[i].head));
		for (int k = 0; k < (rows[i].nested ? 0 : rows[i].times); k++)
			buf_add(&b, str_from_z(rows[i].middle));
		for (int k = 0; k < (rows[i].nested ? rows[i].times : 1); k++)
			buf_add(&b, str_from_z(rows[i].tail));
		if (xml_read(a, buf_str(&b), &diag, &root).code != rows[i].code)
			fail_msg("row %zu", i);
	}
}

/* Of one tag; "=" in comments, CDATA, instructions, values and text is none. */
static void attributes(void **state)
{
	struct arena *a = *state;
	static const struct { const char *before, *middle, *after; bool numbered; int times; const char *finding; } rows[] = {
		{ "<a", " b%d=''", "/>", true, XML_ATTRIBUTES_MAX, "" },
		{ "<a>\n<a", " b%d='>'", "/></a>", true, XML_ATTRIBUTES_MAX + 1, "2: a tag of more than 256 attributes" },
		{ "<a", " b%d=\"'\"", "/>", true, XML_ATTRIBUTES_MAX + 1, "1: a tag of more than 256 attributes" },
		{ "<a", " xmlns:b%d='u'", "/>", true, 500000 / 8, "1: a tag of more than 256 attributes" },
		{ "<!--", "=", "--><a/>", false, 1000, "" },
		{ "<a><![CDATA[<", "=", "]]></a>", false, 1000, "" },
		{ "<?x ", "=", "?><a/>", false, 1000, "" },
		{ "<a>", "=", "</a>", false, 1000, "" },
		{ "<a b='", "=", "'/>", false, 1000, "" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = buf_in(a);
		struct xml_node *root = NULL;
		struct diag diag = { .arena = a };
		buf_add(&b, str_from_z(rows[i].before));
		for (int k = 0; k < rows[i].times; k++)
			buf_add(&b, rows[i].numbered ? str_replace(a, str_from_z(rows[i].middle), S("%d"), str_fmt(a, "%d", k))
			                             : str_from_z(rows[i].middle));
		buf_add(&b, str_from_z(rows[i].after));
		err e = xml_read(a, buf_str(&b), &diag, &root);
		str finding = diag_text(a, &diag);
		if (!str_eq(finding, str_from_z(rows[i].finding)) || e.code != (finding.n ? ERR_LIMIT : ERR_NONE))
			fail_msg("row %zu: %d %.*s", i, e.code, STR(finding));
	}
}

static void escaping(void **state)
{
	struct arena *a = *state;
	assert_true(str_eq(xml_escape(a, S("<a b=\"c\">'&")), S("&lt;a b=&quot;c&quot;&gt;&apos;&amp;")));
}

static int setup(void **state)
{
	*state = arena_create(0, 0);
	return 0;
}

static int teardown(void **state)
{
	arena_destroy((struct arena **)state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees),  cmocka_unit_test(refusing), cmocka_unit_test(lines),
		cmocka_unit_test(bounds), cmocka_unit_test(attributes), cmocka_unit_test(escaping),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
