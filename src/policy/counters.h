/* SPDX-License-Identifier: Apache-2.0 */
/* The counters of Quota and SpikeArrest: sharded memory of the process, quotas written behind to the store.
 * A crash forgets at most the last second; memory is bounded: a full shard lets a sixteenth go.
 * Source: house ("counters"); Apigee, "Quota policy", "SpikeArrest policy". */
#pragma once

#include "base/clock.h"
#include "base/err.h"

struct counters;
struct loop;
struct store;

/* Loads what the store has of running windows.  store NULL: nothing is kept (tests). */
err counters_open(struct store *, struct counters **out) MUST_CHECK;
/* Writes behind once a second, on a fiber of the loop, until counters_stop() on the same loop. */
err counters_start(struct counters *, struct loop *) MUST_CHECK;
void counters_stop(struct counters *);
/* Writes what changed since the last time; from a fiber it waits, from a plain thread it blocks. */
err counters_flush(struct counters *) MUST_CHECK;
void counters_close(struct counters **); /* flushes; nobody may count any more */

struct counter_key {
	unsigned char bytes[16];
};
struct counter_key
counter_key(str text); /* any text that names the counter: all of its parts, zero bytes between */

enum counter_kind {
	COUNT_FIXED,   /* the window stands on the calendar: start_ms to start_ms + length_ms */
	COUNT_FLEXI,   /* it opens with its first call          */
	COUNT_ROLLING, /* the last length_ms before each call   */
};

struct count {
	struct counter_key key;
	enum counter_kind kind;
	int64_t now_ms, start_ms, length_ms; /* start_ms: COUNT_FIXED only */
	uint64_t allow, weight;
	bool only_look;  /* EnforceOnly: answers, does not count         */
	bool only_count; /* CountOnly: counts also what is over the limit */
};

struct counted {
	bool over;         /* this call does not fit; it was not counted */
	uint64_t used;     /* with this call */
	uint64_t exceeded; /* calls of the window that did not fit */
	int64_t expires_at_ms;
};

struct counted counters_count(struct counters *, const struct count *);

/* SpikeArrest: true when the last call that passed left this one room; then the next may come
 * interval_us * weight later. */
bool counters_space(struct counters *, const struct counter_key *, int64_t now_us,
                    int64_t interval_us, uint64_t weight);
