/* SPDX-License-Identifier: Apache-2.0 */
/* Calling the target: URL, suffix, query and headers go out, the answer's head comes back.
 * The client's Host never reaches a target; bodies stream unless a policy read them.
 * Source: Apigee, "Endpoint properties reference", "Runtime error catalog". */
#include "flow/balancer.h"
#include "flow/run.h"
#include "http/client.h"

str target_join_path(struct arena *arena, str base, str suffix)
{
	if (!base.n)
		base = S("/");
	if (!suffix.n)
		return base;
	if (str_ends(base, S("/")) && str_starts(suffix, S("/")))
		base.n--;
	if (!base.n)
		return suffix;
	char *p = arena_alloc(arena, base.n + suffix.n, 1);
	memcpy(p, base.p, base.n);
	memcpy(p + base.n, suffix.p, suffix.n);
	return str_from(p, base.n + suffix.n);
}

str target_join_query(struct arena *arena, str own, str client)
{
	if (!own.n)
		return client;
	return client.n ? str_fmt(arena, "%.*s&%.*s", STR(own), STR(client)) : own;
}

static void join(struct exchange *x)
{
	const struct target_endpoint *t = x->target;
	bool suffix = t->props.copy_pathsuffix && !x->no_copy_pathsuffix;
	bool query = t->props.copy_queryparams && !x->no_copy_queryparams;
	x->target_path =
		target_join_path(x->arena, x->target_uri.path, suffix ? x->path_suffix : S(""));
	str client = retain_query(x->arena, query ? x->request->query : STR_NONE, &t->props.query);
	x->target_query = target_join_query(x->arena, x->target_uri.query, client);
}

static bool evaluate(struct exchange *x, str url)
{
	if (uri_parse(url, &x->target_uri).code)
		return false;
	join(x);
	return true;
}

/* The URL that a policy set, or the endpoint's own. */
static bool evaluate_own(struct exchange *x)
{
	const struct target_endpoint *t = x->target;
	if (str_given(x->target_url))
		return evaluate(x, x->target_url);
	if (!t->fixed)
		return t->url && evaluate(x, template_render(t->url, &x->scope, NULL));
	x->target_uri = *t->fixed;
	join(x);
	return true;
}

/* Shallow: the header array is shared, until somebody edits it.  Host is the origin's affair. */
struct message request_for_target(struct exchange *x, str path, str query)
{
	struct message m = *x->request;
	m.path = path;
	m.query = query;
	m.headers = retain_headers(x->arena, &m.headers, &x->target->props.request_headers);
	m.headers = hop_headers(x, &m.headers);
	m.tunnel = x->target->props.http10 ? NULL : x->call->tunnel;
	return m;
}

static const int failure_faults[] = {
	[HTTP_FAILED_NOT] = SERVICE_UNAVAILABLE,
	[HTTP_CONNECT_REFUSED] = SERVICE_UNAVAILABLE,
	[HTTP_CONNECT_TIMEOUT] = SERVICE_UNAVAILABLE,
	[HTTP_RESOLVE] = SERVICE_UNAVAILABLE,
	[HTTP_TLS] = SSL_HANDSHAKE_FAILED,
	[HTTP_READ_TIMEOUT] = GATEWAY_TIMEOUT,
	[HTTP_UNEXPECTED_END] = UNEXPECTED_EOF,
	[HTTP_BAD_ANSWER] = BAD_GATEWAY,
	[HTTP_HEAD_TOO_BIG] = TOO_BIG_HEADERS,
	[HTTP_DENIED] = SERVICE_UNAVAILABLE,
	[HTTP_REQUEST_BODY] = BAD_REQUEST_BODY,
};

static enum verdict failed(struct exchange *x, err e, enum http_failure why)
{
	x->client_gone |= e.code == ERR_CANCELED;
	if (e.code == ERR_TIMEOUT && deadline_passed(x->deadline))
		return fault_raise(x, &gateway_faults[API_TIMED_OUT]);
	if (e.code == ERR_TIMEOUT && why == HTTP_REQUEST_BODY)
		return fault_raise(x, &gateway_faults[REQUEST_TIMEOUT]);
	if (x->undecodable[MESSAGE_REQUEST])
		return content_failed(x, x->request, e);
	return fault_raise(x, &gateway_faults[failure_faults[why]]);
}

static enum verdict judge(struct exchange *x)
{
	const struct target_properties *p = &x->target->props;
	struct message *r = x->response;
	if (r->status == 405 && !p->allow_405_without_allow &&
	    !str_given(headers_get(&r->headers, S("Allow")))) {
		x->response = NULL;
		return fault_raise(x, &gateway_faults[RESPONSE_405_WITHOUT_ALLOW]);
	}
	str twice = hop_repeated(&r->headers, &x->endpoint->repeatable);
	if (str_given(twice)) {
		x->response = NULL;
		return fault_raise(x, &gateway_faults[DUPLICATE_HEADER_RESPONSE], STR(twice));
	}
	r->headers = retain_headers(x->arena, &r->headers, &p->response_headers);
	if (target_succeeded(p, r->status))
		return CONTINUE;
	fault_raise(x, &gateway_faults[ERROR_RESPONSE_CODE]);
	x->raised.status = r->status;
	x->raised.string = r->reason;
	x->raised.from_target = true;
	return FAULT;
}

/* Nothing was called, and the fault says why. */
static err not_called(struct exchange *x, int fault)
{
	if (!x->fault_pending)
		fault_raise(x, &gateway_faults[fault]);
	return FAIL(ERR_SYNTAX);
}

/* What the endpoint wants of the body; in HTTP/1.0 its length must be known before it is sent. */
static err prepare(struct exchange *x, struct message *m)
{
	str ignored;
	TRY(compress_request(x, m));
	if (!x->target->props.http10 || m->body.kind != BODY_STREAM || m->body.length >= 0)
		return DONE;
	m->headers = headers_copy(x->arena, &m->headers, 1);
	return message_content(x->arena, m, content_max(x, m), x->deadline, &ignored);
}

/* One request to x->target_uri. */
static err call_once(struct exchange *x, struct tls_context *tls, enum http_failure *why)
{
	const struct uri *uri = &x->target_uri;
	const struct target_properties *p = &x->target->props;
	struct http_origin origin = { .host = uri->host,
		                      .host_hash = uri->host_hash,
		                      .port = uri->port,
		                      .h2 = x->target_server && x->target_server->h2,
		                      .peer_ip = &x->target_ip,
		                      .peer = &x->target_peer };
	origin.host_header =
		str_given(x->target_host_header) ? x->target_host_header : uri->authority;
	if (uri->tls)
		origin.tls = tls ? tls : x->tls;
	origin.expected_cn = x->target_expected_cn;
	if (!p->response_headers.off) /* none passes by the list of what may pass */
		origin.interim = x->call->interim;
	origin.http10 = p->http10;
	origin.times = (struct http_timeouts){ p->connect_ms, p->io_ms, p->keep_ms };
	struct message m = request_for_target(x, x->target_path, x->target_query);
	*why = HTTP_FAILED_NOT;
	err e = prepare(x, &m);
	if (e.code) {
		content_failed(x, x->request, e);
		return e;
	}
	e = http_fetch(x->arena, &origin, &m, x->deadline, &x->response, why);
	x->response = e.code ? NULL : x->response;
	return e;
}

/* ---- a target server among several ---- */

static bool evaluate_server(struct exchange *x, const struct balanced_server *s)
{
	const struct template *path = x->target->balancer->path;
	if (path)
		return evaluate(x,
		                balanced_url(x->arena, s, template_render(path, &x->scope, NULL)));
	x->target_uri = s->uri;
	join(x);
	return str_given(s->uri.host);
}

static err ask_server(void *self, struct balanced_server *s, struct message **answer,
                      enum http_failure *why)
{
	struct exchange *x = self;
	x->target_server = s;
	if (!evaluate_server(x, s) || x->fault_pending)
		return not_called(x, TARGET_MISSING); /* the path's doing, no server's */
	err e = call_once(x, s->tls, why);
	*answer = x->response;
	return e;
}

static err call_balanced(struct exchange *x, enum http_failure *why)
{
	struct balanced_call c = { .balancer = x->target->balancer,
		                   .arena = x->arena,
		                   .loop = x->loop,
		                   .request = x->request,
		                   .until = x->deadline,
		                   .excused = x->deadline,
		                   .ask = ask_server,
		                   .self = x,
		                   .failed = &x->failed_servers };
	struct message *answer = NULL;
	err e = balanced_call(&c, &answer, why);
	return c.none ? not_called(x, NO_ACTIVE_TARGETS) : e;
}

/* ---- the whole ---- */

static err call(struct exchange *x, enum http_failure *why)
{
	if (x->target->local && !str_given(x->target_url)) {
		call_local(x);
		return DONE;
	}
	if (x->target->balancer && !str_given(x->target_url))
		return call_balanced(x, why);
	if (!evaluate_own(x))
		return not_called(x, TARGET_MISSING);
	return call_once(x, x->target->tls, why);
}

enum verdict call_target(struct exchange *x)
{
	enum http_failure why = HTTP_FAILED_NOT;
	if (!hop_passes(x))
		return RESPOND;
	x->target_sent_start_ms = loop_utc_ms(x->loop);
	err e = call(x, &why);
	x->target_sent_end_ms = x->target_received_start_ms = x->target_received_end_ms =
		loop_utc_ms(x->loop);
	if (x->request->body.kind == BODY_STREAM)
		x->request->body = (struct body){ 0 }; /* it went by */
	if (x->fault_pending)
		return FAULT;
	if (e.code)
		return failed(x, e, why);
	x->segment = SEG_TARGET_RESPONSE;
	return judge(x);
}
