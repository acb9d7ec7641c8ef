/* SPDX-License-Identifier: Apache-2.0 */
/* Tries under way, and failures of names that nobody has: a bounded table, hashed with the process's key.
 * A place may be shared by two names: then they count together, which is the safe side.
 * Source: identity/attempts.h. */
#include "identity/attempts.h"

#include <pthread.h>

#include "rt/fiber.h"

enum { PLACES = 8192, LOOK_AGAIN_MS = 5, BUSY_DEFAULT = 16 };

struct place {
	uint32_t busy;
	uint32_t failures;
	int64_t failed_at_ms;
};

struct attempts {
	struct arena *arena;
	struct lockout_policy policy;
	pthread_mutex_t lock;
	struct place places[PLACES]; /* guarded */
};

struct attempts *attempts_create(const struct lockout_policy *p)
{
	struct arena *a = arena_create(sizeof(struct attempts) + 64, 0);
	struct attempts *t = arena_new(a, struct attempts);
	t->arena = a;
	t->policy = *p;
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void attempts_destroy(struct attempts **attempts)
{
	struct attempts *t = *attempts;
	*attempts = NULL;
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	struct arena *a = t->arena;
	arena_destroy(&a);
}

static struct place *place_of(struct attempts *t, const struct user_key *k)
{
	uint64_t h = str_hash(k->name) ^ str_hash(k->origin) * 3 ^ str_hash(k->zone) * 5;
	return &t->places[h % PLACES];
}

static bool begun(struct attempts *t, struct place *p)
{
	uint32_t most = t->policy.failures ? (uint32_t)t->policy.failures : BUSY_DEFAULT;
	pthread_mutex_lock(&t->lock);
	bool free = p->busy < most;
	p->busy += free;
	pthread_mutex_unlock(&t->lock);
	return free;
}

err attempt_begin(struct attempts *t, const struct user_key *k, deadline until)
{
	struct place *p = place_of(t, k);
	while (!begun(t, p)) {
		if (deadline_passed(until))
			return FAIL(ERR_LIMIT);
		TRY(wait_until(deadline_in(LOOK_AGAIN_MS)));
	}
	return DONE;
}

void attempt_end(struct attempts *t, const struct user_key *k)
{
	pthread_mutex_lock(&t->lock);
	place_of(t, k)->busy--;
	pthread_mutex_unlock(&t->lock);
}

bool attempts_locked(const struct attempts *t, int64_t failures, int64_t failed_at_ms,
                     int64_t now_ms)
{
	return t->policy.failures && failures >= t->policy.failures &&
	       now_ms - failed_at_ms < t->policy.locked_ms;
}

int64_t attempts_since_ms(const struct attempts *t, int64_t now_ms)
{
	return now_ms - t->policy.window_ms;
}

bool attempt_nobody_locked(struct attempts *t, const struct user_key *k, int64_t now_ms)
{
	pthread_mutex_lock(&t->lock);
	const struct place *p = place_of(t, k);
	bool locked = attempts_locked(t, p->failures, p->failed_at_ms, now_ms);
	pthread_mutex_unlock(&t->lock);
	return locked;
}

void attempt_nobody_failed(struct attempts *t, const struct user_key *k, int64_t now_ms)
{
	pthread_mutex_lock(&t->lock);
	struct place *p = place_of(t, k);
	p->failures = p->failed_at_ms < attempts_since_ms(t, now_ms) ? 1 : p->failures + 1;
	p->failed_at_ms = now_ms;
	pthread_mutex_unlock(&t->lock);
}
