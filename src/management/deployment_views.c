/* SPDX-License-Identifier: Apache-2.0 */
/* The nested shapes of deployments, built from one flat list.
 * The list comes ordered by environment, kind, name, revision, so that grouping is one walk.
 * Source: shapes from client parsers. */
#include "management/deployment_views.h"

#include <string.h>

#include "store/organizations.h"

/* It is full at 0, 1, 2, 4, 8, ... and twice as large from then on. */
static void *append(struct arena *a, struct list *l, size_t size)
{
	char *v = l->v;
	if (!(l->n & (l->n - 1))) {
		v = arena_zalloc(a, size * (l->n ? l->n * 2 : 1), _Alignof(max_align_t));
		if (l->n)
			memcpy(v, l->v, l->n * size);
		l->v = v;
	}
	return v + size * l->n++;
}
#define APPEND(arena, list, type) ((type *)append((arena), (list), sizeof(type)))

static struct list servers_of(struct api *q, const char *status, str error)
{
	struct list servers = { 0 };
	struct deployed_server *s = APPEND(q->arena, &servers, struct deployed_server);
	strs_add(q->arena, &s->types, S("message-processor"));
	s->status = str_from_z(status);
	s->uuid = q->m->node_id;
	s->error = error;
	return servers;
}

static str number_text(struct api *q, int64_t n) { return str_fmt(q->arena, "%lld", (long long)n); }

struct message *revision_missing(struct api *q, const struct api_key *key, int64_t number, err e)
{
	struct api_proxy *p;
	err there = api_get(q->arena, q->store, key, &p);
	if (there.code)
		return proxy_trouble(q, there);
	if (e.code == ERR_NOT_FOUND)
		return answer_error(
			q, 404, "messaging.config.beans.ApplicationRevisionDoesNotExist",
			"%s revision %lld of %.*s does not exist in organization %.*s",
			kind_word(key->kind), (long long)number, STR(key->name), STR(q->org));
	return answer_trouble(q, e);
}

struct message *view_one(struct api *q, const struct api_key *key, int64_t revision, str base_path,
                         const char *state)
{
	struct deploy_answer v = {
		.configuration.base_path = base_path,
		.environment = q->env,
		.name = number_text(q, revision),
		.organization = q->org,
		.revision = number_text(q, revision),
		.servers = servers_of(q, state, STR_NONE),
		.state = str_from_z(state),
	};
	*(key->kind == API_PROXY ? &v.api_proxy : &v.shared_flow) = key->name;
	return answer_noun(q, 200, &deploy_answer_noun, &v);
}

static void add_change(struct api *q, struct list *changes, const struct deploy_request *d,
                       int64_t revision, const char *state)
{
	struct deployed_change *c = APPEND(q->arena, changes, struct deployed_change);
	c->configuration.base_path = d->base_path;
	c->environment = q->env;
	c->revision = number_text(q, revision);
	c->servers = servers_of(q, state, STR_NONE);
	c->state = str_from_z(state);
}

struct message *view_override(struct api *q, const struct deploy_request *d,
                              const struct deploy_result *r)
{
	struct deploy_override_answer v = { .name = d->api.name, .organization = q->org };
	*(d->api.kind == API_PROXY ? &v.api_proxy : &v.shared_flow) = d->api.name;
	add_change(q, &v.environments, d, d->revision, "deployed");
	for (size_t i = 0; i < r->n_replaced; i++)
		add_change(q, &v.environments, d, r->replaced[i], "undeployed");
	return answer_noun(q, 200, &deploy_override_answer_noun, &v);
}

/* ---- lists ---- */

static void add_revision(struct api *q, struct list *revisions, const struct deployment *d)
{
	bool fine = !str_given(d->error);
	struct deployed_revision *r = APPEND(q->arena, revisions, struct deployed_revision);
	r->configuration.base_path = d->base_path;
	r->name = number_text(q, d->revision);
	r->servers = servers_of(q, fine ? "deployed" : "error", d->error);
	r->state = fine ? S("deployed") : S("error");
}

static struct deployed_environment *environment_of(struct api *q, struct list *environments,
                                                   str name)
{
	struct deployed_environment *last =
		environments->n
			? (struct deployed_environment *)environments->v + environments->n - 1
			: NULL;
	if (last && str_eq(last->name, name))
		return last;
	last = APPEND(q->arena, environments, struct deployed_environment);
	last->name = name;
	return last;
}

static void add_api(struct api *q, struct deployed_environment *env, const struct deployment *d)
{
	struct list *apis = d->kind == API_PROXY ? &env->api_proxies : &env->shared_flows;
	struct deployed_api *last = apis->n ? (struct deployed_api *)apis->v + apis->n - 1 : NULL;
	if (!last || !str_eq(last->name, d->name)) {
		last = APPEND(q->arena, apis, struct deployed_api);
		last->name = d->name;
	}
	add_revision(q, &last->revisions, d);
}

/* The deployments that the path asks for; the answer to give when it names something unknown. */
static struct message *load(struct api *q, const struct api_key *key, int64_t revision,
                            struct list *out)
{
	struct deployment_filter filter = {
		.org = q->org, .env = q->env, .any_kind = !key, .revision = revision
	};
	struct environment *env;
	struct api_proxy *p;
	err e;
	if (str_given(q->env)) {
		e = environment_get(q->arena, q->store, q->org, q->env, &env);
		if (e.code)
			return environment_trouble(q, e);
	}
	if (key) {
		filter.name = key->name;
		filter.kind = key->kind;
		e = api_get(q->arena, q->store, key, &p);
		if (e.code)
			return proxy_trouble(q, e);
	}
	e = deployment_list(q->arena, q->store, &filter, out);
	return e.code ? answer_trouble(q, e) : NULL;
}

/* GET /deployments of the organization. */
struct message *deployments_of_organization(struct api *q)
{
	struct list all = { 0 };
	struct deployments_of_organization v = { .name = q->org };
	struct message *bad = load(q, NULL, 0, &all);
	if (bad)
		return bad;
	LIST_EACH(const struct deployment, d, &all)
		add_api(q, environment_of(q, &v.environments, d->environment), d);
	return answer_noun(q, 200, &deployments_of_organization_noun, &v);
}

/* GET /environments/{env}/deployments. */
struct message *deployments_of_environment(struct api *q)
{
	struct list all = { 0 };
	struct deployed_environment v = { .name = q->env };
	struct message *bad = load(q, NULL, 0, &all);
	if (bad)
		return bad;
	LIST_EACH(const struct deployment, d, &all)
		add_api(q, &v, d);
	return answer_noun(q, 200, &deployments_of_environment_noun, &v);
}

static struct message *none(struct api *q, const struct api_key *key)
{
	if (str_given(q->env))
		return answer_error(q, 400, "distribution.ApplicationNotDeployed",
		                    "%s %.*s is not deployed in environment %.*s",
		                    kind_word(key->kind), STR(key->name), STR(q->env));
	return answer_error(q, 400, "distribution.RevisionNotDeployed",
	                    "%s %.*s: this revision is not deployed", kind_word(key->kind),
	                    STR(key->name));
}

/* GET .../apis/{api}/deployments and .../revisions/{revision}/deployments: by environment. */
static struct message *by_environment(struct api *q, int64_t revision)
{
	struct list all = { 0 };
	struct api_key key = api_key_of(q);
	struct deployments_of_api v = { .name = key.name, .organization = q->org };
	struct message *bad = load(q, &key, revision, &all);
	if (bad || (revision && !all.n))
		return bad ? bad : none(q, &key);
	LIST_EACH(const struct deployment, d, &all)
		add_revision(q, &environment_of(q, &v.environments, d->environment)->revisions, d);
	return answer_noun(q, 200, &deployments_of_api_noun, &v);
}

struct message *deployments_of_api(struct api *q) { return by_environment(q, 0); }

struct message *deployments_of_revision(struct api *q)
{
	int64_t number;
	struct revision *r;
	struct api_key key = api_key_of(q);
	struct message *bad = revision_number(q, &number);
	if (bad)
		return bad;
	err e = revision_get(q->arena, q->store, &key, number, &r);
	return e.code ? revision_missing(q, &key, number, e) : by_environment(q, number);
}

/* GET /environments/{env}/apis/{api}/deployments. */
struct message *deployments_of_api_here(struct api *q)
{
	struct list all = { 0 };
	struct api_key key = api_key_of(q);
	struct deployments_here v = { q->env, key.name, q->org, { 0 } };
	struct message *bad = load(q, &key, 0, &all);
	if (bad || !all.n)
		return bad ? bad : none(q, &key);
	LIST_EACH(const struct deployment, d, &all)
		add_revision(q, &v.revisions, d);
	return answer_noun(q, 200, &deployments_here_noun, &v);
}

/* GET /environments/{env}/apis/{api}/revisions/{revision}/deployments. */
struct message *deployments_here(struct api *q)
{
	struct list all = { 0 };
	struct api_key key = api_key_of(q);
	struct revision *r;
	int64_t number;
	struct message *bad = revision_number(q, &number);
	if (bad || (bad = load(q, &key, number, &all)))
		return bad;
	err e = revision_get(q->arena, q->store, &key, number, &r);
	if (e.code)
		return revision_missing(q, &key, number, e);
	if (!all.n)
		return none(q, &key);
	const struct deployment *d = all.v;
	return view_one(q, &key, number, d->base_path, str_given(d->error) ? "error" : "deployed");
}
