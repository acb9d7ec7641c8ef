/* SPDX-License-Identifier: Apache-2.0 */
/* Proxies out of the bundles that the build embeds.
 * A seeded proxy is imported and deployed as one that a person uploads: checked, compiled, its base paths
 * claimed.
 * Source: Apigee, "Understanding the sample API proxies"; house ("bootstrap"). */
#include "main/seed.h"

#include "base/embed.h"
#include "bundle/uses.h"
#include "store/deployments.h"
#include "store/organizations.h"

err seed_made(err e) { return e.code == ERR_CONFLICT ? DONE : e; }

struct once {
	struct seed *seed;
	str mark;
	err (*fn)(void *arg);
	void *arg;
};

static err run_once(void *arg)
{
	struct once *o = arg;
	bool done;
	TRY(store_mark_get(o->seed->store, o->mark, &done));
	if (done)
		return DONE;
	TRY(o->fn(o->arg));
	return store_mark_set(o->seed->store, o->mark);
}

err seed_once(struct seed *s, str mark, err (*fn)(void *), void *arg)
{
	struct once o = { s, mark, fn, arg };
	bool done;
	TRY(store_mark_get(s->store, mark, &done));
	return done ? DONE : store_alone(s->store, run_once, &o, s->diag);
}

static struct zip_files files_of(struct arena *a, str name)
{
	struct zip_files files = { 0 };
	str prefix = str_fmt(a, "%.*s/", STR(name));
	for (const struct embedded *e = embedded_bundles; e->name; e++) {
		str path = str_from_z(e->name);
		if (str_starts(path, prefix)) {
			struct zip_file f = { str_sub(path, prefix.n, STR_NPOS), embedded_str(e) };
			VEC_PUSH(a, &files, f);
		}
	}
	must(files.n); /* the build embeds what main/ names */
	return files;
}

err seed_import(struct seed *s, const char *name)
{
	struct api_key key = { s->org, API_PROXY, str_from_z(name) };
	struct api_proxy *there;
	err e = api_get(s->arena, s->store, &key, &there);
	if (e.code != ERR_NOT_FOUND)
		return e;
	struct zip_files files = files_of(s->arena, key.name);
	struct revision r = { .created_by = s->by, .last_modified_by = s->by, .version = { 4, 0 } };
	TRY(bundle_check(s->arena, &files, BUNDLE_PROXY, s->policy_find, s->diag));
	return revision_create(s->arena, s->store, &key, &r, &files);
}

/* The paths that revision 1 takes, into the request. */
static err uses_of(struct seed *s, struct deploy_request *r)
{
	struct bundle_identity id = { s->org, r->env, r->api.name, S("1"), NULL };
	struct zip_files files = { 0 };
	struct strs hosts = { 0 };
	struct base_paths paths = { 0 };
	struct proxy *proxy;
	TRY(revision_files(s->arena, s->store, &r->api, r->revision, &files));
	TRY(virtual_host_list(s->arena, s->store, s->org, r->env, &hosts));
	TRY(bundle_compile(&files, BUNDLE_PROXY, &id, s->policy_find, s->diag, &proxy));
	err e = bundle_uses(s->arena, proxy, r->base_path, &hosts, s->diag, &paths);
	r->uses = paths.v;
	r->n_uses = paths.n;
	r->resources = bundle_names(s->arena, proxy);
	proxy_release(proxy);
	return e;
}

err seed_deploy(struct seed *s, const char *name, const char *env)
{
	struct deploy_result result = { 0 };
	struct deploy_request r = {
		.api = { s->org, API_PROXY, str_from_z(name) },
		.env = str_from_z(env),
		.revision = 1,
		.base_path = S("/"),
		.by = s->by,
	};
	TRY(uses_of(s, &r));
	err e = deployment_create(s->arena, s->store, &r, &result);
	if (e.code == ERR_CONFLICT)
		return diag_add(s->diag, ERR_CONFLICT, 0,
		                "cannot deploy %s to %s: %.*s is used by %.*s revision %lld", name,
		                env, STR(result.conflict_path), STR(result.conflict_name),
		                (long long)result.conflict_revision);
	return e;
}
