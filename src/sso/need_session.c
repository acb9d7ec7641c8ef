/* SPDX-License-Identifier: Apache-2.0 */
/* The needs of pages: somebody who is logged in, and a form that came from our own page.
 * Who is not logged in is led to the login and back; a form from elsewhere is led to the start.
 * Source: oauth2-service reference, 2.5, 4.3. */
#include "sso/session.h"

struct message *sso_redirect(struct sso_call *q, str path)
{
	struct message *m = message_response(q->arena, 303);
	headers_set(q->arena, &m->headers, S("Location"),
	            str_fmt(q->arena, "%.*s%.*s", STR(q->sso->settings.url), STR(path)));
	headers_set(q->arena, &m->headers, S("Cache-Control"), S("no-store"));
	return m;
}

struct message *need_session(struct sso_call *q)
{
	const struct message *r = q->call->request;
	err e = session_find(q, &q->session);
	if (e.code)
		return sso_trouble(q, e);
	if (q->session)
		return NULL;
	if (sso_wants_json(q))
		return sso_error(q, SSO_NO_CREDENTIALS);
	if (!str_eq(r->verb, S("GET"))) /* where to go back to would be a form's answer */
		return sso_redirect(q, S("/login"));
	str here = str_given(r->query) ? str_fmt(q->arena, "%.*s?%.*s", STR(r->path), STR(r->query))
	                               : r->path;
	return sso_redirect(
		q, str_fmt(q->arena, "/login?return_to=%.*s", STR(percent_encode(q->arena, here))));
}

struct message *need_csrf(struct sso_call *q)
{
	if (csrf_fits(q))
		return NULL;
	return sso_redirect(q, q->session ? S("/invalid_request")
	                                  : S("/login?error=invalid_login_request"));
}
