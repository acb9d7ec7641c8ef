/* SPDX-License-Identifier: Apache-2.0 */
/* The cache as a whole: what its entries are found by, and what changes do to them.
 * A token or a client of the OAuth2 service is forgotten by name; what shows an app, its developer and
 * products is old as soon as any of its organization changes.
 * Source: store/cache.h. */
#include "store/cache_inside.h"

struct cache *cache_create(unsigned entries)
{
	struct arena *a = arena_create(sizeof(struct cache), 0);
	struct cache *c = arena_new(a, struct cache);
	c->arena = a;
	c->tokens = shelf_create(entries);
	c->clients = shelf_create(entries);
	c->oauth_clients = shelf_create(entries);
	return c;
}

void cache_destroy(struct cache **cp)
{
	struct cache *c = *cp;
	*cp = NULL;
	if (!c)
		return;
	shelf_destroy(&c->tokens);
	shelf_destroy(&c->clients);
	shelf_destroy(&c->oauth_clients);
	arena_destroy(&(struct arena *){ c->arena });
}

bool cache_is_stale(struct store *st)
{
	return st->max_stale_ms != INT64_MAX &&
	       clock_mono_ns() / 1000000 -
	                       atomic_load_explicit(&st->feed.heard_ms, memory_order_relaxed) >
	               st->max_stale_ms;
}

/* Eight bytes of a SHA-256 tell tokens apart as well as all of them. */
struct shelf_key cache_token_key(str org, const struct token_key *k)
{
	return (struct shelf_key){ org, str_from(k->bytes, sizeof k->bytes),
		                   str_hash(str_from(k->bytes + sizeof k->bytes - 8, 8)) };
}

struct shelf_key cache_client_key(str owner, str id)
{
	return (struct shelf_key){ owner, id, str_hash(id) ^ str_hash(owner) };
}

/* ---- what changes do ---- */
static void token_changed(struct cache *c, const struct change *change)
{
	struct token_key k;
	str hex = change->name;
	if (hex.n != 2 * sizeof k.bytes)
		return;
	for (size_t i = 0; i < sizeof k.bytes; i++) {
		char high = hex.p[2 * i], low = hex.p[2 * i + 1];
		k.bytes[i] = (unsigned char)((high <= '9' ? high - '0' : high - 'a' + 10) << 4 |
		                             (low <= '9' ? low - '0' : low - 'a' + 10));
	}
	struct shelf_key key = cache_token_key(change->org, &k);
	shelf_forget(c->tokens, &key);
}

static void oauth_client_changed(struct cache *c, const struct change *change)
{
	struct shelf_key key = cache_client_key(change->org, change->name);
	shelf_forget(c->oauth_clients, &key);
}

void cache_changed(struct store *st, const struct change *change)
{
	switch (change->kind) {
	case FEED_token:
		token_changed(st->cache, change);
		break;
	case FEED_oauth_client:
		oauth_client_changed(st->cache, change);
		break;
	case FEED_developer:
	case FEED_app:
	case FEED_product:
	case FEED_N:
		atomic_fetch_add(cache_generations(st->cache, change->org), 1);
		break;
	default: /* nothing of it is in here */
		break;
	}
}

void cache_forget_all(struct store *st)
{
	struct cache *c = st->cache;
	for (int i = 0; i < CACHE_GENERATIONS; i++)
		atomic_fetch_add(&c->generations[i], 1);
	shelf_forget_all(c->tokens);
	shelf_forget_all(c->clients);
	shelf_forget_all(c->oauth_clients);
}
