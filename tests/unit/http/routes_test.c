/* SPDX-License-Identifier: Apache-2.0 */
/* Which row of a table answers a verb and a path, and that each row of the real tables can be reached.
 * A hostile path has no route, and never another's.
 * Source: RFC 3986 §3.3, §6.2.2; RFC 9110 §9.3.2, §10.2.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/routes.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct route table[] = {
	{ "GET", "/", false },
	{ "GET", "/a", false },
	{ "POST", "/a", false },
	{ "POST", "/a/new", false },
	{ "GET", "/a/{id}", false },
	{ "POST", "/a/{id}", false },
	{ "DELETE", "/a/{id}/b/{key!}", false },
	{ "GET", "/a/{id}/b/{key!}/c", false },
	{ "GET", "/a/{id}/end", true },
	{ "POST", "/a/{id}/end", false },
};

/* The row, '!' if it changes something, and what is shown of the path; or 405 and Allow; or 404. */
static const struct { const char *verb; str path; const char *out; } rows[] = {
	{ "GET", S_INIT("/"), "0 " },
	{ "GET", S_INIT("/a"), "1 /a" },
	{ "GET", S_INIT("/a/"), "1 /a" },
	{ "HEAD", S_INIT("/a"), "1 /a" },
	{ "POST", S_INIT("/a"), "2! /a" },
	{ "POST", S_INIT("/a/new"), "3! /a/new" },
	{ "GET", S_INIT("/a/new"), "4 /a/new" },
	{ "POST", S_INIT("/a/newer"), "5! /a/newer" },
	{ "DELETE", S_INIT("/a/1/b/secret"), "6! /a/1/b/***" },
	{ "GET", S_INIT("/a/1/b/secret/c"), "7 /a/1/b/***/c" },
	{ "PUT", S_INIT("/a"), "405 GET, HEAD, POST" },
	{ "PUT", S_INIT("/a/new"), "405 POST, GET, HEAD" },
	{ "HEAD", S_INIT("/a/1/b/2"), "405 DELETE" },
	{ "get", S_INIT("/a"), "405 GET, HEAD, POST" },
	{ "GE", S_INIT("/a"), "405 GET, HEAD, POST" },
	{ "", S_INIT("/a"), "405 GET, HEAD, POST" },
	{ "GET", S_INIT("/a/1/end"), "8! /a/1/end" },
	{ "HEAD", S_INIT("/a/1/end"), "405 GET, POST" },
	{ "POST", S_INIT("/a/1/end"), "9! /a/1/end" },
	{ "GET", S_INIT("/b"), "404" },
	{ "GET", S_INIT("/A"), "404" },
	{ "GET", S_INIT("/a/1/b"), "404" },
	{ "GET", S_INIT("/a/1/b/2/c/d"), "404" },
	{ "GET", S_INIT("/{id}"), "404" },
	{ "GET", S_INIT(""), "404" },
	{ "GET", S_INIT("*"), "404" },
	{ "GET", S_INIT("a"), "404" },
	{ "GET", S_INIT("http://a/"), "404" },
	{ "GET", S_INIT("//"), "404" },
	{ "GET", S_INIT("//a"), "404" },
	{ "GET", S_INIT("/a//"), "404" },
	{ "GET", S_INIT("/a//new"), "404" },
	/* percent-encoding: decoded once, within its segment */
	{ "GET", S_INIT("/%61"), "1 /a" },
	{ "GET", S_INIT("/a/%6eew"), "4 /a/new" },
	{ "GET", S_INIT("/a%2F1"), "404" },
	{ "GET", S_INIT("/a/b%2Fc"), "4 /a/b%2Fc" },
	{ "GET", S_INIT("/a/%2F"), "4 /a/%2F" },
	{ "GET", S_INIT("/a/%252F"), "4 /a/%252F" },
	{ "GET", S_INIT("/a/%zz%"), "4 /a/%25zz%25" },
	{ "GET", S_INIT("/a/b+c"), "4 /a/b%2Bc" },
	{ "GET", S_INIT("/a/%0d%0aX:y"), "4 /a/%0D%0AX%3Ay" },
	{ "GET", S_INIT("/a/\xc3\xa4%c3%a4"), "4 /a/%C3%A4%C3%A4" },
	{ "GET", S_INIT("/a/\xff"), "404" },
	{ "GET", S_INIT("/a/%ff"), "404" },
	{ "GET", S_INIT("/a/%00"), "404" },
	{ "GET", S_INIT("/a/x%00y"), "404" },
	{ "GET", S_INIT("/a%00"), "404" },
	{ "GET", S_INIT("/a/\0"), "404" },
	/* dots */
	{ "GET", S_INIT("/a/."), "404" },
	{ "GET", S_INIT("/a/.."), "404" },
	{ "GET", S_INIT("/a/%2e"), "404" },
	{ "GET", S_INIT("/a/%2E."), "404" },
	{ "GET", S_INIT("/./a"), "404" },
	{ "GET", S_INIT("/b/../a"), "404" },
	{ "GET", S_INIT("/a/..."), "4 /a/..." },
	{ "GET", S_INIT("/a/.x"), "4 /a/.x" },
	{ "GET", S_INIT("/a/..;x"), "4 /a/..%3Bx" },
	{ "GET", S_INIT("/a/..%2f"), "4 /a/..%2F" },
	/* as long as can be, and one more */
	{ "GET", S_INIT("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"), "404" },
	{ "GET", S_INIT("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18"), "404" },
};

static str outcome(struct arena *a, const struct routes *routes, str verb, str path)
{
	struct route_match m;
	str allow = STR_NONE;
	if (!route_cut(a, path, &m))
		return S("404");
	if (route_find(a, routes, message_request(a, verb, path), &m, &allow))
		return str_fmt(a, "%zu%s %.*s", m.row, m.safe ? "" : "!", STR(route_shown(a, &m)));
	return str_given(allow) ? str_fmt(a, "405 %.*s", STR(allow)) : S("404");
}

static void same(struct arena *a, str got, const char *want, str path)
{
	if (!str_eq(got, str_from_z(want)))
		fail_msg("%s: %s, not %s", str_z(a, path), str_z(a, got), want);
}

static void test_rows(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	const struct routes *routes = routes_compile(a, table, COUNT(table));
	for (size_t i = 0; i < COUNT(rows); i++)
		same(a, outcome(a, routes, str_from_z(rows[i].verb), rows[i].path), rows[i].out, rows[i].path);
	arena_destroy(&a);
}

static void test_overlong(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	const struct routes *routes = routes_compile(a, table, COUNT(table));
	static const struct { str piece; const char *out; } longs[] = {
		{ S_INIT("x"), NULL }, { S_INIT("/"), "404" }, { S_INIT("/x"), "404" }, { S_INIT("%2e"), NULL }, { S_INIT("%00"), "404" },
	};
	for (size_t i = 0; i < COUNT(longs); i++) {
		struct buf path = buf_in(a);
		buf_add(&path, S("/a/"));
		while (path.n < 100000)
			buf_add(&path, longs[i].piece);
		str got = outcome(a, routes, S("GET"), buf_str(&path));
		if (longs[i].out)
			same(a, got, longs[i].out, longs[i].piece);
		else
			assert_true(str_starts(got, S("4 /a/")));
	}
	arena_destroy(&a);
}

/* Who asks before somebody meant it, of a GET that changes something and of one that does not. */
static const struct { const char *name, *value; bool ahead; } askers[] = {
	{ "Sec-Purpose", "prefetch", true },
	{ "Sec-Purpose", "prefetch;prerender", true },
	{ "sec-purpose", "Prefetch", true },
	{ "Purpose", "prefetch", true },
	{ "X-Purpose", "preview", true },
	{ "X-moz", "prefetch", true },
	{ "Sec-Purpose", "", false },
	{ "Sec-Fetch-Dest", "prefetch", false },
	{ "X-Purpose", "work", false },
};

static void test_looking_ahead(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	const struct routes *routes = routes_compile(a, table, COUNT(table));
	for (size_t i = 0; i < COUNT(askers); i++) {
		struct route_match m;
		str path = S("/a/1/end"), allow = STR_NONE;
		struct message *r = message_request(a, S("GET"), path);
		headers_add(a, &r->headers, str_from_z(askers[i].name), str_from_z(askers[i].value));
		assert_true(route_cut(a, path, &m));
		assert_int_equal(route_find(a, routes, r, &m, &allow), !askers[i].ahead);
		assert_true(!askers[i].ahead || str_eq(allow, S("GET, POST")));
		assert_true(route_cut(a, S("/a/1"), &m));
		assert_true(route_find(a, routes, r, &m, &allow));
	}
	arena_destroy(&a);
}

static const struct { str path; const char *id, *key; bool says_b; } params[] = {
	{ S_INIT("/a/1/b/2/c"), "1", "2", true },
	{ S_INIT("/a/b%2Fb/b/%20/c"), "b/b", " ", true },
	{ S_INIT("/a/b"), "b", NULL, false },
	{ S_INIT("/a"), NULL, NULL, false },
};

static void test_params(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	const struct routes *routes = routes_compile(a, table, COUNT(table));
	for (size_t i = 0; i < COUNT(params); i++) {
		struct route_match m;
		str allow, id, key;
		assert_true(route_cut(a, params[i].path, &m));
		assert_true(route_find(a, routes, message_request(a, S("GET"), params[i].path), &m, &allow));
		id = route_param(&m, "id"), key = route_param(&m, "key");
		assert_true(str_eq(id, str_from_z(params[i].id)) && str_given(id) == !!params[i].id);
		assert_true(str_eq(key, str_from_z(params[i].key)) && str_given(key) == !!params[i].key);
		assert_int_equal(route_says(&m, S("b")), params[i].says_b);
		assert_false(str_given(route_param(&m, "k")));
	}
	arena_destroy(&a);
}

static const struct { const char *path; size_t place; const char *out; } shorts[] = {
	{ "/n", 0, "1 /a" }, { "/n", 1, "404" }, { "/n/n", 0, "4 /a/n" }, { "/a/n", 1, "4 /a/a" }, { "/nn", 0, "404" }, { "/", 0, "0 " },
};

static void test_short_forms(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	const struct routes *routes = routes_compile(a, table, COUNT(table));
	for (size_t i = 0; i < COUNT(shorts); i++) {
		struct route_match m;
		str path = str_from_z(shorts[i].path), allow, got = S("404");
		assert_true(route_cut(a, path, &m));
		route_expand(&m, shorts[i].place, S("n"), S("a"));
		if (route_find(a, routes, message_request(a, S("GET"), path), &m, &allow))
			got = str_fmt(a, "%zu %.*s", m.row, STR(route_shown(a, &m)));
		same(a, got, shorts[i].out, path);
	}
	arena_destroy(&a);
}

static const struct route management[] = {
#define OPERATION(verb, pattern, ...) { #verb, pattern, false },
#define ROUTE(verb, pattern, ...) { #verb, "/v1" pattern, false },
#include "management/routes.def"
#undef OPERATION
#undef ROUTE
};

static const struct route sso[] = {
#define ROUTE(verb, pattern, ...) { #verb, pattern, false },
#include "sso/routes.def"
#undef ROUTE
};

/* A row that an earlier one hides would never be asked. */
static void each_reached(const struct route *all, size_t n)
{
	struct arena *a = arena_create(0, 0);
	const struct routes *routes = routes_compile(a, all, n);
	for (size_t i = 0; i < n; i++) {
		struct route_match m;
		str allow;
		assert_true(route_cut(a, str_from_z(all[i].pattern), &m));
		const struct message *r = message_request(a, str_from_z(all[i].verb), str_from_z(all[i].pattern));
		if (!route_find(a, routes, r, &m, &allow) || m.row != i)
			fail_msg("%s %s is not reached", all[i].verb, all[i].pattern);
	}
	arena_destroy(&a);
}

static void test_real_tables(void **state)
{
	(void)state;
	each_reached(management, COUNT(management));
	each_reached(sso, COUNT(sso));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),        cmocka_unit_test(test_overlong),    cmocka_unit_test(test_params),
		cmocka_unit_test(test_short_forms), cmocka_unit_test(test_real_tables), cmocka_unit_test(test_looking_ahead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
