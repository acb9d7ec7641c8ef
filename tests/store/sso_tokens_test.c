/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens and codes of the OAuth2 service: spent once by one of many, revoked at once, no stranger's.
 * Each test has ids of its own.
 * Source: store/sso_tokens.h, codes.h. */
#include "store/suite.h"

#include <stdio.h>

#include "store/codes.h"
#include "store/sso_tokens.h"

#define ZONE S("uaa")
#define RACERS 64

static struct sso_token refresh_token(const char *id, const char *user, const char *client)
{
	return (struct sso_token){ .id = str_from_z(id),
		                   .refresh = true,
		                   .family = str_from_z(id),
		                   .user_id = str_from_z(user),
		                   .client_id = str_from_z(client),
		                   .scope = S("openid"),
		                   .claims = S("{}"),
		                   .issued_at_ms = 1000,
		                   .expires_at_ms = 9000 };
}

static int state_of(const char *id)
{
	struct sso_token *t;
	GOOD(sso_token_get(a, store, ZONE, str_from_z(id), &t));
	return t->state;
}

static enum err_code rotated[RACERS];

static void rotate(void *arg, int i)
{
	char id[16];
	snprintf(id, sizeof id, "next-%d", i);
	struct sso_token next = refresh_token(id, "u1", "c1");
	(void)arg;
	next.family = S("race");
	next.access_jti = S("jwt-of-race");
	struct sso_rotation r = { S("race"), S("c1"), &next, 1, 2000 };
	rotated[i] = sso_token_rotate(store, ZONE, &r).code;
}

static void rotation(void **state)
{
	(void)state;
	struct sso_token t = refresh_token("race", "u1", "c1"), *got;
	struct list alive;
	int winners = 0;
	GOOD(sso_tokens_put(store, ZONE, &t, 1));
	at_once(RACERS, rotate, NULL);
	for (int i = 0; i < RACERS; i++) {
		winners += rotated[i] == ERR_NONE;
		assert_true(rotated[i] == ERR_NONE || rotated[i] == ERR_CONFLICT);
	}
	assert_int_equal(winners, 1);
	assert_int_equal(state_of("race"), SSO_TOKEN_SPENT);
	GOOD(sso_token_list(a, store, ZONE, &(struct sso_owner){ .user_id = S("u1") }, 2000, &alive));
	assert_int_equal(alive.n, 1);
	bool gone[2];
	struct sso_bearer jwt = { S("jwt-of-race"), S("u1"), S("c1"), 1, 1 };
	for (int i = 0; i < 2; i++) {
		GOOD(sso_is_revoked(a, store, ZONE, &jwt, &gone[i]));
		GOOD(sso_family_revoke(store, ZONE, &(struct sso_family_end){ S("race"), 2000, 5000 }));
	}
	assert_false(gone[0]);
	assert_true(gone[1]);
	GOOD(sso_token_list(a, store, ZONE, &(struct sso_owner){ .client_id = S("c1") }, 2000, &alive));
	assert_int_equal(alive.n, 0);
	ANSWERS(ERR_NOT_FOUND, sso_token_get(a, store, S("z2"), S("race"), &got));
}

static void not_for_others(void **state)
{
	(void)state;
	struct sso_token t = refresh_token("mine", "u9", "c9"), next = refresh_token("n", "u9", "c9");
	static const struct {
		const char *client;
		int64_t now_ms;
		const char *zone;
	} rows[] = { { "other", 2000, "uaa" }, { "c9", 9000, "uaa" }, { "c9", 2000, "z2" } };
	GOOD(sso_tokens_put(store, ZONE, &t, 1));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sso_rotation r = { S("mine"), str_from_z(rows[i].client), &next, 1,
			                  rows[i].now_ms };
		ANSWERS(ERR_CONFLICT, sso_token_rotate(store, str_from_z(rows[i].zone), &r));
	}
	assert_int_equal(state_of("mine"), SSO_TOKEN_LIVE);
}

static bool revoked(const char *jti, const char *user, const char *client, int64_t iat_s)
{
	bool yes;
	struct sso_bearer b = { str_from_z(jti), str_from_z(user), str_from_z(client), iat_s,
		                7 };
	GOOD(sso_is_revoked(a, store, ZONE, &b, &yes));
	return yes;
}

static void revocations(void **state)
{
	(void)state;
	struct sso_token t = refresh_token("stored", "ru", "rc");
	GOOD(sso_tokens_put(store, ZONE, &t, 1));
	assert_false(revoked("j1", "ru", "rc", 50));
	struct sso_token child = refresh_token("child", "ru3", "rc3");
	child.family = S("family");
	GOOD(sso_tokens_put(store, ZONE, &child, 1));
	const struct sso_revocation rows[] = {
		{ REVOKED_TOKEN, .jti = S("j1"), .now_ms = 50500, .until_ms = 60000 },
		{ REVOKED_PAIR, .user_id = S("ru"), .client_id = S("rc"), .now_ms = 70500, .until_ms = 80000 },
		{ REVOKED_USER, .user_id = S("ru2"), .now_ms = 70500, .until_ms = 80000 },
		{ REVOKED_CLIENT, .client_id = S("rc2"), .now_ms = 70500, .until_ms = 80000 },
		{ REVOKED_LOGIN, .user_id = S("ru3"), .client_id = S("rc3"), .family = S("family"),
		  .auth_time_s = 7, .now_ms = 70500, .until_ms = 80000 },
		{ REVOKED_LOGIN, .user_id = S("ru3"), .client_id = S("rc4"), .family = S("other"),
		  .auth_time_s = 8, .now_ms = 70500, .until_ms = 80000 },
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		GOOD(sso_revoke(store, ZONE, &rows[i]));
	assert_int_equal(state_of("stored"), SSO_TOKEN_REVOKED);
	assert_int_equal(state_of("child"), SSO_TOKEN_REVOKED);
	static const struct {
		const char *jti, *user, *client;
		int64_t iat_s;
		bool revoked;
	} asks[] = {
		{ "j1", "x", "y", 99, true },    { "j2", "x", "y", 99, false },
		{ "j2", "ru", "rc", 70, true },  { "j2", "ru", "rc", 71, false },
		{ "j2", "ru", "z", 70, false },  { "j2", "ru2", "z", 70, true },
		{ "j2", "ru2", "z", 71, false }, { "j2", NULL, "rc2", 70, true },
		{ "j2", "ru3", "rc3", 70, true }, { "j2", "ru3", "rc3", 71, false },
		{ "j2", "ru3", "rc4", 70, false },
	};
	for (size_t i = 0; i < COUNT(asks); i++)
		assert_int_equal(revoked(asks[i].jti, asks[i].user, asks[i].client, asks[i].iat_s),
		                 asks[i].revoked);
	int64_t gone;
	GOOD(sso_purge(store, 100000, &gone));
	assert_true(gone >= 5);
	assert_false(revoked("j1", "x", "y", 99));
}

static enum err_code taken[RACERS];

static void take(void *arg, int i)
{
	struct arena *own = arena_create(0, 0);
	struct code c;
	taken[i] = code_take(own, store, arg, CODE_WAITING, 2000, &c).code;
	arena_destroy(&own);
}

static void codes(void **state)
{
	(void)state;
	struct code_key k = { ZONE, "passcode", S("abc") }, other = { ZONE, "device", S("abc") };
	struct code c = { S("u1"), S("{\"x\":1}"), CODE_WAITING, 9000 }, got;
	int winners = 0;
	int64_t gone;
	GOOD(code_put(store, &k, &c, true));
	ANSWERS(ERR_NOT_FOUND, code_get(a, store, &other, 2000, &got));
	ANSWERS(ERR_NOT_FOUND, code_take(a, store, &k, CODE_WAITING, 9000, &got));
	at_once(RACERS, take, &k);
	for (int i = 0; i < RACERS; i++) {
		winners += taken[i] == ERR_NONE;
		assert_true(taken[i] == ERR_NONE || taken[i] == ERR_CONFLICT);
	}
	assert_int_equal(winners, 1);
	k.text = S("one");
	GOOD(code_put(store, &k, &c, true));
	k.text = S("two");
	GOOD(code_put(store, &k, &c, true)); /* the other of the owner goes */
	k.text = S("one");
	ANSWERS(ERR_NOT_FOUND, code_get(a, store, &k, 2000, &got));
	k.text = S("two");
	c.state = CODE_APPROVED;
	ANSWERS(ERR_CONFLICT, code_take(a, store, &k, CODE_APPROVED, 2000, &got));
	GOOD(code_decide(store, &k, &c, 2000));
	ANSWERS(ERR_NOT_FOUND, code_decide(store, &k, &c, 2000));
	GOOD(code_take(a, store, &k, CODE_APPROVED, 2000, &got));
	SAME(got.doc, c.doc);
	GOOD(code_purge(store, 10000, &gone));
	assert_true(gone > 0);
	ANSWERS(ERR_NOT_FOUND, code_get(a, store, &k, 2000, &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(rotation, suite_reset),
		cmocka_unit_test_teardown(not_for_others, suite_reset),
		cmocka_unit_test_teardown(revocations, suite_reset),
		cmocka_unit_test_teardown(codes, suite_reset),
	};
	return cmocka_run_group_tests(tests, suite_start, suite_end);
}
