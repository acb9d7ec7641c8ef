/* SPDX-License-Identifier: Apache-2.0 */
/* An environment, from the store's rows to compiled proxies in a snapshot.
 * A proxy that does not compile never reaches a snapshot; one that runs stays when its edited files do
 * not compile, and the note says so.  What takes longer the more is deployed is a worker's; the loop swaps.
 * Source: house ("control plane"); Apigee management API, deployments. */
#include "base/log.h"
#include "gateway/inside.h"
#include "store/proxies.h"
#include "store/surroundings.h"

_Static_assert((int)API_PROXY == (int)BUNDLE_PROXY &&
                       (int)API_SHARED_FLOW == (int)BUNDLE_SHARED_FLOW,
               "one kind under two names");

/* One environment, loaded anew. */
struct reload {
	struct arena *scratch;
	struct gateway *gateway;
	struct environment_state *e;
	struct list rows; /* struct deployment */
	struct surroundings around;
	struct arena *arena; /* of what comes: */
	struct deployed *next;
	size_t n;
	VEC(const struct proxy *) compiled; /* ours until the snapshot holds them */
	struct snapshot *snapshot;
};

/* ---- compiling one ---- */

struct compile {
	const struct zip_files *files;
	enum bundle_kind kind;
	struct bundle_identity identity;
	policy_finder find;
	struct diag *diag;
	struct proxy *proxy;
	err e;
};

static void compile_job(void *arg)
{
	struct compile *c = arg;
	c->e = bundle_compile(c->files, c->kind, &c->identity, c->find, c->diag, &c->proxy);
}

static void refused(struct gateway *g, struct arena *arena, const struct deployment *d,
                    const struct compile *c)
{
	str finding = diag_text(arena, c->diag);
	if (!finding.n)
		finding = str_from_z(err_word(c->e.code));
	log_warn("deployment_refused", LOG_STR("org", d->organization),
	         LOG_STR("env", d->environment), LOG_STR("name", d->name),
	         LOG_INT("revision", d->revision), LOG_STR("finding", finding));
	deployment_note(g->conf.store, d, finding);
}

/* *proxy stays NULL when it does not compile; then the store hears why. */
static err compile_in(struct arena *arena, const struct reload *r, const struct deployment *d,
                      const struct proxy **proxy)
{
	struct api_key key = { d->organization, d->kind, d->name };
	struct gateway *g = r->gateway;
	struct zip_files files;
	struct diag diag = { .arena = arena };
	TRY(revision_files(arena, g->conf.store, &key, d->revision, &files));
	struct compile c = {
		.files = &files,
		.kind = (enum bundle_kind)d->kind,
		.identity = { d->organization, d->environment, d->name,
		              str_fmt(arena, "%lld", (long long)d->revision), &r->around },
		.find = g->conf.find_policy,
		.diag = &diag,
	};
	TRY(offload(LANE_CPU, compile_job, &c));
	if (c.e.code) {
		refused(g, arena, d, &c);
		return DONE;
	}
	deployment_note(g->conf.store, d, STR_NONE);
	if (d->kind == API_PROXY) {
		c.proxy->metric = metric_of(g, d);
		access_log_names(c.proxy);
	}
	*proxy = c.proxy;
	return DONE;
}

/* In an arena of its own: the files of ten thousand proxies are not held at once. */
static err compile(const struct reload *r, const struct deployment *d, const struct proxy **proxy)
{
	struct arena *arena = arena_create(0, 0);
	err trouble = compile_in(arena, r, d, proxy);
	arena_destroy(&arena);
	return trouble;
}

/* ---- an environment ---- */

static str key_of(struct arena *a, enum api_kind kind, str name, int64_t revision, str base_path)
{
	return str_fmt(a, "%d/%.*s/%lld/%.*s", (int)kind, STR(name), (long long)revision,
	               STR(base_path));
}

/* key -> struct deployed * */
static struct map running(const struct reload *r)
{
	struct map m = map_in(r->scratch);
	for (size_t i = 0; i < r->e->n_deployed; i++) {
		struct deployed *d = &r->e->deployed[i];
		map_put(&m, key_of(r->scratch, d->kind, d->name, d->revision, d->base_path), d);
	}
	return m;
}

/* What comes, with what runs of it; stale: to be compiled. */
static void plan_job(void *arg)
{
	struct reload *r = arg;
	const struct deployment *d = r->rows.v;
	struct map now = running(r);
	r->n = r->rows.n;
	r->next = arena_array(r->arena, struct deployed, r->n + 1);
	for (size_t i = 0; i < r->n; i++, d++) {
		const struct deployed *runs = map_get(
			&now, key_of(r->scratch, d->kind, d->name, d->revision, d->base_path));
		r->next[i] = (struct deployed){
			.kind = d->kind,
			.name = str_dup(r->arena, d->name),
			.revision = d->revision,
			.base_path = str_dup(r->arena, d->base_path),
			.seq = d->seq,
			.proxy = runs ? runs->proxy : NULL,
			.stale = !runs || !runs->proxy || runs->stale || runs->seq != d->seq,
		};
	}
}

static err compile_stale(struct reload *r)
{
	const struct deployment *d = r->rows.v;
	for (size_t i = 0; i < r->n; i++) {
		const struct proxy *proxy = NULL;
		if (!r->next[i].stale)
			continue;
		err trouble = compile(r, &d[i], &proxy);
		if (trouble.code && trouble.code != ERR_NOT_FOUND) /* that: undeployed meanwhile */
			return trouble;
		r->next[i].stale = false;
		if (!proxy)
			continue;
		VEC_PUSH(r->scratch, &r->compiled, proxy);
		r->next[i].proxy = proxy;
	}
	return DONE;
}

static void snapshot_job(void *arg)
{
	struct reload *r = arg;
	struct snapshot_part *parts = arena_array(r->scratch, struct snapshot_part, r->n + 1);
	struct snapshot_parts all = { r->e->organization, r->e->name, parts, 0 };
	for (size_t i = 0; i < r->n; i++)
		if (r->next[i].proxy)
			parts[all.n++] =
				(struct snapshot_part){ r->next[i].proxy, r->next[i].base_path };
	r->snapshot = snapshot_create(&all);
}

/* The list changes before the snapshot that held the old one's proxies goes. */
static void put_in_place(struct reload *r)
{
	struct environment_state *e = r->e;
	struct arena *before = e->arena;
	e->arena = r->arena;
	e->deployed = r->next;
	e->n_deployed = r->n;
	e->dirty = false;
	r->arena = before;
	snapshot_publish(e->slot, r->snapshot);
	wake(&r->gateway->deployed_anew);
}

static err prepare(struct reload *r)
{
	struct deployment_filter filter = { .org = r->e->organization,
		                            .env = r->e->name,
		                            .any_kind = true };
	TRY(deployment_list(r->scratch, r->gateway->conf.store, &filter, &r->rows));
	TRY(surroundings_load(r->scratch, r->gateway->conf.store, r->e->organization, r->e->name,
	                      &r->around));
	TRY(offload(LANE_CPU, plan_job, r));
	TRY(compile_stale(r));
	return offload(LANE_CPU, snapshot_job, r);
}

err environment_reload(struct gateway *g, struct environment_state *e)
{
	struct reload r = {
		.scratch = arena_create(0, 0), .arena = arena_create(0, 0), .gateway = g, .e = e
	};
	err trouble = prepare(&r);
	if (!trouble.code)
		put_in_place(&r);
	VEC_EACH(const struct proxy *, p, &r.compiled)
		proxy_release(*p);
	arena_destroy(&r.arena);
	arena_destroy(&r.scratch);
	return trouble;
}
