/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the OAuth2 service from its first byte to its answer: route, needs, handler.
 * Every answer carries the same security headers, whoever made it.
 * Source: oauth2-service reference, 1.2, 4.3. */
#include "sso/endpoints.h"

enum { ANSWER_MS = 120000 };

static const struct sso_route routes[] = {
#define ROUTE(verb, pattern, needs, scopes, fn) { #verb, pattern, needs, scopes, endpoint_##fn },
#include "sso/routes.def"
#undef ROUTE
};

/* In the order in which they are looked at. */
static const struct {
	unsigned need;
	struct message *(*check)(struct sso_call *);
} needs[] = {
	{ NEED_FORM, need_form },       { NEED_CLIENT, need_client }, { NEED_BEARER, need_bearer },
	{ NEED_SESSION, need_session }, { NEED_CSRF, need_csrf },     { NEED_JSON, need_json },
};

static bool path_take(struct sso_call *q, str path)
{
	str rest = str_sub(path, 1, STR_NPOS);
	while (str_given(rest)) {
		str part = percent_decode(q->arena, str_cut(&rest, '/'), false);
		if (!part.n && !str_given(rest)) /* a slash at the end */
			break;
		if (q->n_segments == SSO_SEGMENTS || !part.n || str_find_char(part, 0) != STR_NPOS)
			return false;
		q->segments[q->n_segments++] = part;
	}
	return true;
}

static bool pattern_fits(const struct sso_call *q, const char *pattern)
{
	size_t i = 0;
	for (str rest = str_from_z(pattern + 1); str_given(rest) && rest.n; i++) {
		str part = str_cut(&rest, '/');
		if (i == q->n_segments || (part.p[0] != '{' && !str_eq(part, q->segments[i])))
			return false;
	}
	return i == q->n_segments;
}

/* The route, or the answer when there is none. */
static struct message *route_find(struct sso_call *q)
{
	struct buf allowed = buf_in(q->arena);
	str verb = q->call->request->verb;
	for (size_t i = 0; i < sizeof routes / sizeof *routes && !q->route; i++) {
		if (!pattern_fits(q, routes[i].pattern))
			continue;
		if (str_eq(verb, str_from_z(routes[i].verb)) ||
		    (str_eq(verb, S("HEAD")) && routes[i].verb[0] == 'G'))
			q->route = &routes[i];
		buf_fmt(&allowed, "%s%s", allowed.n ? ", " : "", routes[i].verb);
	}
	if (q->route)
		return NULL;
	if (!allowed.n)
		return sso_error_about(q, SSO_NO_ENDPOINT, q->call->request->path);
	struct message *m = sso_error_about(q, SSO_METHOD, verb);
	headers_set(q->arena, &m->headers, S("Allow"), buf_str(&allowed));
	return m;
}

static struct message *answer_of(struct sso_call *q)
{
	struct message *m;
	if (!path_take(q, q->call->request->path))
		return sso_error_about(q, SSO_NO_ENDPOINT, q->call->request->path);
	if (form_read(q->arena, q->call->request->query, &q->query).code)
		return sso_error(q, SSO_BODY_SIZE);
	if ((m = route_find(q)))
		return m;
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		if (q->route->needs & needs[i].need && (m = needs[i].check(q)))
			return m;
	return q->route->answer(q);
}

/* No page of ours belongs into a frame, no answer is to be guessed at. */
static void protect(struct sso_call *q, struct message *m)
{
	headers_set(q->arena, &m->headers, S("X-Frame-Options"), S("DENY"));
	headers_set(q->arena, &m->headers, S("X-Content-Type-Options"), S("nosniff"));
	headers_set(q->arena, &m->headers, S("Referrer-Policy"), S("no-referrer"));
	if (str_starts(q->sso->settings.url, S("https:")))
		headers_set(q->arena, &m->headers, S("Strict-Transport-Security"),
		            S("max-age=31536000"));
}

void sso_serve(struct http_call *call)
{
	const struct sso *sso = call->arg;
	struct sso_call q = { .arena = call->arena, .call = call, .sso = sso, .store = sso->store };
	struct message *m = answer_of(&q);
	protect(&q, m);
	if (http_answer(call, m, deadline_in(ANSWER_MS)).code)
		return; /* the client has gone */
}
