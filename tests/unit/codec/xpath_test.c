/* SPDX-License-Identifier: Apache-2.0 */
/* XPath: results of every type, namespaces, and what is refused or bounded.
 * A test is a row.
 * Source: XPath 1.0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/xpath.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void evaluating(void **state)
{
	struct arena *a = *state;
	static const struct { const char *expression, *xml; enum xpath_type type; const char *out; } rows[] = {
		{ "/a/b", "<a><b>1</b><b>2</b></a>", XPATH_TYPE_NODESET, "<b>1</b><b>2</b>" },
		{ "/a/b", "<a><b>1</b><b>2</b></a>", XPATH_TYPE_NODE, "<b>1</b>" },
		{ "/a/b", "<a><b>1</b><b>2</b></a>", XPATH_TYPE_STRING, "1" },
		{ "/a/b", "<a><b>1</b><b>2</b></a>", XPATH_TYPE_BOOLEAN, "true" },
		{ "/a/c", "<a><b>1</b></a>", XPATH_TYPE_BOOLEAN, "false" },
		{ "sum(//b) div 2", "<a><b>1</b><b>2</b></a>", XPATH_TYPE_NUMBER, "1.5" },
		{ "//b/text()|//b/@c", "<a><b c='&lt;'>&amp;</b></a>", XPATH_TYPE_NODESET, "<&" },
		{ "/", "<a><b/></a>", XPATH_TYPE_NODESET, "<a><b/></a>" },
		{ "//comment()", "<a><!-- x --></a>", XPATH_TYPE_NODESET, " x " },
		{ "//namespace::p", "<a xmlns:p='u'/>", XPATH_TYPE_NODESET, "u" },
		{ "//p:b", "<a xmlns:q='u'><q:b/></a>", XPATH_TYPE_NODESET, "<q:b/>" },
		{ "concat('a',/a)", "<a><![CDATA[<b>]]></a>", XPATH_TYPE_NODESET, "a<b>" },
		{ "/a", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>", XPATH_TYPE_NODESET,
		  "<a>\xc3\xa4</a>" },
		{ "/none", "<a/>", XPATH_TYPE_NODESET, "" },
	};
	struct pairs prefixes = { 0 };
	VEC_PUSH(a, &prefixes, (struct pair){ S("p"), S("u") });
	for (size_t i = 0; i < COUNT(rows); i++) {
		str out = STR_NONE;
		err e = xpath_eval(a, &(struct xpath){ str_from_z(rows[i].expression), str_from_z(rows[i].xml), prefixes, rows[i].type, XPATH_STEPS_MAX }, &out);
		if (e.code || !str_eq(out, str_from_z(rows[i].out)))
			fail_msg("%s: %d %.*s", rows[i].expression, e.code, STR(out));
	}
}

static void refusing(void **state)
{
	struct arena *a = *state;
	struct buf wide = buf_in(a), signs = buf_in(a), letters = buf_in(a), deep = buf_in(a);
	buf_add(&wide, S("<r>"));
	for (int i = 0; i < 5000; i++)
		buf_add(&wide, S("<a/>"));
	buf_add(&wide, S("</r>"));
	for (int i = 0; i < 200; i++)
		buf_add(&deep, S("<a>"));
	for (int i = 0; i < 100000; i++)
		buf_char(&deep, 'x');
	for (int i = 0; i < 200; i++)
		buf_add(&deep, S("</a>"));
	for (int i = 0; i < 201; i++)
		buf_char(&signs, '-');
	buf_char(&signs, '1');
	for (int i = 0; i < 1025; i++)
		buf_char(&letters, 'a');
	const struct { str expression, xml; enum err_code code; } rows[] = {
		{ S("///"), S("<a/>"), ERR_SYNTAX },
		{ S(""), S("<a/>"), ERR_SYNTAX },
		{ S("unknown()"), S("<a/>"), ERR_SYNTAX },
		{ S("$x"), S("<a/>"), ERR_SYNTAX },
		{ S("//q:b"), S("<a/>"), ERR_SYNTAX },
		{ S("document('/etc/passwd')"), S("<a/>"), ERR_SYNTAX },
		{ S("/a"), S("<a>"), ERR_SYNTAX },
		{ S("/a"), S(""), ERR_SYNTAX },
		{ S("/a"), S("<!DOCTYPE a><a/>"), ERR_SYNTAX },
		{ S("/a"), S("<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><a>&e;</a>"), ERR_SYNTAX },
		{ S("//a[count(//a)>1]"), buf_str(&wide), ERR_LIMIT },
		{ S("/a"), buf_str(&deep), ERR_NONE },
		{ S("//a"), buf_str(&deep), ERR_LIMIT }, /* 20 MB */
		{ buf_str(&signs), S("<a/>"), ERR_LIMIT },
		{ buf_str(&letters), S("<a/>"), ERR_LIMIT },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		str out;
		err e = xpath_eval(a, &(struct xpath){ rows[i].expression, rows[i].xml, { 0 }, XPATH_TYPE_NODESET, XPATH_STEPS_MAX }, &out);
		if (e.code != rows[i].code)
			fail_msg("row %zu: %d", i, e.code);
	}
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
	const struct CMUnitTest tests[] = { cmocka_unit_test(evaluating), cmocka_unit_test(refusing) };
	return cmocka_run_group_tests(tests, setup, teardown);
}
