/* SPDX-License-Identifier: Apache-2.0 */
/* What is deployed: from the store's rows to compiled proxies in snapshots.
 * A proxy that does not compile never reaches a snapshot; one that runs stays when its edited files do
 * not compile, and the note says so.  All of it happens on one fiber.
 * Source: house ("control plane"); Apigee management API, deployments. */
#include "base/log.h"
#include "gateway/inside.h"
#include "store/organizations.h"
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
	struct map running;  /* what runs now: key -> struct deployed * */
	struct arena *arena; /* of what comes */
	struct deployed *next;
	size_t n;
	struct surroundings around;
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
	if (d->kind == API_PROXY)
		c.proxy->metric = metric_of(g, d);
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

static void note_running(struct reload *r)
{
	r->running = map_in(r->scratch);
	for (size_t i = 0; i < r->e->n_deployed; i++) {
		struct deployed *d = &r->e->deployed[i];
		map_put(&r->running,
		        key_of(r->scratch, d->kind, d->name, d->revision, d->base_path), d);
	}
}

static err deploy(struct reload *r, const struct deployment *d, const struct proxy **proxy)
{
	str key = key_of(r->scratch, d->kind, d->name, d->revision, d->base_path);
	const struct deployed *now = map_get(&r->running, key);
	bool as_it_is = now && now->proxy && !now->stale && now->seq == d->seq;
	*proxy = NULL;
	if (!as_it_is)
		TRY(compile(r, d, proxy));
	if (!*proxy && now && now->proxy) {
		proxy_hold(now->proxy);
		*proxy = now->proxy;
	}
	return DONE;
}

static void release_all(struct deployed *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		proxy_release(v[i].proxy);
}

static err deploy_all(struct reload *r, const struct list *rows)
{
	const struct deployment *d = rows->v;
	r->next = arena_array(r->arena, struct deployed, rows->n + 1);
	for (r->n = 0; r->n < rows->n; r->n++, d++) {
		struct deployed *next = &r->next[r->n];
		*next = (struct deployed){ .kind = d->kind,
			                   .name = str_dup(r->arena, d->name),
			                   .revision = d->revision,
			                   .base_path = str_dup(r->arena, d->base_path),
			                   .seq = d->seq };
		err trouble = deploy(r, d, &next->proxy);
		if (trouble.code && trouble.code != ERR_NOT_FOUND) /* that: undeployed meanwhile */
			return trouble;
	}
	return DONE;
}

static struct snapshot *snapshot_of(const struct reload *r)
{
	struct snapshot_part *parts = arena_array(r->scratch, struct snapshot_part, r->n + 1);
	struct snapshot_parts all = { r->e->organization, r->e->name, parts, 0 };
	for (size_t i = 0; i < r->n; i++)
		if (r->next[i].proxy)
			parts[all.n++] =
				(struct snapshot_part){ r->next[i].proxy, r->next[i].base_path };
	return snapshot_create(&all);
}

static void put_in_place(struct reload *r)
{
	struct environment_state *e = r->e;
	snapshot_publish(e->slot, snapshot_of(r));
	release_all(e->deployed, e->n_deployed);
	arena_destroy(&e->arena);
	e->arena = r->arena;
	e->deployed = r->next;
	e->n_deployed = r->n;
	e->dirty = false;
	wake(&r->gateway->deployed_anew);
}

static err reload_in(struct reload *r)
{
	struct list rows;
	struct deployment_filter filter = { .org = r->e->organization,
		                            .env = r->e->name,
		                            .any_kind = true };
	TRY(deployment_list(r->scratch, r->gateway->conf.store, &filter, &rows));
	TRY(surroundings_load(r->scratch, r->gateway->conf.store, r->e->organization, r->e->name,
	                      &r->around));
	note_running(r);
	r->arena = arena_create(0, 0);
	err trouble = deploy_all(r, &rows);
	if (trouble.code) {
		release_all(r->next, r->n);
		arena_destroy(&r->arena);
		return trouble;
	}
	put_in_place(r);
	return DONE;
}

static err reload(struct gateway *g, struct environment_state *e)
{
	struct reload r = { .scratch = arena_create(0, 0), .gateway = g, .e = e };
	err trouble = reload_in(&r);
	arena_destroy(&r.scratch);
	return trouble;
}

/* ---- which environments there are ---- */

static struct environment_state *find_environment(struct gateway *g, str org, str env)
{
	VEC_EACH(struct environment_state *, e, &g->environments)
		if (str_eq((*e)->organization, org) && str_eq((*e)->name, env))
			return *e;
	return NULL;
}

static void see_environment(struct gateway *g, str org, str env)
{
	struct environment_state *e = find_environment(g, org, env);
	if (!e) {
		e = arena_new(g->arena, struct environment_state);
		e->organization = str_dup(g->arena, org);
		e->name = str_dup(g->arena, env);
		e->slot = snapshot_slot_create(g->conf.loops, g->conf.n_loops);
		e->dirty = true;
		VEC_PUSH(g->arena, &g->environments, e);
	}
	e->gone = false;
}

static err see_environments(struct arena *scratch, struct gateway *g)
{
	struct strs orgs, envs;
	TRY(organization_list(scratch, g->conf.store, &orgs));
	VEC_EACH(struct environment_state *, e, &g->environments)
		(*e)->gone = true;
	for (size_t i = 0; i < orgs.n; i++) {
		err trouble = environment_list(scratch, g->conf.store, orgs.v[i], &envs);
		if (trouble.code == ERR_NOT_FOUND)
			continue;
		TRY(trouble);
		for (size_t k = 0; k < envs.n; k++)
			see_environment(g, orgs.v[i], envs.v[k]);
	}
	return DONE;
}

/* A virtual host belongs to the listener of its name, else to the one of its port. */
static bool listener_of(const struct gateway *g, const struct virtual_host *v, size_t *listener)
{
	for (int by_port = 0; by_port < 2; by_port++)
		for (size_t i = 0; i < g->conf.n_listeners; i++) {
			const struct gateway_listener *l = &g->conf.listeners[i];
			str port =
				str_sub(l->address, str_rfind_char(l->address, ':') + 1, STR_NPOS);
			*listener = i;
			if (by_port ? str_eq(port, v->port) : str_eq(l->name, v->name))
				return true;
		}
	return false;
}

static void take_hosts(struct gateway_loop *l) { l->hosts = l->gateway->hosts; }

static void add_virtual_host(struct gateway *g, struct hosts *hosts,
                             const struct vhost_entry *entry)
{
	size_t listener;
	const struct environment_state *e = find_environment(g, entry->key.org, entry->key.env);
	if (!e || e->gone)
		return;
	if (!listener_of(g, entry->vhost, &listener)) {
		log_warn("virtual_host_without_listener", LOG_STR("org", entry->key.org),
		         LOG_STR("env", entry->key.env), LOG_STR("name", entry->key.name),
		         LOG_STR("port", entry->vhost->port));
		return;
	}
	const struct ssl_info *ssl = entry->vhost->ssl;
	struct host host = { .organization = e->organization,
		             .environment = e->name,
		             .name = entry->key.name,
		             .slot = e->slot,
		             .asks = STR_NONE,
		             .any = ssl && ssl->ignore_validation_errors };
	if (ssl && ssl->enabled && ssl->client_auth_enabled)
		host.asks = entry->label;
	if (entry->vhost->told)
		host.told = (struct tls_shown){ entry->vhost->told->connection,
			                        entry->vhost->told->client };
	for (size_t i = 0; i < entry->vhost->host_aliases.n; i++)
		hosts_add(hosts, listener, entry->vhost->host_aliases.v[i], &host);
}

static err swap_hosts(struct arena *scratch, struct gateway *g)
{
	struct list entries;
	TRY(virtual_host_all(scratch, g->conf.store, &entries));
	struct hosts *before = g->hosts;
	struct hosts *next = hosts_create(g->conf.n_listeners);
	for (size_t i = 0; i < entries.n; i++)
		add_virtual_host(g, next, (struct vhost_entry *)entries.v + i);
	g->hosts = next;
	/* A look-up ends in a held snapshot before its loop does anything else, so when every loop has
	 * taken the new table nobody reads the old one. */
	gateway_each_loop(g, take_hosts);
	hosts_destroy(&before);
	return DONE;
}

static void drop_environment(struct environment_state *e)
{
	release_all(e->deployed, e->n_deployed);
	arena_destroy(&e->arena);
	snapshot_slot_destroy(&e->slot);
}

/* After the hosts: nobody can find them any more. */
static void drop_gone(struct gateway *g)
{
	size_t kept = 0;
	for (size_t i = 0; i < g->environments.n; i++) {
		struct environment_state *e = g->environments.v[i];
		if (!e->gone) {
			g->environments.v[kept++] = e;
			continue;
		}
		snapshot_publish(e->slot, NULL);
		drop_environment(e);
	}
	g->environments.n = kept;
}

/* ---- all of it ---- */

static err apply(struct arena *scratch, struct gateway *g)
{
	bool hosts = g->hosts_dirty;
	if (hosts)
		TRY(see_environments(scratch, g));
	VEC_EACH(struct environment_state *, e, &g->environments)
		if ((*e)->dirty && !(*e)->gone)
			TRY(reload(g, *e));
	if (hosts) {
		TRY(swap_hosts(scratch, g));
		drop_gone(g);
		g->hosts_dirty = false;
	}
	return DONE;
}

err gateway_apply(struct gateway *g)
{
	struct arena *scratch = arena_create(0, 0);
	err trouble = apply(scratch, g);
	arena_destroy(&scratch);
	return trouble;
}

err gateway_load(struct gateway *g)
{
	g->hosts_dirty = true;
	VEC_EACH(struct environment_state *, e, &g->environments)
		(*e)->dirty = true;
	return gateway_apply(g);
}

void gateway_forget(struct gateway *g)
{
	VEC_EACH(struct environment_state *, e, &g->environments)
		drop_environment(*e);
	g->environments.n = 0;
	hosts_destroy(&g->hosts);
}
