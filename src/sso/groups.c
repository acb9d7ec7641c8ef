/* SPDX-License-Identifier: Apache-2.0 */
/* /Groups: the scopes that users may have, and who has them.
 * A member is there when they are put in; a user or group that goes leaves every group.
 * Source: oauth2-service reference, 3.6. */
#include "base/rand.h"
#include "sso/endpoints.h"
#include "sso/group_body.h"

/* ---- what a filter may ask ---- */
static struct filter_value text_value(str s)
{
	return (struct filter_value){ .given = s.n > 0, .text = s };
}
static struct filter_value of_id(const void *g)
{
	return text_value(((const struct group *)g)->id);
}
static struct filter_value of_name(const void *g)
{
	return text_value(((const struct group *)g)->name);
}
static struct filter_value of_description(const void *g)
{
	return text_value(((const struct group *)g)->description);
}
static struct filter_value of_created(const void *g)
{
	return (struct filter_value){ .given = true,
		                      .n = ((const struct group *)g)->created_at_ms };
}
static struct filter_value of_modified(const void *g)
{
	return (struct filter_value){ .given = true,
		                      .n = ((const struct group *)g)->last_modified_at_ms };
}

static const struct filter_attribute attributes[] = {
	{ "id", FILTER_EXACT, of_id, false },
	{ "displayName", FILTER_TEXT, of_name, false },
	{ "description", FILTER_TEXT, of_description, false },
	{ "created", FILTER_TIME, of_created, false },
	{ "meta.created", FILTER_TIME, of_created, false },
	{ "lastModified", FILTER_TIME, of_modified, false },
	{ "meta.lastModified", FILTER_TIME, of_modified, false },
	{ 0 },
};

static struct message *trouble(struct sso_call *q, err e, str what)
{
	if (e.code == ERR_NOT_FOUND || e.code == ERR_SYNTAX)
		return sso_scim_error(q, SSO_SCIM_GROUP_UNKNOWN, sso_told(what));
	if (e.code == ERR_CONFLICT)
		return sso_scim_error(q, SSO_SCIM_GROUP_EXISTS, sso_told(what));
	return e.code == ERR_DENIED ? sso_scim_error(q, SSO_SCIM_VERSION, sso_told(what))
	                            : sso_trouble(q, e);
}

static struct group_key key_of(const struct sso_call *q)
{
	return (struct group_key){ q->sso->settings.zone, sso_param(q, "group") };
}

static struct message *group_answer(struct sso_call *q, unsigned status, str id)
{
	struct group_key key = { q->sso->settings.zone, id };
	struct group g;
	struct strs all = { 0 };
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	err e = group_get(q->arena, q->store, &key, &g);
	if (!e.code)
		e = group_write(q, &w, &all, &g);
	return e.code ? trouble(q, e, id) : scim_answer(q, status, g.version, buf_str(&b));
}

/* ---- groups ---- */
struct message *endpoint_group_create(struct sso_call *q)
{
	struct group g = { .id = rand_uuid(q->arena) };
	struct group_put put = { .version = -1 };
	struct message *m = group_take(q, &g, &put);
	if (m)
		return m;
	err e = group_create(q->store, q->sso->settings.zone, &put);
	if (e.code)
		return trouble(q, e, g.name);
	sso_log(q, "group_created", "group", g.name);
	return group_answer(q, 201, g.id);
}

struct message *endpoint_group_get(struct sso_call *q)
{
	return group_answer(q, 200, sso_param(q, "group"));
}

struct message *endpoint_group_put(struct sso_call *q)
{
	struct group g = { .id = sso_param(q, "group") }, was;
	struct group_put put;
	struct group_key key = key_of(q);
	struct message *m = scim_if_match(q, &put.version);
	if (m)
		return m;
	err e = group_get(q->arena, q->store, &key, &was);
	if (e.code)
		return trouble(q, e, g.id);
	if ((m = group_take(q, &g, &put)))
		return m;
	e = group_replace(q->store, key.zone, &put);
	if (e.code)
		return trouble(q, e, e.code == ERR_NOT_FOUND ? g.id : g.name);
	sso_log(q, "group_changed", "group", g.name);
	return group_answer(q, 200, g.id);
}

struct message *endpoint_group_delete(struct sso_call *q)
{
	struct group_key key = key_of(q);
	struct message *was = group_answer(q, 200, key.id);
	if (was->status != 200)
		return was;
	err e = group_delete(q->store, &key);
	if (e.code)
		return trouble(q, e, key.id);
	sso_log(q, "group_deleted", "group", key.id);
	return was;
}

static err pick_groups(struct sso_call *q, struct scim_pick *pick)
{
	struct group_page page = { q->sso->settings.zone, STR_NONE, SCIM_BATCH };
	struct list groups = { .n = SCIM_BATCH };
	while (groups.n == SCIM_BATCH) {
		TRY(group_list(q->arena, q->store, &page, &groups));
		LIST_EACH(const struct group, g, &groups) {
			if (scim_wanted(pick, g))
				TRY(scim_offer(pick, g));
			page.after = g->name;
		}
	}
	return DONE;
}

static err write_picked(struct sso_call *q, struct json_writer *w, const struct scim_page *page,
                        void *group)
{
	return group_write(q, w, &page->only, group);
}

struct message *endpoint_group_list(struct sso_call *q)
{
	static const struct scim_kind kind = { attributes, sizeof(struct group), pick_groups,
		                               write_picked };
	return scim_list(q, &kind);
}

/* ---- members ---- */
/* The answer unless the group of the path is there. */
static struct message *group_missed(struct sso_call *q)
{
	struct group_key key = key_of(q);
	struct group g;
	err e = group_get(q->arena, q->store, &key, &g);
	return e.code ? trouble(q, e, key.id) : NULL;
}

static struct message *member_trouble(struct sso_call *q, err e, str id)
{
	if (e.code == ERR_NOT_FOUND || e.code == ERR_SYNTAX)
		return sso_scim_error(q, SSO_SCIM_MEMBER_UNKNOWN, sso_told(id));
	if (e.code == ERR_CONFLICT)
		return sso_scim_error(q, SSO_SCIM_MEMBER_EXISTS, sso_told(id));
	return sso_trouble(q, e);
}

/* The one of the path. */
static struct message *member_find(struct sso_call *q, struct group_member *out)
{
	struct group_key key = key_of(q);
	str id = sso_param(q, "member");
	struct message *m = group_missed(q);
	if (m)
		return m;
	err e = group_member_get(q->arena, q->store, &key, id, out);
	return e.code ? member_trouble(q, e, id) : NULL;
}

static struct message *member_answer(struct sso_call *q, unsigned status,
                                     const struct group_member *member)
{
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	member_write(&w, member);
	return sso_json(q, status, buf_str(&b));
}

struct message *endpoint_member_list(struct sso_call *q)
{
	struct group_key key = key_of(q);
	struct list members = { 0 };
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	struct message *m = group_missed(q);
	if (m)
		return m;
	if (str_ieq(sso_query(q, "returnEntities"), S("true")))
		return sso_scim_error(q, SSO_SCIM_INVALID,
		                      S("returnEntities: ask for each user at /Users/{id}"));
	err e = group_members(q->arena, q->store, &key, &members);
	if (e.code)
		return sso_trouble(q, e);
	members_write(&w, &members);
	return sso_json(q, 200, buf_str(&b));
}

struct message *endpoint_member_get(struct sso_call *q)
{
	struct group_member member;
	struct message *m = member_find(q, &member);
	return m ? m : member_answer(q, 200, &member);
}

struct message *endpoint_member_add(struct sso_call *q)
{
	struct group_member member;
	struct group_key key = key_of(q);
	struct message *m = group_missed(q);
	if (!m)
		m = member_take(q, &member);
	if (m)
		return m;
	err e = group_member_add(q->store, &key, &member);
	if (e.code == ERR_LIMIT)
		return group_full(q);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? trouble(q, e, key.id)
		                               : member_trouble(q, e, member.id);
	sso_log(q, "group_member_added", "group", key.id);
	return member_answer(q, 201, &member);
}

struct message *endpoint_member_remove(struct sso_call *q)
{
	struct group_member member;
	struct group_key key = key_of(q);
	struct message *m = member_find(q, &member);
	if (m)
		return m;
	err e = group_member_remove(q->store, &key, member.id);
	if (e.code)
		return member_trouble(q, e, member.id);
	sso_log(q, "group_member_removed", "group", key.id);
	return member_answer(q, 200, &member);
}
