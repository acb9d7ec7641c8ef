/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the counters from the store and writes them behind, once a second and at the end.
 * Invariant: what is unsaved is taken under the lock and written without it; what failed to be written is given back.
 * Source: house ("counters"). */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "policy/counters_inside.h"
#include "rt/fiber.h"
#include "store/counters.h"

enum { FLUSH_MS = 1000 };

static struct counter_shard *shard_at(struct counters *c, str key)
{
	return &c->shards[(unsigned char)key.p[0] % COUNTER_SHARDS];
}

/* The row's counter; fresh: made here, with what the row says of its window. */
static struct counter *counter_of(struct counters *c, const struct counter_row *row, bool *fresh)
{
	struct counter_key key;
	memcpy(key.bytes, row->key.p, sizeof key.bytes);
	struct counter_shard *s = shard_at(c, row->key);
	struct counter *at = counter_find(s, &key, row->expires_at_ms, fresh);
	if (*fresh) {
		at->start_ms = row->start_ms;
		at->expires_at_ms = row->expires_at_ms;
		if (row->slots.n == sizeof at->slots->used)
			at->slots = counter_slots_take(s);
	}
	return at;
}

static void adopt_row(struct counters *c, const struct counter_row *row)
{
	bool fresh;
	struct counter_shard *s = shard_at(c, row->key);
	pthread_mutex_lock(&s->lock);
	counter_adopt(counter_of(c, row, &fresh), row);
	pthread_mutex_unlock(&s->lock);
}

static err load(struct counters *c)
{
	struct arena *a = arena_create(0, 0);
	struct counter_rows rows = { 0 };
	err e = counters_load(a, c->store, clock_ms(), COUNTER_SHARDS * COUNTER_SHARD_MAX, &rows);
	for (size_t i = 0; i < rows.n; i++)
		if (rows.v[i].key.n == sizeof(struct counter_key))
			adopt_row(c, &rows.v[i]);
	arena_destroy(&a);
	return e;
}

err counters_open(struct store *store, struct counters **out)
{
	struct arena *a = arena_create(sizeof(struct counters) + 1024, 0);
	struct counters *c = arena_new(a, struct counters);
	c->arena = a;
	c->store = store;
	struct counter **heads = arena_array(a, struct counter *, COUNTER_SHARDS * COUNTER_HEADS);
	for (int i = 0; i < COUNTER_SHARDS; i++) {
		struct counter_shard *s = &c->shards[i];
		pthread_mutex_init(&s->lock, NULL);
		s->arena = arena_create(0, 0);
		s->kept = store != NULL;
		s->heads = heads + i * COUNTER_HEADS;
	}
	*out = c;
	return store ? load(c) : DONE;
}

static void take_dirty(struct counter_shard *s, struct arena *a, struct counter_rows *rows)
{
	pthread_mutex_lock(&s->lock);
	for (struct counter *c = s->dirty; c; c = c->next_dirty) {
		struct counter_row row;
		counter_take_unsaved(a, c, &row);
		VEC_PUSH(a, rows, row);
		c->dirty = false;
	}
	s->dirty = NULL;
	pthread_mutex_unlock(&s->lock);
}

static void give_back(struct counters *c, const struct counter_row *row)
{
	struct counter_shard *s = shard_at(c, row->key);
	bool fresh;
	pthread_mutex_lock(&s->lock);
	struct counter *at = counter_of(c, row, &fresh); /* fresh: evicted meanwhile */
	counter_give_back(at, row);
	if (!at->dirty) {
		at->dirty = true;
		at->next_dirty = s->dirty;
		s->dirty = at;
	}
	pthread_mutex_unlock(&s->lock);
}

/* Processes lock rows in one order, so that none waits for another in a circle. */
static int by_key(const void *a, const void *b)
{
	const struct counter_row *x = a, *y = b;
	return memcmp(x->key.p, y->key.p, sizeof(struct counter_key));
}

static err save(struct arena *a, struct counters *c, struct counter_rows *rows)
{
	struct counter_rows totals;
	if (!rows->n)
		return DONE;
	qsort(rows->v, rows->n, sizeof *rows->v, by_key);
	err e = counters_add(a, c->store, rows, counter_add, &totals);
	if (!e.code) {
		VEC_EACH(const struct counter_row, total, &totals)
			adopt_row(c, total);
		return DONE;
	}
	log_warn("counters_not_written", LOG_Z("error", err_word(e.code)),
	         LOG_INT("counters", rows->n));
	VEC_EACH(const struct counter_row, row, rows)
		give_back(c, row);
	return e;
}

err counters_flush(struct counters *c)
{
	if (!c->store)
		return DONE;
	struct arena *a = arena_create(0, 0);
	struct counter_rows rows = { 0 };
	for (int i = 0; i < COUNTER_SHARDS; i++)
		take_dirty(&c->shards[i], a, &rows);
	err e = save(a, c, &rows);
	arena_destroy(&a);
	return e;
}

static void write_behind(void *arg)
{
	struct counters *c = arg;
	c->writer = fiber_self();
	while (!wait_until(deadline_in(FLUSH_MS)).code)
		if (counters_flush(c).code == ERR_CANCELED)
			break; /* what it had is dirty again, for counters_close() */
	c->writer = NULL;
}

err counters_start(struct counters *c, struct loop *loop)
{
	return fiber_start(loop, write_behind, c);
}

void counters_stop(struct counters *c)
{
	if (c->writer)
		fiber_cancel(c->writer);
}

void counters_close(struct counters **at)
{
	struct counters *c = *at;
	if (!c)
		return;
	*at = NULL;
	if (counters_flush(c).code)
		log_error("counters_lost", LOG_Z("reason", "the store did not take them"));
	for (int i = 0; i < COUNTER_SHARDS; i++) {
		pthread_mutex_destroy(&c->shards[i].lock);
		arena_destroy(&c->shards[i].arena);
	}
	struct arena *a = c->arena;
	arena_destroy(&a);
}
