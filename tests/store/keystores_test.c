/* SPDX-License-Identifier: Apache-2.0 */
/* Keystores, keypairs, references, and what is not deleted because it is used.
 * Each call is also made with a stranger's organization, and finds nothing.
 * Source: store/keystores.h. */
#include "store/keystores.h"
#include "store/suite.h"
#include "store/target_servers.h"

static struct vhost_key here(const char *name)
{
	return (struct vhost_key){ ACME, S("test"), str_from_z(name) };
}
static struct vhost_key stranger(const char *name)
{
	return (struct vhost_key){ OTHER, S("test"), str_from_z(name) };
}

static void keystores(void **state)
{
	(void)state;
	struct vhost_key k = here("b"), other = stranger("b"), moon = { ACME, S("moon"), S("b") };
	struct keystore *ks;
	struct strs names;
	GOOD(keystore_create(store, &k));
	ANSWERS(ERR_CONFLICT, keystore_create(store, &k));
	ANSWERS(ERR_NOT_FOUND, keystore_create(store, &moon));
	GOOD(keystore_create(store, &(struct vhost_key){ ACME, S("test"), S("a") }));
	GOOD(keystore_names(a, store, ACME, S("test"), &names));
	assert_int_equal(names.n, 2);
	SAME(names.v[0], S("a"));
	GOOD(keystore_names(a, store, OTHER, S("test"), &names));
	assert_int_equal(names.n, 0);
	GOOD(keypair_create(store, ACME, S("test"), &(struct keypair){ S("b"), S("x"), S("CERT"), S("KEY") }));
	GOOD(keypair_create(store, ACME, S("test"), &(struct keypair){ S("b"), S("y"), S("CERT"), STR_NONE }));
	GOOD(keystore_get(a, store, &k, &ks));
	assert_int_equal(ks->certs.n, 2);
	assert_int_equal(ks->keys.n, 1);
	SAME(ks->keys.v[0], S("x"));
	SAME(((struct alias_names *)ks->aliases.v)[1].cert, S("y-cert"));
	assert_false(str_given(((struct alias_names *)ks->aliases.v)[1].key));
	ANSWERS(ERR_NOT_FOUND, keystore_get(a, store, &other, &ks));
	ANSWERS(ERR_NOT_FOUND, keystore_delete(a, store, &other, &ks));
	GOOD(keystore_delete(a, store, &k, &ks));
	assert_int_equal(ks->certs.n, 2);
	ANSWERS(ERR_NOT_FOUND, keystore_get(a, store, &k, &ks));
	GOOD(keystore_create(store, &k));
	GOOD(keystore_get(a, store, &k, &ks));
	assert_int_equal(ks->certs.n, 0); /* its aliases went with it */
	GOOD(keystore_delete(a, store, &k, &ks));
	k = here("a");
	GOOD(keystore_delete(a, store, &k, &ks));
}

static void keypairs(void **state)
{
	(void)state;
	struct keypair p = { S("ks"), S("al"), S("CERT"), S("KEY") }, *got;
	struct vhost_key k = here("ks"), other = stranger("ks");
	struct keystore *ks;
	struct list all;
	ANSWERS(ERR_NOT_FOUND, keypair_create(store, ACME, S("test"), &p)); /* no keystore yet */
	GOOD(keypair_put(store, ACME, S("test"), &p));
	ANSWERS(ERR_CONFLICT, keypair_create(store, ACME, S("test"), &p));
	GOOD(keypair_get(a, store, &k, S("al"), &got));
	SAME(got->cert_pem, S("CERT"));
	SAME(got->key_pem, S("KEY"));
	p.key_pem = S("NEW");
	GOOD(keypair_put(store, ACME, S("test"), &p));
	GOOD(keypair_get(a, store, &k, S("al"), &got));
	SAME(got->key_pem, S("NEW"));
	p.cert_pem = S("OTHER");
	p.key_pem = STR_NONE;
	GOOD(keypair_replace(store, ACME, S("test"), &p));
	GOOD(keypair_get(a, store, &k, S("al"), &got));
	SAME(got->cert_pem, S("OTHER"));
	assert_false(str_given(got->key_pem));
	GOOD(keypair_list(a, store, ACME, S("test"), &all));
	assert_int_equal(all.n, 1);
	SAME(((struct keypair *)all.v)->alias, S("al"));
	GOOD(keypair_list(a, store, OTHER, S("test"), &all));
	assert_int_equal(all.n, 0);
	ANSWERS(ERR_NOT_FOUND, keypair_replace(store, OTHER, S("test"), &p));
	ANSWERS(ERR_NOT_FOUND, keypair_get(a, store, &other, S("al"), &got));
	ANSWERS(ERR_NOT_FOUND, keypair_get(a, store, &k, S("no"), &got));
	ANSWERS(ERR_NOT_FOUND, keypair_put(store, ACME, S("moon"), &p));
	ANSWERS(ERR_NOT_FOUND, keypair_delete(store, &other, S("al")));
	GOOD(keypair_delete(store, &k, S("al")));
	ANSWERS(ERR_NOT_FOUND, keypair_delete(store, &k, S("al")));
	GOOD(keystore_delete(a, store, &k, &ks));
}

static void references(void **state)
{
	(void)state;
	struct vhost_key one = here("one"), two = here("two"), k = here("r"), other = stranger("r");
	struct reference r = { .refers = S("one"), .type = S("KeyStore") }, *got;
	struct keystore *ks;
	struct list all;
	ANSWERS(ERR_SYNTAX, reference_create(store, &k, &r));
	GOOD(keystore_create(store, &one));
	GOOD(keystore_create(store, &two));
	GOOD(reference_create(store, &k, &r));
	ANSWERS(ERR_CONFLICT, reference_create(store, &k, &r));
	ANSWERS(ERR_SYNTAX, reference_create(store, &other, &r)); /* not his keystore */
	ANSWERS(ERR_CONFLICT, keystore_delete(a, store, &one, &ks));
	r.refers = S("two");
	ANSWERS(ERR_SYNTAX, reference_change(store, &other, &r));
	GOOD(reference_change(store, &k, &r));
	GOOD(reference_get(a, store, &k, &got));
	SAME(got->refers, S("two"));
	SAME(got->name, S("r"));
	r.refers = S("none");
	ANSWERS(ERR_SYNTAX, reference_change(store, &k, &r));
	GOOD(reference_list(a, store, ACME, S("test"), &all));
	assert_int_equal(all.n, 1);
	GOOD(reference_list(a, store, OTHER, S("test"), &all));
	assert_int_equal(all.n, 0);
	GOOD(keystore_delete(a, store, &one, &ks));
	ANSWERS(ERR_CONFLICT, keystore_delete(a, store, &two, &ks));
	ANSWERS(ERR_NOT_FOUND, reference_get(a, store, &other, &got));
	ANSWERS(ERR_NOT_FOUND, reference_delete(a, store, &other, &got));
	GOOD(reference_delete(a, store, &k, &got));
	SAME(got->refers, S("two"));
	GOOD(keystore_delete(a, store, &two, &ks));
}

/* Who names a keystore or reference keeps it; who goes sets it free. */
static void in_use(void **state)
{
	(void)state;
	struct vhost_key ks = here("used"), ref = here("used-ref"), at = here("user");
	struct reference r = { .refers = S("used"), .type = S("KeyStore") }, *got;
	struct keystore *was;
	struct target_server *server;
	struct virtual_host *host;
	struct ssl_info rows[] = {
		{ .enabled = 1, .key_store = S("used") },
		{ .enabled = 1, .trust_store = S("used") },
	};
	GOOD(keystore_create(store, &ks));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct target_server t = { .host = S("h"), .port = 1, .ssl = &rows[i] };
		struct virtual_host v = { .port = S("1"), .ssl = &rows[i] };
		GOOD(target_server_create(store, &at, &t));
		ANSWERS(ERR_CONFLICT, keystore_delete(a, store, &ks, &was));
		GOOD(target_server_delete(a, store, &at, &server));
		GOOD(virtual_host_create(store, &at, &v));
		ANSWERS(ERR_CONFLICT, keystore_delete(a, store, &ks, &was));
		GOOD(virtual_host_delete(a, store, &at, &host));
	}
	rows[0].key_store = S("ref://used-ref");
	GOOD(reference_create(store, &ref, &r));
	struct target_server t = { .host = S("h"), .port = 1, .ssl = &rows[0] };
	GOOD(target_server_create(store, &at, &t));
	ANSWERS(ERR_CONFLICT, reference_delete(a, store, &ref, &got));
	GOOD(target_server_delete(a, store, &at, &server));
	GOOD(reference_delete(a, store, &ref, &got));
	GOOD(keystore_delete(a, store, &ks, &was));
}

/* What the bundle of a deployment names stays as long as it is deployed. */
static void deployed(void **state)
{
	(void)state;
	static const char *const pairs[][2] = { { "apiproxy/p.xml", "<APIProxy/>" } };
	struct api_key api = { ACME, API_PROXY, S("names-things") };
	struct zip_files files = files_of(1, pairs);
	struct revision rev = { .created_by = S("me"), .last_modified_by = S("me") };
	str resources[] = { S("targetservers/named"), S("keystores/named"), S("references/named") };
	struct deploy_request want = { .api = api, .env = S("test"), .revision = 1, .by = S("me"), .resources = { resources, 3 } };
	struct deploy_result result = { 0 };
	struct vhost_key k = here("named");
	struct reference r = { .refers = S("named"), .type = S("KeyStore") }, *ref;
	struct target_server t = { .host = S("h"), .port = 1 }, *server;
	struct keystore *ks;
	GOOD(keystore_create(store, &k));
	GOOD(reference_create(store, &k, &r));
	GOOD(target_server_create(store, &k, &t));
	GOOD(revision_create(a, store, &api, &rev, &files));
	GOOD(deployment_create(a, store, &want, &result));
	ANSWERS(ERR_CONFLICT, target_server_delete(a, store, &k, &server));
	ANSWERS(ERR_CONFLICT, reference_delete(a, store, &k, &ref));
	want.resources.n = 2; /* deployed anew, it names no reference any more */
	want.override = true;
	GOOD(deployment_create(a, store, &want, &result));
	GOOD(reference_delete(a, store, &k, &ref));
	ANSWERS(ERR_CONFLICT, keystore_delete(a, store, &k, &ks));
	GOOD(deployment_delete(a, store, &api, S("test"), 1, NULL));
	GOOD(target_server_delete(a, store, &k, &server));
	GOOD(keystore_delete(a, store, &k, &ks));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(keystores, suite_reset),
		cmocka_unit_test_teardown(keypairs, suite_reset),
		cmocka_unit_test_teardown(references, suite_reset),
		cmocka_unit_test_teardown(in_use, suite_reset),
		cmocka_unit_test_teardown(deployed, suite_reset),
	};
	return cmocka_run_group_tests(tests, suite_start, suite_end);
}
