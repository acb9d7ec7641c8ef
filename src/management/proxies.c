/* SPDX-License-Identifier: Apache-2.0 */
/* API proxies and shared flows: lists, import, revisions, export.
 * The two kinds share every handler; the path says which it is.
 * Source: Apigee Edge management API, apis, sharedflows. */
#include "codec/multipart.h"
#include "management/names.h"
#include "management/revision.h"
#include "store/deployments.h"

enum { BUNDLE_MAX = 32 << 20 };

enum api_kind kind_of(const struct api *q)
{
	return route_says(&q->route, S("sharedflows")) ? API_SHARED_FLOW : API_PROXY;
}

const char *kind_word(enum api_kind kind) { return kind == API_PROXY ? "APIProxy" : "SharedFlow"; }

struct api_key api_key_of(struct api *q)
{
	return (struct api_key){ q->org, kind_of(q), api_param(q, "api") };
}

struct message *proxy_trouble(struct api *q, err e)
{
	struct api_key key = api_key_of(q);
	if (e.code == ERR_NOT_FOUND)
		return answer_error(q, 404, "messaging.config.beans.ApplicationDoesNotExist",
		                    "%s named %.*s does not exist in organization %.*s",
		                    kind_word(key.kind), STR(key.name), STR(q->org));
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 400, "messaging.config.beans.ApplicationIsDeployed",
		                    "%s %.*s is deployed; undeploy it first", kind_word(key.kind),
		                    STR(key.name));
	return answer_trouble(q, e);
}

struct message *proxies_list(struct api *q)
{
	struct strs names = { 0 };
	err e = api_names(q->arena, q->store, q->org, kind_of(q), &names);
	return e.code ? answer_trouble(q, e) : answer_names(q, &names);
}

struct message *proxies_get(struct api *q)
{
	struct api_key key = api_key_of(q);
	struct api_proxy *p;
	err e = api_get(q->arena, q->store, &key, &p);
	return e.code ? proxy_trouble(q, e) : answer_noun(q, 200, &api_proxy_noun, p);
}

struct message *proxies_delete(struct api *q)
{
	struct api_key key = api_key_of(q);
	struct api_proxy *was;
	err e = api_delete(q->arena, q->store, &key, &was);
	return e.code ? proxy_trouble(q, e) : answer_noun(q, 200, &api_proxy_noun, was);
}

static struct message *create(struct api *q, const struct api_key *key,
                              const struct zip_files *files)
{
	struct revision r = { .created_by = q->who.key.name,
		              .last_modified_by = q->who.key.name,
		              .version = { 4, 0 } };
	err e = revision_create(q->arena, q->store, key, &r, files);
	return e.code ? answer_trouble(q, e) : revision_answer(q, 201, key, r.number);
}

/* The zip of an import: the body itself, or the part `file` of a form. */
static struct message *zip_of(struct api *q, str *zip)
{
	str type = headers_get(&q->call->request->headers, S("content-type"));
	struct parts parts = { 0 };
	struct message *bad = api_body(q, BUNDLE_MAX, zip);
	if (bad || !str_istarts(type, S("multipart/")))
		return bad;
	if (multipart_read(q->arena, type, *zip, &parts).code || !multipart_get(&parts, S("file")))
		return answer_error(q, 400, "messaging.config.beans.InvalidBundle",
		                    "The form has no whole part named file");
	*zip = multipart_get(&parts, S("file"))->bytes;
	return NULL;
}

static struct message *import(struct api *q, const struct api_key *key)
{
	struct zip_files files = { 0 };
	struct diag d = { .arena = q->arena };
	enum bundle_kind kind;
	str zip;
	struct message *bad = name_refused(q, NAME_OF_PROXY, "name", key->name);
	if (bad || (bad = zip_of(q, &zip)))
		return bad;
	if (bundle_unzip(q->arena, zip, &d, &files, &kind).code)
		return answer_findings(q, "messaging.config.beans.InvalidBundle", &d);
	if ((kind == BUNDLE_PROXY) != (key->kind == API_PROXY))
		return answer_error(q, 400, "messaging.config.beans.InvalidBundle",
		                    "The bundle holds %s, not %s",
		                    kind == BUNDLE_PROXY ? "apiproxy/" : "sharedflowbundle/",
		                    kind == BUNDLE_PROXY ? "sharedflowbundle/" : "apiproxy/");
	bad = files_refused(q, key, &files, api_query_is(q, "validate", "true"));
	return bad ? bad : create(q, key, &files);
}

/* POST {"name"}: an empty first revision. */
static struct message *create_empty(struct api *q, struct api_key *key)
{
	struct api_proxy asked = { 0 };
	struct zip_files files = { 0 };
	struct message *bad = api_read(q, &api_proxy_noun, MODEL_UPDATE, &asked);
	if (bad || (bad = name_refused(q, NAME_OF_PROXY, "name", asked.name)))
		return bad;
	key->name = asked.name;
	bool proxy = key->kind == API_PROXY;
	struct zip_file base = {
		str_fmt(q->arena, "%s/%.*s.xml", proxy ? "apiproxy" : "sharedflowbundle",
		        STR(key->name)),
		str_fmt(q->arena, "<%s name=\"%.*s\"/>\n", proxy ? "APIProxy" : "SharedFlowBundle",
		        STR(key->name)),
	};
	VEC_PUSH(q->arena, &files, base);
	return create(q, key, &files);
}

struct message *proxies_create(struct api *q)
{
	struct api_key key = { q->org, kind_of(q), api_query(q, "name") };
	if (api_query_is(q, "action", "import"))
		return import(q, &key);
	if (str_given(api_query(q, "action")))
		return answer_error(q, 400, "messaging.config.beans.InvalidAction",
		                    "action is import");
	return create_empty(q, &key);
}
