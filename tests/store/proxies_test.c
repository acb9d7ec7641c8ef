/* SPDX-License-Identifier: Apache-2.0 */
/* Proxies, revisions, files, deployments: numbering under load, bytes as they came, who has a base path.
 * A revision that is deployed stays; a base path has one owner.
 * Source: store/proxies.h, deployments.h. */
#include "store/suite.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static struct api_key proxy(const char *name)
{
	return (struct api_key){ ACME, API_PROXY, str_from_z(name) };
}

static int64_t make_revision(const char *name)
{
	struct api_key k = proxy(name);
	struct revision r = { .created_by = S("me") };
	struct zip_files none = { 0 };
	GOOD(revision_create(a, store, &k, &r, &none));
	return r.number;
}

static void revisions(void **state)
{
	static const char *const pairs[][2] = {
		{ "apiproxy/z.xml", "<z/>" },
		{ "apiproxy/policies/A.xml", "\xef\xbb\xbf<A/>\r\n" },
		{ "apiproxy/a.xml", "" },
	};
	(void)state;
	struct api_key k = proxy("first"), stranger = { OTHER, API_PROXY, S("first") };
	struct api_key shared = { ACME, API_SHARED_FLOW, S("first") };
	struct zip_files in = files_of(3, pairs), out;
	struct revision r = { .created_by = S("me"), .description = S("d"), .version = { 4, 0 } },
			*got;
	struct api_proxy *p;
	struct strs names;
	str bytes;
	ANSWERS(ERR_NOT_FOUND, api_get(a, store, &k, &p));
	GOOD(revision_create(a, store, &k, &r, &in));
	assert_int_equal(r.number, 1);
	SAME(r.revision, S("1"));
	GOOD(api_get(a, store, &k, &p));
	SAME(p->meta.sub_type, S("Proxy"));
	SAME(p->revisions.v[0], S("1"));
	GOOD(revision_get(a, store, &k, 1, &got));
	SAME(got->description, S("d"));
	SAME(got->type, S("Application"));
	assert_int_equal(got->version.major, 4);
	assert_int_equal(got->files.n, 3);
	GOOD(revision_files(a, store, &k, 1, &out));
	for (size_t i = 0; i < 3; i++) {
		SAME(out.v[i].path, in.v[i].path);
		SAME(out.v[i].bytes, in.v[i].bytes);
	}
	GOOD(revision_file(a, store, &k, 1, S("apiproxy/policies/A.xml"), &bytes));
	SAME(bytes, in.v[1].bytes);
	ANSWERS(ERR_NOT_FOUND, revision_get(a, store, &stranger, 1, &got));
	ANSWERS(ERR_NOT_FOUND, revision_files(a, store, &stranger, 1, &out));
	ANSWERS(ERR_NOT_FOUND, revision_file(a, store, &stranger, 1, S("apiproxy/a.xml"), &bytes));
	ANSWERS(ERR_NOT_FOUND,
	        api_get(a, store, &shared, &p)); /* the other kind is another name space */
	ANSWERS(ERR_NOT_FOUND, revision_get(a, store, &k, 2, &got));
	GOOD(api_names(a, store, ACME, API_PROXY, &names));
	assert_true(strs_have(&names, S("first")));
	GOOD(api_names(a, store, OTHER, API_PROXY, &names));
	assert_int_equal(names.n, 0);
	assert_int_equal(make_revision("first"), 2);
	ANSWERS(ERR_NOT_FOUND, revision_delete(a, store, &stranger, 2, &got));
	GOOD(revision_delete(a, store, &k, 2, &got));
	assert_int_equal(make_revision("first"), 2); /* max + 1, as clients guess it */
	ANSWERS(ERR_NOT_FOUND, api_delete(a, store, &stranger, &p));
	GOOD(api_delete(a, store, &k, &p));
	assert_int_equal(p->revisions.n, 2);
	ANSWERS(ERR_NOT_FOUND, revision_file(a, store, &k, 1, S("apiproxy/a.xml"), &bytes));
}

static void files(void **state)
{
	(void)state;
	make_revision("files");
	struct api_key k = proxy("files"), stranger = { OTHER, API_PROXY, S("files") };
	struct revision *r;
	str bytes;
	struct file_change f = { S("x"), S("1"), FILE_CREATE, S("editor") };
	ANSWERS(ERR_NOT_FOUND, revision_file_put(store, &stranger, 1, &f));
	ANSWERS(ERR_NOT_FOUND, revision_file_put(store, &k, 2, &f));
	GOOD(revision_file_put(store, &k, 1, &f));
	ANSWERS(ERR_CONFLICT, revision_file_put(store, &k, 1, &f));
	f.how = FILE_REPLACE;
	f.bytes = S("2");
	GOOD(revision_file_put(store, &k, 1, &f));
	GOOD(revision_file(a, store, &k, 1, S("x"), &bytes));
	SAME(bytes, S("2"));
	f.path = S("y");
	ANSWERS(ERR_NOT_FOUND, revision_file_put(store, &k, 1, &f));
	f.how = FILE_PUT;
	GOOD(revision_file_put(store, &k, 1, &f));
	GOOD(revision_file_put(store, &k, 1, &f));
	GOOD(revision_get(a, store, &k, 1, &r));
	assert_int_equal(r->files.n, 2);
	SAME(r->last_modified_by, S("editor"));
	ANSWERS(ERR_NOT_FOUND, revision_file_delete(store, &stranger, 1, S("x"), S("e")));
	GOOD(revision_file_delete(store, &k, 1, S("x"), S("e")));
	ANSWERS(ERR_NOT_FOUND, revision_file_delete(store, &k, 1, S("x"), S("e")));
	char *all = arena_alloc(a, 256 * 40000, 1);
	for (int i = 0; i < 256 * 40000; i++)
		all[i] = (char)i;
	f = (struct file_change){ S("big"), str_from(all, 256 * 40000), FILE_PUT, S("e") };
	GOOD(revision_file_put(store, &k, 1, &f));
	GOOD(revision_file(a, store, &k, 1, S("big"), &bytes));
	SAME(bytes, f.bytes);
}

/* ---- at once ---- */
struct numbers {
	int64_t v[400];
	_Atomic(int) n, wrong;
};

static void number_some(void *arg, int i)
{
	struct numbers *all = arg;
	(void)i;
	for (int n = 0; n < 10; n++) {
		struct arena *own = arena_create(0, 0);
		struct api_key k = proxy("numbers");
		struct revision r = { .created_by = S("x") };
		struct zip_files none = { 0 };
		all->wrong += revision_create(own, store, &k, &r, &none).code != ERR_NONE;
		all->v[all->n++] = r.number;
		arena_destroy(&own);
	}
}

static void upload(void *arg, int i)
{
	_Atomic(int) *wrong = arg;
	for (int n = 0; n < 10; n++) {
		char path[32];
		snprintf(path, sizeof path, "apiproxy/%d-%d.xml", i, n);
		struct api_key k = proxy("uploads");
		struct file_change f = { str_from_z(path), S("<x/>"), FILE_CREATE, S("e") };
		*wrong += revision_file_put(store, &k, 1, &f).code != ERR_NONE;
	}
}

static void numbering(void **state)
{
	(void)state;
	struct numbers all = { 0 };
	bool seen[200] = { false };
	at_once(8, number_some, &all);
	in_fibers(8, number_some, &all);
	assert_int_equal(all.wrong, 0);
	assert_int_equal(all.n, 160);
	for (int i = 0; i < 160; i++) {
		assert_true(all.v[i] >= 1 && all.v[i] <= 160);
		assert_false(seen[all.v[i]]);
		seen[all.v[i]] = true;
	}
	_Atomic(int) wrong = 0;
	struct revision *r;
	struct api_key k = proxy("uploads");
	make_revision("uploads");
	at_once(4, upload, &wrong);
	assert_int_equal(wrong, 0);
	GOOD(revision_get(a, store, &k, 1, &r));
	assert_int_equal(r->files.n, 40);
}

/* ---- deployments ---- */
static const struct base_path_use on_default[] = { { S_INIT("default"), S_INIT("/one") },
	                                           { S_INIT("secure"), S_INIT("/one") } };

static struct deploy_request deploying(const char *name, int64_t revision, bool override)
{
	return (struct deploy_request){ .api = proxy(name),
		                        .env = S("test"),
		                        .revision = revision,
		                        .uses = on_default,
		                        .n_uses = 2,
		                        .override = override,
		                        .by = S("me") };
}

static size_t deployed(str org, const char *name)
{
	struct list l;
	struct deployment_filter f = { .org = org,
		                       .name = name ? str_from_z(name) : STR_NONE,
		                       .any_kind = true };
	GOOD(deployment_list(a, store, &f, &l));
	return l.n;
}

static void deployments(void **state)
{
	(void)state;
	make_revision("dep");
	make_revision("dep");
	make_revision("rival");
	struct deploy_result result;
	struct deploy_request one = deploying("dep", 1, false), two = deploying("dep", 2, false);
	struct deploy_request rival = deploying("rival", 1, true),
			      lost = deploying("dep", 9, false);
	struct deployment *was;
	struct revision *r;
	struct api_proxy *p;
	ANSWERS(ERR_NOT_FOUND, deployment_create(a, store, &lost, &result));
	lost = one;
	lost.env = S("moon");
	ANSWERS(ERR_NOT_FOUND, deployment_create(a, store, &lost, &result));
	lost = one;
	lost.api.org = OTHER;
	ANSWERS(ERR_NOT_FOUND, deployment_create(a, store, &lost, &result));
	GOOD(deployment_create(a, store, &one, &result));
	assert_false(result.already);
	GOOD(deployment_create(a, store, &one, &result));
	assert_true(result.already);
	ANSWERS(ERR_CONFLICT, deployment_create(a, store, &two, &result));
	SAME(result.conflict_name, S("dep"));
	SAME(result.conflict_path, S("/one"));
	assert_int_equal(result.conflict_revision, 1);
	ANSWERS(ERR_CONFLICT,
	        deployment_create(a, store, &rival, &result)); /* override is for one's own */
	assert_int_equal(deployed(ACME, "rival"), 0);
	two.override = true;
	GOOD(deployment_create(a, store, &two, &result));
	assert_int_equal(result.n_replaced, 1);
	assert_int_equal(result.replaced[0], 1);
	assert_int_equal(deployed(ACME, "dep"), 1);
	assert_int_equal(deployed(OTHER, NULL), 0);
	ANSWERS(ERR_CONFLICT, revision_delete(a, store, &two.api, 2, &r));
	ANSWERS(ERR_CONFLICT, api_delete(a, store, &two.api, &p));
	ANSWERS(ERR_NOT_FOUND, deployment_delete(a, store, &two.api, S("test"), 1, &was));
	ANSWERS(ERR_NOT_FOUND, deployment_delete(a, store, &two.api, S("prod"), 2, &was));
	struct api_key stranger = { OTHER, API_PROXY, S("dep") };
	ANSWERS(ERR_NOT_FOUND, deployment_delete(a, store, &stranger, S("test"), 2, &was));
	one.env = S("prod");
	GOOD(deployment_create(a, store, &one,
	                       &result)); /* another environment, another name space */
	struct list l;
	struct deployment_filter f = { .org = ACME, .env = S("test"), .kind = API_PROXY };
	GOOD(deployment_list(a, store, &f, &l));
	assert_int_equal(l.n, 1);
	const struct deployment *d = l.v;
	assert_int_equal(d->revision, 2);
	SAME(d->base_path, S("/"));
	SAME(d->deployed_by, S("me"));
	deployment_note(store, d, S("x.xml:3: no"));
	GOOD(deployment_list(a, store, &f, &l));
	SAME(((struct deployment *)l.v)->error, S("x.xml:3: no"));
	deployment_note(store, d, STR_NONE);
	GOOD(deployment_list(a, store, &f, &l));
	assert_false(str_given(((struct deployment *)l.v)->error));
	GOOD(deployment_delete(a, store, &two.api, S("test"), 2, &was));
	assert_int_equal(was->revision, 2);
	GOOD(deployment_create(a, store, &rival, &result)); /* the path is free again */
	GOOD(deployment_delete(a, store, &rival.api, S("test"), 1, NULL));
}

static void shared_flows(void **state)
{
	(void)state;
	struct api_key k = { ACME, API_SHARED_FLOW, S("flow") };
	struct revision r = { .created_by = S("me") };
	struct zip_files none = { 0 };
	struct deploy_result result;
	GOOD(revision_create(a, store, &k, &r, &none));
	GOOD(revision_create(a, store, &k, &r, &none));
	struct deploy_request q = { .api = k, .env = S("test"), .revision = 1, .by = S("me") };
	GOOD(deployment_create(a, store, &q, &result));
	q.revision = 2;
	ANSWERS(ERR_CONFLICT, deployment_create(a, store, &q, &result));
	assert_int_equal(result.conflict_revision, 1);
	q.override = true;
	GOOD(deployment_create(a, store, &q, &result));
	assert_int_equal(result.n_replaced, 1);
}

struct rivals {
	_Atomic(int) won, lost, wrong;
};

static void deploy_rival(void *arg, int i)
{
	struct rivals *r = arg;
	struct arena *own = arena_create(0, 0);
	struct deploy_result result;
	char name[16];
	snprintf(name, sizeof name, "rival%d", i);
	struct deploy_request q = deploying(name, 1, false);
	err e = deployment_create(own, store, &q, &result);
	atomic_fetch_add(e.code == ERR_NONE       ? &r->won
	                 : e.code == ERR_CONFLICT ? &r->lost
	                                          : &r->wrong,
	                 1);
	arena_destroy(&own);
}

static void one_owner(void **state)
{
	(void)state;
	struct rivals r = { 0 };
	for (int i = 0; i < 8; i++)
		make_revision(str_z(a, str_fmt(a, "rival%d", i)));
	at_once(8, deploy_rival, &r);
	assert_int_equal(r.won, 1);
	assert_int_equal(r.lost, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(revisions, suite_reset),
		cmocka_unit_test_teardown(files, suite_reset),
		cmocka_unit_test_teardown(numbering, suite_reset),
		cmocka_unit_test_teardown(deployments, suite_reset),
		cmocka_unit_test_teardown(shared_flows, suite_reset),
		cmocka_unit_test_teardown(one_owner, suite_reset),
	};
	return cmocka_run_group_tests(tests, suite_start, suite_end);
}
