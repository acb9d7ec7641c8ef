/* SPDX-License-Identifier: Apache-2.0 */
/* Values as text: integers to their ends, doubles as Java prints them.
 * A test is a row.
 * Source: java.lang.Double.toString. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdint.h>

#include <cmocka.h>

#include "lang/vars.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define REAL(n) { .kind = VALUE_DOUBLE, .d = (n) }
#define INT(n) { .kind = VALUE_INT, .i = (n) }

static void texts(void **state)
{
	struct arena *a = *state;
	static const struct { struct value v; const char *text; } rows[] = {
		{ { .kind = VALUE_NULL }, "" },
		{ { .kind = VALUE_BOOL, .i = 1 }, "true" },
		{ { .kind = VALUE_BOOL, .i = 0 }, "false" },
		{ { .kind = VALUE_STRING, .s = S_INIT("x") }, "x" },
		{ INT(0), "0" },
		{ INT(-1), "-1" },
		{ INT(INT64_MAX), "9223372036854775807" },
		{ INT(INT64_MIN), "-9223372036854775808" },
		{ REAL(0.0), "0.0" },
		{ REAL(-0.0), "-0.0" },
		{ REAL(1), "1.0" },
		{ REAL(100), "100.0" },
		{ REAL(0.1), "0.1" },
		{ REAL(-2.5), "-2.5" },
		{ REAL(0.001), "0.001" },
		{ REAL(0.0001), "1.0E-4" },
		{ REAL(9999999), "9999999.0" },
		{ REAL(1e7), "1.0E7" },
		{ REAL(12345678.9), "1.23456789E7" },
		{ REAL(1.0 / 3), "0.3333333333333333" },
		{ REAL(1.7976931348623157e308), "1.7976931348623157E308" },
		{ REAL(-2.2250738585072014e-308), "-2.2250738585072014E-308" },
		{ REAL(NAN), "NaN" },
		{ REAL(INFINITY), "Infinity" },
		{ REAL(-INFINITY), "-Infinity" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char room[VALUE_ROOM];
		str text = value_text(a, rows[i].v);
		if (!str_eq(text, str_from_z(rows[i].text)))
			fail_msg("%s: %.*s", rows[i].text, STR(text));
		assert_true(str_eq(value_write(rows[i].v, room), text));
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
	const struct CMUnitTest tests[] = { cmocka_unit_test(texts) };
	return cmocka_run_group_tests(tests, setup, teardown);
}
