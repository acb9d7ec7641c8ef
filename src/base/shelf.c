/* SPDX-License-Identifier: Apache-2.0 */
/* The shelf of base/shelf.h.
 * Invariant: an item on the shelf is held once by it; nothing is freed under a lock's holder.
 * Source: house. */
#include "base/shelf.h"

#include <pthread.h>

enum { PARTS = 64, SLOTS_MIN = 4 };

struct part {
	pthread_mutex_t lock;
	struct shelf_item **buckets; /* n_slots * 2 */
	struct shelf_item **slots;
	size_t n_slots, hand;
};

struct shelf {
	struct arena *arena;
	struct part parts[PARTS];
};

static size_t power_of_two(size_t n)
{
	size_t p = SLOTS_MIN;
	while (p < n)
		p *= 2;
	return p;
}

struct shelf *shelf_create(unsigned items)
{
	struct arena *a = arena_create(0, 0);
	struct shelf *s = arena_new(a, struct shelf);
	s->arena = a;
	for (int i = 0; i < PARTS; i++) {
		struct part *p = &s->parts[i];
		p->n_slots = power_of_two(items / PARTS);
		p->slots = arena_array(a, struct shelf_item *, p->n_slots);
		p->buckets = arena_array(a, struct shelf_item *, p->n_slots * 2);
		pthread_mutex_init(&p->lock, NULL);
	}
	return s;
}

void shelf_destroy(struct shelf **sp)
{
	struct shelf *s = *sp;
	*sp = NULL;
	if (!s)
		return;
	for (int i = 0; i < PARTS; i++) {
		struct part *p = &s->parts[i];
		for (size_t k = 0; k < p->n_slots; k++)
			if (p->slots[k])
				shelf_let_go(p->slots[k]);
		pthread_mutex_destroy(&p->lock);
	}
	arena_destroy(&(struct arena *){ s->arena });
}

void *shelf_item(size_t size, size_t room, str key)
{
	struct arena *a = arena_create(size + room + key.n, 0);
	struct shelf_item *it = arena_zalloc(a, size, _Alignof(max_align_t));
	it->arena = a;
	it->key = str_dup(a, key);
	it->hash = str_hash(key);
	it->holders = 1;
	return it;
}

void shelf_let_go(void *item)
{
	struct shelf_item *it = item;
	if (atomic_fetch_sub_explicit(&it->holders, 1, memory_order_acq_rel) == 1)
		arena_destroy(&(struct arena *){ it->arena });
}

static struct part *part_of(struct shelf *s, uint64_t hash) { return &s->parts[hash >> 58]; }

static struct shelf_item **bucket_of(struct part *p, uint64_t hash)
{
	return &p->buckets[hash & (p->n_slots * 2 - 1)];
}

static struct shelf_item *find(struct part *p, uint64_t hash, str key)
{
	struct shelf_item *it = *bucket_of(p, hash);
	while (it && !(it->hash == hash && str_eq(it->key, key)))
		it = it->next;
	return it;
}

void *shelf_take(struct shelf *s, str key)
{
	uint64_t hash = str_hash(key);
	struct part *p = part_of(s, hash);
	pthread_mutex_lock(&p->lock);
	struct shelf_item *it = find(p, hash, key);
	if (it) {
		atomic_fetch_add_explicit(&it->holders, 1, memory_order_relaxed);
		atomic_store_explicit(&it->used, true, memory_order_relaxed);
	}
	pthread_mutex_unlock(&p->lock);
	return it;
}

/* With the lock held; the shelf's hold passes to the caller. */
static struct shelf_item *unlink_item(struct part *p, struct shelf_item *it)
{
	struct shelf_item **at = bucket_of(p, it->hash);
	while (*at != it)
		at = &(*at)->next;
	*at = it->next;
	p->slots[it->slot] = NULL;
	return it;
}

/* Leaves the hand at a free slot. Second chance: it takes the first that nobody used since it passed. */
static struct shelf_item *make_room(struct part *p)
{
	for (;;) {
		p->hand = (p->hand + 1) & (p->n_slots - 1);
		struct shelf_item *it = p->slots[p->hand];
		if (!it)
			return NULL;
		if (!atomic_exchange_explicit(&it->used, false, memory_order_relaxed))
			return unlink_item(p, it);
	}
}

void shelf_put(struct shelf *s, void *item)
{
	struct shelf_item *it = item, *gone = NULL, *old;
	struct part *p = part_of(s, it->hash);
	atomic_fetch_add_explicit(&it->holders, 1, memory_order_relaxed);
	pthread_mutex_lock(&p->lock);
	old = find(p, it->hash, it->key);
	if (old)
		unlink_item(p, old);
	gone = make_room(p);
	it->slot = p->hand;
	p->slots[p->hand] = it;
	it->next = *bucket_of(p, it->hash);
	*bucket_of(p, it->hash) = it;
	pthread_mutex_unlock(&p->lock);
	if (old)
		shelf_let_go(old);
	if (gone)
		shelf_let_go(gone);
}
