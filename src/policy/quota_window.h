/* SPDX-License-Identifier: Apache-2.0 */
/* Where a quota's window stands on the calendar.
 * All in UTC; a week begins with Sunday 00:00, and a month counted from a StartTime (or from a first
 * call) has 28 days.
 * Source: Apigee, "Quota policy". */
#pragma once

#include "base/str.h"

enum quota_unit { UNIT_SECOND, UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_YEAR };
extern const char *const quota_units[]; /* in that order; ends with NULL */

struct window {
	int64_t start_ms, length_ms;
};

/* The window of `interval` units that holds now; anchored at the turns of the calendar. */
struct window window_of_calendar(enum quota_unit, int64_t interval, int64_t now_ms);
/* The same, anchored at a moment (before or after now). */
struct window window_from(int64_t start_ms, enum quota_unit, int64_t interval, int64_t now_ms);
int64_t window_length_ms(enum quota_unit, int64_t interval);

/* "yyyy-MM-dd HH:mm:ss"; a part may have one digit.  false: it is no such moment. */
bool window_read_time(str text, int64_t *ms);
