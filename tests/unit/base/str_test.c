/* SPDX-License-Identifier: Apache-2.0 */
/* Slices: comparison, search, numbers, cutting, copies.
 * A test is a row.
 * Source: base/str.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/arena.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void compare(void **state)
{
	(void)state;
	static const struct { str a, b; bool eq, ieq; int cmp; } rows[] = {
		{ S_INIT("abc"), S_INIT("abc"), true, true, 0 },
		{ S_INIT("abc"), S_INIT("ABC"), false, true, 1 },
		{ S_INIT("ab"), S_INIT("abc"), false, false, -1 },
		{ S_INIT(""), S_INIT(""), true, true, 0 },
		{ S_INIT("a\0b"), S_INIT("a\0c"), false, false, -1 },
		{ S_INIT("@"), S_INIT("`"), false, false, -1 }, /* differ by the case bit alone */
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(str_eq(rows[i].a, rows[i].b), rows[i].eq);
		assert_int_equal(str_eq_secret(rows[i].a, rows[i].b), rows[i].eq);
		assert_int_equal(str_ieq(rows[i].a, rows[i].b), rows[i].ieq);
		int c = str_cmp(rows[i].a, rows[i].b);
		assert_int_equal((c > 0) - (c < 0), rows[i].cmp);
		assert_int_equal(str_hash(rows[i].a) == str_hash(rows[i].b), rows[i].eq);
	}
}

static void numbers(void **state)
{
	(void)state;
	static const struct { str s; bool ok; int64_t v; } rows[] = {
		{ S_INIT("0"), true, 0 },
		{ S_INIT("-1"), true, -1 },
		{ S_INIT("9223372036854775807"), true, INT64_MAX },
		{ S_INIT("-9223372036854775808"), true, INT64_MIN },
		{ S_INIT("9223372036854775808"), false, 0 },
		{ S_INIT(""), false, 0 },
		{ S_INIT("-"), false, 0 },
		{ S_INIT("+1"), false, 0 },
		{ S_INIT("1 "), false, 0 },
		{ S_INIT("0x10"), false, 0 },
		{ S_INIT("99999999999999999999999"), false, 0 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t v = 0;
		assert_int_equal(str_to_i64(rows[i].s, &v), rows[i].ok);
		assert_true(v == rows[i].v);
	}
}

static void decimals(void **state)
{
	(void)state;
	static const struct { uint64_t n; const char *text; } rows[] = {
		{ 0, "0" }, { 9, "9" }, { 10, "10" }, { 99, "99" }, { 100, "100" }, { 4294967296, "4294967296" },
		{ 9999999999999999999u, "9999999999999999999" }, { 10000000000000000000u, "10000000000000000000" }, { UINT64_MAX, "18446744073709551615" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char room[STR_DECIMAL];
		assert_true(str_eq(str_from(room, (size_t)(str_put_u64(room, rows[i].n) - room)), str_from_z(rows[i].text)));
	}
}

static void cutting(void **state)
{
	(void)state;
	static const struct { str list; const char *parts[4]; } rows[] = {
		{ S_INIT("a,b,c"), { "a", "b", "c" } },
		{ S_INIT("a"), { "a" } },
		{ S_INIT(""), { "" } },
		{ S_INIT("a,"), { "a", "" } },
		{ S_INIT(",,"), { "", "", "" } },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t k = 0;
		for (str rest = rows[i].list; str_given(rest); k++) {
			str one = str_cut(&rest, ',');
			assert_non_null(rows[i].parts[k]);
			assert_true(str_eq(one, str_from_z(rows[i].parts[k])));
		}
		assert_null(rows[i].parts[k]);
	}
}

static void replacing(void **state)
{
	(void)state;
	static const struct { str s, what, with, out; } rows[] = {
		{ S_INIT("a/b/c"), S_INIT("/"), S_INIT("\\/"), S_INIT("a\\/b\\/c") },
		{ S_INIT("aaa"), S_INIT("aa"), S_INIT("b"), S_INIT("ba") },
		{ S_INIT("abc"), S_INIT(""), S_INIT("x"), S_INIT("abc") },
		{ S_INIT(""), S_INIT("a"), S_INIT("x"), S_INIT("") },
	};
	struct arena *a = arena_create(64, 0);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_true(str_eq(str_replace(a, rows[i].s, rows[i].what, rows[i].with), rows[i].out));
	assert_true(str_eq(str_trim(S(" \t a b\r\n")), S("a b")));
	assert_true(str_eq(str_sub(S("abc"), 1, 99), S("bc")));
	assert_true(str_eq(str_hex(a, S("\x01\xff")), S("01ff")));
	arena_destroy(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compare),
		cmocka_unit_test(numbers),
		cmocka_unit_test(decimals), cmocka_unit_test(cutting),
		cmocka_unit_test(replacing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
