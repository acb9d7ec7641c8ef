/* SPDX-License-Identifier: Apache-2.0 */
/* Forms: pairs in and out, percent escapes good and bad, the bound on pairs.
 * A test is a row.
 * Source: WHATWG URL §5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/form.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void reading(void **state)
{
	struct arena *a = *state;
	static const struct { str text; struct pair pairs[4]; size_t n; str again; } rows[] = {
		{ S_INIT("a=1&b=2"), { { S_INIT("a"), S_INIT("1") }, { S_INIT("b"), S_INIT("2") } }, 2,
		  S_INIT("a=1&b=2") },
		{ S_INIT("a=1&a=2"), { { S_INIT("a"), S_INIT("1") }, { S_INIT("a"), S_INIT("2") } }, 2,
		  S_INIT("a=1&a=2") },
		{ S_INIT(""), { { STR_NONE, STR_NONE } }, 0, S_INIT("") },
		{ S_INIT("&&"), { { STR_NONE, STR_NONE } }, 0, S_INIT("") },
		{ S_INIT("a"), { { S_INIT("a"), S_INIT("") } }, 1, S_INIT("a=") },
		{ S_INIT("=a"), { { S_INIT(""), S_INIT("a") } }, 1, S_INIT("=a") },
		{ S_INIT("a=b=c"), { { S_INIT("a"), S_INIT("b=c") } }, 1, S_INIT("a=b%3Dc") },
		{ S_INIT("a+b=c+d"), { { S_INIT("a b"), S_INIT("c d") } }, 1, S_INIT("a+b=c+d") },
		{ S_INIT("%61%2B=%e2%82%ac"), { { S_INIT("a+"), S_INIT("\xe2\x82\xac") } }, 1,
		  S_INIT("a%2B=%E2%82%AC") },
		{ S_INIT("a=%"), { { S_INIT("a"), S_INIT("%") } }, 1, S_INIT("a=%25") },
		{ S_INIT("a=%4"), { { S_INIT("a"), S_INIT("%4") } }, 1, S_INIT("a=%254") },
		{ S_INIT("a=%zz%41"), { { S_INIT("a"), S_INIT("%zzA") } }, 1, S_INIT("a=%25zzA") },
		{ S_INIT("a=%00"), { { S_INIT("a"), S_INIT("\0") } }, 1, S_INIT("a=%00") },
		{ S_INIT("a;b=1"), { { S_INIT("a;b"), S_INIT("1") } }, 1, S_INIT("a%3Bb=1") },
		{ S_INIT("t=~*-._"), { { S_INIT("t"), S_INIT("~*-._") } }, 1, S_INIT("t=%7E*-._") },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pairs got;
		assert_int_equal(form_read(a, rows[i].text, &got).code, ERR_NONE);
		assert_int_equal(got.n, rows[i].n);
		for (size_t k = 0; k < got.n; k++) {
			assert_true(str_eq(got.v[k].name, rows[i].pairs[k].name));
			assert_true(str_eq(got.v[k].value, rows[i].pairs[k].value));
		}
		if (!str_eq(form_write(a, &got), rows[i].again))
			fail_msg("row %zu", i);
	}
}

static void getting(void **state)
{
	struct arena *a = *state;
	struct pairs got;
	assert_int_equal(form_read(a, S("a=1&a=2&b"), &got).code, ERR_NONE);
	assert_true(str_eq(form_get(&got, S("a")), S("1")));
	assert_true(str_given(form_get(&got, S("b"))));
	assert_false(str_given(form_get(&got, S("c"))));
	assert_false(str_given(form_get(&got, S("A"))));
}

static void percent(void **state)
{
	struct arena *a = *state;
	assert_true(str_eq(percent_decode(a, S("a+b%20c"), false), S("a+b c")));
	assert_true(str_eq(percent_decode(a, S("a+b%20c"), true), S("a b c")));
	assert_true(str_eq(percent_encode(a, S("a b/~-._*\xff")), S("a%20b%2F~-._%2A%FF")));
	str plain = S("plain");
	assert_ptr_equal(percent_decode(a, plain, true).p, plain.p);
}

static void bound(void **state)
{
	struct arena *a = *state;
	static const struct { int pairs; enum err_code code; } rows[] = {
		{ FORM_PAIRS_MAX, ERR_NONE },
		{ FORM_PAIRS_MAX + 1, ERR_LIMIT },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf b = buf_in(a);
		struct pairs got;
		for (int k = 0; k < rows[i].pairs; k++)
			buf_add(&b, S("a&"));
		assert_int_equal(form_read(a, buf_str(&b), &got).code, rows[i].code);
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
		cmocka_unit_test(reading),
		cmocka_unit_test(getting),
		cmocka_unit_test(percent),
		cmocka_unit_test(bound),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
