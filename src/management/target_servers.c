/* SPDX-License-Identifier: Apache-2.0 */
/* Target servers of an environment.
 * PUT replaces the whole object; the path, not the body, says which.
 * Source: Apigee Edge management API, targetservers. */
#include "store/target_servers.h"

#include "management/names.h"
#include "management/resources.h"

/* An unknown environment is told before an unknown target server. */
static struct message *trouble(struct api *q, err e, str name)
{
	struct message *none = no_environment(q);
	if (none)
		return none;
	if (e.code == ERR_NOT_FOUND)
		return answer_error(q, 404, "messaging.config.beans.TargetServerDoesNotExist",
		                    "Target server %.*s does not exist in environment %.*s",
		                    STR(name), STR(q->env));
	if (e.code == ERR_CONFLICT)
		return answer_error(q, 409, "messaging.config.beans.TargetServerAlreadyExists",
		                    "Target server %.*s already exists in environment %.*s",
		                    STR(name), STR(q->env));
	return answer_trouble(q, e);
}

static struct message *unfit(struct api *q, const struct target_server *t)
{
	struct message *bad = name_refused(q, NAME_IN_PATHS, "name", t->name);
	return bad ? bad : name_refused(q, NAME_OF_HOST, "host", t->host);
}

struct message *target_servers_list(struct api *q)
{
	struct strs names = { 0 };
	struct message *none = no_environment(q);
	if (none)
		return none;
	err e = target_server_names(q->arena, q->store, q->org, q->env, &names);
	return e.code ? answer_trouble(q, e) : answer_names(q, &names);
}

struct message *target_servers_get(struct api *q)
{
	struct vhost_key key = key_here(q, api_param(q, "server"));
	struct target_server *t;
	err e = target_server_get(q->arena, q->store, &key, &t);
	return e.code ? trouble(q, e, key.name) : answer_noun(q, 200, &target_server_noun, t);
}

struct message *target_servers_create(struct api *q)
{
	struct target_server t = { 0 };
	struct message *bad = api_read(q, &target_server_noun, MODEL_CREATE, &t);
	if (bad || (bad = unfit(q, &t)))
		return bad;
	struct vhost_key key = key_here(q, t.name);
	err e = target_server_create(q->store, &key, &t);
	return e.code ? trouble(q, e, t.name) : answer_noun(q, 201, &target_server_noun, &t);
}

struct message *target_servers_change(struct api *q)
{
	struct vhost_key key = key_here(q, api_param(q, "server"));
	struct target_server asked = { 0 }, *t;
	struct message *bad = api_read(q, &target_server_noun, MODEL_CREATE, &asked);
	if (bad)
		return bad;
	if (asked.name.n && !str_eq(asked.name, key.name))
		return answer_other_name(q, "target server", asked.name);
	asked.name = key.name;
	if ((bad = unfit(q, &asked)))
		return bad;
	struct whole_edit whole = { &asked, sizeof asked };
	struct edit edit = edit_whole(q, &whole);
	err e = target_server_change(q->arena, q->store, &key, &edit, &t);
	return e.code ? trouble(q, e, key.name) : answer_noun(q, 200, &target_server_noun, t);
}

struct message *target_servers_delete(struct api *q)
{
	struct vhost_key key = key_here(q, api_param(q, "server"));
	struct target_server *was;
	err e = target_server_delete(q->arena, q->store, &key, &was);
	if (e.code == ERR_CONFLICT)
		return answer_in_use(q, "target server", key.name);
	return e.code ? trouble(q, e, key.name) : answer_noun(q, 200, &target_server_noun, was);
}
