/* SPDX-License-Identifier: Apache-2.0 */
/* What get_token reads by pattern: members, numbers, claims, prompts.
 * A space at a colon is no match.
 * Source: oauth2-service reference, section 0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cli/access_inside.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static int make(void **state) { return (*state = arena_create(0, 0)) == NULL; }
static int drop(void **state)
{
	struct arena *a = *state;
	arena_destroy(&a);
	return 0;
}

static bool same(str got, const char *want)
{
	return want ? str_given(got) && str_eq(got, str_from_z(want)) : !str_given(got);
}

static void texts(void **state)
{
	static const struct { const char *json, *want; } rows[] = {
		{ "{\"k\":\"v\"}", "v" },
		{ "{\"k\":\"\"}", "" },
		{ "{\"a\":\"k\",\"k\":\"v\"}", "v" },
		{ "{\"xk\":\"no\",\"k\":\"v\"}", "v" },
		{ "{\"k\":\"first\",\"k\":\"second\"}", "first" },
		{ "{\"k\": \"v\"}", NULL },
		{ "{\"k\" :\"v\"}", NULL },
		{ "{\"k\":\"v", NULL },
		{ "{\"k\":", NULL },
		{ "{\"k\":1}", NULL },
		{ "k\":\"v\"", NULL },
		{ "", NULL },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_true(same(access_text(str_from_z(rows[i].json), S("k")), rows[i].want));
}

static void numbers(void **state)
{
	static const struct { const char *json; bool found; int64_t want; } rows[] = {
		{ "{\"exp\":1473267677,\"iss\":\"x\"}", true, 1473267677 },
		{ "{\"exp\":0}", true, 0 },
		{ "{\"exp\": 1}", false, 0 },
		{ "{\"exp\":\"1\"}", false, 0 },
		{ "{\"exp\":-1}", false, 0 },
		{ "{\"exp\":99999999999999999999}", false, 0 },
		{ "{\"exp\":", false, 0 },
		{ "", false, 0 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t got = 0;
		assert_int_equal(access_number(str_from_z(rows[i].json), S("exp"), &got), rows[i].found);
		if (rows[i].found)
			assert_int_equal(got, rows[i].want);
	}
}

static void claims(void **state)
{
	static const struct { const char *token, *want; } rows[] = {
		{ "e30.eyJhIjoxfQ.c2ln", "{\"a\":1}" }, { "e30.eyJhIjoxfQ.", "{\"a\":1}" },
		{ "e30.eyJhIjoxfQ", NULL },             { "e30.!.c2ln", NULL },
		{ "opaque", NULL },                     { "", NULL },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_true(same(access_claims(*state, str_from_z(rows[i].token)), rows[i].want));
}

static void prompts(void **state)
{
	static const struct { const char *answer, *want; } rows[] = {
		{ "HTTP/1.1 200 OK\r\n\r\n{\"a\":1,\"prompts\":{\"u\":[]},\"timestamp\":\"passcode\"}", "\"u\":[]" },
		{ "HTTP/1.1 200 OK\r\n\r\n{\"prompts\":{\"u\":[]}}", "\"u\":[]}}" },
		{ "HTTP/1.1 200\r\n\r\n{\"prompts\":{}", "}" },
		{ "HTTP/1.0 200 OK\r\n\r\n{\"prompts\":{}", NULL },
		{ "HTTP/2 200\r\n\r\n{\"prompts\":{}", NULL },
		{ "HTTP/1.1 404 HTTP/1.1 200\r\n\r\n{\"prompts\":{}", NULL },
		{ "HTTP/1.1 200 OK\r\n\r\n{\"prompts\": {}", NULL },
		{ "", NULL },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_true(same(access_prompts(str_from_z(rows[i].answer)), rows[i].want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(numbers),
		cmocka_unit_test_setup_teardown(claims, make, drop),
		cmocka_unit_test(prompts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
