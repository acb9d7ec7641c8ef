/* SPDX-License-Identifier: Apache-2.0 */
/* Who tries, how often and how many at once: a lock-out that guessing in parallel does not get round.
 * Names without an account are counted like others, in memory, so that a lock-out tells nothing.
 * Source: oauth2-service reference, "Lockout"; OWASP, "Blocking brute force attacks". */
#pragma once

#include "base/clock.h"
#include "store/logins.h"

struct lockout_policy {
	int64_t failures;             /* so many lock; 0: never */
	int64_t window_ms, locked_ms; /* counted within; locked for, from the newest failure */
};

struct attempts;
struct attempts *attempts_create(const struct lockout_policy *);
void attempts_destroy(struct attempts **);

/* Waits while as many tries at the name are under way as failures lock.  Every begin has its end. */
err attempt_begin(struct attempts *, const struct user_key *, deadline) MUST_CHECK;
void attempt_end(struct attempts *, const struct user_key *);

bool attempts_locked(const struct attempts *, int64_t failures, int64_t failed_at_ms,
                     int64_t now_ms);
/* Older failures are forgotten. */
int64_t attempts_since_ms(const struct attempts *, int64_t now_ms);

/* The same for a name that has no account. */
bool attempt_nobody_locked(struct attempts *, const struct user_key *, int64_t now_ms);
void attempt_nobody_failed(struct attempts *, const struct user_key *, int64_t now_ms);
