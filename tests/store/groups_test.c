/* SPDX-License-Identifier: Apache-2.0 */
/* Groups, memberships, and users as SCIM reads them: versions, order, what goes with whom, strangers.
 * Each test has names of its own.
 * Source: store/groups.h, store/users.h. */
#include "store/suite.h"

#include "store/groups.h"
#include "store/sessions.h"

#define ZONE USER_ZONE

static err put(const char *id, const char *name, struct list members, bool create, int64_t version)
{
	struct group g = { .id = str_from_z(id), .name = str_from_z(name) };
	struct group_put p = { &g, members, version };
	return create ? group_create(store, ZONE, &p) : group_replace(store, ZONE, &p);
}

static void groups(void **state)
{
	(void)state;
	struct group_member two[] = { { S("u1"), USER_ORIGIN, false }, { S("u2"), USER_ORIGIN, false } };
	struct group_member same[] = { two[0], two[0] };
	struct group_key key = { ZONE, S("g1") }, other = { S("zone2"), S("g1") };
	struct group g;
	struct list all;
	GOOD(put("g1", "a.read", (struct list){ two, 2 }, true, -1));
	ANSWERS(ERR_CONFLICT, put("g2", "a.read", (struct list){ 0 }, true, -1));
	ANSWERS(ERR_CONFLICT, put("g3", "a.same", (struct list){ same, 2 }, true, -1));
	ANSWERS(ERR_NOT_FOUND, group_get(a, store, &(struct group_key){ ZONE, S("g3") }, &g));
	GOOD(group_get(a, store, &key, &g));
	SAME(g.name, S("a.read"));
	assert_int_equal(g.version, 0);
	ANSWERS(ERR_DENIED, put("g1", "a.new", (struct list){ 0 }, false, 1));
	GOOD(put("g1", "a.new", (struct list){ two, 1 }, false, 0));
	GOOD(group_get(a, store, &key, &g));
	SAME(g.name, S("a.new"));
	assert_int_equal(g.version, 1);
	GOOD(group_members(a, store, &key, &all));
	assert_int_equal(all.n, 1);
	ANSWERS(ERR_CONFLICT, group_member_add(store, &key, &two[0]));
	GOOD(group_member_add(store, &key, &two[1]));
	ANSWERS(ERR_NOT_FOUND, group_member_add(store, &other, &two[1]));
	GOOD(group_member_get(a, store, &key, S("u2"), &two[1]));
	SAME(two[1].origin, USER_ORIGIN);
	ANSWERS(ERR_NOT_FOUND, group_member_get(a, store, &key, S("u3"), &two[1]));
	ANSWERS(ERR_NOT_FOUND, group_member_get(a, store, &other, S("u2"), &two[1]));
	GOOD(group_member_remove(store, &key, S("u1")));
	ANSWERS(ERR_NOT_FOUND, group_member_remove(store, &key, S("u1")));
	GOOD(group_get(a, store, &key, &g));
	assert_int_equal(g.version, 3); /* what failed changed nothing */
	ANSWERS(ERR_NOT_FOUND, group_get(a, store, &other, &g));
	ANSWERS(ERR_NOT_FOUND, group_delete(store, &other));
	GOOD(group_list(a, store, &(struct group_page){ S("zone2"), STR_NONE, 10 }, &all));
	assert_int_equal(all.n, 0);
	GOOD(group_delete(store, &key));
	ANSWERS(ERR_NOT_FOUND, group_delete(store, &key));
	GOOD(group_members(a, store, &key, &all));
	assert_int_equal(all.n, 0);
}

static void full(void **state)
{
	(void)state;
	static struct group_member v[GROUP_MEMBERS_MAX + 1];
	struct group_key key = { ZONE, S("full") };
	for (size_t i = 0; i < COUNT(v); i++)
		v[i] = (struct group_member){ str_fmt(a, "f%zu", i), USER_ORIGIN, false };
	GOOD(put("full", "full", (struct list){ v, GROUP_MEMBERS_MAX }, true, -1));
	ANSWERS(ERR_LIMIT, group_member_add(store, &key, &v[GROUP_MEMBERS_MAX]));
	GOOD(group_member_remove(store, &key, S("f7")));
	GOOD(group_member_add(store, &key, &v[GROUP_MEMBERS_MAX]));
}

static void memberships(void **state)
{
	(void)state;
	struct group_member user = { S("mu"), USER_ORIGIN, false }, inner = { S("m1"), USER_ORIGIN, true },
			    outer = { S("m2"), USER_ORIGIN, true };
	struct list found;
	GOOD(put("m1", "m.inner", (struct list){ &user, 1 }, true, -1));
	GOOD(put("m2", "m.outer", (struct list){ &inner, 1 }, true, -1));
	GOOD(group_member_add(store, &(struct group_key){ ZONE, S("m1") }, &outer)); /* a circle */
	GOOD(memberships_of(a, store, ZONE, S("mu"), &found));
	const struct membership *m = found.v;
	assert_int_equal(found.n, 2);
	SAME(m[0].name, S("m.inner"));
	SAME(m[1].name, S("m.outer"));
	assert_true(m[0].direct && !m[1].direct);
	GOOD(memberships_of(a, store, S("zone2"), S("mu"), &found));
	assert_int_equal(found.n, 0);
	GOOD(group_delete(store, &(struct group_key){ ZONE, S("m1") })); /* also out of m2 */
	GOOD(group_members(a, store, &(struct group_key){ ZONE, S("m2") }, &found));
	assert_int_equal(found.n, 0);
}

static err rename(struct arena *arena, void *thing, void *arg)
{
	struct user *u = thing;
	(void)arena, (void)arg;
	u->first_name = S("New");
	u->external_id = S("ext");
	u->phone = STR_NONE;
	u->version = 77; /* not theirs to say */
	return DONE;
}

static struct user_key key_of(const char *name)
{
	return (struct user_key){ USER_ZONE, USER_ORIGIN, str_from_z(name) };
}

static void users(void **state)
{
	(void)state;
	static const char *const names[] = { "scim-a@x", "scim-b@x", "scim-c@x" };
	struct user_key key = key_of("scim-b@x");
	struct user_page page = { .after = key_of("scim-a"), .count = 2 };
	struct user *u;
	struct list rows;
	for (size_t i = 0; i < COUNT(names); i++)
		GOOD(user_create(store, &(struct user){ .key = key_of(names[i]), .phone = S("1") }));
	GOOD(user_rows(a, store, &page, &rows));
	assert_int_equal(rows.n, 2);
	SAME(((struct user *)rows.v)[1].key.name, S("scim-b@x"));
	SAME(((struct user *)rows.v)[1].phone, S("1"));
	GOOD(user_create(store, &(struct user){ .key = key_of("mail@x"), .email = S("Some.\xC3\x84@X") }));
	static const struct {
		str email;
		size_t n;
	} mails[] = { { S_INIT("some.\xC3\x84@x"), 1 }, { S_INIT("some.\xC3\xA4@x"), 0 }, { S_INIT(""), 3 } };
	for (size_t i = 0; i < COUNT(mails); i++) {
		struct user_page by = { { USER_ZONE, USER_ORIGIN, S("m") }, mails[i].email, 100 };
		GOOD(user_rows(a, store, &by, &rows));
		assert_int_equal(rows.n, mails[i].n);
	}
	page.after.zone = S("zone2");
	GOOD(user_rows(a, store, &page, &rows));
	assert_int_equal(rows.n, 0);
	GOOD(user_change(a, store, &key, &(struct edit){ .fn = rename }, &u));
	GOOD(user_get(a, store, &key, &u));
	SAME(u->first_name, S("New"));
	SAME(u->external_id, S("ext"));
	assert_false(str_given(u->phone));
	assert_int_equal(u->version, 1);
}

static void leavings(void **state)
{
	(void)state;
	struct user_key key = key_of("scim-gone@x");
	struct user *u;
	struct session_row row = { .doc = S("{}"), .expires_at_ms = INT64_MAX }, got;
	struct list all;
	GOOD(user_create(store, &(struct user){ .key = key }));
	GOOD(user_get(a, store, &key, &u));
	struct group_member m = { u->id, USER_ORIGIN, false };
	row.user_id = u->id;
	GOOD(session_put(store, ZONE, S("a session"), &row));
	GOOD(put("left", "left", (struct list){ &m, 1 }, true, -1));
	GOOD(user_delete(store, &key));
	ANSWERS(ERR_NOT_FOUND, user_delete(store, &key));
	ANSWERS(ERR_NOT_FOUND, session_get(a, store, ZONE, S("a session"), 0, &got));
	GOOD(group_members(a, store, &(struct group_key){ ZONE, S("left") }, &all));
	assert_int_equal(all.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(groups, suite_reset),
		cmocka_unit_test_teardown(full, suite_reset),
		cmocka_unit_test_teardown(memberships, suite_reset),
		cmocka_unit_test_teardown(users, suite_reset),
		cmocka_unit_test_teardown(leavings, suite_reset),
	};
	return cmocka_run_group_tests(tests, suite_start, suite_end);
}
