/* SPDX-License-Identifier: Apache-2.0 */
/* What is deployed: which environments there are, and who finds them by which virtual host.
 * An environment is found once what is deployed there is in place, and gone before that is dropped.
 * All of it happens on one fiber.
 * Source: house ("control plane"); Apigee management API, deployments. */
#include "base/log.h"
#include "gateway/inside.h"
#include "store/organizations.h"

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
	snapshot_slot_destroy(&e->slot);
	arena_destroy(&e->arena);
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
		e->n_deployed = 0; /* whose proxies the snapshot holds */
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
			TRY(environment_reload(g, *e));
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
