/* SPDX-License-Identifier: Apache-2.0 */
/* Providers of second factors: one active a zone, names once a zone, strangers see nothing.
 * A zone's users hear of it from their login state.
 * Source: store/mfa_providers.h. */
#include "store/suite.h"

#include "store/logins.h"
#include "store/mfa_providers.h"

static struct mfa_provider provider(str id, str name, bool active)
{
	return (struct mfa_provider){ .id = id, .name = name, .zone = USER_ZONE, .issuer = S("i"), .active = active };
}

static bool demanded(void)
{
	struct user_key k = { USER_ZONE, USER_ORIGIN, S("factor@x") };
	struct login_state s;
	GOOD(login_state_get(a, store, &k, &s));
	return s.zone_factor;
}

static void providers(void **state)
{
	(void)state;
	struct mfa_provider one = provider(S("1"), S("b"), true), two = provider(S("2"), S("a"), false), got;
	struct mfa_provider_key first = { USER_ZONE, S("1") }, second = { USER_ZONE, S("2") }, other = { S("z2"), S("1") };
	struct list all;
	GOOD(user_create(store, &(struct user){ .key = { USER_ZONE, USER_ORIGIN, S("factor@x") } }));
	ANSWERS(ERR_NOT_FOUND, mfa_provider_active(a, store, USER_ZONE, &got));
	GOOD(mfa_provider_create(store, &one));
	GOOD(mfa_provider_create(store, &two));
	assert_true(demanded());
	two.name = one.name;
	ANSWERS(ERR_CONFLICT, mfa_provider_replace(store, &two));
	two.name = S("c");
	two.active = true;
	GOOD(mfa_provider_replace(store, &two));
	GOOD(mfa_provider_active(a, store, USER_ZONE, &got));
	SAME(got.id, S("2"));
	SAME(got.name, S("c"));
	GOOD(mfa_provider_get(a, store, &first, &got));
	assert_false(got.active);
	ANSWERS(ERR_CONFLICT, mfa_provider_delete(store, &second));
	ANSWERS(ERR_NOT_FOUND, mfa_provider_get(a, store, &other, &got));
	ANSWERS(ERR_NOT_FOUND, mfa_provider_delete(store, &other));
	ANSWERS(ERR_NOT_FOUND, mfa_provider_active(a, store, S("z2"), &got));
	GOOD(mfa_provider_list(a, store, USER_ZONE, &all));
	assert_int_equal(all.n, 2);
	SAME(((struct mfa_provider *)all.v)[1].name, S("c"));
	two.active = false;
	GOOD(mfa_provider_replace(store, &two));
	assert_false(demanded());
	GOOD(mfa_provider_delete(store, &second));
	two.zone = S("z2");
	ANSWERS(ERR_NOT_FOUND, mfa_provider_replace(store, &two));
	GOOD(mfa_provider_list(a, store, S("z2"), &all));
	assert_int_equal(all.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_teardown(providers, suite_reset) };
	return cmocka_run_group_tests(tests, suite_start, suite_end);
}
