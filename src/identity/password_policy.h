/* SPDX-License-Identifier: Apache-2.0 */
/* Which passwords are good enough: length and kinds of characters, and for how long.
 * What is wrong with one is said whole, and never repeats it.
 * Source: oauth2-service reference, "Password and client-secret policy". */
#pragma once

#include "base/arena.h"

struct password_policy {
	int64_t min_length, max_length; /* characters */
	int64_t upper, lower, digits,
		special;       /* at least so many of each; ASCII letters and signs */
	int64_t expire_months; /* then a login asks for a new one; 0: never */
};

/* Months of the calendar; a day that a month has not is in the next one. */
bool password_expired(const struct password_policy *, int64_t set_at_ms, int64_t now_ms);

/* What is wrong with it, every message; STR_NONE: nothing.  One that is empty, or longer than a hash takes
 * (PASSWORD_MAX bytes), is refused whatever the policy says. */
str password_policy_refusal(struct arena *, const struct password_policy *, str password);
