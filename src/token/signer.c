/* SPDX-License-Identifier: Apache-2.0 */
/* Signing keys in memory: one immutable ring, replaced as a whole.
 * Who holds a ring keeps its keys alive, also across a wait.
 * Source: token/signer.h. */
#include "token/signer.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/secret.h"
#include "rt/fiber.h"
#include "store/oauth_clients.h"

enum { LOOK_AGAIN_MS = 1000, STALE_MS = 60000 };

static const enum jose_alg algs[] = { JOSE_RS256, JOSE_ES256 };

struct ring {
	struct arena *arena;
	atomic_int holders;
	struct signer_key *keys; /* the newest first, those that sign before the others */
	size_t n;
	int64_t read_ms; /* monotonic */
};

struct signer {
	struct arena *arena;
	struct store *store;
	str zone;
	pthread_mutex_t lock;
	struct ring *ring; /* guarded */
};

static int64_t now_ms(void) { return clock_mono_ns() / 1000000; }

/* ---- the ring ---- */
static void ring_release(void *ring)
{
	struct ring *r = ring;
	if (atomic_fetch_sub(&r->holders, 1) > 1)
		return;
	struct arena *a = r->arena;
	arena_destroy(&a);
}

/* Held as long as the arena lives. */
static const struct ring *ring_hold(struct arena *a, struct signer *s)
{
	pthread_mutex_lock(&s->lock);
	struct ring *r = s->ring;
	atomic_fetch_add(&r->holders, 1);
	pthread_mutex_unlock(&s->lock);
	arena_defer(a, ring_release, r);
	return r;
}

static void ring_use(struct signer *s, struct ring *r)
{
	pthread_mutex_lock(&s->lock);
	struct ring *was = s->ring;
	s->ring = r;
	pthread_mutex_unlock(&s->lock);
	if (was)
		ring_release(was);
}

static err add_keys(struct ring *r, const struct list *stored, bool signing)
{
	LIST_EACH(const struct signing_key, k, stored) {
		struct jose_key *key;
		if ((k->retired_at_ms == 0) != signing)
			continue;
		err e = jose_key_pem(r->arena, k->private_pem, STR_NONE, &key);
		wipe((char *)k->private_pem.p, k->private_pem.n);
		TRY(e);
		r->keys[r->n++] = (struct signer_key){ str_dup(r->arena, k->id),
			                               jose_alg_read(k->alg), signing, key };
	}
	return DONE;
}

static err ring_read(struct signer *s)
{
	struct ring *r = NULL;
	struct arena *a = arena_create(0, 0);
	struct list stored;
	err e = signing_key_list(a, s->store, s->zone, &stored);
	if (!e.code) {
		r = arena_new(a, struct ring);
		r->arena = a;
		atomic_init(&r->holders, 1);
		r->keys = arena_array(a, struct signer_key, stored.n + 1);
		r->read_ms = now_ms();
		e = add_keys(r, &stored, true);
	}
	if (!e.code)
		e = add_keys(r, &stored, false);
	if (e.code)
		arena_destroy(&a);
	else
		ring_use(s, r);
	return e;
}

/* ---- new keys ---- */
struct making {
	struct arena *arena;
	enum jose_alg alg;
	struct jose_key *key;
};

static void make(void *arg)
{
	struct making *m = arg;
	m->key = jose_key_make(m->arena, m->alg);
}

static err key_put(struct signer *s, enum jose_alg alg, bool first)
{
	struct arena *a = arena_create(0, 0);
	struct making m = { a, alg, NULL };
	err e = offload(LANE_CPU, make, &m);
	if (!e.code) {
		struct signing_key k = {
			.id = str_sub(jwk_thumbprint(a, m.key), 0, 16),
			.alg = jose_alg_name(alg),
			.private_pem = jose_key_private_pem(a, m.key),
			.created_at_ms = clock_ms(),
		};
		struct signing_key_put put = { s->zone, &k, !first, first };
		e = signing_key_put(s->store, &put);
		wipe((char *)k.private_pem.p, k.private_pem.n);
	}
	arena_destroy(&a);
	return e;
}

static const struct signer_key *signing(const struct ring *r, enum jose_alg alg)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->keys[i].signs && r->keys[i].alg == alg)
			return &r->keys[i];
	return NULL;
}

static err make_first(struct signer *s)
{
	TRY(ring_read(s));
	for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
		if (signing(s->ring, algs[i]))
			continue;
		err e = key_put(s, algs[i], true);
		if (e.code && e.code != ERR_CONFLICT) /* another node was first: its key is good */
			return e;
	}
	return ring_read(s);
}

err signer_open(struct store *store, str zone, struct diag *d, struct signer **out)
{
	struct arena *a = arena_create(0, 0);
	struct signer *s = *out = arena_new(a, struct signer);
	s->arena = a;
	s->store = store;
	s->zone = str_dup(a, zone);
	pthread_mutex_init(&s->lock, NULL);
	err e = make_first(s);
	if (!e.code)
		return DONE;
	signer_close(out);
	return diag_add(d, e.code, 0, "the keys that sign tokens cannot be read from the store");
}

void signer_close(struct signer **signer)
{
	struct signer *s = *signer;
	*signer = NULL;
	if (!s)
		return;
	if (s->ring)
		ring_release(s->ring);
	pthread_mutex_destroy(&s->lock);
	struct arena *a = s->arena;
	arena_destroy(&a);
}

err signer_rotate(struct signer *s, enum jose_alg alg)
{
	TRY(key_put(s, alg, false));
	return ring_read(s);
}

/* ---- the end of old keys ---- */
/* The longest that a client's access tokens live. */
static err longest_life(struct arena *a, struct signer *s, int64_t *access_s)
{
	struct list clients;
	TRY(oauth_client_list(a, s->store, s->zone, NULL, &clients));
	LIST_EACH(const struct oauth_client, c, &clients)
		*access_s = c->access_validity_s > *access_s ? c->access_validity_s : *access_s;
	return DONE;
}

static bool has_retired(struct arena *a, struct signer *s, int64_t before_ms)
{
	struct list keys;
	bool any = false;
	if (signing_key_list(a, s->store, s->zone, &keys).code)
		return false;
	LIST_EACH(const struct signing_key, k, &keys) { /* to the last: each is wiped */
		wipe((char *)k->private_pem.p, k->private_pem.n);
		any |= k->retired_at_ms && k->retired_at_ms < before_ms;
	}
	return any;
}

static err drop_old(struct arena *a, struct signer *s, int64_t access_s)
{
	int64_t now = clock_ms();
	if (!has_retired(a, s, now - access_s * 1000))
		return DONE;
	TRY(longest_life(a, s, &access_s));
	/* Another node may sign with it until it has read of the new one. */
	struct signing_key_end end = { now - access_s * 1000 - 2 * STALE_MS, now };
	int64_t gone;
	TRY(signing_key_drop(s->store, s->zone, &end, &gone));
	return gone ? ring_read(s) : DONE;
}

err signer_drop_old(struct signer *s, int64_t access_s)
{
	struct arena *a = arena_create(0, 0);
	err e = drop_old(a, s, access_s);
	arena_destroy(&a);
	return e;
}

/* ---- signing ---- */
struct signature {
	struct arena *arena;
	const struct signer_key *key;
	str header, claims, jwt;
	err e;
};

static void sign(void *arg)
{
	struct signature *g = arg;
	g->e = jws_sign(g->arena, g->key->key, g->key->alg, g->header, g->claims, &g->jwt);
}

static str header_text(struct arena *a, const struct signer_header *h, str kid)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	json_pair_str(&w, "alg", jose_alg_name(h->alg));
	if (h->with_kid)
		json_pair_str(&w, "kid", kid);
	json_pair_given(&w, "typ", h->typ);
	json_close(&w, '}');
	return buf_str(&b);
}

err signer_sign(struct arena *a, struct signer *s, const struct signer_header *h, str claims,
                str *jwt)
{
	const struct ring *r = ring_hold(a, s);
	if (now_ms() - r->read_ms > STALE_MS && !ring_read(s).code)
		r = ring_hold(a, s);
	const struct signer_key *key = signing(r, h->alg);
	must(key);
	struct signature g = { a, key, header_text(a, h, key->kid), claims, STR_NONE, DONE };
	if (jws_is_slow(h->alg, true))
		TRY(offload_brief(LANE_CPU, sign, &g));
	else
		sign(&g);
	*jwt = g.jwt;
	return g.e;
}

/* ---- verifying ---- */
static bool fits(struct arena *a, const struct ring *r, const struct jws *jws)
{
	for (size_t i = 0; i < r->n; i++)
		if ((!str_given(jws->kid) || str_eq(jws->kid, r->keys[i].kid)) &&
		    jws_verify(a, jws, r->keys[i].key, r->keys[i].alg))
			return true;
	return false;
}

err signer_verify(struct arena *a, struct signer *s, str jwt, json_t **claims)
{
	struct jws jws;
	struct diag d = { .arena = a };
	TRY(jws_read(a, jwt, &jws));
	if (str_given(jws_unknown_critical(&jws, NULL, 0)))
		return FAIL(ERR_DENIED);
	const struct ring *r = ring_hold(a, s);
	if (!fits(a, r, &jws)) {
		if (now_ms() - r->read_ms < LOOK_AGAIN_MS)
			return FAIL(ERR_DENIED);
		TRY(ring_read(s));
		if (!fits(a, ring_hold(a, s), &jws))
			return FAIL(ERR_DENIED);
	}
	return json_read(a, jws.payload, &d, claims);
}

struct list signer_keys(struct arena *a, struct signer *s)
{
	const struct ring *r = ring_hold(a, s);
	return (struct list){ r->keys, r->n };
}
