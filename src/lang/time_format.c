/* SPDX-License-Identifier: Apache-2.0 */
/* SimpleDateFormat's letters, one row each.
 * Every ASCII letter outside quotes is a field or an error, as in Java.
 * Source: java.text.SimpleDateFormat; java.util.GregorianCalendar for weeks. */
#include "lang/time_format.h"

#include <time.h>

enum { FORMAT_MAX = 256 };

struct moment {
	struct tm tm;
	int ms;
};

static const char *const months[] = { "January",   "February", "March",    "April",
	                              "May",       "June",     "July",     "August",
	                              "September", "October",  "November", "December" };
static const char *const days[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
	                            "Thursday", "Friday", "Saturday" };

static void number(struct buf *b, int64_t n, unsigned width)
{
	buf_fmt(b, "%0*lld", (int)width, (long long)n);
}

static void word(struct buf *b, const char *name, unsigned width)
{
	buf_add(b, str_sub(str_from_z(name), 0, width >= 4 ? STR_NPOS : 3));
}

static void era(struct buf *b, const struct moment *m, unsigned width)
{
	(void)width;
	buf_add(b, m->tm.tm_year > -1900 ? S("AD") : S("BC"));
}

static void year_number(struct buf *b, int64_t year, unsigned width)
{
	year = year > 0 ? year : 1 - year;
	if (width == 2)
		number(b, year % 100, 2);
	else
		number(b, year, width);
}

static void year(struct buf *b, const struct moment *m, unsigned width)
{
	year_number(b, (int64_t)m->tm.tm_year + 1900, width);
}

/* Weeks begin on Sunday; week 1 is the one with January 1st in it. */
static int week_of(const struct moment *m, bool *next_year)
{
	int64_t y = (int64_t)m->tm.tm_year + 1900;
	int length = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0 ? 366 : 365;
	*next_year = m->tm.tm_yday + 7 - m->tm.tm_wday > length;
	return *next_year ? 1 : (m->tm.tm_yday + 13 - m->tm.tm_wday) / 7;
}

static void week_year(struct buf *b, const struct moment *m, unsigned width)
{
	bool next;
	week_of(m, &next);
	year_number(b, (int64_t)m->tm.tm_year + 1900 + next, width);
}

static void week(struct buf *b, const struct moment *m, unsigned width)
{
	bool next;
	number(b, week_of(m, &next), width);
}

static void week_of_month(struct buf *b, const struct moment *m, unsigned width)
{
	number(b, (m->tm.tm_mday - 1 + 13 - m->tm.tm_wday) / 7, width);
}

static void month(struct buf *b, const struct moment *m, unsigned width)
{
	if (width >= 3)
		word(b, months[m->tm.tm_mon], width);
	else
		number(b, m->tm.tm_mon + 1, width);
}

static void weekday(struct buf *b, const struct moment *m, unsigned width)
{
	word(b, days[m->tm.tm_wday], width);
}

static void half(struct buf *b, const struct moment *m, unsigned width)
{
	(void)width;
	buf_add(b, m->tm.tm_hour < 12 ? S("AM") : S("PM"));
}

static void zone(struct buf *b, const struct moment *m, unsigned width)
{
	(void)m;
	buf_add(b, width >= 4 ? S("Coordinated Universal Time") : S("UTC"));
}

static void zone_rfc822(struct buf *b, const struct moment *m, unsigned width)
{
	(void)m, (void)width;
	buf_add(b, S("+0000"));
}

static void zone_iso(struct buf *b, const struct moment *m, unsigned width)
{
	(void)m, (void)width;
	buf_char(b, 'Z');
}

#define NUMBER(fn, expression)                                                \
	static void fn(struct buf *b, const struct moment *m, unsigned width) \
	{                                                                     \
		number(b, (expression), width);                               \
	}
NUMBER(day_of_year, m->tm.tm_yday + 1)
NUMBER(day, m->tm.tm_mday)
NUMBER(weekday_in_month, (m->tm.tm_mday - 1) / 7 + 1)
NUMBER(weekday_number, m->tm.tm_wday ? m->tm.tm_wday : 7)
NUMBER(hour_0_23, m->tm.tm_hour)
NUMBER(hour_1_24, m->tm.tm_hour ? m->tm.tm_hour : 24)
NUMBER(hour_0_11, m->tm.tm_hour % 12)
NUMBER(hour_1_12, m->tm.tm_hour % 12 ? m->tm.tm_hour % 12 : 12)
NUMBER(minute, m->tm.tm_min)
NUMBER(second, m->tm.tm_sec)
NUMBER(millisecond, m->ms)

static const struct {
	char letter;
	void (*write)(struct buf *, const struct moment *, unsigned width);
} fields[] = {
	{ 'G', era },           { 'y', year },
	{ 'Y', week_year },     { 'M', month },
	{ 'L', month },         { 'w', week },
	{ 'W', week_of_month }, { 'D', day_of_year },
	{ 'd', day },           { 'F', weekday_in_month },
	{ 'E', weekday },       { 'u', weekday_number },
	{ 'a', half },          { 'H', hour_0_23 },
	{ 'k', hour_1_24 },     { 'K', hour_0_11 },
	{ 'h', hour_1_12 },     { 'm', minute },
	{ 's', second },        { 'S', millisecond },
	{ 'z', zone },          { 'Z', zone_rfc822 },
	{ 'X', zone_iso },
};

static err field(struct buf *b, const struct moment *m, char letter, unsigned width)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (fields[i].letter == letter && !(letter == 'X' && width > 3)) {
			fields[i].write(b, m, width);
			return DONE;
		}
	}
	return FAIL(ERR_SYNTAX);
}

/* 'text', and '' for a quote inside and outside of it. */
static err quoted(struct buf *b, str format, size_t *at)
{
	size_t i = *at + 1;
	if (i < format.n && format.p[i] == '\'') {
		buf_char(b, '\'');
		*at = i + 1;
		return DONE;
	}
	for (; i < format.n; i++) {
		bool quote = format.p[i] == '\'';
		if (quote && (i + 1 == format.n || format.p[i + 1] != '\'')) {
			*at = i + 1;
			return DONE;
		}
		i += quote;
		buf_char(b, format.p[i]);
	}
	return FAIL(ERR_SYNTAX);
}

err time_format(struct arena *a, str format, int64_t ms, str *out)
{
	struct moment m;
	struct buf b = buf_in(a);
	time_t s = ms / 1000 - (ms % 1000 < 0);
	if (format.n > FORMAT_MAX)
		return FAIL(ERR_LIMIT);
	if (!gmtime_r(&s, &m.tm))
		return FAIL(ERR_LIMIT);
	m.ms = (int)((ms % 1000 + 1000) % 1000);
	for (size_t i = 0; i < format.n;) {
		char c = format.p[i];
		if (c == '\'') {
			TRY(quoted(&b, format, &i));
		} else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') {
			unsigned width = 1;
			while (i + width < format.n && format.p[i + width] == c)
				width++;
			TRY(field(&b, &m, c, width));
			i += width;
		} else {
			buf_char(&b, c);
			i++;
		}
	}
	*out = buf_str(&b);
	return DONE;
}
