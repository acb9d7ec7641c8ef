/* SPDX-License-Identifier: Apache-2.0 */
/* Message templates: what is a variable and what stays text, and every function.
 * A test is a row.
 * Source: Apigee, "Message templates". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "lang/regex.h"
#include "lang/template.h"
#include "scope.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct flowvar vars[] = {
	TEXT("a", "A"),
	TEXT("a.b", "AB"),
	TEXT("a-b_c.d1", "mixed"),
	TEXT("empty", ""),
	TEXT("alpha", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
	TEXT("abc", "abc"),
	TEXT("header", "Bearer ABC-9993"),
	TEXT("regex1", "^Bearer "),
	TEXT("broken", "("),
	TEXT("replacement", "TOKEN: "),
	TEXT("food", "\"bread\" & 'butter' <x>"),
	TEXT("json.text", "say \"hi\"\n/"),
	TEXT("fmt2", "yyyy-MM-dd HH:mm:ss"),
	TEXT("iso", "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"),
	TEXT("epoch", "1494390266"),
	TEXT("request.queryparam.$top", "9"),
	TEXT("umlaut", "\xc3\xa4\xc3\xb6\xc3\xbc"),
	TEXT("xml", "<tag><tagid>250397</tagid><r>1</r><r x='y'>2</r></tag>"),
	TEXT("soap", "<s:Envelope xmlns:s='http://e/'><s:Body><x/></s:Body></s:Envelope>"),
	TEXT("soapns", "soap:http://e/"),
	TEXT("expr", "/soap:Envelope/soap:Body/*"),
	TEXT("xxe", "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>"),
	TEXT("json", "{\"s\":\"text\",\"n\":1.5,\"o\":{\"k\":[1]},\"l\":[\"x\",\"y\"],\"e\":[],\"b\":true,"
	             "\"r\":[{\"n\":\"A\",\"v\":1},{\"n\":\"B\",\"v\":2}]}"),
	TEXT("path", "$.r[?(@.n=='B')].v"),
	INT("seven", 7),
	INT("code", 404),
	INT("epoch.ms", 1494390266000),
	REAL("half", 0.5),
	BOOL("yes", 1),
};

struct row {
	const char *text, *out;
	const char *unresolved; /* NULL: none */
};

static const struct row braces[] = {
	{ "", "", NULL },
	{ "plain", "plain", NULL },
	{ "{a}", "A", NULL },
	{ "x{a}y", "xAy", NULL },
	{ "{a}{a.b}", "AAB", NULL },
	{ "{a-b_c.d1}", "mixed", NULL },
	{ "{request.queryparam.$top}", "9", NULL },
	{ "{none}", "", "none" },
	{ "x{none}y{gone}", "xy", "none" },
	{ "{none:Unknown}", "Unknown", NULL },
	{ "{a:Unknown}", "A", NULL },
	{ "{none:}", "", NULL },
	{ "{none:two words}", "two words", NULL },
	{ "{protocol:https}://{site:google.com}/path", "https://google.com/path", NULL },
	{ "{empty}", "", NULL },
	{ "{empty:x}", "", NULL },
	{ "{seven} {half} {yes} {code}", "7 0.5 true 404", NULL },
	{ "{}", "{}", NULL },
	{ "{ a }", "{ a }", NULL },
	{ "{a", "{a", NULL },
	{ "a}", "a}", NULL },
	{ "{{a}}", "{A}", NULL },
	{ "{3}", "{3}", NULL },
	{ "[a-z]{3,5}", "[a-z]{3,5}", NULL },
	{ "{.a}", "{.a}", NULL },
	{ "{a[]}", "{a[]}", NULL },
	{ "{a b}", "{a b}", NULL },
	{ "{\"a\": {a}}", "{\"a\": A}", NULL },
	{ "{ \"k\" : \"{a}\", \"n\" : {seven} }", "{ \"k\" : \"A\", \"n\" : 7 }", NULL },
	{ "{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":{\"c\":1}}}", NULL },
	{ "p { color: red; } {a}", "p { color: red; } A", NULL },
	{ "{none:{a}}", "{none:A}", NULL },
	{ "{none:x\ny}", "{none:x\ny}", NULL },
	{ "function(){call(a)}", "function(){call(a)}", NULL },
	{ "if(x){alert('hi')}", "if(x){alert('hi')}", NULL },
	{ "{a}{", "A{", NULL },
	{ "{a}}", "A}", NULL },
	{ "\xc3\xa4{a}\xe2\x82\xac", "\xc3\xa4" "A\xe2\x82\xac", NULL },
	{ "1{a}2{a}3{a}4{a}5{a}6{a}7{a}8{a}9{a}", "1A2A3A4A5A6A7A8A9A", NULL },
};

static const struct row functions[] = {
	{ "{md5Hex('abc')}", "900150983cd24fb0d6963f7d28e17f72", NULL },
	{ "{sha1Hex(abc)}", "a9993e364706816aba3e25717850c26c9cd0d89d", NULL },
	{ "{sha256Hex('abc')}", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", NULL },
	{ "{sha256Base64(abc)}", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", NULL },
	{ "{md5Base64('abc')}", "kAFQmDzST7DWlj99KOF/cg==", NULL },
	{ "{sha384Hex('')}",
	  "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
	  NULL },
	{ "{sha512Base64('abc')}",
	  "3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==", NULL },
	{ "{hmacSha256('Jefe','what do ya want for nothing?')}",
	  "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=", NULL },
	{ "{hmacSha256('Jefe','what do ya want for nothing?','utf-8','hex')}",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", NULL },
	{ "{hmacSha256('4a656665','what do ya want for nothing?','HEX','Base16')}",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", NULL },
	{ "{hmacSha1('SmVmZQ==','what do ya want for nothing?','base64','hex')}",
	  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", NULL },
	{ "{hmacMd5('Jefe','what do ya want for nothing?','utf-8','hex')}",
	  "750c783e6ab0b503eaa86e310a5db738", NULL },
	{ "[{hmacSha256('zz','x','hex')}]", "[]", NULL },
	{ "[{hmacSha256('a','x','latin1')}]", "[]", NULL },
	{ "{encodeBase64(abc)}", "YWJj", NULL },
	{ "{decodeBase64('aGVsbG8sIHdvcmxk')}", "hello, world", NULL },
	{ "[{decodeBase64('-_-_')}]", "[]", NULL },
	{ "{toUpperCase(abc)}{toLowerCase(alpha)}", "ABCabcdefghijklmnopqrstuvwxyz", NULL },
	{ "{toLowerCase(none:FOO)}", "foo", NULL },
	{ "[{toLowerCase(none)}]", "[]", "none" },
	{ "{substring(alpha,22)}", "WXYZ", NULL },
	{ "hello {substring(alpha,22)}", "hello WXYZ", NULL },
	{ "{substring(alpha,-4)}", "WXYZ", NULL },
	{ "{substring(alpha,-8,-4)}", "STUV", NULL },
	{ "{substring(alpha,0,10)}", "ABCDEFGHIJ", NULL },
	{ "{substring(alpha,0,seven)}", "ABCDEFG", NULL },
	{ "[{substring(alpha,5,2)}]", "[]", NULL },
	{ "{substring(alpha,-99,2)}", "AB", NULL },
	{ "{substring(alpha,24,99)}", "YZ", NULL },
	{ "[{substring(alpha,abc)}]", "[]", NULL },
	{ "{substring(umlaut,1,2)}", "\xc3\xb6", NULL },
	{ "{substring(umlaut,-1)}", "\xc3\xbc", NULL },
	{ "{replaceAll(header,'9993','')}", "Bearer ABC-", NULL },
	{ "{replaceAll(header,regex1,replacement)}", "TOKEN: ABC-9993", NULL },
	{ "{replaceAll('a1b2','[0-9]','#')}", "a#b#", NULL },
	{ "{replaceFirst('a1b2','[0-9]','#')}", "a#b2", NULL },
	{ "{replaceAll('ab','(a)(b)','$2$1')}", "ba", NULL },
	{ "[{replaceAll('ab',broken,'')}]", "[]", NULL },
	{ "{escapeJSON(json.text)}", "say \\\"hi\\\"\\n/", NULL },
	{ "{escapeXML(food)}", "&quot;bread&quot; &amp; &apos;butter&apos; &lt;x&gt;", NULL },
	{ "{escapeXML('a\x01\x7f\tb')}", "a&#127;\tb", NULL },
	{ "{escapeXML11('a\x01\x7f\tb')}", "a&#1;&#127;\tb", NULL },
	{ "{encodeHTML(food)}", "&quot;bread&quot; &amp; &#39;butter&#39; &lt;x&gt;", NULL },
	{ "{timeFormatUTC('yyyy-MM-dd',epoch)}", "2017-05-10", NULL },
	{ "{timeFormatUTC(fmt2,epoch)}", "2017-05-10 04:24:26", NULL },
	{ "{timeFormatUTCMs(iso,epoch.ms)}", "2017-05-10T04:24:26.000Z", NULL },
	{ "{timeFormatUTCMs('yyyy-MM-dd'T'HH.mm'Z'',epoch.ms)}", "2017-05-10T04.24Z", NULL },
	{ "{timeFormat('yyyyMMddHHmmss','1494390266')}", "20170510042426", NULL },
	{ "{timeFormatMs('EEE, d MMM yyyy HH-mm-ss z','1494390266000')}", "Wed, 10 May 2017 04-24-26 UTC", NULL },
	{ "[{timeFormatUTC('yyyy',abc)}]", "[]", NULL },
	{ "{firstnonnull(none,a)}", "A", NULL },
	{ "{firstnonnull(a,a.b)}", "A", NULL },
	{ "[{firstnonnull(empty,a)}]", "[]", NULL },
	{ "{firstnonnull(none,gone,'fall back')}", "fall back", NULL },
	{ "[{firstnonnull(none)}]", "[]", NULL },
	{ "{xpath('/tag/tagid',xml)}", "<tagid>250397</tagid>", NULL },
	{ "{xPath('/tag/tagid',xml)}", "<tagid>250397</tagid>", NULL },
	{ "{xpath('/tag/r',xml)}", "<r>1</r><r x=\"y\">2</r>", NULL },
	{ "{xpath('/tag/r',xml,'node')}", "<r>1</r>", NULL },
	{ "{xpath('/tag/tagid/text()',xml)}", "250397", NULL },
	{ "{xpath('/tag/r/@x',xml)}", "y", NULL },
	{ "{xpath('/tag/tagid',xml,'string')}", "250397", NULL },
	{ "{xpath('count(//r)',xml,'number')}", "2", NULL },
	{ "{xpath('count(//r)>1',xml,'boolean')}", "true", NULL },
	{ "{xpath(expr,soap,soapns)}", "<x/>", NULL },
	{ "[{xpath('/none',xml)}][{xpath('///',xml)}][{xpath('/a','no xml')}]", "[][][]", NULL },
	{ "[{xpath('/a',xxe)}]", "[]", NULL },
	{ "{jsonPath('$.s',json)}", "text", NULL },
	{ "{jsonPath('$.n',json)}", "1.5", NULL },
	{ "{jsonPath('$.b',json)}", "true", NULL },
	{ "{jsonPath('$.o',json)}", "{\"k\":[1]}", NULL },
	{ "{jsonPath('$.l',json)}", "x", NULL },
	{ "{jsonPath('$.l',json,true)}", "[\"x\",\"y\"]", NULL },
	{ "{jsonPath('$.r[*].n',json)}", "A", NULL },
	{ "{jsonPath('$.r[*].n',json,true)}", "[\"A\",\"B\"]", NULL },
	{ "{jsonPath('$.r[*].n',json,'true')}", "[\"A\",\"B\"]", NULL },
	{ "{jsonPath('$.r[*].n',json,false)}", "A", NULL },
	{ "{jsonPath(path,json)}", "2", NULL },
	{ "[{jsonPath('$.x',json)}][{jsonPath('$.e',json)}][{jsonPath('$.x',a)}]", "[][][]", NULL },
	{ "{randomLong(5,5)}", "5", NULL },
	{ "{randomLong(-9223372036854775808,-9223372036854775808)}", "-9223372036854775808", NULL },
	{ "[{randomLong(6,5)}]", "[]", NULL },
	{ "{xeger('abc')}", "abc", NULL },
	{ "{xeger('\xc3\xa4{2}')}", "\xc3\xa4\xc3\xa4", NULL },
	/* not a call: it stays as it is */
	{ "{substring( alpha, 0, 4 )}", "{substring( alpha, 0, 4 )}", NULL },
	{ "{createUuid( )}", "{createUuid( )}", NULL },
	{ "{unknown(a)}", "{unknown(a)}", NULL },
	{ "{toUpperCase(a}", "{toUpperCase(a}", NULL },
	{ "{toUpperCase(a)", "{toUpperCase(a)", NULL },
	{ "{toUpperCase('a)}", "{toUpperCase('a)}", NULL },
	{ "{toUpperCase(a) }", "{toUpperCase(a) }", NULL },
	{ "{toUpperCase({a})}", "{toUpperCase(A)}", NULL },
	{ "{toupperCase(abc)}", "{toupperCase(abc)}", NULL },
};

static const struct row legacy[] = {
	{ "{ \"type\" : \"@a#\" }", "{ \"type\" : \"A\" }", NULL },
	{ "@none#", "", "none" },
	{ "@none:x#{a}", "x{a}", NULL },
	{ "me@example.com #1", "me@example.com #1", NULL },
	{ "@toUpperCase(abc)#", "ABC", NULL },
};

static struct template *compiled(struct arena *a, const char *text, char prefix, char suffix)
{
	struct template *t = NULL;
	struct diag diag = { .arena = a };
	struct test_binder b = test_binder(a, &diag, (struct test_vars){ vars, COUNT(vars) });
	if (template_compile(&b.binder, str_from_z(text), prefix, suffix, 1, &t).code)
		fail_msg("%s: %.*s", text, STR(diag_text(a, &diag)));
	return t;
}

static void check(struct arena *a, const struct row *rows, size_t n, char prefix, char suffix)
{
	struct scope scope = { a, test_get };
	for (size_t i = 0; i < n; i++) {
		str unresolved, out;
		const struct template *t = compiled(a, rows[i].text, prefix, suffix);
		out = template_render(t, &scope, &unresolved);
		if (!str_eq(out, str_from_z(rows[i].out)))
			fail_msg("%s: %.*s", rows[i].text, STR(out));
		if (!str_eq(unresolved, str_from_z(rows[i].unresolved)))
			fail_msg("%s: unresolved %.*s", rows[i].text, STR(unresolved));
		assert_true(str_eq(template_render(t, &scope, NULL), out));
	}
}

static void all_braces(void **state) { check(*state, braces, COUNT(braces), '{', '}'); }
static void all_functions(void **state) { check(*state, functions, COUNT(functions), '{', '}'); }
static void all_legacy(void **state) { check(*state, legacy, COUNT(legacy), '@', '#'); }

static void refusing(void **state)
{
	struct arena *a = *state;
	static const struct { const char *text, *finding; } rows[] = {
		{ "{substring(a)}", "4: substring() takes 2 to 3 arguments, not 1" },
		{ "x\ny {createUuid(a)}", "5: createUuid() takes 0 to 0 arguments, not 1" },
		{ "{md5Hex()}", "4: md5Hex() takes 1 to 1 arguments, not 0" },
		{ "{replaceAll(a,'(','')}", "4: regular expression \"(\", column 2: missing closing parenthesis" },
		{ "{timeFormat('bogus',a)}", "4: timeFormat(): \"bogus\" is not a date format" },
		{ "{jsonPath('$.',a)}", "4: JSONPath \"$.\", column 3: a name should stand here" },
		{ "{xeger('[')}", "4: xeger(): no text can be made from \"[\"" },
		{ "{xeger('\\x41')}", "4: xeger(): no text can be made from \"\\x41\"" },
		{ "{xeger('[\\x]')}", "4: xeger(): no text can be made from \"[\\x]\"" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct template *t = NULL;
		struct diag diag = { .arena = a };
		struct test_binder b = test_binder(a, &diag, (struct test_vars){ vars, COUNT(vars) });
		err e = template_compile(&b.binder, str_from_z(rows[i].text), '{', '}', 4, &t);
		if (!e.code || !str_eq(diag_text(a, &diag), str_from_z(rows[i].finding)))
			fail_msg("%s: %.*s", rows[i].text, STR(diag_text(a, &diag)));
	}
}

static void random_ones(void **state)
{
	struct arena *a = *state;
	struct scope scope = { a, test_get };
	static const struct { const char *text, *pattern; } rows[] = {
		{ "{createUuid()}", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}" },
		{ "{randomLong()}", "\\d{1,19}" },
		{ "{randomLong(9223372036854775800)}", "92233720368547758\\d\\d" },
		{ "{randomLong(10,19)}", "1\\d" },
		{ "{randomLong(-3,-1)}", "-[123]" },
		{ "{xeger('[1-9]{7}')}", "[1-9]{7}" },
		{ "{xeger('a|b(c|d)+')}", "a|b(c|d)+" },
		{ "{xeger('\\d{2,4}-[^a-y]?\\w*')}", "\\d{2,4}-[^a-y]?\\w*" },
		{ "{xeger('^(?:x\\.|[\\]\\-])y$')}", "(x\\.|[\\]\\-])y" },
		{ "{xeger('.{3}\\s\\D')}", ".{3}\\s\\D" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct template *t = compiled(a, rows[i].text, '{', '}');
		struct diag diag = { .arena = a };
		struct regex *r = NULL;
		assert_int_equal(regex_compile(a, str_from_z(rows[i].pattern), &diag, 1, &r).code, 0);
		for (int k = 0; k < 50; k++) {
			str out = template_render(t, &scope, NULL);
			if (!regex_matches(r, out))
				fail_msg("%s: %.*s", rows[i].text, STR(out));
		}
	}
}

static void copies(void **state)
{
	struct arena *a = *state;
	struct scope scope = { a, test_get };
	str text = STR_NONE;
	const struct template *literal = compiled(a, "some {text} of {\"j\":1}", '{', '}');
	assert_false(template_is_literal(literal, &text));
	literal = compiled(a, "text {\"j\":1}", '{', '}');
	assert_true(template_is_literal(literal, &text));
	assert_true(template_is_literal(compiled(a, "", '{', '}'), &text));
	const struct template *one = compiled(a, "{alpha}", '{', '}');
	size_t before = arena_used(a);
	assert_true(template_render(literal, &scope, NULL).n == 12);
	assert_ptr_equal(template_render(one, &scope, NULL).p, vars[4].value.s.p);
	assert_int_equal(arena_used(a), before); /* a literal or one variable is not copied at all */
	const struct template *two = compiled(a, "/{a}/{alpha}", '{', '}');
	before = arena_used(a);
	str out = template_render(two, &scope, NULL);
	assert_int_equal(arena_used(a) - before, out.n); /* ... and anything else once */
}

static void bounds(void **state)
{
	struct arena *a = *state;
	struct buf b = buf_in(a);
	struct template *t = NULL;
	struct diag diag = { .arena = a };
	struct test_binder binder = test_binder(a, &diag, (struct test_vars){ 0 });
	for (int i = 0; i < 10001; i++)
		buf_add(&b, S("{a}"));
	assert_int_equal(template_compile(&binder.binder, buf_str(&b), '{', '}', 1, &t).code, ERR_LIMIT);

	/* what begins calls and never ends one costs no more than its length */
	static const char *const unended[] = { "{md5Hex('", "{md5Hex(a", "{md5Hex('a',", "{jsonPath(a,b,c" };
	for (size_t i = 0; i < COUNT(unended); i++) {
		struct buf many = buf_in(a);
		while (many.n < 4 << 20)
			buf_add(&many, str_from_z(unended[i]));
		int64_t began = clock_mono_ns();
		err e = template_compile(&binder.binder, buf_str(&many), '{', '}', 1, &t);
		assert_int_equal(e.code, ERR_LIMIT);
		assert_true(clock_mono_ns() - began < 5000000000);
	}

	char *p = arena_zalloc(a, 10 << 20, 1);
	const struct flowvar big[] = { { S_INIT("a"), { .kind = VALUE_STRING, .s = { p, 10 << 20 } } } };
	binder.vars = (struct test_vars){ big, 1 };
	str ten = str_sub(buf_str(&b), 0, 30);
	assert_int_equal(template_compile(&binder.binder, ten, '{', '}', 1, &t).code, ERR_NONE);
	struct scope scope = { a, test_get };
	assert_int_equal(template_render(t, &scope, NULL).n, 30 << 20);
}

/* What hostile JSON makes of a path stays within bounds, and its tree is gone with the call. */
static void json_bounds(void **state)
{
	struct arena *a = *state;
	static const struct { const char *text; size_t n; } rows[] = {
		{ "{jsonPath('$..x',a,true)}", 0 }, /* 15 MB */
		{ "{jsonPath('$..x',a)}", 300296 }, /* the first alone */
	};
	struct buf deep = buf_in(a);
	for (int i = 0; i < 50; i++)
		buf_add(&deep, S("{\"x\":"));
	buf_char(&deep, '"');
	for (int i = 0; i < 300000; i++)
		buf_char(&deep, '-');
	buf_char(&deep, '"');
	for (int i = 0; i < 50; i++)
		buf_char(&deep, '}');
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct flowvar var[] = { { S_INIT("a"), { .kind = VALUE_STRING, .s = buf_str(&deep) } } };
		struct diag diag = { .arena = a };
		struct test_binder binder = test_binder(a, &diag, (struct test_vars){ var, 1 });
		struct scope scope = { a, test_get };
		struct template *t = NULL;
		assert_int_equal(template_compile(&binder.binder, str_from_z(rows[i].text), '{', '}', 1, &t).code, ERR_NONE);
		size_t n = template_render(t, &scope, NULL).n;
		if (n != rows[i].n)
			fail_msg("%s: %zu", rows[i].text, n);
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
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_braces),  cmocka_unit_test(all_functions), cmocka_unit_test(all_legacy),
		cmocka_unit_test(refusing),    cmocka_unit_test(random_ones),   cmocka_unit_test(copies),
		cmocka_unit_test(bounds), cmocka_unit_test(json_bounds),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
