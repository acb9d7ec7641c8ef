/* SPDX-License-Identifier: Apache-2.0 */
/* The need for an access token, with one of the route's scopes.
 * The token comes in the Authorization header or, where the route reads a form, in the form: never in a URL.
 * Source: RFC 6750; oauth2-service reference, 3.10. */
#include "identity/login.h"
#include "sso/call.h"

struct message *bearer_refused(struct sso_call *q, enum sso_error_id id)
{
	struct message *m = sso_error(q, id);
	str scope = id == SSO_SCOPE_INSUFFICIENT && q->endpoint->scopes
	                    ? str_fmt(q->arena, ", scope=\"%s\"", q->endpoint->scopes)
	                    : S("");
	headers_set(q->arena, &m->headers, S("WWW-Authenticate"),
	            id == SSO_NO_CREDENTIALS
	                    ? S("Bearer realm=\"UAA/oauth\"")
	                    : str_fmt(q->arena,
	                              "Bearer realm=\"UAA/oauth\", error=\"%.*s\", "
	                              "error_description=\"%.*s\"%.*s",
	                              STR(sso_error_code(id)),
	                              STR(sso_error_text(q->arena, id, STR_NONE)), STR(scope)));
	return m;
}

bool sso_may(const struct sso_call *q, const char *scopes)
{
	const struct strs *held = &q->bearer.scope;
	if (strs_have(held, S("uaa.admin")) ||
	    strs_have(held, str_fmt(q->arena, "zones.%.*s.admin", STR(q->sso->settings.zone))))
		return true;
	for (str rest = str_from_z(scopes); str_given(rest);)
		if (strs_have(held, str_cut(&rest, ' ')))
			return true;
	return false;
}

struct message *sso_may_not(struct sso_call *q)
{
	return bearer_refused(q, SSO_SCOPE_INSUFFICIENT);
}

/* The token of somebody who is gone, or inactive, is none. */
static err owner_look(struct sso_call *q, enum bearer_worth *worth)
{
	struct person p;
	if (*worth != BEARER_GOOD || !str_given(q->bearer.user_id))
		return DONE;
	err e = identity_person(q->arena, q->sso->identity, q->sso->settings.zone,
	                        q->bearer.user_id, &p);
	if (e.code != ERR_NOT_FOUND)
		return e;
	*worth = BEARER_REVOKED;
	return DONE;
}

/* RFC 6750 §2: "MUST NOT use more than one method". */
static enum sso_error_id presented(const struct sso_call *q, str *text)
{
	str authorization = sso_header(q, "authorization"), form = sso_form(q, "access_token");
	if (str_given(form) && str_given(authorization))
		return SSO_TOKEN_TWO_WAYS;
	*text = form;
	if (str_istarts(authorization, S("Bearer ")))
		*text = str_trim(str_sub(authorization, 7, STR_NPOS));
	return str_given(*text) ? SSO_FINE : SSO_NO_CREDENTIALS;
}

struct message *need_bearer(struct sso_call *q)
{
	enum bearer_worth worth;
	struct bearer_text t = { BEARER_ACCESS, STR_NONE, clock_ms() };
	enum sso_error_id wrong = presented(q, &t.text);
	if (wrong)
		return bearer_refused(q, wrong);
	err e = bearer_read(q->arena, &q->sso->bearers, &t, &q->bearer, &worth);
	if (!e.code)
		e = owner_look(q, &worth);
	if (e.code)
		return sso_trouble(q, e);
	if (worth != BEARER_GOOD)
		return bearer_refused(q, SSO_TOKEN_INVALID);
	return !q->endpoint->scopes || sso_may(q, q->endpoint->scopes) ? NULL : sso_may_not(q);
}
