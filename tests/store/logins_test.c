/* SPDX-License-Identifier: Apache-2.0 */
/* Login state: failures are counted and forgotten, a code is spent once, a new password draws a new salt.
 * Each test has a user of its own.
 * Source: store/logins.h. */
#include "store/suite.h"

#include "store/logins.h"

static struct user_key make_user(const char *name)
{
	struct user_key key = { USER_ZONE, USER_ORIGIN, str_from_z(name) };
	GOOD(user_create(store, &(struct user){ .key = key, .active = true }));
	return key;
}

static struct login_state state_of(const struct user_key *k)
{
	struct login_state s;
	GOOD(login_state_get(a, store, k, &s));
	return s;
}

static void failures(void **state)
{
	(void)state;
	struct user_key k = make_user("Fails@Example.com");
	static const struct {
		int64_t at_ms, since_ms, failures;
	} rows[] = { { 1000, 0, 1 }, { 2000, 500, 2 }, { 3000, 2000, 3 }, { 9000, 3001, 1 } };
	assert_true(state_of(&k).verified);
	for (size_t i = 0; i < COUNT(rows); i++) {
		GOOD(login_failed(store, &k, rows[i].at_ms, rows[i].since_ms));
		assert_int_equal(state_of(&k).failures, rows[i].failures);
		assert_int_equal(state_of(&k).failed_at_ms, rows[i].at_ms);
	}
	GOOD(login_unlock(store, &k));
	assert_int_equal(state_of(&k).failures, 0);
	GOOD(login_failed(store, &k, 9500, 0));
	GOOD(login_succeeded(store, &k, S(""), 10000));
	GOOD(login_succeeded(store, &k, S(""), 20000));
	ANSWERS(ERR_CONFLICT, login_succeeded(store, &k, S("changed meanwhile"), 30000));
	struct login_state s = state_of(&k);
	assert_int_equal(s.failures, 0);
	assert_int_equal(s.last_login_at_ms, 20000);
	assert_int_equal(s.previous_login_at_ms, 10000);
}

static void strangers(void **state)
{
	(void)state;
	struct user_key k = make_user("strange@example.com"), other = { S("z2"), k.origin, k.name };
	struct login_state s;
	ANSWERS(ERR_NOT_FOUND, login_state_get(a, store, &other, &s));
	ANSWERS(ERR_NOT_FOUND, login_failed(store, &other, 1, 0));
	ANSWERS(ERR_NOT_FOUND, login_totp_set(store, &other, S("ABCD"), 1));
	GOOD(user_delete(store, &k));
	ANSWERS(ERR_NOT_FOUND, login_state_get(a, store, &k, &s));
}

static void flags_and_salt(void **state)
{
	(void)state;
	struct user_key k = make_user("flags@example.com");
	GOOD(login_flags_set(store, &k, &(struct login_flags){ 0, 1, -1 }));
	struct login_state s = state_of(&k);
	assert_true(!s.verified && s.machine && !s.must_change);
	GOOD(login_flags_set(store, &k, &(struct login_flags){ -1, -1, 1 }));
	s = state_of(&k);
	assert_true(!s.verified && s.machine && s.must_change);
	GOOD(user_password_set(store, &k, S("hash")));
	str salt = state_of(&k).rev_salt;
	assert_int_equal(salt.n, 16);
	assert_false(state_of(&k).must_change);
	GOOD(user_password_set(store, &k, S("hash")));
	assert_false(str_eq(salt, state_of(&k).rev_salt));
}

static err to_new(struct arena *arena, void *thing, void *arg)
{
	struct user_edit *edit = thing;
	(void)arena;
	edit->user.key.name = *(str *)arg;
	edit->flags.machine = 1;
	return DONE;
}

static void renamed(void **state)
{
	(void)state;
	struct user_key k = make_user("name@one"), taken = make_user("name@taken"), to = k;
	struct user *u;
	struct strs roles;
	str name = S("Name@Two"), in_use = taken.name;
	GOOD(user_role_grant(store, ACME, &k, S("orgadmin")));
	GOOD(user_password_set(store, &k, S("hash")));
	GOOD(login_totp_set(store, &k, S("SECRET"), 1));
	ANSWERS(ERR_CONFLICT, user_change(a, store, &k, &(struct edit){ .fn = to_new, .arg = &in_use }, &u));
	assert_false(state_of(&k).machine);
	GOOD(user_change(a, store, &k, &(struct edit){ .fn = to_new, .arg = &name }, &u));
	to.name = S("name@two");
	SAME(u->key.name, to.name);
	assert_true(state_of(&to).machine);
	SAME(state_of(&to).totp_secret, S("SECRET"));
	GOOD(user_roles(a, store, ACME, &to, &roles));
	assert_int_equal(roles.n, 1);
	bool active;
	str hash, id = u->id;
	GOOD(user_password(a, store, &to, &hash, &active));
	GOOD(user_by_id(a, store, USER_ZONE, id, &u));
	SAME(u->key.name, to.name);
	ANSWERS(ERR_NOT_FOUND, user_get(a, store, &k, &u));
}

static void whole(void **state)
{
	(void)state;
	struct user_key k = { USER_ZONE, USER_ORIGIN, S("whole@x") };
	struct user_start start = { { 0, 1, -1 }, S("hash") };
	GOOD(user_create_with(store, &(struct user){ .key = k, .active = true }, &start));
	struct login_state s = state_of(&k);
	assert_true(!s.verified && s.machine && !s.must_change && s.password_at_ms > 0);
	assert_int_equal(s.rev_salt.n, 16);
	/* What goes wrong late leaves nothing: a text that is none. */
	k.name = S("halfway@x");
	start.hash = S("a\0b");
	ANSWERS(ERR_SYNTAX, user_create_with(store, &(struct user){ .key = k }, &start));
	ANSWERS(ERR_NOT_FOUND, login_state_get(a, store, &k, &s));
}

#define RACERS 64
static enum err_code spent[RACERS];

static void spend(void *arg, int i)
{
	spent[i] = login_totp_spend(store, arg, 77).code;
}

static void second_factor(void **state)
{
	(void)state;
	struct user_key k = make_user("totp@example.com");
	int winners = 0;
	assert_false(str_given(state_of(&k).totp_secret));
	GOOD(login_totp_set(store, &k, S("JBSWY3DPEHPK3PXP"), 5));
	SAME(state_of(&k).totp_secret, S("JBSWY3DPEHPK3PXP"));
	at_once(RACERS, spend, &k);
	for (int i = 0; i < RACERS; i++) {
		winners += spent[i] == ERR_NONE;
		assert_true(spent[i] == ERR_NONE || spent[i] == ERR_CONFLICT);
	}
	assert_int_equal(winners, 1);
	ANSWERS(ERR_CONFLICT, login_totp_spend(store, &k, 76));
	GOOD(login_totp_spend(store, &k, 78));
	GOOD(login_totp_set(store, &k, STR_NONE, 6));
	assert_false(str_given(state_of(&k).totp_secret));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(failures, suite_reset),
		cmocka_unit_test_teardown(strangers, suite_reset),
		cmocka_unit_test_teardown(flags_and_salt, suite_reset),
		cmocka_unit_test_teardown(renamed, suite_reset),
		cmocka_unit_test_teardown(whole, suite_reset),
		cmocka_unit_test_teardown(second_factor, suite_reset),
	};
	return cmocka_run_group_tests(tests, suite_start, suite_end);
}
