/* SPDX-License-Identifier: Apache-2.0 */
/* Opaque tokens and the grants, on a store of their own in a new folder.
 * A row is a request and the one error, or none, that answers it.
 * Source: token/token.h, token/grant.h; RFC 6749 §4.4, §5.2, §6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "store/apps.h"
#include "store/developers.h"
#include "store/organizations.h"
#include "store/products.h"
#include "token/grant.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define GOOD(call) assert_int_equal((call).code, ERR_NONE)
#define HOUR_MS (3600 * 1000ll)

static char folder[] = "/tmp/gatehouse-token.XXXXXX";
static struct arena *a;
static struct store *store;
static struct token_service *tokens;

static void make_app(str key, int developer_status, int app_status, int key_status, int64_t expires_at_ms)
{
	str missing;
	struct developer d = { .email = str_fmt(a, "%.*s@example.com", STR(key)), .first_name = S("f"),
		               .last_name = S("l"), .user_name = S("u"), .status = developer_status };
	GOOD(developer_create(a, store, S("acme"), &d));
	struct credential *c = arena_new(a, struct credential);
	struct product_status *p = arena_array(a, struct product_status, 2);
	p[0].apiproduct = S("reads");
	p[1].apiproduct = S("writes");
	*c = (struct credential){ .consumer_key = key, .consumer_secret = S("secret"), .api_products = { p, 2 },
		                  .expires_at_ms = expires_at_ms, .status = key_status };
	struct app app = { .name = S("app"), .credentials = { c, 1 }, .status = app_status };
	GOOD(app_create(a, store, S("acme"), d.email, &app, &missing));
}

static err put_status(struct arena *arena, void *thing, void *arg)
{
	(void)arena;
	((struct credential *)thing)->status = *(int *)arg;
	return DONE;
}

static int start(void **state)
{
	(void)state;
	struct str_pair { str name, scope; } products[] = { { S("reads"), S("read") }, { S("writes"), S("write") } };
	a = arena_create(0, 0);
	struct diag d = { .arena = a };
	must(mkdtemp(folder));
	struct store_options o = { .location = str_fmt(a, "sqlite:%s", folder) };
	GOOD(store_open(&o, &d, &store));
	tokens = token_service_create(store, &(struct token_settings){ HOUR_MS, 24 * HOUR_MS });
	struct organization org = { .name = S("acme") };
	GOOD(organization_create(store, &org));
	for (size_t i = 0; i < COUNT(products); i++) {
		struct api_product p = { .name = products[i].name, .display_name = S("x") };
		strs_add(a, &p.scopes, products[i].scope);
		GOOD(product_create(store, S("acme"), &p));
	}
	make_app(S("good"), DEVELOPER_ACTIVE, APPROVED, APPROVED, -1);
	make_app(S("expired"), DEVELOPER_ACTIVE, APPROVED, APPROVED, clock_ms() - 1000);
	make_app(S("revoked"), DEVELOPER_ACTIVE, APPROVED, APPROVED, -1);
	make_app(S("asleep"), DEVELOPER_INACTIVE, APPROVED, APPROVED, -1);
	int revoked = REVOKED;
	struct credential *was;
	struct edit edit = { .fn = put_status, .arg = &revoked };
	GOOD(credential_change(a, store, S("acme"), S("revoked"), &edit, &was));
	return 0;
}

static int end(void **state)
{
	(void)state;
	token_service_destroy(&tokens);
	store_close(&store);
	str remove = str_fmt(a, "rm -rf %s", folder);
	int rc = system(str_z(a, remove));
	arena_destroy(&a);
	return rc;
}

static void texts(void **state)
{
	(void)state;
	static const int64_t lives[] = { -1, 0, 1, 1700000000000, 1893456000000, 2493072000000, 9999999999999 };
	for (size_t i = 0; i < COUNT(lives); i++) {
		struct token_key made, read;
		str text = token_mint(a, tokens, lives[i], &made);
		assert_int_equal(text.n, TOKEN_LENGTH);
		assert_true(token_key_read(tokens, text, &read));
		assert_memory_equal(&made, &read, sizeof made);
		for (size_t at = 0; at < text.n; at++) { /* another character anywhere: never made by us */
			char *other = (char *)str_dup(a, text).p;
			other[at] = other[at] == 'A' ? 'B' : 'A';
			assert_false(token_key_read(tokens, str_from(other, text.n), &read));
		}
	}
	static const str garbage[] = { S_INIT(""), S_INIT("x"), S_INIT("----------------------------"),
		                       S_INIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAA"), S_INIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAA") };
	struct token_key key;
	for (size_t i = 0; i < COUNT(garbage); i++)
		assert_false(token_key_read(tokens, garbage[i], &key));
}

static void client_credentials(void **state)
{
	(void)state;
	static const struct { str id, secret, scope, granted; bool trusted; enum oauth_error_id error; } rows[] = {
		{ S_INIT("good"), S_INIT("secret"), { 0 }, S_INIT("read write"), false, OAUTH_FINE },
		{ S_INIT("good"), S_INIT("secret"), S_INIT("write"), S_INIT("write"), false, OAUTH_FINE },
		{ S_INIT("good"), S_INIT("secret"), S_INIT("write other"), S_INIT("write"), false, OAUTH_FINE },
		{ S_INIT("good"), S_INIT("secret"), S_INIT(" "), S_INIT("read write"), false, OAUTH_FINE },
		{ S_INIT("good"), S_INIT("secret"), S_INIT("other"), { 0 }, false, OAUTH_SCOPE_INVALID },
		{ S_INIT("good"), S_INIT("wrong"), { 0 }, { 0 }, false, OAUTH_CLIENT_SECRET_WRONG },
		{ S_INIT("good"), S_INIT("wrong"), { 0 }, S_INIT("read write"), true, OAUTH_FINE },
		{ S_INIT("good"), { 0 }, { 0 }, { 0 }, false, OAUTH_CLIENT_SECRET_MISSING },
		{ { 0 }, S_INIT("secret"), { 0 }, { 0 }, false, OAUTH_CLIENT_ID_MISSING },
		{ S_INIT("nobody"), S_INIT("secret"), { 0 }, { 0 }, false, OAUTH_CLIENT_UNKNOWN },
		{ S_INIT("expired"), S_INIT("secret"), { 0 }, { 0 }, false, OAUTH_KEY_EXPIRED },
		{ S_INIT("revoked"), S_INIT("secret"), { 0 }, { 0 }, false, OAUTH_KEY_REVOKED },
		{ S_INIT("revoked"), S_INIT("wrong"), { 0 }, { 0 }, false, OAUTH_CLIENT_SECRET_WRONG }, /* tells no more */
		{ S_INIT("asleep"), S_INIT("secret"), { 0 }, { 0 }, false, OAUTH_DEVELOPER_INACTIVE_NOW },
	};
	const struct grant *grant = grant_find(S("client_credentials"));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct grant_answer out = { 0 };
		const struct token_view *view;
		struct grant_request q = { .organization = S("acme"), .client_id = rows[i].id, .access_ms = HOUR_MS,
			                   .client_secret = rows[i].secret, .scope = rows[i].scope,
			                   .trusted = rows[i].trusted, .now_ms = clock_ms() };
		assert_int_equal(grant->issue(a, tokens, &q, &out), rows[i].error);
		if (rows[i].error)
			continue;
		assert_true(str_eq(out.token.scope, rows[i].granted));
		assert_false(str_given(out.refresh_token));
		assert_int_equal(token_verify(a, tokens, S("acme"), out.access_token, q.now_ms, &view), TOKEN_GOOD);
		assert_int_equal(token_verify(a, tokens, S("other"), out.access_token, q.now_ms, &view), TOKEN_UNKNOWN);
		assert_int_equal(token_verify(a, tokens, S("acme"), out.access_token, q.now_ms + HOUR_MS, &view),
		                 TOKEN_EXPIRED);
	}
	assert_null(grant_find(S("password1")));
}

/* A token as another grant would have issued it, with a refresh token. */
static str issue_with_refresh(str scope, int64_t refresh_ms)
{
	struct token t = { .organization = S("acme"), .client_id = S("good"), .grant_type = S("password"),
		           .scope = scope, .status = APPROVED, .has_refresh = true, .refresh_status = APPROVED };
	t.issued_at_ms = t.refresh_issued_at_ms = clock_ms();
	t.expires_at_ms = t.issued_at_ms + HOUR_MS;
	t.refresh_expires_at_ms = t.issued_at_ms + refresh_ms;
	token_mint(a, tokens, t.expires_at_ms, &t.key);
	str text = token_mint(a, tokens, t.refresh_expires_at_ms, &t.refresh_key);
	GOOD(token_put(store, &t));
	return text;
}

static enum oauth_error_id refresh(str client, str token, str scope, bool reuse, struct grant_answer *out)
{
	struct grant_request q = { .organization = S("acme"), .client_id = client, .client_secret = S("secret"),
		                   .refresh_token = token, .scope = scope, .reuse_refresh_token = reuse,
		                   .access_ms = HOUR_MS, .refresh_ms = HOUR_MS, .now_ms = clock_ms() };
	*out = (struct grant_answer){ 0 };
	return grant_find(S("refresh_token"))->issue(a, tokens, &q, out);
}

static void refresh_token(void **state)
{
	(void)state;
	struct grant_answer out;
	str text = issue_with_refresh(S("read write"), HOUR_MS);
	assert_int_equal(refresh(S("good"), STR_NONE, STR_NONE, false, &out), OAUTH_REFRESH_MISSING);
	assert_int_equal(refresh(S("good"), S("nonsense"), STR_NONE, false, &out), OAUTH_REFRESH_INVALID);
	assert_int_equal(refresh(S("expired"), text, STR_NONE, false, &out), OAUTH_KEY_EXPIRED);
	assert_int_equal(refresh(S("good"), text, S("admin"), false, &out), OAUTH_SCOPE_INVALID);
	assert_int_equal(refresh(S("good"), text, S("read"), false, &out), OAUTH_FINE);
	assert_true(str_eq(out.token.scope, S("read")));
	assert_int_equal(out.token.refresh_count, 1);
	str next = out.refresh_token;
	assert_false(str_eq(next, text));
	assert_int_equal(refresh(S("good"), text, STR_NONE, false, &out), OAUTH_REFRESH_INVALID); /* spent */
	assert_int_equal(refresh(S("good"), next, STR_NONE, true, &out), OAUTH_FINE);
	assert_true(str_eq(out.refresh_token, next)); /* reused */
	assert_int_equal(refresh(S("good"), next, STR_NONE, true, &out), OAUTH_FINE);
	assert_int_equal(out.token.refresh_count, 3);
	assert_int_equal(refresh(S("good"), issue_with_refresh(S(""), -HOUR_MS), STR_NONE, false, &out),
	                 OAUTH_REFRESH_EXPIRED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(client_credentials),
		cmocka_unit_test(refresh_token),
	};
	return cmocka_run_group_tests(tests, start, end);
}
