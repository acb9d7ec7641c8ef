/* SPDX-License-Identifier: Apache-2.0 */
/* The two clocks of base/clock.h.
 * Deadlines read CLOCK_MONOTONIC only, so that a set calendar moves no timeout.
 * Source: clock_gettime(2). */
#include "base/clock.h"

#include <time.h>

#include "base/arena.h"

int64_t clock_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_mono_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t mono_ms(void) { return clock_mono_ns() / 1000000; }

deadline deadline_in(int64_t ms)
{
	int64_t at;
	return __builtin_add_overflow(mono_ms(), ms, &at) ? NEVER : (deadline){ at };
}

deadline deadline_min(deadline a, deadline b) { return a.mono_ms < b.mono_ms ? a : b; }

int64_t deadline_left_ms(deadline d)
{
	if (d.mono_ms == INT64_MAX)
		return INT64_MAX;
	int64_t left = d.mono_ms - mono_ms();
	return left > 0 ? left : 0;
}

bool deadline_passed(deadline d) { return deadline_left_ms(d) == 0; }

str clock_format(struct arena *a, const char *fmt, int64_t ms)
{
	struct tm tm;
	time_t s = (time_t)(ms >= 0 ? ms / 1000 : (ms - 999) / 1000);
	char *p = arena_alloc(a, 128, 1);
	gmtime_r(&s, &tm);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* clock.h has the compiler check fmt */
	return (str){ p, strftime(p, 128, fmt, &tm) };
#pragma GCC diagnostic pop
}
