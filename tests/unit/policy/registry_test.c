/* SPDX-License-Identifier: Apache-2.0 */
/* The household: sorted, whole, and able to deploy the bundles that come with the program.
 * A row is a bundle's folder and what it must hold.
 * Source: house; Apigee's default proxies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "bundle/bundle.h"
#include "policy/registry.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void sorted_and_whole(void **state)
{
	(void)state;
	size_t n;
	const struct policy *const *all = policy_all(&n);
	assert_true(n >= 8);
	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || str_cmp(str_from_z(all[i - 1]->element), str_from_z(all[i]->element)) < 0);
		assert_ptr_equal(policy_find(str_from_z(all[i]->element)), all[i]);
		assert_non_null(all[i]->fields);
		assert_non_null(all[i]->run);
		assert_non_null(all[i]->fault_prefix);
	}
	assert_null(policy_find(S("quota")));
	assert_null(policy_find(S("")));
}

static const struct { const char *folder, *base_path; size_t hosts, policies, flows, routes; } bundles[] = {
	{ "bundles/oauth", "/oauth/client_credential", 1, 2, 2, 1 },
	{ "bundles/helloworld", "/v0/hello", 2, 2, 0, 2 },
	{ "bundles/weatherapi", "/weather", 2, 2, 0, 1 },
	{ "bundles/weatherapi/apiproxy", "/weather", 2, 2, 0, 1 },
};

static void deploys_what_comes_with_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bundles); i++) {
		struct arena *a = arena_create(0, 0);
		struct diag d = { .arena = a };
		struct zip_files files = { 0 };
		enum bundle_kind kind;
		struct proxy *p = NULL;
		struct bundle_identity id = { S("acme"), S("test"), S("p"), S("1"), NULL };
		err e = bundle_folder(a, str_from_z(bundles[i].folder), &d, &files, &kind);
		if (!e.code)
			e = bundle_compile(&files, kind, &id, policy_find, &d, &p);
		if (e.code)
			fail_msg("%s: %s", bundles[i].folder, str_z(a, diag_text(a, &d)));
		must(p);
		assert_int_equal(p->n_endpoints, 1);
		assert_true(str_eq(p->endpoints[0].base_path, str_from_z(bundles[i].base_path)));
		assert_int_equal(p->endpoints[0].virtual_hosts.n, bundles[i].hosts);
		assert_int_equal(p->endpoints[0].ep.n_flows, bundles[i].flows);
		assert_int_equal(p->endpoints[0].n_routes, bundles[i].routes);
		assert_int_equal(p->policies.n, bundles[i].policies);
		proxy_release(p);
		arena_destroy(&a);
	}
}

static const struct { const char *folder; enum err_code code; } no_bundles[] = {
	{ "docs", ERR_SYNTAX }, { "no/such/folder", ERR_IO }, { "README.md", ERR_IO },
};

static void folders_that_are_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(no_bundles); i++) {
		struct arena *a = arena_create(0, 0);
		struct diag d = { .arena = a };
		struct zip_files files = { 0 };
		enum bundle_kind kind;
		assert_int_equal(bundle_folder(a, str_from_z(no_bundles[i].folder), &d, &files, &kind).code, no_bundles[i].code);
		assert_int_equal(d.findings.n, 1);
		arena_destroy(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted_and_whole), cmocka_unit_test(deploys_what_comes_with_it),
		cmocka_unit_test(folders_that_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
