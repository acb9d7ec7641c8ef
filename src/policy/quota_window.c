/* SPDX-License-Identifier: Apache-2.0 */
/* Where a quota's window stands on the calendar.
 * Invariant: start <= now < start + length, also before 1970 and for a start that is yet to come.
 * Source: Apigee, "Quota policy"; days from civil dates after Howard Hinnant's public derivation. */
#include "policy/quota_window.h"

#include <time.h>

const char *const quota_units[] = {
	"second", "minute", "hour", "day", "week", "month", "year", NULL
};

static const int64_t unit_ms[] = {
	[UNIT_SECOND] = 1000,           [UNIT_MINUTE] = 60000,   [UNIT_HOUR] = 3600000,
	[UNIT_DAY] = 86400000,          [UNIT_WEEK] = 604800000, [UNIT_MONTH] = 28 * 86400000LL,
	[UNIT_YEAR] = 365 * 86400000LL,
};

/* 1970-01-04, the first Sunday. */
enum { FIRST_SUNDAY_MS = 3 * 86400000 };

static int64_t floor_to(int64_t n, int64_t step)
{
	int64_t rest = n % step;
	return n - (rest < 0 ? rest + step : rest);
}

int64_t window_length_ms(enum quota_unit unit, int64_t interval)
{
	return unit_ms[unit] * interval;
}

struct window window_from(int64_t start_ms, enum quota_unit unit, int64_t interval, int64_t now_ms)
{
	int64_t length = window_length_ms(unit, interval);
	return (struct window){ start_ms + floor_to(now_ms - start_ms, length), length };
}

/* Midnight of the first day of a month, months counted from January 1970. */
static int64_t month_start_ms(int64_t month)
{
	int64_t year = floor_to(month, 12) / 12;
	struct tm tm = { .tm_year = (int)(70 + year),
		         .tm_mon = (int)(month - year * 12),
		         .tm_mday = 1 };
	return (int64_t)timegm(&tm) * 1000;
}

static struct window window_of_months(int64_t months, int64_t now_ms)
{
	time_t now = (time_t)(floor_to(now_ms, 1000) / 1000);
	struct tm tm;
	gmtime_r(&now, &tm);
	int64_t first = floor_to((int64_t)(tm.tm_year - 70) * 12 + tm.tm_mon, months);
	int64_t start = month_start_ms(first);
	return (struct window){ start, month_start_ms(first + months) - start };
}

struct window window_of_calendar(enum quota_unit unit, int64_t interval, int64_t now_ms)
{
	if (unit == UNIT_MONTH || unit == UNIT_YEAR)
		return window_of_months(unit == UNIT_YEAR ? interval * 12 : interval, now_ms);
	return window_from(unit == UNIT_WEEK ? FIRST_SUNDAY_MS : 0, unit, interval, now_ms);
}

static bool take_number(str *text, char after, int most_digits, int64_t *out)
{
	size_t n = 0;
	while (n < text->n && text->p[n] >= '0' && text->p[n] <= '9')
		n++;
	if (n == 0 || n > (size_t)most_digits || !str_to_i64(str_sub(*text, 0, n), out))
		return false;
	*text = str_sub(*text, n, STR_NPOS);
	if (!after)
		return text->n == 0;
	if (!text->n || text->p[0] != after)
		return false;
	*text = str_sub(*text, 1, STR_NPOS);
	return true;
}

bool window_read_time(str text, int64_t *ms)
{
	int64_t year, month, day, hour, minute, second;
	if (!take_number(&text, '-', 4, &year) || !take_number(&text, '-', 2, &month) ||
	    !take_number(&text, ' ', 2, &day) || !take_number(&text, ':', 2, &hour) ||
	    !take_number(&text, ':', 2, &minute) || !take_number(&text, 0, 2, &second))
		return false;
	if (year < 1900 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 ||
	    second > 59)
		return false;
	struct tm tm = { .tm_year = (int)year - 1900,
		         .tm_mon = (int)month - 1,
		         .tm_mday = (int)day,
		         .tm_hour = (int)hour,
		         .tm_min = (int)minute,
		         .tm_sec = (int)second };
	*ms = (int64_t)timegm(&tm) * 1000;
	return tm.tm_mday == day; /* timegm turns February 30 into March */
}
