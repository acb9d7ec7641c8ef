/* SPDX-License-Identifier: Apache-2.0 */
/* The map of base/map.h.
 * There are always at least twice as many slots as entries, so a probe ends.
 * Source: house. */
#include "base/map.h"

#include <string.h>

struct map_entry *map_find(const struct map *m, str key, uint64_t hash)
{
	if (!m->n)
		return NULL;
	size_t mask = m->cap * 2 - 1;
	for (size_t i = hash & mask; m->slots[i]; i = (i + 1) & mask) {
		struct map_entry *e = &m->entries[m->slots[i] - 1];
		if (e->hash == hash && str_eq(e->key, key))
			return e;
	}
	return NULL;
}

static void slot_take(struct map *m, uint64_t hash, uint32_t index)
{
	size_t mask = m->cap * 2 - 1, i = hash & mask;
	while (m->slots[i])
		i = (i + 1) & mask;
	m->slots[i] = index + 1;
}

static void grow(struct map *m)
{
	size_t cap = m->cap ? m->cap * 2 : 8;
	struct map_entry *entries = arena_array(m->arena, struct map_entry, cap);
	if (m->n)
		memcpy(entries, m->entries, m->n * sizeof *entries);
	m->entries = entries;
	m->cap = cap;
	m->slots = arena_array(m->arena, uint32_t, cap * 2);
	for (size_t i = 0; i < m->n; i++)
		slot_take(m, entries[i].hash, (uint32_t)i);
}

void map_put(struct map *m, str key, void *value)
{
	uint64_t hash = str_hash(key);
	struct map_entry *e = map_find(m, key, hash);
	if (e) {
		e->value = value;
		return;
	}
	if (m->n == m->cap)
		grow(m);
	m->entries[m->n] = (struct map_entry){ key, value, hash };
	slot_take(m, hash, (uint32_t)m->n++);
}

void *map_get(const struct map *m, str key)
{
	struct map_entry *e = map_find(m, key, str_hash(key));
	return e ? e->value : NULL;
}

bool map_has(const struct map *m, str key) { return map_find(m, key, str_hash(key)) != NULL; }
