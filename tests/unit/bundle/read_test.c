/* SPDX-License-Identifier: Apache-2.0 */
/* Archives: what is taken out of one, to the byte and back, and which ones are no bundle.
 * A test is a row.
 * Source: Apigee, "API proxy configuration reference"; what public bundles look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "bundle/bundle.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct { const char *in, *out; } paths[] = { /* out NULL: dropped */
	{ "lead/apiproxy/good.xml", "apiproxy/good.xml" },
	{ "lead/apiproxy/proxies/d.xml", "apiproxy/proxies/d.xml" },
	{ "lead/apiproxy/odd name \xc3\xa9.txt", "apiproxy/odd name \xc3\xa9.txt" },
	{ "lead/apiproxy/proxies/._d.xml", NULL },
	{ "__MACOSX/lead/apiproxy/._good.xml", NULL },
	{ "lead/.DS_Store", NULL },
	{ "lead/README.md", NULL },
};

static void zips(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct diag d = { .arena = a };
	struct zip_files files = { 0 }, back = { 0 }, again = { 0 };
	for (size_t i = 0; i < COUNT(paths); i++)
		VEC_PUSH(a, &files, (struct zip_file){ str_from_z(paths[i].in), str_fmt(a, "\xef\xbb\xbf bytes\r\n%c of %zu", 0, i) });
	str zip;
	enum bundle_kind kind;
	assert_int_equal(zip_write(a, &files, &zip).code, ERR_NONE);
	assert_int_equal(bundle_unzip(a, zip, &d, &back, &kind).code, ERR_NONE);
	assert_int_equal(kind, BUNDLE_PROXY);
	size_t n = 0;
	for (size_t i = 0; i < COUNT(paths); i++) {
		if (!paths[i].out)
			continue;
		assert_true(n < back.n && str_eq(back.v[n].path, str_from_z(paths[i].out)));
		assert_true(str_eq(back.v[n].bytes, files.v[i].bytes));
		n++;
	}
	assert_int_equal(back.n, n);
	assert_int_equal(zip_write(a, &back, &zip).code, ERR_NONE); /* export, and import once more */
	assert_int_equal(bundle_unzip(a, zip, &d, &again, &kind).code, ERR_NONE);
	assert_int_equal(again.n, n);
	for (size_t i = 0; i < n; i++)
		assert_true(str_eq(again.v[i].path, back.v[i].path) && str_eq(again.v[i].bytes, back.v[i].bytes));
	arena_destroy(&a);
}

static const struct { const char *one, *two, *want; } no_bundles[] = {
	{ "readme.txt", NULL, "no folder apiproxy/ (or sharedflowbundle/) in it; a bundle keeps its files there" },
	{ "my-apiproxy/x.xml", NULL, "no folder apiproxy/ (or sharedflowbundle/) in it; a bundle keeps its files there" },
	{ "__MACOSX/apiproxy/x.xml", NULL, "no folder apiproxy/ (or sharedflowbundle/) in it; a bundle keeps its files there" },
	{ "apiproxy/a.xml", "sharedflowbundle/b.xml", "holds apiproxy/ and sharedflowbundle/ side by side; one bundle holds one of them" },
};

static void zips_that_are_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(no_bundles); i++) {
		struct arena *a = arena_create(0, 0);
		struct diag d = { .arena = a };
		struct zip_files files = { 0 }, back = { 0 };
		enum bundle_kind kind;
		str zip;
		VEC_PUSH(a, &files, (struct zip_file){ str_from_z(no_bundles[i].one), S("x") });
		if (no_bundles[i].two)
			VEC_PUSH(a, &files, (struct zip_file){ str_from_z(no_bundles[i].two), S("x") });
		assert_int_equal(zip_write(a, &files, &zip).code, ERR_NONE);
		assert_int_equal(bundle_unzip(a, zip, &d, &back, &kind).code, ERR_SYNTAX);
		assert_string_equal(str_z(a, str_trim(diag_text(a, &d))), no_bundles[i].want);
		arena_destroy(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(zips), cmocka_unit_test(zips_that_are_none) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
