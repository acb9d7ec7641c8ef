/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP exchange on a policy's behalf: waited for, or left to itself.
 * Invariant: a detached exchange reads its answer to the end, so that the connection can be used again.
 * Source: Apigee, "ServiceCallout policy". */
#include "policy/callout.h"

#include "base/log.h"
#include "flow/fault.h"
#include "http/uri.h"
#include "rt/fiber.h"
#include "rt/loop.h"
#include "rt/tls.h"

static err ask(struct arena *a, struct callout *c, deadline by, struct message **answer)
{
	bool usual = c->port == (c->tls ? 443U : 80U);
	struct http_origin origin = {
		.host = c->host,
		.port = c->port,
		.tls = c->tls,
		.expected_cn = c->expected_cn,
		.h2 = c->h2,
		.times = c->timeouts,
		.host_header = usual ? c->host : str_fmt(a, "%.*s:%u", STR(c->host), c->port),
	};
	c->why = HTTP_FAILED_NOT;
	TRY(http_fetch(a, &origin, c->request, by, answer, &c->why));
	str content;
	err e = message_content(a, *answer, CALLOUT_BODY_MAX, by, &content);
	if (e.code)
		c->why = HTTP_UNEXPECTED_END;
	return e;
}

struct turns {
	struct arena *arena;
	struct callout *callout;
	deadline by;
};

static err ask_server(void *self, struct balanced_server *s, struct message **answer,
                      enum http_failure *why)
{
	struct turns *t = self;
	struct callout *c = t->callout;
	must(str_given(s->uri.host));
	c->host = s->uri.host;
	c->port = s->uri.port;
	c->h2 = s->h2;
	c->tls = !s->uri.tls ? NULL : s->tls ? s->tls : c->usual;
	err e = ask(t->arena, c, t->by, answer);
	*why = c->why;
	return e;
}

err callout_send(struct arena *a, struct callout *c, deadline by, struct message **answer)
{
	if (!c->balancer)
		return ask(a, c, by, answer);
	struct turns turns = { a, c, by };
	str failed = STR_NONE;
	struct balanced_call call = { .balancer = c->balancer,
		                      .arena = a,
		                      .loop = loop_self(),
		                      .request = c->request,
		                      .until = by,
		                      .excused = c->excused,
		                      .ask = ask_server,
		                      .self = &turns,
		                      .failed = &failed };
	err e = balanced_call(&call, answer, &c->why);
	c->none = call.none;
	return e;
}

str callout_reason(const struct callout *c)
{
	if (c->none)
		return str_from_z(gateway_faults[NO_ACTIVE_TARGETS].string);
	switch (c->why) {
	case HTTP_CONNECT_REFUSED:
		return S("Connection refused");
	case HTTP_CONNECT_TIMEOUT:
		return S("Connection timed out");
	case HTTP_RESOLVE:
		return S("Host not reachable");
	case HTTP_TLS:
		return S("SSL Handshake failed");
	case HTTP_READ_TIMEOUT:
		return S("Read timed out");
	case HTTP_BAD_ANSWER:
	case HTTP_HEAD_TOO_BIG:
		return S("Invalid response");
	case HTTP_DENIED:
		return S("Host not allowed");
	case HTTP_REQUEST_BODY:
		return S("The request could not be read");
	case HTTP_FAILED_NOT:
	case HTTP_UNEXPECTED_END:
		break;
	}
	return S("Unexpected EOF at target");
}

struct detached {
	struct arena *arena;
	const struct proxy *proxy; /* held, and with it the balancer */
	struct tls_context *usual; /* held */
	struct callout call;
	int64_t timeout_ms;
};

static void end_detached(struct detached *d)
{
	struct arena *a = d->arena;
	tls_release(&d->usual);
	proxy_release(d->proxy);
	arena_destroy(&a);
}

static void run_detached(void *arg)
{
	struct detached *d = arg;
	struct message *answer;
	err e = callout_send(d->arena, &d->call, deadline_in(d->timeout_ms), &answer);
	if (e.code)
		log_warn("detached_callout_failed", LOG_STR("host", d->call.host),
		         LOG_Z("error", err_word(e.code)),
		         LOG_STR("reason", callout_reason(&d->call)));
	end_detached(d);
}

static struct message *copy_request(struct arena *a, const struct message *m)
{
	struct message *out = message_request(a, str_dup(a, m->verb), str_dup(a, m->path));
	out->query = str_dup(a, m->query);
	for (size_t i = 0; i < m->headers.n; i++)
		headers_add(a, &out->headers, str_dup(a, m->headers.v[i].name),
		            str_dup(a, m->headers.v[i].value));
	out->body = m->body;
	out->body.bytes = str_dup(a, m->body.bytes);
	return out;
}

err callout_detach(struct loop *loop, const struct proxy *proxy, const struct callout *c,
                   int64_t timeout_ms)
{
	struct arena *a = arena_create(0, 0);
	struct detached *d = arena_new(a, struct detached);
	*d = (struct detached){ a, proxy, c->usual, *c, timeout_ms };
	d->call.host = str_dup(a, c->host);
	d->call.expected_cn = str_dup(a, c->expected_cn);
	d->call.request = copy_request(a, c->request);
	d->call.excused = NEVER;
	proxy_hold(proxy);
	if (d->usual)
		tls_hold(d->usual);
	err e = fiber_start(loop, run_detached, d);
	if (e.code)
		end_detached(d);
	return e;
}
