/* SPDX-License-Identifier: Apache-2.0 */
/* Time: the calendar's in UTC milliseconds since 1970, and deadlines on a clock that never jumps.
 * A deadline is absolute; 0 milliseconds never appears as "none", NEVER does.
 * Source: clock_gettime(2). */
#pragma once

#include "base/str.h"

int64_t clock_ms(void);      /* UTC, milliseconds since 1970 */
int64_t clock_mono_ns(void); /* since some start; for durations */

typedef struct deadline {
	int64_t mono_ms; /* INT64_MAX: never */
} deadline;

#define NEVER ((deadline){ INT64_MAX })
deadline deadline_in(int64_t ms); /* ms from now */
deadline deadline_min(deadline a, deadline b);
bool deadline_passed(deadline);
int64_t deadline_left_ms(deadline); /* 0 when passed, INT64_MAX for never */

/* Formats by strftime in UTC, e.g. "%a, %d %b %Y %H:%M:%S GMT". */
str clock_format(struct arena *, const char *fmt, int64_t ms)
	__attribute__((format(strftime, 2, 0)));
