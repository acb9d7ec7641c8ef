/* SPDX-License-Identifier: Apache-2.0 */
/* Flow variables: every family read, written, and refused, through names bound at deploy time.
 * A row is a name and what it must be.
 * Source: Apigee, "Flow variables reference". */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "flow/exchange.h"
#include "flow/snapshot.h"
#include "rt/sock.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct fixture {
	struct arena *arena;
	struct loop *loop;
	struct sock *sock;
	int client;
	struct http_call call;
	struct exchange x;
	struct proxy_endpoint endpoint;
	struct proxy *proxy;
	struct snapshot *snapshot;
	struct target_endpoint target;
	struct route_rule route;
};

struct template {
	str text;
};
str template_render(const struct template *t, struct scope *s, str *unresolved)
{
	(void)s, (void)unresolved;
	return t->text;
}

static struct value get(struct scope *s, const struct flowvar *v) { return vars_get((struct exchange *)s, v); }

/* A loopback connection, so that addresses are real. */
static void connect_pair(struct fixture *f)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int l = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(l, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(getsockname(l, (struct sockaddr *)&a, &n), 0);
	f->client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(f->client, (struct sockaddr *)&a, n), 0);
	f->sock = sock_accepted(f->loop, accept(l, NULL, NULL), NULL);
	close(l);
}

static struct message *a_request(struct arena *a)
{
	struct message *m = message_request(a, S("POST"), S("/vars/p/q"));
	m->query = S("a=1&a=2&b=x%20y&c&d+e=+&&=z");
	static const struct header headers[] = {
		{ S_INIT("Host"), S_INIT("acme-test.localhost:9001") },
		{ S_INIT("X-One"), S_INIT(" a, b") },
		{ S_INIT("x-one"), S_INIT("c") },
		{ S_INIT("Date"), S_INIT("Wed, 21 Aug 2013 19:16:47 GMT") },
		{ S_INIT("X-Empty"), S_INIT("") },
		{ S_INIT("X-Dot.2"), S_INIT("dotted") },
	};
	for (size_t i = 0; i < COUNT(headers); i++)
		headers_add(a, &m->headers, headers[i].name, headers[i].value);
	message_set_content(a, m, S("f=1&f=2&g=%21"), S("application/x-www-form-urlencoded; charset=UTF-8"));
	return m;
}

static struct value from_provider(struct exchange *x, const void *ctx, str name)
{
	(void)x;
	return str_eq(name, S("given.name")) ? VALUE_STR(*(const str *)ctx) : (struct value){ 0 };
}

static int setup(void **state)
{
	struct arena *arena = arena_create(0, 0);
	struct fixture *f = *state = arena_new(arena, struct fixture);
	f->arena = arena;
	f->loop = loop_create(4);
	connect_pair(f);
	struct arena *own = arena_create(0, 0);
	f->endpoint = (struct proxy_endpoint){ .ep.name = S("default"), .base_path = S("/vars") };
	f->proxy = arena_new(own, struct proxy);
	*f->proxy = (struct proxy){ .holders = 1, .arena = own, .name = S("vars"), .revision = S("1"),
		                    .endpoints = &f->endpoint, .n_endpoints = 1 };
	f->snapshot = snapshot_create(&(struct snapshot_parts){
		S("acme"), S("test"), &(struct snapshot_part){ .proxy = f->proxy }, 1 });
	f->target.ep.name = S("backend");
	f->target.props.copy_pathsuffix = f->target.props.copy_queryparams = true;
	f->route = (struct route_rule){ .name = S("go"), .kind = ROUTE_TARGET, .target = &f->target };
	f->call = (struct http_call){ .arena = arena, .loop = f->loop, .sock = f->sock, .request = a_request(arena),
		                      .received_start_ms = 1377112607123, .received_end_ms = 1377112607124 };
	f->x = (struct exchange){
		.scope = { arena, get }, .arena = arena, .call = &f->call, .loop = f->loop, .deadline = NEVER,
		.snapshot = f->snapshot, .proxy = f->proxy, .endpoint = &f->endpoint, .virtual_host = S("default"),
		.base_path = S("/vars"), .path_suffix = S("/p/q"), .request_path = S("/vars/p/q"),
		.request_query = S("a=1"), .flow_name = S("PreFlow"), .proxy_flow_name = S("PreFlow"),
		.message_id = S("m-1"), .request = f->call.request,
	};
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	snapshot_discard(&f->snapshot);
	proxy_release(f->proxy);
	sock_close(&f->sock);
	close(f->client);
	loop_destroy(&f->loop);
	struct arena *arena = f->arena;
	arena_destroy(&arena);
	return 0;
}

/* Now the target has answered. */
static void answer(struct fixture *f)
{
	struct exchange *x = &f->x;
	x->route = &f->route;
	x->target = &f->target;
	x->segment = SEG_PROXY_RESPONSE;
	assert_int_equal(uri_parse(S("http://backend.example:8080/up"), &x->target_uri).code, ERR_NONE);
	x->target_path = S("/up/p/q");
	x->target_query = S("a=1");
	x->target_sent_start_ms = 1377112607200;
	x->response = message_response(f->arena, 201);
	headers_add(f->arena, &x->response->headers, S("X-T"), S("t1,t2"));
	message_set_content(f->arena, x->response, S("from target"), S("text/plain"));
}

static void go_wrong(struct fixture *f)
{
	static const struct fault quota = { "policies.ratelimit.QuotaViolation", 429, "Rate limit quota violation." };
	f->x.in_error = true;
	f->x.error = message_response(f->arena, 429);
	message_set_content(f->arena, f->x.error, S("{}"), S("application/json"));
	assert_int_equal(fault_raise(&f->x, &quota), FAULT);
}

enum when { IN_REQUEST, IN_RESPONSE, IN_ERROR };

#define NONE NULL /* no value at all */
#define ANY "*"   /* some value */
static const struct { enum when when; const char *name, *want; } reads[] = {
	{ IN_REQUEST, "request.verb", "POST" },
	{ IN_REQUEST, "request.version", "1.1" },
	{ IN_REQUEST, "request.path", "/vars/p/q" },
	{ IN_REQUEST, "request.uri", "/vars/p/q?a=1&a=2&b=x%20y&c&d+e=+&&=z" },
	{ IN_REQUEST, "request.url", NONE },
	{ IN_REQUEST, "request.querystring", "a=1&a=2&b=x%20y&c&d+e=+&&=z" },
	{ IN_REQUEST, "request.transportid", "http" },
	{ IN_REQUEST, "request.transport.message", ANY },
	{ IN_REQUEST, "request.status.code", NONE },
	{ IN_REQUEST, "request.reason.phrase", NONE },
	{ IN_REQUEST, "request.content", "f=1&f=2&g=%21" },
	{ IN_REQUEST, "request.content.as.base64", "Zj0xJmY9MiZnPSUyMQ==" },
	{ IN_REQUEST, "request.content.as.url.safe.base64", "Zj0xJmY9MiZnPSUyMQ" },
	{ IN_REQUEST, "request.queryparam.a", "1" },
	{ IN_REQUEST, "request.queryparam.a.1", "1" },
	{ IN_REQUEST, "request.queryparam.a.2", "2" },
	{ IN_REQUEST, "request.queryparam.a.3", NONE },
	{ IN_REQUEST, "request.queryparam.a.values", "[1, 2]" },
	{ IN_REQUEST, "request.queryparam.a.values.count", "2" },
	{ IN_REQUEST, "request.queryparam.a.values.string", "1,2" },
	{ IN_REQUEST, "request.queryparam.b", "x y" },
	{ IN_REQUEST, "request.queryparam.c", "" },
	{ IN_REQUEST, "request.queryparam.d e", " " },
	{ IN_REQUEST, "request.queryparam.A", NONE },
	{ IN_REQUEST, "request.queryparam.none", NONE },
	{ IN_REQUEST, "request.queryparam.none.values", NONE },
	{ IN_REQUEST, "request.queryparam.none.values.count", "0" },
	{ IN_REQUEST, "request.queryparams.count", "5" },
	{ IN_REQUEST, "request.queryparams.names", "[a, b, c, d e, ]" },
	{ IN_REQUEST, "request.queryparams.names.string", "a,b,c,d e," },
	{ IN_REQUEST, "request.formparam.f", "1" },
	{ IN_REQUEST, "request.formparam.f.2", "2" },
	{ IN_REQUEST, "request.formparam.f.values.count", "2" },
	{ IN_REQUEST, "request.formparam.g", "!" },
	{ IN_REQUEST, "request.formparam.h", NONE },
	{ IN_REQUEST, "request.formparams.count", "2" },
	{ IN_REQUEST, "request.formparams.names.string", "f,g" },
	{ IN_REQUEST, "request.formstring", "f=1&f=2&g=%21" },
	{ IN_REQUEST, "request.header.x-one", "a" },
	{ IN_REQUEST, "request.header.X-ONE", "a" },
	{ IN_REQUEST, "request.header.X-One.1", "a" },
	{ IN_REQUEST, "request.header.X-One.2", "b" },
	{ IN_REQUEST, "request.header.X-One.3", "c" },
	{ IN_REQUEST, "request.header.X-One.4", NONE },
	{ IN_REQUEST, "request.header.X-One.0", NONE },
	{ IN_REQUEST, "request.header.X-One.values", "[a, b, c]" },
	{ IN_REQUEST, "request.header.X-One.values.count", "3" },
	{ IN_REQUEST, "request.header.X-One.values.string", "a,b,c" },
	{ IN_REQUEST, "request.header.X-None", NONE },
	{ IN_REQUEST, "request.header.X-None.values.count", "0" },
	{ IN_REQUEST, "request.header.X-Empty", "" },
	{ IN_REQUEST, "request.header.Date", "Wed" },
	{ IN_REQUEST, "request.header.Date.values.string", "Wed,21 Aug 2013 19:16:47 GMT" },
	{ IN_REQUEST, "request.header.host", "acme-test.localhost:9001" },
	{ IN_REQUEST, "request.headers.count", "7" },
	{ IN_REQUEST, "request.headers.names.string", "Host,X-One,Date,X-Empty,X-Dot.2,Content-Type,Content-Length" },
	{ IN_REQUEST, "message.verb", "POST" },
	{ IN_REQUEST, "message.content", "f=1&f=2&g=%21" },
	{ IN_REQUEST, "message.header.x-one", "a" },
	{ IN_REQUEST, "message.queryparam.a", "1" },
	{ IN_REQUEST, "message.status.code", NONE },
	{ IN_REQUEST, "response.status.code", NONE },
	{ IN_REQUEST, "response.content", NONE },
	{ IN_REQUEST, "response.header.x-t", NONE },
	{ IN_REQUEST, "error.content", NONE },
	{ IN_REQUEST, "error.status.code", NONE },
	{ IN_REQUEST, "error.message", NONE },
	{ IN_REQUEST, "apiproxy.name", "vars" },
	{ IN_REQUEST, "apiproxy.revision", "1" },
	{ IN_REQUEST, "apiproxy.basepath", "/vars" },
	{ IN_REQUEST, "organization.name", "acme" },
	{ IN_REQUEST, "environment.name", "test" },
	{ IN_REQUEST, "virtualhost.name", "default" },
	{ IN_REQUEST, "messageid", "m-1" },
	{ IN_REQUEST, "is.error", "false" },
	{ IN_REQUEST, "isError", "false" },
	{ IN_REQUEST, "current.flow.name", "PreFlow" },
	{ IN_REQUEST, "current.flow.description", NONE },
	{ IN_REQUEST, "proxy.basepath", "/vars" },
	{ IN_REQUEST, "proxy.pathsuffix", "/p/q" },
	{ IN_REQUEST, "proxy.name", "default" },
	{ IN_REQUEST, "proxy.url", "http://acme-test.localhost:9001/vars/p/q?a=1" },
	{ IN_REQUEST, "proxy.flow.name", "PreFlow" },
	{ IN_REQUEST, "proxy.client.ip", "127.0.0.1" },
	{ IN_REQUEST, "route.name", NONE },
	{ IN_REQUEST, "route.target", NONE },
	{ IN_REQUEST, "client.ip", "127.0.0.1" },
	{ IN_REQUEST, "client.host", "127.0.0.1" },
	{ IN_REQUEST, "client.resolved.ip", "127.0.0.1" },
	{ IN_REQUEST, "client.port", ANY },
	{ IN_REQUEST, "client.scheme", "http" },
	{ IN_REQUEST, "client.ssl.enabled", "false" },
	{ IN_REQUEST, "client.ssl.server.name", NONE },
	{ IN_REQUEST, "client.received.start.timestamp", "1377112607123" },
	{ IN_REQUEST, "client.received.start.time", "Wed, 21 Aug 2013 19:16:47 GMT" },
	{ IN_REQUEST, "client.received.end.timestamp", "1377112607124" },
	{ IN_REQUEST, "client.received.end.time", "Wed, 21 Aug 2013 19:16:47 GMT" },
	{ IN_REQUEST, "client.sent.start.timestamp", "-1" },
	{ IN_REQUEST, "client.sent.start.time", "" },
	{ IN_REQUEST, "client.sent.end.timestamp", "-1" },
	{ IN_REQUEST, "client.sent.end.time", "" },
	{ IN_REQUEST, "target.url", NONE },
	{ IN_REQUEST, "target.name", NONE },
	{ IN_REQUEST, "target.host", NONE },
	{ IN_REQUEST, "target.copy.pathsuffix", NONE },
	{ IN_REQUEST, "fault.name", NONE },
	{ IN_REQUEST, "fault.category", NONE },
	{ IN_REQUEST, "system.time", ANY },
	{ IN_REQUEST, "system.timestamp", ANY },
	{ IN_REQUEST, "system.time.year", ANY },
	{ IN_REQUEST, "system.time.month", ANY },
	{ IN_REQUEST, "system.time.day", ANY },
	{ IN_REQUEST, "system.time.dayofweek", ANY },
	{ IN_REQUEST, "system.time.hour", ANY },
	{ IN_REQUEST, "system.time.minute", ANY },
	{ IN_REQUEST, "system.time.second", ANY },
	{ IN_REQUEST, "system.time.millisecond", ANY },
	{ IN_REQUEST, "system.time.zone", "UTC" },
	{ IN_REQUEST, "system.uuid", ANY },
	{ IN_REQUEST, "system.interface.lo", ANY },
	{ IN_REQUEST, "system.interface.no-such", NONE },
	{ IN_REQUEST, "system.pod.name", ANY },
	{ IN_REQUEST, "made.content", "{\"a\":1}" },
	{ IN_REQUEST, "made.status.code", "202" },
	{ IN_REQUEST, "made.header.content-type", "application/json" },
	{ IN_REQUEST, "my.made.header.content-type", "application/json" },
	{ IN_REQUEST, "unmade.content", NONE },
	{ IN_REQUEST, "custom", "of my own" },
	{ IN_REQUEST, "custom.content", "no message" },
	{ IN_REQUEST, "given.name", "provided" },
	{ IN_REQUEST, "given.other", NONE },
	{ IN_REQUEST, "request", NONE },
	{ IN_REQUEST, "request.", NONE },
	{ IN_REQUEST, "request.header.", NONE },
	{ IN_REQUEST, "", NONE },
	{ IN_REQUEST, ".", NONE },
	{ IN_RESPONSE, "response.status.code", "201" },
	{ IN_RESPONSE, "response.reason.phrase", "Created" },
	{ IN_RESPONSE, "response.version", "1.1" },
	{ IN_RESPONSE, "response.content", "from target" },
	{ IN_RESPONSE, "response.content.as.base64", "ZnJvbSB0YXJnZXQ=" },
	{ IN_RESPONSE, "response.header.x-t", "t1" },
	{ IN_RESPONSE, "response.header.x-t.2", "t2" },
	{ IN_RESPONSE, "response.headers.count", "3" },
	{ IN_RESPONSE, "response.verb", NONE },
	{ IN_RESPONSE, "response.queryparam.a", NONE },
	{ IN_RESPONSE, "response.formparam.a", NONE },
	{ IN_RESPONSE, "response.formstring", NONE },
	{ IN_RESPONSE, "message.content", "from target" },
	{ IN_RESPONSE, "message.status.code", "201" },
	{ IN_RESPONSE, "request.verb", "POST" },
	{ IN_RESPONSE, "request.header.x-one", "a" },
	{ IN_RESPONSE, "request.path", "/up/p/q" },
	{ IN_RESPONSE, "request.uri", "/up/p/q?a=1" },
	{ IN_RESPONSE, "request.url", "http://backend.example:8080/up/p/q?a=1" },
	{ IN_RESPONSE, "request.queryparam.a", "1" },
	{ IN_RESPONSE, "route.name", "go" },
	{ IN_RESPONSE, "route.target", "backend" },
	{ IN_RESPONSE, "target.url", "http://backend.example:8080/up/p/q?a=1" },
	{ IN_RESPONSE, "target.evaluated.url", "http://backend.example:8080/up" },
	{ IN_RESPONSE, "target.basepath", "/up" },
	{ IN_RESPONSE, "target.name", "backend" },
	{ IN_RESPONSE, "target.host", "backend.example" },
	{ IN_RESPONSE, "target.port", "8080" },
	{ IN_RESPONSE, "target.scheme", "http" },
	{ IN_RESPONSE, "target.ssl.enabled", "false" },
	{ IN_RESPONSE, "target.header.host", "backend.example:8080" },
	{ IN_RESPONSE, "target.copy.pathsuffix", "true" },
	{ IN_RESPONSE, "target.copy.queryparams", "true" },
	{ IN_RESPONSE, "target.sent.start.timestamp", "1377112607200" },
	{ IN_RESPONSE, "target.sent.start.time", "Wed, 21 Aug 2013 19:16:47 GMT" },
	{ IN_RESPONSE, "target.received.end.timestamp", "-1" },
	{ IN_RESPONSE, "is.error", "false" },
	{ IN_ERROR, "is.error", "true" },
	{ IN_ERROR, "fault.name", "QuotaViolation" },
	{ IN_ERROR, "fault.type", "QuotaViolation" },
	{ IN_ERROR, "fault.category", "Step" },
	{ IN_ERROR, "fault.reason", "Rate limit quota violation." },
	{ IN_ERROR, "error.message", "Rate limit quota violation." },
	{ IN_ERROR, "error.state", "PROXY_REQ_FLOW" },
	{ IN_ERROR, "error.status.code", "429" },
	{ IN_ERROR, "error.reason.phrase", "Too Many Requests" },
	{ IN_ERROR, "error.content", "{}" },
	{ IN_ERROR, "error.header.content-type", "application/json" },
	{ IN_ERROR, "message.content", "{}" },
	{ IN_ERROR, "message.status.code", "429" },
	{ IN_ERROR, "response.status.code", NONE },
	{ IN_ERROR, "request.verb", "POST" },
};

static void put_customs(struct fixture *f)
{
	struct exchange *x = &f->x;
	static const str provided = S_INIT("provided");
	vars_provide(x, S("given."), from_provider, &provided);
	assert_int_equal(vars_set_named(x, S("custom"), VALUE_STR(S("of my own"))).code, ERR_NONE);
	assert_int_equal(vars_set_named(x, S("custom.content"), VALUE_STR(S("no message"))).code, ERR_NONE);
	struct message *made = message_response(f->arena, 202);
	message_set_content(f->arena, made, S("{\"a\":1}"), S("application/json"));
	vars_set_message(x, S("made"), made);
	vars_set_message(x, S("my.made"), made);
	assert_ptr_equal(vars_message(x, S("made")), made);
	assert_ptr_equal(vars_message(x, S("request")), x->request);
	assert_null(vars_message(x, S("unmade")));
}

static void reading(void **state)
{
	struct fixture *f = *state;
	put_customs(f);
	enum when now = IN_REQUEST;
	for (size_t i = 0; i < COUNT(reads); i++) {
		if (reads[i].when != now && reads[i].when == IN_RESPONSE)
			answer(f);
		if (reads[i].when != now && reads[i].when == IN_ERROR) {
			f->x.response = NULL;
			f->x.segment = SEG_PROXY_REQUEST;
			go_wrong(f);
		}
		now = reads[i].when;
		const struct flowvar *v = flowvar_bind(f->arena, str_from_z(reads[i].name));
		str got = vars_text(&f->x, v), want = str_from_z(reads[i].want);
		bool ok = str_eq(want, S(ANY)) ? got.n > 0 : str_given(got) == str_given(want) && str_eq(got, want);
		if (!ok)
			fail_msg("%s = %s%.*s, not %s", reads[i].name, str_given(got) ? "" : "nothing ", STR(got),
			         reads[i].want ? reads[i].want : "nothing");
		assert_true(vars_get_named(&f->x, str_from_z(reads[i].name)).kind == vars_get(&f->x, v).kind);
	}
}

static const struct { enum when when; const char *name, *value; enum err_code err; const char *read, *want; } writes[] = {
	{ IN_REQUEST, "request.header.x-new", "v", ERR_NONE, "request.header.X-New", "v" },
	{ IN_REQUEST, "request.header.x-one", "z", ERR_NONE, "request.header.x-one.values.string", "z" },
	{ IN_REQUEST, "request.header.x-one.2", "y", ERR_NONE, "request.header.x-one.values.string", "z,y" },
	{ IN_REQUEST, "request.header.x-one.1", "w", ERR_NONE, "request.header.x-one.values.string", "w,y" },
	{ IN_REQUEST, "request.header.x-one", NULL, ERR_NONE, "request.header.x-one", NONE },
	{ IN_REQUEST, "request.header.x-bad", "a\r\nX: y", ERR_SYNTAX, "request.header.x-bad", NONE },
	{ IN_REQUEST, "request.header.x bad", "a", ERR_SYNTAX, "request.header.x bad", NONE },
	{ IN_REQUEST, "request.header.x-one.values", "a", ERR_DENIED, "request.header.x-one", NONE },
	{ IN_REQUEST, "request.queryparam.a", "9 9", ERR_NONE, "request.querystring", "a=9%209&b=x%20y&c&d+e=+&=z" },
	{ IN_REQUEST, "request.queryparam.c", NULL, ERR_NONE, "request.querystring", "a=9%209&b=x%20y&d+e=+&=z" },
	{ IN_REQUEST, "request.queryparam.new", "n&m", ERR_NONE, "request.queryparam.new", "n&m" },
	{ IN_REQUEST, "request.queryparam.new.2", "o", ERR_NONE, "request.queryparam.new.values.string", "n&m,o" },
	{ IN_REQUEST, "request.formparam.f", "3", ERR_NONE, "request.content", "f=3&g=%21" },
	{ IN_REQUEST, "request.formparam.h", "4", ERR_NONE, "request.formstring", "f=3&g=%21&h=4" },
	{ IN_REQUEST, "request.content", "other", ERR_NONE, "request.content", "other" },
	{ IN_REQUEST, "request.content", "other", ERR_NONE, "request.header.content-length", "5" },
	{ IN_REQUEST, "request.verb", "PUT", ERR_NONE, "request.verb", "PUT" },
	{ IN_REQUEST, "request.verb", "P T", ERR_SYNTAX, "request.verb", "PUT" },
	{ IN_REQUEST, "request.path", "/new", ERR_NONE, "request.path", "/new" },
	{ IN_REQUEST, "request.path", "new", ERR_SYNTAX, "request.path", "/new" },
	{ IN_REQUEST, "request.path", "/n\ne", ERR_SYNTAX, "request.path", "/new" },
	{ IN_REQUEST, "request.uri", "/u?q=1", ERR_NONE, "request.queryparam.q", "1" },
	{ IN_REQUEST, "request.uri", "/u", ERR_NONE, "request.uri", "/u" },
	{ IN_REQUEST, "request.querystring", "k=v", ERR_NONE, "request.uri", "/u?k=v" },
	{ IN_REQUEST, "request.version", "2", ERR_DENIED, "request.version", "1.1" },
	{ IN_REQUEST, "request.headers.count", "2", ERR_DENIED, "request.transportid", "http" },
	{ IN_REQUEST, "message.header.m", "1", ERR_NONE, "request.header.m", "1" },
	{ IN_REQUEST, "response.content", "x", ERR_NOT_FOUND, "response.content", NONE },
	{ IN_REQUEST, "response.status.code", "200", ERR_NOT_FOUND, "response.status.code", NONE },
	{ IN_REQUEST, "response.header.a", "200", ERR_NOT_FOUND, "response.header.a", NONE },
	{ IN_REQUEST, "request.status.code", "200", ERR_NOT_FOUND, "request.status.code", NONE },
	{ IN_REQUEST, "client.ip", "9.9.9.9", ERR_DENIED, "client.ip", "127.0.0.1" },
	{ IN_REQUEST, "system.time", "x", ERR_DENIED, "system.time.zone", "UTC" },
	{ IN_REQUEST, "proxy.pathsuffix", "/z", ERR_DENIED, "proxy.pathsuffix", "/p/q" },
	{ IN_REQUEST, "messageid", "z", ERR_DENIED, "messageid", "m-1" },
	{ IN_REQUEST, "fault.name", "z", ERR_DENIED, "fault.name", NONE },
	{ IN_REQUEST, "target.url", "http://x", ERR_NONE, "target.url", NONE }, /* no target request flow */
	{ IN_REQUEST, "my.own", "1", ERR_NONE, "my.own", "1" },
	{ IN_REQUEST, "my.own", "2", ERR_NONE, "my.own", "2" },
	{ IN_REQUEST, "my.own", NULL, ERR_NONE, "my.own", NONE },
	{ IN_REQUEST, "made.status.code", "299", ERR_NONE, "made.status.code", "299" },
	{ IN_REQUEST, "made.header.k", "v", ERR_NONE, "made.header.k", "v" },
	{ IN_REQUEST, "unmade.content", "just a variable", ERR_NONE, "unmade.content", "just a variable" },
	{ IN_REQUEST, "given.name", "set later", ERR_NONE, "given.name", "set later" },
	{ IN_REQUEST, "given.name", NULL, ERR_NONE, "given.name", NONE },
	{ IN_RESPONSE, "response.status.code", "299", ERR_NONE, "response.status.code", "299" },
	{ IN_RESPONSE, "response.status.code", "200", ERR_NONE, "response.reason.phrase", "OK" },
	{ IN_RESPONSE, "response.status.code", "99", ERR_SYNTAX, "response.status.code", "200" },
	{ IN_RESPONSE, "response.status.code", "abc", ERR_SYNTAX, "response.status.code", "200" },
	{ IN_RESPONSE, "response.reason.phrase", "Fine", ERR_NONE, "response.reason.phrase", "Fine" },
	{ IN_RESPONSE, "response.reason.phrase", "a\nb", ERR_SYNTAX, "response.reason.phrase", "Fine" },
	{ IN_RESPONSE, "response.verb", "GET", ERR_NOT_FOUND, "response.verb", NONE },
	{ IN_RESPONSE, "response.queryparam.a", "1", ERR_NOT_FOUND, "response.queryparam.a", NONE },
	{ IN_RESPONSE, "message.content", "m", ERR_NONE, "response.content", "m" },
	{ IN_RESPONSE, "target.copy.pathsuffix", "false", ERR_NONE, "target.copy.pathsuffix", "false" },
	{ IN_RESPONSE, "target.copy.queryparams", "FALSE", ERR_NONE, "target.copy.queryparams", "false" },
	{ IN_RESPONSE, "target.copy.queryparams", "true", ERR_NONE, "target.copy.queryparams", "true" },
	{ IN_RESPONSE, "target.header.host", "h", ERR_NONE, "target.header.host", "h" },
	{ IN_RESPONSE, "target.header.host", "h\n", ERR_SYNTAX, "target.header.host", "h" },
	{ IN_RESPONSE, "target.port", "1", ERR_DENIED, "target.port", "8080" },
	{ IN_ERROR, "error.status.code", "418", ERR_NONE, "message.status.code", "418" },
	{ IN_ERROR, "error.header.a", "b", ERR_NONE, "message.header.a", "b" },
	{ IN_ERROR, "message.content", "e", ERR_NONE, "error.content", "e" },
	{ IN_ERROR, "error.message", "e", ERR_DENIED, "error.message", "Rate limit quota violation." },
};

static void writing(void **state)
{
	struct fixture *f = *state;
	put_customs(f);
	enum when now = IN_REQUEST;
	for (size_t i = 0; i < COUNT(writes); i++) {
		if (writes[i].when != now && writes[i].when == IN_RESPONSE)
			answer(f);
		if (writes[i].when != now && writes[i].when == IN_ERROR)
			go_wrong(f);
		now = writes[i].when;
		char text[64];
		struct value value = { 0 };
		if (writes[i].value) {
			snprintf(text, sizeof text, "%s", writes[i].value);
			value = VALUE_STR(str_from_z(text));
		}
		const struct flowvar *v = flowvar_bind(f->arena, str_from_z(writes[i].name));
		err e = vars_set(&f->x, v, value);
		memset(text, '#', sizeof text); /* it must have been copied */
		if (e.code != writes[i].err)
			fail_msg("%s: %s", writes[i].name, err_word(e.code));
		str got = vars_text(&f->x, flowvar_bind(f->arena, str_from_z(writes[i].read)));
		str want = str_from_z(writes[i].want);
		if (str_given(got) != str_given(want) || !str_eq(got, want))
			fail_msg("%s set: %s = %.*s, not %s", writes[i].name, writes[i].read, STR(got), writes[i].want);
	}
}

static void target_url_is_set_in_its_flow(void **state)
{
	struct fixture *f = *state;
	const struct flowvar *url = flowvar_bind(f->arena, S("target.url"));
	f->x.target = &f->target;
	f->x.segment = SEG_TARGET_REQUEST;
	struct template own = { S("http://own/x") };
	f->target.url = &own;
	assert_true(str_eq(vars_text(&f->x, url), S("http://own/x")));
	assert_int_equal(vars_set(&f->x, url, VALUE_STR(S("http://b/c"))).code, ERR_NONE);
	assert_true(str_eq(f->x.target_url, S("http://b/c")));
	assert_true(str_eq(vars_text(&f->x, url), S("http://b/c")));
}

static void newest_wins(void **state)
{
	struct fixture *f = *state;
	static const str one = S_INIT("one"), two = S_INIT("two");
	const struct flowvar *v = flowvar_bind(f->arena, S("given.name"));
	assert_int_equal(vars_set(&f->x, v, VALUE_STR(S("zero"))).code, ERR_NONE);
	vars_provide(&f->x, S(""), from_provider, &one);
	assert_true(str_eq(vars_text(&f->x, v), one));
	vars_provide(&f->x, S("given."), from_provider, &two);
	assert_true(str_eq(vars_text(&f->x, v), two));
	assert_int_equal(vars_set(&f->x, v, VALUE_STR(S("three"))).code, ERR_NONE);
	assert_true(str_eq(vars_text(&f->x, v), S("three")));
	assert_int_equal(vars_set(&f->x, v, (struct value){ 0 }).code, ERR_NONE); /* hides what is provided */
	assert_int_equal(vars_get(&f->x, v).kind, VALUE_NULL);
}

static void a_full_table_refuses(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < VARS_MAX; i++)
		assert_int_equal(vars_set_named(&f->x, str_fmt(f->arena, "v%d", i), VALUE_OF_INT(i)).code, ERR_NONE);
	assert_int_equal(vars_set_named(&f->x, S("one.more"), VALUE_OF_INT(1)).code, ERR_LIMIT);
	assert_int_equal(vars_set_named(&f->x, S("v7"), VALUE_OF_INT(8)).code, ERR_NONE);
	f->x.vars_full = false;
	vars_put(&f->x, S("p"), S("q"), S("r"), VALUE_OF_INT(1));
	assert_true(f->x.vars_full);
	assert_int_equal(vars_get_named(&f->x, S("v7")).i, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reading, setup, teardown),
		cmocka_unit_test_setup_teardown(writing, setup, teardown),
		cmocka_unit_test_setup_teardown(target_url_is_set_in_its_flow, setup, teardown),
		cmocka_unit_test_setup_teardown(newest_wins, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_table_refuses, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
