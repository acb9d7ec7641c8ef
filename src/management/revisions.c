/* SPDX-License-Identifier: Apache-2.0 */
/* Revisions: what one is, its bundle, deleting it; and the checks that its files must pass.
 * Checking runs on the cpu lane: a large bundle holds up no other call.
 * Source: Apigee Edge management API, revisions. */
#include "management/revision.h"

#include "store/surroundings.h"

struct message *revision_number(struct api *q, int64_t *number)
{
	str text = api_param(q, "revision");
	if (str_to_i64(text, number) && *number > 0)
		return NULL;
	return answer_error(q, 400, "messaging.config.beans.InvalidRevision",
	                    "A revision is a number, not %.*s", STR(text));
}

struct message *revision_trouble(struct api *q, err e)
{
	struct api_key key = api_key_of(q);
	struct api_proxy *p;
	err there = api_get(q->arena, q->store, &key, &p);
	if (there.code)
		return proxy_trouble(q, there);
	str number = api_param(q, "revision");
	if (e.code == ERR_NOT_FOUND)
		return answer_error(q, 404,
		                    "messaging.config.beans.ApplicationRevisionDoesNotExist",
		                    "%s revision %.*s of %.*s does not exist in organization %.*s",
		                    kind_word(key.kind), STR(number), STR(key.name), STR(q->org));
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 400, "messaging.config.beans.ApplicationIsDeployed",
		                    "%s revision %.*s of %.*s is deployed; undeploy it first",
		                    kind_word(key.kind), STR(number), STR(key.name));
	return answer_trouble(q, e);
}

struct message *revision_answer(struct api *q, unsigned status, const struct api_key *key,
                                int64_t number)
{
	struct revision *r;
	struct zip_files files = { 0 };
	struct revision_parts parts = { 0 };
	err e = revision_get(q->arena, q->store, key, number, &r);
	if (!e.code)
		e = revision_files(q->arena, q->store, key, number, &files);
	if (e.code)
		return answer_trouble(q, e);
	parts_read(q->arena, &files, &parts);
	parts_describe(q->arena, &parts, r);
	return answer_noun(q, status, &revision_noun, r);
}

struct message *revisions_list(struct api *q)
{
	struct api_key key = api_key_of(q);
	struct api_proxy *p;
	err e = api_get(q->arena, q->store, &key, &p);
	return e.code ? proxy_trouble(q, e) : answer_names(q, &p->revisions);
}

static struct message *export(struct api *q, const struct api_key *key, int64_t number)
{
	struct zip_files files = { 0 };
	str zip;
	err e = revision_files(q->arena, q->store, key, number, &files);
	if (!e.code)
		e = zip_write(q->arena, &files, &zip);
	if (e.code)
		return answer_trouble(q, e);
	struct message *m = answer_bytes(q, 200, S("application/octet-stream"), zip);
	headers_set(q->arena, &m->headers, S("Content-Disposition"),
	            str_fmt(q->arena, "attachment; filename=\"%.*s_rev%lld.zip\"", STR(key->name),
	                    (long long)number));
	return m;
}

struct message *revisions_get(struct api *q)
{
	struct api_key key = api_key_of(q);
	struct revision *r;
	int64_t number;
	struct message *bad = revision_number(q, &number);
	if (bad)
		return bad;
	err e = revision_get(q->arena, q->store, &key, number, &r);
	if (e.code)
		return revision_trouble(q, e);
	return api_query_is(q, "format", "bundle") ? export(q, &key, number)
	                                           : revision_answer(q, 200, &key, number);
}

struct message *revisions_delete(struct api *q)
{
	struct api_key key = api_key_of(q);
	struct revision *was;
	int64_t number;
	struct message *bad = revision_number(q, &number);
	if (bad)
		return bad;
	err e = revision_delete(q->arena, q->store, &key, number, &was);
	return e.code ? revision_trouble(q, e) : answer_noun(q, 200, &revision_noun, was);
}

/* ---- checking files ---- */

struct check_job {
	struct arena *arena;
	const struct zip_files *files;
	enum bundle_kind kind;
	struct bundle_identity identity;
	policy_finder find;
	bool compile;
	struct diag diag;
	struct proxy *proxy;
	err result;
};

static void check(void *arg)
{
	struct check_job *j = arg;
	j->result = bundle_check(j->arena, j->files, j->kind, j->find, &j->diag);
	if (!j->result.code && j->compile)
		j->result = bundle_compile(j->files, j->kind, &j->identity, j->find, &j->diag,
		                           &j->proxy);
}

static struct message *run_check(struct api *q, struct check_job *j, const struct api_key *key,
                                 int64_t number)
{
	j->arena = j->diag.arena = q->arena;
	j->kind = key->kind == API_PROXY ? BUNDLE_PROXY : BUNDLE_SHARED_FLOW;
	j->find = q->m->policy_find;
	j->identity =
		(struct bundle_identity){ q->org, str_given(q->env) ? q->env : S(""), key->name,
		                          str_fmt(q->arena, "%lld", (long long)number), NULL };
	struct surroundings around;
	if (j->compile && str_given(q->env)) {
		err e = surroundings_load(q->arena, q->store, q->org, q->env, &around);
		if (e.code)
			return answer_trouble(q, e);
		j->identity.around = &around;
	}
	err e = offload(LANE_CPU, check, j);
	if (e.code)
		return answer_trouble(q, e);
	return j->result.code ? answer_findings(q, "messaging.config.beans.InvalidBundle", &j->diag)
	                      : NULL;
}

struct message *files_refused(struct api *q, const struct api_key *key,
                              const struct zip_files *files, bool deployable)
{
	struct check_job j = { .files = files, .compile = deployable };
	struct message *bad = run_check(q, &j, key, 1);
	if (j.proxy)
		proxy_release(j.proxy);
	return bad;
}

struct message *files_compile(struct api *q, const struct api_key *key, int64_t number,
                              const struct zip_files *files, struct proxy **out)
{
	struct check_job j = { .files = files, .compile = true };
	struct message *bad = run_check(q, &j, key, number);
	*out = j.proxy;
	return bad;
}
