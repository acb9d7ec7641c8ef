/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of policy/jwt_memory.h.
 * Invariant: a server of keys that stalls holds up one exchange every FETCH_MS, once its set was seen.
 * Source: Apigee, "VerifyJWT policy": a JWKS is kept for 300 seconds. */
#include "policy/jwt_memory.h"

#include <jansson.h>
#include <string.h>

#include "base/log.h"
#include "codec/digest.h"
#include "flow/exchange.h"
#include "http/uri.h"
#include "model/noun.h"
#include "policy/callout.h"
#include "policy/services.h"

enum { TOKENS = 8192, HEADERS = 256, KEYS = 1024, FETCH_MS = 5000, FRESH_MS = 300000 };

struct jwt_memory {
	struct arena *arena;
	struct shelf *tokens, *headers, *keys;
};

struct jwt_memory *jwt_memory_create(void)
{
	struct arena *a = arena_create(sizeof(struct jwt_memory), 0);
	struct jwt_memory *m = arena_new(a, struct jwt_memory);
	*m = (struct jwt_memory){ a, shelf_create(TOKENS), shelf_create(HEADERS),
		                  shelf_create(KEYS) };
	return m;
}

void jwt_memory_destroy(struct jwt_memory **mp)
{
	struct jwt_memory *m = *mp;
	*mp = NULL;
	if (!m)
		return;
	shelf_destroy(&m->tokens);
	shelf_destroy(&m->headers);
	shelf_destroy(&m->keys);
	arena_destroy(&(struct arena *){ m->arena });
}

static struct jwt_memory *memory(struct exchange *x) { return x->services->jwt; }

/* ---- tokens ---- */

static int64_t note_time(struct jwt_token *t, const char *name)
{
	const json_t *v = json_object_get(t->claims, name);
	double n = json_number_value(v);
	if (!v)
		return JWT_NEVER;
	if (!json_is_number(v) || !(n >= 0 && n <= 1e12)) {
		t->bad_time = name;
		return JWT_NEVER;
	}
	return json_is_integer(v) ? json_integer_value(v) : (int64_t)n;
}

static void note_claims(struct jwt_token *t)
{
	struct arena *a = t->item.arena;
	const json_t *aud = json_object_get(t->claims, "aud");
	t->exp = note_time(t, "exp");
	t->nbf = note_time(t, "nbf");
	t->iat = note_time(t, "iat");
	t->iss = json_member_str(t->claims, "iss");
	t->sub = json_member_str(t->claims, "sub");
	t->aud.v = arena_array(
		a, str, json_array_size(aud) + 1); /* anybody's text: thousands may be in it */
	if (json_is_string(aud))
		t->aud.v[t->aud.n++] = json_text(aud);
	for (size_t i = 0; i < json_array_size(aud); i++)
		if (json_is_string(json_array_get(aud, i)))
			t->aud.v[t->aud.n++] = json_text(json_array_get(aud, i));
}

/* What all tokens of an issuer begin with; remembered with one that is good. */
struct jwt_header {
	struct shelf_item item;
	struct jws jws; /* nothing behind the header */
};

static err take_header(struct jwt_memory *m, struct jwt_token *t)
{
	struct shelf_key key = shelf_name(jws_header_part(t->item.key.name));
	struct jwt_header *h = shelf_take(m->headers, &key);
	bool known = h != NULL;
	if (!known)
		h = t->new_header = shelf_item(sizeof *h, key.name.n, &key);
	arena_defer(t->item.arena, shelf_let_go, h);
	if (!known)
		TRY(jws_read_header(h->item.arena, h->item.key.name, &h->jws));
	t->jws = h->jws;
	return DONE;
}

static err take_apart(struct jwt_memory *m, struct jwt_token *t)
{
	struct arena *a = t->item.arena;
	struct diag nobody = { .arena = a };
	TRY(take_header(m, t));
	TRY(jws_read_rest(a, t->item.key.name, &t->jws));
	TRY(json_read(a, t->jws.payload, &nobody, &t->claims));
	if (!json_is_object(t->claims))
		return FAIL(ERR_SYNTAX);
	note_claims(t);
	return DONE;
}

/* All of a token is compared; its end is hashed, which is of the signature. */
static struct shelf_key token_key(str text)
{
	enum { HASHED = 64 };
	str end = str_sub(text, text.n < HASHED ? 0 : text.n - HASHED, STR_NPOS);
	return (struct shelf_key){ .name = text, .hash = str_hash(end) };
}

err jwt_token_read(struct exchange *x, str text, struct jwt_token **out)
{
	if (text.n > JOSE_TEXT_MAX)
		return FAIL(ERR_LIMIT);
	struct shelf_key key = token_key(text);
	struct jwt_token *t = shelf_take(memory(x)->tokens, &key);
	if (!t) {
		t = shelf_item(sizeof *t, text.n + 256, &key); /* its parts */
		err e = take_apart(memory(x), t);
		if (e.code) {
			shelf_let_go(t);
			return e;
		}
	}
	arena_defer(x->arena, shelf_let_go, t);
	*out = t;
	return DONE;
}

struct check {
	struct arena *arena;
	const struct jwt_token *token;
	const struct jose_key *key;
	bool good;
};

static void check(void *arg)
{
	struct check *c = arg;
	const struct jws *s = &c->token->jws;
	c->good = jws_verify(c->arena, s, c->key, s->alg);
}

static void remember(struct jwt_memory *m, struct jwt_token *t)
{
	if (t->new_header)
		shelf_put(m->headers, t->new_header);
	t->new_header = NULL;
	shelf_put(m->tokens, t);
}

bool jwt_token_good(struct exchange *x, struct jwt_token *t, const struct jose_key *key)
{
	static const unsigned char none[sizeof t->good_for];
	str print = jose_key_print(key);
	if (!memcmp(t->good_for, print.p, print.n))
		return true;
	if (t->jws.alg == JOSE_ALGS)
		return false;
	struct check c = { x->arena, t, key, false };
	if (!jws_is_slow(t->jws.alg, false))
		check(&c);
	else if (offload(LANE_CPU, check, &c).code)
		return false;
	bool fresh = !memcmp(t->good_for, none, sizeof none);
	if (c.good && fresh) {
		memcpy(t->good_for, print.p, print.n);
		remember(memory(x), t);
	}
	return c.good;
}

/* ---- keys ---- */

static err read_keys(struct jwt_keys *k, enum jwt_material kind, str text, str password)
{
	struct arena *a = k->item.arena;
	struct diag nobody = { .arena = a };
	return kind == JWT_PEM ? jose_key_pem(a, text, password, &k->key)
	                       : jwks_read(a, text, &nobody, &k->set);
}

const struct jwt_keys *jwt_keys_of(struct exchange *x, enum jwt_material kind, str text,
                                   str password)
{
	unsigned char sum[33] = { (unsigned char)kind };
	if (text.n > JWKS_TEXT_MAX)
		return NULL;
	sha256(str_fmt(x->arena, "%.*s\n%.*s", STR(password), STR(text)), sum + 1);
	struct shelf_key key = shelf_name(str_from(sum, sizeof sum));
	struct jwt_keys *k = shelf_take(memory(x)->keys, &key);
	if (!k) {
		k = shelf_item(sizeof *k, 512, &key);
		if (read_keys(k, kind, text, password).code) {
			shelf_let_go(k);
			return NULL;
		}
		shelf_put(memory(x)->keys, k);
	}
	arena_defer(x->arena, shelf_let_go, k);
	return k;
}

/* ---- keys from afar ---- */

static err get(struct exchange *x, str url, struct callout *call, str *text)
{
	struct uri uri;
	struct message *answer;
	TRY(uri_parse(url, &uri));
	*call = (struct callout){
		.host = uri.host,
		.port = uri.port,
		.tls = uri.tls ? x->tls : NULL,
		.request = message_request(x->arena, S("GET"), uri.path),
		.timeouts = { .connect_ms = FETCH_MS, .io_ms = FETCH_MS },
	};
	call->request->query = uri.query;
	deadline by = deadline_min(x->deadline, deadline_in(FETCH_MS));
	TRY(callout_send(x->arena, call, by, &answer));
	TRY(message_content(x->arena, answer, JWKS_TEXT_MAX, by, text));
	return answer->status == 200 ? DONE : FAIL(ERR_DENIED);
}

static err fetch(struct exchange *x, str url, struct jwt_keys *k)
{
	str text;
	struct callout call = { 0 };
	struct diag diag = { .arena = x->arena };
	err e = get(x, url, &call, &text);
	if (!e.code)
		e = jwks_read(k->item.arena, text, &diag, &k->set);
	if (!e.code)
		k->fetched_ms = clock_mono_ns() / 1000000;
	else if (e.code != ERR_CANCELED)
		log_warn("jwks_not_fetched", LOG_STR("url", url), LOG_Z("error", err_word(e.code)),
		         LOG_STR("reason",
		                 call.why ? callout_reason(&call) : diag_text(x->arena, &diag)));
	return e;
}

/* Whether this exchange is the one that fetches: at most one, while an old set serves the others. */
static bool my_turn(struct jwt_keys *old, int64_t now_ms)
{
	int64_t at = atomic_load(&old->next_try_ms);
	return now_ms >= at &&
	       atomic_compare_exchange_strong(&old->next_try_ms, &at, now_ms + FETCH_MS);
}

static const struct jwks *still_good(const struct jwt_keys *k, int64_t now_ms)
{
	return k && k->fetched_ms && now_ms < k->fetched_ms + 2 * FRESH_MS ? &k->set : NULL;
}

const struct jwks *jwt_keys_at(struct exchange *x, str url)
{
	int64_t now_ms = clock_mono_ns() / 1000000;
	struct shelf_key key = shelf_name(url);
	struct jwt_keys *old = shelf_take(memory(x)->keys, &key);
	if (old)
		arena_defer(x->arena, shelf_let_go, old);
	if (old && !my_turn(old, now_ms))
		return still_good(old, now_ms);
	struct jwt_keys *k = shelf_item(sizeof *k, 1024, &key);
	arena_defer(x->arena, shelf_let_go, k);
	err e = fetch(x, url, k);
	now_ms = clock_mono_ns() / 1000000;
	if (e.code == ERR_CANCELED) { /* says nothing of the server */
		if (old)
			atomic_store(&old->next_try_ms, 0);
		return NULL;
	}
	if (e.code && still_good(old, now_ms))
		return &old->set;
	atomic_store(&k->next_try_ms, now_ms + (e.code ? FETCH_MS : FRESH_MS));
	shelf_put(memory(x)->keys, k);
	return still_good(k, now_ms);
}
