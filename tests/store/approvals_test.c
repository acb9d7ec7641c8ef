/* SPDX-License-Identifier: Apache-2.0 */
/* Approvals: put, replaced, over, taken away; another user, client or zone sees and loses nothing.
 * A row belongs to one test: users of its own.
 * Source: store/approvals.h. */
#include "store/suite.h"

#include "store/approvals.h"

enum { NOW = 1000 };

static const struct approval_key mine = { S_INIT("uaa"), S_INIT("u1"), { 0 } };

static void put(const struct approval_key *k, str client, str scope, bool approved, int64_t until)
{
	struct scope_approval p = { client, scope, approved, until, NOW };
	GOOD(approvals_put(store, k, &(struct list){ &p, 1 }));
}

static void approvals(void **state)
{
	struct approval_key of_web = mine, other = mine, zone2 = mine;
	struct list got;
	(void)state;
	of_web.client_id = S("web");
	other.user_id = S("u2");
	zone2.zone = S("zone2");
	put(&mine, S("web"), S("openid"), false, NOW + 10);
	put(&mine, S("web"), S("openid"), true, NOW + 20);
	put(&mine, S("web"), S("over"), true, NOW);
	put(&mine, S("app"), S("openid"), false, NOW + 1);
	put(&other, S("web"), S("openid"), true, NOW + 1);
	put(&zone2, S("web"), S("openid"), true, NOW + 1);
	GOOD(approval_list(a, store, &mine, NOW, &got));
	assert_int_equal(got.n, 2);
	const struct scope_approval *v = got.v;
	SAME(v[0].client_id, S("app"));
	assert_false(v[0].approved);
	assert_true(v[1].approved);
	assert_int_equal(v[1].expires_at_ms, NOW + 20);
	GOOD(approval_list(a, store, &of_web, NOW, &got));
	assert_int_equal(got.n, 1);
	/* All or nothing: a text that is none comes last. */
	struct scope_approval two[] = { { S("web"), S("new"), true, NOW + 9, NOW },
		                        { S("web"), S("a\0b"), true, NOW + 9, NOW } };
	ANSWERS(ERR_SYNTAX, approvals_replace(store, &of_web, &(struct list){ two, 2 }));
	GOOD(approval_list(a, store, &of_web, NOW, &got));
	SAME(((struct scope_approval *)got.v)->scope, S("openid"));
	GOOD(approvals_replace(store, &of_web, &(struct list){ two, 1 }));
	GOOD(approval_list(a, store, &of_web, NOW, &got));
	assert_int_equal(got.n, 1);
	SAME(((struct scope_approval *)got.v)->scope, S("new"));
	GOOD(approvals_delete(store, &of_web));
	GOOD(approval_list(a, store, &mine, NOW, &got));
	assert_int_equal(got.n, 1);
	GOOD(approvals_delete(store, &mine));
	GOOD(approval_list(a, store, &mine, NOW, &got));
	assert_int_equal(got.n, 0);
	GOOD(approval_list(a, store, &other, NOW, &got));
	assert_int_equal(got.n, 1);
	GOOD(approval_list(a, store, &zone2, NOW, &got));
	assert_int_equal(got.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_teardown(approvals, suite_reset) };
	return cmocka_run_group_tests(tests, suite_start, suite_end);
}
