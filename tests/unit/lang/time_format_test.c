/* SPDX-License-Identifier: Apache-2.0 */
/* SimpleDateFormat's letters, quotes and errors.
 * A test is a row.
 * Source: java.text.SimpleDateFormat. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lang/time_format.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void formats(void **state)
{
	struct arena *a = *state;
	/* 2017-05-10 04:24:26.789 Wednesday; 1969-12-31 23:59:59.999 Wednesday; 2023-12-31 Sunday */
	const int64_t may = 1494390266789, before = -1, sunday = 1704045600000;
	const struct { const char *format; int64_t ms; const char *out; } rows[] = {
		{ "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", may, "2017-05-10T04:24:26.789Z" },
		{ "yyyy-MM-dd HH:mm:ss.SSS", before, "1969-12-31 23:59:59.999" },
		{ "y yy yyy yyyy yyyyy", may, "2017 17 2017 2017 02017" },
		{ "M MM MMM MMMM", may, "5 05 May May" },
		{ "MMM MMMM LLLL", before, "Dec December December" },
		{ "d dd ddd", may, "10 10 010" },
		{ "D DDD", may, "130 130" },
		{ "E EEE EEEE u", may, "Wed Wed Wednesday 3" },
		{ "EEEE u", sunday, "Sunday 7" },
		{ "H HH k kk K KK h hh", may, "4 04 4 04 4 04 4 04" },
		{ "H k K h a", 0, "0 24 0 12 AM" },
		{ "H k K h a", before, "23 23 11 11 PM" },
		{ "m mm s ss S SSS", 5, "0 00 0 00 5 005" },
		{ "G", may, "AD" },
		{ "w W F", may, "19 2 2" },
		{ "Y w", sunday, "2024 1" },
		{ "z zzzz Z X XX", may, "UTC Coordinated Universal Time +0000 Z Z" },
		{ "'it''s' ''yy''", may, "it's '17'" },
		{ "''", may, "'" },
		{ "", may, "" },
		{ "dd.MM. (\xc3\xa4) 100%", may, "10.05. (\xc3\xa4) 100%" },
		{ "b", may, NULL },
		{ "yyyy-MM-ddTHH", may, NULL },
		{ "'open", may, NULL },
		{ "'", may, NULL },
		{ "X" "XX" "X", may, NULL },
		{ "yyyy", INT64_MAX, "292278994" },
		{ "yyyy G", INT64_MIN, "292275056 BC" }, /* Gregorian throughout, unlike Java before 1582 */
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		str out = STR_NONE;
		err e = time_format(a, str_from_z(rows[i].format), rows[i].ms, &out);
		assert_int_equal(e.code, rows[i].out ? ERR_NONE : ERR_SYNTAX);
		if (rows[i].out && !str_eq(out, str_from_z(rows[i].out)))
			fail_msg("%s: %.*s", rows[i].format, STR(out));
	}
	struct buf b = buf_in(a);
	str out;
	for (int i = 0; i < 300; i++)
		buf_char(&b, 'y');
	assert_int_equal(time_format(a, buf_str(&b), may, &out).code, ERR_LIMIT);
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
	const struct CMUnitTest tests[] = { cmocka_unit_test(formats) };
	return cmocka_run_group_tests(tests, setup, teardown);
}
