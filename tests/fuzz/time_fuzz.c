/* SPDX-License-Identifier: Apache-2.0 */
/* Times that people write: those of SCIM and those of quotas.
 * Invariant: a time that is read is on the calendar, and written it is the text that was read.
 * Source: sso/iso_time.h, policy/quota_window.h. */
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "policy/quota_window.h"
#include "sso/iso_time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* "2017-2-18 10:30:00", where a zero in front may be left out. */
static void of_a_quota(str text, int64_t ms)
{
	static const char ends[] = "-- ::";
	int64_t v[sizeof ends];
	time_t s = (time_t)(ms / 1000);
	struct tm t;
	for (size_t i = 0; i < sizeof ends; i++)
		must(str_to_i64(str_cut(&text, ends[i]), &v[i]));
	must(gmtime_r(&s, &t) && t.tm_year + 1900 == v[0] && t.tm_mon + 1 == v[1] && t.tm_mday == v[2]);
	must(t.tm_hour == v[3] && t.tm_min == v[4] && t.tm_sec == v[5]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	str text = str_from(data, size);
	int64_t ms;
	if (iso_time_read(text, &ms) && ms >= 0) /* what is written is a time of ours */
		must(str_starts(iso_time_write(a, ms), str_sub(text, 0, text.n - 1)));
	if (window_read_time(text, &ms))
		of_a_quota(text, ms);
	arena_destroy(&a);
	return 0;
}
