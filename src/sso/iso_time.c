/* SPDX-License-Identifier: Apache-2.0 */
/* ISO times by the calendar of timegm(3).
 * What is read is written back to compare: the 31st of February is no time.
 * Source: sso/iso_time.h. */
#include "sso/iso_time.h"

#include <time.h>

#include "base/clock.h"

str iso_time_write(struct arena *a, int64_t ms)
{
	str whole = clock_format(a, "%Y-%m-%dT%H:%M:%S", ms);
	return str_fmt(a, "%.*s.%03dZ", STR(whole), (int)(ms % 1000));
}

/* n digits at the front of *rest, then the sign. */
static bool part(str *rest, size_t n, char sign, int *out)
{
	*out = 0;
	if (rest->n < n + 1 || rest->p[n] != sign)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (rest->p[i] < '0' || rest->p[i] > '9')
			return false;
		*out = *out * 10 + (rest->p[i] - '0');
	}
	*rest = str_sub(*rest, n + 1, STR_NPOS);
	return true;
}

bool iso_time_read(str s, int64_t *ms)
{
	struct tm t = { 0 };
	int milli = 0, year, month;
	if (!part(&s, 4, '-', &year) || !part(&s, 2, '-', &month) ||
	    !part(&s, 2, 'T', &t.tm_mday) || !part(&s, 2, ':', &t.tm_hour) ||
	    !part(&s, 2, ':', &t.tm_min))
		return false;
	if (!part(&s, 2, 'Z', &t.tm_sec) &&
	    (!part(&s, 2, '.', &t.tm_sec) || !part(&s, 3, 'Z', &milli)))
		return false;
	t.tm_year = year - 1900;
	t.tm_mon = month - 1;
	struct tm again = t;
	time_t at = timegm(&again);
	*ms = (int64_t)at * 1000 + milli;
	return !s.n && again.tm_mday == t.tm_mday && again.tm_mon == t.tm_mon &&
	       again.tm_hour == t.tm_hour && again.tm_min == t.tm_min && again.tm_sec == t.tm_sec;
}
