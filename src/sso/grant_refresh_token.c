/* SPDX-License-Identifier: Apache-2.0 */
/* grant_type=refresh_token: a new access token for who logged in before.
 * The refresh token comes back as it was, or, where tokens rotate, once: a copy of a spent one ends all
 * that came of the login.
 * Source: RFC 6749 §6, RFC 9700 §4.14.2; oauth2-service reference, 1.9. */
#include <jansson.h>

#include "sso/grant.h"
#include "sso/revoke.h"

static enum sso_error_id worth_error(enum bearer_worth w)
{
	static const enum sso_error_id errors[] = {
		[BEARER_GOOD] = SSO_FINE,
		[BEARER_SIGNATURE] = SSO_REFRESH_SIGNATURE,
		[BEARER_KIND] = SSO_REFRESH_KIND,
		[BEARER_UNKNOWN] = SSO_REFRESH_UNKNOWN,
		[BEARER_EXPIRED] = SSO_REFRESH_EXPIRED,
		[BEARER_REVOKED] = SSO_REFRESH_REVOKED,
		[BEARER_SPENT] = SSO_REFRESH_REVOKED,
	};
	return errors[w];
}

/* What stands in the error's text: a date or an id, never the token. */
static str worth_about(struct sso_call *q, enum bearer_worth w, const struct bearer *b)
{
	if (w == BEARER_EXPIRED)
		return clock_format(q->arena, "%a %b %d %H:%M:%S UTC %Y", b->exp_s * 1000);
	return w == BEARER_REVOKED || w == BEARER_SPENT ? b->jti : STR_NONE;
}

static struct message *read_token(struct sso_call *q, str text, struct bearer *b)
{
	const struct bearer_service *s = &q->sso->bearers;
	enum bearer_worth w;
	if (!text.n)
		return sso_error(q, SSO_REFRESH_MISSING);
	struct bearer_text t = { BEARER_REFRESH, text, clock_ms() };
	err e = bearer_read(q->arena, s, &t, b, &w);
	if (e.code)
		return sso_trouble(q, e);
	if (w != BEARER_SIGNATURE && w != BEARER_UNKNOWN &&
	    !str_eq(b->client_id, q->client.client->client_id))
		return sso_error_about(q, SSO_REFRESH_CLIENT, b->client_id);
	if (w == BEARER_SPENT) {
		struct sso_token *row;
		e = sso_token_get(q->arena, q->store, s->zone, b->jti, &row);
		if (!e.code)
			e = family_end(q, row->family);
		if (e.code)
			return sso_trouble(q, e);
	}
	return w ? sso_error_about(q, worth_error(w), worth_about(q, w, b)) : NULL;
}

/* RFC 6749 §6: "must not include any scope not originally granted". */
static struct message *narrow(struct sso_call *q, const struct bearer *b, struct issue *i)
{
	struct strs asked = scope_words(q->arena, sso_form(q, "scope")), now;
	for (size_t n = 0; n < asked.n; n++)
		if (!strs_have(&b->scope, asked.v[n]))
			return sso_error_about(q, SSO_REFRESH_SCOPE, asked.v[n]);
	struct message *m = scope_of_person(q, i->person, &now);
	for (size_t n = 0; !m && n < now.n; n++)
		if (strs_have(&b->scope, now.v[n]))
			strs_add(q->arena, &i->scope, now.v[n]);
	return m;
}

static struct message *check(struct sso_call *q, struct issue *i)
{
	str text = sso_form(q, "refresh_token"), zone = q->sso->settings.zone;
	struct bearer b = { 0 };
	struct sso_token *row;
	struct person *p = arena_new(q->arena, struct person);
	struct message *m = read_token(q, text, &b);
	if (m)
		return m;
	err e = sso_token_get(q->arena, q->store, zone, b.jti, &row);
	if (!e.code)
		e = identity_person(q->arena, q->sso->identity, zone, b.user_id, p);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? sso_error_about(q, SSO_USER_GONE, b.user_id)
		                               : sso_trouble(q, e);
	bool rotates = q->sso->settings.rotate_refresh || !q->client.proves;
	struct diag d = { .arena = q->arena };
	json_t *claims;
	e = json_read(q->arena, row->claims, &d, &claims);
	if (e.code)
		return sso_trouble(q, e);
	i->person = p;
	i->refresh = true;
	i->grant_type = json_member_str(claims, "grant_type");
	i->auth_time_s = json_integer_value(json_object_get(claims, "auth_time"));
	i->id_token = str_eq(i->grant_type, S("authorization_code"));
	i->kept_refresh = rotates ? STR_NONE : text;
	i->rotated = rotates ? row : NULL;
	i->family = row->family;
	return narrow(q, &b, i);
}

const struct sso_grant sso_grant_refresh_token = { "refresh_token", check };
