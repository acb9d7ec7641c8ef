/* SPDX-License-Identifier: Apache-2.0 */
/* The call of a target: what it is asked, which URLs are none, which statuses are a success.
 * A test is a row.
 * Source: Apigee, "Endpoint properties reference". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "unit/flow/lettered.h"

static void what_the_target_is_asked(void **state)
{
	static const struct { const char *set_url, *path; bool no_suffix, no_query; const char *want_path, *want_query, *want_host; } asked[] = {
		{ NULL, "/p/a%20b//c", false, false, "/base/a%20b//c", "k=v&q=1", "target.example" },
		{ NULL, "/p", false, false, "/base", "k=v&q=1", "target.example" },
		{ NULL, "/p/a", true, false, "/base", "k=v&q=1", "target.example" },
		{ NULL, "/p/a", false, true, "/base/a", "k=v", "target.example" },
		{ "http://other.example:81", "/p/a", false, false, "/a", "q=1", "other.example:81" },
		{ "http://other.example/", "/p/a", false, false, "/a", "q=1", "other.example" },
		{ "http://other.example/b/", "/p/a", false, false, "/b/a", "q=1", "other.example" },
		{ "http://other.example/b/", "/p", false, true, "/b/", NULL, "other.example" },
	};
	for (size_t i = 0; i < COUNT(asked); i++) {
		struct run run;
		run_row(&run, &(struct row){ .what = "" }, *state, asked[i].path);
		struct exchange *x = &run.x;
		x->segment = SEG_TARGET_REQUEST;
		x->target_url = str_from_z(asked[i].set_url);
		x->no_copy_pathsuffix = asked[i].no_suffix;
		x->no_copy_queryparams = asked[i].no_query;
		assert_int_equal(call_target(x), CONTINUE);
		assert_true(str_eq(run.sent.path, str_from_z(asked[i].want_path)));
		assert_true(str_eq(run.sent.query, str_from_z(asked[i].want_query)));
		assert_true(str_given(run.sent.query) == (asked[i].want_query != NULL));
		assert_true(str_eq(run.origin.host_header, str_from_z(asked[i].want_host)));
		assert_true(str_eq(headers_get(&run.sent.headers, S("x-client")), S("1")));
		finish(&run);
	}
}

static void refused_targets(void **state)
{
	static const char *const urls[] = { "", "ftp://x", "//x", "http://", "http://a b/", "javascript:1" };
	for (size_t i = 0; i < COUNT(urls); i++) {
		struct run run;
		run_row(&run, &(struct row){ .what = "" }, *state, "/p");
		run.x.target_url = str_from_z(urls[i]);
		assert_int_equal(call_target(&run.x), FAULT);
		assert_true(str_eq(run.x.raised.name, S("TargetMissing")));
		finish(&run);
	}
}

static void success_codes(void **state)
{
	(void)state;
	static struct code_range some[] = { { 200, 299 }, { 404, 404 } };
	static const struct { bool listed; unsigned status; bool ok; } codes[] = {
		{ false, 200, true }, { false, 399, true }, { false, 400, false }, { false, 599, false },
		{ true, 200, true }, { true, 299, true }, { true, 302, false }, { true, 404, true }, { true, 405, false },
	};
	for (size_t i = 0; i < COUNT(codes); i++) {
		struct target_properties p = { 0 };
		if (codes[i].listed)
			p.success = (struct codes){ some, COUNT(some) };
		assert_int_equal(target_succeeded(&p, codes[i].status), codes[i].ok);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_target_is_asked),
		cmocka_unit_test(refused_targets),
		cmocka_unit_test(success_codes),
	};
	return cmocka_run_group_tests(tests, loop_setup, loop_teardown);
}
