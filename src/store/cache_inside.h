/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the cache share: a shelf per kind of entry, and the changes of each organization.
 * An entry is put on its shelf since a note that is older than the read of it.
 * Source: store/cache.h. */
#pragma once

#include <stdatomic.h>

#include "base/shelf.h"
#include "store/cache.h"
#include "store/inside.h"

enum { CACHE_GENERATIONS = 1024 };

struct cache {
	struct arena *arena;
	struct shelf *tokens, *clients, *oauth_clients;
	_Atomic(unsigned) generations[CACHE_GENERATIONS]; /* by organization */
};

/* Memory is only as good as the database is young: with PostgreSQL away it is trusted for max_stale_s. */
bool cache_is_stale(struct store *);

struct shelf_key cache_token_key(str org, const struct token_key *);
struct shelf_key cache_client_key(str owner, str id); /* an organization's or a zone's */

static inline _Atomic(unsigned) *cache_generations(struct cache *c, str org)
{
	return &c->generations[str_hash(org) % CACHE_GENERATIONS];
}

struct client_entry {
	struct shelf_item item;
	struct client_view view;
	const _Atomic(unsigned) *generations; /* of its organization */
	unsigned generation;                  /* before it was read */
};

/* Whether nothing of its organization has changed since; NULL is not. */
static inline bool cache_is_current(const struct client_entry *e)
{
	return e && e->generation == atomic_load(e->generations);
}

/* The consumer key's, held. */
err cache_client(struct store *, str org, str key, struct client_entry **out) MUST_CHECK;
