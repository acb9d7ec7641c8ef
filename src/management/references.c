/* SPDX-License-Identifier: Apache-2.0 */
/* References: names that stand for a keystore, so that another one can be put in its place.
 * A reference always refers to a keystore that is there.
 * Source: Apigee Edge management API, references. */
#include "store/keystores.h"

#include "management/names.h"
#include "management/resources.h"

static struct message *trouble(struct api *q, err e, str refers, str name)
{
	struct message *none = no_environment(q);
	if (none)
		return none;
	if (e.code == ERR_NOT_FOUND)
		return answer_error(q, 404, "messaging.config.beans.ResourceReferenceDoesNotExist",
		                    "ResourceReference %.*s does not exist in environment %.*s",
		                    STR(name), STR(q->env));
	if (e.code == ERR_SYNTAX)
		return answer_error(q, 400, "messaging.config.beans.InvalidKeyStoreReference",
		                    "KeyStore %.*s, which %.*s is to refer to, does not exist in "
		                    "environment %.*s",
		                    STR(refers), STR(name), STR(q->env));
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 409, "messaging.config.beans.ResourceReferenceAlreadyExists",
		                    "ResourceReference %.*s already exists in environment %.*s",
		                    STR(name), STR(q->env));
	return answer_trouble(q, e);
}

struct message *references_list(struct api *q)
{
	struct list all = { 0 };
	struct message *none = no_environment(q);
	if (none)
		return none;
	err e = reference_list(q->arena, q->store, q->org, q->env, &all);
	if (e.code)
		return answer_trouble(q, e);
	struct strs names = { arena_array(q->arena, str, all.n + 1), 0 };
	LIST_EACH(const struct reference, r, &all)
		names.v[names.n++] = r->name;
	return answer_names(q, &names);
}

struct message *references_get(struct api *q)
{
	struct vhost_key key = key_here(q, api_param(q, "reference"));
	struct reference *r;
	err e = reference_get(q->arena, q->store, &key, &r);
	return e.code ? trouble(q, e, STR_NONE, key.name) : answer_noun(q, 200, &reference_noun, r);
}

struct message *references_create(struct api *q)
{
	struct reference r = { 0 };
	struct message *bad = api_read(q, &reference_noun, MODEL_CREATE, &r);
	if (bad || (bad = name_refused(q, NAME_IN_PATHS, "name", r.name)))
		return bad;
	struct vhost_key key = key_here(q, r.name);
	err e = reference_create(q->store, &key, &r);
	return e.code ? trouble(q, e, r.refers, r.name) : answer_noun(q, 201, &reference_noun, &r);
}

struct message *references_change(struct api *q)
{
	struct vhost_key key = key_here(q, api_param(q, "reference"));
	struct reference r = { 0 };
	struct message *bad = api_read(q, &reference_noun, MODEL_CREATE, &r);
	if (bad)
		return bad;
	if (r.name.n && !str_eq(r.name, key.name))
		return answer_other_name(q, "reference", r.name);
	r.name = key.name;
	err e = reference_change(q->store, &key, &r);
	return e.code ? trouble(q, e, r.refers, key.name)
	              : answer_noun(q, 200, &reference_noun, &r);
}

struct message *references_delete(struct api *q)
{
	struct vhost_key key = key_here(q, api_param(q, "reference"));
	struct reference *was;
	err e = reference_delete(q->arena, q->store, &key, &was);
	if (e.code == ERR_CONFLICT)
		return answer_in_use(q, "reference", key.name);
	return e.code ? trouble(q, e, STR_NONE, key.name)
	              : answer_noun(q, 200, &reference_noun, was);
}
