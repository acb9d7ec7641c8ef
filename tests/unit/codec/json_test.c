/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: what is read and refused, and both ways of writing to the byte.
 * A test is a row.
 * Source: RFC 8259; the app profile in Apigee's documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "codec/json.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static str written(struct arena *a, const json_t *v, bool pretty)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, pretty);
	json_tree(&w, v);
	return buf_str(&b);
}

static void round_trip(void **state)
{
	struct arena *a = *state;
	static const struct { const char *in, *compact, *pretty; } rows[] = {
		{ "[]", "[]", "[ ]" },
		{ "{}", "{}", "{ }" },
		{ "null", "null", "null" },
		{ "\"a\"", "\"a\"", "\"a\"" },
		{ "[1,2]", "[1,2]", "[ 1, 2 ]" },
		{ "[[1],[ ]]", "[[1],[]]", "[ [ 1 ], [ ] ]" },
		{ "{\"a\":1}", "{\"a\":1}", "{\n  \"a\" : 1\n}" },
		{ "{\"b\":[],\"a\":[\"x\",\"y\"]}", "{\"b\":[],\"a\":[\"x\",\"y\"]}",
		  "{\n  \"b\" : [ ],\n  \"a\" : [ \"x\", \"y\" ]\n}" },
		{ "[{\"a\":1},{\"b\":2}]", "[{\"a\":1},{\"b\":2}]",
		  "[ {\n  \"a\" : 1\n}, {\n  \"b\" : 2\n} ]" },
		{ "{\"c\":[{\"p\":[{\"n\":\"v\",\"s\":true}],\"e\":-1}],\"d\":{\"x\":null}}",
		  "{\"c\":[{\"p\":[{\"n\":\"v\",\"s\":true}],\"e\":-1}],\"d\":{\"x\":null}}",
		  "{\n  \"c\" : [ {\n    \"p\" : [ {\n      \"n\" : \"v\",\n      \"s\" : true\n    } ],\n"
		  "    \"e\" : -1\n  } ],\n  \"d\" : {\n    \"x\" : null\n  }\n}" },
		{ "[1.5,1.0,0.1,1e10,-2.5e-7,1e7,123456.789,0.0]",
		  "[1.5,1.0,0.1,1.0E10,-2.5E-7,1.0E7,123456.789,0.0]",
		  "[ 1.5, 1.0, 0.1, 1.0E10, -2.5E-7, 1.0E7, 123456.789, 0.0 ]" },
		{ "[9223372036854775807,-9223372036854775808]",
		  "[9223372036854775807,-9223372036854775808]",
		  "[ 9223372036854775807, -9223372036854775808 ]" },
		{ " [ -0 , 0.5e+3\t,\r\n1E2 ] ", "[0,500.0,100.0]", "[ 0, 500.0, 100.0 ]" },
		{ "\"\\ud83d\\ude00 \\uFfFf\\u07ff\"", "\"\xf0\x9f\x98\x80 \xef\xbf\xbf\xdf\xbf\"",
		  "\"\xf0\x9f\x98\x80 \xef\xbf\xbf\xdf\xbf\"" },
		{ "{\"\\u0061b\":\"\\tlong enough for words of eight \xc3\xa9\"}",
		  "{\"ab\":\"\\tlong enough for words of eight \xc3\xa9\"}",
		  "{\n  \"ab\" : \"\\tlong enough for words of eight \xc3\xa9\"\n}" },
		{ "\"\\u00e9\\n\\u001f\\/\\\"\\\\\"", "\"\xc3\xa9\\n\\u001F/\\\"\\\\\"",
		  "\"\xc3\xa9\\n\\u001F/\\\"\\\\\"" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *v = NULL;
		struct diag diag = { .arena = a };
		err e = json_read(a, str_from_z(rows[i].in), &diag, &v);
		assert_int_equal(e.code, ERR_NONE);
		str compact = written(a, v, false), pretty = written(a, v, true);
		if (!str_eq(compact, str_from_z(rows[i].compact)))
			fail_msg("row %zu: %.*s", i, STR(compact));
		if (!str_eq(pretty, str_from_z(rows[i].pretty)))
			fail_msg("row %zu: %.*s", i, STR(pretty));
	}
}

static void refusing(void **state)
{
	struct arena *a = *state;
	static const struct { str in; unsigned line; const char *text; } rows[] = {
		{ S_INIT(""), 1, "JSON, column 1: unexpected token near end of file" },
		{ S_INIT("{\"a\":1,\n \"a\":2}"), 2, "JSON, column 4: duplicate object key near '\"a\"'" },
		{ S_INIT("{\"\\u0061\":1,\"a\":2}"), 1, NULL },
		{ S_INIT("[1,]"), 1, NULL },
		{ S_INIT("[1 2]"), 1, NULL },
		{ S_INIT("[1}"), 1, NULL },
		{ S_INIT("[1] x"), 1, NULL },
		{ S_INIT("{'a':1}"), 1, NULL },
		{ S_INIT("{\"a\" 1}"), 1, NULL },
		{ S_INIT("{\"a\":1,}"), 1, NULL },
		{ S_INIT("{\"a\""), 1, NULL },
		{ S_INIT("[01]"), 1, NULL },
		{ S_INIT("[-]"), 1, NULL },
		{ S_INIT("[+1]"), 1, NULL },
		{ S_INIT("[.5]"), 1, NULL },
		{ S_INIT("[1.]"), 1, NULL },
		{ S_INIT("[1e]"), 1, NULL },
		{ S_INIT("[1e+]"), 1, NULL },
		{ S_INIT("[-01.5]"), 1, NULL },
		{ S_INIT("[0x1]"), 1, NULL },
		{ S_INIT("[NaN]"), 1, NULL },
		{ S_INIT("[tru]"), 1, NULL },
		{ S_INIT("nul"), 1, NULL },
		{ S_INIT("[\"\xe2\x82\xac\", x]"), 1, NULL },
		{ S_INIT("\"abc"), 1, NULL },
		{ S_INIT("\"abc\\"), 1, NULL },
		{ S_INIT("[\"\\x41\"]"), 1, NULL },
		{ S_INIT("[\"\\u12g4\"]"), 1, NULL },
		{ S_INIT("[\"\\u12"), 1, NULL },
		{ S_INIT("[\"\\ud800\\u0041\"]"), 1, NULL },
		{ S_INIT("[\"\\udc00\"]"), 1, NULL },
		{ S_INIT("[\"\xed\xa0\x80\"]"), 1, NULL },
		{ S_INIT("[\"\xc0\xaf and more of it\"]"), 1, NULL },
		{ S_INIT("[\"\\u0000\"]"), 1, NULL },
		{ S_INIT("[\"\0\"]"), 1, "JSON holds a NUL" },
		{ S_INIT("[1]\0"), 1, "JSON holds a NUL" },
		{ S_INIT("[1]\n\0[2]"), 2, "JSON holds a NUL" },
		{ S_INIT("[\"\xff\"]"), 1, NULL },
		{ S_INIT("[\"\\ud800\"]"), 1, NULL },
		{ S_INIT("[\"a\nb\"]"), 1, NULL },
		{ S_INIT("[99999999999999999999]"), 1, NULL },
		{ S_INIT("[1e999]"), 1, NULL },
		{ S_INIT("\n\n[}"), 3, NULL },
		{ S_INIT("/* c */ []"), 1, NULL },
		{ S_INIT("\xef\xbb\xbf[]"), 1, NULL },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *v = NULL;
		struct diag diag = { .arena = a };
		if (json_read(a, rows[i].in, &diag, &v).code != ERR_SYNTAX)
			fail_msg("row %zu", i);
		assert_int_equal(diag.findings.n, 1);
		assert_int_equal(diag.findings.v[0].line, rows[i].line);
		if (rows[i].text)
			assert_string_equal(str_z(a, diag.findings.v[0].text), rows[i].text);
	}
}

static void bounds(void **state)
{
	struct arena *a = *state;
	static const struct { const char *open, *close; int times; enum err_code code; } rows[] = {
		{ "[", "]", JSON_DEPTH_MAX, ERR_NONE },
		{ "[", "]", JSON_DEPTH_MAX + 1, ERR_LIMIT },
		{ "{\"a\":", "}", JSON_DEPTH_MAX + 1, ERR_LIMIT },
		{ "[", "", 1000000, ERR_LIMIT },
		{ "\"[\",", "", 1000, ERR_SYNTAX }, /* brackets in strings are no depth */
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = buf_in(a);
		json_t *v = NULL;
		struct diag diag = { .arena = a };
		for (int k = 0; k < rows[i].times; k++)
			buf_add(&b, str_from_z(rows[i].open));
		if (rows[i].open[0] == '{')
			buf_add(&b, S("1"));
		for (int k = 0; k < rows[i].times; k++)
			buf_add(&b, str_from_z(rows[i].close));
		assert_int_equal(json_read(a, buf_str(&b), &diag, &v).code, rows[i].code);
	}
}

static void escaping(void **state)
{
	struct arena *a = *state;
	static const struct { str in; bool slashes; const char *out; } rows[] = {
		{ S_INIT("a/b"), true, "a\\/b" },
		{ S_INIT("a/b"), false, "a/b" },
		{ S_INIT("\"\\\b\f\n\r\t"), false, "\\\"\\\\\\b\\f\\n\\r\\t" },
		{ S_INIT("\0\x1f\x7f"), false, "\\u0000\\u001F\x7f" },
		{ S_INIT("\xe2\x82\xac"), false, "\xe2\x82\xac" },
		{ S_INIT("a\xff\xe2\x82"), false, "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ S_INIT("\xc0\xaf"), false, "\xef\xbf\xbd\xef\xbf\xbd" },
		{ S_INIT("\xed\xa0\x80"), false, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ S_INIT("\xf0\x9f\x98\x80"), false, "\xf0\x9f\x98\x80" },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!str_eq(json_escape(a, rows[i].in, rows[i].slashes), str_from_z(rows[i].out)))
			fail_msg("row %zu", i);
}

static void members(void **state)
{
	struct arena *a = *state;
	json_t *v = NULL;
	struct diag diag = { .arena = a };
	assert_int_equal(json_read(a, S("{\"s\":\"x\",\"n\":1,\"e\":\"\"}"), &diag, &v).code, 0);
	assert_true(str_eq(json_member_str(v, "s"), S("x")));
	assert_true(str_given(json_member_str(v, "e")));
	assert_false(str_given(json_member_str(v, "n")));
	assert_false(str_given(json_member_str(v, "z")));
	assert_false(str_given(json_member_str(NULL, "z")));
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
		cmocka_unit_test(round_trip), cmocka_unit_test(refusing), cmocka_unit_test(bounds),
		cmocka_unit_test(escaping),   cmocka_unit_test(members),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
