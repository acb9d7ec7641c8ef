/* SPDX-License-Identifier: Apache-2.0 */
/* Base paths: what one may be, and which of which virtual hosts a proxy takes below a prefix.
 * A test is a row.
 * Source: Apigee, "API proxy configuration reference", BasePath. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "bundle/uses.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void faults(void **state)
{
	static const struct { const char *path, *fault; } rows[] = {
		{ "/", NULL },
		{ "/a/b", NULL },
		{ "/a/*/b", NULL },
		{ "/a/", NULL },
		{ "", "it starts with a slash" },
		{ "a", "it starts with a slash" },
		{ "/*", "its first part is no *" },
		{ "/a/b*", "a * stands for one whole part between slashes" },
		{ "/a/**", "a * stands for one whole part between slashes" },
		{ "/a b", "it holds no space, control character, ? or #" },
		{ "/a\n", "it holds no space, control character, ? or #" },
		{ "/a?b", "it holds no space, control character, ? or #" },
		{ "/a#b", "it holds no space, control character, ? or #" },
	};
	struct arena *a = arena_create(0, 0);
	str most = str_fmt(a, "/%02047d", 0);
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *fault = base_path_fault(str_from_z(rows[i].path));
		assert_string_equal(fault ? fault : "fine", rows[i].fault ? rows[i].fault : "fine");
	}
	assert_null(base_path_fault(most));
	assert_string_equal(base_path_fault(str_fmt(a, "%.*s0", STR(most))), "it is longer than 2,048 bytes");
	arena_destroy(&a);
}

static void uses(void **state)
{
	static str hosts[] = { S_INIT("default"), S_INIT("secure") };
	static const struct {
		const char *prefix, *base;
		size_t n_named; /* of the virtual hosts, by the endpoint */
		size_t taken;   /* 0: refused, */
		const char *says; /* with this; else the path */
	} rows[] = {
		{ "/", "/a", 0, 2, "/a" },
		{ "/", "/a", 1, 1, "/a" },
		{ "/p", "/a", 2, 2, "/p/a" },
		{ "/p", "/", 0, 2, "/p" },
		{ "/", "/", 1, 1, "/" },
		{ "/p q", "/a", 0, 0, "The base path \"/p q/a\": it holds no space, control character, ? or #" },
		{ "p", "/a", 0, 0, "The base path \"p/a\": it starts with a slash" },
		{ "/*", "/a", 0, 0, "The base path \"/*/a\": its first part is no *" },
		{ "/", "/a", 3, 0, "Virtual host elsewhere of proxy endpoint e does not exist in environment test" },
	};
	static str named[] = { S_INIT("default"), S_INIT("secure"), S_INIT("elsewhere") };
	const struct strs all = { hosts, COUNT(hosts) };
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_create(0, 0);
		struct diag d = { .arena = a };
		struct base_paths paths = { 0 };
		const struct proxy_endpoint e = {
			.ep.name = S("e"), .base_path = str_from_z(rows[i].base), .virtual_hosts = { named, rows[i].n_named }
		};
		const struct proxy p = { .environment = S("test"), .endpoints = &e, .n_endpoints = 1 };
		err got = bundle_uses(a, &p, str_from_z(rows[i].prefix), &all, &d, &paths);
		assert_int_equal(got.code, rows[i].taken ? ERR_NONE : ERR_SYNTAX);
		assert_int_equal(paths.n, rows[i].taken);
		assert_string_equal(str_z(a, got.code ? str_trim(diag_text(a, &d)) : paths.v[0].path), rows[i].says);
		arena_destroy(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(faults), cmocka_unit_test(uses) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
