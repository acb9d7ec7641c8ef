/* SPDX-License-Identifier: Apache-2.0 */
/* Clients and signing keys of the Edge OAuth2 service: what is written is read back, secrets fit or do not,
 * a stranger's zone sees nothing.
 * Source: store/oauth_clients.h, signing_keys.h. */
#include "store/suite.h"

#include "store/client_meta.h"
#include "store/oauth_clients.h"
#include "store/signing_keys.h"
#include "store/sso_tokens.h"

#define ZONE S("uaa")

static err add_scope(struct arena *arena, void *thing, void *arg)
{
	struct oauth_client *c = thing;
	(void)arg;
	strs_add(arena, &c->scope, S("openid"));
	c->client_id = S("stolen");
	return DONE;
}

static void clients(void **state)
{
	(void)state;
	struct client_key key = { ZONE, S("edgecli") }, other = { S("zone2"), S("edgecli") };
	struct oauth_client *got;
	struct list all;
	GOOD(oauth_client_create(store, &key, &(struct oauth_client){ .access_validity_s = 1800 },
	                         S("edgeclisecret")));
	ANSWERS(ERR_CONFLICT, oauth_client_create(store, &key, &(struct oauth_client){ 0 }, S("x")));
	GOOD(oauth_client_change(a, store, &key, &(struct edit){ .fn = add_scope }, &got));
	GOOD(oauth_client_get(a, store, &key, &got));
	SAME(got->client_id, S("edgecli"));
	assert_int_equal(got->access_validity_s, 1800);
	assert_int_equal(got->scope.n, 1);
	ANSWERS(ERR_NOT_FOUND, oauth_client_get(a, store, &other, &got));
	ANSWERS(ERR_NOT_FOUND,
	        oauth_client_change(a, store, &other, &(struct edit){ .fn = add_scope }, &got));
	ANSWERS(ERR_NOT_FOUND, oauth_client_delete(a, store, &other, &got));
	GOOD(oauth_client_list(a, store, S("zone2"), NULL, &all));
	assert_int_equal(all.n, 0);
	GOOD(oauth_client_delete(a, store, &key, &got));
	ANSWERS(ERR_NOT_FOUND, oauth_client_get(a, store, &key, &got));
}

static void batches(void **state)
{
	(void)state;
	struct oauth_client named = { .name = S("N") }, *got;
	struct client_key one = { ZONE, S("batch-1") }, two = { ZONE, S("batch-2") };
	struct client_credentials_view v;
	size_t failed;
	struct client_step make[] = { { .what = CLIENT_CREATE, .key = one, .to = &named, .secret = S("a") },
		                      { .what = CLIENT_CREATE, .key = two, .to = &named },
		                      { .what = CLIENT_CREATE, .key = one, .to = &named } };
	ANSWERS(ERR_CONFLICT, oauth_clients_run(a, store, make, 3, &failed));
	assert_int_equal(failed, 2);
	ANSWERS(ERR_NOT_FOUND, oauth_client_get(a, store, &one, &got));
	GOOD(oauth_clients_run(a, store, make, 2, &failed));
	SAME(make[1].client->client_id, two.id);
	struct oauth_client other = { .name = S("O") };
	struct client_step change[] = { { .what = CLIENT_REPLACE, .key = one, .to = &other },
		                        { .what = CLIENT_SECRET, .key = one, .how = SECRET_UPDATE, .secret = S("b") },
		                        { .what = CLIENT_DELETE, .key = two },
		                        { .what = CLIENT_DELETE, .key = { S("zone2"), one.id } } };
	GOOD(oauth_client_check(a, store, &one, S("a"), &v)); /* remembered from now on */
	ANSWERS(ERR_NOT_FOUND, oauth_clients_run(a, store, change, 4, &failed));
	assert_int_equal(failed, 3);
	GOOD(oauth_client_check(a, store, &one, S("a"), &v));
	assert_true(v.secret_fits);
	SAME(v.client->name, S("N"));
	GOOD(oauth_clients_run(a, store, change, 3, &failed));
	SAME(change[1].client->name, S("O"));
	SAME(change[2].client->name, S("N"));
	GOOD(oauth_client_check(a, store, &one, S("b"), &v));
	assert_true(v.secret_fits);
	SAME(v.client->client_id, one.id);
	ANSWERS(ERR_NOT_FOUND, oauth_client_get(a, store, &two, &got));
}

static void metas(void **state)
{
	(void)state;
	struct client_key key = { ZONE, S("meta-1") }, other = { S("zone2"), S("meta-1") };
	struct client_meta m = { .client_id = key.id, .on_home_page = true, .launch_url = S("https://x") }, got;
	struct oauth_client *was;
	struct list all;
	ANSWERS(ERR_NOT_FOUND, client_meta_put(store, &key, &m));
	GOOD(oauth_client_create(store, &key, &(struct oauth_client){ .name = S("N") }, STR_NONE));
	ANSWERS(ERR_NOT_FOUND, client_meta_put(store, &other, &m));
	GOOD(client_meta_put(store, &key, &m));
	m.on_home_page = false;
	GOOD(client_meta_put(store, &key, &m));
	GOOD(client_meta_get(a, store, &key, &got));
	assert_false(got.on_home_page);
	SAME(got.client_name, S("N"));
	ANSWERS(ERR_NOT_FOUND, client_meta_get(a, store, &other, &got));
	GOOD(client_meta_list(a, store, other.zone, &all));
	assert_int_equal(all.n, 0);
	GOOD(oauth_client_delete(a, store, &key, &was));
	GOOD(client_meta_list(a, store, ZONE, &all));
	assert_int_equal(all.n, 0);
}

/* What is done to the secrets, and which of "one", "two", "three" fit afterwards. */
static const struct {
	int how; /* -1: nothing */
	const char *secret;
	enum err_code answer;
	bool one, two, three;
} steps[] = {
	{ -1, NULL, ERR_NONE, true, false, false },
	{ SECRET_DELETE, NULL, ERR_CONFLICT, true, false, false },
	{ SECRET_ADD, "two", ERR_NONE, true, true, false },
	{ SECRET_ADD, "three", ERR_CONFLICT, true, true, false },
	{ SECRET_DELETE, NULL, ERR_NONE, false, true, false },
	{ SECRET_UPDATE, "three", ERR_NONE, false, false, true },
};

static bool fits(const struct client_key *key, const char *secret)
{
	struct client_credentials_view v;
	GOOD(oauth_client_check(a, store, key, str_from_z(secret), &v));
	assert_true(v.has_secret);
	assert_int_equal(v.token_salt.n, 16);
	return v.secret_fits;
}

static void secrets(void **state)
{
	(void)state;
	struct client_key key = { ZONE, S("rotating") }, nobody = { ZONE, S("nobody") };
	struct client_credentials_view v;
	GOOD(oauth_client_create(store, &key, &(struct oauth_client){ 0 }, S("one")));
	for (size_t i = 0; i < COUNT(steps); i++) {
		if (steps[i].how >= 0)
			ANSWERS(steps[i].answer,
			        oauth_client_secret(store, &key, (enum secret_change)steps[i].how,
			                            str_from_z(steps[i].secret)));
		assert_int_equal(fits(&key, "one"), steps[i].one);
		assert_int_equal(fits(&key, "two"), steps[i].two);
		assert_int_equal(fits(&key, "three"), steps[i].three);
		assert_false(fits(&key, ""));
	}
	ANSWERS(ERR_NOT_FOUND, oauth_client_check(a, store, &nobody, S("one"), &v));
	ANSWERS(ERR_NOT_FOUND, oauth_client_secret(store, &nobody, SECRET_UPDATE, S("one")));
	key.id = S("public");
	GOOD(oauth_client_create(store, &key, &(struct oauth_client){ .allow_public = true },
	                         STR_NONE));
	GOOD(oauth_client_check(a, store, &key, S(""), &v));
	assert_false(v.has_secret || v.secret_fits);
	ANSWERS(ERR_CONFLICT, oauth_client_secret(store, &key, SECRET_ADD, S("one")));
}

static err put(const char *id, int64_t at_ms, bool retire, bool only_first)
{
	struct signing_key key = { .id = str_from_z(id),
		                   .alg = S("RS256"),
		                   .private_pem = S("pem"),
		                   .created_at_ms = at_ms };
	struct signing_key_put p = { ZONE, &key, retire, only_first };
	return signing_key_put(store, &p);
}

static err dropped(int64_t before_ms, int64_t now_ms)
{
	int64_t gone;
	return signing_key_drop(store, ZONE, &(struct signing_key_end){ before_ms, now_ms }, &gone);
}

static void keys(void **state)
{
	struct sso_token live = { .id = S("t-r"),
		                  .refresh = true,
		                  .family = S("t-r"),
		                  .client_id = S("c"),
		                  .scope = S(""),
		                  .claims = S("{}"),
		                  .issued_at_ms = 2000,
		                  .expires_at_ms = 4000 };
	(void)state;
	struct list all;
	GOOD(put("first", 1000, false, true));
	ANSWERS(ERR_CONFLICT, put("late", 1001, false, true));
	GOOD(put("second", 2000, true, false));
	GOOD(signing_key_list(a, store, ZONE, &all));
	const struct signing_key *k = all.v;
	assert_int_equal(all.n, 2);
	SAME(k[0].id, S("second"));
	SAME(k[0].private_pem, S("pem"));
	assert_int_equal(k[0].retired_at_ms, 0);
	assert_int_equal(k[1].retired_at_ms, 2000);
	GOOD(signing_key_list(a, store, S("zone2"), &all));
	assert_int_equal(all.n, 0);
	GOOD(dropped(2000, 3000));
	GOOD(signing_key_list(a, store, ZONE, &all));
	assert_int_equal(all.n, 2);
	GOOD(sso_tokens_put(store, ZONE, &live, 1));
	GOOD(dropped(2001, 3999)); /* a token that it signed lives */
	GOOD(signing_key_list(a, store, ZONE, &all));
	assert_int_equal(all.n, 2);
	GOOD(dropped(2001, 4000));
	GOOD(signing_key_list(a, store, ZONE, &all));
	assert_int_equal(all.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(clients, suite_reset),
		cmocka_unit_test_teardown(batches, suite_reset),
		cmocka_unit_test_teardown(metas, suite_reset),
		cmocka_unit_test_teardown(secrets, suite_reset),
		cmocka_unit_test_teardown(keys, suite_reset),
	};
	return cmocka_run_group_tests(tests, suite_start, suite_end);
}
