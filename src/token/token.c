/* SPDX-License-Identifier: Apache-2.0 */
/* Minting and verifying opaque tokens.
 * The check characters only keep garbage away from the store; what makes a token unguessable is its
 * random part, and what is compared is the SHA-256 of the whole text.
 * Source: docs/why/token_keys.md. */
#include "token/token.h"

#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "codec/digest.h"

enum { HOUR_CHARS = 3, CHECK_CHARS = 4, CHECK_FROM = TOKEN_LENGTH - CHECK_CHARS, CHECK_KEY = 16 };
enum {
	BASE = 62,
	HOURS = BASE * BASE * BASE,
	HOUR_0 = 455832 /* 2022-01-01T00Z, hours since 1970 */
};

struct token_service {
	struct arena *arena;
	struct store *store;
	_Atomic(int64_t) access_ms, refresh_ms;
	size_t n_keys;
	unsigned char keys[][CHECK_KEY]; /* the newest first */
};

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

struct token_service *token_service_create(struct store *store,
                                           const struct token_settings *settings)
{
	size_t n = store_keys(store);
	struct arena *a = arena_create(0, 0);
	struct token_service *t =
		arena_zalloc(a, sizeof *t + n * CHECK_KEY, _Alignof(struct token_service));
	*t = (struct token_service){ .arena = a, .store = store, .n_keys = n };
	token_settings_set(t, settings);
	for (size_t i = 0; i < n; i++) {
		unsigned char key[32];
		store_subkey(store, "token check", i, key);
		memcpy(t->keys[i], key, CHECK_KEY);
	}
	return t;
}

void token_service_destroy(struct token_service **t)
{
	struct arena *a = *t ? (*t)->arena : NULL;
	*t = NULL;
	arena_destroy(&a);
}

struct store *token_store(const struct token_service *t) { return t->store; }
struct token_settings token_settings(const struct token_service *t)
{
	return (struct token_settings){ atomic_load_explicit(&t->access_ms, memory_order_relaxed),
		                        atomic_load_explicit(&t->refresh_ms,
		                                             memory_order_relaxed) };
}

void token_settings_set(struct token_service *t, const struct token_settings *settings)
{
	atomic_store_explicit(&t->access_ms, settings->access_ms, memory_order_relaxed);
	atomic_store_explicit(&t->refresh_ms, settings->refresh_ms, memory_order_relaxed);
}

/* SHA-256 over key and text: both of fixed length, so it needs no HMAC against longer texts, and one
 * block of the digest holds them. */
static void check_chars(const unsigned char key[CHECK_KEY], const char *text, char out[CHECK_CHARS])
{
	char block[CHECK_KEY + CHECK_FROM];
	unsigned char sum[32];
	memcpy(block, key, CHECK_KEY);
	memcpy(block + CHECK_KEY, text, CHECK_FROM);
	sha256(str_from(block, sizeof block), sum);
	for (int i = 0; i < CHECK_CHARS; i++)
		out[i] = letters[sum[i] % BASE];
}

/* The hour as the text can say it.  What it cannot say (never, or past 2049) is "never": the row knows. */
static uint32_t hour_said(int64_t expires_at_ms)
{
	uint32_t hour = token_hour(expires_at_ms);
	return hour >= HOUR_0 && hour - HOUR_0 < HOURS - 1 ? hour : TOKEN_HOUR_NEVER;
}

str token_mint(struct arena *a, const struct token_service *t, int64_t expires_at_ms,
               struct token_key *key)
{
	uint32_t hour = hour_said(expires_at_ms);
	uint32_t said = hour == TOKEN_HOUR_NEVER ? HOURS - 1 : hour - HOUR_0;
	char *p = arena_alloc(a, TOKEN_LENGTH, 1);
	str random = rand_alnum(a, CHECK_FROM - HOUR_CHARS);
	p[0] = letters[said / BASE / BASE];
	p[1] = letters[said / BASE % BASE];
	p[2] = letters[said % BASE];
	memcpy(p + HOUR_CHARS, random.p, random.n);
	check_chars(t->keys[0], p, p + CHECK_FROM);
	*key = token_key_of(hour, (str){ p, TOKEN_LENGTH });
	return (str){ p, TOKEN_LENGTH };
}

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	return c >= '0' && c <= '9' ? c - '0' + 52 : -1;
}

/* The hour that a text of our form says; false: it has another form. */
static bool hour_read(str text, uint32_t *hour)
{
	uint32_t said = 0;
	if (text.n != TOKEN_LENGTH)
		return false;
	for (int i = 0; i < HOUR_CHARS; i++) {
		int d = digit(text.p[i]);
		if (d < 0)
			return false;
		said = said * BASE + (uint32_t)d;
	}
	*hour = said == HOURS - 1 ? TOKEN_HOUR_NEVER : HOUR_0 + said;
	return true;
}

static bool is_ours(const struct token_service *t, str text)
{
	char check[CHECK_CHARS];
	bool ours = false;
	for (size_t i = 0; i < t->n_keys && !ours; i++) {
		check_chars(t->keys[i], text.p, check);
		ours = memcmp(check, text.p + CHECK_FROM, CHECK_CHARS) == 0;
	}
	return ours;
}

bool token_key_read(const struct token_service *t, str text, struct token_key *key)
{
	uint32_t hour;
	if (!hour_read(text, &hour) || !is_ours(t, text))
		return false;
	*key = token_key_of(hour, text);
	return true;
}

static enum token_worth client_worth(const struct client_view *c)
{
	if (!c)
		return TOKEN_CLIENT_GONE;
	if (c->credential->status != APPROVED)
		return TOKEN_KEY_REVOKED;
	if (c->app->status != APPROVED)
		return TOKEN_APP_REVOKED;
	return c->developer->status == DEVELOPER_ACTIVE ? TOKEN_GOOD : TOKEN_DEVELOPER_INACTIVE;
}

enum token_worth token_verify(struct arena *a, struct token_service *t, str org, str text,
                              int64_t now_ms, const struct token_view **view)
{
	uint32_t hour;
	if (!hour_read(text, &hour))
		return TOKEN_UNKNOWN;
	struct token_key key = token_key_of(hour, text);
	err e = token_view_at_hand(a, t->store, org, &key, view);
	if (e.code == ERR_NOT_FOUND && is_ours(t, text))
		e = token_view(a, t->store, org, &key, view);
	if (e.code == ERR_NOT_FOUND)
		return TOKEN_UNKNOWN;
	if (e.code)
		return TOKEN_STORE_AWAY;
	const struct token *k = (*view)->token;
	if (k->expires_at_ms >= 0 && now_ms >= k->expires_at_ms)
		return TOKEN_EXPIRED;
	if (k->status != APPROVED)
		return TOKEN_REVOKED;
	return client_worth((*view)->client);
}
