/* SPDX-License-Identifier: Apache-2.0 */
/* Making, replacing, patching and deleting users.
 * Nobody writes over what they have not seen: PUT and PATCH name a version, or say that any will do.
 * Source: oauth2-service reference, 3.5. */
#include <jansson.h>

#include "model/json.h"
#include "sso/endpoints.h"
#include "sso/scim_user.h"

enum { TEXT_MAX = 255 };

struct scim_value {
	str value, type;
	bool primary;
};
static const struct field value_fields[] = {
	FIELD(scim_value, value, "value", T_STR, .required = true),
	FIELD(scim_value, type, "type", T_STR),
	FIELD(scim_value, primary, "primary", T_BOOL),
	FIELDS_END,
};

struct scim_user { /* what may be said of one */
	str name, external_id, given_name, family_name, origin, password;
	struct list emails, phones; /* struct scim_value */
	struct strs cleared;        /* PATCH: the keys that go */
	bool active, verified, machine;
};
static const struct field fields[] = {
	FIELD(scim_user, name, "userName", T_STR),
	FIELD(scim_user, external_id, "externalId", T_STR),
	FIELD(scim_user, given_name, "name/givenName", T_STR),
	FIELD(scim_user, family_name, "name/familyName", T_STR),
	FIELD(scim_user, origin, "origin", T_STR),
	FIELD(scim_user, password, "password", T_TEXT),
	FIELD(scim_user, emails, "emails", T_LIST, .sub = value_fields,
	      .sub_size = sizeof(struct scim_value)),
	FIELD(scim_user, phones, "phoneNumbers", T_LIST, .sub = value_fields,
	      .sub_size = sizeof(struct scim_value)),
	FIELD(scim_user, cleared, "meta/attributes", T_STRS),
	FIELD(scim_user, active, "active", T_BOOL, .dflt = "true"),
	FIELD(scim_user, verified, "verified", T_BOOL, .dflt = "true"),
	FIELD(scim_user, machine, "machine", T_BOOL, .dflt = "false"),
	FIELD_BARE("id", T_IGNORED),
	FIELD_BARE("meta/version", T_IGNORED),
	FIELD_BARE("meta/created", T_IGNORED),
	FIELD_BARE("meta/lastModified", T_IGNORED),
	FIELD_BARE("name/formatted", T_IGNORED),
	FIELD_BARE("groups", T_IGNORED),
	FIELD_BARE("approvals", T_IGNORED),
	FIELD_BARE("zoneId", T_IGNORED),
	FIELD_BARE("passwordLastModified", T_IGNORED),
	FIELD_BARE("previousLogonTime", T_IGNORED),
	FIELD_BARE("lastLogonTime", T_IGNORED),
	FIELD_BARE("schemas", T_IGNORED),
	FIELDS_END,
};

static struct message *invalid(struct sso_call *q, str why)
{
	return sso_scim_error(q, SSO_SCIM_INVALID, sso_told(why));
}

/* ---- what is asked ---- */
static struct message *asked_read(struct sso_call *q, enum model_read how, struct scim_user *u)
{
	struct diag d = { .arena = q->arena };
	err e = model_read_tree(q->arena, fields, q->json, how, &d, u);
	return e.code ? invalid(q, diag_text(q->arena, &d)) : NULL;
}

static bool visible(str s, bool spaces)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < ' ' || c == 0x7f || (c == ' ' && !spaces))
			return false;
	}
	return s.n <= TEXT_MAX;
}

static str one_value(const struct list *l)
{
	return l->n ? ((const struct scim_value *)l->v)->value : STR_NONE;
}

static str refusal(const struct scim_user *u)
{
	str email = one_value(&u->emails), phone = one_value(&u->phones);
	if (!u->name.n || !visible(u->name, false))
		return S("A username of 1 to 255 visible characters must be provided.");
	if (u->emails.n != 1)
		return u->emails.n ? S("A single email must be provided.")
		                   : S("An email must be provided.");
	if (!email.n || !visible(email, false) || str_find_char(email, '@') == STR_NPOS)
		return S("The email is none.");
	if (u->phones.n > 1)
		return S("A single phone number is kept.");
	if (!visible(u->given_name, true) || !visible(u->family_name, true) ||
	    !visible(phone, true) || !visible(u->external_id, true))
		return S("Names, phone numbers and externalId have up to 255 visible characters.");
	if (u->origin.n && !str_eq(u->origin, USER_ORIGIN))
		return S("The origin of users here is usergrid.");
	return STR_NONE;
}

static void user_fill(struct arena *a, const struct scim_user *u, struct user *out)
{
	str phone = one_value(&u->phones);
	out->email = str_dup(a, one_value(&u->emails));
	out->first_name = str_given(u->given_name) ? u->given_name : S("");
	out->last_name = str_given(u->family_name) ? u->family_name : S("");
	out->external_id = u->external_id;
	out->phone = phone.n ? phone : STR_NONE;
	out->active = u->active;
}

/* ---- making ---- */
struct message *endpoint_user_create(struct sso_call *q)
{
	struct scim_user u = { 0 };
	struct user *made;
	struct message *m = asked_read(q, MODEL_CREATE, &u);
	if (m)
		return m;
	str why = refusal(&u);
	if (str_given(why))
		return invalid(q, why);
	if (u.password.n) {
		why = password_policy_refusal(q->arena, &q->sso->settings.password, u.password);
		if (str_given(why))
			return sso_scim_error(q, SSO_PASSWORD_POLICY, why);
	}
	struct user user = {
		.key = { q->sso->settings.zone, USER_ORIGIN, identity_user_name(q->arena, u.name) },
	};
	struct login_flags flags = { u.verified, u.machine, -1 };
	user_fill(q->arena, &u, &user);
	err e = identity_create_user(q->arena, q->sso->identity, &user, &flags,
	                             u.password.n ? u.password : STR_NONE);
	if (!e.code)
		e = user_get(q->arena, q->store, &user.key, &made);
	if (e.code)
		return scim_user_trouble(q, e, user.key.name);
	sso_log(q, "user_created", "user", user.key.name);
	return scim_user_now(q, 201, made->id);
}

/* ---- changing ---- */
static void list_of_one(struct arena *a, str value, struct list *out)
{
	struct scim_value *v = arena_new(a, struct scim_value);
	v->value = value;
	*out = (struct list){ v, value.n > 0 };
}

/* A patch begins with what is there. */
static struct scim_user present(struct arena *a, const struct person *p)
{
	struct scim_user u = { .name = p->user.key.name,
		               .external_id = p->user.external_id,
		               .given_name = p->user.first_name,
		               .family_name = p->user.last_name,
		               .origin = p->user.key.origin,
		               .active = p->user.active,
		               .verified = p->state.verified,
		               .machine = p->state.machine };
	list_of_one(a, p->user.email, &u.emails);
	list_of_one(a, p->user.phone, &u.phones);
	return u;
}

/* The keys that meta.attributes names go, those that can. */
static str clear(struct scim_user *u)
{
	const struct {
		const char *key;
		str *text;
		struct list *list;
	} all[] = { { "name", &u->given_name, NULL },
		    { "name", &u->family_name, NULL },
		    { "name.givenName", &u->given_name, NULL },
		    { "name.familyName", &u->family_name, NULL },
		    { "externalId", &u->external_id, NULL },
		    { "phoneNumbers", NULL, &u->phones } };
	for (size_t i = 0; i < u->cleared.n; i++) {
		bool known = false;
		for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
			if (!str_ieq(u->cleared.v[i], str_from_z(all[k].key)))
				continue;
			known = true;
			if (all[k].text)
				*all[k].text = STR_NONE;
			else
				*all[k].list = (struct list){ 0 };
		}
		if (!known)
			return S("meta.attributes names what cannot be taken away");
	}
	return STR_NONE;
}

static bool same_email(const struct scim_user *u, const struct person *p)
{
	return str_eq(one_value(&u->emails), p->user.email);
}

/* What only somebody with scim.write changes. */
static bool is_self_edit(struct arena *a, const struct scim_user *u, const struct person *p)
{
	return same_email(u, p) && str_eq(identity_user_name(a, u->name), p->user.key.name) &&
	       u->active == p->user.active && u->verified == p->state.verified &&
	       u->machine == p->state.machine && str_eq(u->external_id, p->user.external_id);
}

struct change_of_user {
	const struct scim_user *to;
	int64_t version; /* -1: any */
};

static err apply(struct arena *a, void *thing, void *arg)
{
	const struct change_of_user *c = arg;
	struct user_edit *edit = thing;
	if (c->version >= 0 && c->version != edit->user.version)
		return FAIL(ERR_DENIED);
	user_fill(a, c->to, &edit->user);
	edit->user.key.name = identity_user_name(a, c->to->name);
	edit->flags = (struct login_flags){ c->to->verified, c->to->machine, -1 };
	return DONE;
}

/* Tokens and sessions of before say the old name, or are of somebody who is out. */
static err store_change_of(struct sso_call *q, const struct person *p, struct change_of_user *c)
{
	struct user *now;
	struct edit edit = { .fn = apply, .arg = c };
	TRY(user_change(q->arena, q->store, &p->user.key, &edit, &now));
	return now->active && str_eq(now->key.name, p->user.key.name)
	               ? DONE
	               : identity_end_logins(q->sso->identity, q->sso->settings.zone, now->id);
}

static struct message *changed(struct sso_call *q, const struct person *p, struct scim_user *u,
                               int64_t version)
{
	str why = refusal(u);
	if (str_given(why))
		return invalid(q, why);
	if (str_given(u->password))
		return invalid(q, S("A password is changed at /Users/{id}/password"));
	if (!sso_may(q, "scim.write") && !is_self_edit(q->arena, u, p))
		return sso_scim_error(q, SSO_SCIM_SELF, STR_NONE);
	struct change_of_user c = { u, version };
	err e = store_change_of(q, p, &c);
	if (e.code)
		return scim_user_trouble(q, e, e.code == ERR_CONFLICT ? u->name : p->user.key.name);
	sso_log(q, "user_changed", "user", p->user.key.name);
	return scim_user_now(q, 200, p->user.id);
}

/* Who, and which version of whom. */
static struct message *begin(struct sso_call *q, struct person *p, int64_t *version)
{
	if (!scim_user_is_self(q) && !sso_may(q, "scim.write"))
		return sso_may_not(q);
	struct message *m = scim_if_match(q, version);
	return m ? m : scim_user_find(q, p);
}

struct message *endpoint_user_put(struct sso_call *q)
{
	struct person p = { 0 };
	struct scim_user u = { 0 };
	int64_t version = -1;
	struct message *m = begin(q, &p, &version);
	if (!m)
		m = asked_read(q, MODEL_CREATE, &u);
	return m ? m : changed(q, &p, &u, version);
}

struct message *endpoint_user_patch(struct sso_call *q)
{
	struct person p = { 0 };
	int64_t version = -1;
	struct message *m = begin(q, &p, &version);
	if (m)
		return m;
	struct scim_user u = present(q->arena, &p);
	m = asked_read(q, MODEL_UPDATE, &u);
	if (m)
		return m;
	str why = clear(&u);
	if (str_given(why))
		return invalid(q, why);
	/* What was not named is what was read: it must be so still. */
	if (version >= 0 && version != p.user.version)
		return scim_user_trouble(q, FAIL(ERR_DENIED), p.user.key.name);
	return changed(q, &p, &u, p.user.version);
}

struct message *endpoint_user_delete(struct sso_call *q)
{
	struct person p = { 0 };
	int64_t version = -1;
	struct message *m = scim_user_find(q, &p);
	if (!m && sso_header(q, "if-match").n)
		m = scim_if_match(q, &version);
	if (m)
		return m;
	if (version >= 0 && version != p.user.version)
		return scim_user_trouble(q, FAIL(ERR_DENIED), p.user.key.name);
	struct message *was = scim_user_answer(q, 200, &p);
	err e = user_delete(q->store, &p.user.key);
	if (!e.code)
		e = identity_end_logins(q->sso->identity, q->sso->settings.zone, p.user.id);
	if (e.code)
		return scim_user_trouble(q, e, p.user.id);
	sso_log(q, "user_deleted", "user", p.user.key.name);
	return was;
}
