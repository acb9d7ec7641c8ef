/* SPDX-License-Identifier: Apache-2.0 */
/* What counters.c and its write-behind share.
 * A counter is in its shard's table from its first call to its eviction; the shard's lock guards all of it.
 * Source: house ("counters"). */
#pragma once

#include <pthread.h>

#include "base/arena.h"
#include "policy/counters.h"

enum {
	COUNTER_SHARDS = 64,
	COUNTER_HEADS = 2048,
	COUNTER_SHARD_MAX = 16384, /* a million in the process, 100 bytes each */
	COUNTER_SLOTS = 61,        /* of a rolling window: sixty, and the one that is leaving */
};

struct counter_slots {
	uint64_t used[COUNTER_SLOTS], unsaved[COUNTER_SLOTS];
	struct counter_slots *next_free;
};

struct counter {
	struct counter_key key;
	int64_t start_ms; /* rolling: number of the newest slot; SpikeArrest: µs before which none may pass */
	int64_t expires_at_ms;
	uint64_t used, exceeded, unsaved, exceeded_unsaved; /* of which the store does not know */
	struct counter_slots *slots;                        /* rolling */
	struct counter *next, *next_dirty;
	bool dirty;
};

struct counter_shard {
	pthread_mutex_t lock;
	struct arena *arena;
	struct counter **heads;
	struct counter *free, *dirty;
	struct counter_slots *free_slots;
	size_t n, hand; /* hand: where the next turn of a full shard begins */
	bool kept;      /* written to a store */
};

struct fiber;
struct counters {
	struct arena *arena;
	struct store *store;
	struct fiber *writer;
	struct counter_shard shards[COUNTER_SHARDS];
};

struct counter_row; /* store/counters.h */
/* counters_merge.c: windows that overlap are one, and begin with the earlier. */
void counter_add(struct arena *, struct counter_row *total, const struct counter_row *more);
void counter_take_unsaved(struct arena *, struct counter *, struct counter_row *more);
void counter_give_back(struct counter *, const struct counter_row *more); /* it was not saved */
/* The store's total, and what has been counted since it was taken. */
void counter_adopt(struct counter *, const struct counter_row *total);

struct counter *counter_find(struct counter_shard *, const struct counter_key *, int64_t now_ms,
                             bool *fresh);
struct counter_slots *counter_slots_take(struct counter_shard *);
