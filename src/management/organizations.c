/* SPDX-License-Identifier: Apache-2.0 */
/* Organizations and environments, and what their resources say alike.
 * A user sees the organizations in which they have a role.
 * Source: Apigee Edge management API, organizations, environments. */
#include "store/organizations.h"

#include "management/names.h"
#include "management/resources.h"

struct message *organizations_list(struct api *q)
{
	struct strs names = { 0 };
	err e = user_organizations(q->arena, q->store, &q->who.key, &names);
	return e.code ? answer_trouble(q, e) : answer_names(q, &names);
}

struct message *organizations_get(struct api *q)
{
	struct organization *o;
	err e = organization_get(q->arena, q->store, q->org, &o);
	if (e.code == ERR_NOT_FOUND)
		return answer_error(q, 404, "messaging.config.beans.OrganizationDoesNotExist",
		                    "Organization %.*s does not exist", STR(q->org));
	return e.code ? answer_trouble(q, e) : answer_noun(q, 200, &organization_noun, o);
}

struct message *environment_trouble(struct api *q, err e)
{
	if (e.code == ERR_NOT_FOUND)
		return answer_error(q, 404, "messaging.config.beans.EnvironmentDoesNotExist",
		                    "Environment %.*s does not exist in organization %.*s",
		                    STR(q->env), STR(q->org));
	return answer_trouble(q, e);
}

struct message *no_environment(struct api *q)
{
	struct environment *env;
	err e = environment_get(q->arena, q->store, q->org, q->env, &env);
	return e.code ? environment_trouble(q, e) : NULL;
}

struct vhost_key key_here(struct api *q, str name)
{
	return (struct vhost_key){ q->org, q->env, name };
}

struct message *answer_other_name(struct api *q, const char *what, str name)
{
	return answer_error(q, 400, "management.InvalidName",
	                    "name: \"%.*s\" is not the %s of the path", STR(name), what);
}

struct message *answer_in_use(struct api *q, const char *what, str name)
{
	return answer_error(q, 400, "events.EventHandlingFailure",
	                    "References exist to the %s %.*s", what, STR(name));
}

struct message *environments_list(struct api *q)
{
	struct strs names = { 0 };
	err e = environment_list(q->arena, q->store, q->org, &names);
	return e.code ? answer_trouble(q, e) : answer_names(q, &names);
}

struct message *environments_get(struct api *q)
{
	struct environment *env;
	err e = environment_get(q->arena, q->store, q->org, q->env, &env);
	return e.code ? environment_trouble(q, e) : answer_noun(q, 200, &environment_noun, env);
}

struct message *environments_create(struct api *q)
{
	struct environment env = { 0 }, *made;
	struct message *bad = api_read(q, &environment_noun, MODEL_CREATE, &env);
	if (bad || (bad = name_refused(q, NAME_IN_HOSTS, "name", env.name)))
		return bad;
	env.created_by = env.last_modified_by = q->who.key.name;
	err e = environment_create(q->store, q->org, &env);
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 409, "messaging.config.beans.EnvironmentAlreadyExists",
		                    "Environment %.*s already exists", STR(env.name));
	if (!e.code)
		e = environment_get(q->arena, q->store, q->org, env.name, &made);
	return e.code ? answer_trouble(q, e) : answer_noun(q, 201, &environment_noun, made);
}
