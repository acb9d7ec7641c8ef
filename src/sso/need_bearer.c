/* SPDX-License-Identifier: Apache-2.0 */
/* The need for an access token, with one of the route's scopes.
 * The token comes in the Authorization header alone: never in a URL or a form.
 * Source: RFC 6750; oauth2-service reference, 3.10. */
#include "sso/call.h"

static struct message *refused(struct sso_call *q, enum sso_error_id id, const char *error)
{
	struct message *m = sso_error(q, id);
	headers_set(q->arena, &m->headers, S("WWW-Authenticate"),
	            error ? str_fmt(q->arena, "Bearer realm=\"UAA/oauth\", error=\"%s\"", error)
	                  : S("Bearer realm=\"UAA/oauth\""));
	return m;
}

/* One of the words, or the zone's administrator. */
static bool may(struct sso_call *q)
{
	const struct strs *held = &q->bearer.scope;
	if (!q->route->scopes || strs_have(held, S("uaa.admin")) ||
	    strs_have(held, str_fmt(q->arena, "zones.%.*s.admin", STR(q->sso->settings.zone))))
		return true;
	for (str rest = str_from_z(q->route->scopes); str_given(rest);)
		if (strs_have(held, str_cut(&rest, ' ')))
			return true;
	return false;
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
	if (e.code)
		return sso_trouble(q, e);
	if (worth != BEARER_GOOD)
		return refused(q, SSO_TOKEN_INVALID, "invalid_token");
	return may(q) ? NULL : refused(q, SSO_SCOPE_INSUFFICIENT, "insufficient_scope");
}
