/* SPDX-License-Identifier: Apache-2.0 */
/* One management call from its first byte to its answer: route, who, may they, handler, audit.
 * A change is answered when this node has applied it, so the caller's next request sees it.
 * Source: Apigee Edge management API; house ("the walk of a request"). */
#include "base/log.h"
#include "identity/login.h"
#include "management/resources.h"
#include "store/audit.h"
#include "store/feed.h"

enum { SETTLE_MS = 5000, ANSWER_MS = 120000 };

/* Who may ask for it: users with a role, anybody, or as the operator says. */
enum guard { GUARD_ROLE, GUARD_NONE, GUARD_METRICS };

static const struct route rows[] = {
#define OPERATION(verb, pattern, ...) { #verb, pattern, false },
#define ROUTE(verb, pattern, ...) { #verb, "/v1" pattern, false },
#include "management/routes.def"
#undef OPERATION
#undef ROUTE
};

/* What answers each row. */
static const struct {
	enum guard guard;
	struct message *(*answer)(struct api *);
} resources[] = {
#define OPERATION(verb, pattern, guard, fn) { guard, fn },
#define ROUTE(verb, pattern, fn) { GUARD_ROLE, fn },
#include "management/routes.def"
#undef OPERATION
#undef ROUTE
};

const struct routes *management_routes(struct arena *a)
{
	return routes_compile(a, rows, sizeof rows / sizeof *rows);
}

/* The answer when there is no resource, or NULL. */
static struct message *resource_find(struct api *q)
{
	const struct message *r = q->call->request;
	str allow = STR_NONE;
	if (route_cut(q->arena, r->path, &q->route)) {
		route_expand(&q->route, 1, S("o"), S("organizations"));
		route_expand(&q->route, 3, S("e"), S("environments"));
		if (route_find(q->arena, q->m->routes, r, &q->route, &allow))
			return NULL;
	}
	if (!str_given(allow))
		return answer_error(q, 404, "management.NoSuchResource",
		                    "There is no resource %.*s", STR(r->path));
	struct message *m = answer_error(q, 405, "management.MethodNotAllowed",
	                                 "%.*s is not allowed here", STR(r->verb));
	headers_set(q->arena, &m->headers, S("Allow"), allow);
	return m;
}

static struct message *unauthorized(struct api *q)
{
	struct message *m =
		answer_error(q, 401, "management.Unauthorized",
	                     "Unauthorized: give the e-mail address and password of a user, "
	                     "or an access token");
	headers_set(q->arena, &m->headers, S("WWW-Authenticate"), S("Basic realm=\"management\""));
	return m;
}

/* A person's access token, of a person who is still there. */
static err by_token(struct api *q, str text)
{
	struct bearer b;
	enum bearer_worth worth;
	struct person person;
	struct bearer_text t = { BEARER_ACCESS, text, clock_ms() };
	TRY(bearer_read(q->arena, q->m->bearers, &t, &b, &worth));
	if (worth != BEARER_GOOD || !str_given(b.user_id))
		return FAIL(ERR_DENIED);
	err e = identity_person(q->arena, q->m->identity, q->m->bearers->zone, b.user_id, &person);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? FAIL(ERR_DENIED) : e;
	q->who.key = person.user.key;
	return DONE;
}

static err recognise(struct api *q)
{
	str authorization = headers_get(&q->call->request->headers, S("authorization"));
	if (str_istarts(authorization, S("Bearer ")))
		return by_token(q, str_trim(str_sub(authorization, 7, STR_NPOS)));
	return identity_basic(q->arena, q->m->identity, authorization, &q->who);
}

/* The answer to who may not, or NULL. */
static struct message *stopped(struct api *q)
{
	err e = recognise(q);
	if (e.code == ERR_DENIED)
		return unauthorized(q);
	if (!e.code && str_given(q->org))
		e = identity_may(q->arena, q->m->identity, &q->who, q->org, !q->route.safe);
	if (e.code == ERR_DENIED)
		return answer_error(q, 403, "management.Forbidden",
		                    "User %.*s may not %s in organization %.*s",
		                    STR(q->who.key.name),
		                    q->route.safe ? "read" : "change anything", STR(q->org));
	return e.code ? answer_trouble(q, e) : NULL;
}

static bool guarded(const struct api *q)
{
	enum guard guard = resources[q->route.row].guard;
	return guard == GUARD_ROLE || (guard == GUARD_METRICS && !q->m->operations.metrics_public);
}

/* Apigee's word for what a verb did. */
static str operation(const struct api *q, unsigned status)
{
	if (str_eq(q->call->request->verb, S("DELETE")))
		return S("DELETE");
	return status == 201 ? S("CREATE") : S("UPDATE");
}

static struct message *recorded(struct api *q, struct message *answer)
{
	struct audit_record record = {
		.operation = operation(q, answer->status),
		.request = q->call->request->verb,
		.request_uri = q->request_uri,
		.user = q->who.key.name,
		.response_code = str_fmt(q->arena, "%u", answer->status),
	};
	err e = audit_add(q->store, q->org, &record);
	if (e.code)
		log_error("audit_lost", LOG_STR("uri", q->request_uri),
		          LOG_Z("why", err_word(e.code)));
	e = feed_settle(q->store, deadline_in(SETTLE_MS));
	if (e.code) /* committed all the same: the gateway catches up */
		log_warn("change_not_applied_yet", LOG_STR("uri", q->request_uri));
	return answer;
}

static struct message *answer_of(struct api *q)
{
	const struct message *r = q->call->request;
	str accept = headers_get(&r->headers, S("accept"));
	struct message *m, *stop = NULL;
	q->xml = str_istarts(accept, S("application/xml")) || str_istarts(accept, S("text/xml"));
	if ((m = resource_find(q))) { /* strangers are told of none below /v1 */
		if (q->route.n && str_eq(q->route.segments[0], S("v1")))
			stop = stopped(q);
		return stop ? stop : m;
	}
	if ((m = api_pairs(q, "management.InvalidQuery", r->query, &q->query)))
		return m;
	q->org = route_param(&q->route, "org");
	q->env = route_param(&q->route, "env");
	q->request_uri = route_shown(q->arena, &q->route);
	if (guarded(q) && (m = stopped(q)))
		return m;
	m = resources[q->route.row].answer(q);
	return q->route.safe || m->status >= 400 ? m : recorded(q, m);
}

void management_serve(struct http_call *call)
{
	const struct management *m = call->arg;
	struct api q = { .arena = call->arena, .call = call, .m = m, .store = m->store };
	if (http_answer(call, answer_of(&q), deadline_in(ANSWER_MS)).code)
		return; /* the client has gone */
}
