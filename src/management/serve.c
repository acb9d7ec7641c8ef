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

static const struct route routes[] = {
#define ROUTE(verb, pattern, fn) { #verb, pattern, fn },
#include "management/routes.def"
#undef ROUTE
};

/* Cuts the path after /v1 and spells the short forms out. */
static bool path_take(struct api *q, str path)
{
	str rest = str_sub(path, 1, STR_NPOS);
	if (!str_starts(path, S("/")) || !str_eq(str_cut(&rest, '/'), S("v1")))
		return false;
	while (str_given(rest)) {
		str part = percent_decode(q->arena, str_cut(&rest, '/'), false);
		if (!part.n && !str_given(rest)) /* a slash at the end */
			break;
		if (q->n_segments == API_SEGMENTS || !part.n || str_find_char(part, 0) != STR_NPOS)
			return false;
		if (q->n_segments == 0 && str_eq(part, S("o")))
			part = S("organizations");
		if (q->n_segments == 2 && str_eq(part, S("e")))
			part = S("environments");
		q->segments[q->n_segments++] = part;
	}
	return true;
}

static bool pattern_fits(const struct api *q, const char *pattern)
{
	size_t i = 0;
	for (str rest = str_from_z(pattern + 1); str_given(rest); i++) {
		str part = str_cut(&rest, '/');
		if (i == q->n_segments || (part.p[0] != '{' && !str_eq(part, q->segments[i])))
			return false;
	}
	return i == q->n_segments;
}

/* The route, or the answer when there is none. */
static struct message *route_find(struct api *q)
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
		return answer_error(q, 404, "management.NoSuchResource",
		                    "There is no resource %.*s", STR(q->call->request->path));
	struct message *m = answer_error(q, 405, "management.MethodNotAllowed",
	                                 "%.*s is not allowed here", STR(verb));
	headers_set(q->arena, &m->headers, S("Allow"), buf_str(&allowed));
	return m;
}

/* Organization and environment, and the URI as the audit may show it. */
static void path_read(struct api *q)
{
	struct buf uri = buf_in(q->arena);
	size_t i = 0;
	buf_add(&uri, S("/v1"));
	for (str rest = str_from_z(q->route->pattern + 1); str_given(rest); i++) {
		str part = str_cut(&rest, '/');
		if (str_eq(part, S("{org}")))
			q->org = q->segments[i];
		if (str_eq(part, S("{env}")))
			q->env = q->segments[i];
		bool masked = part.p[part.n - 1] == '}' && part.p[part.n - 2] == '!';
		buf_fmt(&uri, "/%.*s",
		        STR(masked ? S("***") : percent_encode(q->arena, q->segments[i])));
	}
	q->request_uri = buf_str(&uri);
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

static bool reads_only(const struct api *q)
{
	return str_eq(q->call->request->verb, S("GET")) ||
	       str_eq(q->call->request->verb, S("HEAD"));
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
		e = identity_may(q->arena, q->m->identity, &q->who, q->org, !reads_only(q));
	if (e.code == ERR_DENIED)
		return answer_error(q, 403, "management.Forbidden",
		                    "User %.*s may not %s in organization %.*s",
		                    STR(q->who.key.name),
		                    reads_only(q) ? "read" : "change anything", STR(q->org));
	return e.code ? answer_trouble(q, e) : NULL;
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
	struct message *m;
	q->xml = str_istarts(accept, S("application/xml")) || str_istarts(accept, S("text/xml"));
	if ((m = operations_answer(q, stopped)))
		return m;
	if (!path_take(q, r->path))
		return answer_error(q, 404, "management.NoSuchResource",
		                    "There is no resource %.*s", STR(r->path));
	if (form_read(q->arena, r->query, &q->query).code)
		return answer_error(q, 400, "management.InvalidQuery",
		                    "The query has too many parameters");
	if ((m = route_find(q))) {
		struct message *stop = stopped(q); /* strangers are told of no resource */
		return stop ? stop : m;
	}
	path_read(q);
	if ((m = stopped(q)))
		return m;
	m = q->route->answer(q);
	return reads_only(q) || m->status >= 400 ? m : recorded(q, m);
}

void management_serve(struct http_call *call)
{
	const struct management *m = call->arg;
	struct api q = { .arena = call->arena, .call = call, .m = m, .store = m->store };
	if (http_answer(call, answer_of(&q), deadline_in(ANSWER_MS)).code)
		return; /* the client has gone */
}
