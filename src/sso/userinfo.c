/* SPDX-License-Identifier: Apache-2.0 */
/* /userinfo: who it is that a token with the scope openid speaks for.
 * What is told is as it stands now, not as it was when the token was issued.
 * Source: OpenID Connect Core §5.3; oauth2-service reference, 3.3. */
#include "sso/endpoints.h"
#include "sso/issue.h"
#include "store/groups.h"

static str full_name(struct arena *a, const struct user *u)
{
	if (!str_given(u->first_name) || !str_given(u->last_name))
		return str_given(u->first_name) ? u->first_name : u->last_name;
	return str_fmt(a, "%.*s %.*s", STR(u->first_name), STR(u->last_name));
}

static void person_write(struct json_writer *w, struct arena *a, const struct person *p)
{
	const struct user *u = &p->user;
	json_pair_given(w, "user_id", u->id);
	json_pair_given(w, "sub", u->id);
	json_pair_given(w, "user_name", u->key.name);
	json_pair_given(w, "given_name", u->first_name);
	json_pair_given(w, "family_name", u->last_name);
	json_pair_given(w, "name", full_name(a, u));
	json_pair_given(w, "email", u->email);
	json_pair_bool(w, "email_verified", p->state.verified);
	if (p->state.previous_login_at_ms)
		json_pair_int(w, "previous_logon_time", p->state.previous_login_at_ms);
}

struct message *endpoint_userinfo(struct sso_call *q)
{
	str zone = q->sso->settings.zone;
	struct person p;
	struct strs roles = { 0 };
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	if (!str_given(q->bearer.user_id))
		return sso_error(q, SSO_SCOPE_INSUFFICIENT);
	bool with_roles = strs_have(&q->bearer.scope, S("roles"));
	err e = identity_person(q->arena, q->sso->identity, zone, q->bearer.user_id, &p);
	if (!e.code && with_roles)
		e = group_names_of(q->arena, q->store, zone, p.user.id, &roles);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? bearer_refused(q, SSO_TOKEN_INVALID)
		                               : sso_trouble(q, e);
	json_open(&w, '{');
	person_write(&w, q->arena, &p);
	if (with_roles)
		json_pair_strs(&w, "roles", &roles);
	json_close(&w, '}');
	return sso_json(q, 200, buf_str(&b));
}
