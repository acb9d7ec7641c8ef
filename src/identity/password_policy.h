/* SPDX-License-Identifier: Apache-2.0 */
/* Which passwords are good enough: length and kinds of characters.
 * What is wrong with one is said whole, and never repeats it.
 * Source: oauth2-service reference, "Password and client-secret policy". */
#pragma once

#include "base/arena.h"

struct password_policy {
	int64_t min_length, max_length; /* characters */
	int64_t upper, lower, digits,
		special; /* at least so many of each; ASCII letters and signs */
};

/* What is wrong with it, every message; STR_NONE: nothing.  One that is empty, or longer than a hash takes
 * (PASSWORD_MAX bytes), is refused whatever the policy says. */
str password_policy_refusal(struct arena *, const struct password_policy *, str password);
