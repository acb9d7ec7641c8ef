/* SPDX-License-Identifier: Apache-2.0 */
/* Windows of a quota on the calendar, and the moments that a StartTime may name.
 * A row is a moment, a unit and an interval, and the window's two ends in UTC.
 * Source: Apigee, "Quota policy". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/arena.h"
#include "policy/quota_window.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static int64_t at(const char *text)
{
	int64_t ms;
	assert_true(window_read_time(str_from_z(text), &ms));
	return ms;
}

static const struct { const char *now; enum quota_unit unit; int interval; const char *start, *end; } turns[] = {
	{ "2024-02-28 13:45:59", UNIT_SECOND, 1, "2024-02-28 13:45:59", "2024-02-28 13:46:00" },
	{ "2024-02-28 13:45:59", UNIT_MINUTE, 1, "2024-02-28 13:45:00", "2024-02-28 13:46:00" },
	{ "2024-02-28 13:45:00", UNIT_MINUTE, 1, "2024-02-28 13:45:00", "2024-02-28 13:46:00" },
	{ "2024-02-28 13:44:59", UNIT_MINUTE, 1, "2024-02-28 13:44:00", "2024-02-28 13:45:00" },
	{ "2024-02-28 13:47:10", UNIT_MINUTE, 5, "2024-02-28 13:45:00", "2024-02-28 13:50:00" },
	{ "2024-02-28 13:45:59", UNIT_HOUR, 1, "2024-02-28 13:00:00", "2024-02-28 14:00:00" },
	{ "2024-02-28 13:45:59", UNIT_HOUR, 12, "2024-02-28 12:00:00", "2024-02-29 00:00:00" },
	{ "2024-02-28 23:59:59", UNIT_DAY, 1, "2024-02-28 00:00:00", "2024-02-29 00:00:00" },
	{ "2024-02-29 00:00:00", UNIT_DAY, 1, "2024-02-29 00:00:00", "2024-03-01 00:00:00" },
	{ "2024-03-02 23:59:59", UNIT_WEEK, 1, "2024-02-25 00:00:00", "2024-03-03 00:00:00" }, /* a Saturday */
	{ "2024-03-03 00:00:00", UNIT_WEEK, 1, "2024-03-03 00:00:00", "2024-03-10 00:00:00" }, /* a Sunday */
	{ "2024-02-29 12:00:00", UNIT_MONTH, 1, "2024-02-01 00:00:00", "2024-03-01 00:00:00" },
	{ "2024-12-31 23:59:59", UNIT_MONTH, 1, "2024-12-01 00:00:00", "2025-01-01 00:00:00" },
	{ "2024-02-29 12:00:00", UNIT_MONTH, 3, "2024-01-01 00:00:00", "2024-04-01 00:00:00" },
	{ "2024-02-29 12:00:00", UNIT_YEAR, 1, "2024-01-01 00:00:00", "2025-01-01 00:00:00" },
	{ "1969-12-31 23:59:30", UNIT_MINUTE, 1, "1969-12-31 23:59:00", "1970-01-01 00:00:00" },
	{ "1969-12-31 23:59:30", UNIT_MONTH, 1, "1969-12-01 00:00:00", "1970-01-01 00:00:00" },
};

static const struct { const char *from, *now; enum quota_unit unit; int interval; const char *start, *end; } starts[] = {
	{ "2016-3-31 00:00:00", "2016-03-31 00:00:00", UNIT_MINUTE, 1, "2016-03-31 00:00:00", "2016-03-31 00:01:00" },
	{ "2016-03-31 00:00:30", "2024-01-01 10:00:10", UNIT_MINUTE, 1, "2024-01-01 09:59:30", "2024-01-01 10:00:30" },
	{ "2016-03-31 10:30:00", "2016-04-02 09:00:00", UNIT_DAY, 1, "2016-04-01 10:30:00", "2016-04-02 10:30:00" },
	{ "2016-01-01 00:00:00", "2016-01-29 00:00:00", UNIT_MONTH, 1, "2016-01-29 00:00:00", "2016-02-26 00:00:00" },
	{ "2016-01-01 00:00:00", "2016-01-28 23:59:59", UNIT_MONTH, 1, "2016-01-01 00:00:00", "2016-01-29 00:00:00" },
	{ "2016-01-01 00:00:00", "2016-01-10 00:00:00", UNIT_WEEK, 1, "2016-01-08 00:00:00", "2016-01-15 00:00:00" },
	{ "2030-01-01 00:00:30", "2024-01-01 10:00:10", UNIT_MINUTE, 1, "2024-01-01 09:59:30", "2024-01-01 10:00:30" },
};

static const struct { const char *text; int64_t ms; } times[] = {
	{ "1970-01-01 00:00:00", 0 },          { "2016-3-31 00:00:00", 1459382400000 },
	{ "2016-03-31 7:5:9", 1459407909000 }, { "2024-02-29 00:00:00", 1709164800000 },
	{ "2023-02-29 00:00:00", -1 },         { "2024-13-01 00:00:00", -1 },
	{ "2024-00-01 00:00:00", -1 },         { "2024-01-01 24:00:00", -1 },
	{ "2024-01-01", -1 },                  { "2024-01-01 00:00", -1 },
	{ "2024-01-01 00:00:00Z", -1 },        { "2024-01-01T00:00:00", -1 },
	{ "soon", -1 },                        { "", -1 },
	{ "-024-01-01 00:00:00", -1 },         { "2024-01-01 00:60:00", -1 },
};

static void by_the_calendar(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(turns); i++) {
		struct window w = window_of_calendar(turns[i].unit, turns[i].interval, at(turns[i].now) + 1);
		assert_int_equal(w.start_ms, at(turns[i].start));
		assert_int_equal(w.start_ms + w.length_ms, at(turns[i].end));
	}
}

static void from_a_start(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(starts); i++) {
		struct window w = window_from(at(starts[i].from), starts[i].unit, starts[i].interval, at(starts[i].now));
		assert_int_equal(w.start_ms, at(starts[i].start));
		assert_int_equal(w.start_ms + w.length_ms, at(starts[i].end));
	}
}

static void moments(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		int64_t ms = -1;
		bool ok = window_read_time(str_from_z(times[i].text), &ms);
		assert_int_equal(ok, times[i].ms >= 0);
		if (ok)
			assert_int_equal(ms, times[i].ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_the_calendar), cmocka_unit_test(from_a_start), cmocka_unit_test(moments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
