/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the OAuth2 service from its first byte to its answer: route, needs, handler.
 * Every answer carries the same security headers, whoever made it.
 * Source: oauth2-service reference, 1.2, 4.3. */
#include "sso/endpoints.h"

enum { ANSWER_MS = 120000 };

static const struct route rows[] = {
#define ROUTE(verb, pattern, needs, ...) { #verb, pattern, ((needs)&GET_CHANGES) != 0 },
#include "sso/routes.def"
#undef ROUTE
};

/* What answers each row. */
static const struct endpoint endpoints[] = {
#define ROUTE(verb, pattern, needs, scopes, fn) { needs, scopes, endpoint_##fn },
#include "sso/routes.def"
#undef ROUTE
};

const struct routes *sso_routes(struct arena *a)
{
	return routes_compile(a, rows, sizeof rows / sizeof *rows);
}

/* In the order in which they are looked at. */
static const struct {
	unsigned need;
	struct message *(*check)(struct sso_call *);
} needs[] = {
	{ NEED_FORM, need_form },       { NEED_CLIENT, need_client }, { NEED_BEARER, need_bearer },
	{ NEED_SESSION, need_session }, { NEED_CSRF, need_csrf },     { NEED_JSON, need_json },
};

/* The answer when there is no endpoint, or NULL. */
static struct message *endpoint_find(struct sso_call *q)
{
	const struct message *r = q->call->request;
	str allow = STR_NONE;
	if (route_cut(q->arena, r->path, &q->route) &&
	    route_find(q->arena, q->sso->routes, r, &q->route, &allow)) {
		q->endpoint = &endpoints[q->route.row];
		return NULL;
	}
	if (!str_given(allow))
		return sso_error_about(q, SSO_NO_ENDPOINT, r->path);
	struct message *m = sso_error_about(q, SSO_METHOD, r->verb);
	headers_set(q->arena, &m->headers, S("Allow"), allow);
	return m;
}

static struct message *answer_of(struct sso_call *q)
{
	struct message *m = endpoint_find(q);
	if (m)
		return m;
	if (form_read(q->arena, q->call->request->query, &q->query).code)
		return sso_error(q, SSO_BODY_SIZE);
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		if (q->endpoint->needs & needs[i].need && (m = needs[i].check(q)))
			return m;
	return q->endpoint->answer(q);
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
