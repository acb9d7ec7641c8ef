/* SPDX-License-Identifier: Apache-2.0 */
/* One request to a LoadBalancer: whose turn it is, what came of it, and who is asked next.
 * What may have reached one server is sent to another only where twice is as good as once.
 * Source: flow/balancer.h; RFC 9110 §9.2.2. */
#include "flow/balancer.h"
#include "rt/loop.h"

str balanced_url(struct arena *a, const struct balanced_server *s, str path)
{
	const char *slash = path.n && path.p[0] != '/' ? "/" : "";
	return str_fmt(a, "%.*s%s%.*s", STR(s->uri.text), slash, STR(path));
}

static void call_is_over(void *active)
{
	atomic_fetch_sub_explicit((_Atomic(uint64_t) *)active, 1, memory_order_relaxed);
}

static err ask(struct balanced_call *c, struct balanced_server *s, struct message **answer,
               enum http_failure *why)
{
	bool counts = c->balancer->algorithm == BALANCE_LEAST_CONNECTIONS;
	if (counts)
		atomic_fetch_add_explicit(&s->active, 1, memory_order_relaxed);
	err e = c->ask(c->self, s, answer, why);
	if (counts && !e.code && (*answer)->body.kind == BODY_STREAM)
		arena_defer(c->arena, call_is_over, &s->active); /* its last byte comes later */
	else if (counts)
		call_is_over(&s->active);
	return e;
}

/* Whose failure it is: the client's, or a deadline of the proxy's own, is no server's. */
static bool server_failed(const struct balanced_call *c, err e, const struct message *answer,
                          enum http_failure why)
{
	if (!e.code)
		return codes_have(&c->balancer->unhealthy, answer->status);
	return why != HTTP_FAILED_NOT && why != HTTP_REQUEST_BODY && !deadline_passed(c->excused);
}

/* A body that streams has gone by. */
static bool may_go_elsewhere(const struct balanced_call *c, bool streams, enum http_failure why)
{
	if (!c->balancer->retry || streams || deadline_passed(c->until))
		return false;
	if (why == HTTP_CONNECT_REFUSED || why == HTTP_CONNECT_TIMEOUT || why == HTTP_RESOLVE ||
	    why == HTTP_TLS || why == HTTP_DENIED)
		return true; /* nothing of it was sent */
	return http_idempotent(c->request->verb);
}

static void note_failure(struct balanced_call *c, struct balanced_server *s)
{
	balancer_failed(c->balancer, s, loop_now_ms(c->loop));
	*c->failed = c->failed->n ? str_fmt(c->arena, "%.*s,%.*s", STR(*c->failed), STR(s->name))
	                          : s->name;
}

err balanced_call(struct balanced_call *c, struct message **answer, enum http_failure *why)
{
	struct balancer *b = c->balancer;
	bool streams = c->request->body.kind == BODY_STREAM;
	struct balanced_server *s = balancer_pick(b, 0, loop_now_ms(c->loop));
	uint64_t tried = 0;
	err e = DONE;
	*why = HTTP_FAILED_NOT;
	c->none = !s;
	if (!s)
		return FAIL(ERR_NOT_FOUND);
	while (s) {
		tried |= (uint64_t)1 << (s - b->v);
		e = ask(c, s, answer, why);
		if (!server_failed(c, e, *answer, *why)) {
			if (!e.code)
				balancer_answered(s);
			break;
		}
		note_failure(c, s);
		bool again = may_go_elsewhere(c, streams, *why);
		s = again ? balancer_pick(b, tried, loop_now_ms(c->loop)) : NULL;
	}
	return e;
}
