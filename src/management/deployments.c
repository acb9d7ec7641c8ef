/* SPDX-License-Identifier: Apache-2.0 */
/* Deploying and undeploying revisions, in the new form of the call and the old one.
 * A deploy compiles first: what does not resolve is refused with every finding and changes nothing.
 * The swap is atomic and what runs ends on the old revision, so `delay` is taken and waits for nothing.
 * Source: Apigee Edge management API, deployments. */
#include "bundle/uses.h"
#include "management/deployment_views.h"
#include "store/organizations.h"

static struct message *not_deployed(struct api *q, const struct api_key *key, int64_t number)
{
	return answer_error(q, 400, "distribution.RevisionNotDeployed",
	                    "%s revision %lld of %.*s is not deployed in environment %.*s",
	                    kind_word(key->kind), (long long)number, STR(key->name), STR(q->env));
}

/* The environment of the path, or of the old form, must be there. */
static struct message *environment_missing(struct api *q)
{
	struct environment *env;
	err e = environment_get(q->arena, q->store, q->org, q->env, &env);
	return e.code ? environment_trouble(q, e) : NULL;
}

/* The paths that the compiled revision takes in the environment. */
static struct message *uses_of(struct api *q, const struct proxy *p, struct deploy_request *d)
{
	struct strs vhosts = { 0 };
	struct diag diag = { .arena = q->arena };
	struct base_paths paths = { 0 };
	err e = virtual_host_list(q->arena, q->store, q->org, q->env, &vhosts);
	if (e.code)
		return answer_trouble(q, e);
	if (bundle_uses(q->arena, p, d->base_path, &vhosts, &diag, &paths).code)
		return answer_findings(q, "messaging.config.beans.InvalidBundle", &diag);
	d->uses = paths.v;
	d->n_uses = paths.n;
	return NULL;
}

static struct message *prepare(struct api *q, struct deploy_request *d)
{
	struct zip_files files = { 0 };
	struct proxy *p;
	err e = revision_files(q->arena, q->store, &d->api, d->revision, &files);
	if (e.code)
		return revision_missing(q, &d->api, d->revision, e);
	struct message *bad = files_compile(q, &d->api, d->revision, &files, &p);
	if (bad)
		return bad;
	bad = uses_of(q, p, d);
	d->resources = bundle_names(q->arena, p);
	proxy_release(p);
	return bad;
}

static struct message *conflict(struct api *q, const struct deploy_request *d,
                                const struct deploy_result *r)
{
	return answer_error(q, 400, "messaging.config.beans.DeploymentConflict",
	                    "Path %.*s conflicts with existing deployment path for revision %lld "
	                    "of the %s %.*s "
	                    "in environment %.*s",
	                    STR(r->conflict_path), (long long)r->conflict_revision,
	                    kind_word(d->api.kind), STR(r->conflict_name), STR(q->env));
}

static struct message *run_deploy(struct api *q, struct deploy_request *d)
{
	struct deploy_result result = { 0 };
	struct message *bad = environment_missing(q);
	if (bad || (bad = prepare(q, d)))
		return bad;
	err e = deployment_create(q->arena, q->store, d, &result);
	if (e.code == ERR_CONFLICT)
		return conflict(q, d, &result);
	if (e.code)
		return revision_missing(q, &d->api, d->revision, e);
	return result.n_replaced ? view_override(q, d, &result)
	                         : view_one(q, &d->api, d->revision, d->base_path, "deployed");
}

static struct message *run_undeploy(struct api *q, const struct api_key *key, int64_t number)
{
	struct deployment *was;
	struct api_proxy *p;
	struct message *bad = environment_missing(q);
	if (bad)
		return bad;
	err e = api_get(q->arena, q->store, key, &p);
	if (e.code)
		return revision_missing(q, key, number, e);
	e = deployment_delete(q->arena, q->store, key, q->env, number, &was);
	if (e.code == ERR_NOT_FOUND)
		return not_deployed(q, key, number);
	return e.code ? answer_trouble(q, e)
	              : view_one(q, key, number, was->base_path, "undeployed");
}

/* A prefix that joins with a base path: "/x", or "/" for none. */
static struct message *bad_prefix(struct api *q, str prefix)
{
	bool ok = !prefix.n ||
	          (prefix.p[0] == '/' && (prefix.n == 1 || prefix.p[prefix.n - 1] != '/'));
	return ok ? NULL
	          : answer_error(q, 400, "messaging.config.beans.InvalidBasePath",
	                         "basepath begins with '/' and does not end with it: %.*s",
	                         STR(prefix));
}

static str parameter(const struct api *q, const struct pairs *form, const char *name)
{
	str v = form_get(form, str_from_z(name));
	return str_given(v) ? v : api_query(q, name);
}

static struct message *deploy_with(struct api *q, const struct pairs *form, int64_t number)
{
	struct deploy_request d = {
		.api = api_key_of(q),
		.env = q->env,
		.revision = number,
		.base_path = parameter(q, form, "basepath"),
		.override = str_ieq(parameter(q, form, "override"), S("true")),
		.by = q->who.key.name,
	};
	if (!d.base_path.n)
		d.base_path = S("/");
	struct message *bad = bad_prefix(q, d.base_path);
	str override = parameter(q, form, "override");
	if (!bad && override.n && !d.override && !str_ieq(override, S("false")))
		bad = answer_error(q, 400, "messaging.config.beans.InvalidRequest",
		                   "override is true or false, not \"%.*s\"", STR(override));
	return bad ? bad : run_deploy(q, &d);
}

struct message *deployments_create(struct api *q)
{
	struct pairs form = { 0 };
	int64_t number;
	struct message *bad = revision_number(q, &number);
	return bad || (bad = api_form(q, &form)) ? bad : deploy_with(q, &form, number);
}

struct message *deployments_delete(struct api *q)
{
	struct api_key key = api_key_of(q);
	int64_t number;
	struct message *bad = revision_number(q, &number);
	return bad ? bad : run_undeploy(q, &key, number);
}

/* POST /apis/{api}/deployments with action, env and revision: what older clients send. */
struct message *deployments_old_form(struct api *q)
{
	struct pairs form = { 0 };
	struct api_key key = api_key_of(q);
	int64_t number;
	struct message *bad = api_form(q, &form);
	if (bad)
		return bad;
	str action = parameter(q, &form, "action"), revision = parameter(q, &form, "revision");
	q->env = parameter(q, &form, "env");
	if (!str_to_i64(revision, &number) || number < 1 || !q->env.n)
		return answer_error(q, 400, "messaging.config.beans.InvalidRequest",
		                    "env and revision are required");
	if (str_eq(action, S("deploy")))
		return deploy_with(q, &form, number);
	if (str_eq(action, S("undeploy")))
		return run_undeploy(q, &key, number);
	return answer_error(q, 400, "messaging.config.beans.InvalidAction",
	                    "action is deploy or undeploy");
}
