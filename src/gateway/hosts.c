/* SPDX-License-Identifier: Apache-2.0 */
/* Host look-up: one probe for an exact name, one per label for wildcards.
 * Names are compared in lower case.
 * Source: Apigee, "About virtual hosts"; RFC 9110 §7.2. */
#include "gateway/hosts.h"

#include "base/word.h"

struct listener_hosts {
	struct map exact;
	struct map suffixes; /* ".example.com" of "*.example.com", "" of "*" */
};

struct hosts {
	struct arena *arena;
	size_t n;
	struct listener_hosts *of;
};

struct hosts *hosts_create(size_t n)
{
	struct arena *arena = arena_create(0, 0);
	struct hosts *h = arena_new(arena, struct hosts);
	h->arena = arena;
	h->n = n;
	h->of = arena_array(arena, struct listener_hosts, n);
	for (size_t i = 0; i < n; i++)
		h->of[i].exact = h->of[i].suffixes = map_in(arena);
	return h;
}

void hosts_destroy(struct hosts **hp)
{
	struct arena *arena = *hp ? (*hp)->arena : NULL;
	*hp = NULL;
	arena_destroy(&arena);
}

void hosts_add(struct hosts *h, size_t listener, str alias, const struct host *host)
{
	must(listener < h->n);
	bool wild = str_starts(alias, S("*"));
	struct map *map = wild ? &h->of[listener].suffixes : &h->of[listener].exact;
	str key = str_lower(h->arena, str_sub(alias, wild, STR_NPOS));
	if (map_has(map, key))
		return;
	struct host *copy = arena_new(h->arena, struct host);
	*copy = *host;
	copy->organization = str_dup(h->arena, host->organization);
	copy->environment = str_dup(h->arena, host->environment);
	copy->name = str_dup(h->arena, host->name);
	copy->asks = str_dup(h->arena, host->asks);
	map_put(map, key, copy);
}

static bool has_upper(str s)
{
	for (size_t i = 0; i < s.n; i += 8) {
		uint64_t w = word_of(s.p + i, s.n - i);
		if (word_lower(w) != w)
			return true;
	}
	return false;
}

const struct host *hosts_find(const struct hosts *h, size_t listener, struct arena *arena, str name)
{
	if (has_upper(name))
		name = str_lower(arena, name);
	const struct listener_hosts *of = &h->of[listener];
	const struct host *found = name.n ? map_get(&of->exact, name) : NULL;
	if (found || !of->suffixes.n)
		return found;
	for (size_t i = 1; i < name.n; i++)
		if (name.p[i] == '.' &&
		    (found = map_get(&of->suffixes, str_sub(name, i, STR_NPOS))))
			return found;
	return map_get(&of->suffixes, S(""));
}
