/* SPDX-License-Identifier: Apache-2.0 */
/* Path patterns in their three styles, and the price of the worst ones.
 * A test is a row.
 * Source: Apigee, "Pattern matching in conditions"; reports of trailing slashes from its users. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "lang/path_pattern.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct row {
	const char *pattern, *path;
	bool matches;
};

static const struct row elements[] = {
	{ "/token", "/token", true },
	{ "/token", "/token/", false },
	{ "/token/", "/token", false },
	{ "/token", "/Token", false },
	{ "/token", "/tokens", false },
	{ "/token", "", false },
	{ "/", "", true },
	{ "/", "/", true },
	{ "/", "/a", false },
	{ "", "", true },
	{ "", "/", false },
	{ "/*", "/a", true },
	{ "/*", "/", false },
	{ "/*", "", false },
	{ "/*", "/a/b", false },
	{ "/*", "/a/", false },
	{ "/*/", "/a/", true },
	{ "/*/a/", "/x/a/", true },
	{ "/*/a/", "/x/a", false },
	{ "/*/a/", "/x/y/a/", false },
	{ "/*/a/*", "/x/a/b", true },
	{ "/*/a/*", "/x/a/b/c", false },
	{ "/*/a/**", "/x/a/b/c/d", true },
	{ "/*/a/**", "/x/a/", true },
	{ "/*/a/**", "/x/a", false },
	{ "/a/**/feed/**", "/a/b/feed/rss/1234", true },
	{ "/a/**/feed/**", "/a/b/c/d/feed/x", true },
	{ "/a/**/feed/**", "/a/feed/x", false },
	{ "/a/**/feed/**", "/a/b/feed", false },
	{ "/**/india/blr/**", "/x/india/blr/y", true },
	{ "/**/india/blr/**", "/india/blr/y", false },
	{ "/**/india/blr/**", "/x/india/blr", false },
	{ "**/india/blr**", "/india/blr", true },
	{ "**/india/blr**", "/x/india/blr/y/z", true },
	{ "/**", "/", true },
	{ "/**", "/a/b", true },
	{ "/**", "", false },
	{ "/users/{id}", "/users/7", true },
	{ "/users/{id}", "/users/", false },
	{ "/users/{id}", "/users/7/x", false },
	{ "/users/{id}/orders/{order}", "/users/7/orders/8", true },
	{ "/users/{id}.json", "/users/7.json", true },
	{ "/users/{id}.json", "/users/.json", false },
	{ "/%{user%}", "/{user}", true },
	{ "/%{user%}", "/x", false },
	{ "/a%*", "/a*", true },
	{ "/a%*", "/ab", false },
	{ "/100%%", "/100%", true },
	{ "/a%", "/a%", true },
	{ "/{id", "/{id", true },
	{ "/{id", "/7", false },
	{ "/{a/b}", "/{a/b}", true },
	{ "/a*", "/a", true },
	{ "/a*", "/abc", true },
	{ "/a*", "/abc/d", false },
	{ "/*at", "/cat", true },
	{ "/*at", "/at", true },
	{ "/c*t/x", "/cat/x", true },
	{ "/c*t/x", "/ca/t/x", false },
	{ "/a*b*c/*d", "/a1b2b3c/xd", true },
	{ "/a*b*c/*d", "/a1b2b3/c/xd", false },
	{ "/**/*.json", "/a/b/c.json", true },
	{ "/**/a*/**/z", "/x/y/ab/c/z", true },
	{ "/**/a*/**/z", "/x/y/b/c/z", false },
};

static const struct row globs[] = {
	{ "/cat", "/cat", true },
	{ "/cat", "/cat/", false },
	{ "/cat", "/acat", false },
	{ "/*at", "/cat", true },
	{ "/*at", "/my/cat", true },
	{ "/*at", "/at", true },
	{ "/cat*", "/cat", true },
	{ "/cat*", "/cats/and/dogs", true },
	{ "/c%*at", "/c*at", true },
	{ "/c%*at", "/cXat", false },
	{ "*", "", true },
	{ "*", "anything / at all", true },
	{ "", "", true },
	{ "", "a", false },
	{ "/", "", false },
	{ "*b*", "abc", true },
	{ "a*b*c", "aXbYbZc", true },
	{ "a*b*c", "aXbYbZ", false },
	{ "{a}", "{a}", true },
	{ "application/json*", "application/json;charset=utf-8", true },
	{ "a%", "a%", true },
	{ "***a", "bba", true },
};

static const struct row resources[] = {
	{ "/", "/", true },
	{ "/", "/a/b/c", true },
	{ "/", "", true },
	{ "/**", "/", true },
	{ "/**", "/a/b/c", true },
	{ "/*", "/a", true },
	{ "/*", "/a/b", false },
	{ "/*", "/", false },
	{ "/forecast", "/forecast", true },
	{ "/forecast", "/forecast/1", false },
	{ "/forecast/*", "/forecast/1", true },
	{ "/forecast/*", "/forecast/1/2", false },
	{ "/forecast/**", "/forecast/1/2", true },
	{ "/forecast/**", "/forecast/", true },
	{ "/forecast/**", "/forecast", false },
	{ "/forecast**", "/forecastrss", true },
	{ "/*/b/*", "/a/b/c", true },
	{ "/*/b/*", "/a/c/c", false },
	{ "/a*", "/abc", true },
	{ "/a*", "/a/bc", false },
	{ "/**/b", "/a/b", true },
	{ "/**/b", "/a/a/b", false }, /* '**' is special at the end only */
	{ "/{id}", "/{id}", true },
	{ "/{id}", "/7", false },
	{ "/a%2Fb", "/a%2Fb", true },
	{ "/facebook", "/facebook/acer", false },
};

static void check(struct arena *a, enum path_style style, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct path_pattern *p = NULL;
		str pattern = str_from_z(rows[i].pattern), path = str_from_z(rows[i].path);
		assert_int_equal(path_pattern_compile(a, style, pattern, &p).code, ERR_NONE);
		if (path_pattern_matches(p, path) != rows[i].matches)
			fail_msg("%s on %s: not %d", rows[i].pattern, rows[i].path, rows[i].matches);
		bool once = style == PATH_ELEMENTS ? path_matches(pattern, path)
		            : style == PATH_GLOB   ? glob_matches(pattern, path)
		                                   : resource_matches(pattern, path);
		assert_int_equal(once, rows[i].matches);
	}
}

static void all_elements(void **state) { check(*state, PATH_ELEMENTS, elements, COUNT(elements)); }
static void all_globs(void **state) { check(*state, PATH_GLOB, globs, COUNT(globs)); }
static void all_resources(void **state) { check(*state, PATH_RESOURCE, resources, COUNT(resources)); }

static void bounds(void **state)
{
	struct arena *a = *state;
	struct path_pattern *p = NULL;
	struct buf pattern = buf_in(a), path = buf_in(a);
	for (int i = 0; i < PATH_PATTERN_MAX / 4; i++)
		buf_add(&pattern, S("a**a"));
	for (int i = 0; i < 8000; i++)
		buf_char(&path, 'a');
	buf_char(&path, 'b');
	assert_int_equal(path_pattern_compile(a, PATH_ELEMENTS, buf_str(&pattern), &p).code, ERR_NONE);
	int64_t start = clock_mono_ns();
	assert_false(path_pattern_matches(p, buf_str(&path)));
	assert_true(clock_mono_ns() - start < 2000000000);
	buf_char(&pattern, 'a');
	assert_int_equal(path_pattern_compile(a, PATH_ELEMENTS, buf_str(&pattern), &p).code, ERR_LIMIT);
	assert_false(path_matches(buf_str(&pattern), buf_str(&pattern)));
}

static void cost(void **state)
{
	struct arena *a = *state;
	static const struct row rows[] = {
		{ "/forecast", "/forecast", true },
		{ "/forecast/*", "/forecast/munich", true },
		{ "/a/**/feed/**", "/a/b/feed/rss/1234", true },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct path_pattern *p = NULL;
		str path = str_from_z(rows[i].path);
		size_t hits = 0;
		assert_int_equal(path_pattern_compile(a, PATH_ELEMENTS, str_from_z(rows[i].pattern), &p).code, 0);
		int64_t start = clock_mono_ns();
		for (int k = 0; k < 200000; k++)
			hits += path_pattern_matches(p, path);
		print_message("%s: %lld ns\n", rows[i].pattern, (long long)(clock_mono_ns() - start) / 200000);
		assert_int_equal(hits, 200000);
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
		cmocka_unit_test(all_elements), cmocka_unit_test(all_globs), cmocka_unit_test(all_resources),
		cmocka_unit_test(bounds),       cmocka_unit_test(cost),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
