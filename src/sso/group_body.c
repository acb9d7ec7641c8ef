/* SPDX-License-Identifier: Apache-2.0 */
/* Groups and their members as JSON, in and out.
 * Who is taken as a member is there.
 * Source: oauth2-service reference, 3.6; RFC 6749 §3.3. */
#include "sso/group_body.h"

#include "model/json.h"
#include "store/users.h"

enum { TEXT_MAX = 255 };

struct member_body {
	str value, type, origin;
};
static const struct field member_fields[] = {
	FIELD(member_body, value, "value", T_STR, .required = true),
	FIELD(member_body, type, "type", T_STR, .dflt = "USER"),
	FIELD(member_body, origin, "origin", T_STR, .dflt = "usergrid"),
	FIELD_BARE("display", T_IGNORED),
	FIELDS_END,
};

struct group_body {
	str name, description;
	struct list members; /* struct member_body */
};
static const struct field group_fields[] = {
	FIELD(group_body, name, "displayName", T_STR, .required = true),
	FIELD(group_body, description, "description", T_STR),
	FIELD(group_body, members, "members", T_LIST, .sub = member_fields,
	      .sub_size = sizeof(struct member_body)),
	FIELD_BARE("id", T_IGNORED),
	FIELD_BARE("meta", T_IGNORED),
	FIELD_BARE("zoneId", T_IGNORED),
	FIELD_BARE("schemas", T_IGNORED),
	FIELDS_END,
};

void member_write(struct json_writer *w, const struct group_member *m)
{
	json_open(w, '{');
	json_pair_given(w, "origin", m->origin);
	json_pair_given(w, "type", m->is_group ? S("GROUP") : S("USER"));
	json_pair_given(w, "value", m->id);
	json_close(w, '}');
}

void members_write(struct json_writer *w, const struct list *members)
{
	json_open(w, '[');
	LIST_EACH(const struct group_member, m, members)
		member_write(w, m);
	json_close(w, ']');
}

err group_write(struct sso_call *q, struct json_writer *w, const struct strs *only,
                const struct group *g)
{
	struct scim_meta meta = { g->version, g->created_at_ms, g->last_modified_at_ms };
	struct group_key key = { q->sso->settings.zone, g->id };
	struct list members = { 0 };
	json_open(w, '{');
	if (scim_shows(only, "meta"))
		scim_meta_write(w, q->arena, &meta);
	if (scim_shows(only, "id"))
		json_pair_given(w, "id", g->id);
	if (scim_shows(only, "displayName"))
		json_pair_given(w, "displayName", g->name);
	if (scim_shows(only, "description"))
		json_pair_given(w, "description", g->description);
	if (scim_shows(only, "zoneId"))
		json_pair_given(w, "zoneId", key.zone);
	if (scim_shows(only, "members")) {
		TRY(group_members(q->arena, q->store, &key, &members));
		json_key(w, S("members"));
		members_write(w, &members);
	}
	if (scim_shows(only, "schemas"))
		scim_schemas(w);
	json_close(w, '}');
	return DONE;
}

static bool is_scope(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == ',') /* RFC 6749 §3.3 */
			return false;
	}
	return s.n > 0 && s.n <= TEXT_MAX;
}

/* The member as the store has it, who must be there; the answer when it is none. */
static struct message *member_fits(struct sso_call *q, const struct member_body *b,
                                   struct group_member *out)
{
	struct group_key key = { q->sso->settings.zone, b->value };
	struct user *user;
	struct group group;
	*out = (struct group_member){ b->value, b->origin, str_ieq(b->type, S("GROUP")) };
	if (!out->is_group && !str_ieq(b->type, S("USER")))
		return sso_scim_error(q, SSO_SCIM_INVALID, S("A member is a USER or a GROUP"));
	if (!str_eq(b->origin, USER_ORIGIN))
		return sso_scim_error(q, SSO_SCIM_INVALID, S("The origin of members is usergrid"));
	err e = out->is_group ? group_get(q->arena, q->store, &key, &group)
	                      : user_by_id(q->arena, q->store, key.zone, key.id, &user);
	if (e.code == ERR_NOT_FOUND || e.code == ERR_SYNTAX)
		return sso_scim_error(q, SSO_SCIM_MEMBER_UNKNOWN, sso_told(b->value));
	return e.code ? sso_trouble(q, e) : NULL;
}

struct message *group_full(struct sso_call *q)
{
	return sso_scim_error(q, SSO_SCIM_INVALID,
	                      str_fmt(q->arena, "A group has up to %d members", GROUP_MEMBERS_MAX));
}

static struct message *members_take(struct sso_call *q, const struct list *from, struct list *out)
{
	struct group_member *v = arena_array(q->arena, struct group_member, from->n + 1);
	struct message *m = NULL;
	*out = (struct list){ v, 0 };
	if (from->n > GROUP_MEMBERS_MAX)
		return group_full(q);
	LIST_EACH(const struct member_body, b, from)
		if (!m)
			m = member_fits(q, b, &v[out->n++]);
	return m;
}

struct message *member_take(struct sso_call *q, struct group_member *out)
{
	struct member_body b = { 0 };
	struct diag d = { .arena = q->arena };
	if (model_read_tree(q->arena, member_fields, q->json, MODEL_CREATE, &d, &b).code)
		return sso_scim_error(q, SSO_SCIM_INVALID, sso_told(diag_text(q->arena, &d)));
	return member_fits(q, &b, out);
}

struct message *group_take(struct sso_call *q, struct group *g, struct group_put *put)
{
	struct group_body b = { 0 };
	struct diag d = { .arena = q->arena };
	if (model_read_tree(q->arena, group_fields, q->json, MODEL_CREATE, &d, &b).code)
		return sso_scim_error(q, SSO_SCIM_INVALID, sso_told(diag_text(q->arena, &d)));
	if (!is_scope(b.name) || b.description.n > TEXT_MAX)
		return sso_scim_error(q, SSO_SCIM_INVALID,
		                      S("displayName is a scope: 1 to 255 visible characters"));
	g->name = b.name;
	g->description = b.description;
	put->group = g;
	return members_take(q, &b.members, &put->members);
}
