/* SPDX-License-Identifier: Apache-2.0 */
/* The cache: 64 shards, each a mutex, a bounded table and a count of invalidations.
 * A fill notes the count (a token's shard, a client's organization) before it reads and is stored only if
 * it has not moved; an entry never changes, and is freed when its last holder lets go.
 * Source: house; measured without the note: 116 of 6,000 revocations undone by a reader that was under way. */
#include "store/cache.h"

#include <string.h>

#include "base/secret.h"
#include "store/apps.h"
#include "store/developers.h"
#include "store/inside.h"
#include "store/products.h"
#include "store/tokens.h"

enum { SHARDS = 64, GENERATIONS = 1024, FIRST_BLOCK = 512 };

struct entry {
	struct entry *next; /* in its bucket */
	uint64_t hash;
	struct arena *arena; /* of the entry and all it shows */
	_Atomic(int) holders;
	_Atomic(bool) used; /* since the hand passed */
	size_t slot;
	str org, key;
	/* a client's: */
	struct client_view *view;
	const _Atomic(unsigned) *generations; /* of its organization */
	unsigned generation;                  /* when it was read */
	/* or a token's: */
	struct token *token;
	struct entry *client; /* as it was found last, held; guarded by the shard's lock */
	/* or one of the OAuth2 service's clients: */
	struct oauth_client_view oauth;
};

struct shard {
	pthread_mutex_t lock;
	struct entry **buckets; /* n_slots * 2 */
	struct entry **slots;
	size_t n_slots, hand;
	unsigned invalidations;
};

struct cache {
	struct arena *arena;
	struct shard shards[SHARDS];
	_Atomic(unsigned) generations[GENERATIONS]; /* by organization */
};

/* ---- shards ---- */
static size_t power_of_two(size_t n)
{
	size_t p = 16;
	while (p < n)
		p *= 2;
	return p;
}

struct cache *cache_create(unsigned entries)
{
	struct arena *a = arena_create(0, 0);
	struct cache *c = arena_new(a, struct cache);
	c->arena = a;
	size_t each = power_of_two(entries / SHARDS);
	struct entry **tables = arena_array(a, struct entry *, SHARDS * each * 3);
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *s = &c->shards[i];
		s->n_slots = each;
		s->slots = tables + i * each;
		s->buckets = tables + (SHARDS + i * 2) * each;
		pthread_mutex_init(&s->lock, NULL);
	}
	return c;
}

static void hold(struct entry *e)
{
	atomic_fetch_add_explicit(&e->holders, 1, memory_order_relaxed);
	if (!atomic_load_explicit(&e->used, memory_order_relaxed)) /* else its line stays shared */
		atomic_store_explicit(&e->used, true, memory_order_relaxed);
}

static void let_go(void *arg)
{
	for (struct entry *e = arg, *client; e; e = client) {
		if (atomic_fetch_sub_explicit(&e->holders, 1, memory_order_acq_rel) != 1)
			return;
		client = e->client;
		arena_destroy(&(struct arena *){ e->arena });
	}
}

static struct shard *shard_of(struct cache *c, uint64_t hash) { return &c->shards[hash >> 58]; }

static struct entry **bucket_of(struct shard *s, uint64_t hash)
{
	return &s->buckets[hash & (s->n_slots * 2 - 1)];
}

static bool is_it(const struct entry *e, uint64_t hash, str org, str key)
{
	return e->hash == hash && str_eq(e->key, key) && str_eq(e->org, org);
}

/* With the lock held. */
static void drop(struct shard *s, struct entry *e)
{
	for (struct entry **at = bucket_of(s, e->hash); *at; at = &(*at)->next) {
		if (*at == e) {
			*at = e->next;
			break;
		}
	}
	s->slots[e->slot] = NULL;
	let_go(e);
}

/* Second chance: the hand takes the first that nobody used since it passed. */
static void make_room(struct shard *s)
{
	for (;;) {
		s->hand = (s->hand + 1) & (s->n_slots - 1);
		struct entry *e = s->slots[s->hand];
		if (!e)
			return;
		if (!atomic_exchange_explicit(&e->used, false, memory_order_relaxed)) {
			drop(s, e);
			return;
		}
	}
}

static struct entry *find(struct shard *s, uint64_t hash, str org, str key)
{
	struct entry *e = *bucket_of(s, hash);
	while (e && !is_it(e, hash, org, key))
		e = e->next;
	return e;
}

/* The entry, held, and so its client if it knows one; else NULL and the count to give to put(). */
static struct entry *take(struct shard *s, uint64_t hash, str org, str key, unsigned *count,
                          struct entry **client)
{
	pthread_mutex_lock(&s->lock);
	struct entry *e = find(s, hash, org, key);
	*count = s->invalidations;
	*client = e ? e->client : NULL;
	if (e)
		hold(e);
	if (*client)
		hold(*client);
	pthread_mutex_unlock(&s->lock);
	return e;
}

static void put(struct shard *s, struct entry *e, unsigned count)
{
	pthread_mutex_lock(&s->lock);
	if (s->invalidations == count) {
		struct entry *old = find(s, e->hash, e->org, e->key);
		if (old)
			drop(s, old);
		make_room(s);
		e->slot = s->hand;
		s->slots[s->hand] = e;
		e->next = *bucket_of(s, e->hash);
		*bucket_of(s, e->hash) = e;
		hold(e);
	}
	pthread_mutex_unlock(&s->lock);
}

static void remember_client(struct shard *s, struct entry *token, struct entry *client)
{
	hold(client);
	pthread_mutex_lock(&s->lock);
	struct entry *before = token->client;
	token->client = client;
	pthread_mutex_unlock(&s->lock);
	let_go(before);
}

static void forget(struct shard *s, uint64_t hash, str org, str key)
{
	pthread_mutex_lock(&s->lock);
	s->invalidations++;
	struct entry *e = find(s, hash, org, key);
	if (e)
		drop(s, e);
	pthread_mutex_unlock(&s->lock);
}

static void forget_shard(struct shard *s)
{
	pthread_mutex_lock(&s->lock);
	s->invalidations++;
	for (size_t i = 0; i < s->n_slots; i++)
		if (s->slots[i])
			drop(s, s->slots[i]);
	pthread_mutex_unlock(&s->lock);
}

void cache_destroy(struct cache **cp)
{
	struct cache *c = *cp;
	*cp = NULL;
	if (!c)
		return;
	for (int i = 0; i < SHARDS; i++) {
		forget_shard(&c->shards[i]);
		pthread_mutex_destroy(&c->shards[i].lock);
	}
	arena_destroy(&(struct arena *){ c->arena });
}

/* ---- what changes do ---- */
static _Atomic(unsigned) *generation_of(struct cache *c, str org)
{
	return &c->generations[str_hash(org) % GENERATIONS];
}

static str key_bytes(const struct token_key *k) { return str_from(k->bytes, sizeof k->bytes); }

/* Eight bytes of a SHA-256 tell tokens apart as well as all of them. */
static uint64_t token_hash(const struct token_key *k)
{
	return str_hash(str_from(k->bytes + sizeof k->bytes - 8, 8));
}

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
	uint64_t hash = token_hash(&k);
	forget(shard_of(c, hash), hash, change->org, key_bytes(&k));
}

/* No organization is called so: the tables are shared. */
static str oauth_realm(struct arena *a, str zone) { return str_fmt(a, "%.*s\noauth", STR(zone)); }

static uint64_t oauth_hash(str realm, str id) { return str_hash(id) ^ str_hash(realm); }

static void oauth_client_changed(struct cache *c, const struct change *change)
{
	struct arena *a = arena_create(FIRST_BLOCK, 0);
	str realm = oauth_realm(a, change->org);
	uint64_t hash = oauth_hash(realm, change->name);
	forget(shard_of(c, hash), hash, realm, change->name);
	arena_destroy(&a);
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
		atomic_fetch_add(generation_of(st->cache, change->org), 1);
		break;
	default: /* nothing of it is in here */
		break;
	}
}

void cache_forget_all(struct store *st)
{
	for (int i = 0; i < GENERATIONS; i++)
		atomic_fetch_add(&st->cache->generations[i], 1);
	for (int i = 0; i < SHARDS; i++)
		forget_shard(&st->cache->shards[i]);
}

/* ---- fills ---- */
static struct entry *entry_create(uint64_t hash, str org, str key)
{
	struct arena *a = arena_create(FIRST_BLOCK, 0);
	struct entry *e = arena_new(a, struct entry);
	e->arena = a;
	e->hash = hash;
	e->org = str_dup(a, org);
	e->key = str_dup(a, key);
	e->holders = 1; /* ours */
	return e;
}

/* Memory is only as good as the database is young: with PostgreSQL away it is trusted for max_stale_s. */
static bool is_stale(struct store *st)
{
	return st->max_stale_ms != INT64_MAX &&
	       clock_mono_ns() / 1000000 -
	                       atomic_load_explicit(&st->feed.heard_ms, memory_order_relaxed) >
	               st->max_stale_ms;
}

static void wipe_secret(void *arg)
{
	const struct credential *c = arg;
	wipe((void *)(uintptr_t)c->consumer_secret.p, c->consumer_secret.n);
}

static err read_client(struct entry *e, struct store *st)
{
	struct app *app;
	struct developer *developer;
	TRY(app_by_key(e->arena, st, e->org, e->key, &app));
	TRY(developer_get(e->arena, st, e->org, app->developer_id, &developer));
	struct client_view *v = arena_new(e->arena, struct client_view);
	*v = (struct client_view){ .app = app,
		                   .developer = developer,
		                   .credential = app_credential(app, e->key) };
	if (!v->credential)
		return FAIL(ERR_NOT_FOUND);
	LIST_EACH(struct credential, c, &app->credentials)
		arena_defer(e->arena, wipe_secret, c);
	const struct product_status *names = v->credential->api_products.v;
	v->n_products = v->credential->api_products.n;
	const struct api_product **products =
		arena_array(e->arena, const struct api_product *, v->n_products + 1);
	for (size_t i = 0; i < v->n_products; i++) {
		struct api_product *p;
		TRY(product_get(e->arena, st, e->org, names[i].apiproduct, &p));
		products[i] = p;
	}
	v->products = products;
	e->view = v;
	return DONE;
}

static bool is_current(const struct entry *client)
{
	return client->view && client->generation == atomic_load(client->generations);
}

static err client_entry(struct store *st, str org, str key, struct entry **out)
{
	uint64_t hash = str_hash(key) ^ str_hash(org);
	struct shard *s = shard_of(st->cache, hash);
	unsigned count;
	struct entry *none, *e = take(s, hash, org, key, &count, &none);
	if (e && is_current(e)) {
		*out = e;
		return DONE;
	}
	let_go(e);
	e = entry_create(hash, org, key);
	e->generations = generation_of(st->cache, org);
	e->generation = atomic_load(
		e->generations); /* before the read: a change meanwhile makes it old at once */
	err trouble = read_client(e, st);
	if (trouble.code) {
		let_go(e);
		return trouble;
	}
	put(s, e, count);
	*out = e;
	return DONE;
}

/* *client: NULL if it is not known, or not any more. */
static err token_entry(struct store *st, str org, const struct token_key *key, bool at_hand,
                       struct entry **out, struct entry **client)
{
	uint64_t hash = token_hash(key);
	struct shard *s = shard_of(st->cache, hash);
	unsigned count;
	struct entry *e = take(s, hash, org, key_bytes(key), &count, client);
	if (!e && at_hand)
		return FAIL(ERR_NOT_FOUND);
	if (!e) {
		e = entry_create(hash, org, key_bytes(key));
		err trouble = token_get(e->arena, st, org, key, &e->token);
		if (trouble.code) {
			let_go(e);
			return trouble;
		}
		put(s, e, count);
	}
	if (*client && !is_current(*client)) {
		let_go(*client);
		*client = NULL;
	}
	*out = e;
	return DONE;
}

/* ---- views ---- */
err client_view(struct arena *a, struct store *st, str org, str key, const struct client_view **out)
{
	struct entry *e;
	if (is_stale(st))
		return FAIL(ERR_STORE);
	TRY(client_entry(st, org, key, &e));
	arena_defer(a, let_go, e);
	*out = e->view;
	return DONE;
}

static err view(struct arena *a, struct store *st, str org, const struct token_key *key,
                bool at_hand, const struct token_view **out)
{
	struct entry *e, *client;
	if (is_stale(st))
		return FAIL(ERR_STORE);
	TRY(token_entry(st, org, key, at_hand, &e, &client));
	arena_defer(a, let_go, e);
	struct token_view *v = arena_new(a, struct token_view);
	v->token = e->token;
	if (!client) {
		err trouble = client_entry(st, org, e->token->client_id, &client);
		if (trouble.code && trouble.code != ERR_NOT_FOUND)
			return trouble;
		if (!trouble.code)
			remember_client(shard_of(st->cache, e->hash), e, client);
	}
	if (client) {
		arena_defer(a, let_go, client);
		v->client = client->view;
	}
	*out = v;
	return DONE;
}

err token_view(struct arena *a, struct store *st, str org, const struct token_key *key,
               const struct token_view **out)
{
	return view(a, st, org, key, false, out);
}

err token_view_at_hand(struct arena *a, struct store *st, str org, const struct token_key *key,
                       const struct token_view **out)
{
	return view(a, st, org, key, true, out);
}

/* ---- the OAuth2 service's clients ---- */
err oauth_client_at_hand(struct arena *a, struct store *st, str zone, str id,
                         const struct oauth_client_view **out)
{
	str realm = oauth_realm(a, zone);
	uint64_t hash = oauth_hash(realm, id);
	unsigned count;
	struct entry *none, *e = NULL;
	if (!is_stale(st))
		e = take(shard_of(st->cache, hash), hash, realm, id, &count, &none);
	if (!e)
		return FAIL(ERR_NOT_FOUND);
	arena_defer(a, let_go, e);
	*out = &e->oauth;
	return DONE;
}

static err read_oauth_client(struct entry *e, struct store *st, str zone)
{
	struct db_rows rows;
	TRY(one_row(e->arena, st->db,
	            "SELECT secret_mac, second_secret_mac, token_salt, doc FROM oauth_client"
	            " WHERE zone = $1 AND id = $2",
	            DB_ARGS(DB_T(zone), DB_T(e->key)), &rows));
	struct oauth_client *client = arena_new(e->arena, struct oauth_client);
	e->oauth = (struct oauth_client_view){ .client = client, .token_salt = rows.v[2].s };
	for (int i = 0; i < 2; i++)
		e->oauth.macs[i] = rows.v[i].kind == DB_BLOB ? rows.v[i].s : STR_NONE;
	return doc_read(e->arena, &oauth_client_noun, rows.v[3].s, client);
}

err oauth_client_read(struct arena *a, struct store *st, str zone, str id,
                      const struct oauth_client_view **out)
{
	str realm = oauth_realm(a, zone);
	uint64_t hash = oauth_hash(realm, id);
	struct shard *s = shard_of(st->cache, hash);
	unsigned count;
	struct entry *none, *e = take(s, hash, realm, id, &count, &none);
	if (e)
		let_go(e);
	e = entry_create(hash, realm, id);
	err trouble = read_oauth_client(e, st, zone);
	if (trouble.code) {
		let_go(e);
		return trouble;
	}
	put(s, e, count);
	arena_defer(a, let_go, e);
	*out = &e->oauth;
	return DONE;
}
