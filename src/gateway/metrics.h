/* SPDX-License-Identifier: Apache-2.0 */
/* What a loop counts of its exchanges, and the text that a reader makes of all loops together.
 * Only the loop itself counts, by plain additions that others may read: no lock, no locked instruction.
 * Source: house ("plain counters per loop, added up by the reader"). */
#pragma once

#include <stdatomic.h>

#include "base/str.h"

struct deployment;
struct exchange;
struct gateway;

typedef _Atomic(uint64_t) counter;

static inline void count(counter *c, uint64_t by)
{
	atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + by,
	                      memory_order_relaxed);
}

enum {
	CLASSES = 6,          /* answers 1xx to 5xx by the first digit; [0]: the client had gone */
	TIME_BUCKETS = 16,    /* up to 1, 2, 4 ... 16,384 ms, and all the others */
	METRIC_CHUNK = 64,    /* proxies, made at once */
	METRIC_PROXIES = 1024 /* names that are counted by themselves; [0]: those past them */
};

struct times {
	counter bucket[TIME_BUCKETS], sum_ms;
};

struct proxy_counts {
	counter by_class[CLASSES], faults;
};

struct counters_of_loop {
	_Alignas(64) counter by_class[CLASSES];
	counter faults, no_proxy, bytes_out, active, arena_bytes;
	counter tokens_issued, tokens_good, tokens_refused;
	struct times request, target;
	struct proxy_counts *proxies[METRIC_PROXIES / METRIC_CHUNK]; /* NULL until one is there */
};

struct metric_name {
	str organization, environment, proxy;
};

/* The place of a deployed name, the same for every later revision; 0 past METRIC_PROXIES.
 * By the one who publishes snapshots, before the one that holds it. */
unsigned metric_of(struct gateway *, const struct deployment *);
void metrics_add(struct counters_of_loop *, const struct exchange *, unsigned status);
/* Which bucket a time belongs to. */
static inline unsigned time_bucket(int64_t ms)
{
	if (ms <= 1)
		return 0;
	unsigned at = 64 - (unsigned)__builtin_clzll((uint64_t)ms - 1);
	return at < TIME_BUCKETS ? at : TIME_BUCKETS - 1;
}
