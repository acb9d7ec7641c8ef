/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: put, looked up, revoked, refreshed, purged; and the races between them.
 * Of many that spend one refresh token one wins; after a revocation was answered no look-up accepts.
 * Source: store/tokens.h, cache.h; RFC 6749 §6, RFC 9700 §4.14. */
#include "store/suite.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { HOUR = 3600000 };

static struct app *app;
static str client;

static struct token token_of(const char *text, int64_t expires_at_ms)
{
	static str products[] = { S_INIT("A"), S_INIT("B") };
	return (struct token){ .key = token_key_of(token_hour(expires_at_ms), str_from_z(text)),
		               .organization = ACME,
		               .client_id = client,
		               .app_id = app->app_id,
		               .developer_id = app->developer_id,
		               .grant_type = S("client_credentials"),
		               .scope = S("read write"),
		               .products = { products, 2 },
		               .issued_at_ms = clock_ms(),
		               .expires_at_ms = expires_at_ms };
}

static void with_refresh(struct token *t, const char *text, int64_t expires_at_ms)
{
	t->has_refresh = true;
	t->refresh_key = token_key_of(token_hour(expires_at_ms), str_from_z(text));
	t->refresh_issued_at_ms = t->issued_at_ms;
	t->refresh_expires_at_ms = expires_at_ms;
}

static int64_t soon(void) { return clock_ms() + HOUR; }

static void put_and_get(void **state)
{
	(void)state;
	struct attribute at[] = { { S("color"), S("blue") }, { S("empty"), S("") } };
	struct token t = token_of("put", soon()), *got;
	t.attributes = (struct list){ at, 2 };
	t.hidden_attributes = (struct list){ at, 1 };
	t.end_user = S("me@home");
	with_refresh(&t, "put-refresh", -1);
	GOOD(token_put(store, &t));
	ANSWERS(ERR_CONFLICT, token_put(store, &t));
	GOOD(token_get(a, store, ACME, &t.key, &got));
	SAME(got->client_id, client);
	SAME(got->scope, t.scope);
	SAME(got->end_user, t.end_user);
	assert_int_equal(got->products.n, 2);
	SAME(got->products.v[1], S("B"));
	assert_int_equal(got->attributes.n, 2);
	SAME(attribute_get(&got->attributes, S("color")), S("blue"));
	assert_int_equal(got->hidden_attributes.n, 1);
	assert_int_equal(got->issued_at_ms, t.issued_at_ms);
	assert_int_equal(got->expires_at_ms, t.expires_at_ms);
	assert_true(got->has_refresh);
	assert_int_equal(got->refresh_expires_at_ms, -1);
	GOOD(refresh_get(a, store, ACME, &t.refresh_key, &got));
	assert_memory_equal(got->key.bytes, t.key.bytes, sizeof t.key.bytes);
	assert_int_equal(got->status, APPROVED);
	ANSWERS(ERR_NOT_FOUND, token_get(a, store, OTHER, &t.key, &got));
	ANSWERS(ERR_NOT_FOUND, refresh_get(a, store, OTHER, &t.refresh_key, &got));
	ANSWERS(ERR_NOT_FOUND, token_get(a, store, ACME, &t.refresh_key, &got));
}

static void revoke(void **state)
{
	(void)state;
	struct token t = token_of("revoke", soon()), *got;
	const struct token_view *v;
	with_refresh(&t, "revoke-refresh", -1);
	GOOD(token_put(store, &t));
	GOOD(token_view(a, store, ACME, &t.key, &v));
	assert_int_equal(v->token->status, APPROVED);
	SAME(v->client->app->app_id, app->app_id);
	ANSWERS(ERR_NOT_FOUND, token_view(a, store, OTHER, &t.key, &v));
	ANSWERS(ERR_NOT_FOUND, token_set_status(store, OTHER, &t.key, REVOKED, true));
	GOOD(token_set_status(store, ACME, &t.key, REVOKED, false));
	GOOD(token_view(a, store, ACME, &t.key, &v));
	assert_int_equal(v->token->status, REVOKED);
	GOOD(refresh_get(a, store, ACME, &t.refresh_key, &got));
	assert_int_equal(got->refresh_status, APPROVED);
	GOOD(token_set_status(store, ACME, &t.key, APPROVED, false));
	GOOD(token_view(a, store, ACME, &t.key, &v));
	assert_int_equal(v->token->status, APPROVED);
	ANSWERS(ERR_NOT_FOUND, refresh_set_status(store, OTHER, &t.refresh_key, REVOKED, true));
	GOOD(refresh_set_status(store, ACME, &t.refresh_key, REVOKED, true));
	GOOD(token_view(a, store, ACME, &t.key, &v));
	assert_int_equal(v->token->status, REVOKED);
	assert_int_equal(v->token->refresh_status, REVOKED);
}

/* ---- refreshing ---- */
static struct token next_of(int i, const char *prefix, int64_t count)
{
	struct token t = token_of(str_z(a, str_fmt(a, "%s-%d", prefix, i)), soon());
	with_refresh(&t, str_z(a, str_fmt(a, "%s-refresh-%d", prefix, i)), -1);
	t.refresh_count = count;
	return t;
}

static void rotate(void **state)
{
	(void)state;
	struct token first = next_of(0, "rotate", 0), second = next_of(1, "rotate", 1),
		     third = next_of(2, "rotate", 2);
	struct token *got;
	const struct token_view *v;
	GOOD(token_put(store, &first));
	GOOD(token_view(a, store, ACME, &first.key, &v));
	struct token stranger = second;
	stranger.organization = OTHER;
	ANSWERS(ERR_NOT_FOUND, token_rotate(store, &first.refresh_key, &stranger));
	stranger = second;
	stranger.client_id = S("somebody else");
	ANSWERS(ERR_NOT_FOUND, token_rotate(store, &first.refresh_key, &stranger));
	GOOD(token_rotate(store, &first.refresh_key, &second));
	ANSWERS(ERR_CONFLICT, token_rotate(store, &first.refresh_key, &third));
	ANSWERS(ERR_NOT_FOUND, token_get(a, store, ACME, &third.key, &got)); /* all or nothing */
	GOOD(token_view(a, store, ACME, &first.key, &v));
	assert_int_equal(v->token->status, REVOKED);
	GOOD(token_view(a, store, ACME, &second.key, &v));
	assert_int_equal(v->token->status, APPROVED);
	assert_int_equal(v->token->refresh_count, 1);

	third.refresh_key = second.refresh_key; /* ReuseRefreshToken */
	GOOD(token_rotate(store, &second.refresh_key, &third));
	GOOD(refresh_get(a, store, ACME, &second.refresh_key, &got));
	assert_int_equal(got->refresh_status, APPROVED);
	assert_int_equal(got->refresh_count, 2);
	assert_memory_equal(got->key.bytes, third.key.bytes, sizeof third.key.bytes);

	struct token old = next_of(3, "rotate", 0), new = next_of(4, "rotate", 1);
	old.refresh_expires_at_ms = clock_ms() - 1;
	GOOD(token_put(store, &old));
	ANSWERS(ERR_CONFLICT, token_rotate(store, &old.refresh_key, &new));
}

struct race {
	struct token_key key;
	struct token *next;
	_Atomic(int) won, lost, wrong;
};

static void spend_one(void *arg, int i)
{
	struct race *r = arg;
	err e = token_rotate(store, &r->key, &r->next[i]);
	atomic_fetch_add(e.code == ERR_NONE       ? &r->won
	                 : e.code == ERR_CONFLICT ? &r->lost
	                                          : &r->wrong,
	                 1);
}

static void one_wins(void **state)
{
	(void)state;
	void (*const ways[])(int, void (*)(void *, int), void *) = { at_once, in_fibers };
	for (size_t way = 0; way < COUNT(ways); way++) {
		const char *prefix = way ? "fibers" : "threads";
		struct token first = next_of(100, prefix, 0);
		struct race r = { .key = first.refresh_key,
			          .next = arena_array(a, struct token, 64) };
		GOOD(token_put(store, &first));
		for (int i = 0; i < 64; i++)
			r.next[i] = next_of(i, prefix, 1);
		ways[way](64, spend_one, &r);
		assert_int_equal(r.won, 1);
		assert_int_equal(r.lost, 63);
		int stored = 0;
		for (int i = 0; i < 64; i++) {
			struct token *got;
			stored += token_get(a, store, ACME, &r.next[i].key, &got).code == ERR_NONE;
		}
		assert_int_equal(stored, 1);
	}
}

/* ---- a look-up beside its revocation ---- */
struct beside {
	struct token t;
	_Atomic(bool) revoked; /* the revocation has been answered */
	_Atomic(int) accepted_after, trouble;
};

static void look_or_revoke(void *arg, int i)
{
	struct beside *b = arg;
	if (i == 0) {
		b->trouble +=
			token_set_status(store, ACME, &b->t.key, REVOKED, false).code != ERR_NONE;
		b->revoked = true;
		return;
	}
	for (int n = 0; n < 20; n++) {
		struct arena *own = arena_create(0, 0);
		const struct token_view *v;
		bool after = b->revoked;
		err e = token_view(own, store, ACME, &b->t.key, &v);
		b->trouble += e.code != ERR_NONE;
		if (!e.code && after && v->token->status == APPROVED)
			b->accepted_after++;
		arena_destroy(&own);
	}
}

static void revoked_for_good(void **state)
{
	(void)state;
	for (int round = 0; round < 100; round++) {
		struct beside b = { .t = token_of(str_z(a, str_fmt(a, "beside-%d", round)),
			                          soon()) };
		GOOD(token_put(store, &b.t));
		at_once(4, look_or_revoke, &b);
		const struct token_view *v;
		GOOD(token_view(a, store, ACME, &b.t.key, &v));
		assert_int_equal(v->token->status, REVOKED);
		assert_int_equal(b.accepted_after, 0);
		assert_int_equal(b.trouble, 0);
	}
}

/* ---- many, and their end ---- */
static void put_many(void *arg, int i)
{
	_Atomic(int) *wrong = arg;
	for (int n = 0; n < 50; n++) {
		char text[32];
		snprintf(text, sizeof text, "many-%d-%d", i, n);
		struct token t = token_of(text, HOUR * (int64_t)(n + 1)); /* long past */
		*wrong += token_put(store, &t).code != ERR_NONE;
	}
}

static void purge(void **state)
{
	(void)state;
	_Atomic(int) wrong = 0;
	int64_t gone, all = 0;
	struct token alive = token_of("alive", soon()), never = token_of("never", -1), *got;
	GOOD(token_put(store, &alive));
	GOOD(token_put(store, &never));
	in_fibers(50, put_many, &wrong);
	assert_int_equal(wrong, 0);
	do {
		GOOD(token_purge(store, clock_ms(), &gone));
		assert_true(gone <= 2000);
		all += gone;
	} while (gone);
	assert_int_equal(all, 2500);
	GOOD(token_get(a, store, ACME, &alive.key, &got));
	GOOD(token_get(a, store, ACME, &never.key, &got));
}

static int start(void **state)
{
	if (suite_start(state))
		return 1;
	make_product(S("A"), APPROVAL_AUTO);
	app = make_app(make_developer(S("t@x")), S("tokens"), S("A"));
	client = ((struct credential *)app->credentials.v)->consumer_key;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(put_and_get),      cmocka_unit_test(revoke),
		cmocka_unit_test(rotate),           cmocka_unit_test(one_wins),
		cmocka_unit_test(revoked_for_good), cmocka_unit_test(purge),
	};
	return cmocka_run_group_tests(tests, start, suite_end);
}
