/* SPDX-License-Identifier: Apache-2.0 */
/* The need for an access token, with one of the route's scopes.
 * The token comes in the Authorization header alone: never in a URL or a form.
 * Source: RFC 6750; oauth2-service reference, 3.10. */
#include "identity/login.h"
#include "sso/call.h"

static struct message *refused(struct sso_call *q, enum sso_error_id id, const char *error)
{
	struct message *m = sso_error(q, id);
	headers_set(q->arena, &m->headers, S("WWW-Authenticate"),
	            error ? str_fmt(q->arena, "Bearer realm=\"UAA/oauth\", error=\"%s\"", error)
	                  : S("Bearer realm=\"UAA/oauth\""));
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
	return refused(q, SSO_SCOPE_INSUFFICIENT, "insufficient_scope");
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

struct message *need_bearer(struct sso_call *q)
{
	str authorization = sso_header(q, "authorization");
	enum bearer_worth worth;
	if (!str_istarts(authorization, S("Bearer ")))
		return refused(q, SSO_NO_CREDENTIALS, NULL);
	struct bearer_text t = { BEARER_ACCESS, str_trim(str_sub(authorization, 7, STR_NPOS)),
		                 clock_ms() };
	err e = bearer_read(q->arena, &q->sso->bearers, &t, &q->bearer, &worth);
	if (!e.code)
		e = owner_look(q, &worth);
	if (e.code)
		return sso_trouble(q, e);
	if (worth != BEARER_GOOD)
		return refused(q, SSO_TOKEN_INVALID, "invalid_token");
	return !q->route->scopes || sso_may(q, q->route->scopes) ? NULL : sso_may_not(q);
}
