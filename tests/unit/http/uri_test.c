/* SPDX-License-Identifier: Apache-2.0 */
/* URLs and their parts, in one line of text a row.
 * Refused is what has no host, or what a request line could not carry.
 * Source: RFC 3986, RFC 9110 §4.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/uri.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct { str in; const char *out; } rows[] = {
	{ S_INIT("http://a"), "http a 80 / -" },
	{ S_INIT("https://a"), "https a 443 / - tls" },
	{ S_INIT("HTTP://A.b:8080/c/d?e=f"), "HTTP A.b 8080 /c/d e=f" },
	{ S_INIT("http://a:/b"), "http a 80 /b -" },
	{ S_INIT("http://a?b?c"), "http a 80 / b?c" },
	{ S_INIT("http://a/?"), "http a 80 / " },
	{ S_INIT("http://a/b:c@d"), "http a 80 /b:c@d -" },
	{ S_INIT("http://127.0.0.1:1/"), "http 127.0.0.1 1 / -" },
	{ S_INIT("https://[::1]/"), "https ::1 443 / - tls" },
	{ S_INIT("http://[fe80::1]:65535"), "http fe80::1 65535 / -" },
	{ S_INIT("http://a_b-c~1.%41/"), "http a_b-c~1.%41 80 / -" },
	{ S_INIT(""), NULL },
	{ S_INIT("http:"), NULL },
	{ S_INIT("http://"), NULL },
	{ S_INIT("http:///a"), NULL },
	{ S_INIT("http://:80/"), NULL },
	{ S_INIT("//a/b"), NULL },
	{ S_INIT("/a"), NULL },
	{ S_INIT("ftp://a/"), NULL },
	{ S_INIT("httpx://a/"), NULL },
	{ S_INIT("http://u@a/"), NULL },
	{ S_INIT("http://u:p@a/"), NULL },
	{ S_INIT("http://a:0/"), NULL },
	{ S_INIT("http://a:65536/"), NULL },
	{ S_INIT("http://a:-1/"), NULL },
	{ S_INIT("http://a:8x/"), NULL },
	{ S_INIT("http://a:000080/"), NULL },
	{ S_INIT("http://a:1:2/"), NULL },
	{ S_INIT("http://a%4/"), NULL },
	{ S_INIT("http://a%zz/"), NULL },
	{ S_INIT("http://[::1/"), NULL },
	{ S_INIT("http://[1]/"), NULL },
	{ S_INIT("http://[]/"), NULL },
	{ S_INIT("http://[::x]/"), NULL },
	{ S_INIT("http://::1/"), NULL },
	{ S_INIT("http://a b/"), NULL },
	{ S_INIT("http://a/b c"), NULL },
	{ S_INIT("http://a/\r\nX: y"), NULL },
	{ S_INIT("http://a/\0"), NULL },
	{ S_INIT("http://a/b#c"), NULL },
	{ S_INIT("http://a/?b#c"), NULL },
	{ S_INIT("http://a/\xc3\xa9"), NULL },
	{ S_INIT(" http://a/"), NULL },
};

static void parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_create(0, 0);
		struct uri u;
		err e = uri_parse(str_dup(a, rows[i].in), &u);
		if ((e.code == ERR_NONE) != (rows[i].out != NULL))
			fail_msg("%.*s: %s", STR(rows[i].in), err_word(e.code));
		if (!e.code) {
			str got = str_fmt(a, "%.*s %.*s %u %.*s %.*s%s", STR(u.scheme), STR(u.host), u.port,
			                  STR(u.path), STR(str_given(u.query) ? u.query : S("-")),
			                  u.tls ? " tls" : "");
			assert_string_equal(str_z(a, got), rows[i].out);
		}
		arena_destroy(&a);
	}
}

static void paths(void **state)
{
	(void)state;
	static const struct { str path; bool ok; } cases[] = {
		{ S_INIT("/"), true },      { S_INIT("/a/b%20c"), true }, { S_INIT(""), false },
		{ S_INIT("*"), false },     { S_INIT("a/b"), false },     { S_INIT("/a\nb"), false },
		{ S_INIT("/a b"), false },  { S_INIT("/a\0b"), false },   { S_INIT("/\x7f"), false },
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(uri_path_ok(cases[i].path), cases[i].ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(parts), cmocka_unit_test(paths) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
