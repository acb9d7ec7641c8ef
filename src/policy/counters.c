/* SPDX-License-Identifier: Apache-2.0 */
/* The counters of Quota and SpikeArrest: 64 shards, each a mutex and a bounded table.
 * Invariant: a decision and its count are one step under the shard's lock, and no lock is held in a wait.
 * Source: house ("counters"). */
#include "policy/counters_inside.h"

#include <string.h>

#include "codec/digest.h"

enum { SLAB = 64 };

struct counter_key counter_key(str text)
{
	unsigned char sum[32];
	struct counter_key key;
	sha256(text, sum);
	memcpy(key.bytes, sum, sizeof key.bytes);
	return key;
}

static struct counter_shard *shard_of(struct counters *c, const struct counter_key *key)
{
	return &c->shards[key->bytes[0] % COUNTER_SHARDS];
}

static struct counter **head_of(struct counter_shard *s, const struct counter_key *key)
{
	uint32_t n;
	memcpy(&n, key->bytes + 4, sizeof n);
	return &s->heads[n % COUNTER_HEADS];
}

static void make_room(struct counter_shard *s)
{
	struct counter *slab = arena_array(s->arena, struct counter, SLAB);
	for (int i = 0; i < SLAB; i++) {
		slab[i].next = s->free;
		s->free = &slab[i];
	}
}

static void release(struct counter_shard *s, struct counter **at)
{
	struct counter *c = *at;
	*at = c->next;
	if (c->slots) {
		c->slots->next_free = s->free_slots;
		s->free_slots = c->slots;
		c->slots = NULL;
	}
	c->next = s->free;
	s->free = c;
	s->n--;
}

/* Releases what ended by now_ms in a part of the table.  What waits to be written stays: the flush
 * holds a list of those. */
static void release_ended(struct counter_shard *s, size_t from, size_t to, int64_t now_ms)
{
	for (size_t i = from; i < to; i++) {
		for (struct counter **at = &s->heads[i]; *at;) {
			if (!(*at)->dirty && (*at)->expires_at_ms <= now_ms)
				release(s, at);
			else
				at = &(*at)->next;
		}
	}
}

/* A full shard: what is over goes; if nothing is, a sixteenth of all, by turns. */
static void sweep(struct counter_shard *s, int64_t now_ms)
{
	release_ended(s, 0, COUNTER_HEADS, now_ms);
	if (s->n < COUNTER_SHARD_MAX)
		return;
	size_t part = COUNTER_HEADS / 16;
	release_ended(s, s->hand, s->hand + part, INT64_MAX);
	s->hand = (s->hand + part) % COUNTER_HEADS;
}

struct counter *counter_find(struct counter_shard *s, const struct counter_key *key, int64_t now_ms,
                             bool *fresh)
{
	struct counter **head = head_of(s, key);
	*fresh = false;
	for (struct counter *c = *head; c; c = c->next)
		if (!memcmp(c->key.bytes, key->bytes, sizeof key->bytes))
			return c;
	if (s->n >= COUNTER_SHARD_MAX)
		sweep(s, now_ms);
	if (!s->free)
		make_room(s);
	struct counter *c = s->free;
	s->free = c->next;
	*c = (struct counter){ .key = *key, .next = *head };
	*head = c;
	s->n++;
	*fresh = true;
	return c;
}

struct counter_slots *counter_slots_take(struct counter_shard *s)
{
	struct counter_slots *slots = s->free_slots;
	if (slots)
		s->free_slots = slots->next_free;
	else
		slots = arena_new(s->arena, struct counter_slots);
	*slots = (struct counter_slots){ 0 };
	return slots;
}

static void mark_dirty(struct counter_shard *s, struct counter *c)
{
	if (c->dirty || !s->kept)
		return;
	c->dirty = true;
	c->next_dirty = s->dirty;
	s->dirty = c;
}

/* A clock that was wrong by more than a window and is right again: what was counted then would refuse
 * calls until that time comes. */
static bool from_future(int64_t at, int64_t now, int64_t window) { return at - now > window; }

/* Brings the window of a counter to this moment. */
static void turn_fixed(struct counter *c, const struct count *q)
{
	int64_t start = q->kind == COUNT_FIXED ? q->start_ms : c->start_ms;
	if (q->kind == COUNT_FLEXI && (c->expires_at_ms == 0 || q->now_ms >= c->expires_at_ms ||
	                               from_future(c->start_ms, q->now_ms, q->length_ms)))
		start = q->now_ms;
	if (start != c->start_ms || c->expires_at_ms == 0) {
		c->start_ms = start;
		c->used = c->exceeded = c->unsaved = c->exceeded_unsaved = 0;
	}
	c->expires_at_ms = start + q->length_ms;
}

static void turn_rolling(struct counter_shard *s, struct counter *c, const struct count *q)
{
	int64_t slot_ms = q->length_ms / (COUNTER_SLOTS - 1);
	if (slot_ms < 1)
		slot_ms = 1;
	int64_t now = q->now_ms / slot_ms;
	if (!c->slots) {
		c->slots = counter_slots_take(s);
		c->start_ms = now;
	}
	if (now - c->start_ms >= COUNTER_SLOTS || from_future(c->start_ms, now, COUNTER_SLOTS)) {
		memset(c->slots->used, 0, sizeof c->slots->used);
		memset(c->slots->unsaved, 0, sizeof c->slots->unsaved);
		c->exceeded = c->exceeded_unsaved = 0;
		c->start_ms = now;
	}
	while (c->start_ms < now) {
		size_t next = (size_t)(++c->start_ms % COUNTER_SLOTS);
		c->slots->used[next] = c->slots->unsaved[next] = 0;
	}
	c->used = 0;
	for (int i = 0; i < COUNTER_SLOTS; i++)
		c->used += c->slots->used[i];
	c->expires_at_ms = (c->start_ms + COUNTER_SLOTS) * slot_ms;
}

/* When the oldest call of a rolling window leaves it. */
static int64_t rolling_expiry(const struct counter *c, const struct count *q)
{
	int64_t slot_ms =
		q->length_ms / (COUNTER_SLOTS - 1) ? q->length_ms / (COUNTER_SLOTS - 1) : 1;
	for (int64_t slot = c->start_ms - COUNTER_SLOTS + 1; slot <= c->start_ms; slot++)
		if (slot >= 0 && c->slots->used[slot % COUNTER_SLOTS])
			return (slot + COUNTER_SLOTS) * slot_ms;
	return q->now_ms + q->length_ms;
}

static void count_in(struct counter *c, uint64_t weight)
{
	c->used += weight;
	c->unsaved += weight;
	if (!c->slots)
		return;
	c->slots->used[c->start_ms % COUNTER_SLOTS] += weight;
	c->slots->unsaved[c->start_ms % COUNTER_SLOTS] += weight;
}

static struct counted count_locked(struct counter_shard *s, const struct count *q)
{
	bool fresh;
	struct counter *c = counter_find(s, &q->key, q->now_ms, &fresh);
	if (q->kind == COUNT_ROLLING)
		turn_rolling(s, c, q);
	else
		turn_fixed(c, q);
	bool over = q->weight > q->allow || c->used > q->allow - q->weight;
	if (over && !q->only_count) {
		c->exceeded++;
		c->exceeded_unsaved++;
	} else if (!q->only_look) {
		count_in(c, q->weight);
	}
	mark_dirty(s, c);
	return (struct counted){
		.over = over && !q->only_count,
		.used = c->used,
		.exceeded = c->exceeded,
		.expires_at_ms = q->kind == COUNT_ROLLING ? rolling_expiry(c, q) : c->expires_at_ms,
	};
}

struct counted counters_count(struct counters *c, const struct count *q)
{
	struct counter_shard *s = shard_of(c, &q->key);
	pthread_mutex_lock(&s->lock);
	struct counted got = count_locked(s, q);
	pthread_mutex_unlock(&s->lock);
	return got;
}

bool counters_space(struct counters *c, const struct counter_key *key, int64_t now_us,
                    int64_t interval_us, uint64_t weight)
{
	struct counter_shard *s = shard_of(c, key);
	bool fresh;
	pthread_mutex_lock(&s->lock);
	/* These run on the monotonic clock; their end is told by the calendar, as for all counters. */
	int64_t now_ms = clock_ms();
	struct counter *at = counter_find(s, key, now_ms, &fresh);
	bool room = fresh || now_us >= at->start_ms;
	if (room) {
		int64_t wait_us = interval_us * (int64_t)weight;
		at->start_ms = now_us + wait_us;
		at->expires_at_ms = now_ms + wait_us / 1000 + 1;
	}
	pthread_mutex_unlock(&s->lock);
	return room;
}
