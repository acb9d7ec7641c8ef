/* SPDX-License-Identifier: Apache-2.0 */
/* A map from str to pointer that lives in an arena and keeps the order of insertion.
 * Keys are not copied: they must live as long as the map.
 * Source: house; open addressing with linear probing. */
#pragma once

#include "base/arena.h"

struct map_entry {
	str key;
	void *value;
	uint64_t hash;
};

struct map {
	struct arena *arena;
	struct map_entry *entries; /* in the order of insertion */
	uint32_t *slots;           /* index + 1 into entries; 0 is free */
	size_t n, cap;
};

static inline struct map map_in(struct arena *a) { return (struct map){ .arena = a }; }
void map_put(struct map *, str key, void *value); /* replaces; a NULL value is allowed */
void *map_get(const struct map *, str key);       /* NULL if absent */
bool map_has(const struct map *, str key);
struct map_entry *map_find(const struct map *, str key, uint64_t hash); /* hash: str_hash(key) */

#define MAP_EACH(it, map) \
	for (struct map_entry *it = (map)->entries; it && it < (map)->entries + (map)->n; it++)
