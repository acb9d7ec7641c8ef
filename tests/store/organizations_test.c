/* SPDX-License-Identifier: Apache-2.0 */
/* Organizations, environments, virtual hosts, users, roles, audit, marks.
 * Each call is also made with a stranger's organization, and finds nothing.
 * Source: store/organizations.h, users.h, audit.h. */
#include "store/suite.h"
#include "store/target_servers.h"

static void organizations(void **state)
{
	(void)state;
	struct organization *o;
	struct environment *e;
	struct strs names;
	ANSWERS(ERR_CONFLICT, organization_create(store, &(struct organization){ .name = ACME }));
	ANSWERS(ERR_NOT_FOUND, organization_get(a, store, S("nobody"), &o));
	GOOD(organization_list(a, store, &names));
	assert_int_equal(names.n, 2);
	GOOD(organization_get(a, store, ACME, &o));
	assert_int_equal(o->environments.n, 2);
	SAME(o->environments.v[0], S("prod"));
	SAME(o->display_name, ACME);
	ANSWERS(ERR_CONFLICT,
	        environment_create(store, ACME, &(struct environment){ .name = S("test") }));
	ANSWERS(ERR_NOT_FOUND,
	        environment_create(store, S("nobody"), &(struct environment){ .name = S("test") }));
	ANSWERS(ERR_NOT_FOUND, environment_get(a, store, ACME, S("moon"), &e));
	GOOD(environment_get(a, store, ACME, S("test"), &e));
	SAME(e->name, S("test"));
}

static err move_host(struct arena *arena, void *thing, void *arg)
{
	struct virtual_host *v = thing;
	v->host_aliases = (struct strs){ 0 };
	strs_add(arena, &v->host_aliases, *(str *)arg);
	return DONE;
}

static void virtual_hosts(void **state)
{
	(void)state;
	struct vhost_key k = { ACME, S("test"), S("default") },
			 twin = { OTHER, S("test"), S("default") };
	struct virtual_host v = {
		.port = S("9001"),
		.host_aliases = { (str[]){ S("Acme-Test.localhost"), S("localhost") }, 2 }
	};
	struct virtual_host *got;
	struct ssl_info ssl = { .enabled = 1, .key_store = S("ks") };
	str free_name = S("free.localhost"), taken = S("localhost");
	struct strs names;
	struct list all;
	GOOD(virtual_host_create(store, &k, &v));
	ANSWERS(ERR_CONFLICT, virtual_host_create(store, &k, &v));
	ANSWERS(ERR_CONFLICT,
	        virtual_host_create(store, &twin, &v)); /* the alias is taken on this port */
	ANSWERS(ERR_NOT_FOUND, virtual_host_get(a, store, &twin, &got));
	ANSWERS(ERR_NOT_FOUND,
	        virtual_host_create(store, &(struct vhost_key){ ACME, S("moon"), S("x") }, &v));
	v.port = S("9443");
	v.ssl = &ssl;
	ANSWERS(ERR_CONFLICT,
	        virtual_host_create(store, &twin, &v)); /* ... and for others on any port */
	v.host_aliases = (struct strs){ (str[]){ S("Other-Test.localhost") }, 1 };
	GOOD(virtual_host_create(store, &twin, &v));
	GOOD(virtual_host_get(a, store, &twin, &got));
	SAME(got->host_aliases.v[0], S("other-test.localhost"));
	SAME(got->ssl->key_store, S("ks"));
	assert_int_equal(got->ssl->enabled, 1);
	GOOD(virtual_host_get(a, store, &k, &got));
	assert_null(got->ssl);
	GOOD(virtual_host_list(a, store, ACME, S("test"), &names));
	assert_int_equal(names.n, 1);
	GOOD(virtual_host_list(a, store, ACME, S("prod"), &names));
	assert_int_equal(names.n, 0);
	GOOD(virtual_host_all(a, store, &all));
	assert_int_equal(all.n, 2);
	SAME(((struct vhost_entry *)all.v)->key.org, ACME);
	struct edit edit = { .fn = move_host, .arg = &free_name };
	GOOD(virtual_host_change(a, store, &k, &edit, &got));
	v = (struct virtual_host){ .port = S("9001"),
		                   .host_aliases = { (str[]){ S("localhost") }, 1 } };
	GOOD(virtual_host_create(store, &(struct vhost_key){ ACME, S("prod"), S("default") }, &v));
	edit.arg = &taken;
	ANSWERS(ERR_CONFLICT, virtual_host_change(a, store, &k, &edit, &got));
	GOOD(virtual_host_get(a, store, &k, &got));
	SAME(got->host_aliases.v[0], free_name);
	ANSWERS(ERR_NOT_FOUND,
	        virtual_host_delete(a, store, &(struct vhost_key){ OTHER, S("prod"), S("default") },
	                            &got));
	GOOD(virtual_host_delete(a, store, &k, &got));
	GOOD(virtual_host_create(store, &k, got));
}

static err move_server(struct arena *arena, void *thing, void *arg)
{
	struct target_server *t = thing;
	(void)arena;
	t->host = *(str *)arg;
	t->name = S("other"); /* the key stays */
	t->ssl = NULL;
	return DONE;
}

static void target_servers(void **state)
{
	(void)state;
	struct vhost_key k = { ACME, S("test"), S("t1") }, prod = { ACME, S("prod"), S("t1") };
	struct ssl_info ssl = { .enabled = 1, .trust_store = S("ts") };
	struct target_server t = {
		.host = S("h1"), .is_enabled = true, .port = 8080, .ssl = &ssl
	};
	struct target_server *got;
	struct strs names;
	struct list all;
	str moved = S("h2");
	struct edit edit = { .fn = move_server, .arg = &moved };
	GOOD(target_server_create(store, &k, &t));
	ANSWERS(ERR_CONFLICT, target_server_create(store, &k, &t));
	ANSWERS(ERR_NOT_FOUND, target_server_get(a, store, &prod, &got));
	ANSWERS(ERR_NOT_FOUND,
	        target_server_create(store, &(struct vhost_key){ ACME, S("moon"), S("x") }, &t));
	GOOD(target_server_create(store, &(struct vhost_key){ ACME, S("test"), S("t0") }, &t));
	GOOD(target_server_get(a, store, &k, &got));
	SAME(got->name, S("t1"));
	SAME(got->host, S("h1"));
	SAME(got->ssl->trust_store, S("ts"));
	assert_int_equal(got->port, 8080);
	assert_true(got->is_enabled);
	GOOD(target_server_names(a, store, ACME, S("test"), &names));
	assert_int_equal(names.n, 2);
	SAME(names.v[0], S("t0"));
	GOOD(target_server_names(a, store, ACME, S("prod"), &names));
	assert_int_equal(names.n, 0);
	GOOD(target_server_change(a, store, &k, &edit, &got));
	GOOD(target_server_list(a, store, ACME, S("test"), &all));
	assert_int_equal(all.n, 2);
	SAME(((struct target_server *)all.v)[1].host, moved);
	SAME(((struct target_server *)all.v)[1].name, S("t1"));
	assert_null(((struct target_server *)all.v)[1].ssl);
	ANSWERS(ERR_NOT_FOUND, target_server_change(a, store, &prod, &edit, &got));
	ANSWERS(ERR_NOT_FOUND, target_server_delete(a, store, &prod, &got));
	GOOD(target_server_delete(a, store, &k, &got));
	SAME(got->host, moved);
	ANSWERS(ERR_NOT_FOUND, target_server_get(a, store, &k, &got));
}

static err deactivate(struct arena *arena, void *thing, void *arg)
{
	struct user *u = thing;
	(void)arena;
	(void)arg;
	u->active = false;
	return DONE;
}

static void users(void **state)
{
	(void)state;
	struct user_key k = { USER_ZONE, USER_ORIGIN, S("Admin@Example.com") },
			same = { USER_ZONE, USER_ORIGIN, S("ADMIN@example.com") };
	struct user_key elsewhere = { S("zone2"), USER_ORIGIN, S("admin@example.com") };
	struct user u = { .key = k, .email = S("Admin@Example.com"), .active = true }, *got;
	struct strs names;
	str hash;
	bool active;
	GOOD(user_create(store, &u));
	u.key = same;
	ANSWERS(ERR_CONFLICT, user_create(store, &u));
	ANSWERS(ERR_NOT_FOUND, user_get(a, store, &elsewhere, &got));
	GOOD(user_get(a, store, &same, &got));
	SAME(got->key.name, S("admin@example.com"));
	SAME(got->email, S("Admin@Example.com"));
	assert_int_equal(got->id.n, 36);
	ANSWERS(ERR_NOT_FOUND, user_password(a, store, &k, &hash, &active));
	ANSWERS(ERR_NOT_FOUND, user_password_set(store, &elsewhere, S("h")));
	GOOD(user_password_set(store, &k, S("$argon2id$...")));
	GOOD(user_password(a, store, &same, &hash, &active));
	SAME(hash, S("$argon2id$..."));
	assert_true(active);
	GOOD(user_role_grant(store, ACME, &k, S("orgadmin")));
	GOOD(user_role_grant(store, ACME, &k, S("orgadmin")));
	ANSWERS(ERR_NOT_FOUND, user_role_grant(store, S("nobody"), &k, S("orgadmin")));
	ANSWERS(ERR_NOT_FOUND, user_role_grant(store, ACME, &elsewhere, S("orgadmin")));
	GOOD(user_roles(a, store, ACME, &same, &names));
	assert_int_equal(names.n, 1);
	GOOD(user_roles(a, store, OTHER, &k, &names));
	assert_int_equal(names.n, 0);
	GOOD(user_roles(a, store, ACME, &elsewhere, &names));
	assert_int_equal(names.n, 0);
	GOOD(user_organizations(a, store, &k, &names));
	assert_int_equal(names.n, 1);
	GOOD(user_change(a, store, &k, &(struct edit){ .fn = deactivate }, &got));
	SAME(got->key.name, S("admin@example.com"));
	GOOD(user_password(a, store, &k, &hash, &active));
	assert_false(active);
	GOOD(user_list(a, store, USER_ZONE, NULL, &names));
	assert_int_equal(names.n, 1);
	GOOD(user_role_grant(store, ACME, &k, S("user")));
	GOOD(user_delete(store, &k));
	GOOD(user_roles(a, store, ACME, &k, &names));
	assert_int_equal(names.n, 0);
	ANSWERS(ERR_NOT_FOUND, user_delete(store, &k));
}

/* What is older goes, of every organization; what is not, stays. */
static void audit_goes(void)
{
	struct list l;
	int64_t gone, now_ms;
	GOOD(audit_add(store, OTHER, &(struct audit_record){ .operation = S("DELETE") }));
	GOOD(audit_list(a, store, ACME, &(struct audit_range){ .rows = 3 }, &l));
	now_ms = ((struct audit_record *)l.v)[2].time_ms;
	GOOD(audit_purge(store, now_ms, &gone));
	assert_int_equal(gone, 2);
	GOOD(audit_list(a, store, ACME, &(struct audit_range){ 0 }, &l));
	assert_int_equal(l.n, 3);
	GOOD(audit_purge(store, clock_ms() + 1, &gone));
	assert_int_equal(gone, 4);
	GOOD(audit_purge(store, clock_ms() + 1, &gone));
	assert_int_equal(gone, 0);
}

static void audit(void **state)
{
	(void)state;
	struct list l;
	for (int i = 0; i < 5; i++) {
		struct audit_record r = { S("CREATE"), S("POST"), str_fmt(a, "/v1/o/acme/%d", i),
			                  S("201"),    0,         S("me") };
		GOOD(audit_add(store, ACME, &r));
		rest_ms(2);
	}
	GOOD(audit_list(a, store, ACME, &(struct audit_range){ .rows = 3 }, &l));
	assert_int_equal(l.n, 3);
	SAME(((struct audit_record *)l.v)->request_uri, S("/v1/o/acme/4"));
	assert_true(((struct audit_record *)l.v)[0].time_ms >
	            ((struct audit_record *)l.v)[2].time_ms);
	GOOD(audit_list(a, store, ACME, &(struct audit_range){ .to_ms = 1 }, &l));
	assert_int_equal(l.n, 0);
	GOOD(audit_list(a, store, OTHER, &(struct audit_range){ 0 }, &l));
	assert_int_equal(l.n, 0);
	audit_goes();
}

static void marks(void **state)
{
	(void)state;
	bool set = true;
	GOOD(store_mark_get(store, S("bootstrap"), &set));
	assert_false(set);
	GOOD(store_mark_set(store, S("bootstrap")));
	GOOD(store_mark_set(store, S("bootstrap")));
	GOOD(store_mark_get(store, S("bootstrap"), &set));
	assert_true(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(organizations, suite_reset),
		cmocka_unit_test_teardown(virtual_hosts, suite_reset),
		cmocka_unit_test_teardown(target_servers, suite_reset),
		cmocka_unit_test_teardown(users, suite_reset),
		cmocka_unit_test_teardown(audit, suite_reset),
		cmocka_unit_test_teardown(marks, suite_reset),
	};
	return cmocka_run_group_tests(tests, suite_start, suite_end);
}
